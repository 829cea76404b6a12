import { ShapeError } from '../core/errors.ts'
import { normalizeAxis, type Shape, show, sizeOf } from '../core/shape.ts'
import type { AnyFn, ShapeFn } from '../core/shape-types.ts'
import { Lambda } from './activations.ts'

interface FlattenFn extends ShapeFn {
  readonly out: this['in'] extends readonly [infer N extends number, infer A extends number]
    ? readonly [N, A]
    : this['in'] extends readonly [infer N extends number, ...number[]]
      ? readonly [N, number]
      : Shape
}
export interface FlattenOptions {
  /** The first axis that is joined. Default 1: all but the batch. */
  readonly start?: number
  /** The last axis that is joined. Default −1. */
  readonly end?: number
}

const joined = (shape: Shape, start: number, end: number): Shape => {
  const [first, last] = [normalizeAxis('flatten', start, shape.length), normalizeAxis('flatten', end, shape.length)]
  if (first > last) {
    throw new ShapeError(`flatten: start ${start} lies behind end ${end} in ${show(shape)}. Swap them.`, { shape })
  }
  return [...shape.slice(0, first), sizeOf(shape.slice(first, last + 1)), ...shape.slice(last + 1)]
}

/** All axes but the first as one: `[N, ...]` → `[N, features]`; or the axes from `start` to `end`. Source: PyTorch's `Flatten`. */
export function flatten(): Lambda<FlattenFn>
export function flatten(options: FlattenOptions): Lambda<AnyFn>
export function flatten(options?: FlattenOptions): Lambda<ShapeFn> {
  // A plain row [N] has no features: it becomes a column.
  if (!options) return new Lambda<FlattenFn>(x => x.reshape([x.shape[0] ?? 1, sizeOf(x.shape.slice(1))]))
  return new Lambda<AnyFn>(x => x.reshape(joined(x.shape, options.start ?? 1, options.end ?? -1)))
}

/** One axis as several, of the sizes `shape`, of which one may be −1: the inverse of {@link flatten}. Source: PyTorch's `Unflatten`. */
export const unflatten = (axis: number, shape: Shape): Lambda<AnyFn> =>
  new Lambda<AnyFn>(x => {
    const at = normalizeAxis('unflatten', axis, x.ndim)
    return x.reshape([...x.shape.slice(0, at), ...shape, ...x.shape.slice(at + 1)])
  })
