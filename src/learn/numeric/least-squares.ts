import { ShapeError } from '../../core/errors.ts'
import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import { requireFinite } from './finite.ts'
import { productSync } from './product.ts'
import { pivotedQr, qr, triangularSystem } from './qr.ts'
import { svd } from './svd.ts'
import { solveTriangular } from './triangular.ts'

export interface LeastSquares {
  /** `[n, k]`. */
  readonly x: Dense
  /** How many columns of A are independent, to rounding. */
  readonly rank: number
}

/** The leading part of a matrix. */
const leading = ({ columns, data }: Dense, rows: number, width: number): Dense => {
  const out = dense(rows, width)
  for (let i = 0; i < rows; i++) out.data.set(data.subarray(i * columns, i * columns + width), i * width)
  return out
}

/**
 * The X with the least ‖A X − B‖, and of these the shortest, by QR with pivoting. A may have any rank.
 *
 * **Shape** a: `[m, n]`, b: `[m, k]` → x `[n, k]`.
 *
 * @param rcond columns count as dependent below this share of the longest; by default `max(m, n)` times 2⁻⁵²
 * @throws ShapeError for other numbers of rows; ArgumentError for NaN and infinity
 *
 * Source: Golub & Van Loan 2013, sections 5.5.1 to 5.5.4 (complete orthogonal decomposition).
 */
export const leastSquares = (
  a: Dense,
  b: Dense,
  rcond = Math.max(a.rows, a.columns) * Number.EPSILON,
): LeastSquares => {
  if (a.rows !== b.rows) {
    throw new ShapeError(
      `leastSquares: A has ${a.rows} rows and B has ${b.rows}. There must be as many equations as right-hand sides.`,
    )
  }
  requireFinite('leastSquares: A', a)
  requireFinite('leastSquares: B', b)
  const n = a.columns
  // Long matrices are made short first, by fast means.
  const { r: short, qtb: rhs } = a.rows > n ? triangularSystem(a, b) : { r: a, qtb: b }
  const { r, order, qtb } = pivotedQr(short, rhs)
  let rank = 0
  const pivot = (k: number): number => Math.abs(r.data[k * n + k]!)
  while (rank < r.rows && pivot(rank) > rcond * pivot(0)) rank++
  const y = shortest(leading(r, rank, n), leading(qtb, rank, b.columns))
  const x = dense(n, b.columns)
  for (const [j, to] of order.entries()) x.data.set(y.data.subarray(j * b.columns, (j + 1) * b.columns), to * b.columns)
  return { x, rank }
}

/** The shortest Y with `R Y = C`, R `[rank, n]` upper triangular with more columns than rows or as many. */
const shortest = (r: Dense, c: Dense): Dense => {
  if (r.rows === r.columns) return solveTriangular(r, c, { upper: true })
  const { q, r: square } = qr(transposed(r))
  return productSync(q, solveTriangular(square, c, { upper: true, transpose: true }))
}

/**
 * The pseudoinverse `V diag(1/s) Uᵀ` over the singular values above `rcond` times the largest (Penrose 1955), `[n, m]` for A `[m, n]`.
 *
 * @param rcond by default `max(m, n)` times 2⁻⁵²
 */
export const pinv = (a: Dense, rcond = Math.max(a.rows, a.columns) * Number.EPSILON): Dense => {
  const { u, s, vt } = svd(a)
  const scaled = dense(vt.rows, vt.columns, vt.data.slice())
  for (let k = 0; k < s.length; k++) {
    const factor = s[k]! > rcond * s[0]! ? 1 / s[k]! : 0
    for (let j = 0; j < vt.columns; j++) scaled.data[k * vt.columns + j]! *= factor
  }
  return productSync(scaled, u, { transposeA: true, transposeB: true })
}
