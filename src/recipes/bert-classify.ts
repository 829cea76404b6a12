import { ArgumentError, DataError } from '../core/errors.ts'
import { defineOptions, type Infer, integer, number, text } from '../core/options.ts'
import { countVectorizer, makePipeline, multinomialNB } from '../learn/index.ts'
import { type ClassificationReport, classificationReportOf } from '../metrics/index.ts'
import { type BertInput, BertForSequenceClassification } from '../models/bert.ts'
import { evenGain } from '../models/bert-config.ts'
import { bertTokenizerConfig, loadBert, loadBertEncoder } from '../models/bert-folder.ts'
import { type BertRow, bertBatch, bertRows, bertSpecials, paddedLength } from '../models/bert-input.ts'
import { adamw } from '../optim/index.ts'
import { fromArray } from '../tensor/creation.ts'
import { Generator, generator, permutation, setSeed } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile } from '../tensor/transforms.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { TrainTask } from '../train/trainer.ts'
import { checkWordPieces, wordPieceOptions, wordPiecesFor } from './bert.ts'
import { checkHeads } from './gpt.ts'
import {
  type LabelledSplit,
  type LabelledTexts,
  labelledOptions,
  readLabelled,
  splitLabelled,
} from './labelled-texts.ts'
import { checkRate, rateOptions, scheduleOf } from './learning-rate.ts'

type Ids = Tensor<readonly number[], 'int32'>

/** Sizes of a model that begins with new weights, and what they are unless given. */
const sizes = { numLayers: 2, numHeads: 4, embedDim: 128, contextLength: 128 } as const
const size = (name: keyof typeof sizes, alias: string, help: string) =>
  integer({ min: 1, max: 1_000_000, aliases: [alias], help: `${help}; ${sizes[name]} unless given` })

/** Everything about training a classifier of texts. */
export const bertClassifyOptions = defineOptions({
  ...labelledOptions,
  base: text({ placeholder: 'DIR', help: 'folder of a BERT to go on from; a new one is trained unless given' }),
  ...wordPieceOptions,
  tokenizer: text({
    placeholder: 'wordpiece|PATH',
    help: 'pieces of words, learned from the training texts, or a WordPiece tokenizer; that of --base where it is given',
  }),
  numLayers: size('numLayers', 'layers', 'transformer blocks of a new model'),
  numHeads: size('numHeads', 'heads', 'attention heads of a new model'),
  embedDim: size('embedDim', 'embed', 'width of a token vector of a new model'),
  contextLength: size('contextLength', 'context', 'tokens that a new model sees of a text'),
  dropout: number({ min: 0, below: 1, help: 'share of activations dropped while training; 0.1, or that of --base' }),
  batchSize: integer({ default: 32, min: 1, aliases: ['batch'], help: 'texts computed at once' }),
  epochs: number({ default: 5, above: 0, help: 'passes over the training texts' }),
  ...rateOptions(5e-4, 'nothing'),
  weightDecay: number({ default: 0.01, min: 0, help: 'decay of matrices (not of biases and norms)' }),
  beta1: number({ default: 0.9, min: 0, below: 1, help: "AdamW's decay of the mean" }),
  beta2: number({ default: 0.999, min: 0, below: 1, help: "AdamW's decay of the mean square" }),
  clipNorm: number({ default: 1, min: 0, aliases: ['clip'], help: 'largest norm of the gradient; 0 does not clip' }),
  testFraction: number({
    default: 0.2,
    above: 0,
    below: 1,
    help: 'share of the texts that judges the model at the end',
  }),
  valFraction: number({
    default: 0.1,
    min: 0,
    below: 1,
    help: 'share of the rest that chooses the best weights on the way; 0 keeps the last ones',
  }),
  evalEvery: integer({ default: 100, min: 1, help: 'updates between evaluations and checkpoints' }),
  patience: integer({ min: 1, help: 'stop after this many evaluations without a better loss' }),
  seed: integer({ default: 1337, min: 0, help: 'the same seed gives the same run' }),
})
export type BertClassifyOptions = Infer<typeof bertClassifyOptions>

const where = 'train classifier'

/** Rules that concern several options. */
export const checkBertClassifyOptions = (o: BertClassifyOptions): void => {
  if (o.base === undefined) {
    checkWordPieces(where, { ...o, tokenizer: o.tokenizer ?? 'wordpiece' })
    checkHeads(where, { ...sizes, ...o })
    if ((o.contextLength ?? sizes.contextLength) < 3)
      throw new ArgumentError(`${where}: --context ${o.contextLength} has no room for a text. Give at least 3.`)
  }
  for (const [name, value] of [
    ['--tokenizer', o.tokenizer],
    ['--vocab-size', o.vocabSize],
    ['--case', o.letterCase],
    ['--layers', o.numLayers],
    ['--heads', o.numHeads],
    ['--embed', o.embedDim],
    ['--context', o.contextLength],
  ] as const) {
    if (o.base !== undefined && value !== undefined)
      throw new ArgumentError(
        `${where}: ${name} ${value} has no effect with --base ${o.base}, which has its own. Leave it out.`,
      )
  }
  if (o.patience !== undefined && o.valFraction === 0)
    throw new ArgumentError(
      `${where}: --patience ${o.patience} has no effect with --val-fraction 0. Leave it out, or keep a share back.`,
    )
}

