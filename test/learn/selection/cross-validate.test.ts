import { expect, test } from 'vitest'
import {
  crossValidate,
  crossValPredict,
  crossValScore,
  kFold,
  leaveOneOut,
  learningCurve,
  linearRegression,
  logisticRegression,
  makePipeline,
  ridge,
  sgdClassifier,
  validationCurve,
} from '../../../src/learn/index.ts'
import { scorers } from '../../../src/learn/selection/scorers.ts'
import type { Tensor } from '../../../src/tensor/tensor.ts'
import { load } from '../agreement/data.ts'

const { X, y } = load({ name: 'made-regression' })
const classes = load({ name: 'made-classes' })
const two = load({ name: 'made-two' })

test('threads give the very scores of one thread', async () => {
  const alone = await crossValScore(sgdClassifier(), classes.X, classes.y, { cv: 4, nJobs: 1, randomState: 3 })
  expect(await crossValScore(sgdClassifier(), classes.X, classes.y, { cv: 4, nJobs: 2, randomState: 3 })).toEqual(alone)
  expect(alone.length).toBe(4)
})

test('progress is told after each fit, in threads too', async () => {
  for (const nJobs of [1, 2]) {
    const seen: string[] = []
    await crossValidate(ridge(), X, y, { cv: 3, nJobs, onProgress: (done, total) => seen.push(`${done}/${total}`) })
    expect(seen).toEqual(['1/3', '2/3', '3/3'])
  }
})

test('several measures come by name, with training scores on request', async () => {
  const found = await crossValidate(ridge(), X, y, {
    nJobs: 1,
    scoring: ['r2', 'negMeanSquaredError'],
    returnTrainScore: true,
  })
  expect(Object.keys(found.scores)).toEqual(['r2', 'negMeanSquaredError'])
  expect(found.testScore).toEqual(found.scores.r2)
  for (const [i, score] of found.trainScore!.entries()) expect(score).toBeGreaterThan(found.testScore[i]! - 0.2)
  for (const error of found.scores.negMeanSquaredError!) expect(error).toBeLessThan(0)
})

test('every measure by name gives a number on what it is for', async () => {
  const regression = Object.keys(scorers).filter(name => /^neg(?!LogLoss|Brier)|^r2$|^explained/.test(name))
  const positive = y.map(value => Math.abs(value) + 1)
  for (const scoring of regression) {
    const log = /Poisson|Gamma|Log/.test(scoring)
    const scores = await crossValScore(
      log ? linearRegression({ positive: true, fitIntercept: true }) : linearRegression(),
      log ? { ...X, data: X.data.map(Math.abs) } : X,
      positive,
      { cv: 2, nJobs: 1, scoring },
    )
    for (const score of scores) expect(Number.isFinite(score), scoring).toBe(true)
  }
  const classification = Object.keys(scorers).filter(
    name => !regression.includes(name) && !/Rand|Info|vMeasure/.test(name),
  )
  for (const scoring of classification) {
    for (const score of await crossValScore(logisticRegression(), two.X, two.y, { cv: 2, nJobs: 1, scoring })) {
      expect(Number.isFinite(score), scoring).toBe(true)
      expect(score).toBeLessThanOrEqual(1)
    }
  }
  for (const scoring of ['f1Macro', 'precisionWeighted', 'rocAucOvr', 'rocAucOvo', 'negLogLoss']) {
    for (const score of await crossValScore(logisticRegression(), classes.X, classes.y, { cv: 2, nJobs: 1, scoring }))
      expect(Number.isFinite(score), scoring).toBe(true)
  }
})

