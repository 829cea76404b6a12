import { floatDTypes, numericDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { normalizeAxis, show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { add, constant, mul, sub, where } from './arithmetic.ts'
import { requireDType } from './apply.ts'
import { type ReduceOptions, reshape, transpose } from './broadcast.ts'
import { takeAlongAxis } from './indexing.ts'
import { isNaN as isNotANumber } from './math.ts'
import { expandDims, sliceAxis, squeeze, stack } from './movement.ts'
import { any, argmax } from './reduce.ts'
import { searchSorted } from './search.ts'
import { argsort, sort } from './sorting.ts'

// Elements by their rank along an axis. Gradients go to the elements that were picked.

/** What stands between two elements: the straight line, one of them, the nearer one (halves to the even rank), or their mean. */
export type Interpolation = 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint'
export interface QuantileOptions extends ReduceOptions {
  /** Default: over all elements. */
  readonly axis?: number
  /** Default `linear`. */
  readonly interpolation?: Interpolation
}

const halfToEven = (x: number): number => {
  const down = Math.floor(x)
  return x - down > 0.5 || (x - down === 0.5 && down % 2 !== 0) ? down + 1 : down
}
/** The rank below, and how far it is to the next. */
const placeOf = (q: number, n: number, interpolation: Interpolation): { below: number; part: number } => {
  const rank = q * (n - 1)
  const below = Math.floor(rank)
  switch (interpolation) {
    case 'linear':
      return { below, part: rank - below }
    case 'lower':
      return { below, part: 0 }
    case 'higher':
      return { below: Math.ceil(rank), part: 0 }
    case 'nearest':
      return { below: halfToEven(rank), part: 0 }
    case 'midpoint':
      return { below, part: rank === below ? 0 : 0.5 }
  }
}

const requireElements = (name: string, x: Node, axis: number): void => {
  if (x.shape[axis] !== 0) return
  throw new ShapeError(`${name}: ${show(x.shape)} has no elements along axis ${axis}. Pass at least one element.`, {
    shape: x.shape,
    axis,
  })
}

const quantiles = (name: string, x: Node, qs: readonly number[], options: QuantileOptions): Node[] => {
  requireDType(name, x.dtype, floatDTypes)
  const flat = options.axis === undefined ? reshape(x, [-1]) : x
  const axis = normalizeAxis(name, options.axis ?? 0, flat.shape.length)
  requireElements(name, flat, axis)
  const bad = qs.find(q => !(q >= 0 && q <= 1))
  if (bad !== undefined) throw new ArgumentError(`${name}: q must be from 0 to 1; got ${bad}.`, { q: bad })
  const sorted = sort(flat, axis)
  const lost = any(isNotANumber(flat), axis, { keepDims: true })
  const kept = options.axis === undefined ? x.shape.map(() => 1) : flat.shape.map((n, i) => (i === axis ? 1 : n))
  const at = (rank: number): Node => sliceAxis(sorted, axis, rank, rank + 1)
  return qs.map(q => {
    const { below, part } = placeOf(q, flat.shape[axis]!, options.interpolation ?? 'linear')
    const low = at(below)
    const between = part === 0 ? low : add(low, mul(sub(at(below + 1), low), constant(part, x.dtype)))
    const value = where(lost, constant(Number.NaN, x.dtype), between)
    return options.keepDims ? reshape(value, kept) : squeeze(value, axis)
  })
}

/**
 * The value below which the share q of the elements lies (NumPy's and PyTorch's `quantile`), of all elements or along an axis. A list
 * of q gives a new first axis. NaN anywhere makes it NaN.
 */
export const quantile = (x: Node, q: number | readonly number[], options: QuantileOptions = {}): Node =>
  typeof q === 'number' ? quantiles('quantile', x, [q], options)[0]! : stack(quantiles('quantile', x, q, options))

export interface MedianOptions extends ReduceOptions {
  /** Default: over all elements. */
  readonly axis?: number
}
/** The middle element, or the mean of the two in the middle (NumPy's; PyTorch takes the lower). NaN anywhere makes it NaN. */
export const median = (x: Node, options: MedianOptions = {}): Node => quantiles('median', x, [0.5], options)[0]!

export interface RankedElement {
  readonly values: Node
  /** int32 positions along the axis. */
  readonly indices: Node
}
/** The k-th smallest element along an axis, counted from 1, and where it stands. NaN counts as ∞. */
export const kthValue = (x: Node, k: number, axis = -1, options: ReduceOptions = {}): RankedElement => {
  requireDType('kthValue', x.dtype, numericDTypes)
  const at = normalizeAxis('kthValue', axis, x.shape.length)
  const n = x.shape[at]!
  if (!Number.isInteger(k) || k < 1 || k > n) {
    throw new ArgumentError(
      `kthValue: k must be a whole number from 1 to ${n}, the size of axis ${at} of ${show(x.shape)}; got ${k}.`,
      { k },
    )
  }
  const indices = sliceAxis(argsort(x, at), at, k - 1, k)
  const values = takeAlongAxis(x, indices, at)
  return options.keepDims ? { values, indices } : { values: squeeze(values, at), indices: squeeze(indices, at) }
}

/** The most frequent element along an axis; of equally frequent ones the smallest. */
export const mode = (x: Node, axis = -1, options: ReduceOptions = {}): Node => {
  requireDType('mode', x.dtype, numericDTypes)
  const at = normalizeAxis('mode', axis, x.shape.length)
  requireElements('mode', x, at)
  const axes = x.shape.map((_, i) => i)
  const last = [...axes.filter(i => i !== at), at]
  const sorted = sort(transpose(x, last))
  const count = sub(searchSorted(sorted, sorted, { side: 'right' }), searchSorted(sorted, sorted))
  const found = squeeze(takeAlongAxis(sorted, argmax(count, -1, { keepDims: true })), -1)
  return options.keepDims ? expandDims(found, at) : found
}
