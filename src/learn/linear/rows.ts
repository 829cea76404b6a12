import { type Dense, transposed } from '../../ops/matrix-kernels.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { csrTimes, csrTransposeTimes } from '../numeric/csr.ts'
import { productSync } from '../numeric/product.ts'

/** `X B`, X dense or sparse. */
export const rowsTimes = (X: Rows, B: Dense): Dense => (isCsr(X) ? csrTimes(X, B) : productSync(X, B))
/** `Xᵀ B`. */
export const rowsTransposeTimes = (X: Rows, B: Dense): Dense =>
  isCsr(X) ? csrTransposeTimes(X, B) : productSync(X, B, { transposeA: true })

/** `X Wᵀ + b` for rows of coefficients W [K, F]: [N, K]. */
export const linearScores = (X: Rows, W: Dense, b: Float64Array): Dense => {
  const scores = rowsTimes(X, transposed(W))
  for (let i = 0; i < scores.rows; i++)
    for (let k = 0; k < scores.columns; k++) scores.data[i * scores.columns + k]! += b[k]!
  return scores
}