test('errors of measures and options name them', async () => {
  await expect(crossValScore(ridge(), X, y, { scoring: 'negMeanSquareError' })).rejects.toThrow(
    'scoring: "negMeanSquareError" is unknown. Did you mean negMeanSquaredError?',
  )
  await expect(crossValScore(logisticRegression(), classes.X, classes.y, { scoring: 'f1', nJobs: 1 })).rejects.toThrow(
    'scoring: there are 3 classes, so the measure needs an average. Take its name with Macro, Micro or Weighted, such as "f1Macro".',
  )
  await expect(crossValScore(ridge(), X, y, { cv: 1 })).rejects.toThrow(
    'crossValScore: cv must be an integer of at least 2 or a way to split, such as kFold(); got 1.'.replace(
      'crossValScore',
      'crossValidate',
    ),
  )
  await expect(crossValScore(ridge(), X, y, { folds: 3 } as never)).rejects.toThrow(
    'crossValidate: unknown option "folds".',
  )
  await expect(crossValPredict(ridge(), X, y, { method: 'predictProba' })).rejects.toThrow(
    'crossValPredict: ridge has no predictProba.',
  )
})

test('predictions out of fold are those of models that did not see the row', async () => {
  const predicted = (await (
    (await crossValPredict(linearRegression(), X, y, { cv: leaveOneOut() })) as Tensor
  ).data()) as Float64Array
  // Row 5 by hand.
  const keep = Array.from({ length: X.rows }, (_, i) => i).filter(i => i !== 5)
  const rest = {
    rows: keep.length,
    columns: X.columns,
    data: Float64Array.from(keep.flatMap(i => Array.from(X.data.subarray(i * X.columns, (i + 1) * X.columns)))),
  }
  const model = await linearRegression().fit(
    rest,
    Float64Array.from(keep, i => y[i]!),
  )
  const own = (await (
    await model.predict({ rows: 1, columns: X.columns, data: X.data.slice(5 * X.columns, 6 * X.columns) })
  ).toArray()) as number[]
  expect(predicted[5]).toBeCloseTo(own[0]!, 10)
  const words = Array.from(classes.y, k => ['ant', 'bee', 'cat'][k]!)
  const labels = (await crossValPredict(logisticRegression(), classes.X, words)) as string[]
  expect(labels.filter((label, i) => label === words[i]).length / words.length).toBeGreaterThan(0.8)
  const proba = (await crossValPredict(logisticRegression(), classes.X, words, { method: 'predictProba' })) as Tensor
  expect(proba.shape).toEqual([classes.X.rows, 3])
})

test('folds that leave rows out or hold them twice cannot predict them', async () => {
  const half = { split: () => [{ train: Int32Array.of(0, 1, 2), test: Int32Array.of(3, 4) }], nSplits: () => 1 }
  await expect(crossValPredict(ridge(), X, y, { cv: half })).rejects.toThrow(
    "crossValPredict: row 0 is in no fold. The folds must hold each row once, as kFold's do.",
  )
  const twice = { split: () => [{ train: Int32Array.of(0, 1, 2), test: Int32Array.of(3, 3) }], nSplits: () => 1 }
  await expect(crossValPredict(ridge(), X, y, { cv: twice })).rejects.toThrow(
    "crossValPredict: row 3 is tested twice. The folds must hold each row once, as kFold's do.",
  )
})

test('with more rows the test score rises and the training score falls', async () => {
  const { trainSizes, trainScores, testScores } = await learningCurve(linearRegression(), X, y, {
    cv: kFold({ nSplits: 4, shuffle: true, randomState: 0 }),
    trainSizes: [10, 0.5, 1],
    nJobs: 1,
    randomState: 0,
  })
  expect(trainSizes).toEqual([10, 45, 90])
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  expect(mean(testScores[2]!)).toBeGreaterThan(mean(testScores[0]!))
  expect(mean(trainScores[2]!)).toBeLessThan(mean(trainScores[0]!))
  await expect(learningCurve(ridge(), X, y, { trainSizes: [500] })).rejects.toThrow(
    'learningCurve: trainSizes has 500; there are 96 rows to learn from. Give shares above 0 up to 1, or counts from 1 to 96.',
  )
})

test('a penalty that grows lowers the training score', async () => {
  const { trainScores } = await validationCurve(makePipeline(ridge()), X, y, {
    param: 'ridge.alpha',
    values: [0, 10, 1000],
    nJobs: 1,
  })
  const means = trainScores.map(scores => scores.reduce((a, b) => a + b, 0) / scores.length)
  expect(means[0]!).toBeGreaterThan(means[1]!)
  expect(means[1]!).toBeGreaterThan(means[2]!)
})
