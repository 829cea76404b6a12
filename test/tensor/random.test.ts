import { afterEach, describe, expect, test } from 'vitest'
import {
  Generator,
  generator,
  permutation,
  rand,
  randint,
  randn,
  setEngine,
  setSeed,
  type Tensor,
  zeros,
} from '../../src/index.ts'

afterEach(() => setEngine('native', { always: true }))

const drawAll = () => [
  rand([5]),
  randn([2, 3]),
  randint(-3, 9, [4]),
  rand([3], { low: -2, high: 5 }),
  rand([3], { dtype: 'float64' }),
  randn([3], { dtype: 'float64' }),
]
const valuesOf = (tensors: readonly Tensor[]) => Promise.all(tensors.map(t => t.toArray()))

describe('a seed', () => {
  test('gives the same numbers on every engine', async () => {
    setSeed(42)
    setEngine('native', { always: true })
    const native = await valuesOf(drawAll())
    setSeed(42)
    setEngine('reference')
    expect(await valuesOf(drawAll())).toEqual(native)
  })

  test('gives other numbers than another seed, and other numbers at each draw', async () => {
    setSeed(1)
    const [first, second] = await valuesOf([rand([8]), rand([8])])
    setSeed(2)
    const [other] = await valuesOf([rand([8])])
    expect(second).not.toEqual(first)
    expect(other).not.toEqual(first)
  })

  test('gives numbers that depend on the order of drawing, not on the order of evaluation', async () => {
    setSeed(9)
    const [a, b] = [randn([3]), randn([3])]
    const backwards = [await b.toArray(), await a.toArray()]
    setSeed(9)
    const [c, d] = [randn([3]), randn([3])]
    expect([await d.toArray(), await c.toArray()]).toEqual(backwards)
  })

  test('gives the same numbers to float32 and float64, up to rounding', async () => {
    for (const draw of [rand, randn]) {
      setSeed(4)
      const x = draw([100])
      setSeed(4)
      const y = draw([100], { dtype: 'float64' })
      expect(Array.from(await x.data())).toEqual(Array.from(await y.data(), Math.fround))
      expect([x.dtype, y.dtype]).toEqual(['float32', 'float64'])
    }
  })
})

describe('a generator', () => {
  test('goes on from a saved state exactly', async () => {
    const source = new Generator(17)
    await randn([5], { generator: source }).data()
    const { state } = source
    const next = await randn([5], { generator: source }).toArray()
    const restored = new Generator()
    restored.state = JSON.parse(JSON.stringify(state))
    expect(await randn([5], { generator: restored }).toArray()).toEqual(next)
  })

  test('of its own leaves the default one alone', async () => {
    setSeed(6)
    const before = generator().state
    await rand([10], { generator: new Generator(1) }).data()
    permutation(10, new Generator(1))
    expect(generator().state).toEqual(before)
  })

  test('forks into streams that differ from it and from each other', async () => {
    const source = new Generator(8)
    const streams = [source, source.fork(1), source.fork(2)].map(g => rand([4], { generator: g }))
    const values = (await valuesOf(streams)).map(v => JSON.stringify(v))
    expect(new Set(values).size).toBe(3)
    const again = await rand([4], { generator: new Generator(8).fork(2) }).toArray()
    expect(JSON.stringify(again)).toBe(values[2])
  })
})

describe('the numbers', () => {
  test('of rand lie in their interval and fill it', async () => {
    setSeed(0)
    const x = await rand([10_000], { low: 2, high: 5 }).data()
    expect(Math.min(...x)).toBeGreaterThanOrEqual(2)
    expect(Math.max(...x)).toBeLessThan(5)
    const counts = [0, 0, 0]
    for (const v of x) counts[Math.floor(v) - 2]!++
    // Each third holds 3,333 ± 47 of 10,000; six standard deviations are allowed.
    for (const count of counts) expect(Math.abs(count - 10_000 / 3)).toBeLessThan(283)
  })

  test('of randn have mean 0 and variance 1', async () => {
    setSeed(0)
    const x = randn([10_000])
    // Standard errors 0.01 and 0.014; six of them are allowed.
    expect(Math.abs(await x.mean().item())).toBeLessThan(0.06)
    expect(Math.abs((await x.variance().item()) - 1)).toBeLessThan(0.085)
  })

  test('of randint are all there and no others', async () => {
    setSeed(0)
    const x = await randint(-1, 3, [200]).data()
    expect([...new Set(x)].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2])
  })

  test('of permutation stand once each, in another order for another seed', () => {
    const order = permutation(50, new Generator(1))
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect([...permutation(50, new Generator(1))]).toEqual([...order])
    expect([...permutation(50, new Generator(2))]).not.toEqual([...order])
    expect([...permutation(0)]).toEqual([])
  })

  test('of an empty or scalar shape are none and one', async () => {
    expect(await rand([0, 3]).data()).toHaveLength(0)
    expect(typeof (await randn([]).item())).toBe('number')
    expect((await zeros([2]).add(rand([])).data())[0]).toBeGreaterThanOrEqual(0)
  })
})