/** What a classifier makes of texts. */
export interface TextJudgement {
  /** Probability of each class, `[N, K]`. */
  readonly probabilities: Float32Array
  /** The most probable class of each text. */
  readonly predicted: readonly string[]
}

/** Measures of a judgement. */
export interface TextScore extends ClassificationReport {
  /** Mean −ln p of the right classes, in nats. */
  readonly loss: number
}

export interface BertClassifyRun {
  readonly model: BertForSequenceClassification
  readonly tokenizer: Tokenizer
  readonly task: TrainTask
  readonly steps: number
  readonly split: LabelledSplit
  readonly judge: (texts: readonly string[]) => Promise<TextJudgement>
}

/** A function that has a classifier judge texts, those of like length at once. */
export const judgeTexts = (
  model: BertForSequenceClassification,
  tokenizer: Tokenizer,
  batchSize = 32,
): ((texts: readonly string[]) => Promise<TextJudgement>) => {
  const { contextLength } = model.config
  const { pad } = bertSpecials(tokenizer)
  const scores = compile((input: Required<BertInput>) => model.forward(input).softmax(-1))
  const K = model.classes.length
  return async texts => {
    const rows = bertRows(tokenizer, texts, contextLength)
    const order = byLength(rows, Array.from(rows.keys()))
    const probabilities = new Float32Array(texts.length * K)
    const training = model.training
    model.eval()
    try {
      for (let at = 0; at < order.length; at += batchSize) {
        const places = order.slice(at, at + batchSize)
        const input = batchOf(rows, places, { contextLength, pad })
        const found = (await (await scores(input)).data()) as Float32Array
        for (const [b, i] of places.entries()) probabilities.set(found.subarray(b * K, (b + 1) * K), i * K)
      }
    } finally {
      model.train(training)
    }
    const predicted = texts.map((_, i) => {
      const own = probabilities.subarray(i * K, (i + 1) * K)
      return model.classes[own.indexOf(own.reduce((most, p) => Math.max(most, p), 0))]!
    })
    return { probabilities, predicted }
  }
}

const byLength = (rows: readonly BertRow[], places: readonly number[]): number[] =>
  [...places].sort((a, b) => rows[a]!.ids.length - rows[b]!.ids.length)

const batchOf = (
  rows: readonly BertRow[],
  places: readonly number[],
  { contextLength, pad }: { readonly contextLength: number; readonly pad: number },
): Required<BertInput> => {
  const batch = places.map(i => rows[i]!)
  return bertBatch(batch, paddedLength(Math.max(...batch.map(({ ids }) => ids.length)), contextLength), pad)
}

/** Accuracy, and precision, recall and F1 of each class; the loss with them. @throws DataError for a label that the model does not know */
export const scoreTexts = (
  { probabilities, predicted }: TextJudgement,
  labels: readonly string[],
  classes: readonly string[],
): TextScore => {
  const K = classes.length
  let loss = 0
  for (const [i, label] of labels.entries()) {
    const k = classes.indexOf(label)
    if (k < 0)
      throw new DataError(
        `scoreTexts: the label ${JSON.stringify(label)} is none of the model's, which are ${classes.slice(0, 12).join(', ')}. Judge it on texts with those.`,
        { label },
      )
    loss -= Math.log(Math.max(probabilities[i * K + k]!, 1e-30))
  }
  return { loss: loss / labels.length, ...classificationReportOf(labels, predicted) }
}

/** What counts of words and naive Bayes make of the same split: what a model of texts has to beat. */
export const bagOfWords = async ({ train, test }: LabelledSplit): Promise<ClassificationReport> => {
  const model = await makePipeline(countVectorizer(), multinomialNB()).fit(train.texts, train.labels)
  return classificationReportOf(test.labels, (await model.predict(test.texts)) as readonly string[])
}

/** Texts of like length in batches, in another order each pass; it depends on nothing but the update's number. */
const labelledBatches = (
  rows: readonly BertRow[],
  { batchSize, seed }: { readonly batchSize: number; readonly seed: number },
): { readonly perEpoch: number; readonly at: (step: number) => readonly number[] } => {
  const perEpoch = Math.ceil(rows.length / batchSize)
  let epoch = -1
  let batches: readonly (readonly number[])[] = []
  const begin = (source: Generator): void => {
    const order = Array.from(permutation(rows.length, source))
    // The last batch takes what it lacks from the first.
    const all = Array.from({ length: perEpoch * batchSize }, (_, i) => order[i % order.length]!)
    // Of a few batches at a time: were it of all, batches would be of one length, and so perhaps of one class.
    const pool = 4 * batchSize
    const sorted = Array.from({ length: Math.ceil(all.length / pool) }, (_, k) =>
      byLength(rows, all.slice(k * pool, (k + 1) * pool)),
    ).flat()
    batches = Array.from(permutation(perEpoch, source), k => sorted.slice(k * batchSize, (k + 1) * batchSize))
  }
  return {
    perEpoch,
    at: step => {
      const now = Math.floor(step / perEpoch)
      if (now !== epoch) begin(new Generator(seed + now))
      epoch = now
      return batches[step % perEpoch]!
    },
  }
}

