import { DataError } from '../core/errors.ts'
import type { TestResult } from './hypothesis-tests.ts'
import { normalInverse, normalTails } from './special/normal.ts'
import { type Numbers, numbersOf } from './values.ts'

// Royston's polynomials, the constant first.
const last = [0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056]
const lastButOne = [0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633]
const small = {
  limit: [-2.273, 0.459],
  mean: [0.544, -0.39978, 0.025054, -6.714e-4],
  spread: [1.3822, -0.77857, 0.062767, -0.0020322],
}
const large = { mean: [-1.5861, -0.31082, -0.083751, 0.0038915], spread: [-0.4803, -0.082676, 0.0030302] }
const polynomial = (c: readonly number[], x: number): number => c.reduceRight((sum, v) => sum * x + v, 0)

/** Weights of the differences between the largest and the smallest, the second of each, …: near those of expected normal order statistics. */
const weights = (n: number): Float64Array => {
  const half = Math.floor(n / 2)
  if (n === 3) return Float64Array.of(Math.SQRT1_2)
  const m = Float64Array.from({ length: half }, (_, i) => normalInverse((i + 1 - 0.375) / (n + 0.25)))
  const squares = 2 * m.reduce((s, v) => s + v * v, 0)
  const root = Math.sqrt(squares)
  const first = polynomial(last, 1 / Math.sqrt(n)) - m[0]! / root
  if (n <= 5) {
    const factor = Math.sqrt((squares - 2 * m[0]! ** 2) / (1 - 2 * first ** 2))
    return m.map((v, i) => (i === 0 ? first : -v / factor))
  }
  const second = polynomial(lastButOne, 1 / Math.sqrt(n)) - m[1]! / root
  const factor = Math.sqrt((squares - 2 * m[0]! ** 2 - 2 * m[1]! ** 2) / (1 - 2 * first ** 2 - 2 * second ** 2))
  return m.map((v, i) => (i === 0 ? first : i === 1 ? second : -v / factor))
}

/**
 * Shapiro and Wilk's test: whether a sample is normal. `W`, near 1 if it is, compares the spread that the ordered values have along normal
 * quantiles with their variance.
 *
 * @throws DataError for fewer than 3 values, more than 5000 (for which the p-value has not been fitted), or all equal ones
 *
 * Source: Shapiro & Wilk 1965; Royston 1995, algorithm AS R94; checked against SciPy 1.17 `shapiro`.
 */
export const shapiroWilk = (x: Numbers): TestResult => {
  const values = numbersOf('shapiroWilk', 'x', x, 3).sort()
  const n = values.length
  if (n > 5000)
    throw new DataError(
      `shapiroWilk: x has ${n} values. The test is fitted for up to 5000; use kolmogorovSmirnovOneSample.`,
    )
  if (values[0] === values[n - 1]) throw new DataError('shapiroWilk: all values are equal. Pass some that differ.')
  const mean = values.reduce((a, b) => a + b, 0) / n
  const total = values.reduce((s, v) => s + (v - mean) ** 2, 0)
  const along = weights(n).reduce((s, a, i) => s + a * (values[n - 1 - i]! - values[i]!), 0)
  const statistic = Math.min(1, along ** 2 / total)
  return { statistic, pValue: pValueOf(statistic, n) }
}
const pValueOf = (w: number, n: number): number => {
  if (n === 3) return Math.max(0, (6 / Math.PI) * (Math.asin(Math.sqrt(w)) - Math.asin(Math.sqrt(0.75))))
  const y = Math.log1p(-w)
  if (n > 11) {
    const log = Math.log(n)
    return normalTails((y - polynomial(large.mean, log)) / Math.exp(polynomial(large.spread, log))).upper
  }
  const limit = polynomial(small.limit, n)
  if (y >= limit) return 0
  return normalTails((-Math.log(limit - y) - polynomial(small.mean, n)) / Math.exp(polynomial(small.spread, n))).upper
}
