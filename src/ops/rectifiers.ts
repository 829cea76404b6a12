import { floatDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { broadcastShapes, normalizeAxis, sameShape, show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { sigmoid, softplus } from './activation.ts'
import { add, arange, cast, constant, div, equal, greater, less, minimum, mul, neg, where } from './arithmetic.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { reshape } from './broadcast.ts'
import { defineUnary, type UnaryOp } from './define-elementwise.ts'
import { defineParametric, type ParametricOp } from './define-parametric.ts'
import { abs, exp, tanh } from './math.ts'
import { split } from './movement.ts'
import { argmax } from './reduce.ts'
import { clamp } from './rounding.ts'

// Activations made of pieces. At a kink the gradient is that of the piece on the left, as PyTorch's.

const literal = (x: Node, c: number): Node => constant(c, x.dtype)
const times = (x: Node, c: number): Node => mul(x, literal(x, c))
/** g where x > 0, and g times a slope elsewhere. */
const leftSlope = (g: Node, x: Node, slope: (left: Node) => Node): Node =>
  mul(g, where(greater(x, literal(x, 0)), literal(x, 1), slope(minimum(x, literal(x, 0)))))

type AlphaAttrs = { readonly alpha: number }
const eluOp: ParametricOp<AlphaAttrs> = defineParametric<AlphaAttrs>({
  name: 'elu',
  formula: 'x, to the left of 0 α (eˣ − 1)',
  source: 'Clevert, Unterthiner & Hochreiter 2016, equation 15',
  scalar: (s, x, { alpha }) => s.select(s.less(s.lit(0), x), x, s.mul(s.lit(alpha), s.expm1(s.min(x, s.lit(0))))),
  onnx: ({ alpha }) => ({ type: 'Elu', attrs: { alpha: { float: alpha } } }),
  vjp: (g, x, _out, { alpha }) => leftSlope(g, x, left => times(exp(left), alpha)),
  samples: [{ alpha: 1 }, { alpha: 0.5 }],
  domain: [-3, 3],
  kinks: [0],
})
/** x, to the left of 0 α (eˣ − 1). */
export const elu = (x: Node, alpha = 1): Node => eluOp(x, { alpha })

// The constants that keep mean 0 and variance 1: Klambauer et al. 2017, equation 14.
const seluAlpha = 1.6732632423543772
const seluScale = 1.0507009873554805
/** Self-normalising: λ times elu with α, the fixed constants 1.0507… and 1.6733…. Source: Klambauer et al. 2017, equation 2. */
export const selu = (x: Node): Node => times(elu(x, seluAlpha), seluScale)

/** max(x, 0) + min(0, α (e^(x/α) − 1)), smooth for any α above 0. Source: Barron 2017, equation 2. */
export const celu = (x: Node, alpha = 1): Node => {
  if (!(alpha > 0)) throw new ArgumentError(`celu: alpha must be a number above 0; got ${alpha}.`, { alpha })
  return times(elu(times(x, 1 / alpha), 1), alpha)
}

const leakyReluOp: ParametricOp<AlphaAttrs> = defineParametric<AlphaAttrs>({
  name: 'leakyRelu',
  formula: 'x, to the left of 0 α x',
  source: 'Maas, Hannun & Ng 2013, equation 2',
  scalar: (s, x, { alpha }) => s.select(s.less(s.lit(0), x), x, s.mul(s.lit(alpha), x)),
  onnx: ({ alpha }) => ({ type: 'LeakyRelu', attrs: { alpha: { float: alpha } } }),
  vjp: (g, x, _out, { alpha }) => leftSlope(g, x, left => literal(left, alpha)),
  samples: [{ alpha: 0.01 }, { alpha: 0.3 }],
  domain: [-3, 3],
  kinks: [0],
})
/** x, to the left of 0 α x. Default α 0.01 (PyTorch's and ONNX's). */
export const leakyRelu = (x: Node, alpha = 0.01): Node => leakyReluOp(x, { alpha })

/** x, to the left of 0 weight · x; the weight broadcasts to x. Source: He et al. 2015, equation 1. */
export const prelu = (x: Node, weight: Node): Node => {
  requireDType('prelu', x.dtype, floatDTypes)
  requireSameDType('prelu', x, weight)
  if (!sameShape(broadcastShapes('prelu', x.shape, weight.shape), x.shape)) {
    throw new ShapeError(
      `prelu: the weight is ${show(weight.shape)} and x ${show(x.shape)}. The weight must broadcast to x: reshape one of n channels to [n, 1, 1].`,
      { weight: weight.shape, x: x.shape },
    )
  }
  return where(greater(x, literal(x, 0)), x, mul(weight, x))
}

export interface HardSigmoidOptions {
  /** Slope. Default 1/6 (PyTorch's, and Keras's since 3; ONNX's default is 0.2). */
  readonly alpha?: number
  /** Value at 0. Default 0.5. */
  readonly beta?: number
}
/** The straight line α x + β between 0 and 1. */
export const hardSigmoid = (x: Node, { alpha = 1 / 6, beta = 0.5 }: HardSigmoidOptions = {}): Node => {
  requireDType('hardSigmoid', x.dtype, floatDTypes)
  return clamp(add(times(x, alpha), literal(x, beta)), { min: 0, max: 1 })
}
/** x times the hard sigmoid. Source: Howard et al. 2019, section 5.2. */
export const hardSwish = (x: Node): Node => mul(x, hardSigmoid(x))

export interface HardTanhOptions {
  /** Default −1. */
  readonly min?: number
  /** Default 1. */
  readonly max?: number
}
/** x between −1 and 1, these outside. The gradient is 1 on the bounds too. */
export const hardTanh = (x: Node, { min = -1, max = 1 }: HardTanhOptions = {}): Node => clamp(x, { min, max })
/** x between 0 and 6, these outside. */
export const relu6 = (x: Node): Node => clamp(x, { min: 0, max: 6 })

/** x tanh(ln(1 + eˣ)). Source: Misra 2020, equation 1. */
export const mish = (x: Node): Node => mul(x, tanh(softplus(x)))
/** x σ(β x). Source: Ramachandran, Zoph & Le 2017, section 3. */
export const swish = (x: Node, beta = 1): Node => mul(x, sigmoid(times(x, beta)))
/** ln σ(x), without overflow. */
export const logSigmoid = (x: Node): Node => neg(softplus(neg(x)))

export const softsign: UnaryOp = defineUnary({
  name: 'softsign',
  formula: 'x/(1 + |x|)',
  scalar: (s, x) => s.div(x, s.add(s.lit(1), s.abs(x))),
  vjp: (g, x) => {
    const size = add(abs(x), literal(x, 1))
    return div(g, mul(size, size))
  },
  domain: [-3, 3],
  kinks: [0],
})

/** x where it is above α, else 0. Default 1. */
export const thresholdedRelu = (x: Node, alpha = 1): Node => {
  requireDType('thresholdedRelu', x.dtype, floatDTypes)
  // Written so that NaN stays.
  return where(less(x, literal(x, alpha)), literal(x, 0), where(equal(x, literal(x, alpha)), literal(x, 0), x))
}

export interface ShrinkOptions {
  /** Within ±lambda the result is 0. Default 0.5. */
  readonly lambda?: number
}
const shrinkBy = (name: string, x: Node, lambda: number, bias: number): Node => {
  requireDType(name, x.dtype, floatDTypes)
  if (!(lambda >= 0))
    throw new ArgumentError(`${name}: lambda must be a number of at least 0; got ${lambda}.`, { lambda })
  const right = greater(x, literal(x, lambda))
  const left = less(x, literal(x, -lambda))
  const moved = where(right, add(x, literal(x, -bias)), where(left, add(x, literal(x, bias)), literal(x, 0)))
  return where(equal(x, x), moved, x)
}
/** x moved towards 0 by a bias outside ±lambda, else 0 (ONNX's `Shrink`). */
export const shrink = (x: Node, { lambda = 0.5, bias = 0 }: ShrinkOptions & { readonly bias?: number } = {}): Node =>
  shrinkBy('shrink', x, lambda, bias)
/** x outside ±lambda, else 0. */
export const hardShrink = (x: Node, { lambda = 0.5 }: ShrinkOptions = {}): Node => shrinkBy('hardShrink', x, lambda, 0)
/** x moved towards 0 by lambda, and 0 within ±lambda. */
export const softShrink = (x: Node, { lambda = 0.5 }: ShrinkOptions = {}): Node =>
  shrinkBy('softShrink', x, lambda, lambda)

/** The first half along an axis, gated by the sigmoid of the second. Source: Dauphin et al. 2017, equation 1. */
export const glu = (x: Node, axis = -1): Node => {
  requireDType('glu', x.dtype, floatDTypes)
  const at = normalizeAxis('glu', axis, x.shape.length)
  if (x.shape[at]! % 2 !== 0) {
    throw new ShapeError(
      `glu: axis ${at} of ${show(x.shape)} has size ${x.shape[at]}. It is cut into two halves and must be even.`,
      { shape: x.shape, axis: at },
    )
  }
  const [value, gate] = split(x, 2, at)
  return mul(value!, sigmoid(gate!))
}

/** 1 at the first largest element along an axis and 0 elsewhere. No gradient passes. */
export const hardmax = (x: Node, axis = -1): Node => {
  requireDType('hardmax', x.dtype, floatDTypes)
  const at = normalizeAxis('hardmax', axis, x.shape.length)
  const positions = reshape(
    arange(x.shape[at]!, 'int32'),
    x.shape.map((n, i) => (i === at ? n : 1)),
  )
  return cast(equal(argmax(x, at, { keepDims: true }), positions), x.dtype)
}

export const rectifierOps: readonly Op[] = [eluOp, leakyReluOp, softsign].map(f => f.op)
