import { describe, expect, test } from 'vitest'
import { tensor } from '../../src/index.ts'
import * as stats from '../../src/stats/index.ts'
import { allNear, fixtureOf, near } from './fixtures.ts'

// Expected values: SciPy, NumPy and statsmodels, by tools/fixtures/stats_tests.py.
type Pair = [statistic: number, pValue: number]
type Test = Record<'one' | 'welch', [number, number, number, number, number]> &
  Record<'pooled' | 'paired', [number, number, number]> &
  Record<'mannExact' | 'mannAsymptotic' | 'mannTied' | 'wilcoxon' | 'wilcoxonTied' | 'fisher', Pair> & {
    binomial: [number, number, number, number, number, number][]
  }
interface Fixture
  extends Record<
      'x' | 'y' | 'z' | 'tied' | 'other' | 'long' | 'ps' | 'moments' | 'contingency' | 'yates' | 'uncorrected',
      number[]
    >,
    Record<
      | 'anova'
      | 'chi'
      | 'chiExpected'
      | 'ksOne'
      | 'ksOneAsymptotic'
      | 'ksTwo'
      | 'ksTied'
      | 'ksFar'
      | 'ksTwoAsymptotic'
      | 'bca'
      | 'bcaSkewed',
      Pair
    > {
  readonly groups: number[][]
  readonly table: number[][]
  readonly square: number[][]
  readonly tests: Record<stats.Alternative, Test>
  readonly cramersV: number
  readonly shapiro: Pair[]
  readonly ksSurvival: [number, number, number][]
  readonly correlation: Record<'pearson' | 'spearman' | 'kendall', [Pair, Pair]>
  readonly quantiles: Record<stats.QuantileMethod, number[]>
  readonly histogram: [number[], number[]]
}
const f = fixtureOf<Fixture>('tests')
const same = (got: stats.TestResult, [statistic, pValue]: readonly number[], what: string, relative = 1e-10): void => {
  near(got.statistic, statistic!, 1e-12, `${what} statistic`)
  near(got.pValue, pValue!, relative, `${what} pValue`)
}

describe.each(['two-sided', 'less', 'greater'] as const)('%s', alternative => {
  const want = f.tests[alternative]
  test('t tests of one sample, of two and of pairs', () => {
    const one = stats.tTestOneSample(f.x, { mean: 0.5, alternative })
    same(one, want.one, 'one')
    near(one.df, want.one[2], 1e-14)
    for (const [i, end] of one.confidenceInterval(0.9).entries()) near(end, want.one[3 + i]!, 1e-10, 'interval of one')
    const welch = stats.tTestIndependent(f.x, f.y, { alternative })
    same(welch, want.welch, 'welch')
    near(welch.df, want.welch[2], 1e-12)
    for (const [i, end] of welch.confidenceInterval().entries())
      near(end, want.welch[3 + i]!, 1e-10, 'interval of welch')
    same(stats.tTestIndependent(f.x, f.y, { alternative, equalVariances: true }), want.pooled, 'pooled')
    same(stats.tTestPaired(tensor(f.x, 'float64'), f.z, { alternative }), want.paired, 'paired', 1e-9)
  })
  test('tests by ranks, exact and asymptotic, with equal values', () => {
    same(stats.mannWhitneyU(f.x, f.y, { alternative, method: 'exact' }), want.mannExact, 'exact')
    same(stats.mannWhitneyU(f.x, f.y, { alternative }), want.mannAsymptotic, 'asymptotic')
    same(stats.mannWhitneyU(f.tied.slice(0, 12), f.other.slice(0, 10), { alternative }), want.mannTied, 'tied')
    same(stats.wilcoxon(f.x, f.z, { alternative }), want.wilcoxon, 'wilcoxon')
    same(stats.wilcoxon(f.tied, f.other, { alternative }), want.wilcoxonTied, 'wilcoxonTied')
  })
  test('tests of counts, exactly', () => {
    for (const [k, n, p, pValue, low, high] of want.binomial) {
      const got = stats.binomialTest(k, n, { p, alternative })
      near(got.pValue, pValue, 1e-10, `binomial ${k} of ${n}`)
      near(got.confidenceInterval()[0], low, 1e-10, 'low')
      near(got.confidenceInterval()[1], high, 1e-10, 'high')
    }
    same(stats.fisherExact(f.square, { alternative }), want.fisher, 'fisher')
  })
})

