import { ModelError } from '../core/errors.ts'
import { loadVisionModel, type VisionConfig } from '../models/vision-folder.ts'
import type { Module } from '../nn/module.ts'
import { fromArray } from '../tensor/creation.ts'
import { Generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile } from '../tensor/transforms.ts'
import { normalize } from '../vision/transforms/normalize.ts'
import type { ImageSet } from './image-data.ts'

/** A model from images `[N, C, H, W]` to a score for each class, `[N, K]`. */
export interface Classifier extends Module {
  forward(x: Tensor): Tensor
}

/** What is taken off each channel, and what it is divided by, of values from 0 to 1. */
export interface Normalization {
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/** config.json of a classifier that was trained here. */
export type ClassifierConfig = Required<VisionConfig>

/**
 * The classifier in a run folder, in prediction mode, and how it was trained to see images.
 *
 * @throws ModelError where the folder is not one
 */
export const loadClassifier = async (folder: string): Promise<{ model: Classifier; config: ClassifierConfig }> => {
  const { model, config } = await loadVisionModel(folder)
  const { classes, normalization } = config
  if (classes && normalization)
    return { model: model as unknown as Classifier, config: { ...config, classes, normalization } }
  throw new ModelError(
    `${folder}: config.json has no ${classes ? 'normalization' : 'classes'}, so what the model sees and says is not known. Give the run folder of gradus train digits.`,
    { folder },
  )
}

/** Mean and deviation of each channel over all images. */
export const normalizationOf = ({ shape: [n, channels, height, width], pixels }: ImageSet): Normalization => {
  const plane = height * width
  const sums = new Float64Array(channels)
  const squares = new Float64Array(channels)
  for (let i = 0; i < pixels.length; i++) {
    const c = Math.floor(i / plane) % channels
    const value = pixels[i]! / 255
    sums[c]! += value
    squares[c]! += value * value
  }
  const mean = Array.from(sums, s => s / (n * plane))
  const std = Array.from(squares, (s, c) => Math.sqrt(Math.max(s / (n * plane) - mean[c]! ** 2, 1e-12)))
  return { mean, std }
}

/** Images at some places as a model takes them: `[B, C, H, W]` from 0 to 1, not yet normalised. */
export const batchOf = ({ shape: [, ...item], pixels }: ImageSet, places: ArrayLike<number>): Float32Array => {
  const size = item[0] * item[1] * item[2]
  const out = new Float32Array(places.length * size)
  for (let b = 0; b < places.length; b++) {
    const from = places[b]! * size
    for (let i = 0; i < size; i++) out[b * size + i] = pixels[from + i]! / 255
  }
  return out
}

/** Images at some places as the model was trained to see them. */
export const inputOf = (set: ImageSet, places: readonly number[], { mean, std }: Normalization): Tensor => {
  const [, ...item] = set.shape
  const batch = { data: batchOf(set, places), shape: [places.length, ...item] as const, indices: places }
  const { data, shape } = normalize({ mean, std }).apply(batch, new Generator(0))
  return fromArray(data, shape, 'float32') as Tensor
}

/** A classifier's judgement of a set, image by image. */
export interface Judgement {
  /** Probability of each class, `[N, K]`. */
  readonly probabilities: Float32Array
  /** The most probable class of each image. */
  readonly predicted: Int32Array
}

/** A function that has a model judge sets of images; it traces the model once. */
export const judge = (
  model: Classifier,
  normalization: Normalization,
  batchSize = 250,
): ((set: ImageSet, onBatch?: (done: number) => void) => Promise<Judgement>) => {
  const scores = compile((x: Tensor) => model.forward(x).softmax(-1))
  return async (set, onBatch) => {
    const [n] = set.shape
    const training = model.training
    model.eval()
    try {
      const parts: Float32Array[] = []
      for (let start = 0; start < n; start += batchSize) {
        const places = Array.from({ length: Math.min(batchSize, n - start) }, (_, i) => start + i)
        const p = await scores(inputOf(set, places, normalization))
        parts.push((await p.data()) as Float32Array)
        onBatch?.(start + places.length)
      }
      return assemble(parts, n)
    } finally {
      model.train(training)
    }
  }
}

const assemble = (parts: readonly Float32Array[], n: number): Judgement => {
  const total = parts.reduce((sum, p) => sum + p.length, 0)
  const probabilities = new Float32Array(total)
  let at = 0
  for (const part of parts) {
    probabilities.set(part, at)
    at += part.length
  }
  const classes = total / n
  const predicted = new Int32Array(n)
  for (let i = 0; i < n; i++) {
    const row = probabilities.subarray(i * classes, (i + 1) * classes)
    predicted[i] = row.indexOf(row.reduce((most, p) => Math.max(most, p), -1))
  }
  return { probabilities, predicted }
}

/** Mean −ln p of the right class, and the share of images whose most probable class is right. */
export const scoreOf = (
  { probabilities, predicted }: Judgement,
  labels: Int32Array,
): { loss: number; accuracy: number } => {
  const classes = probabilities.length / labels.length
  let loss = 0
  let right = 0
  for (let i = 0; i < labels.length; i++) {
    loss -= Math.log(Math.max(probabilities[i * classes + labels[i]!]!, 1e-30))
    if (predicted[i] === labels[i]) right++
  }
  return { loss: loss / labels.length, accuracy: right / labels.length }
}
