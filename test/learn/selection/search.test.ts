import { expect, test } from 'vitest'
import {
  bayesSearchCV,
  elasticNet,
  fromJSON,
  gridSearchCV,
  halvingGridSearchCV,
  halvingRandomSearchCV,
  logisticRegression,
  makePipeline,
  parameterGrid,
  randomizedSearchCV,
  ridge,
  sgdClassifier,
} from '../../../src/learn/index.ts'
import { load } from '../agreement/data.ts'

const { X, y } = load({ name: 'made-regression' })
const classes = load({ name: 'made-classes' })

test('a grid is every combination, the last option changing first', () => {
  expect(parameterGrid({ a: [1, 2], b: ['x', 'y'] })).toEqual([
    { a: 1, b: 'x' },
    { a: 1, b: 'y' },
    { a: 2, b: 'x' },
    { a: 2, b: 'y' },
  ])
  expect(parameterGrid([{ a: [1] }, { b: [2, 3] }])).toEqual([{ a: 1 }, { b: 2 }, { b: 3 }])
})

test('the best of a grid is fitted again and predicts', async () => {
  const search = await gridSearchCV(makePipeline(ridge()), { 'ridge.alpha': [1000, 0.1, 10] }, { nJobs: 1 }).fit(X, y)
  expect(search.bestParams).toEqual({ 'ridge.alpha': 0.1 })
  expect(search.cvResults.rankTestScore).toEqual([3, 1, 2])
  expect(search.bestScore).toBe(Math.max(...search.cvResults.meanTestScore))
  const direct = await ridge({ alpha: 0.1 }).fit(X, y)
  expect(await search.score(X, y)).toBe(await direct.score(X, y))
  const back = fromJSON(JSON.parse(JSON.stringify(search))) as typeof search
  expect(await back.score(X, y)).toBe(await direct.score(X, y))
})

test('threads find what one thread finds', async () => {
  const grid = { alpha: [0.0001, 0.01], penalty: ['l2', 'l1'] }
  const of = (nJobs: number) =>
    gridSearchCV(sgdClassifier(), grid, { nJobs, randomState: 1, cv: 3 }).fit(classes.X, classes.y)
  const [one, two] = [await of(1), await of(2)]
  expect(two.cvResults.splitTestScores).toEqual(one.cvResults.splitTestScores)
  expect(two.bestParams).toEqual(one.bestParams)
})

test('a candidate that cannot be fitted is passed over and its error kept', async () => {
  // No C of 0 exists: the option itself refuses it, before anything is fitted.
  await expect(
    gridSearchCV(logisticRegression(), { C: [1, 0] }, { nJobs: 1 }).fit(classes.X, classes.y),
  ).rejects.toThrow('logisticRegression: C must be a number above 0; got 0.')
  const wide = gridSearchCV(elasticNet(), { alpha: [0.1] }, { nJobs: 1, refit: false })
  const found = await wide.fit(X, y)
  expect('bestEstimator' in found).toBe(false)
  await expect(found.predict(X)).rejects.toThrow(
    'gridSearchCV: the best was not fitted again, as refit is false. Fit it by its bestParams, or set refit.',
  )
})

test('random search draws what it is told to and repeats with its seed', async () => {
  const distributions = { alpha: { low: 1e-3, high: 1e3, log: true }, solver: ['svd', 'cholesky'] }
  const of = () => randomizedSearchCV(ridge(), distributions, { nIter: 12, randomState: 5, nJobs: 1 }).fit(X, y)
  const [a, b] = [await of(), await of()]
  expect(a.cvResults.params).toEqual(b.cvResults.params)
  expect(a.cvResults.params.length).toBe(12)
  for (const { alpha } of a.cvResults.params as readonly { alpha: number }[]) {
    expect(alpha).toBeGreaterThanOrEqual(1e-3)
    expect(alpha).toBeLessThanOrEqual(1e3)
  }
  const few = await randomizedSearchCV(ridge(), { alpha: [1, 2, 3] }, { nIter: 10, nJobs: 1 }).fit(X, y)
  expect((few.cvResults.params as readonly { alpha: number }[]).map(({ alpha }) => alpha).sort()).toEqual([1, 2, 3])
})

test('halving gives the best more rows, round after round', async () => {
  const found = await halvingGridSearchCV(
    ridge(),
    { alpha: [0.01, 0.1, 1, 10, 100, 1000, 1e4, 1e5, 1e6] },
    { factor: 3, randomState: 0, nJobs: 1 },
  ).fit(X, y)
  const { resources } = found.cvResults
  expect(resources!.filter(r => r === 10).length).toBe(9)
  expect(resources!.filter(r => r === 30).length).toBe(3)
  expect(resources!.filter(r => r === 90).length).toBe(1)
  expect((found.bestParams as { alpha: number }).alpha).toBeLessThan(10)
  const random = await halvingRandomSearchCV(
    ridge(),
    { alpha: { low: 0.01, high: 1e6, log: true } },
    { nCandidates: 9, randomState: 0, nJobs: 1 },
  ).fit(X, y)
  expect(random.cvResults.params.length).toBe(13)
})

test('Bayesian search comes nearer to the best than its first random trials', async () => {
  // Over eleven powers of ten, few of which are any good.
  const space = { alpha: { low: 1e-2, high: 1e9, log: true } }
  const found = await bayesSearchCV(ridge(), space, { nIter: 14, nInitialPoints: 3, randomState: 4, nJobs: 1 }).fit(
    X,
    y,
  )
  const scores = found.cvResults.meanTestScore
  expect(Math.max(...scores.slice(3))).toBeGreaterThan(Math.max(...scores.slice(0, 3)))
  expect((found.bestParams as { alpha: number }).alpha).toBeLessThan(10)
})

test('wrong grids are refused', () => {
  expect(() => gridSearchCV(ridge(), { alpha: 3 } as never)).toThrow(
    'gridSearchCV: paramGrid must be an object with a list of values for each option, or a list of such objects; got {"alpha":3}.',
  )
  expect(() => randomizedSearchCV(ridge(), { alpha: { low: 3, high: 1 } })).toThrow(
    'randomizedSearchCV: paramDistributions must be an object with a list of values or { low, high, log?, integer? } for each option; got {"alpha":{"low":3,"high":1}}.',
  )
})
