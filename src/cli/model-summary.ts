import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { ArgumentError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { defineOptions, integer, integers, oneOf, text } from '../core/options.ts'
import { sizeOf } from '../core/shape.ts'
import { accountOf, bytesPerNumber, type ModelAccount, type Precision } from '../models/account.ts'
import { cacheBytes, languageLayers, megabytes, trainingBytes } from '../models/accounting.ts'
import { type ChipName, chipNames, chips } from '../models/chips.ts'
import { Gpt } from '../models/gpt.ts'
import { type AnyLanguageModel, isLanguageType, loadLanguageModel } from '../models/language-folder.ts'
import { Llama } from '../models/llama.ts'
import { memoryOf, type Roofline, roofline } from '../models/roofline.ts'
import {
  publishedVisionModels,
  type VisionModelName,
  type VisionModelOptions,
  visionModelNames,
  visionModels,
} from '../models/vision.ts'
import { modelTypeOf } from '../models/load-model.ts'
import { readVisionConfig } from '../models/vision-folder.ts'
import type { Module } from '../nn/module.ts'
import { shapesOnly } from '../nn/parameter.ts'
import { defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'

const precisions = Object.keys(bytesPerNumber) as Precision[]

/** Columns of words on the left, of numbers on the right. */
const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows
    .map(row =>
      row
        .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
const grouped = (n: number): string => n.toLocaleString('en')

interface Summary {
  readonly document: unknown
  readonly text: string
}

const textSummary = async (folder: string, batchSize: number): Promise<Summary> => {
  const { model } = await loadLanguageModel(folder)
  if (!(model instanceof Gpt || model instanceof Llama)) return parameterSummary(model)
  const layers = languageLayers(model)
  const parameters = model.parameterCount()
  const flopsPerToken = layers.reduce((total, line) => total + line.flopsPerToken, 0)
  const memory = {
    weightBytes: 4 * parameters,
    kvCacheBytes: cacheBytes(model),
    trainingBytes: trainingBytes(model, batchSize),
  }
  // Backward costs twice forward: one product for the input's gradient and one for the weight's.
  const document = {
    architecture: model.toJSON().model_type,
    config: model.config,
    parameters,
    flopsPerToken,
    trainingFlopsPerToken: 3 * flopsPerToken,
    memory,
    layers,
  }
  const rows = layers.map(l => [l.name, `[${l.output.join(', ')}]`, grouped(l.parameters), grouped(l.flopsPerToken)])
  const lines = [
    table([
      ['layer', 'output', 'parameters', 'FLOPs/token'],
      ...rows,
      ['total', '', grouped(parameters), grouped(flopsPerToken)],
    ]),
    '',
    `FLOPs per token: ${grouped(flopsPerToken)} forwards, ${grouped(3 * flopsPerToken)} training`,
    `memory: weights ${megabytes(memory.weightBytes)}, key/value cache ${megabytes(memory.kvCacheBytes)}, training at batch ${batchSize} about ${megabytes(memory.trainingBytes)}`,
  ]
  return { document, text: lines.join('\n') }
}

/** The parameters of a model whose layers are read step by step. */
const parameterSummary = (model: AnyLanguageModel): Summary => {
  const layers = [...model.namedParameters()].map(([name, { shape }]) => ({ name, shape, parameters: sizeOf(shape) }))
  const parameters = model.parameterCount()
  const text = table([
    ['parameter', 'shape', 'parameters'],
    ...layers.map(l => [l.name, `[${l.shape.join(', ')}]`, grouped(l.parameters)]),
    ['total', '', grouped(parameters)],
  ])
  const document = { architecture: model.toJSON().model_type, config: model.config, parameters, layers }
  return { document, text: `${text}\n\nmemory: weights ${megabytes(4 * parameters)}` }
}

interface VisionChoice {
  readonly architecture: VisionModelName
  readonly account: ModelAccount
}
/** Three digits and the unit that suits: `1.81 G`, `357 µ`. */
const scaled = (value: number, units: readonly (readonly [number, string])[]): string => {
  const [size, unit] = units.find(([size]) => value >= size) ?? units.at(-1)!
  const digits = value / size
  return `${digits >= 100 ? Math.round(digits) : Number(digits.toPrecision(3))} ${unit}`
}
const large = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
] as const
const bytes = (n: number): string =>
  scaled(
    n,
    large.map(([size, unit]) => [size, `${unit}B`]),
  )
const seconds = (s: number): string =>
  scaled(s, [
    [1, 's'],
    [1e-3, 'ms'],
    [1e-6, 'µs'],
    [1e-9, 'ns'],
  ])
const count = (n: number, of: string): string =>
  `${scaled(n, large)}${n >= 1000 && of.startsWith('FLOP') ? '' : ' '}${of}`

const layerTable = ({ layers, ...total }: ModelAccount, precision: Precision, roof: Roofline | null): string => {
  const size = bytesPerNumber[precision]
  const rows = layers.map((l, i) => [
    l.name,
    l.output.length > 0 ? `[${l.output.join(', ')}]` : '',
    grouped(l.parameters),
    grouped(l.multiplyAdds),
    grouped(l.flops),
    bytes(size * l.parameters),
    bytes(size * l.activations),
    ...(roof ? [roof.layers[i]!.bound, seconds(roof.layers[i]!.seconds)] : []),
  ])
  return table([
    [
      'layer',
      'output',
      'parameters',
      'multiply-adds',
      'FLOPs',
      'weights',
      'activations',
      ...(roof ? ['bound', 'time'] : []),
    ],
    ...rows,
    [
      'total',
      '',
      grouped(total.parameters),
      grouped(total.multiplyAdds),
      grouped(total.flops),
      bytes(size * total.parameters),
      bytes(size * total.activations),
      ...(roof ? [roof.bound, seconds(roof.seconds)] : []),
    ],
  ])
}

const memoryTable = (account: ModelAccount): string =>
  table([
    ['memory', '', 'weights', 'activations', 'prediction', 'training'],
    ...precisions.map(precision => {
      const { weights, activations, prediction, training } = memoryOf(account, precision)
      // Integers have no gradients.
      const last = precision === 'int8' ? '' : bytes(training)
      return [precision, '', bytes(weights), bytes(activations), bytes(prediction), last]
    }),
  ])

const chipLines = (roof: Roofline, memory: number): string[] => [
  `${roof.chip}, ${roof.precision}: bound by ${roof.bound === 'compute' ? 'computing' : 'memory'}; at least ${seconds(roof.seconds)} a batch layer by layer, ${seconds(roof.fusedSeconds)} however layers are joined`,
  `${bytes(memory)} of memory: prediction ${roof.fits ? 'fits' : 'does not fit'}${roof.precision === 'int8' ? '' : `, training ${roof.trainingFits ? 'fits' : 'does not fit'}`}; a layer is bound by memory below ${roof.ridge.toPrecision(3)} FLOPs a byte`,
]

const visionSummary = (
  { architecture, account }: VisionChoice,
  { chip: name, precision }: { chip: ChipName | undefined; precision: Precision },
): Summary => {
  const chip = name && chips[name]
  const roof = chip ? roofline(account, chip, precision) : null
  const memory = Object.fromEntries(precisions.map(p => [p, memoryOf(account, p)]))
  const [batch] = account.input
  const lines = [
    layerTable(account, precision, roof),
    '',
    `${architecture}, ${batch === 1 ? 'one image' : `a batch of ${grouped(batch!)} images`} of ${account.input.slice(1).join(' × ')}, forwards: ${count(account.multiplyAdds, 'multiply-adds')}, ${count(account.flops, 'FLOPs')}`,
    '',
    memoryTable(account),
    ...(roof && chip ? ['', ...chipLines(roof, chip.memory)] : []),
  ]
  return { document: { architecture, ...account, memory, ...(roof && { roofline: roof }) }, text: lines.join('\n') }
}

/** The image that the options mean, `[C, H, W]`, or the model's own. */
const imageOf = (input: readonly number[] | undefined, own: readonly [number, number]): readonly [number, number] => {
  if (!input) return own
  const [channels, height, width] = input
  if (input.length === 3 && height === width) return [channels!, height!]
  throw new UsageError(
    `model summary: --input is ${input.join(',')}. Give channels, height and width of a square image, such as 3,224,224.`,
  )
}

export const modelSummaryCommand = defineCommand({
  name: 'model summary',
  summary: 'list the layers of a model with shapes, parameters, cost and memory',
  examples: [
    'gradus model summary runs/bard',
    'gradus model summary runs/bard --batch 32 --json',
    'gradus model summary resnet18 --input 3,224,224 --batch 32 --chip h100 --precision float16',
  ],
  options: defineOptions({
    model: text({ required: true, placeholder: 'DIR', help: 'run or model folder, or a model of images by name' }),
    batchSize: integer({
      min: 1,
      aliases: ['batch'],
      help: 'examples at once; one image, or 12 windows of text, unless given',
    }),
    input: integers({ min: 1, help: 'channels, height and width of an image; as published or trained unless given' }),
    classes: integer({ min: 1, help: 'number of classes, of a model by name; as published unless given' }),
    width: integer({ min: 1, help: 'channels of the first stage, of a model by name; as published unless given' }),
    precision: oneOf(['float32', 'float16', 'int8'], {
      default: 'float32',
      help: 'what numbers are kept and computed in, of models of images',
    }),
    chip: oneOf(chipNames, { help: 'say for each layer how fast this processor could be' }),
  }),
  positionals: ['model'],
  async run({ options: o, result }) {
    const isThere = (path: string): Promise<boolean> =>
      access(path).then(
        () => true,
        () => false,
      )
    const isFolder =
      (await isThere(join(o.model, 'config.json'))) || (/\.(gguf|bin)$/.test(o.model) && (await isThere(o.model)))
    const named = (visionModelNames as readonly string[]).includes(o.model)
    if (!isFolder && !named && /^[\w-]+$/.test(o.model)) throw notThere(o.model)
    if ((isFolder || !named) && isLanguageType(await modelTypeOf(o.model))) {
      const given = (['input', 'classes', 'width', 'chip'] as const).find(key => o[key] !== undefined)
      if (given)
        throw new UsageError(`model summary: --${given} is for models of images; ${o.model} holds a language model.`)
      const { document, text } = await textSummary(o.model, o.batchSize ?? 12)
      result(document, text)
      return
    }
    const saved = isFolder ? await readVisionConfig(o.model) : null
    const architecture = saved?.architecture ?? (o.model as VisionModelName)
    const { numClasses, width, ...own } = saved?.options ?? publishedVisionModels[architecture].published
    const changed = saved && (['input', 'classes', 'width'] as const).find(key => o[key] !== undefined)
    if (changed)
      throw new UsageError(`model summary: --${changed} is for models by name; ${o.model} is as it was trained.`)
    const [inChannels, imageSize] = imageOf(o.input, [own.inChannels, own.imageSize])
    const first = o.width ?? width
    const options = { numClasses: o.classes ?? numClasses, inChannels, imageSize, ...(first && { width: first }) }
    const model = madeOf(architecture, options)
    const account = accountOf(model, [o.batchSize ?? 1, inChannels, imageSize, imageSize])
    const { document, text } = visionSummary({ architecture, account }, { chip: o.chip, precision: o.precision })
    result(document, text)
  },
})

/** The model without weights: they are not needed to count. @throws UsageError for sizes that it cannot have */
const madeOf = (name: VisionModelName, options: VisionModelOptions): Module => {
  try {
    return shapesOnly(() => visionModels[name](options))
  } catch (error) {
    if (error instanceof ArgumentError) throw new UsageError(`model summary: ${error.message}`)
    throw error
  }
}

const notThere = (name: string): UsageError => {
  const near = nearest(name, visionModelNames)
  const hint = near ? `Did you mean ${near}?` : `The models are ${visionModelNames.join(', ')}.`
  return new UsageError(`model summary: ${JSON.stringify(name)} is no model folder and no model by name.`, hint)
}
