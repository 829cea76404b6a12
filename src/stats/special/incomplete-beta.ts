import { binomialTerm, lbeta } from './gamma.ts'
import { invertTails, type Tails } from './tails.ts'

/** The continued fraction of the incomplete beta function by Lentz's method; quick for x below (a + 1)/(a + b + 2). */
const fraction = (a: number, b: number, x: number): number => {
  const tiny = 1e-300
  let c = 1
  let d = 1 - ((a + b) * x) / (a + 1)
  d = 1 / (Math.abs(d) < tiny ? tiny : d)
  let h = d
  for (let m = 1; m < 1e6; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 + even * d
    d = 1 / (Math.abs(d) < tiny ? tiny : d)
    c = 1 + even / c
    c = Math.abs(c) < tiny ? tiny : c
    h *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 + odd * d
    d = 1 / (Math.abs(d) < tiny ? tiny : d)
    c = 1 + odd / c
    c = Math.abs(c) < tiny ? tiny : c
    const factor = d * c
    h *= factor
    if (Math.abs(factor - 1) < 2e-16) break
  }
  return h
}

/**
 * Both regularised incomplete beta functions, `Iₓ(a, b) = 1/B(a, b) ∫₀ˣ tᵃ⁻¹ (1 − t)ᵇ⁻¹ dt` and `1 − Iₓ`, for a, b > 0.
 *
 * @param y 1 − x, where it is known better than by subtraction
 *
 * Source: Press et al. 2007, section 6.4, with Loader's form (2000) of the factor before the fraction.
 */
export const betaTails = (a: number, b: number, x: number, y = 1 - x): Tails => {
  if (Number.isNaN(a + b + x)) return { lower: Number.NaN, upper: Number.NaN }
  if (x <= 0) return { lower: 0, upper: 1 }
  if (y <= 0) return { lower: 1, upper: 0 }
  const shared = binomialTerm(a, b, x, y) / (a + b)
  if (x <= (a + 1) / (a + b + 2)) {
    const lower = Math.min(1, shared * b * fraction(a, b, x))
    return { lower, upper: 1 - lower }
  }
  const upper = Math.min(1, shared * a * fraction(b, a, y))
  return { lower: 1 - upper, upper }
}
/** The regularised incomplete beta function `Iₓ(a, b)`. */
export const betaLower = (a: number, b: number, x: number): number => betaTails(a, b, x).lower

/** The density of the beta distribution. */
export const betaDensity = (a: number, b: number, x: number, y = 1 - x): number =>
  (binomialTerm(a, b, x, y) * a * b) / ((a + b) * x * y)

/** The x with `Iₓ(a, b) = lower`, and 1 − x, each to full precision. */
export const betaInverse = (
  a: number,
  b: number,
  lower: number,
  upper = 1 - lower,
): { readonly x: number; readonly y: number } => {
  if (!(lower > 0)) return lower === 0 ? { x: 0, y: 1 } : { x: Number.NaN, y: Number.NaN }
  if (!(upper > 0)) return upper === 0 ? { x: 1, y: 0 } : { x: Number.NaN, y: Number.NaN }
  const half = betaTails(a, b, 0.5)
  if (lower < upper ? half.lower >= lower : half.upper <= upper) {
    const x = lowerHalf(a, b, { lower, upper })
    return { x, y: 1 - x }
  }
  const y = lowerHalf(b, a, { lower: upper, upper: lower })
  return { x: 1 - y, y }
}

/** The x up to 1/2 with given tails. */
const lowerHalf = (a: number, b: number, { lower, upper }: Tails): number => {
  const power = Math.exp((Math.log(lower) + Math.log(a) + lbeta(a, b)) / a)
  const guess = Math.min(power > 0 ? power : 1e-300, a / (a + b), 0.5)
  const x = invertTails(
    t => betaTails(a, b, Math.min(t, 1)),
    t => (t < 1 ? betaDensity(a, b, t) : 0),
    { lower, upper, guess },
  )
  return Math.min(x, 0.5)
}
