import { describe, expect, expectTypeOf, test } from 'vitest'
import { ArgumentError, setSeed, type Tensor } from '../../src/index.ts'
import { type Batch, type Dataset, dataset, type Loader, type LoaderState, loader } from '../../src/data/index.ts'
import { Generator } from '../../src/tensor/random.ts'
import { expectError } from '../optim/expect.ts'

/** N items of 2 numbers, 10 i and 10 i + 1, with the class i. */
const numbered = (n: number) =>
  dataset({
    x: { data: Float32Array.from({ length: 2 * n }, (_, i) => 10 * Math.floor(i / 2) + (i % 2)), shape: [n, 2] },
    y: Int32Array.from({ length: n }, (_, i) => i),
  })
const classesOf = async ({ y }: Batch): Promise<number[]> => Array.from(await y.data(), Number)
/** The classes of each batch of an epoch. */
const epoch = async (batches: Loader): Promise<number[][]> => {
  const seen: number[][] = []
  for await (const batch of batches) seen.push(await classesOf(batch))
  return seen
}

describe('a loader', () => {
  test('gives the examples in order, the last batch smaller, again in each epoch', async () => {
    const batches = loader(numbered(7), { batchSize: 3 })
    expect(batches.length).toBe(3)
    for (let i = 0; i < 2; i++) expect(await epoch(batches)).toEqual([[0, 1, 2], [3, 4, 5], [6]])
  })

  test('gives tensors of the items, x beside y', async () => {
    for (const shuffle of [false, true]) {
      for await (const { x, y } of loader(numbered(7), { batchSize: 3, shuffle, dropLast: true, seed: 1 })) {
        expectTypeOf(x).toEqualTypeOf<Tensor<readonly [number, 2], 'float32'>>()
        expectTypeOf(y).toEqualTypeOf<Tensor<readonly [number], 'int32'>>()
        expect([x.shape, y.shape]).toEqual([[3, 2], [3]])
        expect(await x.toArray()).toEqual((await classesOf({ x, y })).map(i => [10 * i, 10 * i + 1]))
      }
    }
  })

  test('leaves out the smaller last batch with dropLast, and only a smaller one', async () => {
    expect(await epoch(loader(numbered(7), { batchSize: 3, dropLast: true }))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ])
    expect(loader(numbered(6), { batchSize: 3, dropLast: true }).length).toBe(2)
  })

  test('shuffles anew in each epoch, every example once', async () => {
    const batches = loader(numbered(50), { batchSize: 8, shuffle: true, seed: 2 })
    const epochs = [await epoch(batches), await epoch(batches), await epoch(batches)]
    expect(new Set(epochs.map(String)).size).toBe(3)
    for (const order of epochs) {
      expect(order.map(batch => batch.length)).toEqual([8, 8, 8, 8, 8, 8, 2])
      const sorted = order.flat().toSorted((a, b) => a - b)
      expect(sorted).toEqual([...sorted.keys()])
      expect(order.flat()).not.toEqual(sorted)
    }
  })

  test('gives the same orders for the same seed, whether given, drawn from a generator or from setSeed', async () => {
    const orders = async (options: { seed?: number; generator?: Generator }): Promise<string> => {
      const batches = loader(numbered(20), { batchSize: 4, shuffle: true, ...options })
      return String([await epoch(batches), await epoch(batches)])
    }
    expect(await orders({ seed: 5 })).toBe(await orders({ seed: 5 }))
    expect(await orders({ seed: 5 })).not.toBe(await orders({ seed: 6 }))
    const drawn = await orders({ generator: new Generator(5) })
    expect(await orders({ generator: new Generator(5) })).toBe(drawn)
    setSeed(5)
    expect(await orders({})).toBe(drawn)
    expect(await orders({})).not.toBe(drawn)
    // A seed that is given, and an order that is fixed, take nothing off the generator.
    const generator = new Generator(5)
    loader(numbered(20), { batchSize: 4, generator })
    loader(numbered(20), { batchSize: 4, shuffle: true, seed: 1, generator })
    expect(generator.state).toEqual(new Generator(5).state)
  })

  test('orders every permutation of three equally often', async () => {
    const batches = loader(numbered(3), { batchSize: 3, shuffle: true, seed: 0 })
    const counts = new Map<string, number>()
    for (let i = 0; i < 1200; i++) {
      const order = String(await epoch(batches))
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    // 200 each; five standard deviations of a binomial count.
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(5 * Math.sqrt(1200 * (5 / 36)))
  })

  test('has had its epoch when the loop is broken off: the next loop begins another', async () => {
    const batches = loader(numbered(20), { batchSize: 4, shuffle: true, seed: 5 })
    const whole = loader(numbered(20), { batchSize: 4, shuffle: true, seed: 5 })
    for await (const _ of batches) break
    await epoch(whole)
    expect(await epoch(batches)).toEqual(await epoch(whole))
  })

  test('may be looped over twice at once: neither loop disturbs the other', async () => {
    const batches = loader(numbered(6), { batchSize: 2 })
    const seen: number[][] = []
    for await (const a of batches)
      for await (const b of batches) seen.push([...(await classesOf(a)), ...(await classesOf(b))])
    const parts = [
      [0, 1],
      [2, 3],
      [4, 5],
    ]
    expect(seen).toEqual(parts.flatMap(a => parts.map(b => [...a, ...b])))
  })
})

