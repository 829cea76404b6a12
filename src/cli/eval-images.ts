import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DataError, ModelError } from '../core/errors.ts'
import { confusionMatrix } from '../metrics/classification.ts'
import { augmentFor, augmentNames, augmentOf } from '../recipes/augment.ts'
import { type ClassifierConfig, judge, loadClassifier, scoreOf } from '../recipes/classify.ts'
import { splitImages } from '../recipes/digits.ts'
import { type ImageSet, readImages } from '../recipes/image-data.ts'
import { writeReport } from '../recipes/report.ts'
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
}
const trainedWith = async (folder: string): Promise<Trained> => {
  const text = await readFile(join(folder, 'train.json'), 'utf8').catch(() => '{}')
  try {
    return { seed: 0, valFraction: 0.1, ...(JSON.parse(text) as Partial<Trained>) }
  } catch {
    return { seed: 0, valFraction: 0.1 }
  }
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
  const most = set.labels?.reduce((a, b) => Math.max(a, b), 0) ?? 0
  if (most >= classes.length)
    throw new ModelError(
      `${data}: has a class ${most}, and the model knows 0 to ${classes.length - 1}. Give images of its classes.`,
    )
}

const readSplit = async (
  o: EvalOptions,
  split: 'val' | 'train' | 'test',
  { options }: ClassifierConfig,
): Promise<ImageSet> => {
  const { seed, valFraction, count } = await trainedWith(o.model)
  const size = { size: options.imageSize, channels: options.inChannels as 1 | 3 }
  if (split === 'test') return readImages(o.data, 'test', { seed, count: 2000, ...size })
  const whole = await readImages(o.data, 'train', { seed, ...(count !== undefined && { count }), ...size })
  return splitImages(o.data, whole, { seed, valFraction: o.valFraction ?? valFraction })[split]
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
  const { model, config } = await loadClassifier(o.model)
  const set = await readSplit(o, split, config)
  requireFitting(o.data, set, config)
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
        set: { ...set, labels },
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
