import { ArgumentError } from '../../core/errors.ts'
import { number, integer, type Rule } from '../../core/options.ts'
import { where } from '../../tensor/functions.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { binomialTerm, poissonTerm } from '../special/gamma.ts'
import { betaTails } from '../special/incomplete-beta.ts'
import { gammaTails } from '../special/incomplete-gamma.ts'
import { normalQuantile } from '../special/normal-guess.ts'
import { invertCounts, type Tails } from '../special/tails.ts'
import { type Values, valuesIn } from '../values.ts'
import { readParameters } from './distribution.ts'
import { counts, Discrete, discrete, type Family, full, notWhole } from './family.ts'

// Distributions of counts.

const probability: Rule = number({ min: 0, max: 1, help: 'a probability' })
const possible: Rule = number({ above: 0, max: 1, help: 'a probability' })
const uncertain: Rule = number({ min: 0, below: 1, help: 'a probability' })
const finite: Rule = number({ help: 'log-odds' })

/** A probability p of success, given as it is or by its log-odds. */
interface Odds {
  readonly probs: Tensor
  /** w ln p and w ln(1 − p), 0 where w is 0, also in their gradients. */
  readonly success: (weight: Tensor) => Tensor
  readonly failure: (weight: Tensor) => Tensor
}
type GivenOdds = { readonly probs?: Values | undefined; readonly logits?: Values | undefined }

/** Throws unless one of `probs` and `logits` is given. */
export const requireOne = (name: string, { probs, logits }: GivenOdds): void => {
  if ((probs === undefined) !== (logits === undefined)) return
  const got = probs === undefined ? 'neither' : 'both'
  throw new ArgumentError(`${name}: takes probs or logits; got ${got}. Pass the probabilities or the log-odds.`)
}

const oddsOf = (read: { readonly probs?: Tensor; readonly logits?: Tensor }): Odds => {
  if (read.logits) {
    const { logits } = read
    return {
      probs: logits.sigmoid(),
      success: w => w.mul(logits.logSigmoid()),
      failure: w => w.mul(logits.neg().logSigmoid()),
    }
  }
  const probs = read.probs!
  // The logarithm's argument is made safe, not its value: 0 · ∞ in a gradient is NaN.
  const safe = (w: Tensor, instead: number): Tensor => where(w.equal(0), w.mul(0).add(instead), probs.add(w.mul(0)))
  return {
    probs,
    success: w => w.mul(safe(w, 1).log()),
    failure: w => w.mul(safe(w, 0).neg().log1p()),
  }
}

/** Reads probs or logits with what else there is, and makes the distribution. */
const withOdds = <K extends string>(
  name: string,
  rules: Readonly<Record<Exclude<K, 'probs'>, Rule>>,
  given: GivenOdds & { readonly [N in Exclude<K, 'probs'>]?: Values | undefined },
  make: (odds: Odds) => Family<K>,
  probs: Rule = probability,
): Discrete => {
  requireOne(name, given)
  const odd = given.logits === undefined ? { probs } : { logits: finite }
  const read = readParameters<string>(name, { ...rules, ...odd }, leaveOut(given) as Readonly<Record<string, Values>>)
  const odds = oddsOf(read)
  const own = { ...read, probs: odds.probs } as Record<string, Tensor>
  delete own.logits
  const { logits } = read
  const known = logits && {
    probs: (where: string) => valuesIn(where, 'logits', logits).map(l => 1 / (1 + Math.exp(-l))),
  }
  return new Discrete<string>(make(odds) as Family<string>, own, read, known)
}
const leaveOut = (given: object): object =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))

/** −Σ p ln p over the counts that matter. */
const entropyOver = (from: number, to: number, probabilityOf: (k: number) => number): number => {
  let total = 0
  for (let k = from; k <= to; k++) {
    const p = probabilityOf(k)
    if (p > 0) total -= p * Math.log(p)
  }
  return total
}
/** A guess at the quantile of a count by the normal distribution. */
const guessCount = (lower: number, upper: number, mean: number, variance: number): number => {
  const p = Math.min(Math.max(lower, 1e-300), 1)
  const z = lower < upper ? normalQuantile(p) : -normalQuantile(Math.max(upper, 1e-300))
  return mean + z * Math.sqrt(variance)
}
const negligible = 1e-20

/**
 * One trial: 1 with probability p, else 0.
 *
 * @param given.probs p, from 0 to 1, or instead
 * @param given.logits ln(p/(1 − p))
 */
