import { expect, test } from 'vitest'
import { fastExp } from '../../../src/learn/numeric/fast-exp.ts'
import { productSync, rowGramSync } from '../../../src/learn/numeric/product.ts'
import { Random } from '../../../src/learn/core/random.ts'

test('it is exp to the last digit or two, and at the ends', () => {
  for (let i = 0; i < 20_000; i++) {
    const x = -708 + (i / 20_000) * 1416
    const [a, b] = [fastExp(x), Math.exp(x)]
    expect(Math.abs(a - b), String(x)).toBeLessThanOrEqual(4 * Number.EPSILON * b)
  }
  for (const x of [0, -0, -745.2, -800, -Infinity, 709.5, 710, Infinity]) expect(fastExp(x)).toBe(Math.exp(x))
  expect(fastExp(Number.NaN)).toBeNaN()
})

test('rows by rows are their product by half its tiles', () => {
  const random = new Random(1)
  for (const [N, F] of [
    [3, 2],
    [70, 5],
    [601, 37],
  ] as const) {
    const X = { rows: N, columns: F, data: Float64Array.from({ length: N * F }, () => random.normal()) }
    const [a, b] = [rowGramSync(X), productSync(X, X, { transposeB: true })]
    for (let i = 0; i < a.data.length; i++) expect(a.data[i]).toBeCloseTo(b.data[i]!, 11)
    for (let i = 0; i < N; i++) for (let j = 0; j < i; j++) expect(a.data[i * N + j]).toBe(a.data[j * N + i])
  }
})
