import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add, constant, div, equal, mul, neg, sub, where } from './arithmetic.ts'
import { defineParametric, type ParametricOp } from './define-parametric.ts'
import { abs, exp, sign } from './math.ts'
import { chebyshev } from './chebyshev.ts'
import type { Scalars } from './scalars.ts'
import { erfcSeries, erfinvSeries, i0eSeries, i1eSeries } from './special-coefficients.ts'

type None = Readonly<Record<never, never>>
const none: None = {}
const times = (x: Node, c: number): Node => mul(x, constant(c, x.dtype))

const erfcOp: ParametricOp<None> = defineParametric<None>({
  name: 'erfc',
  formula: '1 − erf x = 2/√π ∫ₓ^∞ e^(−t²) dt',
  source: 'Press et al. 2007, section 6.2: t e^(−z² + P(t)), t = 2/(2 + z), with a series computed anew',
  scalar: (s, x, _, precision) => {
    const z = s.abs(x)
    const t = s.div(s.lit(2), s.add(s.lit(2), z))
    const exponent = s.sub(chebyshev(s, s.sub(s.add(t, t), s.lit(1)), erfcSeries, precision), s.mul(z, z))
    const tail = s.mul(t, s.exp(exponent))
    return s.select(s.less(x, s.lit(0)), s.sub(s.lit(2), tail), tail)
  },
  vjp: (g, x) => mul(g, times(exp(neg(mul(x, x))), -2 / Math.sqrt(Math.PI))),
  samples: [],
  domain: [-3, 4],
})
/** 1 − erf x, which keeps its digits where erf is nearly 1. */
export const erfc = (x: Node): Node => erfcOp(x, none)

const erfinvOp: ParametricOp<None> = defineParametric<None>({
  name: 'erfinv',
  formula: 'the y with erf y = x; ±∞ at ±1, NaN beyond',
  source: 'Giles 2010: a function of w = −ln(1 − x²), here one Chebyshev series',
  scalar: (s, x, _, precision) => {
    const one = s.lit(1)
    const a = s.abs(x)
    const w = s.neg(s.log(s.mul(s.sub(one, a), s.add(one, a))))
    const v = s.div(w, s.add(w, s.lit(6)))
    const series = chebyshev(s, s.sub(s.mul(v, s.lit((2 * 43) / 37)), one), erfinvSeries, precision)
    const inside = s.mul(x, s.mul(s.sqrt(s.add(one, w)), series))
    return s.select(s.equal(a, one), s.mul(x, s.lit(Number.POSITIVE_INFINITY)), inside)
  },
  vjp: (g, _x, out) => mul(g, times(exp(mul(out, out)), Math.sqrt(Math.PI) / 2)),
  samples: [],
  domain: [-0.95, 0.95],
})
/** The inverse of erf: ±∞ at ±1, NaN beyond. */
export const erfinv = (x: Node): Node => erfinvOp(x, none)

/** 1 − 16/(|x| + 8), which runs from −1 at 0 to 1 at ∞. */
const compactified = <V>(s: Scalars<V>, a: V): V => s.sub(s.lit(1), s.div(s.lit(16), s.add(a, s.lit(8))))

const i0eOp: ParametricOp<None> = defineParametric<None>({
  name: 'i0e',
  formula: 'e^−|x| I₀(x), the modified Bessel function of order 0, scaled',
  scalar: (s, x, _, precision) => {
    const a = s.abs(x)
    return s.div(chebyshev(s, compactified(s, a), i0eSeries, precision), s.sqrt(s.add(a, s.lit(8))))
  },
  vjp: (g, x, out) => mul(g, sub(i1e(x), mul(sign(x), out))),
  samples: [],
  domain: [-9, 9],
  kinks: [0],
})
/** Modified Bessel function of order 0, e^−|x| I₀(x), scaled so that it does not overflow. */
export const i0e = (x: Node): Node => i0eOp(x, none)

const i1eOp: ParametricOp<None> = defineParametric<None>({
  name: 'i1e',
  formula: 'e^−|x| I₁(x), the modified Bessel function of order 1, scaled',
  scalar: (s, x, _, precision) => {
    const a = s.abs(x)
    const far = s.add(a, s.lit(8))
    const ratio = s.select(s.less(a, s.lit(Number.POSITIVE_INFINITY)), s.div(x, far), s.sign(x))
    return s.mul(ratio, s.div(chebyshev(s, compactified(s, a), i1eSeries, precision), s.sqrt(far)))
  },
  // I₁(x)/x is 1/2 at 0.
  vjp: (g, x, out) => {
    const origin = equal(x, constant(0, x.dtype))
    const ratio = div(out, where(origin, constant(1, x.dtype), x))
    const rest = where(origin, constant(0.5, x.dtype), ratio)
    return mul(g, sub(i0e(x), add(mul(sign(x), out), rest)))
  },
  samples: [],
  domain: [-9, 9],
  kinks: [0],
})
/** Modified Bessel function of order 1, e^−|x| I₁(x), scaled so that it does not overflow. */
export const i1e = (x: Node): Node => i1eOp(x, none)

/** e^|x| times a scaled Bessel function: overflows where I₀ and I₁ do. */
const unscaled = (scaled: Node, x: Node): Node => mul(exp(abs(x)), scaled)
/** Modified Bessel function of order 0. */
export const i0 = (x: Node): Node => unscaled(i0e(x), x)
/** Modified Bessel function of order 1. */
export const i1 = (x: Node): Node => unscaled(i1e(x), x)

export const specialOps: readonly Op[] = [erfcOp, erfinvOp, i0eOp, i1eOp].map(f => f.op)
