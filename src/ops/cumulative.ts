import { type DType, floatDTypes, isFloat, numericDTypes } from '../core/dtype.ts'
import { normalizeAxis } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { arange, constant, equal, logicalOr, maximum, minimum, mul, neg, sub, where } from './arithmetic.ts'
import { sigmoid } from './activation.ts'
import { requireDType } from './apply.ts'
import { broadcastTo, reshape } from './broadcast.ts'
import { type BinaryOp, defineBinary } from './define-elementwise.ts'
import { takeAlongAxis } from './indexing.ts'
import { isNaN as isNotANumber } from './math.ts'
import { concat, flip, pad, sliceAxis } from './movement.ts'

/** ln(eᵃ + eᵇ), without overflow. */
export const logAddExp: BinaryOp = defineBinary({
  name: 'logAddExp',
  formula: 'ln(eᵃ + eᵇ), without overflow',
  // Two equal infinities have no difference.
  scalar: (s, a, b) => {
    const gap = s.select(s.equal(a, b), s.lit(0), s.abs(s.sub(a, b)))
    return s.add(s.max(a, b), s.log1p(s.exp(s.neg(gap))))
  },
  vjp: (g, a, b) => {
    const gap = where(equal(a, b), constant(0, a.dtype), sub(a, b))
    return [mul(g, sigmoid(gap)), mul(g, sigmoid(neg(gap)))]
  },
  domain: [-3, 3],
})

type Combine = (a: Node, b: Node) => Node

/** The elements moved `by` places towards the end of an axis; `fill` enters at its start. */
const shifted = (x: Node, axis: number, by: number, fill: number): Node =>
  pad(
    sliceAxis(x, axis, 0, x.shape[axis]! - by),
    x.shape.map((_, i) => [i === axis ? by : 0, 0] as const),
    fill,
  )

/**
 * Combines each element with all before it, in log₂ n steps over the whole axis. `neutral` combined with an element gives the element.
 *
 * Source: Hillis & Steele 1986, "Data parallel algorithms".
 */
const scan = (x: Node, axis: number, combine: Combine, neutral: number): Node => {
  let out = x
  for (let by = 1; by < x.shape[axis]!; by *= 2) out = combine(out, shifted(out, axis, by, neutral))
  return out
}

/** Does something to an axis from its end. */
const fromEnd = (x: Node, axis: number, reverse: boolean, along: (x: Node) => Node): Node =>
  reverse ? flip(along(flip(x, axis)), axis) : along(x)

export interface CumulativeOptions {
  /** Leave out the element itself. Default false. */
  readonly exclusive?: boolean
  /** Go from the end. Default false. */
  readonly reverse?: boolean
}
interface Cumulation {
  readonly name: string
  readonly dtypes: readonly DType[]
  readonly combine: Combine
  readonly neutral: number
}
const cumulate = (
  { name, dtypes, combine, neutral }: Cumulation,
  x: Node,
  axis: number,
  options: CumulativeOptions,
): Node => {
  requireDType(name, x.dtype, dtypes)
  const at = normalizeAxis(name, axis, x.shape.length)
  if (x.shape[at] === 0) return x
  return fromEnd(x, at, options.reverse ?? false, y =>
    scan(options.exclusive ? shifted(y, at, 1, neutral) : y, at, combine, neutral),
  )
}

const product: Cumulation = { name: 'cumprod', dtypes: numericDTypes, combine: mul, neutral: 1 }
/** Running product along an axis. Its gradient is right at zeros too: nothing is divided. */
export const cumprod = (x: Node, axis = -1, options: CumulativeOptions = {}): Node =>
  cumulate(product, x, axis, options)

const logSum: Cumulation = {
  name: 'logCumsumExp',
  dtypes: floatDTypes,
  combine: logAddExp,
  neutral: Number.NEGATIVE_INFINITY,
}
/** ln Σ e^x over the elements up to each one along an axis, without overflow; −∞ of none. */
export const logCumsumExp = (x: Node, axis = -1, options: CumulativeOptions = {}): Node =>
  cumulate(logSum, x, axis, options)

export interface CumulativeExtremumOptions {
  /** Go from the end. Default false. */
  readonly reverse?: boolean
}
export interface CumulativeExtremum {
  readonly values: Node
  /** int32: where each value stands, the last of equals. */
  readonly indices: Node
}

/** 0, 1, … along an axis, broadcast to a shape. */
const positions = (x: Node, axis: number): Node =>
  broadcastTo(
    reshape(
      arange(x.shape[axis]!, 'int32'),
      x.shape.map((n, i) => (i === axis ? n : 1)),
    ),
    x.shape,
  )

/** Running extremum. An element at the start meets itself, which changes nothing. */
const extremumSoFar = (x: Node, axis: number, better: Combine): Node => {
  let out = x
  for (let by = 1; by < x.shape[axis]!; by *= 2) {
    const start = sliceAxis(out, axis, 0, by)
    const moved = sliceAxis(out, axis, 0, x.shape[axis]! - by)
    out = better(out, concat([start, moved], axis))
  }
  return out
}

/** The running extremum is taken from where it stands, so that its gradient goes to one element. */
const cumulateExtremum =
  (name: string, better: Combine) =>
  (x: Node, axis = -1, options: CumulativeExtremumOptions = {}): CumulativeExtremum => {
    requireDType(name, x.dtype, numericDTypes)
    const at = normalizeAxis(name, axis, x.shape.length)
    const reverse = options.reverse ?? false
    const ordered = reverse ? flip(x, at) : x
    const attained = equal(ordered, extremumSoFar(ordered, at, better))
    const here = isFloat(x.dtype) ? logicalOr(attained, isNotANumber(ordered)) : attained
    const places = where(here, positions(ordered, at), constant(0, 'int32'))
    const found = extremumSoFar(places, at, maximum)
    const indices = reverse ? sub(constant(x.shape[at]! - 1, 'int32'), flip(found, at)) : found
    return { values: takeAlongAxis(x, indices, at), indices }
  }

/** Largest element so far along an axis, and where it stands. From a NaN on all are NaN. The gradient goes to that element. */
export const cummax = cumulateExtremum('cummax', maximum)
/** Smallest element so far along an axis, and where it stands. From a NaN on all are NaN. The gradient goes to that element. */
export const cummin = cumulateExtremum('cummin', minimum)

export const cumulativeOps: readonly Op[] = [logAddExp.op]
