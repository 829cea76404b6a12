import { type Command, type Context, defineCommand } from '../../src/cli/command.ts'
import { ArgumentError } from '../../src/core/errors.ts'
import {
  defineOptions,
  flag,
  type Infer,
  integer,
  integers,
  number,
  oneOf,
  text,
  texts,
} from '../../src/core/options.ts'

export const trainOptions = defineOptions({
  data: text({ required: true, placeholder: 'FILE', help: 'text file to learn from' }),
  out: text({ placeholder: 'FOLDER', short: 'o', help: 'folder for the run' }),
  steps: integer({ default: 5000, min: 1, short: 'n', help: 'how many updates' }),
  learningRate: number({ default: 1e-3, above: 0, aliases: ['lr'], help: 'peak learning rate' }),
  lrSchedule: oneOf(['constant', 'cosine'], { default: 'cosine', help: 'how the learning rate changes' }),
  clipNorm: number({ above: 0, help: 'largest norm of the gradient' }),
  model: defineOptions({
    numLayers: integer({ default: 4, min: 1, aliases: ['layers'], help: 'transformer blocks' }),
    embedDim: integer({ default: 128, min: 1, help: 'width of the embeddings' }),
    numHeads: integer({ default: 4, min: 1, help: 'attention heads in a block' }),
  }),
  hidden: integers({ default: [64, 32], min: 1, help: 'widths of the hidden layers' }),
  resume: text({ bare: 'last', placeholder: 'last|best|PATH', help: 'go on from a checkpoint' }),
  shuffle: flag({ default: true, help: 'draw the windows in random order' }),
  overwrite: flag({ help: 'replace what is in the folder' }),
})

export type TrainOptions = Infer<typeof trainOptions>

/** `train gpt`, doing whatever the test asks. */
export const trainGpt = (run: (context: Context<TrainOptions>) => Promise<void> = async () => {}): Command =>
  defineCommand({
    name: 'train gpt',
    summary: 'train a GPT on a text',
    examples: ['gradus train gpt --data shakespeare.txt --out runs/bard'],
    options: trainOptions,
    positionals: ['data'],
    presets: { tiny: { steps: 10, model: { numLayers: 1 } }, long: { steps: 100_000 } },
    check({ model }) {
      if (model.embedDim % model.numHeads !== 0) {
        throw new ArgumentError(
          `train gpt: embedDim must be a multiple of numHeads; got ${model.embedDim} and ${model.numHeads}.`,
        )
      }
    },
    run,
  })

const small = (name: string, summary: string): Command =>
  defineCommand({
    name,
    summary,
    examples: [`gradus ${name} a.txt`],
    options: defineOptions({ files: texts({ default: [], placeholder: 'FILE', help: 'files to read' }) }),
    positionals: ['files'],
    async run({ options, result }) {
      result({ files: options.files }, options.files.join(' and '))
    },
  })

export const commands: readonly Command[] = [
  trainGpt(),
  small('train mlp', 'train a perceptron on a table'),
  small('model summary', 'show the layers of a model'),
  small('doctor', 'check this installation'),
]
