import { ArgumentError } from '../core/errors.ts'
import { ranks } from './correlation.ts'
import { type Alternative, pValueOf, type TestResult } from './hypothesis-tests.ts'
import { logChoose } from './special/gamma.ts'
import { normalTails } from './special/normal.ts'
import { type Numbers, numbersOf, pairsOf } from './values.ts'

/** Exactly, by counting arrangements, or by the normal distribution that it comes near to. */
export type TestMethod = 'auto' | 'exact' | 'asymptotic'

/** Σ (t³ − t) over groups of t equal values. */
const tieTerm = (x: Float64Array): number => {
  const counts = new Map<number, number>()
  for (const v of x) counts.set(v, (counts.get(v) ?? 0) + 1)
  return [...counts.values()].reduce((sum, t) => sum + t ** 3 - t, 0)
}
const checkMethod = (where: string, method: TestMethod): void => {
  if (!['auto', 'exact', 'asymptotic'].includes(method))
    throw new ArgumentError(`${where}: method must be one of auto, exact, asymptotic; got ${method}.`, { method })
}

/** Shares of the orders of n₁ and n₂ values that have each U. */
const uShares = (n1: number, n2: number): Float64Array => {
  // Counts of partitions, one value at a time: of U among i and j, C(i + j, i) in all.
  const size = n1 * n2 + 1
  let shares = new Float64Array(size)
  shares[0] = 1
  for (let i = 1; i <= n1; i++) {
    // times (1 − q^(n₂ + i)) / (1 − qⁱ), by i/(n₂ + i) to stay shares.
    const next = new Float64Array(size)
    for (let k = 0; k < size; k++)
      next[k] = shares[k]! - (k >= n2 + i ? shares[k - n2 - i]! : 0) + (k >= i ? next[k - i]! : 0)
    shares = next.map(v => (v * i) / (n2 + i))
  }
  return shares
}

/**
 * Mann and Whitney's U: whether values of x tend to be above or below those of y. `U` counts the pairs in which x is above, ties as half.
 *
 * @param options.method by default exact where one sample has at most 8 values and none are equal, else normal with corrections for ties
 *   and for continuity
 * @throws ArgumentError for method exact with equal values
 *
 * Source: Mann & Whitney 1947; checked against SciPy 1.17 `mannwhitneyu`.
 */
export const mannWhitneyU = (
  x: Numbers,
  y: Numbers,
  {
    alternative = 'two-sided',
    method = 'auto',
    continuity = true,
  }: { readonly alternative?: Alternative; readonly method?: TestMethod; readonly continuity?: boolean } = {},
): TestResult => {
  checkMethod('mannWhitneyU', method)
  const [a, b] = [numbersOf('mannWhitneyU', 'x', x), numbersOf('mannWhitneyU', 'y', y)]
  const [n1, n2] = [a.length, b.length]
  const all = Float64Array.from([...a, ...b])
  const rank = ranks(all)
  const u = rank.subarray(0, n1).reduce((s, r) => s + r, 0) - (n1 * (n1 + 1)) / 2
  const ties = tieTerm(all)
  if (method === 'exact' && ties > 0)
    throw new ArgumentError(
      'mannWhitneyU: some values are equal, for which there is no exact method. Use method "asymptotic".',
    )
  if (method === 'exact' || (method === 'auto' && ties === 0 && (n1 <= 8 || n2 <= 8))) {
    const shares = uShares(n1, n2)
    const upTo = (k: number): number => shares.subarray(0, k + 1).reduce((s, v) => s + v, 0)
    return { statistic: u, pValue: pValueOf(upTo(u), upTo(n1 * n2 - u), alternative) }
  }
  const n = n1 + n2
  const sd = Math.sqrt(((n1 * n2) / 12) * (n + 1 - ties / (n * (n - 1))))
  const off = u - (n1 * n2) / 2
  const half = continuity ? 0.5 : 0
  const lower = normalTails((off + half) / sd).lower
  const upper = normalTails((off - half) / sd).upper
  return { statistic: u, pValue: sd === 0 ? 1 : pValueOf(lower, upper, alternative) }
}

/**
 * Wilcoxon's test of signed ranks: whether pairs differ by something on either side of 0 alike. Pairs that are equal are left out.
 *
 * @param y the other values of the pairs; without it x holds the differences
 * @returns the sum of the ranks above 0 (of the smaller side, for `two-sided`)
 * @param options.method by default exact to 50 differences without equal ones or zeros, else normal with the correction for ties
 *
 * Source: Wilcoxon 1945; checked against SciPy 1.17 `wilcoxon`.
 */
