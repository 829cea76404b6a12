import { numericDTypes, signedDTypes } from '../core/dtype.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add, constant, div, fullLike, mul, neg } from './arithmetic.ts'
import { type BinaryOp, defineBinary, defineUnary, type UnaryOp } from './define-elementwise.ts'

const plus = (x: Node, c: number): Node => add(x, constant(c, x.dtype))
const times = (x: Node, c: number): Node => mul(x, constant(c, x.dtype))

export const abs: UnaryOp = defineUnary({
  name: 'abs',
  formula: '|x|',
  dtypes: signedDTypes,
  scalar: (s, x) => s.abs(x),
  vjp: (g, x) => mul(g, sign(x)),
  domain: [-3, 3],
  kinks: [0],
})
export const sign: UnaryOp = defineUnary({
  name: 'sign',
  formula: '−1, 0 or 1',
  dtypes: signedDTypes,
  scalar: (s, x) => s.sign(x),
  vjp: (_g, x) => fullLike(x, 0),
  domain: [-3, 3],
  kinks: [0],
})

/** Rounding is flat almost everywhere: its gradient is 0. */
const rounding = (
  name: string,
  formula: string,
  scalar: Parameters<typeof defineUnary>[0]['scalar'],
  halves = false,
): UnaryOp =>
  defineUnary({
    name,
    formula,
    scalar,
    vjp: (_g, x) => fullLike(x, 0),
    domain: [-3, 3],
    kinks: Array.from({ length: 7 }, (_, i) => i - 3 + (halves ? 0.5 : 0)),
  })
export const floor = rounding('floor', '⌊x⌋', (s, x) => s.floor(x))
export const ceil = rounding('ceil', '⌈x⌉', (s, x) => s.ceil(x))
export const round = rounding('round', 'nearest integer, halves to even', (s, x) => s.round(x), true)

