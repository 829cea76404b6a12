import { ArgumentError } from '../core/errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { beta } from './distributions/bounded.ts'
import { Dirichlet } from './distributions/dirichlet.ts'
import type { Continuous, Discrete } from './distributions/family.ts'
import { discrete } from './distributions/family.ts'
import { negativeBinomial } from './distributions/counts.ts'
import { normal, studentT, studentInverse } from './distributions/location-scale.ts'
import { gamma } from './distributions/positive.ts'
import { integer, number } from '../core/options.ts'
import { betaInverse } from './special/incomplete-beta.ts'
import { gammaInverse } from './special/incomplete-gamma.ts'
import { lbeta, lgamma, logChoose } from './special/gamma.ts'
import { normalInverse } from './special/normal.ts'
import { invertCounts, type Tails } from './special/tails.ts'
import { type Numbers, numbersOf, vector } from './values.ts'

/** The interval with `(1 − level)/2` of the posterior on each side. */
export type Interval = readonly [low: number, high: number]

const tailOf = (where: string, level: number): number => {
  if (level > 0 && level < 1) return (1 - level) / 2
  throw new ArgumentError(`${where}.credibleInterval: level must be a number above 0 and below 1; got ${level}.`, {
    level,
  })
}
const above = (where: string, values: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(values)) {
    if (value > 0 && Number.isFinite(value)) continue
    throw new ArgumentError(`${where}: ${name} must be a number above 0; got ${value}.`, { name, value })
  }
}
const wholeCounts = (where: string, values: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isSafeInteger(value) && value >= 0) continue
    throw new ArgumentError(`${where}: ${name} must be an integer of at least 0; got ${value}.`, { name, value })
  }
}

// --- beta and binomial --------------------------------------------------------------------------------------------------

const logBetaBinomial = (k: number, n: number, a: number, b: number): number =>
  logChoose(n, k) + lbeta(k + a, n - k + b) - lbeta(a, b)
const betaBinomialTails = (
  x: number,
  p: { totalCount: number; concentration1: number; concentration0: number },
): Tails => {
  const [n, a, b] = [p.totalCount, p.concentration1, p.concentration0]
  let [lower, upper] = [0, 0]
  for (let k = 0; k <= n; k++) {
    const share = Math.exp(logBetaBinomial(k, n, a, b))
    if (k <= x) lower += share
    else upper += share
  }
  return { lower, upper }
}
/**
 * Successes in n trials whose probability is drawn from a beta distribution: `p(k) = C(n, k) B(k + a, n − k + b)/B(a, b)`.
 *
 * @param given.totalCount n, a whole number of at least 0
 * @param given.concentration1 a, above 0
 * @param given.concentration0 b, above 0
 */
export const betaBinomialDistribution = discrete({
  name: 'betaBinomialDistribution',
  parameters: {
    totalCount: integer({ min: 0, help: 'number of trials' }),
    concentration1: number({ above: 0, help: 'the weight of successes' }),
    concentration0: number({ above: 0, help: 'the weight of failures' }),
  },
  support: {
    words: 'whole numbers from 0 to totalCount',
    outside: (x, p) => x.less(0).logicalOr(x.greater(p.totalCount)).logicalOr(x.sub(x.floor()).greater(0)) as Tensor,
    inner: () => 0,
  },
  logProb: (x, { totalCount: n, concentration1: a, concentration0: b }) => {
    const rest = n.sub(x)
    const ways = n.add(1).lgamma().sub(x.add(1).lgamma()).sub(rest.add(1).lgamma())
    const top = x.add(a).lgamma().add(rest.add(b).lgamma()).sub(n.add(a).add(b).lgamma())
    return ways.add(top).sub(a.lgamma()).sub(b.lgamma()).add(a.add(b).lgamma()) as Tensor
  },
  mean: ({ totalCount: n, concentration1: a, concentration0: b }) => n.mul(a).div(a.add(b)) as Tensor,
  variance: ({ totalCount: n, concentration1: a, concentration0: b }) => {
    const sum = a.add(b)
    return n
      .mul(a)
      .mul(b)
      .mul(sum.add(n))
      .div(sum.square().mul(sum.add(1))) as Tensor
  },
  mode: p => p.totalCount.mul(Number.NaN),
  entropy: {
    host: ({ totalCount: n, concentration1: a, concentration0: b }) => {
      let total = 0
      for (let k = 0; k <= n; k++) {
        const log = logBetaBinomial(k, n, a, b)
        total -= Math.exp(log) * log
      }
      return total
    },
  },
  tails: betaBinomialTails,
  quantile: (lower, upper, p) =>
    invertCounts(k => betaBinomialTails(k, p), {
      lower,
      upper,
      guess: (p.totalCount * p.concentration1) / (p.concentration1 + p.concentration0),
      least: 0,
      most: p.totalCount,
    }),
})

