import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Dense, dense, luFactors } from '../../ops/matrix-kernels.ts'
import { requireSquare } from './finite.ts'

export interface TriangularOptions {
  /** Read the upper triangle, not the lower one. */
  readonly upper?: boolean
  /** Solve `Aᵀ X = B`. */
  readonly transpose?: boolean
}

const requireRows = (where: string, a: Dense, b: Dense): void => {
  requireSquare(where, a)
  if (a.rows === b.rows) return
  throw new ShapeError(`${where}: A is [${a.rows}, ${a.columns}] and B has ${b.rows} rows. B needs ${a.rows} rows.`)
}

/** Row i less `factor` times row j. */
const subtractRow = (x: Float64Array, k: number, i: number, j: number, factor: number): void => {
  const [to, from] = [i * k, j * k]
  for (let c = 0; c < k; c++) x[to + c]! -= factor * x[from + c]!
}

/**
 * X with `A X = B` for a triangular A, by default the lower triangle; the other triangle is not read.
 *
 * **Shape** a: `[n, n]`, b: `[n, k]` → `[n, k]`.
 *
 * @throws ArgumentError where the diagonal has a 0
 */
export const solveTriangular = (a: Dense, b: Dense, options: TriangularOptions = {}): Dense => {
  requireRows('solveTriangular', a, b)
  const { upper = false, transpose = false } = options
  const { rows: n, data } = a
  const k = b.columns
  const out = dense(n, k, b.data.slice())
  const x = out.data
  const forward = upper === transpose
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step
    const diagonal = data[i * n + i]!
    if (diagonal === 0) {
      throw new ArgumentError(
        `solveTriangular: element ${i} of the diagonal is 0: the matrix has no inverse. Use leastSquares for such systems.`,
        { index: i },
      )
    }
    const [from, to] = forward ? [0, i] : [i + 1, n]
    // By rows of A; for the transpose the solved row is taken off the others, so that rows of A are read here too.
    if (!transpose) for (let j = from; j < to; j++) subtractRow(x, k, i, j, data[i * n + j]!)
    for (let c = 0; c < k; c++) x[i * k + c]! /= diagonal
    if (!transpose) continue
    const [first, last] = forward ? [i + 1, n] : [0, i]
    for (let j = first; j < last; j++) subtractRow(x, k, j, i, data[i * n + j]!)
  }
  return out
}

/**
 * The lower triangular L with `A = L Lᵀ` of a positive definite A, of which only the lower triangle is read; the other triangle of L is 0.
 *
 * @param where names the caller in the error
 * @throws ArgumentError where A is not positive definite, saying at which row it fails
 *
 * Source: Golub & Van Loan 2013, section 4.2.5.
 */
export const cholesky = (a: Dense, where = 'cholesky'): Dense => {
  requireSquare(where, a)
  const { rows: n, data } = a
  const l = dense(n, n)
  const x = l.data
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let total = data[i * n + j]!
      const [own, other] = [i * n, j * n]
      for (let k = 0; k < j; k++) total -= x[own + k]! * x[other + k]!
      if (i !== j) x[own + j] = total / x[other + j]!
      else if (total > 0) x[own + j] = Math.sqrt(total)
      else {
        throw new ArgumentError(
          `${where}: the matrix is not positive definite: pivot ${i} is ${total}. Add a small number to its diagonal.`,
          { index: i, pivot: total },
        )
      }
    }
  return l
}

/** X with `L Lᵀ X = B`, for L of {@link cholesky}. */
export const choleskyBackSolve = (l: Dense, b: Dense): Dense =>
  solveTriangular(l, solveTriangular(l, b), { transpose: true })

/**
 * X with `A X = B` for a positive definite A `[n, n]`, of which the lower triangle is read.
 *
 * @throws ArgumentError where A is not positive definite
 */
export const choleskySolve = (a: Dense, b: Dense): Dense => {
  requireRows('choleskySolve', a, b)
  return choleskyBackSolve(cholesky(a, 'choleskySolve'), b)
}

/** ln det A from the L of {@link cholesky}. */
export const choleskyLogDeterminant = ({ rows: n, data }: Dense): number => {
  let total = 0
  for (let i = 0; i < n; i++) total += Math.log(data[i * n + i]!)
  return 2 * total
}

/** The sign of det A and ln |det A|: 0 and −∞ where A has no inverse. As numpy's `slogdet`. */
export const logDeterminant = (a: Dense): { readonly sign: number; readonly logAbs: number } => {
  requireSquare('logDeterminant', a)
  const { lu, sign } = luFactors(a)
  let [total, turned] = [0, sign]
  for (let i = 0; i < a.rows; i++) {
    const x = lu.data[i * a.rows + i]!
    if (x === 0) return { sign: 0, logAbs: -Infinity }
    turned *= Math.sign(x)
    total += Math.log(Math.abs(x))
  }
  return { sign: turned, logAbs: total }
}
