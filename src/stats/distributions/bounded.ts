import { where } from '../../tensor/functions.ts'
import { ArgumentError } from '../../core/errors.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { besselRatios } from '../special/bessel.ts'
import { betaInverse, betaTails } from '../special/incomplete-beta.ts'
import { knownValues } from '../values.ts'
import { Continuous, continuous, type Given, positiveParameter, real, realParameter, unitInterval } from './family.ts'
import { readParameters } from './distribution.ts'

// Distributions on an interval, and on the circle.

const uniformParameters = { low: realParameter('the lower end', 0), high: realParameter('the upper end', 1) }
/**
 * Every number between two equally: `p(x) = 1/(high − low)`, low ≤ x ≤ high.
 *
 * @param given.low lower end, by default 0
 * @param given.high upper end, by default 1
 * @throws ArgumentError unless low is below high
 */
export const uniform = (given: Given<'low' | 'high'> = {}): Continuous => {
  const parameters = readParameters('uniform', uniformParameters, given)
  const [low, high] = [knownValues(parameters.low), knownValues(parameters.high)]
  if (low && high && (low.length === 1 || high.length === 1 || low.length === high.length)) {
    for (let i = 0; i < Math.max(low.length, high.length); i++) {
      const [a, b] = [low[low.length === 1 ? 0 : i]!, high[high.length === 1 ? 0 : i]!]
      if (a < b) continue
      throw new ArgumentError(`uniform: low must be below high; got ${a} and ${b}.`, { low: a, high: b })
    }
  }
  return new Continuous(
    {
      name: 'uniform',
      parameters: uniformParameters,
      support: {
        words: 'numbers from low to high',
        outside: (x, p) => x.less(p.low).logicalOr(x.greater(p.high)),
        inner: p => p.low,
      },
      logProb: (x, p) => x.mul(0).sub(p.high.sub(p.low).log()),
      mean: p => p.low.add(p.high).mul(0.5),
      variance: p =>
        p.high
          .sub(p.low)
          .square()
          .mul(1 / 12),
      mode: p => p.low.mul(Number.NaN),
      entropy: p => p.high.sub(p.low).log(),
      tails: (x, p) => {
        const lower = Math.min(1, Math.max(0, (x - p.low) / (p.high - p.low)))
        const upper = Math.min(1, Math.max(0, (p.high - x) / (p.high - p.low)))
        return { lower, upper }
      },
      quantile: (lower, upper, p) =>
        lower < upper ? p.low + lower * (p.high - p.low) : p.high - upper * (p.high - p.low),
      transform: {
        noise: 'uniform',
        apply: (u, p) => u.mul(p.high.sub(p.low)).add(p.low),
      },
    },
    parameters,
  ) as unknown as Continuous
}

/** ln B(a, b) of tensors. */
const logBeta = (a: Tensor, b: Tensor): Tensor => a.lgamma().add(b.lgamma()).sub(a.add(b).lgamma())
/** a ln(1 − x); 0 where a is 0. */
const timesLogRest = (a: Tensor, x: Tensor): Tensor => {
  const none = a.equal(0).logicalAnd(x.equal(1))
  const safe = where(none, x.mul(0), x)
  return a.mul(safe.neg().log1p())
}

/**
 * The beta distribution: `p(x) = xᵃ⁻¹ (1 − x)ᵇ⁻¹ / B(a, b)`, 0 ≤ x ≤ 1.
 *
 * The mode is NaN where it is not one number inside: unless both are above 1, or one is above 1 and the other not.
 *
 * @param given.concentration1 a, above 0: weight at 1
 * @param given.concentration0 b, above 0: weight at 0
 */
export const beta = continuous({
  name: 'beta',
  parameters: {
    concentration1: positiveParameter('the weight at 1'),
    concentration0: positiveParameter('the weight at 0'),
  },
  support: unitInterval,
  logProb: (x, { concentration1: a, concentration0: b }) =>
    a
      .sub(1)
      .xlogy(x)
      .add(timesLogRest(b.sub(1), x))
      .sub(logBeta(a, b)),
  mean: ({ concentration1: a, concentration0: b }) => a.div(a.add(b)),
  variance: ({ concentration1: a, concentration0: b }) => {
    const sum = a.add(b)
    return a.mul(b).div(sum.square().mul(sum.add(1)))
  },
  mode: ({ concentration1: a, concentration0: b }) => {
    const inside = a.greater(1).logicalAnd(b.greater(1))
    const sum = where(inside, a.add(b), 3)
    const peak = a.sub(1).div(sum.sub(2))
    const zero = peak.mul(0)
    const atOne = a.greater(1).logicalAnd(b.lessEqual(1))
    const atZero = b.greater(1).logicalAnd(a.lessEqual(1))
    const ends = where(atOne, zero.add(1), where(atZero, zero, Number.NaN))
    return where(inside, peak, ends)
  },
  entropy: ({ concentration1: a, concentration0: b }) => {
    const sum = a.add(b)
    const slopes = a.sub(1).mul(a.digamma()).add(b.sub(1).mul(b.digamma()))
    return logBeta(a, b).sub(slopes).add(sum.sub(2).mul(sum.digamma()))
  },
  tails: (x, p) => betaTails(p.concentration1, p.concentration0, x),
  quantile: (lower, upper, p) => betaInverse(p.concentration1, p.concentration0, lower, upper).x,
  draw: (stream, p) => {
    const a = stream.logGamma(p.concentration1)
    const b = stream.logGamma(p.concentration0)
    return 1 / (1 + Math.exp(b - a))
  },
})

