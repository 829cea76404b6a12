import { ArgumentError, DataError } from '../core/errors.ts'
import { studentInverse, studentTails } from './distributions/location-scale.ts'
import { fTails } from './distributions/positive.ts'
import { centralMoments } from './empirical.ts'
import { gammaTails } from './special/incomplete-gamma.ts'
import { matrix, matrixOf, type Numbers, numbersOf, pairsOf, type Rows } from './values.ts'
import type { Dense } from '../ops/matrix-kernels.ts'
import { dense } from '../ops/matrix-kernels.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** What is held against the hypothesis: a difference at all, or one below or above it. */
export type Alternative = 'two-sided' | 'less' | 'greater'

/** What a test found. */
export interface TestResult {
  readonly statistic: number
  /** How probable a statistic as far off is under the hypothesis. */
  readonly pValue: number
}
export interface TTestResult extends TestResult {
  readonly df: number
  /** Of the mean, or of the difference of means. */
  readonly estimate: number
  /** The interval of the hypotheses not rejected at 1 − level. */
  readonly confidenceInterval: (level?: number) => readonly [number, number]
}
export interface TTestOptions {
  readonly alternative?: Alternative
}

/** The p-value from both tails. */
export const pValueOf = (lower: number, upper: number, alternative: Alternative): number => {
  if (alternative === 'less') return lower
  if (alternative === 'greater') return upper
  if (alternative === 'two-sided') return Math.min(1, 2 * Math.min(lower, upper))
  throw new ArgumentError(`alternative must be one of two-sided, less, greater; got ${alternative}.`, { alternative })
}

const tTest = (
  estimate: number,
  expected: number,
  error: number,
  df: number,
  alternative: Alternative,
): TTestResult => {
  const statistic = (estimate - expected) / error
  const { lower, upper } = studentTails(statistic, df)
  return {
    statistic,
    pValue: pValueOf(lower, upper, alternative),
    df,
    estimate,
    confidenceInterval: (level = 0.95) => {
      if (!(level > 0 && level < 1))
        throw new ArgumentError(`confidenceInterval: level must be a number above 0 and below 1; got ${level}.`, {
          level,
        })
      const tail = alternative === 'two-sided' ? (1 - level) / 2 : 1 - level
      const reach = -studentInverse(tail, 1 - tail, df) * error
      return [
        alternative === 'less' ? Number.NEGATIVE_INFINITY : estimate - reach,
        alternative === 'greater' ? Number.POSITIVE_INFINITY : estimate + reach,
      ]
    },
  }
}
/** Mean and variance without bias. */
const sample = (where: string, name: string, x: Numbers): { n: number; mean: number; variance: number } => {
  const values = numbersOf(where, name, x, 2)
  const { mean, moments } = centralMoments(values)
  return { n: values.length, mean, variance: (moments[0]! * values.length) / (values.length - 1) }
}
const requireSpread = (where: string, error: number): void => {
  if (error > 0) return
  throw new DataError(`${where}: all values are equal, so a difference cannot be held against chance. Check the data.`)
}

/**
 * Whether the mean of a sample is `mean`: `t = (x̄ − μ) / (s/√n)` with n − 1 degrees of freedom.
 *
 * @param options.mean the hypothesis, by default 0
 * @throws DataError where all values are equal
 *
 * Source: Student 1908; checked against SciPy 1.17 `ttest_1samp`.
 */
export const tTestOneSample = (
  x: Numbers,
  { mean = 0, alternative = 'two-sided' }: TTestOptions & { readonly mean?: number } = {},
): TTestResult => {
  const a = sample('tTestOneSample', 'x', x)
  requireSpread('tTestOneSample', a.variance)
  return tTest(a.mean, mean, Math.sqrt(a.variance / a.n), a.n - 1, alternative)
}

/**
 * Whether two independent samples have one mean: by Welch's test, which lets their variances differ, or with a common one.
 *
 * @param options.equalVariances by default false: Welch's degrees of freedom `(v₁ + v₂)²/(v₁²/(n₁ − 1) + v₂²/(n₂ − 1))`, `v = s²/n`
 * @throws DataError where all values of each are equal
 *
 * Source: Welch 1947; checked against SciPy 1.17 `ttest_ind`.
 */
export const tTestIndependent = (
  x: Numbers,
  y: Numbers,
  { equalVariances = false, alternative = 'two-sided' }: TTestOptions & { readonly equalVariances?: boolean } = {},
): TTestResult => {
  const [a, b] = [sample('tTestIndependent', 'x', x), sample('tTestIndependent', 'y', y)]
  requireSpread('tTestIndependent', a.variance + b.variance)
  if (equalVariances) {
    const df = a.n + b.n - 2
    const pooled = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / df
    return tTest(a.mean - b.mean, 0, Math.sqrt(pooled * (1 / a.n + 1 / b.n)), df, alternative)
  }
  const [v, w] = [a.variance / a.n, b.variance / b.n]
  const df = (v + w) ** 2 / (v ** 2 / (a.n - 1) + w ** 2 / (b.n - 1))
  return tTest(a.mean - b.mean, 0, Math.sqrt(v + w), df, alternative)
}

/** Whether pairs differ by 0 in the mean: a test of one sample, of the differences. Checked against SciPy 1.17 `ttest_rel`. */
export const tTestPaired = (x: Numbers, y: Numbers, options: TTestOptions = {}): TTestResult => {
  const [a, b] = pairsOf('tTestPaired', x, y)
  return tTestOneSample(
    a.map((v, i) => v - b[i]!),
    options,
  )
}

