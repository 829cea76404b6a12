import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  attention,
  crossEntropy,
  grad,
  mse,
  randn,
  type Shape,
  setEngine,
  setSeed,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts'

type F = Tensor<Shape, 'float32'>
const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number)
const expectNear = async (x: Tensor, y: Tensor): Promise<void> => {
  expect(x.shape).toEqual(y.shape)
  const [a, b] = [await valuesOf(x), await valuesOf(y)]
  for (const [i, v] of a.entries()) expect(v).toBeCloseTo(b[i]!, 5)
}

describe('the reference agrees with JavaScript’s own functions over the whole range of float64', () => {
  const { POSITIVE_INFINITY: inf, NaN: nan } = Number
  const values = [0, 1e-300, 1e-20, 1e-8, 1e-3, 0.3, 0.5, 0.999, 1, 1.001, 1.5, 2, 7, 30, 300, 1e8, 1e160, 1e300, inf]
  const all = [...values, ...values.map(x => -x), nan]
  const names = ['sinh', 'cosh', 'asinh', 'acosh', 'atanh', 'tanh', 'expm1', 'log1p', 'atan'] as const
  beforeAll(() => setEngine('reference'))
  afterAll(() => setEngine('native', { always: true }))

  const same = (got: readonly number[], expected: readonly number[], what: (i: number) => string): void => {
    const wrong = expected.flatMap((x, i) => {
      const y = got[i]!
      const near = Object.is(x, y) || Math.abs(y - x) <= 1e-14 * Math.abs(x)
      return near ? [] : [`${what(i)} is ${y}, expected ${x}`]
    })
    expect(wrong).toEqual([])
  }
  test.each(names)('%s', async name => {
    const got = await valuesOf(tensor(Float64Array.from(all))[name]())
    same(got, all.map(Math[name]), i => `${name}(${all[i]})`)
  })
  test('atan2, with zeros of both signs', async () => {
    // Where both are infinite there is no angle here; the C library says ±π/4 and ±3π/4.
    const pairs = all.flatMap(y => all.map(x => [y, x] as const)).filter(p => !p.every(v => Math.abs(v) === inf))
    // Nor are quotients beyond the range of float64 told from their limits.
    const [ys, xs] = [Float64Array.from(pairs, p => p[0]), Float64Array.from(pairs, p => p[1])]
    const got = await valuesOf(tensor(ys).atan2(tensor(xs)))
    same(
      got,
      pairs.map(([y, x]) => Math.atan2(y, x)),
      i => `atan2(${pairs[i]})`,
    )
  })
})

describe.each(['native', 'reference'])('on %s', engine => {
  beforeAll(() => {
    setEngine(engine, { always: true })
    setSeed(1)
  })
  afterAll(() => setEngine('native', { always: true }))

  test('causal attention of the last queries to all keys is the end of the whole (a key/value cache)', async () => {
    const [q, k, v] = [randn([2, 5, 3]), randn([2, 5, 3]), randn([2, 5, 4])]
    const whole = attention(q, k, v, { causal: true })
    for (const last of [1, 2, 4]) {
      const part = attention(q.slice(null, { start: -last }), k, v, { causal: true })
      await expectNear(part, whole.slice(null, { start: -last }))
    }
  })

  test('causal attention does not look ahead', async () => {
    const [q, k, v] = [randn([4, 3]), randn([4, 3]), randn([4, 2])]
    const whole = attention(q, k, v, { causal: true })
    const early = attention(q.slice({ end: 2 }), k.slice({ end: 2 }), v.slice({ end: 2 }), { causal: true })
    await expectNear(whole.slice({ end: 2 }), early)
  })

  test('attention is what its formula says, with a scale and something done to the weights', async () => {
    const [q, k, v] = [randn([2, 3]), randn([4, 3]), randn([4, 5])]
    const weights = q.matmul(k.transpose()).mul(0.3).softmax()
    await expectNear(attention(q, k, v, { scale: 0.3, onWeights: w => w.mul(2) }), weights.mul(2).matmul(v))
  })

  test('a query that may see no key gets the mean of the values, not NaN', async () => {
    const [q, k, v] = [randn([2, 3]), randn([3, 3]), randn([3, 4])]
    const mask = tensor([
      [false, false, false],
      [true, false, false],
    ])
    const out = attention(q, k, v, { mask })
    await expectNear(out.slice(0), v.mean(0))
    await expectNear(out.slice(1), v.slice(0))
  })

  test('where all labels are ignored the mean loss and its gradient are 0 (PyTorch: NaN)', async () => {
    const labels = tensor([-100, -100], 'int32')
    const loss = (x: F): F => crossEntropy(x, labels, { ignoreIndex: -100 })
    const x = randn([2, 3])
    expect(await loss(x).item()).toBe(0)
    expect(await valuesOf(grad(loss)(x))).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('labels may be int64, and the loss is the same', async () => {
    const x = randn([3, 4])
    const [narrow, wide] = [tensor([0, 3, 1], 'int32'), tensor([0n, 3n, 1n])]
    await expectNear(crossEntropy(x, wide), crossEntropy(x, narrow))
  })

  test('losses reduce as they are told', async () => {
    const [x, y] = [tensor([1, 2, 4]), tensor([1, 1, 1])]
    expect(await mse(x, y, { reduction: 'none' }).toArray()).toEqual([0, 1, 9])
    expect(await mse(x, y, { reduction: 'sum' }).item()).toBe(10)
    expect(await mse(x, y).item()).toBeCloseTo(10 / 3, 6)
  })
})

describe.each(['native', 'reference'])('the cross-entropy on %s', engine => {
  afterAll(() => setEngine('native', { always: true }))
  test('refuses a label below 0, which is no class counted from the end', async () => {
    setEngine(engine, { always: true })
    const loss = crossEntropy(zeros([2, 3]), tensor([0, -1], 'int32'))
    await expect(loss.item()).rejects.toThrow(
      engine === 'native'
        ? 'native: takeAlongAxis: an index does not exist on the axis.'
        : 'takeAlongAxis: index 3 does not exist on an axis of size 3.',
    )
    expect(await crossEntropy(zeros([2, 3]), tensor([0, -1], 'int32'), { ignoreIndex: -1 }).item()).toBeCloseTo(
      Math.log(3),
      6,
    )
  })
})
