import { readFile } from 'node:fs/promises'
import { DataError } from '../core/errors.ts'
import { defineOptions, flag, type Infer, integer, text, texts } from '../core/options.ts'
import { decodeImage } from '../data/codec.ts'
import { fileCause } from '../io/atomic.ts'
import { typeNamed } from '../models/load-model.ts'
import { type ClassifierConfig, type Judgement, judge, loadClassifier } from '../recipes/classify.ts'
import { type ImageSet, imageSetOf } from '../recipes/image-data.ts'
import { type Context, defineCommand } from './command.ts'
import { readTestImages } from './eval-images.ts'
import { UsageError } from './exit-codes.ts'

const options = defineOptions({
  model: text({ required: true, placeholder: 'DIR', help: 'run folder of a classifier or an estimator' }),
  images: texts({ default: [], placeholder: 'IMAGE', help: 'PNG, JPEG or WebP files; for a BERT texts' }),
  data: text({
    placeholder: 'PATH',
    help: 'judge the test images of a data set instead, as in training; for an estimator the table to predict, for a BERT a file of texts',
  }),
  top: integer({ default: 1, min: 1, help: 'how many of the most probable classes to tell' }),
  invert: flag({ help: 'exchange dark and light first: for dark ink on paper where the model saw light on dark' }),
})
type PredictOptions = Infer<typeof options>

export const predictCommand = defineCommand({
  name: 'predict',
  summary: 'tell what images show or texts are, or predict the rows of a table',
  examples: [
    'gradus predict runs/mnist digit.png',
    'gradus predict runs/mnist *.png --top 3 --invert',
    'gradus predict runs/fashion --data fashion --json',
    'gradus predict runs/ridge --data new.csv --json',
    'gradus predict runs/spam "Call now to claim your prize" --top 2',
    'gradus predict runs/bert "The [MASK] was cold." --top 5',
  ],
  options,
  positionals: ['model', 'images'],
  check: o => {
    if (o.images.length > 0 === (o.data !== undefined))
      throw new UsageError('predict: give images or texts, or --data with a data set; one of them.')
  },
  async run(context) {
    const { options: o, note } = context
    const type = await typeNamed(o.model)
    if (type === 'bert') {
      const { predictBert } = await import('./predict-bert.ts')
      return predictBert({ ...context, options: { ...o, texts: o.images } })
    }
    if (type === 'gradus-estimator') {
      const { predictTable } = await import('./table-model.ts')
      return predictTable(context)
    }
    const { model, config } = await loadClassifier(o.model)
    const set = o.data === undefined ? await readFiles(o.images, config) : await readTestImages(o.model, o.data, config)
    if (o.invert) for (let i = 0; i < set.pixels.length; i++) set.pixels[i] = 255 - set.pixels[i]!
    else warnOfPaper(set, config, note)
    tell(context, set, config, await judge(model, config.normalization)(set))
  },
})

const readFiles = async (paths: readonly string[], config: ClassifierConfig): Promise<ImageSet> => {
  const { imageSize: size, inChannels } = config.options
  const channels = inChannels as 1 | 3
  const images = await Promise.all(
    paths.map(async path => {
      const bytes = await readFile(path).catch(error => {
        const { cause, remedy } = fileCause(error)
        throw new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
      })
      return decodeImage(bytes, { name: path, channels })
    }),
  )
  return imageSetOf(images, { size, channels, classes: config.classes, names: paths })
}

/** A digit in ink on paper looks to a model of light strokes on black like a bright square with a hole. */
const warnOfPaper = (set: ImageSet, { normalization }: ClassifierConfig, note: (message: string) => void): void => {
  const mean = set.pixels.reduce((sum, v) => sum + v, 0) / (255 * Math.max(set.pixels.length, 1))
  const trained = normalization.mean.reduce((a, b) => a + b, 0) / normalization.mean.length
  if (trained < 0.35 && mean > 0.65)
    note('the images are bright and the model was trained on dark ones: if they are ink on paper, add --invert')
}

const tell = (
  { options: o, json, event, io }: Context<PredictOptions>,
  set: ImageSet,
  { classes }: ClassifierConfig,
  { probabilities, predicted }: Judgement,
): void => {
  const width = Math.max(...Array.from({ length: set.shape[0] }, (_, i) => set.nameOf(i).length))
  for (const [i, label] of predicted.entries()) {
    const row = probabilities.subarray(i * classes.length, (i + 1) * classes.length)
    const order = Array.from(row.keys()).sort((a, b) => row[b]! - row[a]!)
    const best = order.slice(0, o.top).map(k => ({ label: k, class: classes[k]!, probability: row[k]! }))
    event({
      type: 'prediction',
      index: i,
      name: set.nameOf(i),
      label,
      class: classes[label]!,
      probability: row[label]!,
      ...(o.top > 1 && { top: best }),
    })
    const words = best.map(b => `${b.class} ${(100 * b.probability).toFixed(1)} %`).join(', ')
    if (!json) io.stdout.write(`${set.nameOf(i).padEnd(width)}  ${words}\n`)
  }
}
