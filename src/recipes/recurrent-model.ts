import { ArgumentError } from '../core/errors.ts'
import { flag, integer, number, oneOf } from '../core/options.ts'
import { BengioLanguageModel } from '../models/bengio.ts'
import { MambaLanguageModel } from '../models/mamba.ts'
import { RecurrentLanguageModel } from '../models/recurrent-language-model.ts'
import { recurrentKinds } from '../nn/recurrent/kinds.ts'

export type StatefulLanguageModel = RecurrentLanguageModel | BengioLanguageModel | MambaLanguageModel

const cells = [...recurrentKinds, 'bengio', 'mamba'] as const
type Cell = (typeof cells)[number]

/** The part of a recipe's options that says what is trained. What one kind of model has alone is left open, so that it can be refused elsewhere. */
export const modelOptions = {
  cell: oneOf(cells, {
    default: 'lstm',
    help: 'what reads the text; bengio sees a window of tokens, mamba has selective state spaces',
  }),
  numLayers: integer({
    min: 1,
    max: 1000,
    aliases: ['layers'],
    help: 'layers; 2 unless given, and bengio has one',
  }),
  hiddenSize: integer({
    default: 256,
    min: 1,
    max: 100_000,
    aliases: ['hidden'],
    help: 'width of a state; of mamba the width between layers',
  }),
  embedDim: integer({
    min: 1,
    max: 100_000,
    aliases: ['embed'],
    help: 'width of a token vector; as --hidden unless given, of bengio 32',
  }),
  tieWeights: flag({ aliases: ['tie'], help: 'one matrix for embedding and head; needs --embed as --hidden' }),
  order: integer({ min: 2, max: 1000, help: 'bengio: predict from so many tokens less one; 9 unless given' }),
  direct: flag({ help: 'bengio: connect embeddings to scores directly too' }),
  stateSize: integer({ min: 1, max: 10_000, help: 'mamba: numbers that each channel remembers; 16 unless given' }),
  dropout: number({
    min: 0,
    below: 1,
    help: 'share of activations dropped while training; 0.1 unless given, and none in bengio and mamba',
  }),
} as const

export interface ModelChoice {
  readonly cell: Cell
  readonly contextLength: number
  readonly hiddenSize: number
  readonly numLayers?: number
  readonly embedDim?: number
  readonly tieWeights: boolean
  readonly order?: number
  readonly direct: boolean
  readonly stateSize?: number
  readonly dropout?: number
}

/** Options, as they are typed, that only some of the models have. */
const own: readonly { readonly key: keyof ModelChoice; readonly flag: string; readonly cells: readonly Cell[] }[] = [
  { key: 'numLayers', flag: '--layers', cells: [...recurrentKinds, 'mamba'] },
  { key: 'embedDim', flag: '--embed', cells: [...recurrentKinds, 'bengio'] },
  { key: 'tieWeights', flag: '--tie-weights', cells: [...recurrentKinds, 'mamba'] },
  { key: 'dropout', flag: '--dropout', cells: recurrentKinds },
  { key: 'order', flag: '--order', cells: ['bengio'] },
  { key: 'direct', flag: '--direct', cells: ['bengio'] },
  { key: 'stateSize', flag: '--state-size', cells: ['mamba'] },
]

/** @throws ArgumentError for options that the chosen model has not, or that contradict each other */
export const checkModel = (where: string, o: ModelChoice): void => {
  for (const { key, flag: name, cells: having } of own) {
    const given = o[key] !== undefined && o[key] !== false
    if (!given || having.includes(o.cell)) continue
    throw new ArgumentError(
      `${where}: ${name} means nothing to --cell ${o.cell}; only ${having.join(', ')} ${having.length === 1 ? 'has' : 'have'} it. Leave it out.`,
      { cell: o.cell },
    )
  }
  if (o.cell !== 'mamba' && o.tieWeights && o.embedDim !== undefined && o.embedDim !== o.hiddenSize) {
    throw new ArgumentError(
      `${where}: --tie-weights needs an --embed like --hidden; got ${o.embedDim} and ${o.hiddenSize}. Leave --embed out, or leave the weights untied.`,
    )
  }
}

/** The model that the options ask for, with new weights. */
export const modelOf = (o: ModelChoice, vocabSize: number): StatefulLanguageModel => {
  const { cell, contextLength, hiddenSize, numLayers = 2, tieWeights, direct } = o
  const sizes = { vocabSize, contextLength }
  if (cell === 'bengio') {
    const { order = 9, embedDim = 32 } = o
    return new BengioLanguageModel({ ...sizes, order, hiddenSize, embedDim, direct })
  }
  if (cell === 'mamba') {
    const { stateSize = 16 } = o
    return new MambaLanguageModel({ ...sizes, numLayers, embedDim: hiddenSize, stateSize, tieWeights })
  }
  const { embedDim = hiddenSize, dropout = 0.1 } = o
  return new RecurrentLanguageModel({ cell, ...sizes, numLayers, hiddenSize, embedDim, dropout, tieWeights })
}

/** What kind of model it is and how large, in words. */
export const describeModel = ({ config }: StatefulLanguageModel): string => {
  if ('order' in config) return `bengio, ${config.order - 1} tokens seen, ${config.hiddenSize} hidden units`
  const [cell, width] = 'cell' in config ? [config.cell, config.hiddenSize] : ['mamba', config.embedDim]
  return `${cell}, ${config.numLayers} ${config.numLayers === 1 ? 'layer' : 'layers'} of ${width}`
}
