import { ArgumentError } from '../../core/errors.ts'
import { integer, number } from '../../core/options.ts'
import { Draws } from './random.ts'
import { defineTransform, type ImageBatch } from './transform.ts'

/** The classes of a batch as shares: 1 for its own, or what mixing has left. */
const sharesOf = (where: string, { labels, targets, shape }: ImageBatch, classes: number): Float32Array => {
  const n = shape[0]
  if (targets) {
    if (targets.length !== n * classes)
      throw new ArgumentError(
        `${where}: numClasses is ${classes}, but the targets of ${n} images have ${targets.length / n} classes.`,
      )
    return targets
  }
  if (!labels)
    throw new ArgumentError(`${where}: the batch has no labels to mix. Pass { labels }, the class of each image.`)
  const shares = new Float32Array(n * classes)
  labels.forEach((label, i) => {
    if (!(label >= 0 && label < classes))
      throw new ArgumentError(`${where}: label ${label} is outside the ${classes} classes, 0 to ${classes - 1}.`)
    shares[i * classes + label] = 1
  })
  return shares
}

/** Mixes image i with the one before it in the batch, and the first with the last: `mix` writes `to` and says which share is its own. */
const mixed = (
  where: string,
  batch: ImageBatch,
  classes: number,
  mix: (own: Float32Array, other: Float32Array, to: Float32Array, i: number) => number,
): ImageBatch => {
  const shares = sharesOf(where, batch, classes)
  const { labels: _, ...rest } = batch
  const [n, ...item] = batch.shape
  const size = item.reduce((product, length) => product * length, 1)
  const data = new Float32Array(batch.data.length)
  const targets = new Float32Array(n * classes)
  for (let i = 0; i < n; i++) {
    const other = (i + n - 1) % n
    const image = (k: number) => batch.data.subarray(k * size, (k + 1) * size)
    const share = mix(image(i), image(other), data.subarray(i * size, (i + 1) * size), i)
    for (let k = 0; k < classes; k++) {
      targets[i * classes + k] = share * shares[i * classes + k]! + (1 - share) * shares[other * classes + k]!
    }
  }
  return { ...rest, data, targets }
}

const declaration = {
  numClasses: integer({ min: 1, required: true, help: 'classes that there are' }),
  alpha: number({ above: 0, default: 1, help: 'of the Beta distribution of the shares' }),
} as const

/**
 * Images blended: λ of an image and 1 − λ of the one before it in the batch, λ from Beta(alpha, alpha); their classes likewise, so that
 * targets are shares of classes `[N, K]`, for `softCrossEntropy`. Here an image also depends on its neighbour in the batch.
 *
 * @param options.numClasses K
 * @param options.alpha small: mostly one of the two; 1: all shares alike. Default 1
 * Source: Zhang, Cisse, Dauphin & Lopez-Paz 2018.
 */
export const mixup = defineTransform(
  'mixup',
  declaration,
  ({ numClasses, alpha }) =>
    (batch, generator) =>
      mixed('mixup', batch, numClasses, (own, other, to, i) => {
        const share = new Draws(generator, batch.indices[i]!).beta(alpha)
        for (let k = 0; k < to.length; k++) to[k] = share * own[k]! + (1 - share) * other[k]!
        return share
      }),
)

/**
 * A rectangle of each image replaced by that of the one before it in the batch, its share of the area 1 − λ, λ from Beta(alpha, alpha),
 * before it is cut at the edges; targets are the shares of area `[N, K]`. Here an image also depends on its neighbour in the batch.
 *
 * @param options.numClasses K
 * @param options.alpha as for `mixup`. Default 1
 * Source: Yun et al. 2019.
 */
export const cutmix = defineTransform('cutmix', declaration, ({ numClasses, alpha }) => (batch, generator) => {
  const [, channels, height, width] = batch.shape
  return mixed('cutmix', batch, numClasses, (own, other, to, i) => {
    const draws = new Draws(generator, batch.indices[i]!)
    const half = Math.sqrt(1 - draws.beta(alpha)) / 2
    const [x, y] = [draws.below(width), draws.below(height)]
    const [left, right] = [Math.max(0, Math.floor(x - half * width)), Math.min(width, Math.floor(x + half * width))]
    const [top, bottom] = [Math.max(0, Math.floor(y - half * height)), Math.min(height, Math.floor(y + half * height))]
    to.set(own)
    for (let row = 0; row < channels * height; row++) {
      const inside = row % height >= top && row % height < bottom
      if (inside && right > left) to.set(other.subarray(row * width + left, row * width + right), row * width + left)
    }
    return 1 - (Math.max(0, right - left) * Math.max(0, bottom - top)) / (height * width)
  })
})