/** What is believed of a probability: Beta(a, b). */
export interface BetaBinomial {
  readonly a: number
  readonly b: number
  /** After so many successes and failures. */
  readonly update: (data: { readonly successes: number; readonly failures: number }) => BetaBinomial
  readonly distribution: Continuous
  /** Of the successes in the next n trials. */
  readonly predictive: (n?: number) => Discrete
  /** ln of the probability of such data before they were seen. */
  readonly logMarginal: (data: { readonly successes: number; readonly failures: number }) => number
  readonly credibleInterval: (level?: number) => Interval
}
/**
 * Bayesian updating of a probability: the prior Beta(a, b) counts as a successes and b failures seen before.
 *
 * @example
 * const posterior = stats.betaBinomial({ a: 1, b: 1 }).update({ successes: 7, failures: 1 })
 * await posterior.distribution.mean.item() // 0.8
 *
 * Source: Gelman et al. 2013, section 2.4.
 */
export const betaBinomial = ({ a, b }: { readonly a: number; readonly b: number }): BetaBinomial => {
  above('betaBinomial', { a, b })
  return {
    a,
    b,
    update: ({ successes, failures }) => {
      wholeCounts('betaBinomial.update', { successes, failures })
      return betaBinomial({ a: a + successes, b: b + failures })
    },
    distribution: beta({ concentration1: a, concentration0: b }),
    predictive: (n = 1) => betaBinomialDistribution({ totalCount: n, concentration1: a, concentration0: b }),
    logMarginal: ({ successes, failures }) => {
      wholeCounts('betaBinomial.logMarginal', { successes, failures })
      return logBetaBinomial(successes, successes + failures, a, b)
    },
    credibleInterval: (level = 0.95) => {
      const tail = tailOf('betaBinomial', level)
      return [betaInverse(a, b, tail).x, betaInverse(a, b, 1 - tail, tail).x]
    },
  }
}

// --- gamma and Poisson --------------------------------------------------------------------------------------------------

/** What is believed of a rate: Gamma(shape, rate). */
export interface GammaPoisson {
  readonly shape: number
  readonly rate: number
  /** After counts, each of one unit of time. */
  readonly update: (counts: Numbers) => GammaPoisson
  readonly distribution: Continuous
  /** Of the next count. */
  readonly predictive: () => Discrete
  readonly logMarginal: (counts: Numbers) => number
  readonly credibleInterval: (level?: number) => Interval
}
/**
 * Bayesian updating of the rate of events: the prior Gamma(shape, rate) counts as `shape` events seen in `rate` units of time.
 *
 * Source: Gelman et al. 2013, section 2.6.
 */
export const gammaPoisson = ({ shape, rate }: { readonly shape: number; readonly rate: number }): GammaPoisson => {
  above('gammaPoisson', { shape, rate })
  const read = (where: string, counts: Numbers): { n: number; sum: number; values: Float64Array } => {
    const values = numbersOf(`gammaPoisson.${where}`, 'counts', counts, 0)
    for (const [i, v] of values.entries()) wholeCounts(`gammaPoisson.${where}`, { [`counts[${i}]`]: v })
    return { n: values.length, sum: values.reduce((a, b) => a + b, 0), values }
  }
  return {
    shape,
    rate,
    update: counts => {
      const { n, sum } = read('update', counts)
      return gammaPoisson({ shape: shape + sum, rate: rate + n })
    },
    distribution: gamma({ concentration: shape, rate }),
    predictive: () => negativeBinomial({ totalCount: shape, probs: 1 / (1 + rate) }),
    logMarginal: counts => {
      const { n, sum, values } = read('logMarginal', counts)
      const factorials = values.reduce((s, v) => s + lgamma(v + 1), 0)
      return (
        lgamma(shape + sum) - lgamma(shape) + shape * Math.log(rate) - (shape + sum) * Math.log(rate + n) - factorials
      )
    },
    credibleInterval: (level = 0.95) => {
      const tail = tailOf('gammaPoisson', level)
      return [gammaInverse(shape, tail) / rate, gammaInverse(shape, 1 - tail, tail) / rate]
    },
  }
}

