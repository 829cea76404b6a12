import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DType, TypedArray } from '../../src/core/dtype.ts'
import {
  arange,
  concat,
  eye,
  fromArray,
  full,
  linspace,
  ones,
  type Shape,
  setEngine,
  stack,
  type Tensor,
  tensor,
  where,
  zeros,
} from '../../src/index.ts'

const arrays: readonly (readonly [DType, abstract new () => TypedArray, Tensor, readonly unknown[]])[] = [
  ['float32', Float32Array, tensor([1.5, -2]), [1.5, -2]],
  ['float64', Float64Array, tensor([0.1, -2], 'float64'), [0.1, -2]],
  ['int32', Int32Array, tensor([1, -2], 'int32'), [1, -2]],
  ['int64', BigInt64Array, tensor([1n, -(2n ** 60n)]), [1n, -(2n ** 60n)]],
  ['uint8', Uint8Array, tensor(Uint8Array.of(1, 255)), [1, 255]],
  ['bool', Uint8Array, tensor([true, false]), [true, false]],
]

describe.each(['native', 'reference'])('on %s', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  test.each(arrays)('%s comes back as it went in, also through an operation', async (dtype, array, x, values) => {
    expect(x.dtype).toBe(dtype)
    expect(await x.data()).toBeInstanceOf(array)
    expect(await x.toArray()).toEqual(values)
    // int64 is exact in storage everywhere, and through the reference's kernels up to 2^53.
    const through = dtype === 'int64' && engine === 'reference' ? tensor([1n, -5n]) : x
    const turned = through.reshape([1, 2]).transpose()
    expect(await turned.data()).toBeInstanceOf(array)
    expect(await turned.toArray()).toEqual(((await through.toArray()) as unknown[]).map(v => [v]))
    expect(await x.slice(0).item()).toBe(values[0])
  })

  const truncated: Readonly<Record<DType, readonly unknown[]>> = {
    float32: [0, 1, 2.75, 200],
    float64: [0, 1, 2.75, 200],
    int32: [0, 1, 2, 200],
    int64: [0n, 1n, 2n, 200n],
    uint8: [0, 1, 2, 200],
    int8: [0, 1, 2, -56],
    int16: [0, 1, 2, 200],
    uint16: [0, 1, 2, 200],
    uint32: [0, 1, 2, 200],
    uint64: [0n, 1n, 2n, 200n],
    float16: [0, 1, 2.75, 200],
    bfloat16: [0, 1, 2.75, 200],
    bool: [false, true, true, true],
  }
  test.each(Object.entries(truncated))('a float becomes %s', async (dtype, values) => {
    expect(
      await tensor([0, 1, 2.75, 200])
        .to(dtype as DType)
        .toArray(),
    ).toEqual(values)
  })
  test.each(Object.keys(truncated))('%s becomes a float', async dtype => {
    expect(
      await tensor([0, 1], dtype as DType)
        .to('float32')
        .toArray(),
    ).toEqual([0, 1])
  })
  test('a negative float becomes an integer towards zero, and a negative integer an int64', async () => {
    expect(await tensor([-2.75, -0.5]).to('int32').toArray()).toEqual([-2, 0])
    expect(await tensor([-3], 'int32').to('int64').toArray()).toEqual([-3n])
  })

  test('sums of bool and uint8 are int32, and do not overflow', async () => {
    const flags = tensor([true, true, false]).sum()
    expect([flags.dtype, await flags.item()]).toEqual(['int32', 2])
    const bytes = tensor(Uint8Array.of(200, 100)).sum()
    expect([bytes.dtype, await bytes.item()]).toEqual(['int32', 300])
  })

  test('a scalar has no axes and one element', async () => {
    const x = tensor(3)
    expect([x.shape, x.ndim, x.size]).toEqual([[], 0, 1])
    expect(await x.mul(2).item()).toBe(6)
    expect(await x.sum().toArray()).toBe(3)
    expect(await x.mean().item()).toBe(3)
    expect(await x.reshape([1, 1]).squeeze().item()).toBe(3)
    expect(await tensor(true).item()).toBe(true)
    expect(await tensor(5n).item()).toBe(5n)
    expect(await stack([x, x]).toArray()).toEqual([3, 3])
  })

  test('a tensor without elements passes through operations', async () => {
    const x = zeros([0, 3])
    expect(x.size).toBe(0)
    const results: Tensor[] = [x.add(1), x.exp(), x.softmax(), x.transpose(), x.matmul(ones([3, 2])), x.sort(0)]
    expect(results.map(t => t.shape)).toEqual([
      [0, 3],
      [0, 3],
      [0, 3],
      [3, 0],
      [0, 2],
      [0, 3],
    ])
    for (const t of results) expect(await t.data()).toHaveLength(0)
    expect(await x.sum(0).toArray()).toEqual([0, 0, 0])
    expect(await x.mean(0).toArray()).toEqual([Number.NaN, Number.NaN, Number.NaN])
    expect(await x.prod(0).toArray()).toEqual([1, 1, 1])
    expect(await concat([x, ones([1, 3])]).toArray()).toEqual([[1, 1, 1]])
    expect(
      await zeros([2, 0])
        .matmul(zeros([0, 2]))
        .toArray(),
    ).toEqual([
      [0, 0],
      [0, 0],
    ])
    expect(await x.toArray()).toEqual([])
    expect(await zeros([2, 0]).toArray()).toEqual([[], []])
  })

  test('creation gives what it says', async () => {
    expect(await arange(0, 5).toArray()).toEqual([0, 1, 2, 3, 4])
    expect(await arange(5, 0, { step: -2 }).toArray()).toEqual([5, 3, 1])
    expect(await arange(3, 3).toArray()).toEqual([])
    expect(await arange(0, 1, { step: 0.25 }).toArray()).toEqual([0, 0.25, 0.5, 0.75])
    expect(await arange(0, 3, { dtype: 'int64' }).toArray()).toEqual([0n, 1n, 2n])
    expect(await linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(await linspace(2, 7, 1).toArray()).toEqual([2])
    expect(await eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ])
    expect(await full([2], 7, 'int32').toArray()).toEqual([7, 7])
    expect(await tensor([]).toArray()).toEqual([])
    expect(tensor([[], []]).shape).toEqual([2, 0])
  })

  test('the mean of equal numbers is that number', async () => {
    for (const n of [3, 7, 49, 100]) expect(await ones([n]).mean().item()).toBe(1)
    expect(await full([49], 3).variance().item()).toBe(0)
  })

  test('any and all, over everything and over an axis', async () => {
    const x = tensor([
      [true, false],
      [true, true],
    ])
    expect([await x.any().item(), await x.all().item()]).toEqual([true, false])
    expect([await x.any(0).toArray(), await x.all(0).toArray()]).toEqual([
      [true, true],
      [true, false],
    ])
    expect(await zeros([0], 'bool').all().item()).toBe(true)
    expect(await zeros([0], 'bool').any().item()).toBe(false)
  })

  test('an index outside of oneHot is a row of zeros; outside of an axis it is an error', async () => {
    expect(await tensor([1, 3, -1], 'int32').oneHot(3).toArray()).toEqual([
      [0, 1, 0],
      [0, 0, 0],
      [0, 0, 0],
    ])
    const rows = ones([3, 2])
    for (const x of [
      rows.gather(tensor([3], 'int32')),
      rows.scatterAdd(tensor([-4], 'int32'), ones([1, 2])),
      rows.takeAlongAxis(tensor([[2], [0], [0]], 'int32'), 1),
      rows.scatterAddAlongAxis(tensor([[2], [0], [0]], 'int32'), ones([3, 1]), 1),
    ] as Tensor[])
      await expect(x.data()).rejects.toThrow(/index|indices/)
  })

  test('NaN is neither kept nor chosen by mistake', async () => {
    const x = tensor([1, Number.NaN, 3])
    expect(await x.isNaN().toArray()).toEqual([false, true, false])
    expect(await where(x.isNaN(), zeros([3]), x).toArray()).toEqual([1, 0, 3])
    for (const y of [x.max(), x.min(), x.sum(), x.maximum(2).slice(1), x.softmax().slice(0), x.logSumExp()])
      expect(await y.item()).toBeNaN()
    for (const at of [0, 1, 2, 40]) {
      const values = new Float32Array(41).fill(2)
      values[at] = Number.NaN
      expect(await tensor(values).max().item()).toBeNaN()
      expect(await tensor(values).min().item()).toBeNaN()
    }
  })
})

