import fc from 'fast-check'
import { expect, test } from 'vitest'
import { engineName, setEngine } from '../../../src/index.ts'
import {
  gram,
  gramSync,
  product,
  productSync,
  timesVector,
  transposeTimesVector,
} from '../../../src/learn/numeric/product.ts'
import { tileKernel } from '../../../src/learn/numeric/tile-kernel.ts'
import { dense, product as plainProduct, transposed } from '../../../src/ops/matrix-kernels.ts'
import { expectClose, fixture as f, matrix, normal } from './matrices.ts'

test('products are those of numpy', async () => {
  const [a, b] = [matrix(f.a), matrix(f.b)]
  expectClose(await product(a, b), matrix(f.product))
  expectClose(await gram(a), matrix(f.gram))
  expectClose(gramSync(a), matrix(f.gram))
})

test('the tiles give what plain loops do, at every size and with either matrix transposed', () => {
  expect(tileKernel()).not.toBe(null)
  const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(255, 256, 257, 520))
  fc.assert(
    fc.property(size, size, size, fc.boolean(), fc.boolean(), (m, k, n, transposeA, transposeB) => {
      const [a, b] = [normal(m, k, 1), normal(k, n, 2)]
      const got = productSync(transposeA ? transposed(a) : a, transposeB ? transposed(b) : b, {
        transposeA,
        transposeB,
      })
      expect([got.rows, got.columns]).toEqual([m, n])
      expectClose(got, plainProduct(a, b))
    }),
    { numRuns: 60 },
  )
})

test('large products come from the engine, and are the same', async () => {
  const before = engineName()
  const [a, b] = [normal(130, 140, 3), normal(140, 150, 4)]
  const want = plainProduct(a, b)
  try {
    for (const engine of ['native', 'reference']) {
      setEngine(engine)
      expectClose(await product(a, b), want)
      expectClose(await product(transposed(a), transposed(b), { transposeA: true, transposeB: true }), want)
      const g = await gram(a)
      expectClose(g, plainProduct(transposed(a), a))
      expect(g.data).toEqual(transposed(g).data)
    }
  } finally {
    setEngine(before)
  }
})

test('NaN stays where it belongs', () => {
  const a = normal(20, 30, 5)
  a.data[3 * 30 + 7] = Number.NaN
  const { data } = productSync(a, normal(30, 20, 6))
  expect([...data.keys()].filter(k => Number.isNaN(data[k]!))).toEqual(Array.from({ length: 20 }, (_, j) => 60 + j))
})

test('products with a vector', () => {
  const a = matrix(f.a)
  expectClose(
    timesVector(a, [1, 0, 2, 0, 0, 0, -1]),
    f.a.map((row: number[]) => row[0]! + 2 * row[2]! - row[6]!),
  )
  expectClose(
    transposeTimesVector(a, [0, 1, 0, 0, 3]),
    f.a[1].map((x: number, j: number) => x + 3 * f.a[4][j]),
  )
})

test('sizes that do not meet are said', async () => {
  const message =
    'product: inner sizes differ: the first matrix is [2, 3] and the second [2, 3]. The second needs 3 rows.'
  expect(() => productSync(dense(2, 3), dense(2, 3))).toThrow(message)
  await expect(product(dense(3, 2), dense(3, 2), { transposeA: true, transposeB: true })).rejects.toThrow(message)
})