export const wilcoxon = (
  x: Numbers,
  y?: Numbers,
  {
    alternative = 'two-sided',
    method = 'auto',
  }: { readonly alternative?: Alternative; readonly method?: TestMethod } = {},
): TestResult => {
  checkMethod('wilcoxon', method)
  const given = y === undefined ? numbersOf('wilcoxon', 'x', x) : differences(x, y)
  const d = given.filter(v => v !== 0)
  const n = d.length
  if (n === 0) throw new ArgumentError('wilcoxon: all differences are 0. There is nothing to rank.')
  const sizes = d.map(Math.abs)
  const rank = ranks(sizes)
  const plus = rank.reduce((s, r, i) => (d[i]! > 0 ? s + r : s), 0)
  const total = (n * (n + 1)) / 2
  const statistic = alternative === 'two-sided' ? Math.min(plus, total - plus) : plus
  const ties = tieTerm(sizes)
  const clean = ties === 0 && n === given.length
  if (method === 'exact' && ties > 0)
    throw new ArgumentError(
      'wilcoxon: some differences are equal, for which there is no exact method. Use method "asymptotic".',
    )
  if (method === 'exact' || (method === 'auto' && clean && n <= 50)) {
    let shares = new Float64Array(total + 1)
    shares[0] = 1
    for (let i = 1; i <= n; i++) shares = shares.map((v, k) => (v + (k >= i ? shares[k - i]! : 0)) / 2)
    const upTo = (k: number): number => shares.subarray(0, k + 1).reduce((s, v) => s + v, 0)
    return { statistic, pValue: pValueOf(upTo(plus), upTo(total - plus), alternative) }
  }
  const sd = Math.sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24)
  const { lower, upper } = normalTails((plus - total / 2) / sd)
  return { statistic, pValue: pValueOf(lower, upper, alternative) }
}
const differences = (x: Numbers, y: Numbers): Float64Array => {
  const [a, b] = pairsOf('wilcoxon', x, y, 1)
  return a.map((v, i) => v - b[i]!)
}

/** P(D ≥ d) of Kolmogorov's limit, d √n: the first terms of two series, each where it is quick. */
const kolmogorovSurvival = (z: number): number => {
  if (z <= 0) return 1
  let sum = 0
  if (z < 1.18) {
    const t = Math.exp(-(Math.PI ** 2) / (8 * z * z))
    for (let k = 1; k <= 15; k += 2) sum += t ** (k * k)
    return 1 - (Math.sqrt(2 * Math.PI) / z) * sum
  }
  for (let k = 1; k <= 10; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * z * z)
  return Math.max(0, 2 * sum)
}
/** P(D⁺ ≥ d) of n values, Smirnov's sum; terms in logarithms. */
const smirnovSurvival = (n: number, d: number): number => {
  if (d <= 0) return 1
  if (d >= 1) return 0
  let sum = 0
  for (let j = 0; j <= n * (1 - d); j++) {
    const t = d + j / n
    if (t >= 1) break
    sum += Math.exp(logChoose(n, j) + (j === n ? 0 : (n - j) * Math.log1p(-t)) + (j - 1) * Math.log(t))
  }
  return Math.min(1, d * sum)
}
/** P(D < d) by Durbin's matrix (Marsaglia, Tsang & Wang 2003); powers are scaled to stay in range. */
const durbinCdf = (n: number, d: number): number => {
  const k = Math.floor(n * d) + 1
  const m = 2 * k - 1
  const h = k - n * d
  const a = new Float64Array(m * m)
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) a[i * m + j] = i - j + 1 < 0 ? 0 : 1
  for (let i = 0; i < m; i++) {
    a[i * m]! -= h ** (i + 1)
    a[(m - 1) * m + i]! -= h ** (m - i)
  }
  a[(m - 1) * m]! += 2 * h - 1 > 0 ? (2 * h - 1) ** m : 0
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) for (let g = 2; g <= i - j + 1; g++) a[i * m + j]! /= g
  const times = (x: Float64Array, y: Float64Array): Float64Array => {
    const out = new Float64Array(m * m)
    for (let i = 0; i < m; i++)
      for (let l = 0; l < m; l++) {
        const v = x[i * m + l]!
        if (v !== 0) for (let j = 0; j < m; j++) out[i * m + j]! += v * y[l * m + j]!
      }
    return out
  }
  let [power, exponent]: [Float64Array, number] = [a, 0]
  let [result, resultExponent]: [Float64Array | null, number] = [null, 0]
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) {
      result = result ? times(result, power) : power
      resultExponent += exponent
      if (result[(k - 1) * m + k - 1]! > 1e140) {
        result = result.map(v => v * 1e-140)
        resultExponent += 140
      }
    }
    power = times(power, power)
    exponent *= 2
    if (power[(k - 1) * m + k - 1]! > 1e140) {
      power = power.map(v => v * 1e-140)
      exponent += 140
    }
  }
  let log = Math.log(result![(k - 1) * m + k - 1]!) + resultExponent * Math.LN10
  for (let i = 1; i <= n; i++) log += Math.log(i / n)
  return Math.exp(log)
}
/** P(Dₙ ≥ d) of the two-sided statistic. */
const ksSurvival = (n: number, d: number): number => {
  if (d >= 1) return 0
  if (d <= 0.5 / n) return 1
  const isLarge = n > 2000
  // Both sides can hardly be so far off at once, with a share of e^(−6 n d²): twice one side (Simard & L'Ecuyer 2011).
  if (n * d * d > (isLarge ? 2.2 : 4.5) || d >= 0.5) return Math.min(1, 2 * smirnovSurvival(n, d))
  const z = d * Math.sqrt(n)
  // The limit with its terms in 1/√n and 1/n (Vrbik 2018).
  if (isLarge) return kolmogorovSurvival(z + 1 / (6 * Math.sqrt(n)) + (z - 1) / (4 * n))
  return 1 - durbinCdf(n, d)
}

