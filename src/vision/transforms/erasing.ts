import { flag, number } from '../../core/options.ts'
import { probability, type Range, rangeRule } from './rules.ts'
import { copy, defineTransform, eachImage, type Planes } from './transform.ts'
import type { Draws } from './random.ts'

const ends = (value: number | Range): Range => (typeof value === 'number' ? [value, value] : value)

interface Look {
  readonly scale: Range
  readonly ratio: Range
  readonly value: number
  readonly noise: boolean
}
/** Erases a rectangle of random area and proportion that fits, in place; after ten that do not, nothing. */
const erase = ({ data, channels, height, width }: Planes, { scale, ratio, value, noise }: Look, draws: Draws): void => {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = height * width * draws.uniform(...scale)
    const proportion = Math.exp(draws.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
    const h = Math.round(Math.sqrt(area * proportion))
    const w = Math.round(Math.sqrt(area / proportion))
    if (h < 1 || w < 1 || h >= height || w >= width) continue
    const top = draws.below(height - h + 1)
    const left = draws.below(width - w + 1)
    for (let c = 0; c < channels; c++) {
      for (let y = top; y < top + h; y++) {
        const row = (c * height + y) * width
        for (let x = left; x < left + w; x++) data[row + x] = noise ? draws.normal() : value
      }
    }
    return
  }
}

/**
 * A rectangle erased from some of the images.
 *
 * @param options.probability that one is. Default 0.5
 * @param options.scale its share of the image's area. Default `[0.02, 0.33]`
 * @param options.ratio its height by width. Default `[0.3, 3.3]`
 * @param options.value what is put there. Default 0
 * @param options.noise standard normal numbers instead of a value, meant for images that are normalized. Default false
 * Source: Zhong, Zheng, Kang, Li & Yang 2020.
 */
export const randomErasing = defineTransform(
  'randomErasing',
  {
    probability: probability('that an image loses a rectangle', 0.5),
    scale: rangeRule({ min: 1e-6, max: 1, default: [0.02, 0.33], help: "share of the image's area" }),
    ratio: rangeRule({ min: 1e-3, default: [0.3, 3.3], help: 'height by width' }),
    value: number({ default: 0, help: 'what is put there' }),
    noise: flag({ help: 'normal numbers instead of a value' }),
  },
  ({ probability, scale, ratio, value, noise }) => {
    const look = { scale: ends(scale), ratio: ends(ratio), value, noise }
    return (batch, generator) =>
      eachImage(batch, generator, (from, to, draws) => {
        copy(from, to)
        if (draws.chance(probability)) erase(to, look, draws)
      })
  },
)
