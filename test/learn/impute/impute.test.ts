import { expect, test } from 'vitest'
import { Table } from '../../../src/data/table/table.ts'
import {
  dummyRegressor,
  fromJSON,
  iterativeImputer,
  knnImputer,
  linearRegression,
  missingIndicator,
  ridge,
  simpleImputer,
} from '../../../src/learn/index.ts'
import { Tensor } from '../../../src/tensor/tensor.ts'
import { load } from '../agreement/data.ts'

const gap = Number.NaN
const listed = async (X: unknown): Promise<unknown> => (X instanceof Tensor ? X.toArray() : X)
const people = Table.from({
  age: [20, null, 40, 30],
  port: ['S', 'C', null, 'S'],
  empty: [null, null, null, null],
  crew: [true, false, null, true],
})

test('tables are filled column by column, and stay tables where there are words', async () => {
  const model = await simpleImputer({ strategy: 'mostFrequent', addIndicator: true }).fit(people)
  expect(model.statistics).toEqual([20, 'S', gap, 1])
  const filled = (await model.transform(people)) as unknown as Table
  expect(filled.names).toEqual(model.featureNamesOut())
  expect(filled.names).toEqual([
    'age',
    'port',
    'crew',
    'missingindicator_age',
    'missingindicator_port',
    'missingindicator_empty',
    'missingindicator_crew',
  ])
  expect(filled.row(1)).toEqual({
    age: 20,
    port: 'C',
    crew: 0,
    missingindicator_age: 1,
    missingindicator_port: 0,
    missingindicator_empty: 1,
    missingindicator_crew: 0,
  })
  expect(filled.column('port').values()).toEqual(['S', 'C', 'S', 'S'])
  const back = fromJSON(JSON.parse(JSON.stringify(model))) as typeof model
  expect(((await back.transform(people)) as unknown as Table).toRows()).toEqual(filled.toRows())
})

test('numbers come out as a matrix, and the median is that of what is there', async () => {
  const model = await simpleImputer({ strategy: 'median' }).fit(people.select(['age', 'crew']))
  expect(await listed(await model.transform(people.select(['age', 'crew'])))).toEqual([
    [20, 1],
    [30, 0],
    [40, 1],
    [30, 1],
  ])
})

test('a constant fills numbers or words, and columns without a value can stay', async () => {
  const words = await simpleImputer({ strategy: 'constant' }).fit(people.select(['port']))
  expect(((await words.transform(people.select(['port']))) as unknown as Table).column('port').values()).toEqual([
    'S',
    'C',
    'missing_value',
    'S',
  ])
  const kept = await simpleImputer({ strategy: 'mean', keepEmptyFeatures: true }).fit(people.select(['age', 'empty']))
  expect(await listed(await kept.transform(people.select(['age', 'empty'])))).toEqual([
    [20, 0],
    [30, 0],
    [40, 0],
    [30, 0],
  ])
  const named = await simpleImputer({ strategy: 'constant', fillValue: 'none', missingValues: '?' }).fit([['?'], ['x']])
  expect(((await named.transform([['?'], ['y']])) as unknown as Table).toRows()).toEqual([{ x0: 'none' }, { x0: 'y' }])
})

test('what cannot be filled is refused', async () => {
  await expect(simpleImputer().fit(people.select(['port']))).rejects.toThrow(
    'simpleImputer.fit: column "port" is text, which has no mean. Pass { strategy: "mostFrequent" } or "constant", or leave the column out.',
  )
  await expect(simpleImputer({ strategy: 'constant', fillValue: 3 }).fit(people.select(['port']))).rejects.toThrow(
    'simpleImputer.fit: fillValue 3 does not fit column "port", which is text. Pass a text, or treat columns apart with columnTransformer.',
  )
  await expect(simpleImputer({ strategy: 'constant', fillValue: 'x' }).fit(people.select(['age']))).rejects.toThrow(
    'simpleImputer.fit: fillValue "x" does not fit column "age", which is numbers. Pass a number, or treat columns apart with columnTransformer.',
  )
  await expect(simpleImputer().fit([[1], [Infinity]])).rejects.toThrow(
    'simpleImputer.fit: X is Infinity at row 1, column 0 ("x0"). Scale or drop it.',
  )
  await expect(simpleImputer({ missingValues: 0 }).fit([[1], [gap]])).rejects.toThrow(
    'simpleImputer.fit: X is NaN at row 1, column 0 ("x0"). missingValues is 0: leave it out where NaN is what is missing.',
  )
  const model = await simpleImputer({ strategy: 'mostFrequent' }).fit(people.select(['port']))
  await expect(model.transform(Table.from({ port: [1, 2] }))).rejects.toThrow(
    'simpleImputer.transform: column "port" is numbers, and was text when the imputer was fitted. Pass columns of the same type.',
  )
})

test('gaps are told, and a new one is an error', async () => {
  const model = await missingIndicator().fit(people)
  expect(await model.features.toArray()).toEqual([0, 1, 2, 3])
  const some = await missingIndicator().fit([
    [1, gap],
    [2, 3],
  ])
  expect(some.featureNamesOut(['a', 'b'])).toEqual(['missingindicator_b'])
  await expect(
    some.transform([
      [1, 2],
      [gap, 2],
    ]),
  ).rejects.toThrow(
    'missingIndicator.transform: column "x0" lacks a value at row 1, and lacked none when the indicator was fitted. Pass { features: "all" }, or { errorOnNew: false }.',
  )
})

