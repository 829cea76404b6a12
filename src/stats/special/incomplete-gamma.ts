import { lgamma, poissonTerm } from './gamma.ts'
import { normalQuantile } from './normal-guess.ts'
import { invertTails, type Tails } from './tails.ts'

/** Σ xⁿ / ((a + 1) … (a + n)): all terms positive. */
const series = (a: number, x: number): number => {
  let term = 1
  let sum = 1
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= x / (a + n)
    sum += term
  }
  return sum
}
/** Γ(a, x) eˣ / xᵃ by Lentz's method. */
const fraction = (a: number, x: number): number => {
  let b = x + 1 - a
  let c = 1e300
  let d = 1 / b
  let h = d
  for (let i = 1; i < 1e6; i++) {
    const an = -i * (i - a)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    const factor = c * d
    h *= factor
    if (Math.abs(factor - 1) < 2e-16) break
  }
  return h
}

/**
 * Both regularised incomplete gamma functions, `P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt` and `Q = 1 − P`, for a > 0 and x ≥ 0.
 *
 * Source: Press et al. 2007, section 6.2 (series and continued fraction), with Loader's form (2000) of the factor before them.
 */
export const gammaTails = (a: number, x: number): Tails => {
  if (Number.isNaN(a) || Number.isNaN(x)) return { lower: Number.NaN, upper: Number.NaN }
  if (x <= 0) return { lower: 0, upper: 1 }
  if (x === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0 }
  const factor = poissonTerm(a, x)
  if (x < a + 1) {
    const lower = Math.min(1, factor * series(a, x))
    return { lower, upper: 1 - lower }
  }
  const upper = Math.min(1, factor * a * fraction(a, x))
  return { lower: 1 - upper, upper }
}

/** The regularised lower incomplete gamma function `P(a, x)`. */
export const gammaLower = (a: number, x: number): number => gammaTails(a, x).lower
/** The regularised upper incomplete gamma function `Q(a, x)`. */
export const gammaUpper = (a: number, x: number): number => gammaTails(a, x).upper

/** The x with `P(a, x) = lower` and `Q(a, x) = upper`. */
export const gammaInverse = (a: number, lower: number, upper = 1 - lower): number => {
  if (!(lower > 0)) return lower === 0 ? 0 : Number.NaN
  if (!(upper > 0)) return upper === 0 ? Number.POSITIVE_INFINITY : Number.NaN
  // Wilson and Hilferty's cube, or, far below, the first term of the series.
  const z = lower < upper ? normalQuantile(lower) : -normalQuantile(upper)
  const cube = a * (1 - 1 / (9 * a) + z / (3 * Math.sqrt(a))) ** 3
  const power = Math.exp((Math.log(lower) + lgamma(a + 1)) / a)
  const guess = a > 0.5 && cube > 0.01 * a ? cube : Math.max(power, 1e-300)
  return invertTails(
    x => gammaTails(a, x),
    x => (a / x) * poissonTerm(a, x),
    { lower, upper, guess },
  )
}
