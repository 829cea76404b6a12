import { ArgumentError } from '../core/errors.ts'
import { defineOptions, flag, type Infer, integer, number, oneOf, text } from '../core/options.ts'
import { attentionNames } from '../models/seq2seq.ts'
import { inverseSquareRoot, type Schedule } from '../optim/index.ts'
import { digitTasks } from './digit-tasks.ts'
import { checkRate, rateOptions, scheduleOf } from './learning-rate.ts'

const tokenizers = ['word', 'char'] as const

/** What training an encoder-decoder has in common, whatever it is made of. */
const common = {
  data: text({
    placeholder: 'PATH',
    help: 'text file with a source, a tab and a target on each line; - is standard input',
  }),
  task: oneOf(digitTasks, { help: 'in place of data, strings of digits: to reverse, sort, copy, or two to add' }),
  minLength: integer({ min: 1, help: 'fewest digits of a string, 5 unless given' }),
  maxLength: integer({ min: 1, max: 1000, help: 'most digits of a string, 15 unless given' }),
  tokenizer: oneOf(tokenizers, {
    help: 'how texts become tokens: word, for words and punctuation (the default for data), or char, one per symbol',
  }),
  targetTokenizer: oneOf(tokenizers, { help: 'the same for targets; as --tokenizer unless given' }),
  minCount: integer({ default: 1, min: 1, help: 'words that come less often are unknown to the model' }),
  maxTokens: integer({ default: 50, min: 1, help: 'pairs with a longer side are left out' }),
  maxPairs: integer({ min: 1, help: 'take so many of the pairs, drawn by the seed' }),
  sharedEmbeddings: flag({ help: 'one vocabulary and one embedding for sources and targets' }),
  batchSize: integer({ default: 64, min: 1, aliases: ['batch'], help: 'pairs computed at once' }),
  buckets: integer({
    default: 4,
    min: 1,
    max: 64,
    help: 'ranges of lengths that batches are drawn from: more of them, less padding and more graphs to compile',
  }),
  labelSmoothing: number({
    default: 0,
    min: 0,
    below: 1,
    help: 'share of the target probability that all tokens have alike; the Transformer of 2017 has 0.1',
  }),
  weightDecay: number({ default: 0, min: 0, help: 'decay of matrices (not of biases and norms)' }),
  beta1: number({ default: 0.9, min: 0, below: 1, help: "AdamW's decay of the mean" }),
  beta2: number({ default: 0.98, min: 0, below: 1, help: "AdamW's decay of the mean square" }),
  clipNorm: number({ default: 1, min: 0, aliases: ['clip'], help: 'largest norm of the gradient; 0 does not clip' }),
  valFraction: number({
    default: 0.1,
    min: 0,
    below: 1,
    help: 'share of the sources, drawn by the seed, kept for validation; with 0 the last weights are the model',
  }),
  evalPairs: integer({
    default: 200,
    min: 1,
    help: 'sources translated in an evaluation on the way; the last one takes all, or for a task five times as many new strings',
  }),
  evalEvery: integer({ default: 250, min: 1, help: 'updates between evaluations and checkpoints' }),
  patience: integer({ min: 1, help: 'stop after this many evaluations without a better loss' }),
  seed: integer({ default: 1337, min: 0, help: 'the same seed gives the same run' }),
} as const
const rates = (peak: number) =>
  ({
    ...rateOptions(peak),
    lrSchedule: oneOf(['constant', 'cosine', 'step', 'exponential', 'inverse-sqrt'], {
      default: 'cosine',
      help: 'how the rate falls: cosine to --min-lr; step to a tenth every third of the run; exponential to --min-lr; inverse-sqrt with the root of the update, as for the Transformer of 2017',
    }),
  }) as const

/** Everything about training recurrent layers with attention. */
export const seq2seqOptions = defineOptions({
  ...common,
  steps: integer({ default: 2000, min: 1, help: 'updates' }),
  ...rates(3e-3),
  cell: oneOf(['lstm', 'gru'], { default: 'gru', help: 'recurrent cell' }),
  numLayers: integer({ default: 1, min: 1, max: 100, aliases: ['layers'], help: 'layers of encoder and of decoder' }),
  hiddenSize: integer({
    default: 128,
    min: 1,
    max: 100_000,
    aliases: ['hidden'],
    help: "width of the decoder's state",
  }),
  embedDim: integer({ default: 64, min: 1, max: 100_000, aliases: ['embed'], help: 'width of a token vector' }),
  attention: oneOf(attentionNames, {
    default: 'additive',
    help: "where the decoder looks: additive (Bahdanau's), dot or general (Luong's), none",
  }),
  forwardOnly: flag({ help: 'an encoder that reads from left to right only, instead of both ways' }),
  dropout: number({ default: 0, min: 0, below: 1, help: 'share of activations dropped while training' }),
  teacherForcing: number({
    default: 1,
    min: 0,
    max: 1,
    help: "how often the decoder reads the target's token while training, instead of its own guess",
  }),
})
export type Seq2SeqOptions = Infer<typeof seq2seqOptions>

