import { expect, test } from 'vitest'
import { ellipticEnvelope, empiricalCovariance, ledoitWolf, minCovDet, oas } from '../../../src/learn/index.ts'
import { Random } from '../../../src/learn/core/random.ts'
import type { Dense } from '../../../src/ops/matrix-kernels.ts'

/** Normal rows of unit variance, the first `outliers` of them moved far away. */
const contaminated = (rows: number, columns: number, outliers: number): Dense => {
  const random = new Random(5)
  const data = Float64Array.from({ length: rows * columns }, () => random.normal())
  for (let i = 0; i < outliers * columns; i++) data[i] = 20 + 0.5 * data[i]!
  return { rows, columns, data }
}
const numbers = async (tensor: { data(): Promise<ArrayLike<number>> }): Promise<number[]> =>
  Array.from(await tensor.data())

test.each([
  [1, 300],
  [3, 200],
  [3, 1500],
  [6, 700],
])('the robust mean and covariance of %i features of %i rows do not see two outliers in five rows', async (F, N) => {
  const X = contaminated(N, F, Math.floor(0.4 * N))
  const robust = await minCovDet({ randomState: 1 }).fit(X)
  const plain = await empiricalCovariance().fit(X)
  for (const x of await numbers(robust.location)) expect(Math.abs(x)).toBeLessThan(0.4)
  for (const x of await numbers(plain.location)) expect(x).toBeGreaterThan(7)
  const covariance = await numbers(robust.covariance)
  for (let i = 0; i < F; i++)
    for (let j = 0; j < F; j++) expect(Math.abs(covariance[i * F + j]! - (i === j ? 1 : 0))).toBeLessThan(0.5)
  const support = await numbers(robust.support)
  expect(support.slice(0, Math.floor(0.4 * N)).every(x => x === 0)).toBe(true)
  expect((await numbers(robust.rawSupport)).reduce((a, b) => a + b, 0)).toBe(Math.ceil((N + F + 1) / 2))
})

test('the envelope calls the share of rows outliers that it was told, the far ones first', async () => {
  const X = contaminated(200, 3, 20)
  const model = await ellipticEnvelope({ contamination: 0.1, randomState: 0 }).fit(X)
  const labels = await numbers(await model.predict(X))
  expect(labels.map((label, i) => (label === -1 ? i : -1)).filter(i => i >= 0)).toEqual(
    Array.from({ length: 20 }, (_, i) => i),
  )
})

test('of one feature the rows that count are those of the least variance next to each other', async () => {
  const model = await minCovDet({ supportFraction: 0.5 }).fit([[0], [10], [11], [11.5], [30], [50], [12], [90]])
  expect(await numbers(model.rawSupport)).toEqual([0, 1, 1, 1, 0, 0, 1, 0])
})

test('rows in fewer directions than features are judged along those, and have a finite density', async () => {
  const X = contaminated(100, 3, 30)
  const flat = { ...X, data: X.data.map((x, at) => (at % 3 === 2 ? X.data[at - 1]! * 2 : x)) }
  const robust = await minCovDet({ randomState: 0 }).fit(flat)
  expect((await numbers(robust.support)).slice(0, 30).every(x => x === 0)).toBe(true)
  expect((await numbers(await robust.scoreSamples(flat))).every(Number.isFinite)).toBe(true)
})

test('shrinkage is none for one feature, and whole where rows tell nothing apart', async () => {
  for (const estimator of [ledoitWolf(), oas()]) {
    expect((await estimator.fit([[1], [2], [4]])).shrinkage).toBe(0)
  }
  // Equal variances, no correlation: what is left is noise.
  const square = [
    [1, 1],
    [-1, 1],
    [1, -1],
    [-1, -1],
  ]
  expect((await oas().fit(square)).shrinkage).toBe(1)
  expect((await ledoitWolf().fit(square)).shrinkage).toBe(0)
})

test('the density is that of the normal distribution', async () => {
  const model = await empiricalCovariance().fit([[-1], [1]])
  const [at] = await numbers(await model.scoreSamples([[2]]))
  expect(at).toBeCloseTo(-0.5 * Math.log(2 * Math.PI) - 2, 12)
  expect(await numbers(await model.mahalanobis([[2]]))).toEqual([4])
  expect(await model.score([[2], [2]])).toBeCloseTo(at!, 12)
})

test('what cannot be estimated is said', async () => {
  await expect(minCovDet().fit([[1], [1], [1], [1], [5]])).rejects.toThrow(
    'minCovDet.fit: 4 of 5 rows are equal, and so their covariance is 0. Raise supportFraction, or drop repeated rows.',
  )
  await expect(minCovDet({ supportFraction: 0.2 }).fit([[1], [2], [3], [4], [5]])).rejects.toThrow(
    'minCovDet.fit: supportFraction 0.2 of 5 rows is 1; at least 2 are needed. Take a larger share.',
  )
  await expect(
    ellipticEnvelope().fit([
      [1, 2],
      [1, 2],
      [1, 2],
    ]),
  ).rejects.toThrow(
    'ellipticEnvelope.fit: 2 of 3 rows are equal, and so their covariance is 0. Raise supportFraction, or drop repeated rows.',
  )
})
