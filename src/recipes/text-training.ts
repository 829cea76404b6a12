import { tokenizerConfig } from '../text/tokenizer-config.ts'
import { DataError } from '../core/errors.ts'
import { type Infer, integer, number, type Options, text } from '../core/options.ts'
import type { AnyLanguageModel } from '../models/language-folder.ts'
import { accumulator, adamw } from '../optim/index.ts'
import type { CausalModel } from '../text/causal-model.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { allWindows, randomWindows, type TokenBatch } from '../text/windows.ts'
import { generator, setSeed } from '../tensor/random.ts'
import { compile } from '../tensor/transforms.ts'
import type { TrainTask } from '../train/trainer.ts'
import { rateOptions, scheduleOf } from './learning-rate.ts'
import { tokenizerFor, tokenizerOptions } from './text-tokenizer.ts'

/** What text to learn from. */
export const textOptions = {
  data: text({
    required: true,
    placeholder: 'PATH',
    help: 'text file to learn from, or a folder of them; - is standard input',
  }),
  ...tokenizerOptions,
} as const

/** How to train a language model on windows of a text; names and defaults follow nanoGPT's small character model. */
export const windowOptions = (rate = 1e-3) =>
  ({
    batchSize: integer({ default: 12, min: 1, aliases: ['batch'], help: 'windows computed at once' }),
    accumulate: integer({ default: 1, min: 1, help: 'batches whose gradients make one update, for want of memory' }),
    steps: integer({ default: 2000, min: 1, help: 'updates' }),
    ...rateOptions(rate),
    weightDecay: number({ default: 0.1, min: 0, help: 'decay of matrices (not of biases and norms)' }),
    beta1: number({ default: 0.9, min: 0, below: 1, help: "AdamW's decay of the mean" }),
    beta2: number({ default: 0.99, min: 0, below: 1, help: "AdamW's decay of the mean square" }),
    clipNorm: number({ default: 1, min: 0, aliases: ['clip'], help: 'largest norm of the gradient; 0 does not clip' }),
    valFraction: number({
      default: 0.1,
      above: 0,
      below: 1,
      help: 'share of the text, at its end, kept for validation',
    }),
    evalEvery: integer({ default: 250, min: 1, help: 'updates between evaluations and checkpoints' }),
    evalBatches: integer({
      default: 20,
      min: 1,
      help: 'batches in an evaluation on the way; the last one takes the whole split',
    }),
    patience: integer({ min: 1, help: 'stop after this many evaluations without a better loss' }),
    seed: integer({ default: 1337, min: 0, help: 'the same seed gives the same run' }),
  }) as const

/** What the training of every language model is told. */
export type TextTrainingOptions = Infer<Options<typeof textOptions>> & Infer<Options<ReturnType<typeof windowOptions>>>

/** A language model, its text and its optimizer, ready to train. */
export interface TextRun<M = TextModel> {
  readonly model: M
  readonly tokenizer: Tokenizer
  readonly task: TrainTask
  readonly trainTokens: Int32Array
  readonly valTokens: Int32Array
  /** Mean loss over the whole validation split, in nats per token. */
  readonly fullLoss: () => Promise<number>
}

/** A language model that reads windows of a text. */
export type TextModel = AnyLanguageModel & CausalModel

/** The text's two parts: for training its beginning, for validation its end. */
export const splitText = (content: string, valFraction: number): { train: string; val: string } => {
  // Never between the halves of a surrogate pair.
  const rough = Math.floor(content.length * (1 - valFraction))
  const cut = /[\udc00-\udfff]/.test(content[rough] ?? '') ? rough + 1 : rough
  return { train: content.slice(0, cut), val: content.slice(cut) }
}

type Windows = TokenBatch['x']

/** Mean −ln p per token over windows of a text side by side, and how many tokens were predicted. */
export const lossOver = (
  model: TextModel,
  batchSize: number,
): ((tokens: Int32Array, limit?: number) => Promise<{ loss: number; tokens: number }>) => {
  const loss = compile((x: Windows, y: Windows) => model.loss(x, y))
  return async (tokens, limit) => {
    const training = model.training
    model.eval()
    let total = 0
    let count = 0
    try {
      for (const { x, y } of allWindows(tokens, model.config.contextLength, batchSize, limit)) {
        total += (await (await loss(x, y)).item()) * x.size
        count += x.size
      }
    } finally {
      model.train(training)
    }
    return { loss: total / count, tokens: count }
  }
}

