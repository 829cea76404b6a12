import { ShapeError } from '../../core/errors.ts'
import { integer } from '../../core/options.ts'
import { bothSides, sizeRule } from '../../data/image-rules.ts'
import { resample } from '../../data/resample.ts'
import { cut, fillRule, fourSides, modeRule, paddingRule } from './pad.ts'
import { type Range, rangeRule } from './rules.ts'
import type { Draws } from './random.ts'
import { antialiasRule, interpolationRule } from './resize.ts'
import { defineTransform, eachImage, type Planes } from './transform.ts'

const tooSmall = (
  where: string,
  [h, w]: readonly [number, number],
  [height, width]: readonly [number, number],
  advice: string,
) =>
  new ShapeError(`${where}: images of ${h} × ${w} are smaller than a crop of ${height} × ${width}. ${advice}`, {
    image: [h, w],
    crop: [height, width],
  })

/** The nearest whole number, halves to the even one, as Python rounds. */
const roundEven = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))
const inside = { mode: 'constant', fill: 0 } as const

/**
 * A part of each image, at the same place in all.
 *
 * @param options.top rows above it
 * @param options.left columns to the left of it
 * @param options.size `[height, width]` or one number for both
 */
export const crop = defineTransform(
  'crop',
  {
    size: sizeRule,
    top: integer({ min: 0, default: 0, help: 'rows above the part' }),
    left: integer({ min: 0, default: 0, help: 'columns to the left of the part' }),
  },
  ({ size, top, left }) => {
    const [height, width] = bothSides(size)
    return (batch, generator) => {
      const [, , h, w] = batch.shape
      if (top + height > h || left + width > w)
        throw tooSmall('crop', [h, w], [height, width], `It begins at row ${top} and column ${left}.`)
      return eachImage(batch, generator, (from, to) => cut(from, to, { left, top, ...inside }), [height, width])
    }
  },
)

/**
 * The middle of each image.
 *
 * @param options.size `[height, width]` or one number for both
 */
export const centerCrop = defineTransform('centerCrop', { size: sizeRule }, ({ size }) => {
  const [height, width] = bothSides(size)
  return (batch, generator) => {
    const [, , h, w] = batch.shape
    if (height > h || width > w) throw tooSmall('centerCrop', [h, w], [height, width], 'Resize or pad them before.')
    const part = { top: roundEven((h - height) / 2), left: roundEven((w - width) / 2), ...inside }
    return eachImage(batch, generator, (from, to) => cut(from, to, part), [height, width])
  }
})

/**
 * A part of each image at a random place.
 *
 * @param options.size `[height, width]` or one number for both
 * @param options.padding pixels added around before: on every side, or `[left, top, right, bottom]`. Default 0
 * @param options.mode what is added: `constant`, `edge` or `reflect`. Default `constant`
 * @param options.fill value with `constant`. Default 0
 */
export const randomCrop = defineTransform(
  'randomCrop',
  { size: sizeRule, padding: paddingRule(0), mode: modeRule, fill: fillRule },
  ({ size, padding, mode, fill }) => {
    const [height, width] = bothSides(size)
    const [left, top, right, bottom] = fourSides(padding)
    return (batch, generator) => {
      const [, , h, w] = batch.shape
      const room = [h + top + bottom - height, w + left + right - width] as const
      if (room[0] < 0 || room[1] < 0)
        throw tooSmall('randomCrop', [h, w], [height, width], 'Pass { padding }, or resize them before.')
      return eachImage(
        batch,
        generator,
        (from, to, draws) => {
          const place = { top: draws.below(room[0] + 1) - top, left: draws.below(room[1] + 1) - left }
          cut(from, to, { ...place, mode, fill })
        },
        [height, width],
      )
    }
  },
)

interface Part {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}
/** A part of random area and proportion that fits; after ten that do not, the largest in the middle of a proportion allowed. */
const drawPart = ({ height: h, width: w }: Planes, scale: Range, ratio: Range, draws: Draws): Part => {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = h * w * draws.uniform(...scale)
    const proportion = Math.exp(draws.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
    const width = Math.round(Math.sqrt(area * proportion))
    const height = Math.round(Math.sqrt(area / proportion))
    if (width < 1 || height < 1 || width > w || height > h) continue
    return { top: draws.below(h - height + 1), left: draws.below(w - width + 1), height, width }
  }
  const wanted = Math.min(Math.max(w / h, ratio[0]), ratio[1])
  const [height, width] =
    w / h < wanted ? [Math.max(1, Math.round(w / wanted)), w] : [h, Math.max(1, Math.round(h * wanted))]
  return { top: (h - height) >> 1, left: (w - width) >> 1, height, width }
}

/**
 * A part of random area and proportion at a random place of each image, brought to one size.
 *
 * @param options.size `[height, width]` or one number for both
 * @param options.scale share of the image's area, drawn uniformly. Default `[0.08, 1]`
 * @param options.ratio width by height of the part, drawn uniformly in its logarithm. Default `[3/4, 4/3]`
 * Source: Szegedy et al. 2015, section 6; torchvision, `RandomResizedCrop`.
 */
export const randomResizedCrop = defineTransform(
  'randomResizedCrop',
  {
    size: sizeRule,
    scale: rangeRule({ min: 1e-6, max: 1, default: [0.08, 1], help: "share of the image's area" }),
    ratio: rangeRule({ min: 1e-3, default: [3 / 4, 4 / 3], help: 'width by height of the part' }),
    interpolation: interpolationRule,
    antialias: antialiasRule,
  },
  ({ size, scale, ratio, interpolation, antialias }) => {
    const ends = (value: number | Range): Range => (typeof value === 'number' ? [value, value] : value)
    return (batch, generator) =>
      eachImage(
        batch,
        generator,
        (from, to, draws) => {
          const { top, left, height, width } = drawPart(from, ends(scale), ends(ratio), draws)
          const data = new Float32Array(from.channels * height * width)
          const part = { data, channels: from.channels, height, width }
          cut(from, part, { top, left, ...inside })
          resample(part, to, interpolation, antialias)
        },
        bothSides(size),
      )
  },
)