/**
 * Whether several groups have one mean: `F`, the variance between their means over that within, one-way.
 *
 * @throws DataError where all values within each group are equal
 *
 * Source: Fisher 1925; checked against SciPy 1.17 `f_oneway`.
 */
export const anova = (
  groups: readonly Numbers[],
): TestResult & { readonly df: readonly [between: number, within: number] } => {
  if (groups.length < 2)
    throw new ArgumentError(`anova: there are ${groups.length} groups. Pass a list of at least two.`)
  const samples = groups.map((g, i) => numbersOf('anova', `groups[${i}]`, g))
  const n = samples.reduce((sum, g) => sum + g.length, 0)
  const parts = samples.map(centralMoments)
  const grand = parts.reduce((sum, p, i) => sum + (p.mean * samples[i]!.length) / n, 0)
  const between = parts.reduce((sum, p, i) => sum + samples[i]!.length * (p.mean - grand) ** 2, 0)
  const within = parts.reduce((sum, p, i) => sum + samples[i]!.length * p.moments[0]!, 0)
  const df: [number, number] = [groups.length - 1, n - groups.length]
  if (df[1] < 1)
    throw new DataError(`anova: there are ${n} values in ${groups.length} groups. Some group needs at least two.`)
  requireSpread('anova', within)
  const statistic = between / df[0] / (within / df[1])
  return { statistic, pValue: fTails(statistic, df[0], df[1]).upper, df }
}

/**
 * Whether counts come as often as expected: `χ² = Σ (O − E)²/E`.
 *
 * @param options.expected expected counts, by default all equal; they must add up to the observed
 * @param options.ddof parameters estimated from the data, taken off the degrees of freedom
 *
 * Source: Pearson 1900; checked against SciPy 1.17 `chisquare`.
 */
export const chiSquaredTest = (
  observed: Numbers,
  { expected, ddof = 0 }: { readonly expected?: Numbers; readonly ddof?: number } = {},
): TestResult & { readonly df: number } => {
  const o = numbersOf('chiSquaredTest', 'observed', observed, 2)
  const total = o.reduce((a, b) => a + b, 0)
  const e = expected ? numbersOf('chiSquaredTest', 'expected', expected, 2) : o.map(() => total / o.length)
  const sum = e.reduce((a, b) => a + b, 0)
  if (e.length !== o.length || Math.abs(sum - total) > 1e-8 * Math.max(1, total)) {
    throw new ArgumentError(
      `chiSquaredTest: ${o.length} observed counts add up to ${total}, and ${e.length} expected ones to ${sum}. There must be as many, with one sum.`,
    )
  }
  const wrong = e.findIndex(v => !(v > 0))
  if (wrong >= 0)
    throw new ArgumentError(`chiSquaredTest: expected[${wrong}] must be a number above 0; got ${e[wrong]}.`, {
      index: wrong,
    })
  const statistic = o.reduce((s, v, i) => s + (v - e[i]!) ** 2 / e[i]!, 0)
  const df = o.length - 1 - ddof
  return { statistic, pValue: gammaTails(df / 2, statistic / 2).upper, df }
}

/** The counts expected in each cell if rows and columns were independent. */
const expectedCounts = (where: string, table: Dense): { readonly e: Dense; readonly total: number } => {
  const { rows, columns, data } = table
  const wrong = data.findIndex(v => v < 0)
  if (wrong >= 0) throw new ArgumentError(`${where}: a count is ${data[wrong]}. Counts must be at least 0.`)
  const r = Float64Array.from({ length: rows }, (_, i) =>
    data.subarray(i * columns, (i + 1) * columns).reduce((a, b) => a + b, 0),
  )
  const c = new Float64Array(columns)
  for (let i = 0; i < data.length; i++) c[i % columns]! += data[i]!
  const total = r.reduce((a, b) => a + b, 0)
  if (rows < 2 || columns < 2 || r.includes(0) || c.includes(0)) {
    throw new ArgumentError(
      `${where}: the table is [${rows}, ${columns}]${rows < 2 || columns < 2 ? '' : ' with an empty row or column'}. It needs at least two rows and columns, none of them empty.`,
    )
  }
  return {
    e: dense(
      rows,
      columns,
      data.map((_, at) => (r[Math.floor(at / columns)]! * c[at % columns]!) / total),
    ),
    total,
  }
}

/**
 * Whether rows and columns of a table of counts are independent, by χ².
 *
 * @param options.correction Yates' correction of a 2 × 2 table, which brings counts up to 1/2 nearer to the expected; by default true
 * @throws ArgumentError for a table with an empty row or column
 *
 * Source: Pearson 1900; Yates 1934; checked against SciPy 1.17 `chi2_contingency`.
 */
export const chiSquaredContingency = (
  table: Rows,
  { correction = true }: { readonly correction?: boolean } = {},
): TestResult & { readonly df: number; readonly expected: Tensor; readonly cramersV: number } => {
  const o = matrixOf('chiSquaredContingency', 'table', table)
  const { e, total } = expectedCounts('chiSquaredContingency', o)
  const df = (o.rows - 1) * (o.columns - 1)
  const chi = (corrected: boolean): number =>
    o.data.reduce((sum, v, i) => {
      const off = Math.abs(v - e.data[i]!)
      return sum + (corrected ? off - Math.min(0.5, off) : off) ** 2 / e.data[i]!
    }, 0)
  const statistic = chi(correction && df === 1)
  const cramersV = Math.sqrt(chi(false) / total / Math.min(o.rows - 1, o.columns - 1))
  return { statistic, pValue: gammaTails(df / 2, statistic / 2).upper, df, expected: matrix(e), cramersV }
}
