import { DataError } from '../core/errors.ts'
import { bleu } from '../metrics/index.ts'
import { Seq2Seq } from '../models/seq2seq.ts'
import { Transformer } from '../models/transformer.ts'
import {
  modelIds,
  sourceIds,
  tokenizersJSON,
  type TranslateOptions,
  type TranslationModel,
  Translator,
} from '../models/translator.ts'
import { adamw } from '../optim/index.ts'
import { Generator, generator, permutation, setSeed } from '../tensor/random.ts'
import { compile } from '../tensor/transforms.ts'
import { CharTokenizer } from '../text/char-tokenizer.ts'
import { specialCount } from '../text/encoder-decoder.ts'
import { type Example, examplesOf, type Pair, pairsOf, parsePairs } from '../text/pairs.ts'
import { PieceTokenizer } from '../text/piece-tokenizer.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { TrainTask } from '../train/trainer.ts'
import { type DigitTask, drawPairs, taskSymbols } from './digit-tasks.ts'
import { allBatches, epochsOf, freshBatches, type IdPair, type PairBatch, type PairBatches } from './pair-batches.ts'
import {
  seq2seqOptions,
  type Seq2SeqOptions,
  transformerOptions,
  type TransformerOptions,
  type TranslateRunOptions,
  translateSchedule,
} from './translate-options.ts'

export * from './translate-options.ts'

/** How well sources are translated. */
export interface TranslationScore {
  /** Share of the sources whose translation is one of their targets, symbol by symbol. */
  readonly exact: number
  /** Of all translations together, from 0 to 100, every target a reference; of digits over symbols, else over words. */
  readonly bleu: number
  readonly sources: number
}

export interface TranslateRun {
  readonly model: TranslationModel
  readonly translator: Translator
  readonly task: TrainTask
  /** What is trained on; none for a task, whose strings are new at every update. */
  readonly train: readonly Example[]
  readonly heldOut: readonly Example[]
  /** Pairs that were left out, being longer than `maxTokens`. */
  readonly leftOut: number
  /** Mean −ln p of the targets' tokens and their ends, in nats. */
  readonly lossOver: (examples: readonly Example[]) => Promise<number>
  readonly score: (examples: readonly Example[], options?: TranslateOptions) => Promise<TranslationScore>
}

/** Translates examples and compares with their targets. */
export const scoreTranslations = async (
  translator: Translator,
  examples: readonly Example[],
  { digits = false, ...options }: TranslateOptions & { readonly digits?: boolean } = {},
): Promise<TranslationScore> => {
  const found = await translator.translate(
    examples.map(({ source }) => source),
    options,
  )
  const texts = found.map(([best]) => best!.text)
  const right = texts.filter((text, i) => examples[i]!.targets.includes(text)).length
  const { score } = bleu(
    texts,
    examples.map(({ targets }) => targets),
    { tokenize: digits ? 'char' : '13a' },
  )
  return { exact: right / texts.length, bleu: score, sources: texts.length }
}

/** What is learned from: data in two parts, or a task. */
interface Material {
  readonly source: Tokenizer
  readonly target: Tokenizer
  readonly train: readonly Example[]
  readonly heldOut: readonly Example[]
  readonly leftOut: number
}

const tokenizerOf = (
  kind: 'word' | 'char',
  known: readonly string[],
  every: readonly string[],
  minCount: number,
): Tokenizer =>
  // What symbols there are is no secret of the pairs kept back, and a symbol cannot be unknown.
  kind === 'char' ? CharTokenizer.train(every.join('\n')) : PieceTokenizer.train(known, { minCount })

/** The examples of a text in two parts, none of whose sources is in both: the seed draws what is kept for validation. */
export const splitPairs = (
  content: string,
  {
    data = 'pairs',
    seed,
    maxPairs,
    valFraction,
  }: Pick<TranslateRunOptions, 'data' | 'seed' | 'maxPairs' | 'valFraction'>,
): { train: Example[]; heldOut: Example[] } => {
  const all = examplesOf(parsePairs(content, data))
  const order = permutation(all.length, new Generator(seed).fork(2))
  const chosen: Example[] = []
  let room = maxPairs ?? Number.POSITIVE_INFINITY
  for (const i of order) {
    if (room <= 0) break
    const { source, targets } = all[i]!
    chosen.push({ source, targets: targets.slice(0, room) })
    room -= targets.length
  }
  const kept = Math.round(chosen.length * valFraction)
  return { train: chosen.slice(kept), heldOut: chosen.slice(0, kept) }
}