/**
 * Kolmogorov and Smirnov's test of one sample: whether it comes from a distribution, by the largest distance `D` between its own
 * distribution function and that one.
 *
 * @param cdf the hypothesis, such as `v => special.normalTails(v).lower`
 * @param options.method by default exact to 2000 values (and in the tail beyond), else Kolmogorov's limit with a correction, good to 1e-5
 *
 * Source: Marsaglia, Tsang & Wang 2003; Simard & L'Ecuyer 2011; checked against SciPy 1.17 `ks_1samp`.
 */
export const kolmogorovSmirnovOneSample = (
  x: Numbers,
  cdf: (v: number) => number,
  { method = 'auto' }: { readonly method?: TestMethod } = {},
): TestResult => {
  checkMethod('kolmogorovSmirnovOneSample', method)
  const values = numbersOf('kolmogorovSmirnovOneSample', 'x', x).sort()
  const n = values.length
  let statistic = 0
  for (const [i, v] of values.entries()) {
    const f = cdf(v)
    statistic = Math.max(statistic, (i + 1) / n - f, f - i / n)
  }
  const pValue = method === 'asymptotic' ? kolmogorovSurvival(statistic * Math.sqrt(n)) : ksSurvival(n, statistic)
  return { statistic, pValue: Math.min(1, Math.max(0, pValue)) }
}

/** The share of the orders of both samples in which their functions are d or more apart at some point. */
const outsideShare = (n1: number, n2: number, d: number): number => {
  const far = (i: number, j: number): boolean => Math.abs(i * n2 - j * n1) >= d * n1 * n2 - 1e-7
  let row = new Float64Array(n2 + 1)
  for (let i = 0; i <= n1; i++) {
    const next = new Float64Array(n2 + 1)
    for (let j = 0; j <= n2; j++) {
      if (far(i, j)) next[j] = 1
      else if (i + j > 0) next[j] = ((i === 0 ? 0 : i * row[j]!) + (j === 0 ? 0 : j * next[j - 1]!)) / (i + j)
    }
    row = next
  }
  return row[n2]!
}

/**
 * Kolmogorov and Smirnov's test of two samples: whether they come from one distribution, by the largest distance `D` between their
 * distribution functions.
 *
 * @param options.method by default exact where the product of their sizes is to 4 million, else the limit
 *
 * Source: Hodges 1958; checked against SciPy 1.17 `ks_2samp`.
 */
export const kolmogorovSmirnovTwoSample = (
  x: Numbers,
  y: Numbers,
  { method = 'auto' }: { readonly method?: TestMethod } = {},
): TestResult => {
  checkMethod('kolmogorovSmirnovTwoSample', method)
  const a = numbersOf('kolmogorovSmirnovTwoSample', 'x', x).sort()
  const b = numbersOf('kolmogorovSmirnovTwoSample', 'y', y).sort()
  let [i, j, statistic] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    const v = Math.min(a[i]!, b[j]!)
    while (i < a.length && a[i]! <= v) i++
    while (j < b.length && b[j]! <= v) j++
    statistic = Math.max(statistic, Math.abs(i / a.length - j / b.length))
  }
  const exact = method === 'exact' || (method === 'auto' && a.length * b.length <= 4e6)
  if (exact) return { statistic, pValue: Math.min(1, outsideShare(a.length, b.length, statistic)) }
  const n = Math.round((a.length * b.length) / (a.length + b.length))
  return { statistic, pValue: Math.min(1, Math.max(0, ksSurvival(n, statistic))) }
}
