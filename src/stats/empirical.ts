import { ArgumentError } from '../core/errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { indices, type Numbers, numbersOf, vector } from './values.ts'

/** Where a quantile lies between two values; the names are NumPy's, the numbers Hyndman and Fan's. */
export const quantileMethods = [
  'inverted_cdf',
  'averaged_inverted_cdf',
  'closest_observation',
  'interpolated_inverted_cdf',
  'hazen',
  'weibull',
  'linear',
  'median_unbiased',
  'normal_unbiased',
] as const
export type QuantileMethod = (typeof quantileMethods)[number]

/** α and β of the continuous methods: the position is `n p + α + p (1 − α − β)`, counted from 1. */
const plotting: Readonly<Partial<Record<QuantileMethod, readonly [number, number]>>> = {
  interpolated_inverted_cdf: [0, 1],
  hazen: [0.5, 0.5],
  weibull: [0, 0],
  linear: [1, 1],
  median_unbiased: [1 / 3, 1 / 3],
  normal_unbiased: [3 / 8, 3 / 8],
}

const quantileOf = (sorted: Float64Array, p: number, method: QuantileMethod): number => {
  const n = sorted.length
  const at = (k: number): number => sorted[Math.min(n, Math.max(1, k)) - 1]!
  const pair = plotting[method]
  if (pair) {
    const position = n * p + pair[0] + p * (1 - pair[0] - pair[1])
    const k = Math.floor(position)
    const [a, b] = [at(k), at(k + 1)]
    return a + (position - k) * (b - a)
  }
  const position = n * p
  const k = Math.floor(position)
  if (method === 'closest_observation') {
    const place = position - 0.5
    const lower = Math.floor(place)
    // Halfway between two: the one with the even number.
    return place === lower ? at(lower % 2 === 0 ? lower : lower + 1) : at(lower + 1)
  }
  if (position > k) return at(k + 1)
  return method === 'averaged_inverted_cdf' ? (at(k) + at(k + 1)) / 2 : at(k)
}

/**
 * The value below which the share p of the data lies, by any of Hyndman and Fan's nine methods.
 *
 * @param p shares from 0 to 1; a number gives a number, a list a tensor
 * @param options.method by default `linear`, R's type 7
 * @throws ArgumentError for a share outside [0, 1], and for data that are empty or not finite
 * @example
 * stats.quantile([1, 2, 3, 4], 0.5) // 2.5
 *
 * Source: Hyndman & Fan 1996; checked against NumPy 2.4.
 */
export function quantile(x: Numbers, p: number, options?: { readonly method?: QuantileMethod }): number
export function quantile(x: Numbers, p: ArrayLike<number>, options?: { readonly method?: QuantileMethod }): Tensor
export function quantile(
  x: Numbers,
  p: number | ArrayLike<number>,
  { method = 'linear' }: { readonly method?: QuantileMethod } = {},
): number | Tensor {
  if (!quantileMethods.includes(method)) {
    throw new ArgumentError(`quantile: method must be one of ${quantileMethods.join(', ')}; got ${method}.`, { method })
  }
  const sorted = numbersOf('quantile', 'x', x).sort()
  const one = (share: number): number => {
    if (!(share >= 0 && share <= 1))
      throw new ArgumentError(`quantile: p must be a number from 0 to 1; got ${share}.`, { p: share })
    return quantileOf(sorted, share, method)
  }
  return typeof p === 'number' ? one(p) : vector(Array.from(p, one))
}

/** The data as a distribution: each value with the share 1/n. */
export interface EmpiricalDistribution {
  /** The distinct values in order, and how many are at or below each, as a share. */
  readonly values: Tensor
  readonly shares: Tensor
  /** The share of values at or below x. */
  readonly cdf: (x: number) => number
  readonly quantile: (p: number, method?: QuantileMethod) => number
}

/**
 * The empirical distribution function `F(x) = #{xᵢ ≤ x} / n`.
 *
 * @example stats.ecdf([3, 1, 1, 2]).cdf(1) // 0.5
 */
export const ecdf = (x: Numbers): EmpiricalDistribution => {
  const sorted = numbersOf('ecdf', 'x', x).sort()
  const n = sorted.length
  const last = [...sorted.keys()].filter(i => i === n - 1 || sorted[i] !== sorted[i + 1])
  const upTo = (v: number): number => {
    let [low, high] = [0, n]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sorted[middle]! <= v) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    values: vector(last.map(i => sorted[i]!)),
    shares: vector(last.map(i => (i + 1) / n)),
    cdf: v => upTo(v) / n,
    quantile: (p, method) => quantile(sorted, p, method && { method }),
  }
}

