import { ArgumentError } from '../core/errors.ts'
import { type Alternative, pValueOf, type TestResult } from './hypothesis-tests.ts'
import { binomialTerm, logChoose } from './special/gamma.ts'
import { betaInverse, betaTails } from './special/incomplete-beta.ts'
import { matrixOf, type Rows } from './values.ts'

// Two outcomes are as probable as each other where rounding alone sets them apart.
const slack = 1 + 1e-7

/**
 * Whether k successes in n trials fit a probability: exactly, by the binomial distribution. `two-sided` adds up all counts that are no more
 * probable than k.
 *
 * @param options.p the hypothesis, by default 1/2
 * @returns the share of successes, and Clopper and Pearson's interval of p
 * @throws ArgumentError unless 0 ≤ k ≤ n
 *
 * Source: Clopper & Pearson 1934; checked against SciPy 1.17 `binomtest`.
 */
export const binomialTest = (
  k: number,
  n: number,
  { p = 0.5, alternative = 'two-sided' }: { readonly p?: number; readonly alternative?: Alternative } = {},
): TestResult & { readonly confidenceInterval: (level?: number) => readonly [number, number] } => {
  if (!Number.isInteger(k) || !Number.isInteger(n) || k < 0 || k > n || n < 1)
    throw new ArgumentError(
      `binomialTest: k and n must be whole numbers with 0 <= k <= n and n at least 1; got ${k} and ${n}.`,
    )
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`binomialTest: p must be a number from 0 to 1; got ${p}.`, { p })
  const lower = k === n ? 1 : betaTails(n - k, k + 1, 1 - p, p).lower
  const upper = k === 0 ? 1 : betaTails(k, n - k + 1, p, 1 - p).lower
  let pValue: number
  if (alternative === 'two-sided') {
    const own = binomialTerm(k, n - k, p, 1 - p) * slack
    pValue = 0
    for (let i = 0; i <= n; i++) {
      const share = binomialTerm(i, n - i, p, 1 - p)
      if (share <= own) pValue += share
    }
    pValue = Math.min(1, pValue)
  } else pValue = pValueOf(lower, upper, alternative)
  return {
    statistic: k / n,
    pValue,
    confidenceInterval: (level = 0.95) => {
      if (!(level > 0 && level < 1))
        throw new ArgumentError(`confidenceInterval: level must be a number above 0 and below 1; got ${level}.`, {
          level,
        })
      const tail = alternative === 'two-sided' ? (1 - level) / 2 : 1 - level
      const low = k === 0 || alternative === 'less' ? 0 : betaInverse(k, n - k + 1, tail).x
      const high = k === n || alternative === 'greater' ? 1 : betaInverse(k + 1, n - k, 1 - tail, tail).x
      return [low, high]
    },
  }
}

/**
 * Fisher's exact test of a 2 × 2 table of counts: whether rows and columns are independent, given their sums. `two-sided` adds up all tables
 * that are no more probable.
 *
 * @returns the odds ratio of the table, `ad/(bc)`
 * @throws ArgumentError for another table than 2 × 2 of whole numbers
 *
 * Source: Fisher 1935; checked against SciPy 1.17 `fisher_exact`.
 */
export const fisherExact = (
  table: Rows,
  { alternative = 'two-sided' }: { readonly alternative?: Alternative } = {},
): TestResult => {
  const { rows, columns, data } = matrixOf('fisherExact', 'table', table)
  if (rows !== 2 || columns !== 2 || data.some(v => !Number.isInteger(v) || v < 0)) {
    throw new ArgumentError(
      `fisherExact: the table is [${rows}, ${columns}] of ${Array.from(data).join(', ')}. It must be 2 × 2, of whole numbers of at least 0.`,
    )
  }
  const [a, b, c, d] = data as unknown as [number, number, number, number]
  const [row, column, n] = [a + b, a + c, a + b + c + d]
  const share = (k: number): number =>
    Math.exp(logChoose(row, k) + logChoose(n - row, column - k) - logChoose(n, column))
  const [least, most] = [Math.max(0, column - (n - row)), Math.min(row, column)]
  let [lower, upper, both] = [0, 0, 0]
  const own = share(a) * slack
  for (let k = least; k <= most; k++) {
    const p = share(k)
    if (k <= a) lower += p
    if (k >= a) upper += p
    if (p <= own) both += p
  }
  const pValue = alternative === 'two-sided' ? both : pValueOf(lower, upper, alternative)
  return { statistic: (a * d) / (b * c), pValue: Math.min(1, pValue) }
}
