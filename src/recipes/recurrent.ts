import { tokenizerConfig } from '../text/tokenizer-config.ts'
import { DataError } from '../core/errors.ts'
import { defineOptions, type Infer, integer, number } from '../core/options.ts'
import { adamw } from '../optim/index.ts'
import type { RecurrentModel, TextState } from '../text/causal-model.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { crossEntropy } from '../tensor/functions.ts'
import { generator, setSeed } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile } from '../tensor/transforms.ts'
import type { TrainTask } from '../train/trainer.ts'
import { checkTokenizer, tokenizerFor } from './text-tokenizer.ts'
import { splitText, textOptions } from './text-training.ts'
import { carriedState } from './carried-state.ts'
import { checkRate, rateOptions, scheduleOf } from './learning-rate.ts'
import { checkModel, modelOf, modelOptions, type StatefulLanguageModel } from './recurrent-model.ts'
import { lossAlong, Stretches } from './stretches.ts'

/** Everything about training a recurrent language model on a text; sizes are those of a small char-rnn. */
export const recurrentOptions = defineOptions({
  ...textOptions,
  ...modelOptions,
  contextLength: integer({
    default: 64,
    min: 1,
    max: 1_000_000,
    aliases: ['context'],
    help: 'tokens of a window, through which gradients flow; the state goes on from window to window',
  }),
  batchSize: integer({
    default: 50,
    min: 1,
    aliases: ['batch'],
    help: 'stretches of the text that are read side by side',
  }),
  steps: integer({ default: 4000, min: 1, help: 'updates' }),
  epochs: number({ above: 0, help: 'passes over the training text, in place of --steps' }),
  ...rateOptions(2e-3),
  weightDecay: number({ default: 0, min: 0, help: 'decay of matrices (not of biases)' }),
  beta1: number({ default: 0.9, min: 0, below: 1, help: "AdamW's decay of the mean" }),
  beta2: number({ default: 0.99, min: 0, below: 1, help: "AdamW's decay of the mean square" }),
  clipNorm: number({ default: 1, min: 0, aliases: ['clip'], help: 'largest norm of the gradient; 0 does not clip' }),
  valFraction: number({ default: 0.1, above: 0, below: 1, help: 'share of the text, at its end, kept for validation' }),
  evalEvery: integer({ default: 250, min: 1, help: 'updates between evaluations and checkpoints' }),
  patience: integer({ min: 1, help: 'stop after this many evaluations without a better loss' }),
  seed: integer({ default: 1337, min: 0, help: 'the same seed gives the same run' }),
})
export type RecurrentRunOptions = Infer<typeof recurrentOptions>

export interface RecurrentRun {
  readonly model: StatefulLanguageModel
  readonly tokenizer: Tokenizer
  readonly task: TrainTask
  /** Updates in all. */
  readonly steps: number
  readonly trainTokens: Int32Array
  readonly valTokens: Int32Array
  /** Mean loss in nats per token over the whole validation split, read from its beginning to its end. */
  readonly fullLoss: () => Promise<number>
}

type Ids = Tensor<readonly number[], 'int32'>

/**
 * A model, its data and its optimizer, ready to train by truncated backpropagation: each row of a batch reads its own stretch of the text,
 * and its state goes from window to window without gradient.
 *
 * Source: Williams & Peng 1990; Mikolov et al. 2010.
 *
 * @throws DataError for a text that is too short
 */
export const prepareRecurrent = async (content: string, o: RecurrentRunOptions): Promise<RecurrentRun> => {
  checkModel('train lstm', o)
  checkTokenizer('train lstm', o)
  const tokenizer = await tokenizerFor(content, o)
  setSeed(o.seed)
  const { batchSize, contextLength } = o
  const { train, val } = splitText(content, o.valFraction)
  const [trainTokens, valTokens] = [train, val].map(part => tokenizer.encode(part, { specialTokens: false })) as [
    Int32Array,
    Int32Array,
  ]
  const stretches = new Stretches(`${o.data}: the training part`, trainTokens, {
    rows: batchSize,
    length: contextLength,
  })
  if (valTokens.length < 2) {
    throw new DataError(
      `${o.data}: the validation part has ${valTokens.length} tokens, and a loss needs two. Give a longer text, or a larger --val-fraction.`,
      { tokens: valTokens.length },
    )
  }
  const steps = o.epochs === undefined ? o.steps : Math.max(1, Math.round(o.epochs * stretches.count))
  checkRate('train lstm', o, steps)
  const model = modelOf(o, tokenizer.vocabSize)
  const optimizer = adamw(model, {
    learningRate: scheduleOf(o, steps),
    weightDecay: o.weightDecay,
    beta1: o.beta1,
    beta2: o.beta2,
    decays: (_, shape) => shape.length >= 2,
    ...(o.clipNorm > 0 && { clipNorm: o.clipNorm }),
  })
  const reader: RecurrentModel = model
  const update = compile((x: Ids, y: Ids, state: TextState) => {
    const { logits, state: after } = reader.read(x, state)
    const loss = crossEntropy(logits, y)
    optimizer.step(optimizer.gradients(loss))
    return { loss, after }
  })
  const carried = carriedState('train lstm', optimizer, reader.startState(batchSize))
  const step = async (): Promise<number> => {
    const { x, y, first } = stretches.at(optimizer.stepCount)
    const { loss, after } = await update(x, y, first ? model.startState(batchSize) : carried.state)
    carried.state = after
    return loss.item()
  }
  const along = lossAlong(model)
  // On the way in rows, which is faster; at the end as one text.
  const rows = Math.min(batchSize, Math.floor((valTokens.length - 1) / contextLength) || 1)
  const task: TrainTask = {
    model,
    optimizer: carried.optimizer,
    step,
    evaluate: async () => ({ loss: (await along(valTokens, { rows, length: contextLength })).loss }),
    generators: { default: generator() },
    documents: {
      'config.json': model.toJSON(),
      'tokenizer.json': tokenizer.toJSON(),
      'tokenizer_config.json': tokenizerConfig(tokenizer),
      'train.json': JSON.parse(recurrentOptions.toJson(o)),
    },
  }
  return { model, tokenizer, task, steps, trainTokens, valTokens, fullLoss: async () => (await along(valTokens)).loss }
}
