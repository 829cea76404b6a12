import { expect, test } from 'vitest'
import { Table } from '../../../src/data/table/table.ts'
import {
  dummyRegressor,
  fromJSON,
  linearRegression,
  logisticRegression,
  makePipeline,
  pipeline,
  ridge,
} from '../../../src/learn/index.ts'
import { recreate } from '../../../src/learn/core/estimator.ts'

const X = [[0], [1], [2], [3]]
const y = [1, 3, 5, 7]

test('a pipeline of one step does what the step does', async () => {
  const model = await pipeline([['line', linearRegression()]]).fit(X, y)
  expect(await model.score(X, y)).toBeCloseTo(1, 12)
  const predicted = await (await model.predict([[10]])).toArray()
  expect((predicted as number[])[0]).toBeCloseTo(21, 10)
})

test('its steps are fitted models with their attributes', async () => {
  const model = await makePipeline(linearRegression()).fit(X, y)
  const [line] = model.steps as unknown as readonly { coef: { toArray(): Promise<number[]> } }[]
  expect((await line!.coef.toArray())[0]).toBeCloseTo(2, 12)
})

test('options of a step are changed by its name and a dot', async () => {
  const changed = makePipeline(ridge({ alpha: 1 })).with({ 'ridge.alpha': 0 })
  const model = await changed.fit(X, y)
  expect(await model.score(X, y)).toBeCloseTo(1, 12)
  expect(() => makePipeline(ridge()).with({ 'lasso.alpha': 0 })).toThrow(
    'pipeline: no step is named "lasso". The steps are ridge.',
  )
})

test('a step that transforms nothing can only be the last', () => {
  expect(() =>
    pipeline([
      ['a', ridge()],
      ['b', ridge()],
    ]),
  ).toThrow('pipeline: ridge transforms nothing, so it can only be the last step.')
})

test('names of steps must be different and without dots', () => {
  const message = 'pipeline: steps must be a list of [name, estimator] pairs, each name once and without dots; got'
  expect(() => recreate('pipeline', { steps: [['a.b', ridge()]] })).toThrow(message)
  expect(() =>
    recreate('pipeline', {
      steps: [
        ['a', ridge()],
        ['a', ridge()],
      ],
    }),
  ).toThrow(message)
  expect(() => recreate('pipeline', { steps: [] })).toThrow(message)
})

test('a fitted pipeline comes back from JSON, with words as classes and a table as rows', async () => {
  const table = Table.from({ length: [1, 2, 8, 9], width: [1, 1, 2, 3] })
  const model = await makePipeline(logisticRegression()).fit(table, ['short', 'short', 'long', 'long'])
  const back = fromJSON(JSON.parse(JSON.stringify(model))) as typeof model
  expect(await back.predict(table.select(['width', 'length']))).toEqual(['short', 'short', 'long', 'long'])
  expect(back.featureNamesIn).toEqual(['length', 'width'])
  await expect(back.predict(table.drop(['width']))).rejects.toThrow(
    'pipeline.predict: the table lacks a column that the model was fitted on: width. Its columns are length.',
  )
})

test('an unknown estimator in a JSON file is named, with a suggestion', () => {
  expect(() => recreate('linearRegresion', {})).toThrow(
    'estimator: "linearRegresion" is unknown. Did you mean linearRegression?',
  )
})

test('what is no fitted model is refused', () => {
  expect(() => fromJSON({ some: 'thing' })).toThrow(
    'fromJSON: this is no fitted model: it needs "estimator", "options" and "state". Pass what model.toJSON() gave.',
  )
  expect(() => dummyRegressor.fromJSON({ estimator: 'dummyRegressor', state: 3 })).toThrow(
    'fromJSON: the model of dummyRegressor is incomplete. Pass what model.toJSON() gave.',
  )
})
