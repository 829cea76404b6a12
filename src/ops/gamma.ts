import { ArgumentError } from '../core/errors.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { mul } from './arithmetic.ts'
import { defineParametric, type ParametricOp, type Precision } from './define-parametric.ts'
import { chebyshev } from './chebyshev.ts'
import type { Scalars } from './scalars.ts'
import { lgammaSeries } from './special-coefficients.ts'

// ln Γ and its derivatives: Stirling's series far from 0, a series or the recurrence up to there, reflection to the left of 1/2.

/** B₂, B₄, …: Bernoulli's numbers. */
const bernoulli: readonly number[] = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
  854513 / 138,
]

/** From where on Stirling's series is used for the n-th derivative of ψ, and how many of its terms. */
const reach = (precision: Precision, n: number): { steps: number; terms: number } =>
  precision === 'single' ? { steps: 3 + n, terms: 5 } : { steps: 9 + n, terms: 11 }

/** Σ c[k] x^(k+1). */
const powerSeries = <V>(s: Scalars<V>, x: V, coefficients: readonly number[]): V => {
  let total = s.lit(0)
  for (const c of coefficients.toReversed()) total = s.mul(s.add(total, s.lit(c)), x)
  return total
}

interface Reflected<V> {
  /** x, or 1 − x to the left of 1/2. */
  readonly z: V
  readonly isLeft: V
  /** x less the nearest integer. */
  readonly rest: V
}
const reflect = <V>(s: Scalars<V>, x: V): Reflected<V> => {
  const isLeft = s.less(x, s.lit(0.5))
  return { isLeft, z: s.select(isLeft, s.sub(s.lit(1), x), x), rest: s.sub(x, s.round(x)) }
}

const stirling = <V>(s: Scalars<V>, y: V, terms: number): V => {
  const inverse = s.div(s.lit(1), y)
  const square = s.mul(inverse, inverse)
  // Σ B₂ₖ / (2k (2k − 1) y^(2k−1)); times y, to be a series in 1/y².
  const series = powerSeries(
    s,
    square,
    bernoulli.slice(0, terms).map((b, k) => b / ((2 * k + 2) * (2 * k + 1))),
  )
  // (y − 1/2)(ln y − 1) is ∞ at ∞, where y ln y − y has no value.
  const main = s.mul(s.sub(y, s.lit(0.5)), s.sub(s.log(y), s.lit(1)))
  const finite = s.select(s.less(y, s.lit(Number.POSITIVE_INFINITY)), s.mul(series, y), s.lit(0))
  return s.add(s.add(main, s.lit((Math.log(2 * Math.PI) - 1) / 2)), finite)
}

/** ln Γ(z) for z from 1/2 to 3: its zeros are factors, so that it keeps its digits beside them. */
const nearOneAndTwo = <V>(s: Scalars<V>, z: V, precision: Precision): V => {
  const y = s.mul(s.sub(z, s.lit(1.75)), s.lit(0.8))
  const zeros = s.mul(s.sub(z, s.lit(1)), s.sub(z, s.lit(2)))
  return s.mul(zeros, chebyshev(s, y, lgammaSeries, precision))
}
/** ln Γ(z) for z from 3: Γ(z + 6) is z (z + 1) … (z + 5) Γ(z). */
const fromThree = <V>(s: Scalars<V>, z: V, precision: Precision): V => {
  if (precision === 'single') return stirling(s, z, 6)
  const isNear = s.less(z, s.lit(9))
  let product = z
  for (let k = 1; k < 6; k++) product = s.mul(product, s.add(z, s.lit(k)))
  const far = stirling(s, s.select(isNear, s.add(z, s.lit(6)), z), 11)
  return s.sub(far, s.select(isNear, s.log(product), s.lit(0)))
}

const lgammaOp: ParametricOp<Readonly<Record<never, never>>> = defineParametric<Readonly<Record<never, never>>>({
  name: 'lgamma',
  formula: 'ln |Γ(x)|; ∞ at 0 and the negative integers',
  source: 'Abramowitz & Stegun 1964, 6.1.41 (Stirling), 6.1.15 (recurrence), 6.1.17 (reflection)',
  scalar: (s, x, _, precision) => {
    const { z, isLeft, rest } = reflect(s, x)
    const right = s.select(s.less(z, s.lit(3)), nearOneAndTwo(s, z, precision), fromThree(s, z, precision))
    const sine = s.sin(s.mul(s.abs(rest), s.lit(Math.PI)))
    const left = s.sub(s.log(s.div(s.lit(Math.PI), sine)), right)
    const lost = s.equal(x, s.lit(Number.NEGATIVE_INFINITY))
    return s.select(lost, s.lit(Number.POSITIVE_INFINITY), s.select(isLeft, left, right))
  },
  vjp: (g, x) => mul(g, digamma(x)),
  samples: [],
  domain: [0.2, 8],
})
/** ln |Γ(x)|; ∞ at 0 and the negative integers. */
export const lgamma = (x: Node): Node => lgammaOp(x, {})

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
/** Coefficients, the constant first, of dⁿ/dxⁿ cot πx as a polynomial in cot πx: each derivative is −π (1 + c²) times the one by c. */
const cotangentDerivative = (n: number): number[] => {
  let p = [0, 1]
  for (let i = 0; i < n; i++) {
    const slope = p.slice(1).map((c, k) => c * (k + 1))
    const next = new Array<number>(slope.length + 2).fill(0)
    for (const [k, c] of slope.entries()) {
      next[k]! -= Math.PI * c
      next[k + 2]! -= Math.PI * c
    }
    p = next
  }
  return p
}
const power = <V>(s: Scalars<V>, x: V, n: number): V => {
  let out = x
  for (let i = 1; i < n; i++) out = s.mul(out, x)
  return out
}

