import { ArgumentError } from '../core/errors.ts'
import { defineOptions, type Infer, integer, number } from '../core/options.ts'
import { Gpt } from '../models/gpt.ts'
import { checkRate } from './learning-rate.ts'
import { checkTokenizer } from './text-tokenizer.ts'
import { prepareWindows, type TextRun, textOptions, windowOptions } from './text-training.ts'

/** Sizes of a transformer that reads windows. */
export const transformerSizes = {
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
} as const

/** @throws ArgumentError where heads have no equal share */
export const checkHeads = (command: string, o: { readonly embedDim: number; readonly numHeads: number }): void => {
  if (o.embedDim % o.numHeads === 0) return
  throw new ArgumentError(
    `${command}: --heads ${o.numHeads} does not divide --embed ${o.embedDim}. Each head needs an equal share: choose a divisor of ${o.embedDim}.`,
  )
}

/** Everything about training a GPT on a text. */
export const gptOptions = defineOptions({
  ...textOptions,
  ...transformerSizes,
  dropout: number({ default: 0, min: 0, below: 1, help: 'share of activations dropped while training' }),
  ...windowOptions(),
})
export type GptOptions = Infer<typeof gptOptions>

/** Rules that concern several options. */
export const checkGptOptions = (o: GptOptions): void => {
  checkTokenizer('train gpt', o)
  checkHeads('train gpt', o)
  checkRate('train gpt', o, o.steps)
}

/** A GPT, its text and its optimizer, ready to train. @throws DataError for a text that is too short */
export const prepareGpt = (content: string, o: GptOptions): Promise<TextRun<Gpt>> => {
  const { contextLength, numLayers, numHeads, embedDim, dropout } = o
  return prepareWindows({
    content,
    options: o,
    build: ({ vocabSize }) => new Gpt({ vocabSize, contextLength, numLayers, numHeads, embedDim, dropout }),
    saved: JSON.parse(gptOptions.toJson(o)),
  })
}
