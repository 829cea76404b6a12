import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { defineOptions, flag, integer, oneOf, text } from '../core/options.ts'
import { writeOnnx } from '../io/index.ts'
import { loadLanguageModel } from '../models/language-folder.ts'
import { isRecurrent } from '../text/index.ts'
import { zeros } from '../tensor/creation.ts'
import { defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'

export const modelExportCommand = defineCommand({
  name: 'model export',
  summary: 'write a model in another format',
  examples: [
    'gradus model export runs/bard --to onnx',
    'gradus model export runs/bard --to onnx --batch 1 --out bard.onnx',
  ],
  options: defineOptions({
    model: text({ required: true, placeholder: 'DIR', help: 'run or model folder' }),
    to: oneOf(['onnx'], { default: 'onnx', help: 'the format: onnx takes ids [batch, time] and gives logits' }),
    out: text({ placeholder: 'FILE', short: 'o', help: 'file to write; model.onnx in the model folder unless given' }),
    batchSize: integer({ min: 1, aliases: ['batch'], help: 'fixed number of texts; any unless given' }),
    time: integer({ min: 1, help: 'fixed number of tokens; any up to the context unless given' }),
    opset: oneOf(['17', '21'], { help: 'version of the operators; 17 unless an operation needs a newer one' }),
    externalData: flag({ help: 'put the weights into a second file; above 2 GiB they always are' }),
  }),
  positionals: ['model'],
  async run({ options: o, result }) {
    const { model } = await loadLanguageModel(o.model)
    if (isRecurrent(model))
      throw new UsageError(
        `model export: ${o.model} reads a text token by token and carries a state, which the export has no place for. Give a GPT-2 or a Llama.`,
      )
    const { contextLength } = model.config
    if (o.time !== undefined && o.time > contextLength)
      throw new UsageError(
        `model export: --time is ${o.time}, and the model's context is ${contextLength}. Give at most that.`,
      )
    const out = o.out ?? join(o.model, 'model.onnx')
    const example = [o.batchSize ?? 1, o.time ?? Math.min(8, contextLength)] as const
    const dynamic = {
      ...(o.batchSize === undefined && { 0: 'batch' }),
      ...(o.time === undefined && { 1: 'time' }),
    }
    const files = await writeOnnx(
      out,
      model,
      { ids: zeros(example, 'int32') },
      {
        dynamicAxes: { ids: dynamic },
        ...(o.opset && { opset: Number(o.opset) as 17 | 21 }),
        ...(o.externalData && { externalData: true }),
      },
    )
    const sizes = await Promise.all(files.map(async path => ({ path, bytes: (await stat(path)).size })))
    const shape = [o.batchSize ?? 'batch', o.time ?? 'time']
    const outputs = [...shape, model.config.vocabSize]
    const lines = [
      ...sizes.map(({ path, bytes }) => `wrote ${path} (${bytes.toLocaleString('en')} bytes)`),
      `input  ids    int32   [${shape.join(', ')}]`,
      `output output float32 [${outputs.join(', ')}]`,
    ]
    result({ files: sizes, inputs: { ids: shape }, outputs: { output: outputs } }, lines.join('\n'))
  },
})