test('analysis of variance and chi-squared tests', async () => {
  same(stats.anova(f.groups), f.anova, 'anova')
  expect(stats.anova(f.groups).df).toEqual([2, 21])
  same(stats.chiSquaredTest([16, 18, 16, 14, 12, 12]), f.chi, 'chi')
  const expected = [16, 16, 16, 16, 16, 8]
  same(stats.chiSquaredTest([16, 18, 16, 14, 12, 12], { expected, ddof: 1 }), f.chiExpected, 'expected')
  for (const [got, want] of [
    [stats.chiSquaredContingency(f.table), f.contingency],
    [stats.chiSquaredContingency(f.square), f.yates],
    [stats.chiSquaredContingency(f.square, { correction: false }), f.uncorrected],
  ] as const) {
    same(got, want, 'contingency')
    expect(got.df).toBe(want[2])
  }
  near(stats.chiSquaredContingency(f.table).cramersV, f.cramersV, 1e-12)
  await allNear(
    stats.chiSquaredContingency([
      [10, 20],
      [30, 40],
    ]).expected,
    [12, 18, 28, 42],
    1e-14,
    'expected',
  )
})

test('Kolmogorov and Smirnov: one sample and two, exact and in the limit', () => {
  const cdf = (v: number): number => stats.special.normalTails(v).lower
  same(stats.kolmogorovSmirnovOneSample(f.long, cdf), f.ksOne, 'one', 1e-9)
  same(stats.kolmogorovSmirnovOneSample(f.long, cdf, { method: 'asymptotic' }), f.ksOneAsymptotic, 'limit', 1e-9)
  same(stats.kolmogorovSmirnovTwoSample(f.x, f.y), f.ksTwo, 'two')
  same(stats.kolmogorovSmirnovTwoSample(f.tied, f.other), f.ksTied, 'tied')
  same(
    stats.kolmogorovSmirnovTwoSample(
      f.long,
      f.long.map(v => v + 2),
    ),
    f.ksFar,
    'far',
  )
  same(stats.kolmogorovSmirnovTwoSample(f.x, f.y, { method: 'asymptotic' }), f.ksTwoAsymptotic, 'two, limit', 1e-9)
  for (const [n, d, p] of f.ksSurvival) {
    // A sample whose distance from the uniform distribution is d: points moved from the middle of their steps.
    const x = Array.from({ length: n }, (_, i) => Math.max(1e-9, Math.min(1, (i + 1) / n - d)))
    const got = stats.kolmogorovSmirnovOneSample(x, v => v)
    near(got.statistic, d, 1e-9, `distance of ${n}`)
    // Above 140 values SciPy has an expansion of its own (Pelz and Good), above 2000 the limit is used here.
    near(got.pValue, p, n <= 140 ? 1e-10 : n <= 2000 ? 1e-6 : 1e-5, `p-value of ${d} at ${n}`)
  }
})

test('Shapiro and Wilk, for small and larger samples', () => {
  const { x, long } = f
  for (const [i, v] of [x.slice(0, 3), x.slice(0, 5), x.slice(0, 9), x, long, long.map(Math.exp)].entries()) {
    const got = stats.shapiroWilk(v)
    near(got.statistic, f.shapiro[i]![0], 1e-6, `W of ${v.length}`)
    near(got.pValue, f.shapiro[i]![1], 1e-5, `p of ${v.length}`)
  }
  expect(() => stats.shapiroWilk([1, 2])).toThrow('shapiroWilk: x has 2 values. It needs at least 3.')
  expect(() => stats.shapiroWilk([1, 1, 1])).toThrow('shapiroWilk: all values are equal. Pass some that differ.')
  expect(() => stats.shapiroWilk(Float64Array.from({ length: 5001 }, (_, i) => i))).toThrow(
    'shapiroWilk: x has 5001 values. The test is fitted for up to 5000; use kolmogorovSmirnovOneSample.',
  )
})

