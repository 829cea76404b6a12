import { describe, expect, test } from 'vitest'
import {
  decisionTreeClassifier,
  decisionTreeRegressor,
  kMeans,
  linearRegression,
  partialDependence,
  permutationImportance,
} from '../../../src/learn/index.ts'
import { Table } from '../../../src/data/table/table.ts'
import type { Tensor } from '../../../src/tensor/tensor.ts'
import { load } from '../agreement/data.ts'
import { expectSame } from '../ensemble/results.ts'

const { X, y } = load({ name: 'made-regression', count: 300, holdout: true })
const numbers = async (values: Tensor | undefined): Promise<Float64Array> => (await values!.data()) as Float64Array

describe('partial dependence', () => {
  test('is that of scikit-learn, of one feature and of two', async () => {
    const model = await decisionTreeRegressor({ maxDepth: 4, minSamplesLeaf: 5 }).fit(X, y)
    const one = await partialDependence(model, X, 1, { kind: 'both', gridResolution: 7 })
    await expectSame(one.average, 'dependence', 'average')
    await expectSame(one.individual, 'dependence', 'individual')
    await expectSame(one.gridValues[0], 'dependence', 'grid')
    const two = await partialDependence(model, X, [0, 3], { gridResolution: 4, percentiles: [0.1, 0.9] })
    expect(two.individual).toBeUndefined()
    await expectSame(two.average, 'dependence', 'pair')
    await expectSame(
      (await Promise.all(two.gridValues.map(numbers))).flatMap(grid => Array.from(grid)),
      'dependence',
      'pairGrid',
    )
  })
  test('of few different values is at those, and of classes their shares', async () => {
    const table = Table.from({ size: [0, 1, 0, 1, 2, 2], age: [5, 5, 5, 5, 5, 5] })
    const model = await decisionTreeClassifier().fit(table, ['a', 'b', 'a', 'b', 'c', 'c'])
    const { average, gridValues } = await partialDependence(model, table, 'size')
    expect(Array.from(await numbers(gridValues[0]))).toEqual([0, 1, 2])
    expect(Array.from(await numbers(average))).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1])
  })
  test('says what it cannot show', async () => {
    const model = await linearRegression().fit(X, y)
    await expect(partialDependence(model, X, 7)).rejects.toThrow(
      'partialDependence: the model has no feature 7. It has 0 to 4.',
    )
    await expect(partialDependence(model, X, [0, 1, 2])).rejects.toThrow(
      'partialDependence: features must be one feature or two; got 3.',
    )
    await expect(partialDependence(model, X, 0, { percentiles: [0.5, 0.5] })).rejects.toThrow(
      'partialDependence: percentiles must be two ascending shares; got [0.5, 0.5].',
    )
    const flat = { ...X, data: X.data.slice() }
    for (let i = 10; i < X.rows; i++) flat.data[i * 5] = 4
    await expect(partialDependence(model, flat, 0, { gridResolution: 3 })).rejects.toThrow(
      'partialDependence: the percentiles of feature 0 are one value, 4. Take percentiles farther apart.',
    )
    const groups = await kMeans({ nClusters: 2 }).fit(X)
    await expect(partialDependence(groups, X, 0)).rejects.toThrow(
      'partialDependence: kMeans predicts nothing. Pass a fitted classifier or regressor.',
    )
  })
})

describe('permutation importance', () => {
  test('is what a line owes to each feature: 2 w² Var(x) / Var(y) of R², in the mean', async () => {
    const model = await linearRegression().fit(X, y)
    const { importances, importancesMean, importancesStd } = await permutationImportance(model, X, y, {
      nRepeats: 60,
      randomState: 0,
    })
    expect(importances.shape).toEqual([5, 60])
    const coef = await numbers(model.coef)
    const spread = (values: Float64Array): number => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length
      return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length
    }
    const found = await numbers(importancesMean)
    const deviations = await numbers(importancesStd)
    for (let j = 0; j < 5; j++) {
      const column = Float64Array.from({ length: X.rows }, (_, i) => X.data[i * 5 + j]!)
      const expected = (2 * coef[j]! ** 2 * spread(column)) / spread(y)
      expect(Math.abs(found[j]! - expected)).toBeLessThan(4 * (deviations[j]! / Math.sqrt(60)) + 0.02 * expected + 1e-3)
    }
  })
  test('judges by any measure, with the same numbers for the same seed', async () => {
    const two = load({ name: 'made-two', count: 100 })
    const model = await decisionTreeClassifier({ maxDepth: 2 }).fit(two.X, two.y)
    const options = { scoring: 'rocAuc', randomState: 3, nRepeats: 2 }
    const first = await permutationImportance(model, two.X, two.y, options)
    const again = await permutationImportance(model, two.X, two.y, options)
    expect(await numbers(again.importances)).toEqual(await numbers(first.importances))
    expect(Math.max(...(await numbers(first.importancesMean)))).toBeGreaterThan(0.05)
    await expect(permutationImportance(await kMeans({ nClusters: 2 }).fit(X), X, y)).rejects.toThrow(
      'permutationImportance: kMeans predicts nothing that could be judged. Pass a fitted classifier or regressor.',
    )
  })
})
