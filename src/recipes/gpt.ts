import { defineOptions, type Infer, integer, number, oneOf, text } from '../core/options.ts'
import { ArgumentError, DataError } from '../core/errors.ts'
import { Gpt } from '../models/gpt.ts'
import { accumulator, adamw } from '../optim/index.ts'
import { CharTokenizer } from '../text/char-tokenizer.ts'
import { allWindows, randomWindows } from '../text/windows.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { generator, setSeed } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile } from '../tensor/transforms.ts'
import type { TrainTask } from '../train/trainer.ts'
import { checkRate, rateOptions, scheduleOf } from './learning-rate.ts'

/** Everything about training a GPT on a text; names and defaults follow nanoGPT's small character model. */
export const gptOptions = defineOptions({
  data: text({
    required: true,
    placeholder: 'PATH',
    help: 'text file to learn from, or a folder of them; - is standard input',
  }),
  tokenizer: oneOf(['char'], { default: 'char', help: 'how text becomes tokens: char, one per symbol' }),
  numLayers: integer({ default: 4, min: 1, max: 1000, aliases: ['layers'], help: 'transformer blocks' }),
  numHeads: integer({
    default: 4,
    min: 1,
    max: 1000,
    aliases: ['heads'],
    help: 'attention heads; must divide the embedding',
  }),
  embedDim: integer({ default: 128, min: 1, max: 100_000, aliases: ['embed'], help: 'width of a token vector' }),
  contextLength: integer({
    default: 64,
    min: 1,
    max: 1_000_000,
    aliases: ['context'],
    help: 'tokens the model sees at once',
  }),
  dropout: number({ default: 0, min: 0, below: 1, help: 'share of activations dropped while training' }),
  batchSize: integer({ default: 12, min: 1, aliases: ['batch'], help: 'windows computed at once' }),
  accumulate: integer({ default: 1, min: 1, help: 'batches whose gradients make one update, for want of memory' }),
  steps: integer({ default: 2000, min: 1, help: 'updates' }),
  ...rateOptions(1e-3),
  weightDecay: number({ default: 0.1, min: 0, help: 'decay of matrices (not of biases and norms)' }),
  beta1: number({ default: 0.9, min: 0, below: 1, help: "AdamW's decay of the mean" }),
  beta2: number({ default: 0.99, min: 0, below: 1, help: "AdamW's decay of the mean square" }),
  clipNorm: number({ default: 1, min: 0, aliases: ['clip'], help: 'largest norm of the gradient; 0 does not clip' }),
  valFraction: number({ default: 0.1, above: 0, below: 1, help: 'share of the text, at its end, kept for validation' }),
  evalEvery: integer({ default: 250, min: 1, help: 'updates between evaluations and checkpoints' }),
  evalBatches: integer({
    default: 20,
    min: 1,
    help: 'batches in an evaluation on the way; the last one takes the whole split',
  }),
  patience: integer({ min: 1, help: 'stop after this many evaluations without a better loss' }),
  seed: integer({ default: 1337, min: 0, help: 'the same seed gives the same run' }),
})
export type GptOptions = Infer<typeof gptOptions>

/** Rules that concern several options. */
export const checkGptOptions = (o: GptOptions): void => {
  if (o.embedDim % o.numHeads !== 0) {
    throw new ArgumentError(
      `train gpt: --heads ${o.numHeads} does not divide --embed ${o.embedDim}. Each head needs an equal share: choose a divisor of ${o.embedDim}.`,
    )
  }
  checkRate('train gpt', o, o.steps)
}

export interface GptRun {
  readonly model: Gpt
  readonly tokenizer: Tokenizer
  readonly task: TrainTask
  readonly trainTokens: Int32Array
  readonly valTokens: Int32Array
  /** Mean loss over the whole validation split, in nats per token. */
  readonly fullLoss: () => Promise<number>
}

/** The text's two parts: for training its beginning, for validation its end. */
export const splitText = (content: string, valFraction: number): { train: string; val: string } => {
  // Never between the halves of a surrogate pair.
  const rough = Math.floor(content.length * (1 - valFraction))
  const cut = /[\udc00-\udfff]/.test(content[rough] ?? '') ? rough + 1 : rough
  return { train: content.slice(0, cut), val: content.slice(cut) }
}

/** Mean −ln p per token over windows of a text, and how many tokens were predicted. */
export const lossOver = (
  model: Gpt,
  batchSize: number,
): ((tokens: Int32Array, limit?: number) => Promise<{ loss: number; tokens: number }>) => {
  const loss = compile((x: Tensor<readonly [number, number], 'int32'>, y: Tensor<readonly [number, number], 'int32'>) =>
    model.loss(x, y),
  )
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

/** A model, its data and its optimizer, ready to train. @throws DataError for a text that is too short */
export const prepareGpt = (content: string, o: GptOptions): GptRun => {
  setSeed(o.seed)
  const source = generator()
  const order = source.fork(1)
  const tokenizer = CharTokenizer.train(content)
  const { train, val } = splitText(content, o.valFraction)
  const [trainTokens, valTokens] = [tokenizer.encode(train), tokenizer.encode(val)]
  for (const [name, tokens] of [
    ['training', trainTokens],
    ['validation', valTokens],
  ] as const) {
    if (tokens.length > o.contextLength) continue
    throw new DataError(
      `${o.data}: the ${name} part has ${tokens.length} tokens, fewer than a context of ${o.contextLength} and the token after it. Give a longer text, or choose a --context of at most ${Math.max(tokens.length - 1, 0)}.`,
      { tokens: tokens.length, contextLength: o.contextLength },
    )
  }
  const { contextLength, numLayers, numHeads, embedDim, dropout } = o
  const model = new Gpt({ vocabSize: tokenizer.vocabSize, contextLength, numLayers, numHeads, embedDim, dropout })
  const optimizer = adamw(model, {
    learningRate: scheduleOf(o, o.steps),
    weightDecay: o.weightDecay,
    beta1: o.beta1,
    beta2: o.beta2,
    decays: (_, shape) => shape.length >= 2,
    ...(o.clipNorm > 0 && { clipNorm: o.clipNorm }),
  })
  type Windows = Tensor<readonly [number, number], 'int32'>
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
  const draw = () => randomWindows(trainTokens, contextLength, o.batchSize, order)
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
      'generation_config.json': { _from_model_config: true, do_sample: true, max_length: contextLength },
      'tokenizer.json': tokenizer.toJSON(),
      'tokenizer_config.json': CharTokenizer.config,
      'train.json': JSON.parse(gptOptions.toJson(o)),
    },
  }
  return { model, tokenizer, task, trainTokens, valTokens, fullLoss: async () => (await over(valTokens)).loss }
}
