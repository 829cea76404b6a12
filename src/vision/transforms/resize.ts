import { flag, oneOf } from '../../core/options.ts'
import { type Size, sizeRule } from '../../data/image-rules.ts'
import { type Interpolation, resample } from '../../data/resample.ts'
import { defineTransform, eachImage } from './transform.ts'

export const interpolationRule = oneOf(['bilinear', 'nearest'], {
  default: 'bilinear',
  help: 'how values between pixels are found',
})
export const antialiasRule = flag({
  default: true,
  help: 'whether shrinking averages over all the pixels that become one',
})
export type { Interpolation }

/** The size asked for; one number is that of the shorter side, the longer in proportion. */
export const sizeFor = (size: Size, height: number, width: number): readonly [height: number, width: number] => {
  if (typeof size !== 'number') return size
  const longer = Math.floor((size * Math.max(height, width)) / Math.min(height, width))
  return height <= width ? [size, longer] : [longer, size]
}

/**
 * Images of another size.
 *
 * @param options.size `[height, width]`, or one number for the shorter side, the longer one following in proportion
 * @param options.interpolation `bilinear` or `nearest`. Default `bilinear`
 * @param options.antialias whether shrinking by `bilinear` averages over all pixels that become one. Default true
 * Source: PyTorch 2.13, `interpolate` with `antialias`, which follows Pillow.
 */
export const resize = defineTransform(
  'resize',
  { size: sizeRule, interpolation: interpolationRule, antialias: antialiasRule },
  ({ size, interpolation, antialias }) =>
    (batch, generator) =>
      eachImage(
        batch,
        generator,
        (from, to) => resample(from, to, interpolation, antialias),
        sizeFor(size, batch.shape[2], batch.shape[3]),
      ),
)
