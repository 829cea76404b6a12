import { expect, test } from 'vitest'
import { Table } from '../../../src/data/table/table.ts'
import {
  type Csr,
  fromJSON,
  linearRegression,
  makePipeline,
  oneHotEncoder,
  ordinalEncoder,
  targetEncoder,
} from '../../../src/learn/index.ts'
import { Tensor } from '../../../src/tensor/tensor.ts'

const listed = async (X: unknown): Promise<unknown> => (X instanceof Tensor ? X.toArray() : X)
const table = Table.from({
  colour: ['red', 'blue', null, 'red', 'green'],
  size: [2, 1, 2, 3, null],
  old: [true, false, true, null, true],
})

test('words, numbers and truth values are categories, and what is missing is one', async () => {
  const model = await oneHotEncoder().fit(table)
  expect(model.categories).toEqual([
    ['blue', 'green', 'red', null],
    [1, 2, 3, null],
    [false, true, null],
  ])
  expect(model.featureNamesOut().slice(0, 5)).toEqual([
    'colour_blue',
    'colour_green',
    'colour_red',
    'colour_null',
    'size_1',
  ])
  const rows = (await model.transform(table)) as unknown as Csr
  expect([rows.rows, rows.columns, rows.data.length]).toEqual([5, 11, 15])
  expect(Array.from(rows.indices.subarray(0, 3))).toEqual([2, 5, 9])
  const back = await model.inverseTransform(rows)
  expect(back.toRows()).toEqual(table.toRows())
  const read = fromJSON(JSON.parse(JSON.stringify(model))) as typeof model
  expect(await read.transform(table)).toEqual(rows)
})

test('an unknown category is an error, no column, or one of the rare', async () => {
  const X = [['a'], ['a'], ['b'], ['c']]
  const strict = await oneHotEncoder({ sparseOutput: false }).fit(X)
  await expect(strict.transform([['a'], ['d']])).rejects.toThrow(
    'oneHotEncoder.transform: column "x0" is "d" at row 1, which is no known category. Known are "a", "b", "c"; set handleUnknown to let others pass.',
  )
  const open = await oneHotEncoder({ sparseOutput: false, handleUnknown: 'ignore', drop: 'first' }).fit(X)
  expect(await listed(await open.transform([['a'], ['d'], ['c']]))).toEqual([
    [0, 0],
    [0, 0],
    [0, 1],
  ])
  const rare = await oneHotEncoder({ sparseOutput: false, handleUnknown: 'infrequentIfExist', minFrequency: 2 }).fit(X)
  expect(await listed(await rare.transform([['a'], ['b'], ['d']]))).toEqual([
    [1, 0],
    [0, 1],
    [0, 1],
  ])
  expect(rare.infrequentCategories).toEqual([['b', 'c']])
  expect(rare.featureNamesOut()).toEqual(['x0_a', 'x0_infrequent'])
  expect((await rare.inverseTransform([[0, 1]])).toRows()).toEqual([{ x0: 'infrequent' }])
})

test('a dropped category comes back from a row without 1', async () => {
  const model = await oneHotEncoder({ drop: ['b'] }).fit([['a'], ['b'], ['c']])
  expect(model.dropped).toEqual(['b'])
  expect(
    (
      await model.inverseTransform([
        [0, 0],
        [0, 1],
      ])
    ).toRows(),
  ).toEqual([{ x0: 'b' }, { x0: 'c' }])
  const two = await oneHotEncoder({ drop: 'ifBinary', sparseOutput: false }).fit([
    ['a', 1],
    ['b', 2],
    ['b', 3],
  ])
  expect(two.featureNamesOut()).toEqual(['x0_b', 'x1_1', 'x1_2', 'x1_3'])
})

test('lists of categories must suit the columns', async () => {
  await expect(oneHotEncoder({ categories: [['a']] }).fit([['a', 'b']])).rejects.toThrow(
    'oneHotEncoder.fit: categories has 1 entry, and X has 2 columns. Pass one for each.',
  )
  await expect(oneHotEncoder({ categories: [['a']] }).fit([['b']])).rejects.toThrow(
    'oneHotEncoder.fit: column "x0" is "b" at row 0, which is no known category. Known are "a"; set handleUnknown to let others pass.',
  )
  await expect(oneHotEncoder({ drop: ['z'] }).fit([['a'], ['b']])).rejects.toThrow(
    'oneHotEncoder.fit: drop names "z" for column "x0", which has no such category. It has "a", "b".',
  )
  await expect(oneHotEncoder({ drop: ['b'], minFrequency: 2 }).fit([['a'], ['a'], ['b']])).rejects.toThrow(
    'oneHotEncoder.fit: drop names "b" for column "x0", which is among the infrequent categories. Name a frequent one.',
  )
  await expect(oneHotEncoder().fit([[1], [Infinity]])).rejects.toThrow(
    'oneHotEncoder.fit: X is Infinity at row 1, column 0 ("x0"). Scale or drop it.',
  )
  await expect(ordinalEncoder({ categories: [['a']] }).fit([['a', 'b']])).rejects.toThrow(
    'ordinalEncoder.fit: categories has 1 entry, and X has 2 columns. Pass one for each.',
  )
})

