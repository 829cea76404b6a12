import { number } from '../../core/options.ts'
import { blur, gaussian, radiusFor } from './blur.ts'
import { fillRule } from './pad.ts'
import { interpolationRule } from './resize.ts'
import { defineTransform, eachImage } from './transform.ts'
import { type Origin, warp } from './warp.ts'

/** Every pixel comes from beside its place: by `field` of `[2, H, W]`, in pixels along x and along y. */
export const displacedOrigin =
  (field: Float64Array, height: number, width: number): Origin =>
  (x, y, at) => {
    const pixel = Math.floor(y) * width + Math.floor(x)
    at[0] = x + field[pixel]!
    at[1] = y + field[height * width + pixel]!
  }

/**
 * Images bent as if printed on rubber: each pixel comes from beside its place, by uniform numbers from −1 to 1, blurred by a normal
 * curve and multiplied by `alpha`.
 *
 * @param options.alpha strength: pixels of displacement before the blur. Default 34, which suits images of 28 × 28
 * @param options.sigma standard deviation of the blur in pixels: larger is smoother. Default 4
 * @param options.interpolation `bilinear` or `nearest`. Default `bilinear`
 * @param options.fill value where nothing comes to lie. Default 0
 * Source: Simard, Steinkraus & Platt 2003, section 2.
 */
export const elastic = defineTransform(
  'elastic',
  {
    alpha: number({ min: 0, default: 34, help: 'strength in pixels before the blur' }),
    sigma: number({ above: 0, default: 4, help: 'standard deviation of the blur in pixels' }),
    interpolation: interpolationRule,
    fill: fillRule,
  },
  ({ alpha, sigma, ...style }) => {
    const weights = gaussian(sigma, radiusFor(sigma))
    return (batch, generator) =>
      eachImage(batch, generator, (from, to, draws) => {
        const { height, width } = from
        const field = new Float64Array(2 * height * width)
        draws.fill(field)
        for (let i = 0; i < field.length; i++) field[i] = alpha * (2 * field[i]! - 1)
        blur(field.slice(), field, [height, width], weights)
        warp(from, to, displacedOrigin(field, height, width), style)
      })
  },
)
