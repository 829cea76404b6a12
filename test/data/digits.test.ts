import { createHash } from 'node:crypto'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import { ArgumentError } from '../../src/index.ts'
import { type DigitsOptions, digits, type ImageDataset } from '../../src/data/index.ts'
import { expectError } from '../optim/expect.ts'

const pixelsOf = (data: ImageDataset, i: number): Float32Array => data.x.data.subarray(784 * i, 784 * (i + 1))
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0)

describe('digits', () => {
  test('are grey images from 0 to 1 of 28 × 28 and int32 classes, in the shape of MNIST', () => {
    const { train, test: tested } = digits({ count: 300, testCount: 50 })
    expectTypeOf(train).toEqualTypeOf<ImageDataset>()
    expect([train.x.shape, train.y.shape, tested.x.shape, tested.y.shape]).toEqual([
      [300, 28, 28],
      [300],
      [50, 28, 28],
      [50],
    ])
    expect([train.x.dtype, train.y.dtype]).toEqual(['float32', 'int32'])
    expect(train.x.data.every(x => x >= 0 && x <= 1)).toBe(true)
    expect(new Set(train.y.data)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
  })

  test('come 6,000 to train on and 1,000 to test with, the classes about equally often', () => {
    const { train, test: tested } = digits()
    expect([train.length, tested.length]).toEqual([6000, 1000])
    const counts = new Array<number>(10).fill(0)
    for (const label of train.y.data) counts[label]! += 1
    // Five standard deviations of a binomial count around 600.
    for (const count of counts) expect(Math.abs(count - 600)).toBeLessThan(5 * Math.sqrt(6000 * 0.09))
  })

  test('are drawn within the image, with edges that are neither paper nor ink', () => {
    const { train } = digits({ count: 500 })
    let cut = 0
    for (let i = 0; i < train.length; i++) {
      const pixels = pixelsOf(train, i)
      // A pen's way of 15 pixels or more, 1 to 4 wide, on 784.
      expect(sum(pixels)).toBeGreaterThan(15)
      expect(sum(pixels)).toBeLessThan(300)
      expect(Math.max(...pixels)).toBeGreaterThan(0.9)
      expect(pixels.some(x => x > 0.1 && x < 0.9)).toBe(true)
      if (pixels.some((x, at) => x > 0.5 && [0, 27].some(edge => at % 28 === edge || Math.floor(at / 28) === edge)))
        cut++
    }
    // Few reach the border.
    expect(cut).toBeLessThan(25)
  })

  test('depend on the seed and their place alone: a smaller set begins a larger one', () => {
    const { train, test: tested } = digits({ count: 40, testCount: 20, seed: 7 })
    const small = digits({ count: 10, testCount: 5, seed: 7 })
    expect(small.train).toEqual(train.slice(0, 10))
    expect(small.test).toEqual(tested.slice(0, 5))
    expect(digits({ count: 40, seed: 8 }).train.x.data).not.toEqual(train.x.data)
    const all = [train, tested].flatMap(part =>
      Array.from({ length: part.length }, (_, i) => String(pixelsOf(part, i))),
    )
    expect(new Set(all).size).toBe(60)
  })

  test('are these very images for seed 0, so that published accuracies stay true', () => {
    const { train } = digits({ count: 100 })
    // Rounded to 256 greys: the last digits of sine and cosine are the platform's.
    const greys = Uint8Array.from(train.x.data, x => Math.round(255 * x))
    expect([...train.y.data.slice(0, 12)]).toEqual([3, 7, 6, 1, 2, 4, 6, 1, 6, 4, 4, 2])
    expect(createHash('sha256').update(greys).digest('hex')).toBe(
      'e9630dac749a632facf8750d71acb1aedd1b96668ff6466b50a8c9558c09ded1',
    )
  })

  test('look like their class: the nearest of 2,000 others has the same in more than eight of ten', () => {
    const { train, test: tested } = digits({ count: 2000, testCount: 200 })
    let right = 0
    for (let i = 0; i < tested.length; i++) {
      const image = pixelsOf(tested, i)
      let [best, nearest] = [Infinity, -1]
      for (let j = 0; j < train.length; j++) {
        let distance = 0
        for (let k = 0; k < 784 && distance < best; k++) distance += (image[k]! - train.x.data[784 * j + k]!) ** 2
        if (distance < best) [best, nearest] = [distance, j]
      }
      if (train.y.data[nearest] === tested.y.data[i]) right++
    }
    expect(right / tested.length).toBeGreaterThan(0.8)
  })

  test('are learned by a perceptron in five epochs: the example reaches the accuracy it promises', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import('../../examples/digits.ts')
    const lines = log.mock.calls.map(([line]) => String(line))
    log.mockRestore()
    expect(lines.length).toBe(6)
    const accuracy = Number(/^test accuracy: ([\d.]+) %$/.exec(lines.at(-1)!)?.[1])
    expect(accuracy).toBeGreaterThan(95)
    expect(accuracy).toBeLessThan(99)
  })

  test.each([
    [{ count: 0 }, 'digits: count must be an integer of at least 1; got 0.'],
    [{ testCount: 1.5 }, 'digits: testCount must be an integer of at least 1; got 1.5.'],
    [{ seed: -1 }, 'digits: seed must be an integer of at least 0; got -1.'],
    [{ counts: 5 }, 'digits: unknown option "counts". Did you mean count?'],
  ])('refuse options that cannot be: %o', (options, message) =>
    expectError(() => digits(options as DigitsOptions), ArgumentError, message),
  )
})