// --- normal with a known variance ---------------------------------------------------------------------------------------

/** What is believed of the mean of normal data whose variance is known: N(mean, variance). */
export interface NormalNormal {
  readonly mean: number
  readonly variance: number
  readonly update: (data: Numbers) => NormalNormal
  readonly distribution: Continuous
  /** Of the next value. */
  readonly predictive: () => Continuous
  readonly logMarginal: (data: Numbers) => number
  readonly credibleInterval: (level?: number) => Interval
}
/**
 * Bayesian updating of the mean of normal data of known variance: precisions add up.
 *
 * @param given.noise variance of the data, above 0
 *
 * Source: Gelman et al. 2013, section 2.5.
 */
export const normalNormal = (given: {
  readonly mean: number
  readonly variance: number
  readonly noise: number
}): NormalNormal => {
  const { mean, variance, noise } = given
  above('normalNormal', { variance, noise })
  const after = (x: Float64Array): { mean: number; variance: number } => {
    const precision = 1 / variance + x.length / noise
    return { mean: (mean / variance + x.reduce((a, b) => a + b, 0) / noise) / precision, variance: 1 / precision }
  }
  return {
    mean,
    variance,
    update: data => normalNormal({ ...after(numbersOf('normalNormal.update', 'data', data, 0)), noise }),
    distribution: normal({ loc: mean, scale: Math.sqrt(variance) }),
    predictive: () => normal({ loc: mean, scale: Math.sqrt(variance + noise) }),
    logMarginal: data => {
      // One value after the other, each under what the others before it leave to be believed.
      let [total, at] = [0, { mean, variance }]
      for (const v of numbersOf('normalNormal.logMarginal', 'data', data, 0)) {
        const s = at.variance + noise
        total -= 0.5 * (Math.log(2 * Math.PI * s) + (v - at.mean) ** 2 / s)
        const precision = 1 / at.variance + 1 / noise
        at = { mean: (at.mean / at.variance + v / noise) / precision, variance: 1 / precision }
      }
      return total
    },
    credibleInterval: (level = 0.95) => {
      const z = normalInverse(tailOf('normalNormal', level)) * Math.sqrt(variance)
      return [mean + z, mean - z]
    },
  }
}

// --- normal with an unknown variance ------------------------------------------------------------------------------------

/** What is believed of mean and variance of normal data: σ² is inverse gamma (shape, scale), the mean N(mean, σ²/strength). */
export interface NormalInverseGamma {
  readonly mean: number
  readonly strength: number
  readonly shape: number
  readonly scale: number
  readonly update: (data: Numbers) => NormalInverseGamma
  /** Of the mean alone: a Student distribution. */
  readonly meanDistribution: Continuous
  /** Of 1/σ²: a gamma distribution. */
  readonly precisionDistribution: Continuous
  readonly predictive: () => Continuous
  readonly logMarginal: (data: Numbers) => number
  /** Of the mean and of the variance. */
  readonly credibleInterval: (level?: number) => { readonly mean: Interval; readonly variance: Interval }
}
/**
 * Bayesian updating of mean and variance of normal data.
 *
 * @param given.strength how many values the prior mean counts for
 *
 * Source: Gelman et al. 2013, section 3.3; Murphy 2007, section 6.
 */
