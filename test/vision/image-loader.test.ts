import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { ArgumentError, Generator, GradusError, setSeed, ShapeError } from '../../src/index.ts'
import { dataset, digits } from '../../src/data/index.ts'
import {
  compose,
  cutmix,
  elastic,
  horizontalFlip,
  type ImageLoader,
  type ImageLoaderOptions,
  imageLoader,
  randomCrop,
  rotate,
  type Transform,
} from '../../src/vision/index.ts'
import type { Thread } from '../../src/core/thread.ts'
import { startThread } from '../../src/vision/threads-node.ts'
import { ThreadPool } from '../../src/vision/thread-pool.ts'
import { expectError } from '../optim/expect.ts'

/** N colour images of 6 × 5 bytes with classes 0 to 3. */
const images = (n: number) =>
  dataset({
    x: { data: Uint8Array.from({ length: n * 90 }, (_, i) => (i * 7919) % 256), shape: [n, 3, 6, 5] },
    y: Int32Array.from({ length: n }, (_, i) => i % 4),
  })
const augment = compose([
  randomCrop({ size: [6, 5], padding: 2 }),
  horizontalFlip(),
  elastic({ alpha: 5, sigma: 1 }),
  rotate({ degrees: 20 }),
])

const open: ImageLoader[] = []
const load = (n: number, options: ImageLoaderOptions): ImageLoader => {
  const loader = imageLoader(images(n), options)
  open.push(loader)
  return loader
}
afterEach(async () => {
  for (const loader of open.splice(0)) await loader.close()
})
/** The numbers of an epoch's batches. */
const epoch = async (loader: ImageLoader): Promise<number[][]> => {
  const batches: number[][] = []
  for await (const { x, y } of loader) batches.push([...(await x.data()), ...Array.from(await y.data(), Number)])
  return batches
}