test('numbers of categories follow the given order, and come back', async () => {
  const model = await ordinalEncoder({ categories: [['low', 'middle', 'high']] }).fit([['high'], ['low']])
  expect(await listed(await model.transform([['middle'], ['high']]))).toEqual([[1], [2]])
  expect((await model.inverseTransform([[0], [7]])).toRows()).toEqual([{ x0: 'low' }, { x0: null }])
})

test('missing and unknown categories have numbers of their own', async () => {
  const X = Table.from({ c: ['a', null, 'b', 'a', 'c'] })
  const model = await ordinalEncoder({
    handleUnknown: 'useEncodedValue',
    unknownValue: -1,
    encodedMissingValue: -2,
    minFrequency: 2,
  }).fit(X)
  expect(await listed(await model.transform(Table.from({ c: [null, 'a', 'b', 'zebra'] })))).toEqual([
    [-2],
    [0],
    [1],
    [-1],
  ])
  expect(model.infrequentCategories).toEqual([['b', 'c']])
  const plain = await ordinalEncoder().fit(X)
  const values = (await (await plain.transform(X)).data()) as Float64Array
  expect(Array.from(values)).toEqual([0, Number.NaN, 1, 0, 2])
  await expect(plain.transform([['d']])).rejects.toThrow('ordinalEncoder.transform: column "x0" is "d" at row 0')
  await expect(ordinalEncoder({ handleUnknown: 'useEncodedValue', unknownValue: 1 }).fit(X)).rejects.toThrow(
    'ordinalEncoder.fit: unknownValue 1 is the number of a category of column 0. Pass another one, such as -1.',
  )
})

const rows = Array.from({ length: 60 }, (_, i) => [`k${(i * 13) % 30}`])
const noise = rows.map((_, i) => ((i * 7919) % 61) / 61 - 0.5)

test('a row is not encoded by its own target while it is learned from', async () => {
  const encoder = targetEncoder({ smooth: 0, cv: 3, randomState: 0 })
  const own = (await (await (await encoder.fit(rows, noise)).transform(rows)).toArray()) as number[][]
  const crossed = (await ((await encoder.fitTransform(rows, noise)) as Tensor).toArray()) as number[][]
  const correlation = (X: readonly (readonly number[])[]): number => {
    const a = X.map(([x]) => x!)
    const mean = (v: readonly number[]) => v.reduce((s, x) => s + x, 0) / v.length
    const [ma, mb] = [mean(a), mean(noise)]
    const product = (f: (i: number) => number): number => a.reduce((s, _, i) => s + f(i), 0)
    return (
      product(i => (a[i]! - ma) * (noise[i]! - mb)) /
      Math.sqrt(product(i => (a[i]! - ma) ** 2) * product(i => (noise[i]! - mb) ** 2))
    )
  }
  expect(correlation(own)).toBeGreaterThan(0.5)
  expect(correlation(crossed)).toBeLessThan(0.1)
  // A pipeline learns from the crossed rows, and finds nothing in noise.
  const model = await makePipeline(encoder, linearRegression()).fit(rows, noise)
  const direct = await linearRegression().fit(own, noise)
  expect(await direct.score(own, noise)).toBeGreaterThan(await model.score(rows, noise))
})

test('more than two classes give a column each', async () => {
  const X = [['a'], ['a'], ['b'], ['b']]
  const model = await targetEncoder({ smooth: 0 }).fit(X, ['x', 'y', 'z', 'z'])
  expect(model.featureNamesOut()).toEqual(['x0_x', 'x0_y', 'x0_z'])
  expect(await listed(await model.transform([['a'], ['new']]))).toEqual([
    [0.5, 0.5, 0],
    [0.25, 0.25, 0.5],
  ])
  expect(model.targetType).toBe('multiclass')
})

test('a target encoder needs targets that suit', async () => {
  await expect(targetEncoder().fit([['a']])).rejects.toThrow(
    'targetEncoder.fit: y is missing. Pass one value for each row of X.',
  )
  await expect(targetEncoder({ targetType: 'continuous' }).fit([['a'], ['b']], ['x', 'y'])).rejects.toThrow(
    'targetEncoder.fit: targetType is "continuous", and y holds words. Leave targetType out.',
  )
  await expect(targetEncoder({ targetType: 'binary' }).fit([['a'], ['b']], [0.5, 1])).rejects.toThrow(
    'targetEncoder.fit: targetType is "binary", and y holds real numbers. Leave targetType out.',
  )
  await expect(targetEncoder({ targetType: 'binary' }).fit([['a'], ['b'], ['c']], [0, 1, 2])).rejects.toThrow(
    'targetEncoder.fit: targetType is "binary", and y has 3 classes. Pass "multiclass".',
  )
})
