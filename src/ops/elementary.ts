import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { constant, div, equal, lessEqual, log, logicalAnd, mul, sub, where } from './arithmetic.ts'
import { type BinaryOp, defineBinary, defineUnary, type UnaryOp } from './define-elementwise.ts'
import { cos } from './math.ts'
import { clamp } from './rounding.ts'

const times = (x: Node, c: number): Node => mul(x, constant(c, x.dtype))

const logarithm = (name: string, formula: string, base: number): UnaryOp =>
  defineUnary({
    name,
    formula,
    scalar: (s, x) => s.mul(s.log(x), s.lit(1 / Math.log(base))),
    vjp: (g, x) => times(div(g, x), 1 / Math.log(base)),
    domain: [0.1, 5],
  })
/** Logarithm to base 2. */
export const log2: UnaryOp = logarithm('log2', 'ln x / ln 2', 2)
/** Logarithm to base 10. */
export const log10: UnaryOp = logarithm('log10', 'ln x / ln 10', 10)

export const exp2: UnaryOp = defineUnary({
  name: 'exp2',
  formula: '2ˣ',
  scalar: (s, x) => s.pow(s.lit(2), x),
  vjp: (g, _x, out) => times(mul(g, out), Math.LN2),
  domain: [-3, 3],
})

export const cbrt: UnaryOp = defineUnary({
  name: 'cbrt',
  formula: '∛x; gradient infinite at 0',
  // A power of a third, and one step of Newton's method for its last digits.
  scalar: (s, x) => {
    const a = s.abs(x)
    const root = s.pow(a, s.lit(1 / 3))
    const error = s.sub(root, s.div(s.div(a, root), root))
    const regular = s.and(s.less(s.lit(0), root), s.less(a, s.lit(Number.POSITIVE_INFINITY)))
    return s.mul(s.sign(x), s.select(regular, s.sub(root, s.div(error, s.lit(3))), root))
  },
  vjp: (g, _x, out) => times(div(g, mul(out, out)), 1 / 3),
  domain: [0.2, 5],
})

export const sinc: UnaryOp = defineUnary({
  name: 'sinc',
  formula: 'sin(πx)/(πx); 1 at 0',
  // Whole turns are taken away first: they are exact, and the sine of the rest keeps its digits.
  scalar: (s, x) => {
    const rest = s.sub(x, s.mul(s.lit(2), s.round(s.mul(x, s.lit(0.5)))))
    const sine = s.sin(s.mul(rest, s.lit(Math.PI)))
    const origin = s.equal(x, s.lit(0))
    const angle = s.select(origin, s.lit(1), s.mul(x, s.lit(Math.PI)))
    return s.select(origin, s.lit(1), s.div(sine, angle))
  },
  vjp: (g, x, out) => {
    const origin = equal(x, constant(0, x.dtype))
    const safe = where(origin, constant(1, x.dtype), x)
    return mul(g, where(origin, constant(0, x.dtype), div(sub(cos(times(x, Math.PI)), out), safe)))
  },
  domain: [0.2, 3],
})

const logitOp: UnaryOp = defineUnary({
  name: 'logit',
  formula: 'ln(x/(1 − x)), the inverse of sigmoid; ∓∞ at 0 and 1, NaN outside',
  // Around 1/2 the two logarithms nearly cancel, where 2x − 1 is exact.
  scalar: (s, x) => {
    const rest = s.sub(s.lit(1), x)
    const middle = s.log1p(s.div(s.sub(s.add(x, x), s.lit(1)), rest))
    return s.select(s.less(x, s.lit(0.25)), s.sub(s.log(x), s.log1p(s.neg(x))), middle)
  },
  vjp: (g, x) => div(g, mul(x, sub(constant(1, x.dtype), x))),
  domain: [0.05, 0.95],
})
export interface LogitOptions {
  /** x is kept in [epsilon, 1 − epsilon]. Default: as it is. */
  readonly epsilon?: number
}
/** ln(x/(1 − x)), the inverse of the sigmoid; ∓∞ at 0 and 1, NaN outside. */
export const logit = (x: Node, { epsilon }: LogitOptions = {}): Node =>
  logitOp(epsilon === undefined ? x : clamp(x, { min: epsilon, max: 1 - epsilon }))

/** x ln y, and 0 where x is 0, whatever y is but NaN. */
export const xlogy: BinaryOp = defineBinary({
  name: 'xlogy',
  formula: 'x ln y; 0 where x is 0, whatever y is but NaN',
  scalar: (s, x, y) => {
    const none = s.and(s.equal(x, s.lit(0)), s.equal(y, y))
    return s.select(none, s.lit(0), s.mul(x, s.log(y)))
  },
  vjp: (g, x, y) => {
    const zero = constant(0, x.dtype)
    const none = logicalAnd(equal(x, zero), lessEqual(y, zero))
    const safe = where(none, constant(1, x.dtype), y)
    return [mul(g, where(none, zero, log(safe))), mul(g, div(x, safe))]
  },
  domain: [0.1, 3],
})

export const elementaryOps: readonly Op[] = [log2, log10, exp2, cbrt, sinc, logitOp, xlogy].map(f => f.op)
