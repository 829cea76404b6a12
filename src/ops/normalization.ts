import { floatDTypes } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { normalizeAxis, sameShape, show } from '../core/shape.ts'
import type { OnnxBuilder, Value } from '../graph/lowering.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add, constant, div, mul, sub } from './arithmetic.ts'
import { apply, requireDType, requireSameDType } from './apply.ts'
import { reshape, sum, sumTo } from './broadcast.ts'
import { matmul } from './linear-algebra.ts'
import { exp, rsqrt } from './math.ts'
import { logSumExp, max, mean, stopGradient } from './reduce.ts'

// Each of these is a composition of other operations that ONNX Runtime has one kernel for. The composition is the meaning
// (and what the reference computes); the kernel must agree with it.

const axisSamples = [
  { inputs: [{ shape: [3, 5] }], attrs: { axis: 1 } },
  { inputs: [{ shape: [2, 3, 4] }], attrs: { axis: 1 } },
  { inputs: [{ shape: [4] }], attrs: { axis: 0 } },
] as const

const softmaxOp: Op<{ axis: number }> = {
  name: 'softmax',
  formula: 'e^xᵢ / Σⱼ e^xⱼ',
  infer: ([x]) => {
    requireDType('softmax', x!.dtype, floatDTypes)
    return { shape: x!.shape, dtype: x!.dtype }
  },
  compose: ([x], { axis }) => {
    if (x!.shape[axis] === 0) return x!
    const shifted = exp(sub(x!, stopGradient(max(x!, axis, { keepDims: true }))))
    return div(shifted, sum(shifted, axis, { keepDims: true }))
  },
  vjp: (g, _inputs, out, { axis }) => {
    const weighted = mul(g, out)
    return [sub(weighted, mul(out, sum(weighted, axis, { keepDims: true })))]
  },
  lower: (b, [x], _out, { axis }) => b.op('Softmax', [x!.name], { axis }),
  checks: { samples: axisSamples },
}
/** Probabilities along an axis: positive and summing to 1. */
export const softmax = (x: Node, axis = -1): Node =>
  apply(softmaxOp, [x], { axis: normalizeAxis('softmax', axis, x.shape.length) })

const logSoftmaxOp: Op<{ axis: number }> = {
  name: 'logSoftmax',
  formula: 'xᵢ − ln Σⱼ e^xⱼ',
  infer: ([x]) => {
    requireDType('logSoftmax', x!.dtype, floatDTypes)
    return { shape: x!.shape, dtype: x!.dtype }
  },
  compose: ([x], { axis }) => (x!.shape[axis] === 0 ? x! : sub(x!, logSumExp(x!, axis, { keepDims: true }))),
  vjp: (g, _inputs, out, { axis }) => [sub(g, mul(exp(out), sum(g, axis, { keepDims: true })))],
  lower: (b, [x], _out, { axis }) => b.op('LogSoftmax', [x!.name], { axis }),
  checks: { samples: axisSamples },
}
/** Log-probabilities along an axis, in nats. */
export const logSoftmax = (x: Node, axis = -1): Node =>
  apply(logSoftmaxOp, [x], { axis: normalizeAxis('logSoftmax', axis, x.shape.length) })

const layerNormOp: Op<{ epsilon: number }> = {
  name: 'layerNorm',
  formula: 'γ (x − mean)/√(variance + ε) + β over the last axes',
  source: 'Ba, Kiros & Hinton 2016, equation 4',
  infer: ([x, weight, bias]) => {
    requireDType('layerNorm', x!.dtype, floatDTypes)
    for (const p of [weight!, bias!]) requireSameDType('layerNorm', x!, p)
    const tail = weight!.shape.length === 0 ? [] : x!.shape.slice(-weight!.shape.length)
    if (weight!.shape.length === 0 || !sameShape(weight!.shape, tail) || !sameShape(bias!.shape, tail)) {
      throw new ShapeError(
        `layerNorm: weight is ${show(weight!.shape)}, bias ${show(bias!.shape)} and x ${show(x!.shape)}. Weight and bias must both have the last axes of x.`,
        { x: x!.shape, weight: weight!.shape, bias: bias!.shape },
      )
    }
    return { shape: x!.shape, dtype: x!.dtype }
  },
  compose: ([x, weight, bias], { epsilon }) =>
    add(mul(standardize(x!, weight!.shape.length, epsilon).normalized, weight!), bias!),
  vjp: (g, [x, weight, bias], _out, { epsilon }) => {
    const { normalized, rstd, axes } = standardize(x!, weight!.shape.length, epsilon)
    // Means of g·γ over the features as products with γ/n: no pass of their own.
    const size = weight!.shape.reduce((p, n) => p * n, 1)
    const column = mul(reshape(weight!, [size, 1]), constant(1 / size, x!.dtype))
    const weighted = (t: Node): Node =>
      reshape(
        matmul(reshape(t, [-1, size]), column),
        x!.shape.map((n, i) => (axes.includes(i) ? 1 : n)),
      )
    const along = mul(g, normalized)
    const rest = sub(mul(g, weight!), weighted(g))
    const dx = mul(sub(rest, mul(normalized, weighted(along))), rstd)
    return [dx, sumTo(along, weight!.shape), sumTo(g, bias!.shape)]
  },
  // ONNX holds epsilon as a float32: in float64 that would cost half the digits, so there the composition is lowered.
  lower: (b, [x, weight, bias], out, { epsilon }) =>
    out.dtype === 'float64'
      ? null
      : b.op('LayerNormalization', [x!.name, weight!.name, bias!.name], {
          axis: -weight!.shape.length,
          epsilon: { float: epsilon },
        }),
  checks: {
    samples: [
      { inputs: [{ shape: [3, 6] }, { shape: [6] }, { shape: [6] }], attrs: { epsilon: 1e-5 } },
      { inputs: [{ shape: [2, 3, 4] }, { shape: [3, 4] }, { shape: [3, 4] }], attrs: { epsilon: 1e-3 } },
    ],
    tolerance: 1e-5,
  },
}

