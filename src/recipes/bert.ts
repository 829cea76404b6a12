import { ArgumentError, DataError } from '../core/errors.ts'
import { defineOptions, flag, type Infer, integer, number, oneOf, text } from '../core/options.ts'
import { BertForMaskedLM, BertForPreTraining } from '../models/bert.ts'
import { evenGain } from '../models/bert-config.ts'
import { bertTokenizerConfig } from '../models/bert-folder.ts'
import { accumulator, adamw } from '../optim/index.ts'
import { Generator, generator, setSeed } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile } from '../tensor/transforms.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { loadTokenizer } from '../text/tokenizers/load.ts'
import { linesOf } from '../text/tokenizers/word-counts.ts'
import { WordPieceTokenizer } from '../text/tokenizers/word-piece.ts'
import type { Evaluation, TrainTask } from '../train/trainer.ts'
import {
  type BatchRules,
  type BertBatch,
  batchRules,
  maskedBatch,
  pairRows,
  type RowSource,
  windowRows,
} from './bert-batches.ts'
import { tokenSentences } from './bert-sentences.ts'
import { checkHeads, transformerSizes } from './gpt.ts'
import { checkRate, scheduleOf } from './learning-rate.ts'
import { splitText, windowOptions } from './text-training.ts'

/** How text becomes pieces of words. */
export const wordPieceOptions = {
  tokenizer: text({
    default: 'wordpiece',
    placeholder: 'wordpiece|PATH',
    help: 'pieces of words, learned from the text; or the file or folder of a WordPiece tokenizer',
  }),
  vocabSize: integer({
    min: 2,
    aliases: ['vocab'],
    help: 'tokens that pieces of words are learned to; 8000 unless given',
  }),
  letterCase: oneOf(['keep', 'lower'], {
    aliases: ['case'],
    help: 'whether text is put in lower case first, where pieces are learned; it is unless kept',
  }),
} as const
interface WordPieceOptions {
  readonly tokenizer: string
  readonly vocabSize?: number
  readonly letterCase?: 'keep' | 'lower'
}

/** @throws ArgumentError where an option has no effect on a tokenizer that is loaded */
export const checkWordPieces = (where: string, o: WordPieceOptions): void => {
  if (o.tokenizer === 'wordpiece') return
  for (const [name, value] of [
    ['--vocab-size', o.vocabSize],
    ['--case', o.letterCase],
  ] as const)
    if (value !== undefined)
      throw new ArgumentError(
        `${where}: ${name} ${value} has no effect with --tokenizer ${o.tokenizer}, which is learned already. Leave it out.`,
      )
}

/** The tokenizer that the options name, learned from the text or loaded. */
export const wordPiecesFor = async (content: string, o: WordPieceOptions): Promise<Tokenizer> =>
  o.tokenizer === 'wordpiece'
    ? WordPieceTokenizer.train(linesOf(content), { vocabSize: o.vocabSize ?? 8000, lowercase: o.letterCase !== 'keep' })
    : loadTokenizer(o.tokenizer)

/** Everything about pre-training a BERT on a text. */
export const bertOptions = defineOptions({
  data: text({
    required: true,
    placeholder: 'PATH',
    help: 'text file to learn from, or a folder of them; - is standard input',
  }),
  ...wordPieceOptions,
  nsp: flag({ default: true, help: 'also learn whether a second text follows the first' }),
  maskShare: number({ default: 0.15, above: 0, below: 1, help: 'share of the tokens that are to be found again' }),
  wholeWords: flag({ help: 'hide all pieces of a word, or none' }),
  ...transformerSizes,
  dropout: number({ default: 0.1, min: 0, below: 1, help: 'share of activations dropped while training' }),
  ...windowOptions(),
  batchSize: integer({ default: 32, min: 1, aliases: ['batch'], help: 'texts computed at once' }),
  weightDecay: number({ default: 0.01, min: 0, help: 'decay of matrices (not of biases and norms)' }),
})
export type BertOptions = Infer<typeof bertOptions>

/** Rules that concern several options. */
export const checkBertOptions = (o: BertOptions): void => {
  checkWordPieces('train bert', o)
  checkHeads('train bert', o)
  checkRate('train bert', o, o.steps)
  const least = o.nsp ? 5 : 3
  if (o.contextLength < least)
    throw new ArgumentError(
      `train bert: --context ${o.contextLength} has no room for ${o.nsp ? 'two texts' : 'a text'} and the tokens around. Give at least ${least}.`,
    )
}

