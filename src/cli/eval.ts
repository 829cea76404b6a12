import { defineOptions, flag, type Infer, integer, number, oneOf, text } from '../core/options.ts'
import { modelTypeOf, typeNamed } from '../models/load-model.ts'
import { isAdapterFolder } from '../finetune/adapter-folder.ts'
import { translationModelTypes } from '../models/translator.ts'
import { imageClassifierType } from '../models/vision-folder.ts'
import { defineCommand } from './command.ts'
import { evalImages } from './eval-images.ts'
import { evalText } from './eval-text.ts'
import { UsageError } from './exit-codes.ts'

const options = defineOptions({
  model: text({ required: true, placeholder: 'DIR', help: 'run or model folder' }),
  data: text({
    required: true,
    placeholder: 'PATH',
    help: 'for a language model a text file, a folder of them, or - for standard input; for a classifier images, as in training, or texts with labels; for an estimator a table with the target',
  }),
  split: oneOf(['val', 'train', 'all', 'test'], {
    help: 'the part that training kept back, the part it saw, the whole text, or the images set apart as a test; val for texts and test for images unless given',
  }),
  valFraction: number({
    above: 0,
    below: 1,
    help: 'share of the data that is the val split; as in training unless given',
  }),
  batchSize: integer({ min: 1, aliases: ['batch'], help: 'windows (12) or images (250) computed at once' }),
  tokenizer: text({
    placeholder: 'PATH',
    help: "file or folder of a language model's tokenizer; in the model's folder unless given",
  }),
  stride: integer({
    min: 1,
    help: 'tokens that windows of a text are apart; fewer than the context give each token more before it',
  }),
  weights: oneOf(['float32', 'float16', 'int8', 'int4'], {
    help: "what a language model's weights are kept in, to see what that costs; float32 unless given",
  }),
  report: text({
    placeholder: 'DIR',
    help: 'write a page with pictures of what a classifier or an estimator does into this folder',
  }),
  overwrite: flag({ help: 'replace an earlier report' }),
  maxLoss: number({ min: 0, help: 'exit with 6 when the loss is above this' }),
  minAccuracy: number({ min: 0, max: 1, help: 'exit with 6 when the share of right classes is below this' }),
})
export type EvalOptions = Infer<typeof options>

export const evalCommand = defineCommand({
  name: 'eval',
  summary: 'measure a model on data that it has not seen',
  examples: [
    'gradus eval --model runs/bard --data shakespeare.txt --split val --json',
    'gradus eval --model runs/bard --data other.txt --split all --max-loss 2.5',
    'gradus eval --model gpt2 --data novel.txt --split all --stride 512',
    'gradus eval --model runs/mnist --data mnist --report runs/mnist/report',
    'gradus eval --model runs/ridge --data test.csv --report runs/ridge-report',
  ],
  options,
  positionals: ['data'],
  async run(context) {
    const { options: o } = context
    // Adapters say what they belong to; what that is, is seen when they are loaded.
    if (await isAdapterFolder(o.model)) return evalText(context)
    const type = await typeNamed(o.model)
    if ((translationModelTypes as readonly unknown[]).includes(type)) {
      refuseTextOptions(o)
      const { evalPairs } = await import('./eval-pairs.ts')
      return evalPairs(context)
    }
    if (type === 'gradus-estimator') {
      refuseTextOptions(o)
      const { evalTable } = await import('./table-model.ts')
      return evalTable(context)
    }
    if (type === 'bert') {
      refuseTextOptions(o)
      const { evalBert } = await import('./eval-bert.ts')
      return evalBert(context)
    }
    const isClassifier = (await modelTypeOf(o.model)) === imageClassifierType
    if (isClassifier) refuseTextOptions(o)
    await (isClassifier ? evalImages(context) : evalText(context))
  },
})

/** Options that say how a text is read have no effect on anything else. */
const refuseTextOptions = (o: EvalOptions): void => {
  const given = (['tokenizer', 'stride', 'weights'] as const).find(name => o[name] !== undefined)
  if (given) throw new UsageError(`eval: --${given} is for language models, and ${o.model} is none. Leave it out.`)
}