/** The model to begin with and its tokenizer. */
const begin = async (
  o: BertClassifyOptions,
  train: LabelledTexts,
  classes: readonly string[],
): Promise<{ model: BertForSequenceClassification; tokenizer: Tokenizer }> => {
  const dropout = o.dropout !== undefined && { dropout: o.dropout, attentionDropout: o.dropout }
  if (o.base !== undefined) {
    const { model: base, tokenizer } = await loadBert(o.base)
    const encoder = 'bert' in base ? base.bert : base
    const model = new BertForSequenceClassification({ ...encoder.config, ...dropout, classes })
    await loadBertEncoder(o.base, model)
    return { model, tokenizer }
  }
  const tokenizer = await wordPiecesFor(train.texts.join('\n'), { ...o, tokenizer: o.tokenizer ?? 'wordpiece' })
  const { pad } = bertSpecials(tokenizer, o.tokenizer)
  const shape = {
    numLayers: o.numLayers ?? sizes.numLayers,
    numHeads: o.numHeads ?? sizes.numHeads,
    embedDim: o.embedDim ?? sizes.embedDim,
    contextLength: o.contextLength ?? sizes.contextLength,
  }
  const words = { vocabSize: tokenizer.vocabSize, padTokenId: pad }
  const config = { ...shape, ...dropout, ...words, initializerRange: evenGain(shape.embedDim), classes }
  return { model: new BertForSequenceClassification(config), tokenizer }
}

/** A classifier, its texts and its optimizer, ready to train. @throws DataError where texts or labels are too few */
export const prepareBertClassify = async (o: BertClassifyOptions): Promise<BertClassifyRun> => {
  checkBertClassifyOptions(o)
  const all = await readLabelled(o)
  const classes = [...new Set(all.labels)].sort()
  const split = splitLabelled(all, o)
  for (const [part, count] of [
    ['training', split.train.texts.length],
    ['test', split.test.texts.length],
  ] as const)
    if (classes.length < 2 || count === 0)
      throw new DataError(
        `${o.data}: has ${all.texts.length} texts of ${classes.length} ${classes.length === 1 ? 'class' : 'classes'}, and ${count} for the ${part}. Give texts of at least two classes, and some for each part.`,
      )
  setSeed(o.seed)
  const source = generator()
  const { model, tokenizer } = await begin(o, split.train, classes)
  const rows = bertRows(tokenizer, split.train.texts, model.config.contextLength)
  const labels = split.train.labels.map(label => classes.indexOf(label))
  const batches = labelledBatches(rows, { batchSize: o.batchSize, seed: new Generator(o.seed).fork(1).state.seed })
  const steps = Math.max(1, Math.round(o.epochs * batches.perEpoch))
  checkRate(where, o, steps)
  const optimizer = adamw(model, {
    learningRate: scheduleOf(o, steps, 0),
    weightDecay: o.weightDecay,
    beta1: o.beta1,
    beta2: o.beta2,
    decays: (_, shape) => shape.length >= 2,
    ...(o.clipNorm > 0 && { clipNorm: o.clipNorm }),
  })
  const update = compile((input: Required<BertInput>, y: Ids) => {
    const loss = model.loss(input, y)
    optimizer.step(optimizer.gradients(loss))
    return loss
  })
  const { contextLength } = model.config
  const { pad } = bertSpecials(tokenizer)
  const judge = judgeTexts(model, tokenizer)
  const { val } = split
  const task: TrainTask = {
    model,
    optimizer,
    step: async () => {
      const places = batches.at(optimizer.stepCount)
      const y = fromArray(
        Int32Array.from(places, i => labels[i]!),
        [places.length],
        'int32',
      )
      return (await update(batchOf(rows, places, { contextLength, pad }), y)).item()
    },
    ...(val.texts.length > 0 && {
      evaluate: async () => {
        const { loss, accuracy, macroAverage } = scoreTexts(await judge(val.texts), val.labels, classes)
        return { loss, metrics: { accuracy: accuracy!, macroF1: macroAverage.f1 } }
      },
    }),
    generators: { default: source },
    documents: {
      'config.json': model.toJSON(),
      'tokenizer.json': tokenizer.toJSON(),
      'tokenizer_config.json': bertTokenizerConfig(tokenizer),
      'train.json': JSON.parse(bertClassifyOptions.toJson(o)),
    },
  }
  return { model, tokenizer, task, steps, split, judge }
}
