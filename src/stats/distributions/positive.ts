import { where } from '../../tensor/functions.ts'
import { betaInverse, betaTails } from '../special/incomplete-beta.ts'
import { gammaInverse, gammaTails } from '../special/incomplete-gamma.ts'
import type { Tails } from '../special/tails.ts'
import { continuous, full, nonNegative, positiveParameter } from './family.ts'

// Distributions of numbers of at least 0.

const euler = 0.5772156649015329
const none: Tails = { lower: 0, upper: 1 }
/** Tails of a distribution that begins at 0. */
const fromZero =
  <P>(tails: (x: number, p: P) => Tails) =>
  (x: number, p: P): Tails =>
    x <= 0 ? none : tails(x, p)

/**
 * Waiting times: `p(x) = rate e^(−rate x)`, x ≥ 0.
 *
 * @param given.rate events per unit of x, above 0, by default 1
 */
export const exponential = continuous({
  name: 'exponential',
  parameters: { rate: positiveParameter('events per unit', 1) },
  support: nonNegative,
  logProb: (x, p) => p.rate.log().sub(p.rate.mul(x)),
  mean: p => p.rate.reciprocal(),
  variance: p => p.rate.square().reciprocal(),
  mode: p => full(0, p.rate),
  entropy: p => p.rate.log().neg().add(1),
  tails: fromZero((x, p) => ({ lower: -Math.expm1(-p.rate * x), upper: Math.exp(-p.rate * x) })),
  quantile: (lower, upper, p) => -(lower < upper ? Math.log1p(-lower) : Math.log(upper)) / p.rate,
  transform: { noise: 'uniform', apply: (u, p) => u.log().neg().div(p.rate) },
})

/**
 * The gamma distribution: `p(x) = rateᶜ xᶜ⁻¹ e^(−rate x) / Γ(c)`, c the concentration, x ≥ 0.
 *
 * @param given.concentration shape, above 0
 * @param given.rate one over the scale, above 0, by default 1
 */
export const gamma = continuous({
  name: 'gamma',
  parameters: { concentration: positiveParameter('the shape'), rate: positiveParameter('one over the scale', 1) },
  support: nonNegative,
  logProb: (x, { concentration: c, rate }) => c.xlogy(rate).add(c.sub(1).xlogy(x)).sub(rate.mul(x)).sub(c.lgamma()),
  mean: p => p.concentration.div(p.rate),
  variance: p => p.concentration.div(p.rate.square()),
  mode: p => p.concentration.sub(1).maximum(0).div(p.rate),
  entropy: ({ concentration: c, rate }) => c.sub(rate.log()).add(c.lgamma()).add(c.neg().add(1).mul(c.digamma())),
  tails: fromZero((x, p) => gammaTails(p.concentration, p.rate * x)),
  quantile: (lower, upper, p) => gammaInverse(p.concentration, lower, upper) / p.rate,
  draw: (stream, p) => stream.gamma(p.concentration) / p.rate,
})

/**
 * χ²: a sum of df squares of standard normal numbers, `p(x) = x^(df/2−1) e^(−x/2) / (2^(df/2) Γ(df/2))`, x ≥ 0.
 *
 * @param given.df degrees of freedom, above 0
 */
export const chiSquared = continuous({
  name: 'chiSquared',
  parameters: { df: positiveParameter('degrees of freedom') },
  support: nonNegative,
  logProb: (x, { df }) => {
    const half = df.mul(0.5)
    return half.sub(1).xlogy(x).sub(x.mul(0.5)).sub(half.mul(Math.LN2)).sub(half.lgamma())
  },
  mean: p => p.df,
  variance: p => p.df.mul(2),
  mode: p => p.df.sub(2).maximum(0),
  entropy: p => {
    const half = p.df.mul(0.5)
    return half.add(Math.LN2).add(half.lgamma()).add(half.neg().add(1).mul(half.digamma()))
  },
  tails: fromZero((x, p) => gammaTails(p.df / 2, x / 2)),
  quantile: (lower, upper, p) => 2 * gammaInverse(p.df / 2, lower, upper),
  draw: (stream, p) => 2 * stream.gamma(p.df / 2),
})

/** Tails of F at x > 0. */
export const fTails = (x: number, df1: number, df2: number): Tails => {
  if (x <= 0) return none
  if (x === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0 }
  const sum = df1 * x + df2
  return betaTails(df1 / 2, df2 / 2, (df1 * x) / sum, df2 / sum)
}