export type PretrainedBert = BertForPreTraining | BertForMaskedLM

/** How well masked tokens are found. */
export interface BertScore {
  /** What is learned from: the sum of both losses, or the first alone. */
  readonly loss: number
  /** Mean −ln p in nats of tokens that `[MASK]` hides. */
  readonly masked: number
  /** Share of the pairs of which it is right whether the second text follows the first. */
  readonly nextAccuracy?: number
  /** Masked tokens. */
  readonly tokens: number
}

/** A BERT, its text and its optimizer, ready to train. */
export interface BertRun {
  readonly model: PretrainedBert
  readonly tokenizer: Tokenizer
  readonly task: TrainTask
  /** Tokens to learn from, and those that were kept back. */
  readonly trainTokens: number
  readonly valTokens: number
  /** Mean −ln p of the validation's tokens by their frequency in the training part alone: what a model that sees no text has to beat. */
  readonly unigram: number
  /** The score over the whole validation split. */
  readonly fullScore: () => Promise<BertScore>
}

const lossesOf = (model: PretrainedBert, { input, masked, elsewhere }: Omit<BertBatch, 'count'>): BatchLosses =>
  model instanceof BertForPreTraining
    ? model.loss(input, masked, elsewhere)
    : { loss: model.loss(input, masked), masked: null, nextLogits: null }
interface BatchLosses {
  readonly loss: Tensor<readonly [], 'float32'>
  readonly masked: Tensor<readonly [], 'float32'> | null
  readonly nextLogits: Tensor<readonly number[], 'float32'> | null
}

/**
 * A function that measures a model on rows, whose tokens are hidden in the same way each time: every one by `[MASK]`, as one that stays to be seen
 * is no measure of what the text around it tells.
 */
export const bertScore = (
  model: PretrainedBert,
  rules: BatchRules,
  batchSize: number,
): ((rows: RowSource, limit?: number) => Promise<BertScore>) => {
  const run = compile((batch: Omit<BertBatch, 'count'>) => lossesOf(model, batch))
  const allHidden = { ...rules, masking: { ...rules.masking, hidden: 1 } }
  return async (rows, limit) => {
    const source = new Generator(fixedSeed)
    const all = rows.all(limit)
    const sums = { loss: 0, masked: 0, right: 0, tokens: 0 }
    const training = model.training
    model.eval()
    try {
      for (let at = 0; at < all.length; at += batchSize) {
        const part = all.slice(at, at + batchSize)
        const { count, ...batch } = maskedBatch(part, allHidden, source)
        const { loss, masked, nextLogits } = await run(batch)
        const ofTokens = (await (masked ?? loss).item()) * count
        sums.tokens += count
        sums.masked += ofTokens
        if (!nextLogits) continue
        const scores = (await nextLogits.data()) as Float32Array
        sums.right += part.filter(({ elsewhere }, b) => scores[2 * b + 1]! > scores[2 * b]! === elsewhere).length
        sums.loss += ((await loss.item()) - (await masked!.item())) * part.length
      }
    } finally {
      model.train(training)
    }
    const masked = sums.masked / sums.tokens
    if (!(model instanceof BertForPreTraining)) return { loss: masked, masked, tokens: sums.tokens }
    const nextAccuracy = sums.right / all.length
    return { loss: masked + sums.loss / all.length, masked, nextAccuracy, tokens: sums.tokens }
  }
}
/** Hides the validation's tokens: it is the same whatever the run's seed, so that runs can be compared. */
const fixedSeed = 20_260

/** Where the rows of a text come from, and how many tokens it has. @throws DataError for a text that is too short */
export const bertRowsOf = (
  where: string,
  content: string,
  { tokenizer, rules, nsp }: { readonly tokenizer: Tokenizer; readonly rules: BatchRules; readonly nsp: boolean },
): { readonly rows: RowSource; readonly tokens: Int32Array } => {
  if (nsp) {
    const sentences = tokenSentences(content, tokenizer)
    return { rows: pairRows(where, sentences, rules, () => new Generator(fixedSeed + 1)), tokens: sentences.tokens }
  }
  const tokens = tokenizer.encode(content, { specialTokens: false })
  if (tokens.length === 0) throw new DataError(`${where} has no tokens. Give a longer text.`)
  return { rows: windowRows(tokens, rules), tokens }
}