/** The distribution function of the von Mises distribution at an angle from its centre, −π to π. */
const vonMisesCdf = (z: number, kappa: number): number => {
  let sum = z
  for (const [i, ratio] of besselRatios(kappa).entries()) sum += (2 * ratio * Math.sin((i + 1) * z)) / (i + 1)
  return 0.5 + sum / (2 * Math.PI)
}
/** An angle brought to −π … π. */
const wrapped = (angle: number): number => angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI))

/**
 * The normal distribution's counterpart on the circle: `p(x) = e^(κ cos(x − loc)) / (2π I₀(κ))`, x an angle in radians, κ the concentration.
 *
 * The density repeats every 2π; `cdf`, `quantile` and draws are those of loc − π to loc + π. `variance` is the circular one, `1 − I₁/I₀`.
 *
 * @param given.loc direction, in radians, by default 0
 * @param given.concentration above 0
 *
 * Source: Abramowitz & Stegun 1964, 9.6.34 (the series of `cdf`); Best & Fisher 1979 (draws).
 */
export const vonMises = continuous({
  name: 'vonMises',
  parameters: {
    loc: realParameter('the direction in radians', 0),
    concentration: positiveParameter('how close to it the angles are'),
  },
  support: { ...real, words: 'angles in radians' },
  // κ cos z − κ is −2κ sin² z/2, which does not cancel where it is small.
  logProb: (x, { loc, concentration: k }) => {
    const half = x.sub(loc).mul(0.5).sin().square()
    return half
      .mul(-2)
      .mul(k)
      .sub(
        k
          .i0e()
          .mul(2 * Math.PI)
          .log(),
      )
  },
  mean: p => p.loc,
  variance: p => p.concentration.i1e().div(p.concentration.i0e()).neg().add(1),
  mode: p => p.loc,
  entropy: ({ concentration: k }) => {
    const ratio = k.i1e().div(k.i0e())
    return k
      .i0e()
      .mul(2 * Math.PI)
      .log()
      .add(k.mul(ratio.neg().add(1)))
  },
  tails: (x, p) => {
    const z = x - p.loc
    if (z <= -Math.PI) return { lower: 0, upper: 1 }
    if (z >= Math.PI) return { lower: 1, upper: 0 }
    return { lower: vonMisesCdf(z, p.concentration), upper: vonMisesCdf(-z, p.concentration) }
  },
  quantile: (lower, upper, p) => {
    if (lower > upper) return p.loc - vonMisesLower(upper, p.concentration)
    return p.loc + vonMisesLower(lower, p.concentration)
  },
  draw: (stream, { loc, concentration: k }) => {
    if (k < 1e-5) return loc + wrapped(2 * Math.PI * stream.uniform())
    const tau = 1 + Math.sqrt(1 + 4 * k * k)
    const rho = (tau - Math.sqrt(2 * tau)) / (2 * k)
    const r = (1 + rho * rho) / (2 * rho)
    for (;;) {
      const z = Math.cos(Math.PI * stream.uniform())
      const f = (1 + r * z) / (r + z)
      const c = k * (r - f)
      const u = stream.uniform()
      if (c * (2 - c) <= u && Math.log(c / u) + 1 - c < 0) continue
      const angle = Math.acos(Math.min(1, Math.max(-1, f)))
      return loc + (stream.uniform() < 0.5 ? -angle : angle)
    }
  },
})

/** The angle below the centre with so much below it, p up to 1/2, by bisection: the function is monotone but has no simple bounds. */
const vonMisesLower = (p: number, kappa: number): number => {
  let [low, high] = [-Math.PI, 0]
  if (p <= 0) return low
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (vonMisesCdf(middle, kappa) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}