/** The two parts of a text as tokens. @throws DataError where one of them is shorter than a window */
export const tokensOf = (
  content: string,
  tokenizer: Tokenizer,
  { data, contextLength, valFraction }: { data: string; contextLength: number; valFraction: number },
): { trainTokens: Int32Array; valTokens: Int32Array } => {
  const { train, val } = splitText(content, valFraction)
  // A text's own begin and end do not stand amid a file.
  const plain = (part: string): Int32Array => tokenizer.encode(part, { specialTokens: false })
  const [trainTokens, valTokens] = [plain(train), plain(val)]
  for (const [name, tokens] of [
    ['training', trainTokens],
    ['validation', valTokens],
  ] as const) {
    if (tokens.length > contextLength) continue
    throw new DataError(
      `${data}: the ${name} part has ${tokens.length} tokens, fewer than a context of ${contextLength} and the token after it. Give a longer text, or choose a --context of at most ${Math.max(tokens.length - 1, 0)}.`,
      { tokens: tokens.length, contextLength },
    )
  }
  return { trainTokens, valTokens }
}

export interface WindowTraining<M extends TextModel> {
  readonly content: string
  readonly options: TextTrainingOptions & { readonly contextLength: number }
  /** The model of so many tokens, made after the seed is set. */
  readonly build: (tokenizer: Tokenizer) => M | Promise<M>
  readonly tokenizer?: Tokenizer
  /** train.json. */
  readonly saved: unknown
}

/** A model that learns from windows at random places of a text. @throws DataError for a text that is too short */
export const prepareWindows = async <M extends TextModel>({
  content,
  options: o,
  build,
  saved,
  tokenizer = undefined,
}: WindowTraining<M>): Promise<TextRun<M>> => {
  const words = tokenizer ?? (await tokenizerFor(content, o))
  setSeed(o.seed)
  const source = generator()
  const order = source.fork(1)
  const { trainTokens, valTokens } = tokensOf(content, words, o)
  const model = await build(words)
  const optimizer = adamw(model, {
    learningRate: scheduleOf(o, o.steps),
    weightDecay: o.weightDecay,
    beta1: o.beta1,
    beta2: o.beta2,
    decays: (_, shape) => shape.length >= 2,
    ...(o.clipNorm > 0 && { clipNorm: o.clipNorm }),
  })
  const sums = accumulator(optimizer)
  const update = compile((x: Windows, y: Windows) => {
    const loss = model.loss(x, y)
    optimizer.step(optimizer.gradients(loss))
    return loss
  })
  const part = compile((x: Windows, y: Windows, last: boolean) => {
    const loss = model.loss(x, y)
    sums.add(loss.div(o.accumulate))
    if (last) sums.step()
    return loss
  })
  const draw = () => randomWindows(trainTokens, o.contextLength, o.batchSize, order)
  const inParts = async (): Promise<number> => {
    let total = 0
    for (let k = 1; k <= o.accumulate; k++) {
      const { x, y } = draw()
      total += await (await part(x, y, k === o.accumulate)).item()
    }
    return total / o.accumulate
  }
  const over = lossOver(model, o.batchSize)
  const task: TrainTask = {
    model,
    optimizer,
    step: async () => {
      if (o.accumulate > 1) return inParts()
      const { x, y } = draw()
      return (await update(x, y)).item()
    },
    evaluate: async () => ({ loss: (await over(valTokens, o.evalBatches * o.batchSize)).loss }),
    generators: { default: source, order },
    documents: {
      'config.json': model.toJSON(),
      'generation_config.json': { _from_model_config: true, do_sample: true, max_length: o.contextLength },
      'tokenizer.json': words.toJSON(),
      'tokenizer_config.json': tokenizerConfig(words),
      'train.json': saved,
    },
  }
  return {
    model,
    tokenizer: words,
    task,
    trainTokens,
    valTokens,
    fullLoss: async () => (await over(valTokens)).loss,
  }
}
