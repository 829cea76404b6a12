import { expect, test } from 'vitest'
import { linearScale, logScale, logTicks, rangeOf, shown, ticks } from './scale.ts'

test('a scale maps its ends and undoes itself', () => {
  const at = linearScale([-1, 3], [10, 50])
  expect([at(-1), at(1), at(3)]).toEqual([10, 30, 50])
  expect(at.invert(at(0.7))).toBeCloseTo(0.7, 12)
  const by = logScale([0.01, 100], [0, 400])
  expect(by(1)).toBeCloseTo(200, 9)
  expect(by.invert(300)).toBeCloseTo(10, 9)
  expect(by(0)).toBeLessThan(-1000)
  expect(Number.isFinite(linearScale([2, 2], [0, 10])(2))).toBe(true)
})

test('ticks are round, within the ends, and about as many as asked for', () => {
  expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
  expect(ticks(-0.35, 0.35, 6)).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3])
  expect(ticks(0, 12_345, 3)).toEqual([0, 5000, 10_000])
  expect(ticks(1, 0, 2)).toEqual([1, 0.5, 0])
  expect(ticks(3, 3, 5)).toEqual([3])
  expect(ticks(0, Number.NaN, 5)).toEqual([])
  for (const [low, high] of [
    [0.0013, 0.0019],
    [-7e6, 9e6],
    [99, 101.3],
  ] as const)
    for (const count of [1, 3, 5, 8]) {
      const all = ticks(low, high, count)
      expect(all.length).toBeLessThanOrEqual(count * 2 + 1)
      expect(all.every(value => value >= low - 1e-9 && value <= high + 1e-9)).toBe(true)
    }
})

test('logarithmic ticks are powers of ten, and finer where there are few', () => {
  expect(logTicks(0.001, 1000, 6)).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000])
  expect(logTicks(0.3, 4, 6)).toEqual([0.5, 1, 2])
  expect(logTicks(0, 4)).toEqual([])
  expect(logTicks(1e-12, 1e12, 4).length).toBeLessThanOrEqual(6)
})

test('numbers are shown in few letters', () => {
  const pairs: [number, string][] = [
    [0.10737418, '0.1074'],
    [1.2e-5, '1.2e−5'],
    [-1.234e-7, '−1.23e−7'],
    [12_000, '12k'],
    [12_345, '12.3k'],
    [9_999.7, '10k'],
    [999_700, '1M'],
    [1_234_567, '1.23M'],
    [3.2e11, '3.2e11'],
    [1234, '1234'],
    [-0.5, '−0.5'],
    [100, '100'],
    [0, '0'],
    [-0, '0'],
    [2.5e-3, '0.0025'],
    [3e-4, '0.0003'],
    [Number.POSITIVE_INFINITY, '∞'],
    [Number.NEGATIVE_INFINITY, '−∞'],
    [Number.NaN, 'NaN'],
  ]
  for (const [value, words] of pairs) expect(shown(value)).toBe(words)
  expect(shown(0.98765, 2)).toBe('0.99')
  expect(shown(12_345, 2)).toBe('12k')
  expect(shown(123.4, 2)).toBe('123')
})

test('a range leaves out what is not finite and always has a width', () => {
  expect(rangeOf([3, Number.NaN, -1, Number.POSITIVE_INFINITY])).toEqual([-1, 3])
  expect(rangeOf([])).toEqual([0, 1])
  expect(rangeOf([2, 2])).toEqual([1, 3])
  expect(rangeOf([0, 0])).toEqual([-0.5, 0.5])
  expect(rangeOf([-1, 3], { balanced: true })).toEqual([-3, 3])
  expect(rangeOf([0, 10], { margin: 0.1 })).toEqual([-1, 11])
})
