import type { Shape } from '../core/shape.ts'
import type { ShapeFn } from '../core/shape-types.ts'
import type { InterpolateOptions } from '../ops/resize.ts'
import { interpolate } from '../tensor/image.ts'
import { Lambda } from './activations.ts'

interface ResizedFn extends ShapeFn {
  readonly out: this['in'] extends readonly [
    infer N extends number,
    infer C extends number,
    ...infer S extends number[],
  ]
    ? readonly [N, C, ...{ [I in keyof S]: number }]
    : Shape
}

/**
 * Resizes the spatial axes to `size`, or by the factors `scale`.
 *
 * **Shape** x: `[N, C, ...spatial]`, 1 to 3 spatial axes → `[N, C, ...size]`, or sizes `⌊n · scale⌋`.
 *
 * Source: PyTorch's `Upsample`.
 */
export const upsample = (options: InterpolateOptions): Lambda<ResizedFn> =>
  new Lambda<ResizedFn>(x => interpolate(x, options))
