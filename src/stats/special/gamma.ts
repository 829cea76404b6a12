import { lgammaSeries } from '../../ops/special-coefficients.ts'

// Γ and what comes with it, of plain numbers in float64.

/** B₂ₖ / (2k (2k − 1)) for k from 1: the terms of Stirling's series. */
const stirlingTerms: readonly number[] = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360360,
  1 / 156,
  -3617 / 122400,
  43867 / 244188,
]
const halfLogTwoPi = Math.log(2 * Math.PI) / 2

/**
 * What Stirling's formula lacks: `δ(x) = ln Γ(x + 1) − (x + 1/2) ln x + x − ln √(2π)` for x > 0, to about 1e-16.
 *
 * Source: Loader 2000, "Fast and accurate computation of binomial probabilities", section 2; the recurrence below 10.
 */
export const stirlingError = (x: number): number => {
  let total = 0
  // δ(x) − δ(x + 1) = (x + 1/2) ln(1 + 1/x) − 1: no large numbers meet, as they would in ln Γ less the formula.
  while (x < 10) {
    total += (x + 0.5) * Math.log1p(1 / x) - 1
    x++
  }
  const square = 1 / (x * x)
  let series = 0
  for (const term of stirlingTerms.toReversed()) series = series * square + term
  return total + series / x
}

/** ln Γ from 1/2 to 3, by its zeros and a Chebyshev series of the rest. */
const nearOneAndTwo = (x: number): number => {
  const y = 0.8 * (x - 1.75)
  let [next, afterNext] = [0, 0]
  for (let k = lgammaSeries.length - 1; k >= 1; k--) {
    const value = 2 * y * next - afterNext + lgammaSeries[k]!
    afterNext = next
    next = value
  }
  return (x - 1) * (x - 2) * (y * next - afterNext + lgammaSeries[0]!)
}

/**
 * `ln |Γ(x)|`; ∞ at 0 and the negative integers.
 *
 * Source: Abramowitz & Stegun 1964, 6.1.17 (reflection) and 6.1.41 (Stirling).
 *
 * @example stats.special.lgamma(1) // 0
 */
export const lgamma = (x: number): number => {
  if (Number.isNaN(x)) return x
  if (!Number.isFinite(x)) return Number.POSITIVE_INFINITY
  if (x < 0.5) {
    if (Number.isInteger(x)) return Number.POSITIVE_INFINITY
    const rest = x - Math.round(x)
    return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * rest))) - lgamma(1 - x)
  }
  if (x < 3) return nearOneAndTwo(x)
  return stirlingError(x) + (x - 0.5) * Math.log(x) - x + halfLogTwoPi
}

/**
 * `ψ(x) = d/dx ln Γ(x)`; NaN at 0 and the negative integers.
 *
 * Source: Abramowitz & Stegun 1964, 6.3.5 (recurrence), 6.3.7 (reflection), 6.3.18 (series).
 */
export const digamma = (x: number): number => {
  if (x <= 0) {
    if (Number.isInteger(x)) return Number.NaN
    const rest = x - Math.round(x)
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * rest)
  }
  let total = 0
  for (; x < 12; x++) total -= 1 / x
  const square = 1 / (x * x)
  // d/dx of Stirling's series.
  let series = 0
  for (let k = stirlingTerms.length - 1; k >= 0; k--) series = series * square - (2 * k + 1) * stirlingTerms[k]!
  return total + Math.log(x) - 0.5 / x + series * square
}

/** `ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b)`, which keeps its digits where a or b is large. */
export const lbeta = (a: number, b: number): number => {
  const [small, large] = a < b ? [a, b] : [b, a]
  if (large < 10) return lgamma(a) + lgamma(b) - lgamma(a + b)
  // ln Γ(large) − ln Γ(large + small) by Stirling's formula: the large parts cancel in the logarithm.
  const ratio =
    stirlingError(large) -
    stirlingError(large + small) -
    (large - 0.5) * Math.log1p(small / large) +
    small -
    small * Math.log(large + small)
  return lgamma(small) + ratio
}

/** `ln C(n, k)` for real n and k. */
export const logChoose = (n: number, k: number): number =>
  k === 0 || k === n ? 0 : -lbeta(k + 1, n - k + 1) - Math.log1p(n)

/** `x ln(x/m) + m − x`, the deviance, without cancellation where x is near m. */
const deviance = (x: number, m: number): number => {
  if (x === 0) return m
  if (Math.abs(x - m) >= 0.1 * (x + m)) return x * Math.log(x / m) + m - x
  const v = (x - m) / (x + m)
  let total = (x - m) * v
  let term = 2 * x * v
  for (let j = 1; ; j++) {
    term *= v * v
    const next = total + term / (2 * j + 1)
    if (next === total) return total
    total = next
  }
}

/**
 * `xᵃ e⁻ˣ / Γ(a + 1)`: Poisson's probability of a, for real a ≥ 0.
 *
 * Source: Loader 2000, the saddle-point form.
 */
export const poissonTerm = (a: number, x: number): number => {
  if (a === 0) return Math.exp(-x)
  if (x === 0 || x === Number.POSITIVE_INFINITY) return 0
  return Math.exp(-stirlingError(a) - deviance(a, x)) / Math.sqrt(2 * Math.PI * a)
}

/**
 * `Γ(a + b + 1) / (Γ(a + 1) Γ(b + 1)) xᵃ yᵇ` with y = 1 − x: the binomial probability of a in a + b, for real a, b ≥ 0.
 *
 * Source: Loader 2000, the saddle-point form.
 */
export const binomialTerm = (a: number, b: number, x: number, y: number): number => {
  const n = a + b
  if (x === 0) return a === 0 ? 1 : 0
  if (y === 0) return b === 0 ? 1 : 0
  if (a === 0) return Math.exp(x < 0.5 ? b * Math.log1p(-x) : b * Math.log(y))
  if (b === 0) return Math.exp(y < 0.5 ? a * Math.log1p(-y) : a * Math.log(x))
  const exponent = stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * y)
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * a * b))
}
