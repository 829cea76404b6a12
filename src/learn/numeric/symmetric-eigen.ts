import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import { largest, requireFinite, requireSquare } from './finite.ts'
import { tridiagonalEigen } from './tridiagonal-eigen.ts'
import { tridiagonalize } from './tridiagonal.ts'

/** Eigenvalues in ascending order, and vectors as columns. */
export interface Eigen {
  readonly values: Float64Array
  readonly vectors: Dense
}

/** Of a matrix whose largest element is 1: far below all rounding, and far above the numbers that lose digits. */
const negligible = 1e-100

/**
 * Eigenvalues λ (ascending) and vectors (the columns of V) of a symmetric matrix, `A = V diag(λ) Vᵀ`. Only the lower triangle is read. The
 * largest element of each vector is positive.
 *
 * @throws ShapeError unless the matrix is square; ArgumentError for NaN and infinity
 *
 * Source: Golub & Van Loan 2013, sections 8.3.1 (Householder's reduction) and 8.4 (divide and conquer).
 */
export const symmetricEigen = (a: Dense): Eigen => {
  requireSquare('symmetricEigen', a)
  requireFinite('symmetricEigen', a)
  const n = a.rows
  const scale = largest(a) || 1
  const { diagonal, off, applyQ } = tridiagonalize(
    dense(
      n,
      n,
      a.data.map(x => x / scale),
    ),
  )
  const found = tridiagonalEigen(
    diagonal,
    off.map(x => (Math.abs(x) < negligible ? 0 : x)),
  )
  const order = Array.from(found.values.keys()).sort((i, j) => found.values[i]! - found.values[j]!)
  const rows = dense(n, n)
  for (const [k, i] of order.entries()) rows.data.set(found.rows.data.subarray(i * n, (i + 1) * n), k * n)
  const vectors = transposed(rows)
  applyQ(vectors)
  positive(vectors)
  return { values: Float64Array.from(order, i => found.values[i]! * scale), vectors }
}

/** Turns columns so that their largest element, the first of equals, is positive. */
const positive = ({ rows, columns, data }: Dense): void => {
  const top = new Float64Array(columns)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const x = data[i * columns + j]!
      if (Math.abs(x) > Math.abs(top[j]!)) top[j] = x
    }
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) if (top[j]! < 0) data[i * columns + j] = -data[i * columns + j]!
}
