import { ArgumentError } from '../core/errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { quantile } from './empirical.ts'
import { openStream, type RandomSource } from './random-stream.ts'
import { normalInverse, normalTails } from './special/normal.ts'
import { type Numbers, numbersOf, vector } from './values.ts'

/** What resampling says of a statistic. */
export interface BootstrapResult {
  readonly estimate: number
  /** Standard deviation of the statistic over the resamples. */
  readonly standardError: number
  readonly confidenceInterval: readonly [number, number]
  /** The statistic of each resample. */
  readonly distribution: Tensor
}

export interface BootstrapOptions extends RandomSource {
  /** Number of resamples, by default 9999. */
  readonly resamples?: number
  /** By default 0.95. */
  readonly level?: number
  /** Quantiles of the resamples, these mirrored at the estimate, or with corrections for bias and skew (the default). */
  readonly method?: 'percentile' | 'basic' | 'bca'
}

/**
 * A confidence interval of any statistic of one sample, by drawing from the sample with replacement.
 *
 * @param statistic a function of a list of numbers
 *
 * Source: Efron & Tibshirani 1993, chapters 13 and 14.
 */
export const bootstrap = (
  x: Numbers,
  statistic: (values: Float64Array) => number,
  { resamples = 9999, level = 0.95, method = 'bca', ...source }: BootstrapOptions = {},
): BootstrapResult => {
  if (!Number.isInteger(resamples) || resamples < 1)
    throw new ArgumentError(`bootstrap: resamples must be an integer of at least 1; got ${resamples}.`, { resamples })
  if (!(level > 0 && level < 1))
    throw new ArgumentError(`bootstrap: level must be a number above 0 and below 1; got ${level}.`, { level })
  if (!['percentile', 'basic', 'bca'].includes(method))
    throw new ArgumentError(`bootstrap: method must be one of percentile, basic, bca; got ${method}.`, { method })
  const values = numbersOf('bootstrap', 'x', x, 2)
  const estimate = statistic(values.slice())
  const stream = openStream(source)()
  const drawn = new Float64Array(values.length)
  const results = Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < drawn.length; i++) drawn[i] = values[stream.below(values.length)]!
    return statistic(drawn)
  })
  const tail = (1 - level) / 2
  const [low, high] = method === 'bca' ? corrected(values, statistic, estimate, results, tail) : [tail, 1 - tail]
  const ends = [quantile(results, low), quantile(results, high)] as const
  const mean = results.reduce((a, b) => a + b, 0) / resamples
  const spread = results.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  return {
    estimate,
    standardError: Math.sqrt(spread / (resamples - 1)),
    confidenceInterval: method === 'basic' ? [2 * estimate - ends[1], 2 * estimate - ends[0]] : ends,
    distribution: vector(results),
  }
}

/** The shares at which to read the interval: moved by the median's bias and by the acceleration, from leaving out each value. */
const corrected = (
  values: Float64Array,
  statistic: (values: Float64Array) => number,
  estimate: number,
  results: Float64Array,
  tail: number,
): [number, number] => {
  const below = results.reduce((n, v) => n + (v < estimate ? 1 : v === estimate ? 0.5 : 0), 0) / results.length
  const bias = normalInverse(Math.min(Math.max(below, 1e-10), 1 - 1e-10))
  const without = values.map((_, i) => statistic(values.filter((_, j) => j !== i)))
  const mean = without.reduce((a, b) => a + b, 0) / without.length
  const cubes = without.reduce((sum, v) => sum + (mean - v) ** 3, 0)
  const squares = without.reduce((sum, v) => sum + (mean - v) ** 2, 0)
  const acceleration = squares === 0 ? 0 : cubes / (6 * squares ** 1.5)
  const at = (z: number): number => normalTails(bias + (bias + z) / (1 - acceleration * (bias + z))).lower
  return [at(normalInverse(tail)), at(-normalInverse(tail))]
}