export const bernoulli = (given: GivenOdds): Discrete =>
  withOdds<'probs'>('bernoulli', {}, given, odds => ({
    name: 'bernoulli',
    parameters: { probs: probability },
    support: {
      words: '0 and 1',
      outside: x => x.notEqual(0).logicalAnd(x.notEqual(1)).logicalAnd(x.isNaN().logicalNot()),
      inner: () => 0,
    },
    logProb: x => odds.success(x).add(odds.failure(x.neg().add(1))),
    mean: p => p.probs,
    variance: p => p.probs.mul(p.probs.neg().add(1)),
    mode: p => p.probs.greater(0.5).to(p.probs.dtype),
    entropy: p =>
      odds
        .success(p.probs)
        .add(odds.failure(p.probs.neg().add(1)))
        .neg(),
    tails: (x, { probs }) => {
      if (x < 0) return { lower: 0, upper: 1 }
      return x < 1 ? { lower: 1 - probs, upper: probs } : { lower: 1, upper: 0 }
    },
    quantile: (lower, _upper, { probs }) => (lower <= 1 - probs ? 0 : 1),
    draw: (stream, { probs }) => (stream.uniform() < probs ? 1 : 0),
  }))

const binomialTails = (x: number, n: number, p: number): Tails => {
  const k = Math.floor(x)
  if (k < 0) return { lower: 0, upper: 1 }
  if (k >= n) return { lower: 1, upper: 0 }
  return betaTails(n - k, k + 1, 1 - p, p)
}
const binomialQuantile = (lower: number, upper: number, n: number, p: number): number =>
  invertCounts(k => binomialTails(k, n, p), {
    lower,
    upper,
    guess: guessCount(lower, upper, n * p, n * p * (1 - p)),
    least: 0,
    most: n,
  })

/**
 * Successes in n trials: `p(k) = C(n, k) pᵏ (1 − p)ⁿ⁻ᵏ`, k from 0 to n.
 *
 * @param given.totalCount n, a whole number of at least 0
 * @param given.probs p, from 0 to 1, or instead
 * @param given.logits ln(p/(1 − p))
 */
export const binomial = (given: GivenOdds & { readonly totalCount: Values }): Discrete =>
  withOdds<'totalCount' | 'probs'>(
    'binomial',
    { totalCount: integer({ min: 0, help: 'number of trials' }) },
    given,
    odds => ({
      name: 'binomial',
      parameters: { totalCount: integer({ min: 0, help: 'number of trials' }), probs: probability },
      support: {
        words: 'whole numbers from 0 to totalCount',
        outside: (x, p) => notWhole(x).logicalOr(x.greater(p.totalCount)),
        inner: () => 0,
      },
      logProb: (x, { totalCount: n }) => {
        const rest = n.sub(x)
        const ways = n.add(1).lgamma().sub(x.add(1).lgamma()).sub(rest.add(1).lgamma())
        return ways.add(odds.success(x)).add(odds.failure(rest))
      },
      mean: p => p.totalCount.mul(p.probs),
      variance: p => p.totalCount.mul(p.probs.mul(p.probs.neg().add(1))),
      mode: p => p.totalCount.add(1).mul(p.probs).floor().minimum(p.totalCount),
      entropy: {
        host: ({ totalCount: n, probs }) => {
          const from = binomialQuantile(negligible, 1, n, probs)
          const to = binomialQuantile(1, negligible, n, probs)
          return entropyOver(from, to, k => binomialTerm(k, n - k, probs, 1 - probs))
        },
      },
      tails: (x, p) => binomialTails(x, p.totalCount, p.probs),
      quantile: (lower, upper, p) => binomialQuantile(lower, upper, p.totalCount, p.probs),
    }),
  )

const poissonTails = (x: number, rate: number): Tails => {
  if (x < 0) return { lower: 0, upper: 1 }
  const { lower, upper } = gammaTails(Math.floor(x) + 1, rate)
  return { lower: upper, upper: lower }
}
const poissonQuantile = (lower: number, upper: number, rate: number): number =>
  upper <= 0
    ? rate === 0
      ? 0
      : Number.POSITIVE_INFINITY
    : invertCounts(k => poissonTails(k, rate), {
        lower,
        upper,
        guess: guessCount(lower, upper, rate, rate),
        least: 0,
        most: Number.MAX_SAFE_INTEGER,
      })

/**
 * Events in a unit of time: `p(k) = rateᵏ e^(−rate) / k!`.
 *
 * @param given.rate expected number, at least 0
 */
