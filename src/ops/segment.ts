import { type DType, floatDTypes, isFloat, numericDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { sameShape, show, sizeOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { constant, div, less, maximum, ranges, where } from './arithmetic.ts'
import { requireDType } from './apply.ts'
import { broadcastTo, reshape } from './broadcast.ts'
import { indexDTypes } from './indexing.ts'
import { type ScatterReduction, scatterRows } from './scatter.ts'

// Groups of rows named by a tensor of group numbers, in any order (TensorFlow's `unsorted_segment_*`).

interface Segments {
  /** `[K, ...rest]`. */
  readonly rows: Node
  /** `[K]`; a number below 0 stands for no group, which the engine refuses. */
  readonly ids: Node
  readonly rest: readonly number[]
}
const requireCount = (where: string, option: string, count: number): void => {
  if (Number.isInteger(count) && count >= 0) return
  throw new ArgumentError(`${where}: ${option} must be a whole number of at least 0; got ${count}.`, {
    [option]: count,
  })
}
/** Negative numbers would count groups from the end. */
const withoutNegative = (ids: Node, count: number): Node => {
  const flat = reshape(ids, [sizeOf(ids.shape)])
  return where(less(flat, constant(0, ids.dtype)), constant(count, ids.dtype), flat)
}
const segmentsOf = (where: string, values: Node, ids: Node, count: number): Segments => {
  requireDType(where, ids.dtype, indexDTypes)
  requireCount(where, 'numSegments', count)
  const lead = ids.shape.length
  if (!sameShape(values.shape.slice(0, lead), ids.shape)) {
    throw new ShapeError(
      `${where}: segment ids are ${show(ids.shape)} and values ${show(values.shape)}. The ids must have the first axes of the values.`,
      { ids: ids.shape, values: values.shape },
    )
  }
  const rest = values.shape.slice(lead)
  return { rows: reshape(values, [sizeOf(ids.shape), ...rest]), ids: withoutNegative(ids, count), rest }
}

/** Bounds of a dtype: what an empty group's extremum is. */
const bounds = (dtype: DType): readonly [number, number] =>
  isFloat(dtype) ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : ranges[dtype]!

const segment =
  (where: string, reduction: ScatterReduction, neutral: (dtype: DType) => number) =>
  (values: Node, ids: Node, numSegments: number): Node => {
    requireDType(where, values.dtype, numericDTypes)
    const { rows, ids: at, rest } = segmentsOf(where, values, ids, numSegments)
    const start = broadcastTo(constant(neutral(values.dtype), values.dtype), [numSegments, ...rest])
    return scatterRows(start, at, rows, reduction)
  }

/** Sum of each group. **Shape** values: `[...I, ...rest]`, segmentIds: int32 `[...I]` → `[numSegments, ...rest]`. 0 of an empty group. */
export const segmentSum = segment('segmentSum', 'add', () => 0)
/** Product of each group; 1 of an empty one. */
export const segmentProd = segment('segmentProd', 'mul', () => 1)
/** Largest of each group; ties share the gradient. Of an empty one −∞, or the dtype's smallest integer. */
export const segmentMax = segment('segmentMax', 'max', dtype => bounds(dtype)[0])
/** Smallest of each group; ties share the gradient. Of an empty one ∞, or the dtype's largest integer. */
export const segmentMin = segment('segmentMin', 'min', dtype => bounds(dtype)[1])

/** Mean of each group; 0 of an empty one. */
export const segmentMean = (values: Node, ids: Node, numSegments: number): Node => {
  requireDType('segmentMean', values.dtype, floatDTypes)
  const { rows, ids: at, rest } = segmentsOf('segmentMean', values, ids, numSegments)
  const zeros = (shape: readonly number[]): Node => broadcastTo(constant(0, values.dtype), shape)
  const sums = scatterRows(zeros([numSegments, ...rest]), at, rows, 'add')
  const ones = broadcastTo(constant(1, values.dtype), at.shape)
  const counts = maximum(scatterRows(zeros([numSegments]), at, ones, 'add'), constant(1, values.dtype))
  return div(sums, reshape(counts, [numSegments, ...rest.map(() => 1)]))
}

export interface BincountOptions {
  /** Number of bins: values run from 0 to length − 1. */
  readonly length: number
  /** What each value counts for. Default: 1 each, and int32 counts. */
  readonly weights?: Node
}
/** How often each number from 0 to length − 1 occurs, or the sum of the weights of those that do. A value outside is refused when it runs. */
export const bincount = (x: Node, { length, weights }: BincountOptions): Node => {
  requireDType('bincount', x.dtype, indexDTypes)
  requireCount('bincount', 'length', length)
  if (weights && !sameShape(weights.shape, x.shape)) {
    throw new ShapeError(
      `bincount: weights are ${show(weights.shape)} and x ${show(x.shape)}. They must have one shape.`,
      { weights: weights.shape, x: x.shape },
    )
  }
  const ids = withoutNegative(x, length)
  const amounts = weights ? reshape(weights, ids.shape) : broadcastTo(constant(1, 'int32'), ids.shape)
  return scatterRows(broadcastTo(constant(0, amounts.dtype), [length]), ids, amounts, 'add')
}