export const square: UnaryOp = defineUnary({
  name: 'square',
  formula: 'x²',
  dtypes: numericDTypes,
  scalar: (s, x) => s.mul(x, x),
  vjp: (g, x) => times(mul(g, x), 2),
  domain: [-3, 3],
})
export const sqrt: UnaryOp = defineUnary({
  name: 'sqrt',
  formula: '√x; NaN below 0; gradient infinite at 0',
  scalar: (s, x) => s.sqrt(x),
  vjp: (g, _x, out) => div(times(g, 0.5), out),
  domain: [0.1, 5],
})
export const rsqrt: UnaryOp = defineUnary({
  name: 'rsqrt',
  formula: '1/√x',
  scalar: (s, x) => s.div(s.lit(1), s.sqrt(x)),
  vjp: (g, x, out) => times(div(mul(g, out), x), -0.5),
  domain: [0.1, 5],
})
export const reciprocal: UnaryOp = defineUnary({
  name: 'reciprocal',
  formula: '1/x',
  scalar: (s, x) => s.div(s.lit(1), x),
  vjp: (g, _x, out) => neg(mul(g, mul(out, out))),
  domain: [0.2, 3],
})
export const exp: UnaryOp = defineUnary({
  name: 'exp',
  formula: 'eˣ',
  scalar: (s, x) => s.exp(x),
  vjp: (g, _x, out) => mul(g, out),
  domain: [-3, 3],
})
export const expm1: UnaryOp = defineUnary({
  name: 'expm1',
  formula: 'eˣ − 1, exact near 0',
  scalar: (s, x) => s.expm1(x),
  vjp: (g, _x, out) => mul(g, plus(out, 1)),
  domain: [-3, 3],
})
export const log1p: UnaryOp = defineUnary({
  name: 'log1p',
  formula: 'ln(1 + x), exact near 0',
  scalar: (s, x) => s.log1p(x),
  vjp: (g, x) => div(g, plus(x, 1)),
  domain: [-0.8, 4],
})
export const sin: UnaryOp = defineUnary({
  name: 'sin',
  formula: 'sin x (radians)',
  scalar: (s, x) => s.sin(x),
  vjp: (g, x) => mul(g, cos(x)),
  domain: [-6, 6],
})
export const cos: UnaryOp = defineUnary({
  name: 'cos',
  formula: 'cos x (radians)',
  scalar: (s, x) => s.cos(x),
  vjp: (g, x) => neg(mul(g, sin(x))),
  domain: [-6, 6],
})
export const tan: UnaryOp = defineUnary({
  name: 'tan',
  formula: 'tan x (radians)',
  scalar: (s, x) => s.tan(x),
  vjp: (g, _x, out) => mul(g, plus(mul(out, out), 1)),
  domain: [-1.3, 1.3],
})
export const asin: UnaryOp = defineUnary({
  name: 'asin',
  formula: 'arcsin x, in [−π/2, π/2]',
  scalar: (s, x) => s.asin(x),
  vjp: (g, x) => mul(g, rsqrt(plus(neg(mul(x, x)), 1))),
  domain: [-0.9, 0.9],
})
export const acos: UnaryOp = defineUnary({
  name: 'acos',
  formula: 'arccos x, in [0, π]',
  scalar: (s, x) => s.acos(x),
  vjp: (g, x) => neg(mul(g, rsqrt(plus(neg(mul(x, x)), 1)))),
  domain: [-0.9, 0.9],
})
export const atan: UnaryOp = defineUnary({
  name: 'atan',
  formula: 'arctan x, in (−π/2, π/2)',
  scalar: (s, x) => s.atan(x),
  vjp: (g, x) => div(g, plus(mul(x, x), 1)),
  domain: [-4, 4],
})
export const atan2: BinaryOp = defineBinary({
  name: 'atan2',
  formula: 'angle of the point (x = b, y = a), in [−π, π]',
  scalar: (s, y, x) => {
    const zero = s.lit(0)
    const one = s.lit(1)
    // 1/v tells −0 from 0: on either side of the cut the angle is −π or π.
    const negative = (v: typeof x) => s.or(s.less(v, zero), s.less(s.div(one, v), zero))
    const onAxis = s.equal(x, zero)
    const base = s.atan(s.div(y, s.select(onAxis, one, x)))
    const turn = s.select(negative(y), s.lit(-Math.PI), s.lit(Math.PI))
    const upright = s.and(onAxis, s.not(s.equal(y, zero)))
    return s.select(upright, s.mul(s.sign(y), s.lit(Math.PI / 2)), s.select(negative(x), s.add(base, turn), base))
  },
  vjp: (g, y, x) => {
    const scaled = div(g, add(mul(x, x), mul(y, y)))
    return [mul(scaled, x), neg(mul(scaled, y))]
  },
  domain: [0.2, 3],
  domainB: [-3, -0.2],
})
export const sinh: UnaryOp = defineUnary({
  name: 'sinh',
  formula: '(eˣ − e⁻ˣ)/2',
  scalar: (s, x) => s.mul(s.sub(s.expm1(x), s.expm1(s.neg(x))), s.lit(0.5)),
  onnx: 'Sinh',
  vjp: (g, x) => mul(g, cosh(x)),
  domain: [-3, 3],
})
export const cosh: UnaryOp = defineUnary({
  name: 'cosh',
  formula: '(eˣ + e⁻ˣ)/2',
  scalar: (s, x) => s.mul(s.add(s.exp(x), s.exp(s.neg(x))), s.lit(0.5)),
  onnx: 'Cosh',
  vjp: (g, x) => mul(g, sinh(x)),
  domain: [-3, 3],
})
export const tanh: UnaryOp = defineUnary({
  name: 'tanh',
  formula: '(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)',
  scalar: (s, x) => s.tanh(x),
  vjp: (g, _x, out) => mul(g, plus(neg(mul(out, out)), 1)),
  domain: [-3, 3],
})
export const asinh: UnaryOp = defineUnary({
  name: 'asinh',
  formula: 'ln(x + √(x² + 1))',
  // On |x| with log1p: nothing cancels near 0 or for large negative x. Through 1/x, so that x² does not overflow.
  scalar: (s, x) => {
    const a = s.abs(x)
    const r = s.div(s.lit(1), a)
    const rest = s.div(a, s.add(r, s.sqrt(s.add(s.mul(r, r), s.lit(1)))))
    return s.mul(s.sign(x), s.log1p(s.add(a, rest)))
  },
  onnx: 'Asinh',
  vjp: (g, x) => mul(g, rsqrt(plus(mul(x, x), 1))),
  domain: [-4, 4],
})
export const acosh: UnaryOp = defineUnary({
  name: 'acosh',
  formula: 'ln(x + √(x² − 1)), x ≥ 1; NaN below',
  // √(x − 1) √(x + 1) is NaN below 1, where x² − 1 turns positive again, and does not overflow.
  scalar: (s, x) => {
    const t = s.sub(x, s.lit(1))
    return s.log1p(s.add(t, s.mul(s.sqrt(t), s.sqrt(s.add(x, s.lit(1))))))
  },
  onnx: 'Acosh',
  vjp: (g, x) => mul(g, rsqrt(plus(mul(x, x), -1))),
  domain: [1.2, 5],
})
export const atanh: UnaryOp = defineUnary({
  name: 'atanh',
  formula: 'ln((1 + x)/(1 − x))/2, |x| < 1',
  // On |x|: near −1 the quotient would nearly cancel the 1 of log1p.
  scalar: (s, x) => {
    const a = s.abs(x)
    return s.mul(s.mul(s.sign(x), s.lit(0.5)), s.log1p(s.div(s.add(a, a), s.sub(s.lit(1), a))))
  },
  onnx: 'Atanh',
  vjp: (g, x) => div(g, plus(neg(mul(x, x)), 1)),
  domain: [-0.9, 0.9],
})
export const erf: UnaryOp = defineUnary({
  name: 'erf',
  formula: '2/√π ∫₀ˣ e^(−t²) dt',
  scalar: (s, x) => s.erf(x),
  vjp: (g, x) => mul(g, times(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
  domain: [-3, 3],
})
const notANumber: UnaryOp = defineUnary({
  name: 'isNaN',
  formula: 'x ≠ x',
  predicate: true,
  scalar: (s, x) => s.not(s.equal(x, x)),
  domain: [-3, 3],
})
export { notANumber as isNaN }

export const mathOps: readonly Op[] = [
  ...[
    abs,
    sign,
    floor,
    ceil,
    round,
    square,
    sqrt,
    rsqrt,
    reciprocal,
    exp,
    expm1,
    log1p,
    sin,
    cos,
    tan,
    asin,
    acos,
    atan,
  ].map(f => f.op),
  ...[atan2, sinh, cosh, tanh, asinh, acosh, atanh, erf, notANumber].map(f => f.op),
]
