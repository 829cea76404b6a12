import { describe, expect, test } from 'vitest'
import {
  adaBoostClassifier,
  baggingClassifier,
  baggingRegressor,
  extraTreesRegressor,
  gradientBoostingClassifier,
  histGradientBoostingRegressor,
  isolationForest,
  kNeighborsClassifier,
  randomForestClassifier,
  randomForestRegressor,
} from '../../../src/learn/index.ts'
import { load } from '../agreement/data.ts'

const { X, y, testX, testY } = load({ name: 'made-regression', count: 400, holdout: true })
const classes = load({ name: 'made-classes', count: 200 })
const numbers = async (values: { data(): Promise<unknown> }): Promise<Float64Array> =>
  (await values.data()) as Float64Array

describe('forests', () => {
  test('are the same over threads as in one', async () => {
    const large = load({ name: 'made-regression', count: 6000, width: 8 })
    const options = { nEstimators: 50, maxDepth: 6, randomState: 5 }
    const one = await randomForestRegressor({ ...options, nJobs: 1 }).fit(large.X, large.y)
    const two = await randomForestRegressor({ ...options, nJobs: 2 }).fit(large.X, large.y)
    expect(await numbers(await two.predict(large.X))).toEqual(await numbers(await one.predict(large.X)))
  })
  test('judge each row by the trees that did not see it', async () => {
    const model = await randomForestRegressor({ nEstimators: 60, oobScore: true, randomState: 0 }).fit(X, y)
    const { oobScore } = model as unknown as { oobScore: number }
    const onTrain = await model.score(X, y)
    const onTest = await model.score(testX, testY)
    expect(oobScore).toBeLessThan(onTrain)
    expect(Math.abs(oobScore - onTest)).toBeLessThan(0.1)
  })
  test('refuse what needs drawn rows where none are drawn', async () => {
    await expect(extraTreesRegressor({ oobScore: true }).fit(X, y)).rejects.toThrow(
      'extraTreesRegressor: oobScore needs bootstrap: true, which leaves rows out for each tree.',
    )
    await expect(extraTreesRegressor({ maxSamples: 5 }).fit(X, y)).rejects.toThrow(
      'extraTreesRegressor: maxSamples needs bootstrap: true. Leave it out otherwise.',
    )
    await expect(randomForestRegressor({ maxSamples: 500 }).fit(X, y)).rejects.toThrow(
      'randomForestRegressor: maxSamples is 500, and X has 300 rows. Pass at most as many.',
    )
  })
  test('give the leaf of each row in each tree', async () => {
    const model = await randomForestClassifier({ nEstimators: 3, randomState: 1, maxDepth: 2 }).fit(
      classes.X,
      classes.y,
    )
    const leaves = await model.apply(classes.X)
    expect(leaves.shape).toEqual([200, 3])
    for (const [t, tree] of model.estimators.entries()) {
      const own = (await numbers(leaves)).filter((_, i) => i % 3 === t)
      for (const node of own) expect(tree.childrenLeft[node]).toBe(-1)
    }
  })
})

describe('bagging', () => {
  test('takes any estimator, and columns drawn for each', async () => {
    const model = await baggingClassifier({
      estimator: kNeighborsClassifier({ nNeighbors: 3 }),
      maxSamples: 0.5,
      maxFeatures: 2,
      oobScore: true,
      nEstimators: 15,
      randomState: 0,
    }).fit(classes.X, classes.y)
    expect(model.estimatorsFeatures.map(features => features.shape)).toEqual(new Array(15).fill([2]))
    expect((model as unknown as { oobScore: number }).oobScore).toBeGreaterThan(0.8)
  })
  test('refuses more than there is', async () => {
    await expect(baggingRegressor({ maxFeatures: 9 }).fit(X, y)).rejects.toThrow(
      'baggingRegressor: maxFeatures is 9, and X has 5. Pass at most as many.',
    )
    await expect(baggingRegressor({ oobScore: true, bootstrap: false }).fit(X, y)).rejects.toThrow(
      'baggingRegressor: oobScore needs bootstrap: true, which leaves rows out for each estimator.',
    )
  })
})

describe('boosting', () => {
  test('by weights needs an estimator that heeds them, and one better than chance', async () => {
    await expect(adaBoostClassifier({ estimator: kNeighborsClassifier() }).fit(classes.X, classes.y)).rejects.toThrow(
      'adaBoostClassifier: kNeighborsClassifier does not heed weights of rows. Take an estimator that does.',
    )
    const same = { rows: 4, columns: 1, data: new Float64Array(4) }
    await expect(adaBoostClassifier().fit(same, [0, 1, 0, 1])).rejects.toThrow(
      'adaBoostClassifier: decisionTreeClassifier is wrong for a share of 0.500 of the weight, no better than chance. Take a stronger estimator.',
    )
  })
  test('with the exponential loss needs two classes', async () => {
    await expect(gradientBoostingClassifier({ loss: 'exponential' }).fit(classes.X, classes.y)).rejects.toThrow(
      'gradientBoostingClassifier: loss "exponential" needs two classes; y has 3. Take "logLoss".',
    )
  })
  test('in stages ends where the whole does', async () => {
    const model = await gradientBoostingClassifier({ nEstimators: 4 }).fit(classes.X, classes.y)
    const stages = await model.stagedPredictProba(classes.X)
    expect(stages.length).toBe(4)
    expect(await numbers(stages[3]! as never)).toEqual(await numbers(await model.predictProba(classes.X)))
    const histograms = await histGradientBoostingRegressor({ maxIter: 3, earlyStopping: false }).fit(X, y)
    const staged = await histograms.stagedPredict(testX)
    expect((await numbers(staged)).slice(-testX.rows)).toEqual(await numbers(await histograms.predict(testX)))
  })
})

test('isolation forests refuse more rows than there are', async () => {
  await expect(isolationForest({ maxSamples: 301 }).fit(X)).rejects.toThrow(
    'isolationForest: maxSamples is 301, and X has 300 rows. Pass at most as many.',
  )
})