describe('an image loader', () => {
  test('gives bytes as float32 [B, C, H, W] from 0 to 1, in order, with classes', async () => {
    const shapes: unknown[] = []
    for await (const { x, y } of load(7, { batchSize: 3, workers: 0 })) {
      shapes.push([x.shape, x.dtype, y.shape, y.dtype])
      expect((await x.data())[1]).toBeCloseTo(((((shapes.length - 1) * 3 * 90 + 1) * 7919) % 256) / 255, 6)
    }
    expect(shapes).toEqual([
      [[3, 3, 6, 5], 'float32', [3], 'int32'],
      [[3, 3, 6, 5], 'float32', [3], 'int32'],
      [[1, 3, 6, 5], 'float32', [1], 'int32'],
    ])
  })

  test('gives images without an axis of channels one, and floats as they are', async () => {
    const { train } = digits({ count: 4 })
    for await (const { x } of imageLoader(train, { batchSize: 4, workers: 0 })) {
      expect(x.shape).toEqual([4, 1, 28, 28])
      expect(await x.data()).toEqual(train.x.data)
    }
  })

  test('gives the same batches for any number of threads, and any number ahead', async () => {
    const options = { batchSize: 4, shuffle: true, seed: 3, transform: augment } as const
    const plain = load(19, { ...options, workers: 0 })
    const expected = [await epoch(plain), await epoch(plain)]
    expect(expected[0]!.length).toBe(5)
    for (const [workers, ahead] of [
      [1, 1],
      [1, 4],
      [3, 2],
      [2, 9],
    ]) {
      const threaded = load(19, { ...options, workers: workers!, ahead: ahead! })
      expect([await epoch(threaded), await epoch(threaded)]).toEqual(expected)
      expect(threaded.threads).toBe(workers)
    }
  })

  test('transforms an image alike in batches of any size, and anew in each epoch', async () => {
    const pixels = async (batchSize: number) => {
      const loader = load(8, { batchSize, seed: 1, transform: augment, workers: 0 })
      return [await epoch(loader), await epoch(loader)].map(batches =>
        batches.flatMap(batch => batch.slice(0, batchSize * 90)),
      )
    }
    const [first, second] = await pixels(8)
    expect(await pixels(2)).toEqual([first, second])
    expect(second).not.toEqual(first)
  })

  test('goes on from a state, in the middle of an epoch, though batches are made ahead', async () => {
    const options = { batchSize: 4, shuffle: true, seed: 3, transform: augment, workers: 2 } as const
    const whole = load(20, options)
    const [first, second] = [await epoch(whole), await epoch(whole)]
    const broken = load(20, options)
    await epoch(broken)
    let state = broken.state
    let count = 0
    for await (const _ of broken) {
      state = broken.state
      if (++count === 2) break
    }
    expect(state).toEqual({ seed: 3, epoch: 1, batch: 2 })
    const resumed = load(20, options)
    resumed.state = state
    expect(await epoch(resumed)).toEqual(second!.slice(2))
    // Setting the state ends a loop; the next gives what it says.
    const seen: number[][] = []
    for await (const { x, y } of resumed) {
      seen.push([...(await x.data()), ...Array.from(await y.data(), Number)])
      resumed.state = { seed: 3, epoch: 0, batch: 4 }
    }
    expect(seen.length).toBe(1)
    expect(await epoch(resumed)).toEqual(first!.slice(4))
  })

  test('draws its seed from a generator, or from setSeed, if there is anything random', async () => {
    const options = { batchSize: 5, transform: augment, workers: 0 } as const
    const drawn = await epoch(load(5, { ...options, generator: new Generator(4) }))
    setSeed(4)
    expect(await epoch(load(5, options))).toEqual(drawn)
    expect(await epoch(load(5, options))).not.toEqual(drawn)
    const before = new Generator(1)
    expect(load(5, { batchSize: 5, generator: before }).state.seed).toBe(0)
    expect(before.state.block).toBe(0)
  })

  test('gives shares of classes after mixing', async () => {
    for await (const { y } of load(4, { batchSize: 4, transform: cutmix({ numClasses: 4 }), seed: 0 })) {
      expect([y.shape, y.dtype]).toEqual([[4, 4], 'float32'])
      for (const row of (await y.toArray()) as number[][]) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 6)
    }
  })

  test('ends its threads when a loop is broken off, and starts others for the next', async () => {
    const loader = load(12, { batchSize: 2, transform: augment, seed: 1, workers: 2 })
    for await (const _ of loader) {
      expect(loader.threads).toBe(2)
      break
    }
    expect(loader.threads).toBe(0)
    expect((await epoch(loader)).length).toBe(6)
    expect(loader.threads).toBe(2)
    await loader.close()
    expect(loader.threads).toBe(0)
  })

  test("throws a thread's error with its class and message, and ends the threads", async () => {
    const loader = load(8, { batchSize: 2, transform: randomCrop({ size: 9 }), workers: 2 })
    await expectError(
      () => epoch(loader),
      ShapeError,
      'randomCrop: images of 6 × 5 are smaller than a crop of 9 × 9. Pass { padding }, or resize them before.',
    )
    expect(loader.threads).toBe(0)
  })

  test('a program that leaves threads behind ends, and one that waits for them does not', async () => {
    const entry = fileURLToPath(new URL('../../dist/vision/index.js', import.meta.url))
    const data = fileURLToPath(new URL('../../dist/data/index.js', import.meta.url))
    const script = `
      import { imageLoader, rotate } from ${JSON.stringify(entry)}
      import { digits } from ${JSON.stringify(data)}
      const loader = imageLoader(digits({ count: 40 }).train, { batchSize: 8, transform: rotate({ degrees: 9 }), workers: 2 })
      let count = 0
      for await (const _ of loader) count++
      console.log(count, loader.threads)
      for await (const _ of loader) if (++count === 7) break
      console.log(count, loader.threads)
      for await (const _ of loader) count++
      console.log(count, loader.threads)`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 50_000,
    })
    expect(stdout).toBe('5 2\n7 0\n12 2\n')
  })
})