describe('printing', () => {
  test('shows dtype, shape and values', async () => {
    expect(
      await tensor([
        [1, 2.5],
        [-3, 1e-7],
      ]).print(),
    ).toBe('Tensor float32 [2, 2]\n[[1, 2.5],\n [-3, 1.000e-7]]')
    expect(await tensor([true, false]).print()).toBe('Tensor bool [2]\n[true, false]')
    expect(await tensor([1n, -2n]).print()).toBe('Tensor int64 [2]\n[1, -2]')
    expect(await tensor(0.1).print()).toBe('Tensor float32 []\n0.1')
    expect(await tensor([1 / 3, 1234567.5, Number.NaN, Number.NEGATIVE_INFINITY]).print()).toBe(
      'Tensor float32 [4]\n[0.33333, 1.235e+6, NaN, -Infinity]',
    )
    expect(await zeros([0, 3]).print()).toBe('Tensor float32 [0, 3]\n[]')
    expect(await zeros([2, 1, 2]).print()).toBe('Tensor float32 [2, 1, 2]\n[[[0, 0]],\n [[0, 0]]]')
  })

  test('leaves out the middle of long axes', async () => {
    expect(await arange(0, 7).print()).toBe('Tensor float32 [7]\n[0, 1, 2, 3, 4, 5, 6]')
    expect(await arange(0, 100).print()).toBe('Tensor float32 [100]\n[0, 1, 2, …, 97, 98, 99]')
    const lines = (await arange(0, 200).reshape([100, 2]).print()).split('\n')
    expect(lines).toEqual([
      'Tensor float32 [100, 2]',
      '[[0, 1],',
      ' [2, 3],',
      ' [4, 5],',
      ' …,',
      ' [194, 195],',
      ' [196, 197],',
      ' [198, 199]]',
    ])
  })

  test('says of a tensor that is not computed that it is not, and computes nothing', () => {
    const inspect = (x: Tensor<Shape, DType>): string =>
      (x as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]!()
    const x = tensor([1, 2])
    const y = x.add(1)
    expect(inspect(x)).toBe('Tensor float32 [2]\n[1, 2]')
    expect(inspect(y)).toBe('Tensor float32 [2] (not computed)')
    expect(y.node.op).not.toBeNull()
    expect(`${y}`).toBe('Tensor float32 [2]')
  })

  test('of an array that was not copied shows its values', async () => {
    const array = Int32Array.of(1, 2, 3, 4)
    expect(await fromArray(array, [2, 2], 'int32').print()).toBe('Tensor int32 [2, 2]\n[[1, 2],\n [3, 4]]')
  })
})