type OrderAttrs = { readonly n: number }

/** (−1)ⁿ⁺¹ times the derivative, to the right of 1/2: all terms are positive, but for the logarithm. */
const positiveSide = <V>(s: Scalars<V>, z: V, n: number, precision: Precision): V => {
  const { steps, terms } = reach(precision, n)
  const isNear = s.less(z, s.lit(steps))
  const y = s.select(isNear, s.add(z, s.lit(steps)), z)
  const inverse = s.div(s.lit(1), y)
  const leading = n === 0 ? s.neg(s.log(y)) : s.mul(power(s, inverse, n), s.lit(factorial(n - 1)))
  // Σ B₂ₖ (2k + n − 1)!/(2k)! / y^(2k + n)
  const coefficients = bernoulli.slice(0, terms).map((b, k) => (b * factorial(2 * k + 1 + n)) / factorial(2 * k + 2))
  const tail = powerSeries(s, s.mul(inverse, inverse), coefficients)
  const lifted = n === 0 ? tail : s.mul(tail, power(s, inverse, n))
  const half = s.mul(power(s, inverse, n + 1), s.lit(factorial(n) / 2))
  let sum = s.lit(0)
  for (let k = steps - 1; k >= 0; k--) {
    const at = k === 0 ? z : s.add(z, s.lit(k))
    sum = s.add(sum, power(s, s.div(s.lit(1), at), n + 1))
  }
  const stepped = s.select(isNear, s.mul(sum, s.lit(factorial(n))), s.lit(0))
  return s.add(s.add(leading, s.add(half, lifted)), stepped)
}

const polygammaOp: ParametricOp<OrderAttrs> = defineParametric<OrderAttrs>({
  name: 'polygamma',
  formula: 'the n-th derivative of ψ(x) = d/dx ln Γ(x)',
  source: 'Abramowitz & Stegun 1964, 6.4.11 (series), 6.4.6 (recurrence), 6.4.7 (reflection)',
  scalar: (s, x, { n }, precision) => {
    const { z, isLeft, rest } = reflect(s, x)
    const right = positiveSide(s, z, n, precision)
    const signed = n % 2 === 0 ? s.neg(right) : right
    const angle = s.mul(rest, s.lit(Math.PI))
    const cotangent = s.div(s.cos(angle), s.sin(angle))
    const [first, ...others] = cotangentDerivative(n).map(c => c * Math.PI)
    const bend = s.add(s.lit(first!), powerSeries(s, cotangent, others))
    // ψₙ(x) = (−1)ⁿ ψₙ(1 − x) − π dⁿ/dxⁿ cot πx
    const left = s.sub(n % 2 === 0 ? signed : s.neg(signed), bend)
    const isPole = s.and(isLeft, s.equal(rest, s.lit(0)))
    const atZero = s.select(s.equal(x, s.lit(0)), s.neg(s.div(s.lit(1), x)), s.lit(Number.NaN))
    const pole = n === 0 ? atZero : s.lit(n % 2 === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY)
    return s.select(isPole, pole, s.select(isLeft, left, signed))
  },
  vjp: (g, x, _out, { n }) => mul(g, polygamma(n + 1, x)),
  samples: [{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }],
  domain: [0.4, 4],
  // Sums of some dozen terms, the largest of them above the result's size by its order's factorial.
  tolerance: 1e-5,
})
/** Highest order: a factorial beyond it does not fit float32. */
const highestOrder = 20
/**
 * The n-th derivative of ψ(x) = d/dx ln Γ(x), n from 0 (digamma) to 20. At 0 and the negative integers ∓∞ by the order's parity; of
 * order 0 NaN at the negative ones, as PyTorch.
 */
export const polygamma = (n: number, x: Node): Node => {
  if (!Number.isInteger(n) || n < 0 || n > highestOrder)
    throw new ArgumentError(`polygamma: n must be a whole number from 0 to ${highestOrder}; got ${n}.`, { n })
  return polygammaOp(x, { n })
}
/** ψ(x) = d/dx ln Γ(x). */
export const digamma = (x: Node): Node => polygamma(0, x)

export const gammaOps: readonly Op[] = [lgammaOp, polygammaOp].map(f => f.op)
