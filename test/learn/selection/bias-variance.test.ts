import { expect, test } from 'vitest'
import { Random } from '../../../src/learn/core/random.ts'
import {
  biasVariance,
  dummyRegressor,
  errorParts,
  linearRegression,
  logisticRegression,
  makePipeline,
  type Process,
  polynomialFeatures,
  standardScaler,
} from '../../../src/learn/index.ts'

const line: Process = { f: ([x]) => 1 + 2 * x!, drawX: random => [2 * random.uniform() - 1], noise: 0.5 }

test('bias², variance and noise add up to the test error', async () => {
  for (const estimator of [linearRegression(), dummyRegressor()]) {
    const { bias2, variance, noise, expected, error, standardError } = await biasVariance(estimator, line, {
      randomState: 0,
      nJobs: 1,
    })
    expect(noise).toBe(0.25)
    expect(expected).toBe(bias2 + variance + noise)
    expect(Math.abs(error - expected)).toBeLessThan(3 * standardError)
  }
})

test('a right model has no bias, and its variance is that of theory', async () => {
  const { bias2, variance } = await biasVariance(linearRegression(), line, {
    randomState: 1,
    trainSize: 50,
    repeats: 400,
    nJobs: 1,
  })
  expect(Math.abs(bias2)).toBeLessThan(1e-3)
  // Two coefficients: σ² p / n on average.
  expect(variance).toBeCloseTo((0.25 * 2) / 50, 2)
})

test('a mean is biased by what it leaves out', async () => {
  const { bias2, variance } = await biasVariance(dummyRegressor(), line, {
    randomState: 2,
    repeats: 300,
    testSize: 500,
    nJobs: 2,
  })
  // The variance of 2x over x in -1 to 1, give or take the test rows drawn.
  expect(bias2).toBeGreaterThan(1.1)
  expect(bias2).toBeLessThan(1.6)
  expect(variance).toBeLessThan(0.1)
})

test('it needs a regressor and a process with noise of at least 0', async () => {
  await expect(biasVariance(logisticRegression(), line)).rejects.toThrow(
    'biasVariance: squared error is split, so a regressor is needed; logisticRegression is a classifier.',
  )
  await expect(biasVariance(linearRegression(), { ...line, noise: -1 })).rejects.toThrow(
    'biasVariance: noise must be a number of at least 0; got -1.',
  )
})

test('polynomials of growing degree have the textbook curves: bias falls, variance grows, the error is a U', async () => {
  const wave: Process = { f: ([x]) => Math.sin(2 * Math.PI * x!), drawX: random => [random.uniform()], noise: 0.3 }
  const degrees = [1, 3, 5, 7, 9]
  const found = []
  for (const degree of degrees) {
    const estimator = makePipeline(
      polynomialFeatures({ degree, includeBias: false }),
      standardScaler(),
      linearRegression(),
    )
    found.push(
      await biasVariance(estimator, wave, { trainSize: 60, repeats: 300, testSize: 300, randomState: 3, nJobs: 1 }),
    )
  }
  for (const { error, expected, standardError } of found)
    expect(Math.abs(error - expected)).toBeLessThan(3 * standardError)
  // A line misses the wave; a cubic has it.
  expect(found[0]!.bias2).toBeGreaterThan(0.1)
  for (const { bias2 } of found.slice(1)) expect(bias2).toBeLessThan(0.02)
  // From the cubic on; a line has some too, for what it misses falls otherwise in each sample.
  for (let i = 2; i < degrees.length; i++) expect(found[i]!.variance).toBeGreaterThan(found[i - 1]!.variance)
  const errors = found.map(({ error }) => error)
  const best = errors.indexOf(Math.min(...errors))
  expect(best).toBeGreaterThan(0)
  expect(best).toBeLessThan(degrees.length - 1)
  for (let i = 0; i < degrees.length - 1; i++) expect(errors[i]! > errors[i + 1]!).toBe(i < best)
})

test('standard errors of the parts are how far they stray from one set of repeats to the next', () => {
  const truth = Float64Array.of(0, 1, -1)
  const random = new Random(5)
  const found = Array.from({ length: 400 }, () => {
    // Predictions that are 0.5 too high, with a deviation of 0.3 that the three rows share.
    const predictions = Array.from({ length: 50 }, () => {
      const shift = 0.5 + 0.3 * random.normal()
      return truth.map(value => value + shift)
    })
    return errorParts({ predictions, truth, noise: 0, errors: [0, 1] })
  })
  const spreadOf = (values: readonly number[]): number => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1))
  }
  const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  expect(meanOf(found.map(({ bias2 }) => bias2))).toBeCloseTo(0.25, 2)
  expect(meanOf(found.map(({ variance }) => variance))).toBeCloseTo(0.09, 2)
  for (const [part, error] of [
    ['bias2', 'bias2StandardError'],
    ['variance', 'varianceStandardError'],
  ] as const) {
    const ratio = spreadOf(found.map(one => one[part])) / meanOf(found.map(one => one[error]))
    expect(ratio, part).toBeGreaterThan(0.85)
    expect(ratio, part).toBeLessThan(1.15)
  }
})

test('a split needs two fits of each kind', () => {
  expect(() =>
    errorParts({ predictions: [Float64Array.of(1)], truth: Float64Array.of(0), noise: 0, errors: [1, 2] }),
  ).toThrow('errorParts: there are 1 predictions and 2 errors. A variance needs at least two of each.')
})
