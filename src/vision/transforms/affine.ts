import { ArgumentError } from '../../core/errors.ts'
import { custom } from '../../data/image-rules.ts'
import { fillRule } from './pad.ts'
import { interpolationRule } from './resize.ts'
import { around, type Range, rangeRule } from './rules.ts'
import { defineTransform, eachImage } from './transform.ts'
import { type Origin, warp } from './warp.ts'

export interface Motion {
  /** Degrees, clockwise. */
  readonly angle: number
  /** Pixels to the right and downwards. */
  readonly translate: readonly [x: number, y: number]
  readonly scale: number
  /** Degrees by which vertical lines lean to the left at their lower end. */
  readonly shear: number
}

/** The way back of a motion around the middle of an image: the inverse of shear, then turn, then scale, then translate. */
export const affineOrigin = ({ angle, translate, scale, shear }: Motion, height: number, width: number): Origin => {
  const radians = Math.PI / 180
  const [cos, sin, lean] = [Math.cos(angle * radians), Math.sin(angle * radians), Math.tan(shear * radians)]
  // Forward [a b; c d] = turn · [1 −lean; 0 1], of determinant 1.
  const [a, b, c, d] = [cos, -cos * lean - sin, sin, cos - sin * lean]
  return (x, y, at) => {
    const u = (x - width / 2 - translate[0]) / scale
    const v = (y - height / 2 - translate[1]) / scale
    at[0] = d * u - b * v + width / 2
    at[1] = a * v - c * u + height / 2
  }
}

/**
 * Images turned around their middle by a random angle.
 *
 * @param options.degrees clockwise: `[low, high]`, or one number for from its negative to itself
 * @param options.interpolation `bilinear` or `nearest`. Default `bilinear`
 * @param options.fill value where nothing comes to lie. Default 0
 */
export const rotate = defineTransform(
  'rotate',
  {
    degrees: rangeRule({ presence: 'required', help: 'angle, clockwise' }),
    interpolation: interpolationRule,
    fill: fillRule,
  },
  ({ degrees, ...style }) =>
    (batch, generator) =>
      eachImage(batch, generator, (from, to, draws) => {
        const angle = draws.uniform(...around(degrees))
        const motion: Motion = { angle, translate: [0, 0], scale: 1, shear: 0 }
        warp(from, to, affineOrigin(motion, from.height, from.width), style)
      }),
)

const translateRule = custom<Range>(
  'two numbers from 0 to 1, the shares of width and height',
  value => Array.isArray(value) && value.length === 2 && value.every(x => x >= 0 && x <= 1),
  { default: [0, 0], help: 'shares of width and height to move by at most' },
)

/**
 * Images turned, moved, scaled and sheared at random around their middle.
 *
 * @param options.degrees clockwise: `[low, high]`, or one number for from its negative to itself. Default 0
 * @param options.translate shares of width and height to move by at most, either way. Default `[0, 0]`
 * @param options.scale `[low, high]`. Default `[1, 1]`
 * @param options.shear degrees, as `degrees`. Default 0
 * @param options.interpolation `bilinear` or `nearest`. Default `bilinear`
 * @param options.fill value where nothing comes to lie. Default 0
 * Source: torchvision, `RandomAffine`, whose translation is in whole pixels.
 */
export const affine = defineTransform(
  'affine',
  {
    degrees: rangeRule({ default: 0, help: 'angle, clockwise' }),
    translate: translateRule,
    scale: rangeRule({ min: 1e-6, default: [1, 1], help: 'factor of the size' }),
    shear: rangeRule({ min: -89, max: 89, default: 0, help: 'degrees of shear' }),
    interpolation: interpolationRule,
    fill: fillRule,
  },
  ({ degrees, translate, scale, shear, ...style }) => {
    if (typeof scale === 'number')
      throw new ArgumentError(`affine: scale must be [low, high]; got ${scale}. Pass [${scale}, ${scale}] to fix it.`)
    return (batch, generator) =>
      eachImage(batch, generator, (from, to, draws) => {
        const motion: Motion = {
          angle: draws.uniform(...around(degrees)),
          translate: [
            from.width * draws.uniform(...around(translate[0])),
            from.height * draws.uniform(...around(translate[1])),
          ],
          scale: draws.uniform(...scale),
          shear: draws.uniform(...around(shear)),
        }
        warp(from, to, affineOrigin(motion, from.height, from.width), style)
      })
  },
)