describe('the state of a loader', () => {
  const options = { batchSize: 4, shuffle: true, seed: 9 } as const
  const make = (data: Dataset = numbered(18)) => loader(data, options)

  test('taken at any batch lets another loader go on with the next, in this epoch and those after', async () => {
    const batches = make()
    const seen: number[][] = []
    const states: LoaderState[] = [batches.state]
    for (let i = 0; i < 3; i++) {
      for await (const batch of batches) {
        seen.push(await classesOf(batch))
        // As it would come back from a file.
        states.push(JSON.parse(JSON.stringify(batches.state)))
      }
    }
    expect(seen.length).toBe(15)
    for (const [done, state] of states.entries()) {
      const resumed = loader(numbered(18), { ...options, seed: 1 })
      resumed.state = state
      expect(resumed.state).toEqual(state)
      const rest: number[][] = []
      for (let at = state.epoch; at < 3; at++) {
        expect(resumed.state.epoch).toBe(at)
        rest.push(...(await epoch(resumed)))
      }
      expect(rest).toEqual(seen.slice(done))
      expect(resumed.state).toEqual({ seed: 9, epoch: 3, batch: 0 })
    }
  })

  test('counts epochs and the batches given out in them', async () => {
    const batches = make()
    const states: LoaderState[] = [batches.state]
    for await (const _ of batches) states.push(batches.state)
    states.push(batches.state)
    expect(states.map(({ epoch, batch }) => [epoch, batch])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [0, 3],
      [0, 4],
      [0, 5],
      [1, 0],
    ])
  })

  test('set back repeats the epoch; set within a loop ends it', async () => {
    const batches = make()
    const first = batches.state
    const order = await epoch(batches)
    batches.state = first
    expect(await epoch(batches)).toEqual(order)
    batches.state = first
    let count = 0
    for await (const _ of batches) {
      count += 1
      if (count === 2) batches.state = { ...first, batch: 3 }
    }
    expect(count).toBe(2)
    expect(await epoch(batches)).toEqual(order.slice(3))
  })

  test('holds for a fixed order too', async () => {
    const batches = loader(numbered(5), { batchSize: 2 })
    batches.state = { seed: 0, epoch: 4, batch: 1 }
    expect(await epoch(batches)).toEqual([[2, 3], [4]])
    expect(await epoch(batches)).toEqual([[0, 1], [2, 3], [4]])
  })

  test.each([
    { seed: 0, epoch: 0, batch: 6 },
    { seed: 0, epoch: -1, batch: 0 },
    { seed: 0.5, epoch: 0, batch: 0 },
  ])('that cannot be is refused: %o', state =>
    expectError(
      () => {
        make().state = state
      },
      ArgumentError,
      `loader: cannot go to batch ${state.batch} of epoch ${state.epoch} with seed ${state.seed}: an epoch has 5 batches here. Use the data set and batchSize that the state was taken with.`,
    ),
  )
})

describe('a loader refuses, in words,', () => {
  test.each([
    [{ batchSize: 0 }, 'loader: batchSize must be an integer of at least 1; got 0.'],
    [{ batchSize: 2.5 }, 'loader: batchSize must be an integer of at least 1; got 2.5.'],
    [{}, 'loader: batchSize is required: examples in a batch.'],
    [{ batchSize: 1, shuffel: true }, 'loader: unknown option "shuffel". Did you mean shuffle?'],
    [{ batchSize: 1, shuffle: 1 }, 'loader: shuffle must be true or false; got 1.'],
    [{ batchSize: 1, seed: -1 }, 'loader: seed must be an integer of at least 0; got -1.'],
    [
      { batchSize: 4, dropLast: true },
      'loader: 3 examples make no batch of 4. Pass a smaller batchSize, or leave dropLast out.',
    ],
  ])('options that cannot be: %o', (options, message) =>
    expectError(() => loader(numbered(3), options as never), ArgumentError, message),
  )

  test('a data set without examples', () =>
    expectError(
      () => loader(numbered(0), { batchSize: 4 }),
      ArgumentError,
      'loader: 0 examples make no batch of 4. Pass a data set that is not empty.',
    ))
})
