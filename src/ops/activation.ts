import { numericDTypes } from '../core/dtype.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add, cast, constant, greater, mul, neg, sub } from './arithmetic.ts'
import { defineUnary, type UnaryOp } from './define-elementwise.ts'
import { erf, exp } from './math.ts'
import type { Scalars } from './scalars.ts'

const plus = (x: Node, c: number): Node => add(x, constant(c, x.dtype))
const times = (x: Node, c: number): Node => mul(x, constant(c, x.dtype))

export const relu: UnaryOp = defineUnary({
  name: 'relu',
  formula: 'max(x, 0); gradient 0 at 0',
  dtypes: numericDTypes,
  scalar: (s, x) => s.max(x, s.lit(0)),
  onnx: 'Relu',
  vjp: (g, x) => mul(g, cast(greater(x, constant(0, x.dtype)), g.dtype)),
  domain: [-3, 3],
  kinks: [0],
})

const logistic = <V>(s: Scalars<V>, x: V): V => s.div(s.lit(1), s.add(s.lit(1), s.exp(s.neg(x))))

export const sigmoid: UnaryOp = defineUnary({
  name: 'sigmoid',
  formula: '1/(1 + e⁻ˣ)',
  scalar: logistic,
  onnx: 'Sigmoid',
  vjp: (g, _x, out) => mul(g, mul(out, plus(neg(out), 1))),
  domain: [-8, 8],
})

/** x σ(x), also called swish. Source: Elfwing et al. 2018, equation 6. */
export const silu = (x: Node): Node => mul(x, sigmoid(x))

export const softplus: UnaryOp = defineUnary({
  name: 'softplus',
  formula: 'ln(1 + eˣ), without overflow',
  scalar: (s, x) => s.add(s.max(x, s.lit(0)), s.log1p(s.exp(s.neg(s.abs(x))))),
  vjp: (g, x) => mul(g, sigmoid(x)),
  domain: [-8, 8],
})

export const geluErf: UnaryOp = defineUnary({
  name: 'gelu',
  formula: 'x Φ(x) = x (1 + erf(x/√2))/2',
  source: 'Hendrycks & Gimpel 2016, section 2',
  scalar: (s, x) => s.mul(s.mul(s.lit(0.5), x), s.add(s.lit(1), s.erf(s.mul(x, s.lit(Math.SQRT1_2))))),
  onnx: 'Gelu',
  vjp: (g, x) => {
    const cdf = times(plus(erf(times(x, Math.SQRT1_2)), 1), 0.5)
    const pdf = times(exp(times(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
    return mul(g, add(cdf, mul(x, pdf)))
  },
  domain: [-4, 4],
})

// With u = √(2/π) (x + 0.044715 x³), (1 + tanh u)/2 is σ(2u): the approximation is x σ(2u), and 2u = x (c1 + c3 x²).
const c1 = 2 * Math.sqrt(2 / Math.PI)
const c3 = c1 * 0.044715
export const geluTanh: UnaryOp = defineUnary({
  name: 'geluTanh',
  formula: 'x (1 + tanh(√(2/π) (x + 0.044715 x³)))/2',
  source: 'Hendrycks & Gimpel 2016, section 2',
  scalar: (s, x) => s.mul(x, logistic(s, s.mul(x, s.add(s.lit(c1), s.mul(s.lit(c3), s.mul(x, x)))))),
  onnx: 'Gelu',
  onnxAttrs: { approximate: 'tanh' },
  // With s = σ(2u): (x s)' = s + (x s)(1 − s) (2u)'.
  vjp: (g, x, out) => {
    const x2 = mul(x, x)
    const gate = sigmoid(mul(x, plus(times(x2, c3), c1)))
    const slope = plus(times(x2, 3 * c3), c1)
    return mul(g, add(gate, mul(mul(out, slope), sub(constant(1, x.dtype), gate))))
  },
  domain: [-4, 4],
})

export interface GeluOptions {
  /** `none` is exact; `tanh` is GPT-2's approximation. Default `none`. */
  readonly approximate?: 'none' | 'tanh'
}
/** Gaussian error linear unit. */
export const gelu = (x: Node, options: GeluOptions = {}): Node =>
  options.approximate === 'tanh' ? geluTanh(x) : geluErf(x)

export const activationOps: readonly Op[] = [relu, sigmoid, softplus, geluErf, geluTanh].map(f => f.op)