/** Measures the mean −ln p of targets' tokens and their ends, in nats; graphs are kept from one measurement to the next. */
export const pairLoss = (
  { model, source, target }: Translator,
  { batchSize, buckets }: Pick<TranslateRunOptions, 'batchSize' | 'buckets'>,
): ((examples: readonly Example[]) => Promise<number>) => {
  const lossOf = compile(({ source: x, lengths, target: y, next }: PairBatch) => model.loss(x, lengths, y, next))
  return async examples => {
    const training = model.training
    model.eval()
    let [total, count] = [0, 0]
    try {
      const pairs = pairsOf(examples).map(pair => encodePair(source, target, pair))
      for (const { tokens, ...batch } of allBatches(pairs, { batchSize, buckets })) {
        total += (await (await lossOf(batch)).item()) * tokens
        count += tokens
      }
    } finally {
      model.train(training)
    }
    return total / count
  }
}

const encodePair = (source: Tokenizer, target: Tokenizer, pair: Pair): IdPair => ({
  source: sourceIds(source, pair.source),
  target: modelIds(target, pair.target),
})

const materialOf = (content: string, o: TranslateRunOptions): Material => {
  const { tokenizer = 'word', targetTokenizer = tokenizer, minCount } = o
  const parts = splitPairs(content, o)
  const every = [...parts.train, ...parts.heldOut]
  const sourcesOf = (examples: readonly Example[]): string[] => pairsOf(examples).map(pair => pair.source)
  const targetsOf = (examples: readonly Example[]): string[] => pairsOf(examples).map(pair => pair.target)
  const bothOf = (examples: readonly Example[]): string[] => [...sourcesOf(examples), ...targetsOf(examples)]
  const make = (kind: 'word' | 'char', of: typeof sourcesOf): Tokenizer =>
    tokenizerOf(kind, of(parts.train), of(every), minCount)
  const source = make(tokenizer, o.sharedEmbeddings ? bothOf : sourcesOf)
  const target = o.sharedEmbeddings ? source : make(targetTokenizer, targetsOf)
  let leftOut = 0
  const fits = (examples: readonly Example[]): Example[] =>
    examples.flatMap(({ source: text, targets }) => {
      const short = (encoded: ArrayLike<number>): boolean => encoded.length <= o.maxTokens
      const left = short(source.encode(text)) ? targets.filter(one => short(target.encode(one))) : []
      leftOut += targets.length - left.length
      return left.length > 0 ? [{ source: text, targets: left }] : []
    })
  const [train, heldOut] = [fits(parts.train), fits(parts.heldOut)]
  if (train.length === 0) {
    throw new DataError(
      `${o.data}: no pair is left to train on: ${leftOut} of ${leftOut + pairsOf(heldOut).length} have more than ${o.maxTokens} tokens on a side. Raise --max-tokens, or lower --val-fraction.`,
      { leftOut },
    )
  }
  return { source, target, train, heldOut, leftOut }
}

/** A task's tokenizers, and strings that training never sees. */
const taskMaterial = (task: DigitTask, o: TranslateRunOptions): Material => {
  const symbols = CharTokenizer.train(taskSymbols(task))
  const { minLength = 5, maxLength = 15 } = o
  const pairs = drawPairs(task, 5 * o.evalPairs, { from: minLength, to: maxLength }, new Generator(o.seed).fork(2))
  return { source: symbols, target: symbols, train: [], heldOut: examplesOf(pairs), leftOut: 0 }
}

const modelOf = (
  kind: 'seq2seq' | 'transformer',
  o: TranslateRunOptions,
  { source, target }: Material,
): TranslationModel => {
  const shared = {
    sourceVocabSize: source.vocabSize + specialCount,
    targetVocabSize: target.vocabSize + specialCount,
    embedDim: o.embedDim,
    numLayers: o.numLayers,
    dropout: o.dropout ?? (o.task ? 0 : 0.1),
    sharedEmbeddings: o.sharedEmbeddings,
  }
  if (kind === 'seq2seq') {
    const { hiddenSize, cell, attention, forwardOnly } = o as Seq2SeqOptions
    return new Seq2Seq({ ...shared, hiddenSize, cell, attention, bidirectional: !forwardOnly })
  }
  const { numHeads, activation, normFirst, feedForwardDim } = o as TransformerOptions
  return new Transformer({
    ...shared,
    numHeads,
    activation,
    normFirst,
    ...(feedForwardDim !== undefined && { feedForwardDim }),
  })
}