test('the nearest rows that have a value give it', async () => {
  const rows = [
    [1, 2, gap],
    [3, 4, 3],
    [gap, 6, 5],
    [8, 8, 7],
  ]
  // Row 0 is at sqrt(3/2 · 8) of row 1, sqrt(3 · 16) of row 2: their mean is 4. Row 2 is nearest to rows 1 and 3.
  expect(await listed(await knnImputer({ nNeighbors: 2 }).fitTransform(rows))).toEqual([
    [1, 2, 4],
    [3, 4, 3],
    [5.5, 6, 5],
    [8, 8, 7],
  ])
  const model = await knnImputer({ nNeighbors: 2, weights: 'distance' }).fit(rows)
  expect(await listed(await model.transform([[3, 4, gap]]))).toEqual([[3, 4, 3]])
  // No column in common with any row: the mean.
  expect(await listed(await model.transform([[gap, gap, gap]]))).toEqual([[4, 5, 5]])
})

test('columns without a value are left out, or 0, by every imputer', async () => {
  const rows = [
    [1, gap, 3],
    [2, gap, gap],
    [3, gap, 9],
  ]
  for (const imputer of [knnImputer, iterativeImputer]) {
    const model = await imputer({ addIndicator: true }).fit(rows)
    expect(model.featureNamesOut()).toEqual(['x0', 'x2', 'missingindicator_x1', 'missingindicator_x2'])
    const kept = await (await imputer({ keepEmptyFeatures: true }).fit(rows)).transform(rows)
    expect(((await listed(kept)) as number[][])[0]).toEqual([1, 0, 3])
    await expect(imputer({ missingValues: 3 }).fit(rows)).rejects.toThrow(
      `${imputer.definition.name}.fit: X is NaN at row 0, column 1. missingValues is 3: leave it out where NaN is what is missing.`,
    )
  }
})

const { X } = load({ name: 'made-classes', count: 90, width: 3 })
const line = {
  ...X,
  data: X.data.map((x, k) => (k % 3 === 2 ? 2 * X.data[k - 2]! - X.data[k - 1]! : x)),
}
const gappy = { ...line, data: line.data.map((x, k) => (k % 7 === 5 ? gap : x)) }

test('what depends on other columns is predicted from them', async () => {
  const model = await iterativeImputer({ estimator: linearRegression(), maxIter: 50, tol: 1e-9 }).fit(gappy)
  const filled = (await (await model.transform(gappy)).data()) as Float64Array
  for (const [k, x] of line.data.entries()) expect(filled[k]).toBeCloseTo(x, 3)
  const back = fromJSON(JSON.parse(JSON.stringify(model))) as typeof model
  expect(await (await back.transform(gappy)).data()).toEqual(filled)
})

test('draws from the predicted distribution scatter around the prediction, within the bounds', async () => {
  const noisy = { ...X, data: X.data.map((x, k) => (k === 4 ? gap : x)) }
  const drawn: number[] = []
  for (let randomState = 0; randomState < 60; randomState++) {
    const model = await iterativeImputer({ samplePosterior: true, maxIter: 1, randomState }).fit(noisy)
    drawn.push(((await (await model.transform(noisy)).data()) as Float64Array)[4]!)
  }
  const fixed = (
    (await (await (await iterativeImputer({ maxIter: 1 }).fit(noisy)).transform(noisy)).data()) as Float64Array
  )[4]!
  const mean = drawn.reduce((a, b) => a + b, 0) / drawn.length
  const deviation = Math.sqrt(drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length)
  expect(deviation).toBeGreaterThan(0.2)
  expect(Math.abs(mean - fixed)).toBeLessThan((4 * deviation) / Math.sqrt(drawn.length))
  const bounded = iterativeImputer({
    samplePosterior: true,
    minValue: fixed - 0.05,
    maxValue: fixed + 0.05,
    randomState: 1,
  })
  const value = ((await (await (await bounded.fit(noisy)).transform(noisy)).data()) as Float64Array)[4]!
  expect(Math.abs(value - fixed)).toBeLessThanOrEqual(0.05)
})

test('a column can be predicted from a few others only', async () => {
  const { X: wide } = load({ name: 'made-regression', count: 60, width: 8 })
  const holes = { ...wide, data: wide.data.map((x, k) => (k % 11 === 3 ? gap : x)) }
  const model = await iterativeImputer({
    nNearestFeatures: 2,
    imputationOrder: 'random',
    randomState: 4,
    maxIter: 3,
  }).fit(holes)
  const filled = (await (await model.transform(holes)).data()) as Float64Array
  expect(filled.every(Number.isFinite)).toBe(true)
  const again = await iterativeImputer({
    nNearestFeatures: 2,
    imputationOrder: 'random',
    randomState: 4,
    maxIter: 3,
  }).fit(holes)
  expect(await (await again.transform(holes)).data()).toEqual(filled)
})

test('options that contradict each other are refused', async () => {
  await expect(iterativeImputer({ minValue: 2, maxValue: 1 }).fit(gappy)).rejects.toThrow(
    'iterativeImputer.fit: minValue 2 must be below maxValue 1.',
  )
  await expect(iterativeImputer({ estimator: ridge(), samplePosterior: true }).fit(gappy)).rejects.toThrow(
    'iterativeImputer.fit: samplePosterior needs an estimator with predictStd, and ridge has none. Pass bayesianRidge().',
  )
  const mean = await iterativeImputer({ estimator: dummyRegressor() }).fit(gappy)
  expect(await mean.nIter).toBeGreaterThan(0)
})
