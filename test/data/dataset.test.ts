import { describe, expect, expectTypeOf, test } from 'vitest'
import { ArgumentError, DTypeError, ShapeError } from '../../src/index.ts'
import { type Column, type Dataset, dataset } from '../../src/data/index.ts'
import { expectError } from '../optim/expect.ts'

/** N items of 2 numbers, 10 i and 10 i + 1, with the class i. */
const numbered = (n: number) =>
  dataset({
    x: { data: Float32Array.from({ length: 2 * n }, (_, i) => 10 * Math.floor(i / 2) + (i % 2)), shape: [n, 2] },
    y: Int32Array.from({ length: n }, (_, i) => i),
  })
const classes = (data: Dataset): number[] => Array.from(data.y.data, Number)

describe('a data set', () => {
  test('keeps the arrays that it is made of, with their dtype and shape', () => {
    const x = new Float64Array(6)
    const y = Uint8Array.of(1, 0)
    const data = dataset({ x: { data: x, shape: [2, 3] }, y: { data: y, shape: [2], dtype: 'bool' } })
    expect(data.length).toBe(2)
    expect(data.x.data).toBe(x)
    expect([data.x.dtype, data.y.dtype]).toEqual(['float64', 'bool'])
    expect([data.x.shape, data.y.shape]).toEqual([[2, 3], [2]])
    expectTypeOf(data).toEqualTypeOf<Dataset<Column<readonly [3], 'float64'>, Column<readonly [], 'bool'>>>()
  })

  test('infers the dtype of each typed array', () => {
    const y = new Int32Array(2)
    expect(dataset({ x: new Float32Array(2), y }).x.dtype).toBe('float32')
    expect(dataset({ x: new BigInt64Array(2), y }).x.dtype).toBe('int64')
    expect(dataset({ x: new Uint8Array(2), y }).x.dtype).toBe('uint8')
    expectTypeOf(dataset({ x: new Float32Array(2), y })).toEqualTypeOf<
      Dataset<Column<readonly [], 'float32'>, Column<readonly [], 'int32'>>
    >()
  })

  test('is sliced as an array is, x and y alike, without copying', () => {
    const data = numbered(5)
    const slice = data.slice(1, 3)
    expect([...slice.x.data]).toEqual([10, 11, 20, 21])
    expect(classes(slice)).toEqual([1, 2])
    expect(slice.x.shape).toEqual([2, 2])
    expect(slice.x.data.buffer).toBe(data.x.data.buffer)
    for (const [start, end] of [[0], [-2], [1, -1], [3, 2], [-9, 9], [5], [0, 0]] as [number, number?][]) {
      expect(classes(data.slice(start, end))).toEqual(classes(data).slice(start, end))
    }
    expect(classes(slice.slice(1))).toEqual([2])
  })

  test('gives the examples at any positions, copied', () => {
    const data = numbered(4)
    const taken = data.take([3, 0, 3])
    expect([...taken.x.data]).toEqual([30, 31, 0, 1, 30, 31])
    expect(classes(taken)).toEqual([3, 0, 3])
    expect(taken.x.data.buffer).not.toBe(data.x.data.buffer)
    expect(data.take([]).length).toBe(0)
  })

  test('is split into a first share and the rest, in order', () => {
    const [train, validation] = numbered(10).split(0.75)
    expect(classes(train)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(classes(validation)).toEqual([8, 9])
  })

  test('is split at random with a seed, no example lost and each with its class', () => {
    const [train, validation] = numbered(100).split(0.8, { seed: 3 })
    expect([train.length, validation.length]).toEqual([80, 20])
    const all = [...classes(train), ...classes(validation)]
    expect(all).not.toEqual([...all].sort((a, b) => a - b))
    expect(all.toSorted((a, b) => a - b)).toEqual(classes(numbered(100)))
    for (const part of [train, validation]) {
      expect([...part.x.data]).toEqual(classes(part).flatMap(i => [10 * i, 10 * i + 1]))
    }
    expect(numbered(100).split(0.8, { seed: 3 })).toEqual([train, validation])
    expect(numbered(100).split(0.8, { seed: 4 })).not.toEqual([train, validation])
  })
})

describe('a data set refuses, in words,', () => {
  const y = new Int32Array(2)

  test('x and y of different lengths', () =>
    expectError(
      () => dataset({ x: { data: new Float32Array(6), shape: [3, 2] }, y }),
      ShapeError,
      'dataset: x has 3 examples and y 2. The first axis of both counts the examples: x is [3, 2], y is [2].',
    ))

  test('values that do not fill their shape, and shapes that are none', async () => {
    await expectError(
      () => dataset({ x: { data: new Float32Array(5), shape: [2, 3] }, y }),
      ShapeError,
      'dataset: x has 5 values, which do not fill [2, 3]: that takes 6.',
    )
    await expectError(
      () => dataset({ x: new Float32Array(2), y: { data: y, shape: [] as never } }),
      ShapeError,
      'dataset: y is a single number. Its first axis must count the examples: [N, ...].',
    )
    await expectError(
      () => dataset({ x: { data: new Float32Array(2), shape: [-1, -2] }, y }),
      ShapeError,
      'dataset: x: [-1, -2] is not a shape. Sizes must be whole numbers of at least 0; got -1.',
    )
  })

  test('arrays of a type that there is not, and a dtype that is not theirs', async () => {
    await expectError(
      () => dataset({ x: [1, 2] as never, y }),
      DTypeError,
      'dataset: x must be a Float32Array, Float64Array, Int32Array, BigInt64Array or Uint8Array; got Array.',
    )
    await expectError(
      () => dataset({ x: new Uint16Array(2) as never, y }),
      DTypeError,
      'dataset: x must be a Float32Array, Float64Array, Int32Array, BigInt64Array or Uint8Array; got Uint16Array.',
    )
    await expectError(
      () => dataset({ x: { data: new Float64Array(2), shape: [2], dtype: 'float32' }, y }),
      DTypeError,
      'dataset: x says float32, but its data is Float64Array, which is float64. Leave dtype out, or convert the data.',
    )
  })

  test('positions that there are not', async () => {
    await expectError(
      () => numbered(3).take([0, 3]),
      ArgumentError,
      'take: there is no example 3 among 3. Positions count from 0.',
    )
    await expectError(
      () => numbered(3).take([-1]),
      ArgumentError,
      'take: there is no example -1 among 3. Positions count from 0.',
    )
    await expectError(() => numbered(3).slice(0.5), ArgumentError, 'slice: positions must be whole numbers; got 0.5.')
  })

  test.each([0, 1, 20, Number.NaN, 0.01])('a share that leaves a part empty: %d', share =>
    expectError(
      () => numbered(10).split(share),
      ArgumentError,
      `split: a share of ${share} leaves a part of 10 examples empty. It must be above 0 and below 1; slice() takes numbers of examples.`,
    ),
  )
})
