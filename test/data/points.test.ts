import { expect, test } from 'vitest'
import { pointKinds, points } from '../../src/data/index.ts'
import { kNeighborsClassifier, logisticRegression } from '../../src/learn/index.ts'

const rows = (data: Float32Array): number[][] =>
  Array.from({ length: data.length / 2 }, (_, i) => [data[2 * i]!, data[2 * i + 1]!])

test.each(pointKinds)('%s: classes of equal size, the same points from the same seed', kind => {
  const { x, y } = points(kind, { count: 120, seed: 3 })
  expect(x.shape).toEqual([120, 2])
  const counts = new Map<number, number>()
  for (const k of y.data) counts.set(k, (counts.get(k) ?? 0) + 1)
  expect(new Set(counts.values()).size).toBe(1)
  expect(points(kind, { count: 120, seed: 3 }).x.data).toEqual(x.data)
  expect(points(kind, { count: 120, seed: 4 }).x.data).not.toEqual(x.data)
})

test.each([
  ['xor', 0.75],
  ['circles', 0.75],
  ['spirals', 0.8],
] as const)('%s cannot be told apart by a line, but by neighbours', async (kind, most) => {
  const { x, y } = points(kind, { count: 400, noise: 0, seed: 1 })
  const [X, labels] = [rows(x.data), [...y.data]]
  expect(await (await logisticRegression().fit(X, labels)).score(X, labels)).toBeLessThan(most)
  const other = points(kind, { count: 200, noise: 0, seed: 2 })
  const near = await kNeighborsClassifier({ nNeighbors: 1 }).fit(X, labels)
  expect(await near.score(rows(other.x.data), [...other.y.data])).toBeGreaterThan(0.95)
})

test('noise spreads the points, and blobs have as many classes as are asked for', () => {
  const spread = (noise: number): number => {
    const { x } = points('blobs', { count: 500, classes: 4, noise, seed: 5 })
    return Math.max(...x.data.map(Math.abs))
  }
  expect(spread(0)).toBeLessThan(0.71)
  expect(spread(0.5)).toBeGreaterThan(1)
  expect(Math.max(...points('blobs', { classes: 7 }).y.data)).toBe(6)
  expect(() => points('xor', { noise: -1 })).toThrow('points: noise must be a number of at least 0; got -1.')
})
