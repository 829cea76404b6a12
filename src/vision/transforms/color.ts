import { probability, factors, around, rangeRule } from './rules.ts'
import type { Draws } from './random.ts'
import { checkColours, copy, defineTransform, eachImage, type Planes } from './transform.ts'

const clamp = (x: number): number => Math.min(1, Math.max(0, x))
/** Lightness of pixel i, as torchvision weighs it (BT.601 to four digits); a grey image is its own. */
const grey = ({ data, channels }: Planes, i: number): number => {
  const pixels = data.length / channels
  return channels === 1 ? data[i]! : 0.2989 * data[i]! + 0.587 * data[i + pixels]! + 0.114 * data[i + 2 * pixels]!
}

/** A change of an image's colours in place, by a factor or, for hue, a part of the circle. */
export type Adjustment = (image: Planes, by: number) => void

/** Towards black below 1, away from it above. */
const brightness: Adjustment = ({ data }, factor) => {
  for (let i = 0; i < data.length; i++) data[i] = clamp(factor * data[i]!)
}
/** Towards the image's mean lightness below 1, away from it above. */
const contrast: Adjustment = (image, factor) => {
  const { data, channels } = image
  const pixels = data.length / channels
  let mean = 0
  for (let i = 0; i < pixels; i++) mean += grey(image, i) / pixels
  for (let i = 0; i < data.length; i++) data[i] = clamp(factor * data[i]! + (1 - factor) * mean)
}
/** Towards each pixel's own grey below 1, away from it above. */
const saturation: Adjustment = (image, factor) => {
  const { data, channels } = image
  if (channels === 1) return
  const pixels = data.length / channels
  for (let i = 0; i < pixels; i++) {
    const level = (1 - factor) * grey(image, i)
    for (let at = i; at < data.length; at += pixels) data[at] = clamp(factor * data[at]! + level)
  }
}

/** Turns each pixel's colour by a part of the circle of hues: through hue, saturation and value, and back. */
const hue: Adjustment = ({ data, channels }, turn) => {
  if (channels === 1) return
  const pixels = data.length / channels
  for (let i = 0; i < pixels; i++) {
    const [r, g, b] = [data[i]!, data[i + pixels]!, data[i + 2 * pixels]!]
    const value = Math.max(r, g, b)
    const chroma = value - Math.min(r, g, b)
    if (chroma === 0) continue
    const sixth = value === r ? (g - b) / chroma : value === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma
    // Smith's formula: each channel falls from value by chroma over its part of the circle.
    for (let c = 0; c < 3; c++) {
      const k = (((5 - 2 * c + sixth + 6 * turn) % 6) + 6) % 6
      data[i + c * pixels] = value - chroma * clamp(Math.min(k, 4 - k))
    }
  }
}

export const adjustments = { brightness, contrast, saturation, hue } as const
type Name = keyof typeof adjustments
const names = Object.keys(adjustments) as Name[]

/** The four in random order. */
const shuffled = (draws: Draws): Name[] => {
  const order = [...names]
  for (let i = order.length - 1; i > 0; i--) {
    const j = draws.below(i + 1)
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}

/**
 * Brightness, contrast, saturation and hue changed at random, in random order. For grey images saturation and hue mean nothing.
 *
 * @param options.brightness factor: `[low, high]`, or one number s for from max(0, 1 − s) to 1 + s. Default 0: unchanged
 * @param options.contrast as brightness
 * @param options.saturation as brightness
 * @param options.hue turn, as a part of the circle, up to 0.5: `[low, high]`, or one number for from its negative to itself. Default 0
 * @throws ShapeError unless images have 1 or 3 channels. Values are expected from 0 to 1, so normalize afterwards
 * Source: torchvision, `ColorJitter`.
 */
export const colorJitter = defineTransform(
  'colorJitter',
  {
    brightness: rangeRule({ min: 0, default: 0, help: 'factor of brightness' }),
    contrast: rangeRule({ min: 0, default: 0, help: 'factor of contrast' }),
    saturation: rangeRule({ min: 0, default: 0, help: 'factor of saturation' }),
    hue: rangeRule({ min: -0.5, max: 0.5, default: 0, help: 'turn of the hue' }),
  },
  options => {
    const ranges = {
      brightness: factors(options.brightness),
      contrast: factors(options.contrast),
      saturation: factors(options.saturation),
      hue: around(options.hue),
    }
    return (batch, generator) => {
      checkColours('colorJitter', batch)
      return eachImage(batch, generator, (from, to, draws) => {
        copy(from, to)
        for (const name of shuffled(draws)) {
          const by = draws.uniform(...ranges[name])
          if (by !== (name === 'hue' ? 0 : 1)) adjustments[name](to, by)
        }
      })
    }
  },
)

/**
 * Some of the images without colours, their channels kept.
 *
 * @param options.probability that an image becomes grey. Default 0.1
 */
export const grayscale = defineTransform(
  'grayscale',
  { probability: probability('that an image becomes grey', 0.1) },
  ({ probability }) =>
    (batch, generator) => {
      checkColours('grayscale', batch)
      return eachImage(batch, generator, (from, to, draws) => {
        copy(from, to)
        if (draws.chance(probability)) saturation(to, 0)
      })
    },
)
