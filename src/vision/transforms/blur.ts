import type { Rule } from '../../core/options.ts'
import { custom } from '../../data/image-rules.ts'
import { reflect } from './pad.ts'
import { type Range, rangeRule } from './rules.ts'
import { defineTransform, eachImage } from './transform.ts'

/** Weights of a normal curve at the pixels from −radius to radius, adding up to 1. */
export const gaussian = (sigma: number, radius: number): Float64Array => {
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map(weight => weight / total)
}
/** Beyond three standard deviations lie 0.3 % of the curve. */
export const radiusFor = (sigma: number): number => Math.ceil(3 * sigma)

type Floats = Float32Array | Float64Array
/** A pass along x of each row of planes, mirrored at the ends; the result is transposed, so that a second pass goes along y. */
const pass = (data: Floats, out: Floats, [height, width]: readonly [number, number], weights: Float64Array): void => {
  const radius = weights.length >> 1
  const xs = Int32Array.from({ length: width + 2 * radius }, (_, i) => reflect(i - radius, width))
  // A row with what is mirrored at its ends.
  const row = new Float64Array(xs.length)
  for (let plane = 0; plane < data.length; plane += height * width) {
    for (let y = 0; y < height; y++) {
      for (let i = 0; i < row.length; i++) row[i] = data[plane + y * width + xs[i]!]!
      for (let x = 0; x < width; x++) {
        let sum = 0
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * row[x + k]!
        out[plane + x * height + y] = sum
      }
    }
  }
}

/** Planes of `[height, width]` blurred by weights along both axes, mirrored at the edges. */
export const blur = (data: Floats, out: Floats, size: readonly [number, number], weights: Float64Array): void => {
  const half = new Float64Array(data.length)
  pass(data, half, size, weights)
  pass(half, out, [size[1], size[0]], weights)
}

const kernelRule: Rule<number, 'optional'> = custom<number, 'optional'>(
  'an odd whole number of pixels of at least 1',
  value => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) % 2 === 1,
  { presence: 'optional', help: 'pixels that are weighed along each axis' },
)

/**
 * Images blurred by a normal curve of random width, mirrored at the edges.
 *
 * @param options.sigma standard deviation in pixels: `[low, high]`, or one number that fixes it. Default `[0.1, 2]`
 * @param options.kernelSize pixels that are weighed along each axis, odd. Default `2 ⌈3 sigma⌉ + 1`
 */
export const gaussianBlur = defineTransform(
  'gaussianBlur',
  { sigma: rangeRule({ min: 1e-3, default: [0.1, 2], help: 'standard deviation in pixels' }), kernelSize: kernelRule },
  ({ sigma, kernelSize }) => {
    const ends: Range = typeof sigma === 'number' ? [sigma, sigma] : sigma
    return (batch, generator) =>
      eachImage(batch, generator, (from, to, draws) => {
        const drawn = draws.uniform(...ends)
        const radius = kernelSize === undefined ? radiusFor(drawn) : kernelSize >> 1
        blur(from.data, to.data, [from.height, from.width], gaussian(drawn, radius))
      })
  },
)