export const poisson = discrete({
  name: 'poisson',
  parameters: { rate: number({ min: 0, help: 'expected number' }) },
  support: counts,
  logProb: (x, { rate }) => x.xlogy(rate).sub(rate).sub(x.add(1).lgamma()),
  mean: p => p.rate,
  variance: p => p.rate,
  mode: p => p.rate.floor(),
  entropy: {
    host: ({ rate }) =>
      entropyOver(poissonQuantile(negligible, 1, rate), poissonQuantile(1, negligible, rate), k =>
        poissonTerm(k, rate),
      ),
  },
  tails: (x, p) => poissonTails(x, p.rate),
  quantile: (lower, upper, p) => poissonQuantile(lower, upper, p.rate),
})

/**
 * Failures before the first success: `p(k) = (1 − p)ᵏ p`.
 *
 * @param given.probs p, above 0 to 1, or instead
 * @param given.logits ln(p/(1 − p))
 */
export const geometric = (given: GivenOdds): Discrete =>
  withOdds<'probs'>(
    'geometric',
    {},
    given,
    odds => ({
      name: 'geometric',
      parameters: { probs: probability },
      support: counts,
      logProb: x => odds.failure(x).add(odds.success(x.mul(0).add(1))),
      mean: p => p.probs.reciprocal().sub(1),
      variance: p => p.probs.neg().add(1).div(p.probs.square()),
      mode: p => full(0, p.probs),
      entropy: p =>
        odds
          .success(p.probs)
          .add(odds.failure(p.probs.neg().add(1)))
          .neg()
          .div(p.probs),
      tails: (x, { probs }) => {
        if (x < 0) return { lower: 0, upper: 1 }
        const log = (Math.floor(x) + 1) * Math.log1p(-probs)
        return { lower: -Math.expm1(log), upper: Math.exp(log) }
      },
      quantile: (lower, upper, { probs }) => {
        if (upper <= 0) return probs === 1 ? 0 : Number.POSITIVE_INFINITY
        const k = (lower < upper ? Math.log1p(-lower) : Math.log(upper)) / Math.log1p(-probs)
        return Math.max(0, Math.ceil(k * (1 - 4e-16) - 1))
      },
    }),
    possible,
  )

const negativeTails = (x: number, r: number, p: number): Tails =>
  x < 0 ? { lower: 0, upper: 1 } : betaTails(r, Math.floor(x) + 1, 1 - p, p)
const negativeQuantile = (lower: number, upper: number, r: number, p: number): number => {
  if (upper <= 0) return p === 0 ? 0 : Number.POSITIVE_INFINITY
  const mean = (r * p) / (1 - p)
  return invertCounts(k => negativeTails(k, r, p), {
    lower,
    upper,
    guess: guessCount(lower, upper, mean, mean / (1 - p)),
    least: 0,
    most: Number.MAX_SAFE_INTEGER,
  })
}

/**
 * Successes before the r-th failure: `p(k) = Γ(k + r) / (k! Γ(r)) pᵏ (1 − p)ʳ`, as PyTorch has it (SciPy's p is 1 − p here).
 *
 * @param given.totalCount r, above 0, not necessarily whole
 * @param given.probs p, the probability of a success, from 0 to below 1, or instead
 * @param given.logits ln(p/(1 − p))
 */
export const negativeBinomial = (given: GivenOdds & { readonly totalCount: Values }): Discrete =>
  withOdds<'totalCount' | 'probs'>(
    'negativeBinomial',
    { totalCount: number({ above: 0, help: 'failures to wait for' }) },
    given,
    odds => ({
      name: 'negativeBinomial',
      parameters: { totalCount: number({ above: 0, help: 'failures to wait for' }), probs: probability },
      support: counts,
      logProb: (x, { totalCount: r }) => {
        const ways = x.add(r).lgamma().sub(x.add(1).lgamma()).sub(r.lgamma())
        return ways.add(odds.success(x)).add(odds.failure(r))
      },
      mean: ({ totalCount: r, probs }) => r.mul(probs.div(probs.neg().add(1))),
      variance: ({ totalCount: r, probs }) => r.mul(probs.div(probs.neg().add(1).square())),
      mode: ({ totalCount: r, probs }) =>
        r
          .sub(1)
          .maximum(0)
          .mul(probs.div(probs.neg().add(1)))
          .floor(),
      entropy: {
        host: ({ totalCount: r, probs }) =>
          entropyOver(
            negativeQuantile(negligible, 1, r, probs),
            negativeQuantile(1, negligible, r, probs),
            k => (r / (r + k)) * binomialTerm(r, k, 1 - probs, probs),
          ),
      },
      tails: (x, p) => negativeTails(x, p.totalCount, p.probs),
      quantile: (lower, upper, p) => negativeQuantile(lower, upper, p.totalCount, p.probs),
    }),
    uncertain,
  )