/** Everything about training a Transformer with encoder and decoder. */
export const transformerOptions = defineOptions({
  ...common,
  steps: integer({ default: 2000, min: 1, help: 'updates' }),
  ...rates(2e-3),
  numLayers: integer({ default: 2, min: 1, max: 100, aliases: ['layers'], help: 'layers of encoder and of decoder' }),
  numHeads: integer({
    default: 4,
    min: 1,
    max: 1000,
    aliases: ['heads'],
    help: 'attention heads; must divide the embedding',
  }),
  embedDim: integer({ default: 64, min: 2, max: 100_000, aliases: ['embed'], help: 'width of a token vector' }),
  feedForwardDim: integer({
    min: 1,
    max: 1_000_000,
    aliases: ['feed-forward'],
    help: 'units of the hidden part of a layer; four times the embedding unless given',
  }),
  activation: oneOf(['relu', 'gelu'], { default: 'relu', help: 'of the hidden part' }),
  normFirst: flag({ help: 'normalise each branch at its beginning, which trains more easily, instead of each sum' }),
  dropout: number({
    min: 0,
    below: 1,
    help: 'share of activations dropped while training; 0.1 unless given, but 0 for a task, whose strings never come twice',
  }),
})
export type TransformerOptions = Infer<typeof transformerOptions>
export type TranslateRunOptions = Seq2SeqOptions | TransformerOptions

/** Rules that concern several options. */
export const checkTranslateOptions = (where: string, o: TranslateRunOptions): void => {
  const wrong = (message: string): never => {
    throw new ArgumentError(`${where}: ${message}`)
  }
  if ((o.data === undefined) === (o.task === undefined)) {
    wrong(
      o.data === undefined
        ? 'there is nothing to learn from. Give --data with pairs of lines, or a --task.'
        : `--task ${o.task} makes its own data. Leave out --data ${o.data}, or the task.`,
    )
  }
  if (o.task === undefined) {
    for (const [name, value] of [
      ['--min-length', o.minLength],
      ['--max-length', o.maxLength],
    ] as const)
      if (value !== undefined)
        wrong(`${name} ${value} is for a --task. Leave it out; --max-tokens bounds pairs of texts.`)
  } else {
    for (const [name, value] of [
      ['--tokenizer', o.tokenizer],
      ['--target-tokenizer', o.targetTokenizer],
      ['--max-pairs', o.maxPairs],
    ] as const)
      if (value !== undefined)
        wrong(`${name} ${value} is for pairs of texts, and --task ${o.task} makes digits. Leave it out.`)
    const { minLength = 5, maxLength = 15 } = o
    if (minLength > maxLength)
      wrong(`--min-length ${minLength} is above --max-length ${maxLength}. Choose at most that.`)
  }
  if (o.sharedEmbeddings && o.targetTokenizer !== undefined && o.targetTokenizer !== (o.tokenizer ?? 'word'))
    wrong('--shared-embeddings needs one vocabulary. Leave --target-tokenizer out.')
  if (o.lrSchedule !== 'inverse-sqrt') checkRate(where, o as RateRun, o.steps)
  else if (o.minLearningRate !== undefined)
    wrong('--min-lr has no effect with --lr-schedule inverse-sqrt. Leave it out.')
}
type RateRun = Parameters<typeof checkRate>[1]

/** The learning rate of a run. */
export const translateSchedule = (o: TranslateRunOptions): Schedule => {
  if (o.lrSchedule !== 'inverse-sqrt') return scheduleOf(o as RateRun, o.steps)
  const warmupSteps = Math.max(1, o.warmupSteps ?? Math.min(100, Math.floor(o.steps / 10)))
  return inverseSquareRoot({ learningRate: o.learningRate, warmupSteps })
}