/**
 * Fisher's F: the ratio of two χ², each by its degrees of freedom,
 * `p(x) = (d₁/d₂)^(d₁/2) x^(d₁/2−1) (1 + d₁x/d₂)^(−(d₁+d₂)/2) / B(d₁/2, d₂/2)`, x ≥ 0.
 *
 * The mean is ∞ to df2 2, and the variance to df2 4.
 *
 * @param given.df1 degrees of freedom of the numerator, above 0
 * @param given.df2 degrees of freedom of the denominator, above 0
 */
export const fDistribution = continuous({
  name: 'fDistribution',
  parameters: {
    df1: positiveParameter('degrees of freedom of the numerator'),
    df2: positiveParameter('degrees of freedom of the denominator'),
  },
  support: nonNegative,
  logProb: (x, { df1, df2 }) => {
    const [a, b] = [df1.mul(0.5), df2.mul(0.5)]
    const sum = a.add(b)
    const ratio = df1.div(df2)
    const logBeta = a.lgamma().add(b.lgamma()).sub(sum.lgamma())
    const bend = sum.mul(ratio.mul(x).log1p())
    return a.xlogy(ratio).add(a.sub(1).xlogy(x)).sub(bend).sub(logBeta)
  },
  mean: ({ df1, df2 }) => {
    const safe = where(df2.greater(2), df2, 3)
    const finite = safe.div(safe.sub(2)).add(df1.mul(0))
    return where(df2.greater(2), finite, Number.POSITIVE_INFINITY)
  },
  variance: ({ df1, df2 }) => {
    const safe = where(df2.greater(4), df2, 5)
    const top = safe.square().mul(2).mul(safe.add(df1).sub(2))
    const finite = top.div(df1.mul(safe.sub(2).square()).mul(safe.sub(4)))
    return where(df2.greater(4), finite, Number.POSITIVE_INFINITY)
  },
  mode: ({ df1, df2 }) =>
    df1
      .sub(2)
      .maximum(0)
      .div(df1)
      .mul(df2.div(df2.add(2))),
  // Lazo & Rathie 1978.
  entropy: ({ df1, df2 }) => {
    const [a, b] = [df1.mul(0.5), df2.mul(0.5)]
    const sum = a.add(b)
    const logBeta = a.lgamma().add(b.lgamma()).sub(sum.lgamma())
    const slopes = a.neg().add(1).mul(a.digamma()).sub(b.add(1).mul(b.digamma()))
    return logBeta.add(df2.div(df1).log()).add(slopes).add(sum.mul(sum.digamma()))
  },
  tails: (x, p) => fTails(x, p.df1, p.df2),
  quantile: (lower, upper, p) => {
    const { x, y } = betaInverse(p.df1 / 2, p.df2 / 2, lower, upper)
    return (p.df2 * x) / (p.df1 * y)
  },
  draw: (stream, p) => (stream.gamma(p.df1 / 2) / p.df1 / stream.gamma(p.df2 / 2)) * p.df2,
})

/**
 * Weibull's distribution: `p(x) = (c/scale) zᶜ⁻¹ e^(−zᶜ)`, `z = x/scale`, c the concentration, x ≥ 0.
 *
 * @param given.concentration shape, above 0
 * @param given.scale above 0, by default 1
 */
export const weibull = continuous({
  name: 'weibull',
  parameters: { scale: positiveParameter('the width', 1), concentration: positiveParameter('the shape') },
  support: nonNegative,
  logProb: (x, { scale, concentration: c }) => {
    const z = x.div(scale)
    const shape = c.sub(1).xlogy(z).sub(z.pow(c))
    return shape.add(c.div(scale).log())
  },
  mean: ({ scale, concentration: c }) => c.reciprocal().add(1).lgamma().exp().mul(scale),
  variance: ({ scale, concentration: c }) => {
    const second = c.reciprocal().mul(2).add(1).lgamma().exp()
    const first = c.reciprocal().add(1).lgamma().exp()
    return second.sub(first.square()).mul(scale.square())
  },
  mode: ({ scale, concentration: c }) => c.sub(1).maximum(0).div(c).pow(c.reciprocal()).mul(scale),
  entropy: ({ scale, concentration: c }) => c.reciprocal().neg().add(1).mul(euler).add(scale.div(c).log()).add(1),
  tails: fromZero((x, p) => {
    const hazard = (x / p.scale) ** p.concentration
    return { lower: -Math.expm1(-hazard), upper: Math.exp(-hazard) }
  }),
  quantile: (lower, upper, p) =>
    p.scale * (-(lower < upper ? Math.log1p(-lower) : Math.log(upper))) ** (1 / p.concentration),
  transform: {
    noise: 'uniform',
    apply: (u, { scale, concentration: c }) => u.log().neg().pow(c.reciprocal()).mul(scale),
  },
})
