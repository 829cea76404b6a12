import { isFloat } from '../../core/dtype.ts'
import { normalizeAxis, show } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { broadcastTo, reducedShape, sum } from '../../ops/broadcast.ts'
import { cumprod } from '../../ops/cumulative.ts'
import { takeAlongAxis } from '../../ops/indexing.ts'
import * as mt from '../../ops/math.ts'
import { flip, sliceAxis } from '../../ops/movement.ts'
import * as rd from '../../ops/reduce.ts'
import { argsort, cumsum } from '../../ops/sorting.ts'
import type { Operator, Operators } from './call.ts'
import { alongAxis, flattenedBefore13, inFloats, integerRange, list, num, upTo } from './nodes.ts'

interface Reduction {
  readonly axes: readonly number[]
  readonly keepDims: boolean
}
/** A reduction over the axes that a node names: all of them, or none, where it names none. */
const reduction =
  (f: (x: Node, how: Reduction) => Node, since = 18): Operator =>
  call => {
    const x = call.input(0)
    const given = list(call, 'axes', 1, since)
    if ((given === null || given.length === 0) && call.flag('noop_with_empty_axes'))
      return f(x, { axes: [], keepDims: true })
    const axes = given === null || given.length === 0 ? upTo(x.shape.length) : given
    return f(x, {
      axes: axes.map(a => normalizeAxis(call.label, a, x.shape.length)),
      keepDims: call.flag('keepdims', true),
    })
  }

/** Sums in the input's own dtype. */
const total = (x: Node, how: Reduction): Node => ar.cast(sum(x, how.axes, how), x.dtype)

const mean = (x: Node, how: Reduction): Node => inFloats(x, y => rd.mean(y, how.axes, how))

/** An extremum; that of nothing is the other end of what the dtype can be. */
const extremum =
  (f: typeof rd.max, sign: 1 | -1): ((x: Node, how: Reduction) => Node) =>
  (x, how) => {
    if (x.dtype === 'bool') return ar.cast(extremum(f, sign)(ar.cast(x, 'uint8'), how), 'bool')
    if (!how.axes.some(a => x.shape[a] === 0)) return f(x, how.axes, how)
    const [low, high] = isFloat(x.dtype) ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : integerRange(x.dtype)
    return broadcastTo(num(sign === 1 ? low : high, x), reducedShape(x.shape, how))
  }

/** The position of an extremum, the first or the last of equal ones. */
const position =
  (f: typeof rd.argmax): Operator =>
  call => {
    const x = call.input(0)
    const axis = normalizeAxis(call.label, call.int('axis', 0), x.shape.length)
    const options = { keepDims: call.flag('keepdims', true) }
    if (!call.flag('select_last_index')) return ar.cast(f(x, axis, options), 'int64')
    const fromEnd = f(flip(x, axis), axis, options)
    return ar.cast(ar.sub(num(x.shape[axis]! - 1, fromEnd), fromEnd), 'int64')
  }

const topK: Operator = call => {
  const x = call.input(0)
  const axis = normalizeAxis(call.label, call.int('axis', -1), x.shape.length)
  const k = call.version < 10 ? call.int('k') : call.number(1)
  if (!(k >= 0 && k <= x.shape[axis]!))
    call.fail(`asks for ${k} of axis ${axis} of ${show(x.shape)}`, 'There must be as many.')
  // Sorted is one of the orders that "in any order" allows.
  const order = sliceAxis(argsort(x, axis, { descending: call.flag('largest', true) }), axis, 0, k)
  return [takeAlongAxis(x, order, axis), ar.cast(order, 'int64')]
}

const running =
  (f: (x: Node, axis: number, options: { exclusive: boolean; reverse: boolean }) => Node): Operator =>
  call => {
    const x = call.input(0)
    const axis = normalizeAxis(call.label, call.number(1), x.shape.length)
    return f(x, axis, { exclusive: call.flag('exclusive'), reverse: call.flag('reverse') })
  }

/** 1 at the first largest element. */
const hardmax: Operator = flattenedBefore13((x, axis) => {
  const places = alongAxis(ar.arange(x.shape[axis]!, 'int32'), axis, x.shape.length)
  return ar.cast(ar.equal(rd.argmax(x, axis, { keepDims: true }), places), x.dtype)
}, 1)

export const reduceOperators: Operators = {
  ReduceSum: reduction(total, 13),
  ReduceMean: reduction(mean),
  ReduceMax: reduction(extremum(rd.max, 1)),
  ReduceMin: reduction(extremum(rd.min, -1)),
  ReduceProd: reduction((x, how) => rd.prod(x, how.axes, how)),
  ReduceL1: reduction((x, how) => total(x.dtype.startsWith('u') ? x : mt.abs(x), how)),
  ReduceL2: reduction((x, how) => inFloats(x, y => mt.sqrt(sum(mt.square(y), how.axes, how)))),
  ReduceLogSum: reduction((x, how) => inFloats(x, y => ar.log(sum(y, how.axes, how)))),
  ReduceLogSumExp: reduction((x, how) => inFloats(x, y => rd.logSumExp(y, how.axes, how))),
  ReduceSumSquare: reduction((x, how) => total(ar.mul(x, x), how)),
  ArgMax: position(rd.argmax),
  ArgMin: position(rd.argmin),
  TopK: topK,
  CumSum: running((x, axis, options) => cumsum(x, axis, options)),
  Hardmax: hardmax,
  CumProd: running((x, axis, options) => cumprod(x, axis, options)),
}
