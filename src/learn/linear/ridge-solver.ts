import { type Dense, transposed } from '../../ops/matrix-kernels.ts'
import { gramSync, productSync } from '../numeric/product.ts'
import { svd } from '../numeric/svd.ts'
import { choleskySolve } from '../numeric/triangular.ts'

export type RidgeSolver = 'auto' | 'cholesky' | 'svd'

const addDiagonal = ({ rows, columns, data }: Dense, value: number): Dense => {
  for (let i = 0; i < rows; i++) data[i * columns + i]! += value
  return { rows, columns, data }
}

/**
 * The W [F, M] with the least `‖X W − Y‖² + α ‖W‖²`: by Cholesky factors of `XᵀX + αI`, or of `X Xᵀ + αI` where there are more columns than
 * rows; by singular values when α is 0 or that is asked for.
 */
export const ridgeSolve = (X: Dense, Y: Dense, alpha: number, solver: RidgeSolver = 'auto'): Dense => {
  if (solver === 'svd' || (solver === 'auto' && alpha === 0)) return bySingularValues(X, Y, alpha)
  if (X.columns <= X.rows) {
    return choleskySolve(addDiagonal(gramSync(X), alpha), productSync(X, Y, { transposeA: true }))
  }
  const K = addDiagonal(productSync(X, X, { transposeB: true }), alpha)
  return productSync(X, choleskySolve(K, Y), { transposeA: true })
}

const bySingularValues = (X: Dense, Y: Dense, alpha: number): Dense => {
  const { u, s, vt } = svd(X)
  const UtY = productSync(u, Y, { transposeA: true })
  const limit = 1e-15 * (s[0] ?? 0)
  for (let k = 0; k < s.length; k++) {
    const factor = s[k]! > limit ? s[k]! / (s[k]! * s[k]! + alpha) : 0
    for (let m = 0; m < Y.columns; m++) UtY.data[k * Y.columns + m]! *= factor
  }
  return productSync(transposed(vt), UtY)
}
