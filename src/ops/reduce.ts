import { floatDTypes, isFloat, numericDTypes } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { normalizeAxes, normalizeAxis, show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add, cast, constant, div, equal, greater, less, log, mul, sub, where } from './arithmetic.ts'
import { apply, computeDType, requireDType } from './apply.ts'
import {
  type ReduceAttrs,
  type ReduceOptions,
  reducedShape,
  reduceStrides,
  reshape,
  sum,
  unreduce,
} from './broadcast.ts'
import { exp, sqrt } from './math.ts'
import { splitAt, walk } from './walk.ts'

interface ReduceDef {
  readonly name: string
  readonly formula: string
  readonly onnx: string
  readonly start: number
  readonly fold: (total: number, x: number) => number
  readonly vjp: (g: Node, x: Node, out: Node, attrs: ReduceAttrs) => Node
  /** An extremum: an empty axis has none, and a NaN is passed on. */
  readonly extremum: boolean
}

const defineReduce = (def: ReduceDef): Op<ReduceAttrs> => {
  const op: Op<ReduceAttrs> = {
    name: def.name,
    formula: def.formula,
    infer: ([x], attrs) => {
      requireDType(def.name, x!.dtype, numericDTypes)
      if (def.extremum && attrs.axes.some(a => x!.shape[a] === 0)) {
        throw new ShapeError(
          `${def.name}: ${show(x!.shape)} has no elements along the axes to reduce. Pass at least one element.`,
          {
            shape: x!.shape,
          },
        )
      }
      return { shape: reducedShape(x!.shape, attrs), dtype: x!.dtype }
    },
    vjp: (g, [x], out, attrs) => [def.vjp(g, x!, out, attrs)],
    batch: ([x], _batched, attrs) => apply(op, [x!], { ...attrs, axes: attrs.axes.map(a => a + 1) }),
    kernel: ([x], out, { axes }) => {
      const totals = new Float64Array(out.data.length).fill(def.start)
      walk(x!.shape, [reduceStrides(x!.shape, axes)], (offsets, i) => {
        totals[offsets[0]!] = def.fold(totals[offsets[0]!]!, x!.data[i]!)
      })
      out.data.set(totals)
    },
    lower: (b, [x], out, { axes, keepDims }) => {
      const type = computeDType(x!.dtype)
      const name = type === x!.dtype ? x!.name : b.cast(x!.name, type)
      const over = (onnx: string, x: string): string => b.op(onnx, [x, b.ints(axes)], { keepdims: keepDims ? 1 : 0 })
      const reduced = over(def.onnx, name)
      if (type !== out.dtype) return b.cast(reduced, out.dtype)
      if (!def.extremum || !isFloat(type)) return reduced
      // ONNX Runtime's extrema drop a NaN or keep it depending on where it stands.
      const lost = b.cast(over('ReduceMax', b.cast(b.op('IsNaN', [name]), 'uint8')), 'bool')
      return b.op('Where', [lost, b.constant([Number.NaN], type, []), reduced])
    },
    checks: {
      samples: [
        { inputs: [{ shape: [2, 3, 4], distinct: true }], attrs: { axes: [0, 2], keepDims: false } },
        { inputs: [{ shape: [3, 5], distinct: true }], attrs: { axes: [1], keepDims: true } },
        { inputs: [{ shape: [3, 1], distinct: true }], attrs: { axes: [0], keepDims: false } },
        { inputs: [{ shape: [4], dtype: 'int32', domain: [-4, 4] }], attrs: { axes: [0], keepDims: false } },
        { inputs: [{ shape: [4], dtype: 'uint8', domain: [0, 3] }], attrs: { axes: [0], keepDims: false } },
      ],
    },
  }
  return op
}

/** The cotangent of an extremum, shared equally among the elements that attain it. */
const extremumVjp: ReduceDef['vjp'] = (g, x, out, attrs) => {
  const hit = cast(equal(x, unreduce(out, x, attrs)), x.dtype)
  const share = div(hit, sum(hit, attrs.axes, { keepDims: true }))
  return mul(unreduce(g, x, attrs), share)
}

const maxOp = defineReduce({
  name: 'max',
  formula: 'largest element; NaN if any is',
  onnx: 'ReduceMax',
  start: Number.NEGATIVE_INFINITY,
  fold: Math.max,
  vjp: extremumVjp,
  extremum: true,
})
const minOp = defineReduce({
  name: 'min',
  formula: 'smallest element; NaN if any is',
  onnx: 'ReduceMin',
  start: Number.POSITIVE_INFINITY,
  fold: Math.min,
  vjp: extremumVjp,
  extremum: true,
})
const prodOp = defineReduce({
  name: 'prod',
  formula: 'Π xᵢ',
  onnx: 'ReduceProd',
  start: 1,
  fold: (p, x) => p * x,
  // The product of the others, without dividing by zero: with one zero only that element has a gradient, with two none has.
  vjp: (g, x, _out, attrs) => {
    const one = constant(1, x.dtype)
    const zero = constant(0, x.dtype)
    const isZero = equal(x, zero)
    const safe = where(isZero, one, x)
    const product = prod(safe, attrs.axes, { keepDims: true })
    const zeros = sum(cast(isZero, x.dtype), attrs.axes, { keepDims: true })
    const plain = where(equal(zeros, zero), div(product, safe), zero)
    const others = where(isZero, where(equal(zeros, one), product, zero), plain)
    return mul(unreduce(g, x, attrs), others)
  },
  extremum: false,
})

