import { expect, test } from 'vitest'
import {
  csrColumnSums,
  csrFromDense,
  csrHstack,
  csrSliceRows,
  csrTakeRows,
  csrTimes,
  csrToDense,
  csrTranspose,
  csrTransposeTimes,
  isCsr,
} from '../../../src/learn/numeric/csr.ts'
import { productSync } from '../../../src/learn/numeric/product.ts'
import { dense, transposed } from '../../../src/ops/matrix-kernels.ts'
import { expectClose, fixture as f, matrix, normal } from './matrices.ts'

const full = matrix(f.sparse)
const sparse = csrFromDense(full)

test('is kept as scipy keeps it', () => {
  for (const [own, want] of [
    [sparse, f.csr],
    [csrTranspose(sparse), f.csrT],
  ]) {
    expect([...own.indptr]).toEqual(want.indptr)
    expect([...own.indices]).toEqual(want.indices)
    expect([...own.data]).toEqual(want.data)
  }
  expect([isCsr(sparse), isCsr(full)]).toEqual([true, false])
})

test('goes to dense and back', () => {
  expect(csrToDense(sparse)).toEqual(full)
  expect(csrToDense(csrTranspose(sparse))).toEqual(transposed(full))
  expect(csrToDense(csrFromDense(dense(0, 3)))).toEqual(dense(0, 3))
})

test('products are those of the dense matrix', () => {
  const [b, c] = [normal(7, 3), normal(5, 2)]
  expectClose(csrTimes(sparse, b), productSync(full, b))
  expectClose(csrTransposeTimes(sparse, c), productSync(full, c, { transposeA: true }))
})

test('rows are taken, columns summed, matrices put beside each other', () => {
  const row = (i: number): number[] => [...full.data.slice(7 * i, 7 * i + 7)]
  expect([...csrToDense(csrTakeRows(sparse, [3, 0, 3])).data]).toEqual([3, 0, 3].flatMap(row))
  expect([...csrToDense(csrSliceRows(sparse, 1, 4)).data]).toEqual([1, 2, 3].flatMap(row))
  expectClose(
    csrColumnSums(sparse),
    Array.from({ length: 7 }, (_, j) => f.sparse.reduce((t: number, r: number[]) => t + r[j]!, 0)),
  )
  const beside = csrToDense(csrHstack([sparse, sparse]))
  expect([...beside.data]).toEqual([0, 1, 2, 3, 4].flatMap(i => [...row(i), ...row(i)]))
})

test('sizes that do not fit are said', () => {
  expect(() => csrTimes(sparse, dense(3, 1))).toThrow(
    'csrTimes: inner sizes differ: 7 and 3. The second matrix needs 7 rows; it has 3.',
  )
  expect(() => csrTransposeTimes(sparse, dense(3, 1))).toThrow(
    'csrTransposeTimes: inner sizes differ: 5 and 3. The second matrix needs 5 rows; it has 3.',
  )
  expect(() => csrHstack([sparse, csrFromDense(dense(2, 2))])).toThrow(
    'csrHstack: matrix 1 has 2 rows and the first 5. All need as many.',
  )
})
