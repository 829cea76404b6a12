import { ArgumentError } from '../core/errors.ts'
import { defineOptions, flag, type Infer, integer, number } from '../core/options.ts'
import { Llama } from '../models/llama.ts'
import { checkHeads, transformerSizes } from './gpt.ts'
import { checkRate } from './learning-rate.ts'
import { checkTokenizer } from './text-tokenizer.ts'
import { prepareWindows, type TextRun, textOptions, windowOptions } from './text-training.ts'

/** Everything about training a model of Llama's kind on a text. */
export const llamaOptions = defineOptions({
  ...textOptions,
  ...transformerSizes,
  numKeyHeads: integer({
    min: 1,
    aliases: ['key-heads'],
    help: 'heads of keys and values, which groups of the other heads share; must divide them; as many as these unless given',
  }),
  hiddenDim: integer({
    min: 1,
    aliases: ['hidden'],
    help: 'width inside the MLP; 8/3 of the embedding, rounded up to a multiple of 32, unless given',
  }),
  slidingWindow: integer({
    min: 1,
    aliases: ['window'],
    help: 'tokens that a token sees, itself and those before it; all unless given. The model is then saved as a Mistral',
  }),
  numExperts: integer({
    min: 2,
    max: 1000,
    aliases: ['experts'],
    help: 'MLPs in each block, of which a router chooses some for each token; the model is then saved as a Mixtral',
  }),
  expertsPerToken: integer({ min: 1, help: 'experts that compute for each token; 2 unless given' }),
  balanceWeight: number({ min: 0, help: 'what uneven use of experts counts in the loss; 0.01 unless given' }),
  ropeTheta: number({ default: 10_000, above: 0, help: 'longest wavelength of positions over 2π' }),
  tieWeights: flag({ help: 'use the token vectors as the weights of the head' }),
  ...windowOptions(),
})
export type LlamaOptions = Infer<typeof llamaOptions>

/** Rules that concern several options. */
export const checkLlamaOptions = (o: LlamaOptions): void => {
  checkTokenizer('train llama', o)
  checkHeads('train llama', o)
  if ((o.embedDim / o.numHeads) % 2 !== 0)
    throw new ArgumentError(
      `train llama: a head is ${o.embedDim / o.numHeads} wide. Positions turn pairs of numbers: choose --embed and --heads that make it even.`,
    )
  if (o.numKeyHeads !== undefined && o.numHeads % o.numKeyHeads !== 0)
    throw new ArgumentError(
      `train llama: --key-heads ${o.numKeyHeads} does not divide --heads ${o.numHeads}. Groups share keys equally: choose a divisor.`,
    )
  const { numExperts, expertsPerToken = 2 } = o
  if (numExperts === undefined && (o.expertsPerToken !== undefined || o.balanceWeight !== undefined))
    throw new ArgumentError(
      `train llama: --${o.expertsPerToken === undefined ? 'balance-weight' : 'experts-per-token'} is for a model with experts. Give --experts too.`,
    )
  if (numExperts !== undefined && expertsPerToken > numExperts)
    throw new ArgumentError(
      `train llama: --experts-per-token ${expertsPerToken} is more than the ${numExperts} of --experts. Give more experts.`,
    )
  checkRate('train llama', o, o.steps)
}

/** A model of Llama's kind, its text and its optimizer, ready to train. @throws DataError for a text that is too short */
export const prepareLlama = (content: string, o: LlamaOptions): Promise<TextRun<Llama>> => {
  const { contextLength, numLayers, numHeads, embedDim, numKeyHeads, hiddenDim, slidingWindow, ropeTheta, tieWeights } =
    o
  const { numExperts, expertsPerToken, balanceWeight } = o
  return prepareWindows({
    content,
    options: o,
    build: ({ vocabSize, bosId, eosId }) =>
      new Llama({
        vocabSize,
        contextLength,
        numLayers,
        numHeads,
        embedDim,
        ropeTheta,
        tieWeights,
        ...(numKeyHeads !== undefined && { numKeyHeads }),
        ...(hiddenDim !== undefined && { hiddenDim }),
        ...(slidingWindow !== undefined && { slidingWindow, modelType: 'mistral' as const }),
        ...(numExperts !== undefined && { numExperts, modelType: 'mixtral' as const }),
        ...(expertsPerToken !== undefined && { expertsPerToken }),
        ...(balanceWeight !== undefined && { balanceWeight }),
        ...(bosId !== undefined && { bosTokenId: bosId }),
        ...(eosId !== undefined && { eosTokenId: eosId }),
      }),
    saved: JSON.parse(llamaOptions.toJson(o)),
  })
}