type StandardizeAttrs = { readonly ndim: number; readonly epsilon: number }
const lastAxes = (x: Node, ndim: number): number[] => Array.from({ length: ndim }, (_, i) => x.shape.length - ndim + i)
const composeStandardized = (x: Node, { ndim, epsilon }: StandardizeAttrs): { normalized: Node; rstd: Node } => {
  const axes = lastAxes(x, ndim)
  const centred = sub(x, mean(x, axes, { keepDims: true }))
  const rstd = rsqrt(add(mean(mul(centred, centred), axes, { keepDims: true }), constant(epsilon, x.dtype)))
  return { normalized: mul(centred, rstd), rstd }
}
/** One kernel gives both: two records that lower to the same operator, of which each takes its output. */
const lowerStandardized = (
  b: OnnxBuilder,
  x: Value,
  { ndim, epsilon }: StandardizeAttrs,
  output: number,
): string | null => {
  if (x.dtype === 'float64') return null
  const tail = x.shape.slice(-ndim)
  const size = tail.reduce((p, n) => p * n, 1)
  const unit = b.constant(new Array<number>(size).fill(1), x.dtype, tail)
  return b.ops('LayerNormalization', [x.name, unit], 3, { axis: -ndim, epsilon: { float: epsilon } })[output]!
}
const standardizeSamples = [
  { inputs: [{ shape: [3, 6] }], attrs: { ndim: 1, epsilon: 1e-5 } },
  { inputs: [{ shape: [2, 3, 4] }], attrs: { ndim: 2, epsilon: 1e-3 } },
] as const
const standardizeOp: Op<StandardizeAttrs> = {
  name: 'standardize',
  formula: '(x − mean)/√(variance + ε) over the last axes',
  infer: ([x]) => {
    requireDType('standardize', x!.dtype, floatDTypes)
    return { shape: x!.shape, dtype: x!.dtype }
  },
  compose: ([x], attrs) => composeStandardized(x!, attrs).normalized,
  lower: (b, [x], _out, attrs) => lowerStandardized(b, x!, attrs, 0),
  checks: { samples: standardizeSamples, tolerance: 1e-5 },
}
const rstdOp: Op<StandardizeAttrs> = {
  name: 'rstd',
  formula: '1/√(variance + ε) over the last axes, kept as 1',
  infer: ([x], { ndim }) => {
    requireDType('rstd', x!.dtype, floatDTypes)
    return { shape: x!.shape.map((n, i) => (i < x!.shape.length - ndim ? n : 1)), dtype: x!.dtype }
  },
  compose: ([x], attrs) => composeStandardized(x!, attrs).rstd,
  lower: (b, [x], _out, attrs) => lowerStandardized(b, x!, attrs, 2),
  checks: { samples: standardizeSamples, tolerance: 1e-5 },
}
const standardize = (x: Node, ndim: number, epsilon: number): { normalized: Node; rstd: Node; axes: number[] } => {
  const attrs = { ndim, epsilon }
  return { normalized: apply(standardizeOp, [x], attrs), rstd: apply(rstdOp, [x], attrs), axes: lastAxes(x, ndim) }
}
export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5, PyTorch's and GPT-2's. */
  readonly epsilon?: number
}
/** Normalises the last axes (those of `weight`) to mean 0 and variance 1, then scales and shifts. */
export const layerNorm = (x: Node, weight: Node, bias: Node, options: LayerNormOptions = {}): Node =>
  apply(layerNormOp, [x, weight, bias], { epsilon: options.epsilon ?? 1e-5 })

export const normalizationOps: readonly Op[] = [
  softmaxOp,
  logSoftmaxOp,
  layerNormOp,
  standardizeOp,
  rstdOp,
] as unknown as readonly Op[]