/** Mean −ln p of tokens by how frequent they are in others, each counted once more than it comes. */
export const unigramLoss = (train: Int32Array, val: Int32Array, vocabSize: number): number => {
  const counts = new Float64Array(vocabSize).fill(1)
  for (const id of train) counts[id]!++
  const total = train.length + vocabSize
  return val.reduce((sum, id) => sum - Math.log(counts[id]! / total), 0) / val.length
}

/** @throws DataError for a text that is too short */
export const prepareBert = async (content: string, o: BertOptions): Promise<BertRun> => {
  checkBertOptions(o)
  const parts = splitText(content, o.valFraction)
  const tokenizer = await wordPiecesFor(parts.train, o)
  const rules = batchRules(tokenizer, o)
  const rowsOf = (name: string, part: string) =>
    bertRowsOf(`${o.data}: the ${name} part`, part, { tokenizer, rules, nsp: o.nsp })
  const [training, validation] = [rowsOf('training', parts.train), rowsOf('validation', parts.val)]
  setSeed(o.seed)
  const source = generator()
  const order = source.fork(1)
  const { numLayers, numHeads, embedDim, contextLength, dropout } = o
  const sizes = { numLayers, numHeads, embedDim, contextLength, dropout, padTokenId: rules.specials.pad }
  const config = { ...sizes, vocabSize: tokenizer.vocabSize, initializerRange: evenGain(embedDim) }
  const model = o.nsp ? new BertForPreTraining(config) : new BertForMaskedLM(config)
  const draw = (): Omit<BertBatch, 'count'> => {
    const rows = Array.from({ length: o.batchSize }, () => training.rows.draw(order))
    const { count: _, ...batch } = maskedBatch(rows, rules, order)
    return batch
  }
  const score = bertScore(model, rules, o.batchSize)
  const task: TrainTask = {
    model,
    ...trainerOf(model, draw, o),
    evaluate: async (): Promise<Evaluation> => {
      const { loss, masked, nextAccuracy } = await score(validation.rows, o.evalBatches * o.batchSize)
      return { loss, ...(nextAccuracy !== undefined && { metrics: { masked, nextAccuracy } }) }
    },
    generators: { default: source, order },
    documents: {
      'config.json': model.toJSON(),
      'tokenizer.json': tokenizer.toJSON(),
      'tokenizer_config.json': bertTokenizerConfig(tokenizer),
      'train.json': JSON.parse(bertOptions.toJson(o)),
    },
  }
  return {
    model,
    tokenizer,
    task,
    trainTokens: training.tokens.length,
    valTokens: validation.tokens.length,
    unigram: unigramLoss(training.tokens, validation.tokens, tokenizer.vocabSize),
    fullScore: () => score(validation.rows),
  }
}

/** The optimizer, and an update with what `draw` gives. */
const trainerOf = (
  model: PretrainedBert,
  draw: () => Omit<BertBatch, 'count'>,
  o: BertOptions,
): Pick<TrainTask, 'optimizer' | 'step'> => {
  const optimizer = adamw(model, {
    learningRate: scheduleOf(o, o.steps),
    weightDecay: o.weightDecay,
    beta1: o.beta1,
    beta2: o.beta2,
    decays: (_, shape) => shape.length >= 2,
    ...(o.clipNorm > 0 && { clipNorm: o.clipNorm }),
  })
  const sums = accumulator(optimizer)
  const update = compile((batch: Omit<BertBatch, 'count'>) => {
    const { loss } = lossesOf(model, batch)
    optimizer.step(optimizer.gradients(loss))
    return loss
  })
  const part = compile((batch: Omit<BertBatch, 'count'>, last: boolean) => {
    const { loss } = lossesOf(model, batch)
    sums.add(loss.div(o.accumulate))
    if (last) sums.step()
    return loss
  })
  const inParts = async (): Promise<number> => {
    let total = 0
    for (let k = 1; k <= o.accumulate; k++) total += await (await part(draw(), k === o.accumulate)).item()
    return total / o.accumulate
  }
  return { optimizer, step: async () => (o.accumulate > 1 ? inParts() : (await update(draw())).item()) }
}
