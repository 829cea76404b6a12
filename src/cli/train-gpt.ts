import { defineOptions } from '../core/options.ts'
import { trainingBytes } from '../models/accounting.ts'
import { checkGptOptions, type GptOptions, gptOptions, prepareGpt } from '../recipes/gpt.ts'
import { defineCommand } from './command.ts'
import { readData } from './read-text.ts'
import { checkFolder } from './train-folder.ts'
import { own, textRunOptions, trainText } from './train-text.ts'

export const trainGptCommand = defineCommand({
  name: 'train gpt',
  summary: 'train a GPT language model on text',
  examples: [
    'gradus train gpt --data shakespeare.txt --out runs/bard',
    'gradus train gpt --data src --layers 6 --embed 192 --heads 6 --context 128 --steps 5000',
    'gradus train gpt --data shakespeare.txt --tokenizer bpe --vocab-size 2000',
    'gradus train gpt --config runs/bard/train.json --out runs/bard --resume',
  ],
  options: defineOptions({ ...gptOptions.declaration, ...textRunOptions('runs/gpt') }),
  positionals: ['data'],
  check: o => {
    checkGptOptions(o as unknown as GptOptions)
    checkFolder('train gpt', o)
  },
  async run(context) {
    const { options: o, io, note } = context
    note(`seed ${o.seed}`)
    const run = await prepareGpt(await readData(io, o.data), gptOptions.validate('train gpt', own(o, gptOptions)))
    await trainText(context, {
      ...run,
      ...o,
      command: 'train gpt',
      window: o.contextLength,
      perStep: o.batchSize * o.accumulate * o.contextLength,
      memoryBytes: trainingBytes(run.model, o.batchSize),
      sizes: `${o.numLayers} layers, ${o.numHeads} heads, ${o.embedDim} wide, context ${o.contextLength}`,
      tokenizer: run.tokenizer,
    })
  },
})
