import { normalInverse, normalTails } from '../special/normal.ts'
import { betaTails, betaDensity } from '../special/incomplete-beta.ts'
import { invertTails, type Tails } from '../special/tails.ts'
import { where } from '../../tensor/functions.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { continuous, full, positiveParameter, real, realParameter } from './family.ts'

// Distributions that are one shape, moved by `loc` and stretched by `scale`.

const halfLogTwoPi = Math.log(2 * Math.PI) / 2
const place = { loc: realParameter('the centre', 0), scale: positiveParameter('the width', 1) }
type Place = { readonly loc: Tensor; readonly scale: Tensor }
const standard = (x: Tensor, { loc, scale }: Place): Tensor => x.sub(loc).div(scale)

/**
 * The normal distribution: `p(x) = e^(−z²/2) / (scale √(2π))`, `z = (x − loc)/scale`.
 *
 * @param given.loc mean, by default 0
 * @param given.scale standard deviation, above 0, by default 1
 *
 * @example
 * await stats.normal().cdf(0).item() // 0.5
 */
export const normal = continuous({
  name: 'normal',
  parameters: place,
  support: real,
  logProb: (x, p) => standard(x, p).square().mul(-0.5).sub(p.scale.log()).sub(halfLogTwoPi),
  mean: p => p.loc,
  variance: p => p.scale.square(),
  mode: p => p.loc,
  entropy: p => p.scale.log().add(halfLogTwoPi + 0.5),
  tails: (x, p) => normalTails((x - p.loc) / p.scale),
  quantile: (lower, upper, p) => p.loc + p.scale * normalInverse(lower, upper),
  draw: (stream, p) => p.loc + p.scale * stream.normal(),
  transform: { noise: 'normal', apply: (z, p) => z.mul(p.scale).add(p.loc) },
})

/**
 * What is normal after its logarithm: `p(x) = e^(−z²/2) / (x scale √(2π))`, `z = (ln x − loc)/scale`, x > 0.
 *
 * @param given.loc mean of ln x, by default 0
 * @param given.scale standard deviation of ln x, above 0, by default 1
 */
export const logNormal = continuous({
  name: 'logNormal',
  parameters: place,
  support: {
    words: 'numbers above 0',
    outside: x => x.lessEqual(0).logicalOr(x.equal(Number.POSITIVE_INFINITY)),
    inner: () => 1,
  },
  logProb: (x, p) => standard(x.log(), p).square().mul(-0.5).sub(p.scale.log()).sub(x.log()).sub(halfLogTwoPi),
  mean: p => p.scale.square().mul(0.5).add(p.loc).exp(),
  variance: p =>
    p.scale
      .square()
      .expm1()
      .mul(p.scale.square().add(p.loc.mul(2)).exp()),
  mode: p => p.loc.sub(p.scale.square()).exp(),
  entropy: p =>
    p.scale
      .log()
      .add(p.loc)
      .add(halfLogTwoPi + 0.5),
  tails: (x, p) => (x <= 0 ? { lower: 0, upper: 1 } : normalTails((Math.log(x) - p.loc) / p.scale)),
  quantile: (lower, upper, p) => Math.exp(p.loc + p.scale * normalInverse(lower, upper)),
  draw: (stream, p) => Math.exp(p.loc + p.scale * stream.normal()),
  transform: { noise: 'normal', apply: (z, p) => z.mul(p.scale).add(p.loc).exp() },
})

/**
 * Laplace's distribution: `p(x) = e^(−|z|) / (2 scale)`, `z = (x − loc)/scale`.
 *
 * @param given.loc median, by default 0
 * @param given.scale mean distance from it, above 0, by default 1
 */
export const laplace = continuous({
  name: 'laplace',
  parameters: place,
  support: real,
  logProb: (x, p) => standard(x, p).abs().add(p.scale.mul(2).log()).neg(),
  mean: p => p.loc,
  variance: p => p.scale.square().mul(2),
  mode: p => p.loc,
  entropy: p => p.scale.mul(2).log().add(1),
  tails: (x, p) => {
    const z = (x - p.loc) / p.scale
    const tail = Math.exp(-Math.abs(z)) / 2
    return z < 0 ? { lower: tail, upper: 1 - tail } : { lower: 1 - tail, upper: tail }
  },
  quantile: (lower, upper, p) => p.loc + p.scale * (lower <= upper ? Math.log(2 * lower) : -Math.log(2 * upper)),
  transform: {
    noise: 'uniform',
    // −sign(v) ln(1 − 2|v|) with v = u − 1/2.
    apply: (u, p) => {
      const v = u.sub(0.5)
      return v.sign().mul(v.abs().mul(-2).log1p().neg()).mul(p.scale).add(p.loc)
    },
  },
})

/**
 * Cauchy's distribution: `p(x) = 1 / (π scale (1 + z²))`, `z = (x − loc)/scale`. It has no mean and no variance: both are NaN.
 *
 * @param given.loc median, by default 0
 * @param given.scale half the distance between the quartiles, above 0, by default 1
 */
