import { describe, expect, test } from 'vitest'
import { Random } from '../../../src/learn/core/random.ts'
import type { Csr } from '../../../src/learn/core/sparse.ts'
import {
  kernelDensity,
  kNeighborsClassifier,
  kNeighborsRegressor,
  nearestCentroid,
  nearestNeighbors,
  radiusNeighborsClassifier,
  radiusNeighborsRegressor,
} from '../../../src/learn/index.ts'
import { reducedMetric } from '../../../src/learn/neighbors/metric.ts'
import { buildIndex, nearestHere, withinHere } from '../../../src/learn/neighbors/search.ts'
import type { Dense } from '../../../src/ops/matrix-kernels.ts'

const fails = (work: Promise<unknown>, message: string) => expect(work).rejects.toMatchObject({ message })

const made = (rows: number, columns: number, { seed = 1, offset = 0, grid = 0 } = {}): Dense => {
  const random = new Random(seed)
  const data = Float64Array.from({ length: rows * columns }, () => {
    const x = random.normal()
    return offset + (grid ? Math.round(x * grid) : x)
  })
  return { rows, columns, data }
}

/** Neighbours by sorting all distances, of equal ones the lower number first. */
const sorted = (X: Dense, Q: Dense, k: number): number[] =>
  Array.from({ length: Q.rows }, (_, q) => {
    const distance = (i: number): number => {
      let total = 0
      for (let j = 0; j < X.columns; j++) total += (Q.data[q * X.columns + j]! - X.data[i * X.columns + j]!) ** 2
      return total
    }
    const all = Array.from({ length: X.rows }, (_, i) => [distance(i), i] as const)
    return all
      .sort((a, b) => a[0] - b[0] || a[1] - b[1])
      .slice(0, k)
      .map(([, i]) => i)
  }).flat()

const settings = { leafSize: 4, metric: 'euclidean', p: 2 } as const

describe('a search for neighbours', () => {
  test.each([
    ['rows of 3 columns', made(600, 3)],
    ['rows of 40 columns', made(600, 40)],
    ['rows far from 0', made(500, 8, { offset: 1e6 })],
    ['rows of whole numbers, many equally far', made(700, 4, { grid: 1 })],
    ['rows that are nearly all equal', { ...made(400, 3), data: made(400, 3).data.map((x, i) => (i < 30 ? x : 0)) }],
  ])('finds by every algorithm what sorting finds, for %s', (_, X) => {
    const Q = { rows: 50, columns: X.columns, data: X.data.slice(0, 50 * X.columns) }
    for (const k of [1, 5, 40]) {
      const expected = sorted(X, Q, k)
      for (const algorithm of ['brute', 'kdTree', 'ballTree'] as const)
        expect(Array.from(nearestHere(buildIndex(X, { ...settings, algorithm }, 'test'), Q, k).indices)).toEqual(
          expected,
        )
    }
  })
  test('finds the same within a radius by every algorithm and metric', () => {
    const X = made(300, 3, { grid: 2 })
    for (const metric of ['euclidean', 'manhattan', 'chebyshev', 'minkowski'] as const) {
      const [brute, kd, ball] = (['brute', 'kdTree', 'ballTree'] as const).map(algorithm =>
        withinHere(buildIndex(X, { ...settings, metric, p: 3, algorithm }, 'test'), X, 2, true),
      )
      expect(kd).toEqual(brute)
      expect(ball).toEqual(brute)
      expect(brute!.indices.length).toBeGreaterThan(X.rows)
    }
  })
  test('gives the same over threads', async () => {
    const X = made(3000, 20)
    const one = await nearestNeighbors({ algorithm: 'brute', nJobs: 1 }).fit(X)
    const two = await nearestNeighbors({ algorithm: 'brute', nJobs: 2 }).fit(X)
    const [a, b] = [await one.kneighbors(X), await two.kneighbors(X)]
    expect(await b.indices.data()).toEqual(await a.indices.data())
    expect(await b.distances.data()).toEqual(await a.distances.data())
  })
  test('takes distances that are given', async () => {
    const model = await nearestNeighbors({ metric: 'precomputed', nNeighbors: 2 }).fit([
      [0, 1, 5],
      [1, 0, 4],
      [5, 4, 0],
    ])
    const { indices, distances } = await model.kneighbors([[3, 2, 1]])
    expect(await indices.toArray()).toEqual([[2, 1]])
    expect(await distances.toArray()).toEqual([[1, 2]])
    expect(() => reducedMetric('precomputed', 2)).toThrow(
      'neighbours: distances that are given have no formula. Choose another metric.',
    )
  })
  test('leaves a row out of its own neighbours, even among equal rows', async () => {
    const model = await nearestNeighbors({ nNeighbors: 2 }).fit([[0], [0], [0], [0], [5]])
    const { indices } = await model.ownNeighbors()
    const found = (await indices.toArray()) as number[][]
    for (const [i, own] of found.entries()) expect(own).not.toContain(i)
  })
  test('makes graphs of neighbours', async () => {
    const model = await nearestNeighbors({ nNeighbors: 2, radius: 1 }).fit([[0], [1], [3]])
    const graph = (await model.kneighborsGraph([[0.9]], { mode: 'distance' })) as unknown as Csr
    expect([...graph.indices]).toEqual([0, 1])
    expect(graph.data[1]).toBeCloseTo(0.1)
    const near = (await model.radiusNeighborsGraph([[0.9], [9]])) as unknown as Csr
    expect([...near.indptr]).toEqual([0, 2, 2])
    expect([...near.data]).toEqual([1, 1])
    const lists = await model.radiusNeighbors([[0.9], [9]])
    expect(await lists.indices[0]!.toArray()).toEqual([1, 0])
    expect(lists.indices[1]!.shape).toEqual([0])
  })
  test('says why it cannot search', async () => {
    const model = await nearestNeighbors().fit([[0], [1]])
    await fails(
      model.kneighbors([[0]]),
      'nearestNeighbors.kneighbors: nNeighbors is 5, and there are 2 rows to be found. Ask for at most 2, or fit more rows.',
    )
    await fails(
      model.ownNeighbors({ nNeighbors: 2 }),
      'nearestNeighbors.ownNeighbors: nNeighbors is 2, and there is 1 row to be found. Ask for at most 1, or fit more rows.',
    )
    await fails(
      nearestNeighbors({ metric: 'cosine', algorithm: 'kdTree' }).fit([[0], [1]]),
      'nearestNeighbors.fit: algorithm "kdTree" does not know the metric "cosine". Take "brute", or a Minkowski distance.',
    )
    await fails(
      nearestNeighbors({ metric: 'precomputed' }).fit([[0, 1]]),
      'nearestNeighbors.fit: X is [1, 2]; with metric "precomputed" it must be square, the distances of the rows to each other.',
    )
    await fails(
      kNeighborsClassifier().fit([[0], [1]], [0, 1]),
      'kNeighborsClassifier.fit: nNeighbors is 5, and there are 2 rows to be found. Ask for at most 2, or fit more rows.',
    )
  })
})