test('correlations by values, ranks and pairs', async () => {
  for (const [name, of] of [
    ['pearson', stats.pearsonCorrelation],
    ['spearman', stats.spearmanCorrelation],
    ['kendall', stats.kendallCorrelation],
  ] as const) {
    same(of(f.x, f.z), f.correlation[name][0], name)
    same(of(f.tied, f.other), f.correlation[name][1], `${name}, tied`)
    const rows = f.x.map((v, i) => [v, f.z[i]!])
    const r = f.correlation[name][0][0]
    await allNear(stats.correlation(rows, { method: name }), [1, r, r, 1], 1e-12, 'matrix')
  }
  await allNear(
    stats.covariance([
      [1, 2],
      [3, 5],
      [5, 5],
    ]),
    [4, 3, 3, 3],
    1e-14,
    'covariance',
  )
  expect([...stats.ranks([10, 30, 20, 20])]).toEqual([1, 4, 2.5, 2.5])
})

test('quantiles by the nine methods, moments, histogram and empirical distribution', async () => {
  for (const method of stats.quantileMethods)
    await allNear(stats.quantile(f.x, f.ps, { method }), f.quantiles[method], 1e-12, method)
  const d = stats.describe(f.x)
  for (const [i, key] of (['mean', 'variance', 'skewness', 'kurtosis', 'standardError', 'median'] as const).entries())
    near(d[key], f.moments[i]!, 1e-12, key)
  const h = stats.histogram(f.x, { bins: 6 })
  await allNear(h.counts, f.histogram[0], 0, 'counts')
  await allNear(h.edges, f.histogram[1], 1e-14, 'edges')
  expect(await stats.histogram([0, 1, 2, 2], { bins: [0, 1, 2] }).density.toArray()).toEqual([0.25, 0.75])
  const e = stats.ecdf([3, 1, 1, 2])
  expect(await e.values.toArray()).toEqual([1, 2, 3])
  expect(await e.shares.toArray()).toEqual([0.5, 0.75, 1])
  expect([0.9, 1, 2.5, 9].map(e.cdf)).toEqual([0, 0.5, 0.75, 1])
  expect(e.quantile(0.5)).toBe(1.5)
})

test('bootstrap intervals are those of SciPy within their noise, and cover a known mean', () => {
  const mean = (v: Float64Array): number => v.reduce((a, b) => a + b, 0) / v.length
  const got = stats.bootstrap(f.long, mean, { resamples: 20_000, randomState: 3 })
  expect(got.estimate).toBeCloseTo(mean(Float64Array.from(f.long)), 12)
  for (const [i, end] of got.confidenceInterval.entries()) expect(Math.abs(end - f.bca[i]!)).toBeLessThan(0.02)
  const skewed = stats.bootstrap(f.long.map(Math.exp), mean, { resamples: 40_000, randomState: 4 })
  for (const [i, end] of skewed.confidenceInterval.entries()) expect(Math.abs(end - f.bcaSkewed[i]!)).toBeLessThan(0.03)
  const percentile = stats.bootstrap(f.long, mean, { method: 'percentile', randomState: 3 })
  const basic = stats.bootstrap(f.long, mean, { method: 'basic', randomState: 3 })
  near(basic.confidenceInterval[0], 2 * got.estimate - percentile.confidenceInterval[1], 1e-12)
  near(percentile.standardError, stats.describe(f.long).standardError, 0.05)
})