const reducer =
  (op: Op<ReduceAttrs>) =>
  (x: Node, axes?: number | readonly number[], options: ReduceOptions = {}): Node => {
    const list = normalizeAxes(op.name, axes, x.shape.length)
    if (list.length === 0) return x
    return apply(op, [x], { axes: list, keepDims: options.keepDims ?? false })
  }
/** Largest element over axes (all by default). Ties share the gradient. */
export const max = reducer(maxOp)
/** Smallest element over axes (all by default). Ties share the gradient. */
export const min = reducer(minOp)
/** Product over axes (all by default). */
export const prod = reducer(prodOp)

type ArgAttrs = { readonly axis: number; readonly keepDims: boolean }
const defineArg = (
  name: string,
  formula: string,
  onnx: string,
  better: (a: number, b: number) => boolean,
): Op<ArgAttrs> => {
  const op: Op<ArgAttrs> = {
    name,
    formula,
    infer: ([x], { axis, keepDims }) => {
      requireDType(name, x!.dtype, numericDTypes)
      if (x!.shape[axis] === 0) {
        throw new ShapeError(
          `${name}: ${show(x!.shape)} has no elements along axis ${axis}. Pass at least one element.`,
          { shape: x!.shape, axis },
        )
      }
      return { shape: reducedShape(x!.shape, { axes: [axis], keepDims }), dtype: 'int32' }
    },
    batch: ([x], _batched, attrs) => apply(op, [x!], { ...attrs, axis: attrs.axis + 1 }),
    kernel: ([x], out, { axis }) => {
      const { outer, n, inner } = splitAt(x!.shape, axis)
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          let best = 0
          for (let k = 1; k < n; k++) {
            if (better(x!.data[(o * n + k) * inner + i]!, x!.data[(o * n + best) * inner + i]!)) best = k
          }
          out.data[o * inner + i] = best
        }
      }
    },
    lower: (b, [x], _out, { axis, keepDims }) => {
      const type = computeDType(x!.dtype) === 'int64' ? 'float64' : computeDType(x!.dtype)
      const name = type === x!.dtype ? x!.name : b.cast(x!.name, type)
      return b.cast(b.op(onnx, [name], { axis, keepdims: keepDims ? 1 : 0 }), 'int32')
    },
    checks: {
      samples: [
        { inputs: [{ shape: [2, 3, 4], distinct: true }], attrs: { axis: 1, keepDims: false } },
        { inputs: [{ shape: [5], distinct: true }], attrs: { axis: 0, keepDims: true } },
        { inputs: [{ shape: [3, 4], dtype: 'int32', domain: [0, 2] }], attrs: { axis: 1, keepDims: false } },
      ],
    },
  }
  return op
}
const argmaxOp = defineArg('argmax', 'index of the first largest element', 'ArgMax', (a, b) => a > b)
const argminOp = defineArg('argmin', 'index of the first smallest element', 'ArgMin', (a, b) => a < b)

const argReducer =
  (op: Op<ArgAttrs>) =>
  (x: Node, axis?: number, options: ReduceOptions = {}): Node => {
    const flat = axis === undefined ? reshape(x, [-1]) : x
    const at = normalizeAxis(op.name, axis ?? 0, flat.shape.length)
    const keepDims = (options.keepDims ?? false) && axis !== undefined
    const index = apply(op, [flat], { axis: at, keepDims })
    return axis === undefined && options.keepDims
      ? reshape(
          index,
          x.shape.map(() => 1),
        )
      : index
  }
/** int32 index of the largest element along an axis, or in the flattened tensor. The first of equals. */
export const argmax = argReducer(argmaxOp)
/** int32 index of the smallest element along an axis, or in the flattened tensor. The first of equals. */
export const argmin = argReducer(argminOp)

const countOf = (where: string, x: Node, axes?: number | readonly number[]): number =>
  normalizeAxes(where, axes, x.shape.length).reduce((n, a) => n * x.shape[a]!, 1)