export const cauchy = continuous({
  name: 'cauchy',
  parameters: place,
  support: real,
  logProb: (x, p) => standard(x, p).square().log1p().add(p.scale.mul(Math.PI).log()).neg(),
  mean: p => full(Number.NaN, p.loc),
  variance: p => full(Number.NaN, p.loc),
  mode: p => p.loc,
  entropy: p => p.scale.mul(4 * Math.PI).log(),
  tails: (x, p) => {
    const z = (x - p.loc) / p.scale
    // atan(1/z) is the angle left over, where atan z is nearly π/2.
    const tail = Math.atan2(1, Math.abs(z)) / Math.PI
    return z < 0 ? { lower: tail, upper: 1 - tail } : { lower: 1 - tail, upper: tail }
  },
  quantile: (lower, upper, p) => {
    if (lower === 0) return Number.NEGATIVE_INFINITY
    if (upper === 0) return Number.POSITIVE_INFINITY
    const middle = (lower - upper) / 2
    const z = Math.abs(middle) < 0.25 ? Math.tan(Math.PI * middle) : 1 / Math.tan(Math.PI * Math.min(lower, upper))
    return p.loc + p.scale * (Math.abs(middle) < 0.25 || middle > 0 ? z : -z)
  },
  transform: {
    noise: 'uniform',
    // tan by its parts: not every engine has it in float64.
    apply: (u, p) => {
      const angle = u.sub(0.5).mul(Math.PI)
      return angle.sin().div(angle.cos()).mul(p.scale).add(p.loc)
    },
  },
})

/** P(T > t) and, of small t, P(0 < T < t): each to full precision. */
const halfTails = (t: number, df: number): Tails => {
  const ratio = (t / df) * t
  const x = ratio === Number.POSITIVE_INFINITY ? 1 : ratio / (1 + ratio)
  const { lower, upper } = betaTails(0.5, df / 2, x, 1 / (1 + ratio))
  return { lower: lower / 2, upper: upper / 2 }
}
/** Tails of Student's t at any t. */
export const studentTails = (t: number, df: number): Tails => {
  if (Math.abs(t) === Number.POSITIVE_INFINITY) return t < 0 ? { lower: 0, upper: 1 } : { lower: 1, upper: 0 }
  const { upper: tail } = halfTails(Math.abs(t), df)
  return t < 0 ? { lower: tail, upper: 1 - tail } : { lower: 1 - tail, upper: tail }
}
/** The t of Student's distribution with `lower` below it. */
export const studentInverse = (lower: number, upper: number, df: number): number => {
  if (lower > upper) return -studentInverse(upper, lower, df)
  if (lower === 0) return Number.NEGATIVE_INFINITY
  const middle = (upper - lower) / 2
  if (middle === 0) return 0
  const density = (t: number): number => {
    const ratio = (t / df) * t
    // Of t² by the beta distribution: f(t) = b(x) dx/dt / 2.
    if (ratio < 1e-290) return t === 0 ? 0 : halfTails(t, df).lower / t
    const x = ratio / (1 + ratio)
    return (betaDensity(0.5, df / 2, x, 1 / (1 + ratio)) * (2 * x)) / (t * (1 + ratio)) / 2
  }
  const guess = Math.max(Math.abs(normalInverse(lower, upper)), 1e-300)
  return -invertTails(t => halfTails(t, df), density, { lower: middle, upper: lower, guess })
}

/**
 * Student's t: `p(x) = Γ((df+1)/2) / (Γ(df/2) √(π df) scale) (1 + z²/df)^(−(df+1)/2)`, `z = (x − loc)/scale`.
 *
 * The mean is NaN to df 1, the variance ∞ above 1 to 2 and NaN to 1.
 *
 * @param given.df degrees of freedom, above 0
 * @param given.loc centre, by default 0
 * @param given.scale width, above 0, by default 1
 */
export const studentT = continuous({
  name: 'studentT',
  parameters: { df: positiveParameter('degrees of freedom'), ...place },
  support: real,
  logProb: (x, p) => {
    const half = p.df.add(1).mul(0.5)
    const shape = standard(x, p).square().div(p.df).log1p().mul(half)
    const constant = half.lgamma().sub(p.df.mul(0.5).lgamma()).sub(p.df.mul(Math.PI).log().mul(0.5))
    return constant.sub(p.scale.log()).sub(shape)
  },
  mean: p => where(p.df.greater(1), p.loc.add(p.df.mul(0)), Number.NaN),
  variance: p => {
    const safe = where(p.df.greater(2), p.df, 3)
    const wide = where(p.df.greater(1), p.df.mul(0).add(Number.POSITIVE_INFINITY), Number.NaN)
    const finite = p.scale.square().mul(safe).div(safe.sub(2))
    return where(p.df.greater(2), finite, wide)
  },
  mode: p => p.loc,
  entropy: p => {
    const half = p.df.add(1).mul(0.5)
    const other = p.df.mul(0.5)
    const logBeta = other
      .lgamma()
      .add(0.5 * Math.log(Math.PI))
      .sub(half.lgamma())
    const slopes = half.mul(half.digamma().sub(other.digamma()))
    return slopes.add(p.df.log().mul(0.5)).add(logBeta).add(p.scale.log())
  },
  tails: (x, p) => studentTails((x - p.loc) / p.scale, p.df),
  quantile: (lower, upper, p) => p.loc + p.scale * studentInverse(lower, upper, p.df),
  draw: (stream, p) => p.loc + (p.scale * stream.normal()) / Math.sqrt((2 * stream.gamma(p.df / 2)) / p.df),
})
