import { isFloat, numericDTypes } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { sameShape, show, sizeOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import {
  add,
  constant,
  fullLike,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  minimum,
  where,
} from './arithmetic.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { broadcastTo, reshape } from './broadcast.ts'
import { takeAlongAxis } from './indexing.ts'
import { isNaN as isNotANumber } from './math.ts'

export interface SearchOptions {
  /**
   * `left`: the first position that keeps the order, before elements equal to the value. `right`: the last, after them.
   * Default `left`.
   */
  readonly side?: 'left' | 'right'
}

/** Whether an element stands before a value; NaN comes after all numbers. */
const before = (element: Node, value: Node, side: 'left' | 'right'): Node => {
  const [plain, both] = side === 'left' ? [less(element, value), false] : [lessEqual(element, value), true]
  if (!isFloat(value.dtype)) return plain
  const [lostElement, lostValue] = [isNotANumber(element), isNotANumber(value)]
  const lost = both ? lostValue : logicalAnd(lostValue, logicalNot(lostElement))
  return logicalOr(plain, lost)
}

const searchIn = (where_: string, sorted: Node, values: Node, options: SearchOptions): Node => {
  requireDType(where_, sorted.dtype, numericDTypes)
  requireSameDType(where_, sorted, values)
  const n = sorted.shape[sorted.shape.length - 1]
  const lead = sorted.shape.slice(0, -1)
  const vector = sorted.shape.length === 1
  if (n === undefined || (!vector && !sameShape(lead, values.shape.slice(0, -1)))) {
    throw new ShapeError(
      `${where_}: sorted is ${show(sorted.shape)} and values ${show(values.shape)}. Expected [n] and any shape, or [..., n] and [..., m].`,
      { sorted: sorted.shape, values: values.shape },
    )
  }
  // A vector is searched for all values at once.
  const asked = vector ? reshape(values, [sizeOf(values.shape)]) : values
  return reshape(bisect(sorted, asked, options.side ?? 'left'), values.shape)
}

/** Steps halve from the largest power of two: each is taken if the element before its end still stands before the value. */
const bisect = (sorted: Node, values: Node, side: 'left' | 'right'): Node => {
  const n = sorted.shape[sorted.shape.length - 1]!
  let found = broadcastTo(constant(0, 'int32'), values.shape)
  if (n === 0) return found
  for (let step = 2 ** Math.floor(Math.log2(n)); step >= 1; step /= 2) {
    const end = add(found, constant(step, 'int32'))
    const last = minimum(add(end, constant(-1, 'int32')), fullLike(end, n - 1))
    const inside = lessEqual(end, constant(n, 'int32'))
    const taken = logicalAnd(inside, before(takeAlongAxis(sorted, last), values, side))
    found = where(taken, end, found)
  }
  return found
}

/**
 * int32 positions at which values would be inserted into a sorted last axis to keep it in order, by bisection. NaN comes after all
 * numbers.
 *
 * **Shape** sorted: `[n]`, values: any; or sorted: `[..., n]`, values: `[..., m]` → that of the values.
 */
export const searchSorted = (sorted: Node, values: Node, options: SearchOptions = {}): Node =>
  searchIn('searchSorted', sorted, values, options)

export interface BucketizeOptions {
  /** Whether a bucket includes its right boundary (`left` side of the search), as PyTorch's default. Default true. */
  readonly includeRight?: boolean
}
/** int32 number of the bucket between sorted boundaries `[n]` that each value falls into, 0 to n. */
export const bucketize = (x: Node, boundaries: Node, options: BucketizeOptions = {}): Node =>
  searchIn('bucketize', boundaries, x, { side: (options.includeRight ?? true) ? 'left' : 'right' })