const meanOp: Op<ReduceAttrs> = {
  name: 'mean',
  formula: 'Σ xᵢ / n over the axes',
  infer: ([x], attrs) => {
    requireDType('mean', x!.dtype, floatDTypes)
    return { shape: reducedShape(x!.shape, attrs), dtype: x!.dtype }
  },
  compose: ([x], attrs) => div(sum(x!, attrs.axes, attrs), constant(countOf('mean', x!, attrs.axes), x!.dtype)),
  vjp: (g, [x], _out, attrs) => [unreduce(div(g, constant(countOf('mean', x!, attrs.axes), x!.dtype)), x!, attrs)],
  lower: (b, [x], _out, { axes, keepDims }) =>
    x!.shape.includes(0) ? null : b.op('ReduceMean', [x!.name, b.ints(axes)], { keepdims: keepDims ? 1 : 0 }),
  checks: {
    samples: [
      { inputs: [{ shape: [2, 3, 4] }], attrs: { axes: [0, 2], keepDims: false } },
      { inputs: [{ shape: [3, 5] }], attrs: { axes: [1], keepDims: true } },
    ],
  },
}
/** Arithmetic mean over axes (all by default). Of no elements it is NaN. */
export const mean = (x: Node, axes?: number | readonly number[], options: ReduceOptions = {}): Node => {
  requireDType('mean', x.dtype, floatDTypes)
  const list = normalizeAxes('mean', axes, x.shape.length)
  return list.length === 0 ? x : apply(meanOp, [x], { axes: list, keepDims: options.keepDims ?? false })
}

export interface VarianceOptions extends ReduceOptions {
  /** Divides by n − correction. Default 1 (Bessel's, as PyTorch); 0 gives the population variance (as NumPy). */
  readonly correction?: number
}
/**
 * Σ (x − mean)² / (n − correction) over axes (all by default).
 *
 * Source: Chan, Golub & LeVeque 1983, the corrected two-pass algorithm.
 */
export const variance = (x: Node, axes?: number | readonly number[], options: VarianceOptions = {}): Node => {
  requireDType('variance', x.dtype, floatDTypes)
  const n = countOf('variance', x, axes)
  const centred = sub(x, mean(x, axes, { keepDims: true }))
  // The rounding of the mean leaves a sum that would be 0, whose square the variance of large numbers would contain.
  const rest = stopGradient(sum(centred, axes, options))
  const squares = sub(sum(mul(centred, centred), axes, options), div(mul(rest, rest), constant(n, x.dtype)))
  return div(squares, constant(Math.max(n - (options.correction ?? 1), 0), x.dtype))
}
/** Square root of the variance. */
export const std = (x: Node, axes?: number | readonly number[], options: VarianceOptions = {}): Node => {
  requireDType('std', x.dtype, floatDTypes)
  return sqrt(variance(x, axes, options))
}

/** ln Σ e^x over axes (all by default), without overflow; −∞ where all are −∞. */
export const logSumExp = (x: Node, axes?: number | readonly number[], options: ReduceOptions = {}): Node => {
  requireDType('logSumExp', x.dtype, floatDTypes)
  const list = normalizeAxes('logSumExp', axes, x.shape.length)
  // Of nothing there is no largest, and the sum is 0.
  if (list.some(a => x.shape[a] === 0)) return log(sum(exp(x), list, options))
  const top = max(x, list, { keepDims: true })
  // An infinite maximum would give ∞ − ∞.
  const finite = less(mul(top, constant(0, x.dtype)), constant(1, x.dtype))
  const shift = stopGradient(where(finite, top, constant(0, x.dtype)))
  const total = add(log(sum(exp(sub(x, shift)), list, { keepDims: true })), shift)
  return reshape(total, reducedShape(x.shape, { axes: list, keepDims: options.keepDims ?? false }))
}

const stopGradientOp: Op = {
  name: 'stopGradient',
  anyDType: true,
  formula: 'x, with no gradient',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  kernel: ([x], out) => out.data.set(x!.data),
  batch: ([x]) => stopGradient(x!),
  lower: (_b, [x]) => x!.name,
  checks: { samples: [{ inputs: [{ shape: [3] }] }] },
}
/** The same value, treated as a constant by differentiation. */
export const stopGradient = (x: Node): Node => apply(stopGradientOp, [x], {})

/** Whether any element over the axes is true (all axes by default). */
export const any = (x: Node, axes?: number | readonly number[], options: ReduceOptions = {}): Node => {
  requireDType('any', x.dtype, ['bool'])
  return greater(sum(x, axes, options), constant(0, 'int32'))
}
/** Whether all elements over the axes are true (all axes by default). */
export const all = (x: Node, axes?: number | readonly number[], options: ReduceOptions = {}): Node => {
  requireDType('all', x.dtype, ['bool'])
  return equal(sum(x, axes, options), constant(countOf('all', x, axes), 'int32'))
}

export const reduceOps: readonly Op[] = [
  meanOp,
  maxOp,
  minOp,
  prodOp,
  argmaxOp,
  argminOp,
  stopGradientOp,
] as unknown as readonly Op[]