describe('predictions from neighbours', () => {
  test('weigh by a function of the distance', async () => {
    const model = await kNeighborsRegressor({ nNeighbors: 2, weights: (d: number) => (d < 1 ? 3 : 1) }).fit(
      [[0], [2]],
      [10, 20],
    )
    expect(await (await model.predict([[0.5]])).toArray()).toEqual([12.5])
  })
  test('give several numbers a row where targets have several', async () => {
    const model = await kNeighborsRegressor({ nNeighbors: 1 }).fit(
      [[0], [5]],
      [
        [1, 2],
        [3, 4],
      ],
    )
    expect(await (await model.predict([[4]])).toArray()).toEqual([[3, 4]])
  })
  test('need a neighbour within the radius, or a class for outliers', async () => {
    const rows = [[0], [1], [1.5]]
    const model = await radiusNeighborsClassifier().fit(rows, ['a', 'b', 'b'])
    await fails(
      model.predict([[0], [9]]),
      'radiusNeighborsClassifier.predict: row 1 has no neighbour within 1. Take a larger radius, or say with outlierLabel what such rows are.',
    )
    const regressor = await radiusNeighborsRegressor({ radius: 2 }).fit(rows, [1, 2, 3])
    await fails(
      regressor.predict([[9]]),
      'radiusNeighborsRegressor.predict: row 0 has no neighbour within 2. Take a larger radius.',
    )
    await fails(
      radiusNeighborsClassifier({ outlierLabel: 2 }).fit(rows, ['a', 'b', 'b']),
      'radiusNeighborsClassifier: outlierLabel must be the position of a class, from 0 to 1; got 2.',
    )
    const often = await radiusNeighborsClassifier({ outlierLabel: 'mostFrequent' }).fit(rows, ['a', 'b', 'b'])
    expect(await often.predict([[9]])).toEqual(['b'])
  })
  test('need rows that differ for centroids', async () => {
    await fails(
      nearestCentroid().fit([[1], [1]], ['a', 'b']),
      'nearestCentroid.fit: all rows of X are equal, so no class differs from another. Pass rows that vary.',
    )
  })
})

describe('kernelDensity', () => {
  test('has the integral 1 for every kernel', async () => {
    const step = 0.01
    const grid = Array.from({ length: 3000 }, (_, i) => [-15 + i * step])
    for (const kernel of ['gaussian', 'tophat', 'epanechnikov', 'exponential', 'linear', 'cosine'] as const) {
      const model = await kernelDensity({ kernel, bandwidth: 0.7 }).fit([[0], [1], [-2]])
      const logs = (await (await model.scoreSamples(grid)).data()) as Float64Array
      expect(logs.reduce((sum, log) => sum + Math.exp(log) * step, 0)).toBeCloseTo(1, 2)
    }
  })
  test('draws rows near those that it was fitted on', async () => {
    for (const kernel of ['gaussian', 'tophat'] as const) {
      const model = await kernelDensity({ kernel, bandwidth: 0.1, randomState: 3 }).fit([
        [0, 0],
        [9, 9],
      ])
      const rows = (await model.sample(200).toArray()) as number[][]
      expect(rows.length).toBe(200)
      const low = rows.filter(([x]) => x! < 4.5)
      expect(low.length).toBeGreaterThan(60)
      for (const [x, y] of low) expect(Math.hypot(x!, y!)).toBeLessThan(kernel === 'tophat' ? 0.1 + 1e-12 : 0.6)
      expect(await model.sample(200).toArray()).toEqual(rows)
    }
  })
  test('refuses what it cannot draw', async () => {
    const model = await kernelDensity({ kernel: 'linear' }).fit([[0]])
    expect(() => model.sample(1)).toThrow(
      'kernelDensity.sample: the kernel "linear" cannot be drawn from. Fit with "gaussian" or "tophat".',
    )
    const other = await kernelDensity().fit([[0]])
    expect(() => other.sample(0)).toThrow(
      'kernelDensity.sample: the number of rows must be an integer of at least 1; got 0.',
    )
  })
})