const batchesOf = (
  o: TranslateRunOptions,
  { train, heldOut }: Material,
  encode: (pair: Pair) => IdPair,
): PairBatches => {
  // A stream of its own, whose seed leaves room for one of each update.
  const { seed } = new Generator(o.seed).fork(1).state
  const { batchSize, buckets, task, minLength = 5, maxLength = 15 } = o
  if (!task) return epochsOf(pairsOf(train).map(encode), { batchSize, buckets, seed })
  const except = new Set(heldOut.map(({ source }) => source))
  // Where there are few strings at all, none can be kept from training.
  const kept = 10 ** minLength >= 20 * except.size ? except : new Set<string>()
  return freshBatches({ task, minLength, maxLength, batchSize, buckets, seed, encode, except: kept })
}

/** A model, its data and its optimizer, ready to train; `content` is the text of the pairs, and nothing for a task. */
const prepare = (kind: 'seq2seq' | 'transformer', content: string, o: TranslateRunOptions): TranslateRun => {
  setSeed(o.seed)
  const material = o.task ? taskMaterial(o.task, o) : materialOf(content, o)
  const { source, target, train, heldOut, leftOut } = material
  const model = modelOf(kind, o, material)
  const optimizer = adamw(model, {
    learningRate: translateSchedule(o),
    weightDecay: o.weightDecay,
    beta1: o.beta1,
    beta2: o.beta2,
    decays: (_, shape) => shape.length >= 2,
    ...(o.clipNorm > 0 && { clipNorm: o.clipNorm }),
  })
  const teacherForcing = 'teacherForcing' in o ? { teacherForcing: o.teacherForcing } : {}
  const update = compile(({ source: x, lengths, target: y, next }: PairBatch) => {
    const loss = model.loss(x, lengths, y, next, { labelSmoothing: o.labelSmoothing, ...teacherForcing })
    optimizer.step(optimizer.gradients(loss))
    return loss
  })
  const encode = (pair: Pair): IdPair => encodePair(source, target, pair)
  const batches = batchesOf(o, material, encode)
  const longest = Math.max(...[...train, ...heldOut].flatMap(e => e.targets.map(text => target.encode(text).length)))
  const translator = new Translator(model, source, target, 8 * Math.ceil((1.25 * longest + 1) / 8))
  const lossOver = pairLoss(translator, o)
  const score = (examples: readonly Example[], options: TranslateOptions = {}): Promise<TranslationScore> =>
    scoreTranslations(translator, examples, { ...options, digits: o.task !== undefined })
  const some = heldOut.slice(0, o.evalPairs)
  const evaluate = async () => {
    const { exact, bleu: points } = await score(some)
    return { loss: await lossOver(heldOut), metrics: { exact, bleu: points } }
  }
  const task: TrainTask = {
    model,
    optimizer,
    step: async () => (await update(batches.at(optimizer.stepCount))).item(),
    ...(heldOut.length > 0 && { evaluate }),
    generators: { default: generator() },
    documents: {
      'config.json': model.toJSON(),
      'generation_config.json': { max_length: translator.maxLength },
      'tokenizer.json': tokenizersJSON(source, target),
      'train.json': JSON.parse(
        kind === 'seq2seq'
          ? seq2seqOptions.toJson(o as Seq2SeqOptions)
          : transformerOptions.toJson(o as TransformerOptions),
      ),
    },
  }
  return { model, translator, task, train, heldOut, leftOut, lossOver, score }
}

/** Recurrent layers with attention, their data and optimizer. @throws DataError for a text without pairs */
export const prepareSeq2Seq = (content: string, o: Seq2SeqOptions): TranslateRun => prepare('seq2seq', content, o)
/** A Transformer, its data and optimizer. @throws DataError for a text without pairs */
export const prepareTransformer = (content: string, o: TransformerOptions): TranslateRun =>
  prepare('transformer', content, o)