describe('a pool of threads', () => {
  const job = (data: Float32Array) => ({
    raw: { data, shape: [1, 1, 2, 2], indices: Float64Array.of(0), labels: Int32Array.of(0) },
    seed: 0,
    spec: null,
  })

  test('gives up what it was doing when it is closed, and starts again', async () => {
    const pool = new ThreadPool(1)
    const waiting = pool.run(job(new Float32Array(4)))
    const outcome = expectError(() => waiting, GradusError, 'imageLoader: closed.')
    await pool.close()
    await outcome
    expect([...(await pool.run(job(Float32Array.of(1, 2, 3, 4)))).data]).toEqual([1, 2, 3, 4])
    await pool.close()
  })

  test('hands on errors that are not its own', async () => {
    const pool = new ThreadPool(1)
    const length = 2 ** 60
    let message = ''
    try {
      new Float32Array(length)
    } catch (error) {
      message = (error as Error).message
    }
    const large = { ...job(new Float32Array(4)), spec: { name: 'resize', options: { size: 2 ** 30 } } }
    await expectError(() => pool.run(large), GradusError, message)
    await pool.close()
  })

  test('says that a thread has ended, and starts another for the next job', async () => {
    const pool = new ThreadPool(1)
    const waiting = pool.run(job(new Float32Array(4)))
    const [hand] = (pool as unknown as { readonly hands: readonly { readonly thread: Thread }[] }).hands
    await Promise.all([
      expectError(
        () => waiting,
        GradusError,
        'imageLoader: a thread that transforms images has ended: it was stopped. Pass { workers: 0 } to see the failure where it happens.',
      ),
      hand!.thread.close(),
    ])
    expect(pool.size).toBe(0)
    expect([...(await pool.run(job(Float32Array.of(1, 2, 3, 4)))).data]).toEqual([1, 2, 3, 4])
    await pool.close()
  })

  test('tells why a thread could not go on', async () => {
    const why = await new Promise<string>(resolve => {
      startThread({ message: () => {}, failure: resolve }).post(null, [])
    })
    expect(why).toContain('null')
  })
})

describe('an image loader refuses, in words,', () => {
  test('what are no images', () =>
    expectError(
      () =>
        imageLoader(dataset({ x: { data: new Float32Array(6), shape: [2, 3] }, y: new Int32Array(2) }) as never, {
          batchSize: 1,
        }),
      ShapeError,
      'imageLoader: x is float32 [2, 3]. Images must be uint8 or float32, [N, C, H, W] or [N, H, W].',
    ))

  test("a transform of one's own on another thread, alone or in a chain; on this one it works", async () => {
    const invert: Transform = {
      name: 'invert',
      apply: batch => ({ ...batch, data: batch.data.map(x => 1 - x) }),
    }
    for (const transform of [invert, compose([horizontalFlip(), invert])]) {
      await expectError(
        () => load(4, { batchSize: 2, transform }),
        ArgumentError,
        'imageLoader: the transform "invert" is not one of gradus/vision, so another thread cannot make it. Pass { workers: 0 }.',
      )
    }
    const [plain] = await epoch(load(2, { batchSize: 2, workers: 0 }))
    const [inverted] = await epoch(load(2, { batchSize: 2, workers: 0, transform: invert }))
    expect(inverted![5]).toBeCloseTo(1 - plain![5]!, 6)
  })

  test.each([
    [{ batchSize: 0 }, 'imageLoader: batchSize must be an integer of at least 1; got 0.'],
    [{ batchSize: 1, workers: -1 }, 'imageLoader: workers must be an integer from 0 to 64; got -1.'],
    [{ batchSize: 1, ahead: 0 }, 'imageLoader: ahead must be an integer from 1 to 1024; got 0.'],
    [
      { batchSize: 9, dropLast: true },
      'loader: 4 examples make no batch of 9. Pass a smaller batchSize, or leave dropLast out.',
    ],
  ])('%o', (options, message) => expectError(() => load(4, options as ImageLoaderOptions), ArgumentError, message))
})
