import { expect, test } from 'vitest'
import { logisticRegression, softmaxRegression } from '../../../src/learn/index.ts'
import { load } from '../agreement/data.ts'

const { X, y } = load({ name: 'made-classes', scale: true })

test('it comes near the minimum that logistic regression finds', async () => {
  const model = await softmaxRegression({
    epochs: 400,
    learningRate: 0.5,
    alpha: 0.01,
    batchSize: 120,
    randomState: 0,
  }).fit(X, y)
  // The same penalty: alpha/2 ‖W‖² here, ‖W‖² / (2 C N) there.
  const exact = await logisticRegression({ C: 1 / (0.01 * X.rows), tol: 1e-10, maxIter: 1000 }).fit(X, y)
  const [p, q] = [await (await model.predictProba(X)).data(), await (await exact.predictProba(X)).data()]
  for (let i = 0; i < p.length; i++) expect(Math.abs(p[i]! - q[i]!)).toBeLessThan(1e-3)
})

test('its loss starts near ln K and falls', async () => {
  const model = await softmaxRegression({ epochs: 20, learningRate: 0.01, randomState: 0 }).fit(X, y)
  const losses = await model.lossCurve.data()
  expect(losses[0]).toBeLessThan(Math.log(3) + 0.05)
  for (let i = 1; i < losses.length; i++) expect(losses[i]!).toBeLessThan(losses[i - 1]!)
})