export const normalInverseGamma = (given: {
  readonly mean: number
  readonly strength: number
  readonly shape: number
  readonly scale: number
}): NormalInverseGamma => {
  const { mean, strength, shape, scale } = given
  above('normalInverseGamma', { strength, shape, scale })
  const after = (x: Float64Array) => {
    const n = x.length
    if (n === 0) return given
    const average = x.reduce((a, b) => a + b, 0) / n
    const squares = x.reduce((a, b) => a + (b - average) ** 2, 0)
    return {
      mean: (strength * mean + n * average) / (strength + n),
      strength: strength + n,
      shape: shape + n / 2,
      scale: scale + squares / 2 + (strength * n * (average - mean) ** 2) / (2 * (strength + n)),
    }
  }
  const width = Math.sqrt(scale / (shape * strength))
  return {
    ...given,
    update: data => normalInverseGamma(after(numbersOf('normalInverseGamma.update', 'data', data, 0))),
    meanDistribution: studentT({ df: 2 * shape, loc: mean, scale: width }),
    precisionDistribution: gamma({ concentration: shape, rate: scale }),
    predictive: () =>
      studentT({ df: 2 * shape, loc: mean, scale: Math.sqrt((scale * (strength + 1)) / (shape * strength)) }),
    logMarginal: data => {
      const x = numbersOf('normalInverseGamma.logMarginal', 'data', data, 0)
      const to = after(x)
      const shapes = lgamma(to.shape) - lgamma(shape) + shape * Math.log(scale) - to.shape * Math.log(to.scale)
      return shapes + Math.log(strength / to.strength) / 2 - (x.length / 2) * Math.log(2 * Math.PI)
    },
    credibleInterval: (level = 0.95) => {
      const tail = tailOf('normalInverseGamma', level)
      const t = studentInverse(tail, 1 - tail, 2 * shape) * width
      return {
        mean: [mean + t, mean - t],
        variance: [scale / gammaInverse(shape, 1 - tail, tail), scale / gammaInverse(shape, tail)],
      }
    },
  }
}

// --- Dirichlet and multinomial ------------------------------------------------------------------------------------------

/** What is believed of the probabilities of K classes: Dirichlet(concentration). */
export interface DirichletMultinomial {
  readonly concentration: Tensor
  /** After counts of the classes. */
  readonly update: (counts: Numbers) => DirichletMultinomial
  readonly distribution: Dirichlet
  /** Probabilities of the next draw's class `[K]`. */
  readonly predictive: () => Tensor
  /** ln of the probability of a sequence of draws with such counts. */
  readonly logMarginal: (counts: Numbers) => number
  /** Of each class. */
  readonly credibleInterval: (level?: number) => readonly Interval[]
}
/**
 * Bayesian updating of the probabilities of classes: the prior counts as `concentration` draws seen of each.
 *
 * Source: Gelman et al. 2013, section 3.4.
 */
export const dirichletMultinomial = ({ concentration }: { readonly concentration: Numbers }): DirichletMultinomial => {
  const c = numbersOf('dirichletMultinomial', 'concentration', concentration, 2)
  for (const [i, v] of c.entries()) above('dirichletMultinomial', { [`concentration[${i}]`]: v })
  const total = c.reduce((a, b) => a + b, 0)
  const read = (where: string, counts: Numbers): Float64Array => {
    const x = numbersOf(`dirichletMultinomial.${where}`, 'counts', counts, 0)
    if (x.length !== c.length) {
      throw new ArgumentError(
        `dirichletMultinomial.${where}: there are ${x.length} counts and ${c.length} classes. There must be one for each.`,
      )
    }
    for (const [i, v] of x.entries()) wholeCounts(`dirichletMultinomial.${where}`, { [`counts[${i}]`]: v })
    return x
  }
  return {
    concentration: vector(c),
    update: counts => dirichletMultinomial({ concentration: read('update', counts).map((v, i) => v + c[i]!) }),
    distribution: new Dirichlet({ concentration: vector(c) }),
    predictive: () => vector(c.map(v => v / total)),
    logMarginal: counts => {
      const x = read('logMarginal', counts)
      const n = x.reduce((a, b) => a + b, 0)
      return x.reduce((s, v, i) => s + lgamma(v + c[i]!) - lgamma(c[i]!), lgamma(total) - lgamma(total + n))
    },
    credibleInterval: (level = 0.95) => {
      const tail = tailOf('dirichletMultinomial', level)
      return Array.from(
        c,
        v => [betaInverse(v, total - v, tail).x, betaInverse(v, total - v, 1 - tail, tail).x] as const,
      )
    },
  }
}
