import { describe, expect, test } from 'vitest'
import {
  decisionTreeClassifier,
  decisionTreeRegressor,
  histGradientBoostingRegressor,
  isolationForest,
  linearRegression,
  logisticRegression,
  randomTreesEmbedding,
  ridge,
  stackingClassifier,
  stackingRegressor,
  votingClassifier,
  votingRegressor,
} from '../../../src/learn/index.ts'
import type { Csr } from '../../../src/learn/core/sparse.ts'
import { load } from '../agreement/data.ts'
import { expectSame, results } from './results.ts'

const classes = load({ name: 'made-classes', count: 300, holdout: true })
const numbers = load({ name: 'made-regression', count: 300, holdout: true })
const trees = [
  ['two', decisionTreeClassifier({ maxDepth: 2 })],
  ['four', decisionTreeClassifier({ maxDepth: 4, minSamplesLeaf: 3 })],
  ['one', decisionTreeClassifier({ maxDepth: 1 })],
] as const
const lines = [
  ['tree', decisionTreeRegressor({ maxDepth: 3 })],
  ['line', linearRegression()],
  ['ridge', ridge({ alpha: 20 })],
] as const

describe('voting', () => {
  test.each([
    ['hard', {}],
    ['soft', { voting: 'soft' }],
    ['weighted', { voting: 'soft', weights: [1, 2, 0.5] }],
    ['hardWeighted', { weights: [1, 1, 3] }],
  ] as const)('decides as scikit-learn does: %s', async (name, options) => {
    const model = await votingClassifier({ estimators: trees, ...options }).fit(classes.X, classes.y)
    await expectSame(await model.predict(classes.testX), name, 'predict')
    if (results[name]!.predictProba) await expectSame(await model.predictProba(classes.testX), name, 'predictProba')
  })
  test('averages predictions as scikit-learn does', async () => {
    const plain = await votingRegressor({ estimators: lines }).fit(numbers.X, numbers.y)
    await expectSame(await plain.predict(numbers.testX), 'mean', 'predict')
    const weighted = await votingRegressor({ estimators: lines, weights: [3, 1, 2] }).fit(numbers.X, numbers.y)
    await expectSame(await weighted.predict(numbers.testX), 'weightedMean', 'predict')
  })
  test('says what is wrong with its parts and weights', async () => {
    await expect(votingClassifier({ estimators: lines }).fit(classes.X, classes.y)).rejects.toThrow(
      'votingClassifier: tree is a regressor, and only classifiers can take part.',
    )
    await expect(votingRegressor({ estimators: lines, weights: [1, 2] }).fit(numbers.X, numbers.y)).rejects.toThrow(
      'votingRegressor: weights has 2 entries, and there are 3 estimators. It needs one for each.',
    )
  })
  test('changes options of a part by its name', async () => {
    const changed = votingRegressor({ estimators: lines }).with({ 'ridge.alpha': 3, weights: [1, 1, 1] })
    expect(JSON.stringify(changed)).toContain('"alpha":3')
    expect(() => votingRegressor({ estimators: lines }).with({ 'nobody.alpha': 3 })).toThrow(
      'votingRegressor: no estimator is named "nobody". They are tree, line, ridge.',
    )
  })
})

describe('stacking', () => {
  test('learns from predictions out of fold as scikit-learn does', async () => {
    const finalEstimator = logisticRegression({ tol: 1e-10, maxIter: 10_000 })
    const steady = [
      ['one', decisionTreeClassifier({ maxDepth: 1 })],
      ['line', finalEstimator],
    ] as const
    const model = await stackingClassifier({ estimators: steady, finalEstimator, cv: 4 }).fit(classes.X, classes.y)
    await expectSame(await model.transform(classes.testX), 'stacking', 'transform', 1e-5)
    await expectSame(await model.predictProba(classes.testX), 'stacking', 'predictProba', 1e-5)
  })
  test.each([
    ['stackedMean', false],
    ['passthrough', true],
  ] as const)('learns from predicted numbers as scikit-learn does: %s', async (name, passthrough) => {
    const model = await stackingRegressor({ estimators: lines, finalEstimator: ridge(), cv: 3, passthrough }).fit(
      numbers.X,
      numbers.y,
    )
    await expectSame(await model.transform(numbers.testX), name, 'transform')
    await expectSame(await model.predict(numbers.testX), name, 'predict')
  })
  test('says which part lacks what is asked of it', async () => {
    await expect(
      stackingClassifier({ estimators: trees, stackMethod: 'decisionFunction' }).fit(classes.X, classes.y),
    ).rejects.toThrow('stackingClassifier: decisionTreeClassifier has no decisionFunction. Take stackMethod "auto".')
  })
})

describe('rows without values', () => {
  const holes = { ...numbers.X, data: numbers.X.data.slice() }
  const F = holes.columns
  for (let i = 0; i < holes.rows; i += 7) holes.data[i * F] = Number.NaN
  for (let i = 3; i < holes.rows; i += 11) holes.data[i * F + 3] = Number.NaN
  const tests = { ...numbers.testX, data: numbers.testX.data.slice() }
  for (let i = 0; i < tests.rows; i += 5) tests.data[i * F] = Number.NaN
  for (let i = 1; i < tests.rows; i += 4) tests.data[i * F + 2] = Number.NaN

  test('go where scikit-learn sends them', async () => {
    const tree = await decisionTreeRegressor({ maxDepth: 4, minSamplesLeaf: 5 }).fit(holes, numbers.y)
    await expectSame(await tree.predict(tests), 'missingTree', 'predict')
    const boosted = await histGradientBoostingRegressor({ maxIter: 10, earlyStopping: false }).fit(holes, numbers.y)
    await expectSame(await boosted.predict(tests), 'missingBoost', 'predict', 1e-7)
  })
})

describe('random trees', () => {
  test('set outliers apart as far as those of scikit-learn', async () => {
    const model = await isolationForest({ nEstimators: 400, randomState: 3 }).fit(classes.X)
    const found = (await (await model.scoreSamples(classes.testX)).data()) as Float64Array
    const wanted = results.isolation!.scoreSamples!
    const gaps = wanted.data!.map((score, i) => Math.abs(found[i]! - score))
    expect(Math.max(...gaps)).toBeLessThan(0.03)
    const far = await model.scoreSamples([new Array<number>(classes.X.columns).fill(9)])
    expect(Math.abs(((await far.data()) as Float64Array)[0]! - results.isolation!.outlier!.data![0]!)).toBeLessThan(
      0.03,
    )
    expect(
      Array.from((await (await model.predict([new Array<number>(classes.X.columns).fill(9)])).data()) as Int32Array),
    ).toEqual([-1])
  })
  test('code each row by a leaf of each tree, with as many leaves as those of scikit-learn', async () => {
    const two = load({ name: 'made-two', count: 300 })
    const leaves: number[] = []
    for (let randomState = 0; randomState < 5; randomState++) {
      const model = await randomTreesEmbedding({ nEstimators: 100, maxDepth: 4, randomState }).fit(two.X)
      const code = (await model.transform(two.X)) as unknown as Csr
      expect(code.indices.length).toBe(two.X.rows * 100)
      leaves.push(code.columns)
    }
    const usual = results.embedding!.leaves!.data!
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
    expect(Math.abs(mean(leaves) / mean(usual) - 1)).toBeLessThan(0.03)
  })
})
