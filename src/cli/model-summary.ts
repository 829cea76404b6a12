import { defineOptions, integer, text } from '../core/options.ts'
import { gptLayers, megabytes, trainingBytes } from '../models/accounting.ts'
import { loadGpt } from '../models/folder.ts'
import { defineCommand } from './command.ts'

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

export const modelSummaryCommand = defineCommand({
  name: 'model summary',
  summary: 'list the layers of a model with shapes, parameters, cost and memory',
  examples: ['gradus model summary runs/bard', 'gradus model summary runs/bard --batch 32 --json'],
  options: defineOptions({
    model: text({ required: true, placeholder: 'DIR', help: 'run or model folder' }),
    batchSize: integer({
      default: 12,
      min: 1,
      aliases: ['batch'],
      help: 'windows in an update, for the memory of training',
    }),
  }),
  positionals: ['model'],
  async run({ options: o, result }) {
    const { model } = await loadGpt(o.model)
    const layers = gptLayers(model)
    const parameters = model.parameterCount()
    const flopsPerToken = layers.reduce((total, line) => total + line.flopsPerToken, 0)
    const { numLayers, embedDim, contextLength } = model.config
    const memory = {
      weightBytes: 4 * parameters,
      kvCacheBytes: 8 * numLayers * embedDim * contextLength,
      trainingBytes: trainingBytes(model, o.batchSize),
    }
    // Backward costs twice forward: one product for the input's gradient and one for the weight's.
    const document = {
      architecture: 'gpt2',
      config: model.config,
      parameters,
      flopsPerToken,
      trainingFlopsPerToken: 3 * flopsPerToken,
      memory,
      layers,
    }
    const rows = layers.map(l => [
      l.name,
      `[${l.output.join(', ')}]`,
      l.parameters.toLocaleString('en'),
      l.flopsPerToken.toLocaleString('en'),
    ])
    const lines = [
      table([
        ['layer', 'output', 'parameters', 'FLOPs/token'],
        ...rows,
        ['total', '', parameters.toLocaleString('en'), flopsPerToken.toLocaleString('en')],
      ]),
      '',
      `FLOPs per token: ${flopsPerToken.toLocaleString('en')} forwards, ${(3 * flopsPerToken).toLocaleString('en')} training`,
      `memory: weights ${megabytes(memory.weightBytes)}, key/value cache ${megabytes(memory.kvCacheBytes)}, training at batch ${o.batchSize} about ${megabytes(memory.trainingBytes)}`,
    ]
    result(document, lines.join('\n'))
  },
})
