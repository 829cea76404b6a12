import { expect, test } from 'vitest'
import { Random } from '../../../src/learn/core/random.ts'
import { gam, linearRegression } from '../../../src/learn/index.ts'
import type { Dense } from '../../../src/ops/matrix-kernels.ts'

const rows = 200
const random = new Random(5)
const X: Dense = { rows, columns: 2, data: Float64Array.from({ length: rows * 2 }, () => 6 * random.uniform() - 3) }
const at = (i: number, j: number): number => X.data[2 * i + j]!
const curve = (i: number): number => 2 + Math.sin(at(i, 0)) + 0.5 * at(i, 1) ** 2

test('smooth curves are found where lines see little', async () => {
  const y = Float64Array.from({ length: rows }, (_, i) => curve(i) + 0.1 * random.normal())
  const model = await gam().fit(X, y)
  expect(await model.score(X, y)).toBeGreaterThan(0.99)
  expect(await (await linearRegression().fit(X, y)).score(X, y)).toBeLessThan(0.5)
  // Each curve, less its mean, is the one that made the data.
  const effects = (await (await model.partialEffects(X)).toArray()) as number[][]
  const sine = Array.from({ length: rows }, (_, i) => Math.sin(at(i, 0)))
  const mean = sine.reduce((a, b) => a + b, 0) / rows
  for (let i = 0; i < rows; i++) expect(Math.abs(effects[i]![0]! - (sine[i]! - mean))).toBeLessThan(0.25)
})

test('predictions are the intercept and the curves together', async () => {
  const y = Float64Array.from({ length: rows }, (_, i) => curve(i))
  const model = await gam({ lambda: 0.01 }).fit(X, y)
  const effects = (await (await model.partialEffects(X)).toArray()) as number[][]
  const predicted = await (await model.predict(X)).data()
  for (let i = 0; i < rows; i++)
    expect(predicted[i]).toBeCloseTo(model.intercept + effects[i]![0]! + effects[i]![1]!, 10)
})

test('a strong penalty on second differences leaves lines', async () => {
  const y = Float64Array.from({ length: rows }, (_, i) => 1 + 2 * at(i, 0) - at(i, 1) + 0.3 * random.normal())
  const model = await gam({ lambda: 1e7 }).fit(X, y)
  expect(model.edf).toBeCloseTo(3, 2)
  const line = await (await linearRegression().fit(X, y)).predict(X)
  const [a, b] = [await (await model.predict(X)).data(), await line.data()]
  for (let i = 0; i < rows; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(1e-3)
})

test('less penalty frees more degrees, and the best by cross-validation lies between', async () => {
  const y = Float64Array.from({ length: rows }, (_, i) => curve(i) + random.normal())
  const fits = await Promise.all([1e-4, 1, 1e4].map(lambda => gam({ lambda }).fit(X, y)))
  expect(fits[0]!.edf).toBeGreaterThan(fits[1]!.edf)
  expect(fits[1]!.edf).toBeGreaterThan(fits[2]!.edf)
  const auto = await gam().fit(X, y)
  for (const { gcv } of fits) expect(auto.gcv).toBeLessThanOrEqual(gcv * 1.05)
})

test('counts go through the log, and proportions through the logit', async () => {
  const counts = Float64Array.from({ length: rows }, (_, i) =>
    Math.round(Math.exp(0.5 + 0.4 * at(i, 0)) * (0.7 + 0.6 * random.uniform())),
  )
  const poisson = await (await gam({ family: 'poisson' }).fit(X, counts)).predict(X)
  expect(Math.min(...(await poisson.data()))).toBeGreaterThan(0)
  const shares = Float64Array.from({ length: rows }, (_, i) => 1 / (1 + Math.exp(-at(i, 0))))
  const model = await gam({ family: 'binomial' }).fit(X, shares)
  expect(await model.score(X, shares)).toBeGreaterThan(0.995)
  await expect(
    gam({ family: 'poisson' }).fit(
      X,
      counts.map(c => c - 10),
    ),
  ).rejects.toThrow(/^gam\.fit: y is -\d+ at row \d+; this family needs numbers of at least 0\.$/)
  expect(() => gam({ nSplines: 4, degree: 4 })).not.toThrow()
  await expect(gam({ nSplines: 4, degree: 4 }).fit(X, counts)).rejects.toThrow(
    'gam: nSplines must be above degree; got 4 and 4.',
  )
})