test('what makes no sense is said in one line', () => {
  const { x } = f
  expect(() => stats.tTestOneSample([1])).toThrow('tTestOneSample: x has 1 values. It needs at least 2.')
  expect(() => stats.tTestOneSample([1, Number.NaN])).toThrow(
    'tTestOneSample: x[1] is NaN. All values must be finite numbers; leave out what is missing.',
  )
  expect(() => stats.tTestOneSample([1, 1])).toThrow(
    'tTestOneSample: all values are equal, so a difference cannot be held against chance. Check the data.',
  )
  expect(() => stats.tTestPaired([1, 2], [1])).toThrow('tTestPaired: y has 1 values. It needs at least 2.')
  expect(() => stats.tTestPaired([1, 2, 3], [1, 2])).toThrow(
    'tTestPaired: x has 3 values and y has 2. There must be as many.',
  )
  expect(() => stats.tTestOneSample(x, { alternative: 'both' as never })).toThrow(
    'alternative must be one of two-sided, less, greater; got both.',
  )
  expect(() => stats.tTestOneSample(x).confidenceInterval(1)).toThrow(
    'confidenceInterval: level must be a number above 0 and below 1; got 1.',
  )
  expect(() => stats.anova([[1, 2]])).toThrow('anova: there are 1 groups. Pass a list of at least two.')
  expect(() => stats.anova([[1], [2]])).toThrow('anova: there are 2 values in 2 groups. Some group needs at least two.')
  expect(() => stats.chiSquaredTest([1, 2], { expected: [1, 1] })).toThrow(
    'chiSquaredTest: 2 observed counts add up to 3, and 2 expected ones to 2. There must be as many, with one sum.',
  )
  expect(() => stats.chiSquaredTest([1, 2], { expected: [3, 0] })).toThrow(
    'chiSquaredTest: expected[1] must be a number above 0; got 0.',
  )
  expect(() =>
    stats.chiSquaredContingency([
      [1, 0],
      [2, 0],
    ]),
  ).toThrow(
    'chiSquaredContingency: the table is [2, 2] with an empty row or column. It needs at least two rows and columns, none of them empty.',
  )
  expect(() =>
    stats.chiSquaredContingency([
      [1, -1],
      [2, 2],
    ]),
  ).toThrow('chiSquaredContingency: a count is -1. Counts must be at least 0.')
  expect(() => stats.chiSquaredContingency([[1, 2], [2]])).toThrow(
    'chiSquaredContingency: row 1 of table has 1 values and row 0 has 2. All rows must have one length.',
  )
  expect(() => stats.covariance(tensor([1, 2]))).toThrow('covariance: x is [2]. It needs two axes: [rows, columns].')
  expect(() => stats.covariance([[1, 2]])).toThrow('covariance: x has 1 rows. It needs more than 1.')
  expect(() => stats.mannWhitneyU([1, 2], [2, 3], { method: 'exact' })).toThrow(
    'mannWhitneyU: some values are equal, for which there is no exact method. Use method "asymptotic".',
  )
  expect(() => stats.mannWhitneyU(x, x, { method: 'fast' as never })).toThrow(
    'mannWhitneyU: method must be one of auto, exact, asymptotic; got fast.',
  )
  expect(() => stats.wilcoxon([0, 0])).toThrow('wilcoxon: all differences are 0. There is nothing to rank.')
  expect(() => stats.wilcoxon([1, 1, 2], undefined, { method: 'exact' })).toThrow(
    'wilcoxon: some differences are equal, for which there is no exact method. Use method "asymptotic".',
  )
  expect(() => stats.binomialTest(3, 2)).toThrow(
    'binomialTest: k and n must be whole numbers with 0 <= k <= n and n at least 1; got 3 and 2.',
  )
  expect(() => stats.binomialTest(1, 2, { p: 2 })).toThrow('binomialTest: p must be a number from 0 to 1; got 2.')
  expect(() => stats.binomialTest(1, 2).confidenceInterval(0)).toThrow(
    'confidenceInterval: level must be a number above 0 and below 1; got 0.',
  )
  expect(() => stats.fisherExact([[1, 2]])).toThrow(
    'fisherExact: the table is [1, 2] of 1, 2. It must be 2 × 2, of whole numbers of at least 0.',
  )
  expect(() => stats.pearsonCorrelation([1, 1], [1, 2])).toThrow(
    'pearsonCorrelation: all values of x are equal. A correlation needs some that differ.',
  )
  expect(() => stats.kendallCorrelation([1, 2], [1, 1])).toThrow(
    'kendallCorrelation: all values of y are equal. A correlation needs some that differ.',
  )
  expect(() => stats.quantile(x, 2)).toThrow('quantile: p must be a number from 0 to 1; got 2.')
  expect(() => stats.quantile(x, 0.5, { method: 'best' as never })).toThrow(
    `quantile: method must be one of ${stats.quantileMethods.join(', ')}; got best.`,
  )
  expect(() => stats.histogram(x, { bins: 0 })).toThrow(
    'histogram: bins must be an integer of at least 1, or edges; got 0.',
  )
  expect(() => stats.histogram(x, { bins: [0, 0] })).toThrow(
    'histogram: edges must be at least two and rise; got [0,0].',
  )
  expect(() => stats.bootstrap(x, () => 0, { resamples: 0 })).toThrow(
    'bootstrap: resamples must be an integer of at least 1; got 0.',
  )
  expect(() => stats.bootstrap(x, () => 0, { level: 0 })).toThrow(
    'bootstrap: level must be a number above 0 and below 1; got 0.',
  )
  expect(() => stats.bootstrap(x, () => 0, { method: 'x' as never })).toThrow(
    'bootstrap: method must be one of percentile, basic, bca; got x.',
  )
})