/** Counts of values in intervals. */
export interface Histogram {
  /** int32 `[bins]`; the last interval includes its upper end. */
  readonly counts: Tensor
  /** `[bins + 1]`. */
  readonly edges: Tensor
  /** Counts by n and the width, so that the area is 1. */
  readonly density: Tensor
}

/**
 * Counts of values in intervals: equal ones over the range, or between given edges.
 *
 * @param options.bins a number of intervals (10) or their edges, rising
 * @param options.range least and largest edge; values outside are not counted
 * @throws ArgumentError for edges that do not rise
 */
export const histogram = (
  x: Numbers,
  { bins = 10, range }: { readonly bins?: number | ArrayLike<number>; readonly range?: readonly [number, number] } = {},
): Histogram => {
  const values = numbersOf('histogram', 'x', x)
  const edges = typeof bins === 'number' ? equalEdges(values, bins, range) : Array.from(bins)
  const falls = edges.findIndex((e, i) => i > 0 && !(e > edges[i - 1]!))
  if (edges.length < 2 || falls >= 0) {
    throw new ArgumentError(`histogram: edges must be at least two and rise; got ${JSON.stringify(edges.slice(0, 8))}.`)
  }
  const counts = new Int32Array(edges.length - 1)
  for (const v of values) {
    if (v < edges[0]! || v > edges.at(-1)!) continue
    let [low, high] = [0, counts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (edges[middle]! <= v) low = middle
      else high = middle - 1
    }
    counts[low]!++
  }
  const total = counts.reduce((a, b) => a + b, 0)
  const density = Array.from(counts, (c, i) => c / (total * (edges[i + 1]! - edges[i]!)))
  return { counts: indices(counts), edges: vector(edges), density: vector(density) }
}
const equalEdges = (values: Float64Array, bins: number, range?: readonly [number, number]): number[] => {
  if (!Number.isInteger(bins) || bins < 1)
    throw new ArgumentError(`histogram: bins must be an integer of at least 1, or edges; got ${bins}.`, { bins })
  let [low, high] = range ?? [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))]
  if (!range && low === high) [low, high] = [low - 0.5, high + 0.5]
  return Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + (i * (high - low)) / bins))
}

/** What there is to say of a list of numbers. */
export interface Description {
  readonly count: number
  readonly mean: number
  /** With n − ddof for n. */
  readonly variance: number
  readonly stddev: number
  /** Of the mean: stddev / √n. */
  readonly standardError: number
  readonly min: number
  readonly median: number
  readonly max: number
  /** `m₃ / m₂^(3/2)`: above 0 with a long right tail; NaN where all values are equal. */
  readonly skewness: number
  /** `m₄ / m₂² − 3`: 0 of a normal distribution. */
  readonly kurtosis: number
}

/** Mean and central moments, around a mean that was taken first. */
export const centralMoments = (x: Float64Array): { readonly mean: number; readonly moments: readonly number[] } => {
  const n = x.length
  let total = 0
  for (const v of x) total += v
  let mean = total / n
  // A second round takes back what rounding lost.
  let rest = 0
  for (const v of x) rest += v - mean
  mean += rest / n
  const sums = [0, 0, 0]
  for (const v of x) {
    const d = v - mean
    sums[0]! += d * d
    sums[1]! += d * d * d
    sums[2]! += d * d * d * d
  }
  return { mean, moments: sums.map(s => s / n) }
}

/**
 * Count, mean, variance, extremes, median, skewness and excess kurtosis.
 *
 * @param options.ddof what the variance takes off n; 1 by default, for a variance without bias
 * @example stats.describe([1, 2, 3]).variance // 1
 */
export const describe = (x: Numbers, { ddof = 1 }: { readonly ddof?: number } = {}): Description => {
  const values = numbersOf('describe', 'x', x)
  const n = values.length
  const { mean, moments } = centralMoments(values)
  const [m2, m3, m4] = moments as [number, number, number]
  const variance = n > ddof ? (m2 * n) / (n - ddof) : Number.NaN
  const sorted = values.slice().sort()
  return {
    count: n,
    mean,
    variance,
    stddev: Math.sqrt(variance),
    standardError: Math.sqrt(variance / n),
    min: sorted[0]!,
    median: quantileOf(sorted, 0.5, 'linear'),
    max: sorted[n - 1]!,
    skewness: m3 / m2 ** 1.5,
    kurtosis: m4 / m2 ** 2 - 3,
  }
}
