import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DataError, ModelError } from '../core/errors.ts'
import { confusionMatrix } from '../metrics/classification.ts'
import { augmentFor, augmentNames, augmentOf } from '../recipes/augment.ts'
import { type ClassifierConfig, judge, loadClassifier, scoreOf } from '../recipes/classify.ts'
import { splitImages } from '../recipes/digits.ts'
import { type ImageDataOptions, type ImageSet, readImages } from '../recipes/image-data.ts'
import { checkReportFolder, writeReport } from '../recipes/report.ts'
import type { Transform } from '../vision/transforms/transform.ts'
import type { Context } from './command.ts'
import type { EvalOptions } from './eval.ts'
import { NotMetError, UsageError } from './exit-codes.ts'

/** What an evaluation needs to know of the training. */
interface Trained {
  readonly seed: number
  readonly valFraction: number
  readonly count?: number
  readonly augment?: string
  readonly skipBad?: boolean
}
const trainedWith = async (folder: string): Promise<Trained> => {
  const text = await readFile(join(folder, 'train.json'), 'utf8').catch(() => '{}')
  try {
    return { seed: 0, valFraction: 0.1, ...(JSON.parse(text) as Partial<Trained>) }
  } catch {
    return { seed: 0, valFraction: 0.1 }
  }
}

/** How a run's images are read again. */
const readingOf = ({ seed, skipBad = false }: Trained, { options, classes }: ClassifierConfig): ImageDataOptions => ({
  seed,
  skipBad,
  classes,
  size: options.imageSize,
  channels: options.inChannels as 1 | 3,
})
/** The test images of a data set, as a run's model takes them. @throws DataError where there are none, or they do not fit */
export const readTestImages = async (folder: string, data: string, config: ClassifierConfig): Promise<ImageSet> => {
  const set = await readImages(data, 'test', { ...readingOf(await trainedWith(folder), config), count: 2000 })
  requireFitting(data, set, config)
  return set
}

/** Images as a classifier was trained to take them. @throws ModelError, DataError where they do not fit it */
export const requireFitting = (data: string, set: ImageSet, { options, classes }: ClassifierConfig): void => {
  const [, channels, height, width] = set.shape
  const { inChannels, imageSize } = options
  if (channels !== inChannels || height !== imageSize || width !== imageSize) {
    throw new DataError(
      `${data}: images are ${channels} × ${height} × ${width}, and the model takes ${inChannels} × ${imageSize} × ${imageSize}. Give images like those that it was trained on.`,
    )
  }
  if (set.kind === 'pictures' && set.labels && set.classes.join('\n') !== classes.join('\n')) {
    throw new DataError(
      `${data}: has the classes ${set.classes.join(', ')}, and the model knows ${classes.join(', ')}. Give images of its classes.`,
    )
  }
  const most = set.labels?.reduce((a, b) => Math.max(a, b), 0) ?? 0
  if (most >= classes.length)
    throw new ModelError(
      `${data}: has a class ${most}, and the model knows 0 to ${classes.length - 1}. Give images of its classes.`,
    )
}

const readSplit = async (
  o: EvalOptions,
  split: 'val' | 'train' | 'test',
  config: ClassifierConfig,
): Promise<ImageSet> => {
  if (split === 'test') return readTestImages(o.model, o.data, config)
  const trained = await trainedWith(o.model)
  const { count } = trained
  const whole = await readImages(o.data, 'train', {
    ...readingOf(trained, config),
    ...(count !== undefined && { count }),
  })
  requireFitting(o.data, whole, config)
  return splitImages(o.data, whole, { seed: trained.seed, valFraction: o.valFraction ?? trained.valFraction })[split]
}

/** What training did to images, as its train.json says. */
const augmentIn = async (
  folder: string,
  { classes, options, architecture }: ClassifierConfig,
): Promise<Transform | null> => {
  const { augment } = await trainedWith(folder)
  if (augment === undefined) return null
  const names = augmentNames('eval', augmentFor(augment, architecture, classes))
  return augmentOf(names, { size: options.imageSize, numClasses: classes.length })
}

/** The lines of a run's metrics.jsonl; none where it has none. */
const historyOf = async (folder: string): Promise<Record<string, unknown>[]> => {
  const text = await readFile(join(folder, 'metrics.jsonl'), 'utf8').catch(() => '')
  return text.split('\n').flatMap(line => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]
    } catch {
      return []
    }
  })
}

/** Measures a classifier on images. */
export const evalImages = async ({ options: o, result, note, progress }: Context<EvalOptions>): Promise<void> => {
  const split = o.split ?? 'test'
  if (split === 'all')
    throw new UsageError('eval: images are judged split by split. Choose --split test, val or train.')
  if (o.valFraction !== undefined && split === 'test')
    throw new UsageError('eval: --val-fraction has no effect on the test images. Choose --split val or train.')
  if (o.overwrite && o.report === undefined)
    throw new UsageError('eval: --overwrite has no effect without --report. Give the folder of the report.')
  const { model, config } = await loadClassifier(o.model)
  if (o.report !== undefined) await checkReportFolder(o.report, o.overwrite)
  const set = await readSplit(o, split, config)
  const { labels } = set
  if (!labels) {
    throw new DataError(
      `${o.data}: the ${split} images have no labels to compare with. Use gradus predict, or --split val.`,
    )
  }
  const batchSize = o.batchSize ?? 250
  const line = progress({ total: Math.ceil(set.shape[0] / batchSize), items: { name: 'images', perStep: batchSize } })
  const judgement = await judge(
    model,
    config.normalization,
    batchSize,
  )(set, done => line.update(Math.ceil(done / batchSize)))
  line.done()
  const { loss, accuracy } = scoreOf(judgement, labels)
  const confusion = confusionMatrix(labels, judgement.predicted, config.classes.length)
  const document = { accuracy, loss, confusion, classes: config.classes, images: set.shape[0], split, model: o.model }
  result(
    document,
    `accuracy ${(100 * accuracy).toFixed(2)} %, loss ${loss.toFixed(4)}, over ${set.shape[0].toLocaleString('en')} images (${split})`,
  )
  if (o.report !== undefined) {
    await writeReport(
      o.report,
      {
        title: `${config.architecture} on ${basename(o.data)} (${split})`,
        model,
        normalization: config.normalization,
        set: { ...set, labels, classes: config.classes },
        judgement,
        augment: await augmentIn(o.model, config),
        history: await historyOf(o.model),
      },
      { overwrite: o.overwrite },
    )
    note(`report: ${join(o.report, 'index.html')}`)
  }
  for (const { path, reason } of set.skipped) note(`passed over ${path}: ${reason}`)
  if (o.maxLoss !== undefined && !(loss <= o.maxLoss))
    throw new NotMetError(`eval: the loss is ${loss.toFixed(4)}, above --max-loss ${o.maxLoss}.`)
  if (o.minAccuracy !== undefined && !(accuracy >= o.minAccuracy))
    throw new NotMetError(`eval: the accuracy is ${accuracy.toFixed(4)}, below --min-accuracy ${o.minAccuracy}.`)
}
