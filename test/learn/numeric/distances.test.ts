import { expect, test } from 'vitest'
import { type DistanceMetric, pairwiseDistances } from '../../../src/learn/numeric/distances.ts'
import { logSumExp, logSumExpRows, softmaxRows } from '../../../src/learn/numeric/log-sum-exp.ts'
import { dense } from '../../../src/ops/matrix-kernels.ts'
import { expectClose, fixture as f, matrix, normal } from './matrices.ts'

test('distances are those of scipy', async () => {
  const [x, y] = [matrix(f.x), matrix(f.y)]
  for (const [metric, want] of Object.entries(f.distances))
    expectClose(await pairwiseDistances(x, y, metric as DistanceMetric), matrix(want as number[][]))
  expectClose(await pairwiseDistances(x, y, 'minkowski', { p: 3 }), matrix(f.minkowski3))
  expectClose(await pairwiseDistances(x, y, 'minkowski'), matrix(f.distances.euclidean))
  expectClose(await pairwiseDistances(x, y, 'minkowski', { p: Infinity }), matrix(f.distances.chebyshev))
})

test('many columns go by a product', async () => {
  const [x, y] = [matrix(f.xw), matrix(f.yw)]
  expectClose(await pairwiseDistances(x, y), matrix(f.wide))
  expectClose(await pairwiseDistances(x, y, 'sqeuclidean'), matrix(f.wideSquared))
})

test('a row is at 0 from itself, and no distance is below 0', async () => {
  // So many rows that the product is an engine's, which adds up in another order.
  const far = normal(300, 20)
  for (let k = 0; k < far.data.length; k++) far.data[k]! += 1e6
  for (const metric of ['euclidean', 'sqeuclidean', 'cosine', 'correlation'] as const) {
    const { data } = await pairwiseDistances(far, far, metric)
    for (let i = 0; i < 300; i++) expect(data[i * 300 + i]).toBe(0)
    expect(data.every(d => d >= 0)).toBe(true)
  }
  expect([...(await pairwiseDistances(dense(1, 2), dense(1, 2), 'cosine')).data]).toEqual([1])
})

test('sums of exponentials and softmax are those of scipy, without overflow', () => {
  const a = matrix(f.a)
  for (let k = 0; k < a.data.length; k++) a.data[k]! *= 300
  expectClose(logSumExpRows(a), f.logSumExp)
  expectClose(softmaxRows(a), matrix(f.softmax))
  expect(logSumExp([])).toBe(-Infinity)
  expect(logSumExp([-Infinity, -Infinity])).toBe(-Infinity)
  expect(logSumExp([Infinity, 1])).toBe(Infinity)
  expect(logSumExp([1, Number.NaN, 2])).toBe(Number.NaN)
})

test('what makes no sense is said', async () => {
  await expect(pairwiseDistances(dense(1, 2), dense(1, 3))).rejects.toThrow(
    'pairwiseDistances: X has 2 columns and Y 3. They need as many.',
  )
  await expect(pairwiseDistances(dense(1, 2), dense(1, 2), 'minkowski', { p: 0.5 })).rejects.toThrow(
    'pairwiseDistances: p must be at least 1; got 0.5.',
  )
  await expect(pairwiseDistances(dense(1, 2), dense(1, 2), 'near' as DistanceMetric)).rejects.toThrow(
    'pairwiseDistances: there is no metric "near". The metrics are euclidean, sqeuclidean, manhattan, chebyshev, minkowski, cosine, correlation, canberra, braycurtis, hamming.',
  )
})
