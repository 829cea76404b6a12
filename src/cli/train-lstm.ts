import { defineOptions } from '../core/options.ts'
import { checkRate } from '../recipes/learning-rate.ts'
import { checkModel, describeModel } from '../recipes/recurrent-model.ts'
import { prepareRecurrent, recurrentOptions } from '../recipes/recurrent.ts'
import { checkTokenizer } from '../recipes/text-tokenizer.ts'
import { defineCommand } from './command.ts'
import { readData } from './read-text.ts'
import { checkFolder } from './train-folder.ts'
import { own, textRunOptions, trainText } from './train-text.ts'

export const trainLstmCommand = defineCommand({
  name: 'train lstm',
  summary: 'train a recurrent language model on text',
  examples: [
    'gradus train lstm --data shakespeare.txt --out runs/bard',
    'gradus train lstm --data shakespeare.txt --cell gru --layers 1 --hidden 128 --epochs 5',
    'gradus train lstm --data shakespeare.txt --cell mamba --hidden 128',
    'gradus train lstm --config runs/bard/train.json --out runs/bard --resume',
  ],
  options: defineOptions({ ...recurrentOptions.declaration, ...textRunOptions('runs/lstm') }),
  positionals: ['data'],
  check: o => {
    checkModel('train lstm', o)
    checkTokenizer('train lstm', o)
    // Of a number of passes the updates are known with the text.
    if (o.epochs === undefined) checkRate('train lstm', o, o.steps)
    checkFolder('train lstm', o)
  },
  async run(context) {
    const { options: o, io, note } = context
    note(`seed ${o.seed}`)
    const content = await readData(io, o.data)
    const run = await prepareRecurrent(content, recurrentOptions.validate('train lstm', own(o, recurrentOptions)))
    await trainText(context, {
      ...o,
      ...run,
      command: 'train lstm',
      window: o.contextLength,
      perStep: o.batchSize * o.contextLength,
      sizes: `${describeModel(run.model)}, windows of ${o.contextLength} in ${o.batchSize} stretches`,
    })
  },
})
