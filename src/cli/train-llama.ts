import { defineOptions } from '../core/options.ts'
import { trainingBytes } from '../models/accounting.ts'
import { checkLlamaOptions, type LlamaOptions, llamaOptions, prepareLlama } from '../recipes/llama.ts'
import { defineCommand } from './command.ts'
import { readData } from './read-text.ts'
import { checkFolder } from './train-folder.ts'
import { own, textRunOptions, trainText } from './train-text.ts'

export const trainLlamaCommand = defineCommand({
  name: 'train llama',
  summary: 'train a language model of the kind of Llama on text',
  examples: [
    'gradus train llama --data shakespeare.txt --out runs/bard',
    'gradus train llama --data shakespeare.txt --layers 6 --heads 6 --key-heads 2 --embed 192 --context 128',
    'gradus train llama --data novels --tokenizer bpe --vocab-size 4000 --sliding-window 64',
    'gradus train llama --config runs/bard/train.json --out runs/bard --resume',
  ],
  options: defineOptions({ ...llamaOptions.declaration, ...textRunOptions('runs/llama') }),
  positionals: ['data'],
  check: o => {
    checkLlamaOptions(o as unknown as LlamaOptions)
    checkFolder('train llama', o)
  },
  async run(context) {
    const { options: o, io, note } = context
    note(`seed ${o.seed}`)
    const run = await prepareLlama(
      await readData(io, o.data),
      llamaOptions.validate('train llama', own(o, llamaOptions)),
    )
    const keyHeads = o.numKeyHeads === undefined ? '' : ` on ${o.numKeyHeads} of keys`
    await trainText(context, {
      ...run,
      ...o,
      command: 'train llama',
      window: o.contextLength,
      perStep: o.batchSize * o.accumulate * o.contextLength,
      memoryBytes: trainingBytes(run.model, o.batchSize),
      sizes: `${o.numLayers} layers, ${o.numHeads} heads${keyHeads}, ${o.embedDim} wide, context ${o.contextLength}`,
      tokenizer: run.tokenizer,
    })
  },
})
