import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix'
import { type Dense, dense, householder, identity, luFactors, product, transposed } from './matrix-kernels.ts'

// Eigenvalues and singular values: ml-matrix's algorithms (EISPACK's by way of JAMA), given what they can take. Magnitudes are scaled to 1
// first, for their tests for "small" are not; bases are completed where columns are missing; and signs are made the same each time.

const largest = ({ data }: Dense): number => data.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
export const allFinite = ({ data }: Dense): boolean => data.every(Number.isFinite)

/** The matrix scaled so that its largest element is 1, or as it is if that is 0. */
const scaled = (a: Dense): { readonly matrix: Matrix; readonly scale: number } => {
  const scale = largest(a) || 1
  return {
    matrix: Matrix.from1DArray(
      a.rows,
      a.columns,
      a.data.map(x => x / scale),
    ),
    scale,
  }
}
const fromMatrix = (x: Matrix): Dense => dense(x.rows, x.columns, Float64Array.from(x.to1DArray()))

/** Columns whose largest element (the first of equals) is negative. */
const negativeColumns = ({ rows, columns, data }: Dense): number[] =>
  Array.from({ length: columns }, (_, j) => j).filter(j => {
    let top = 0
    for (let i = 0; i < rows; i++) {
      const x = data[i * columns + j]!
      if (Math.abs(x) > Math.abs(top)) top = x
    }
    return top < 0
  })
const negateColumn = ({ rows, columns, data }: Dense, j: number): void => {
  for (let i = 0; i < rows; i++) data[i * columns + j] = -data[i * columns + j]!
}

/** Eigenvalues in ascending order and vectors as columns, the largest element of each positive. `a` is symmetric and finite. */
export const symmetricEigen = (a: Dense): { readonly values: Float64Array; readonly vectors: Dense } => {
  const n = a.rows
  if (n === 0) return { values: new Float64Array(0), vectors: dense(0, 0) }
  const { matrix, scale } = scaled(a)
  const found = new EigenvalueDecomposition(matrix, { assumeSymmetric: true })
  const own = fromMatrix(found.eigenvectorMatrix)
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => found.realEigenvalues[i]! - found.realEigenvalues[j]!,
  )
  const vectors = dense(n, n)
  for (let i = 0; i < n; i++) for (const [j, from] of order.entries()) vectors.data[i * n + j] = own.data[i * n + from]!
  for (const j of negativeColumns(vectors)) negateColumn(vectors, j)
  return { values: Float64Array.from(order, i => found.realEigenvalues[i]! * scale), vectors }
}

/** The first `width` columns of an orthogonal matrix that has the columns of `q` that are not 0 where they are. */
const completed = (q: Dense, width: number): Dense => {
  const { rows: m, columns: n } = q
  const length = (j: number): number => {
    let total = 0
    for (let i = 0; i < m; i++) total += q.data[i * n + j]! ** 2
    return total
  }
  const kept = Array.from({ length: n }, (_, j) => j).filter(j => length(j) > 0.5)
  if (kept.length === width) return q
  const known = dense(m, kept.length)
  for (let i = 0; i < m; i++) for (const [k, j] of kept.entries()) known.data[i * kept.length + k] = q.data[i * n + j]!
  const basis = householder(known, m).q
  const out = dense(m, width)
  let next = kept.length
  for (let j = 0; j < width; j++) {
    const own = kept.includes(j)
    const from = own ? j : next++
    for (let i = 0; i < m; i++) out.data[i * width + j] = own ? q.data[i * n + j]! : basis.data[i * m + from]!
  }
  return out
}

export interface SingularValues {
  readonly u: Dense
  readonly s: Float64Array
  readonly v: Dense
}
/**
 * `A = U diag(s) Vᵀ`, s in descending order, the largest element of each column of U positive. U and V have min(m, n) columns, or in
 * full m and n. `a` is finite.
 */
export const singularValueDecomposition = (a: Dense, full = false): SingularValues => {
  const { rows: m, columns: n } = a
  const k = Math.min(m, n)
  if (k === 0)
    return { u: full ? identity(m) : dense(m, 0), s: new Float64Array(0), v: full ? identity(n) : dense(n, 0) }
  const { matrix, scale } = scaled(a)
  const found = new SingularValueDecomposition(matrix, { autoTranspose: true })
  const u = completed(fromMatrix(found.leftSingularVectors), full ? m : k)
  const v = completed(fromMatrix(found.rightSingularVectors), full ? n : k)
  for (const j of negativeColumns(u)) {
    negateColumn(u, j)
    if (j < k) negateColumn(v, j)
  }
  return { u, s: Float64Array.from(found.diagonal, x => x * scale), v }
}

const determinantSign = (q: Dense): number => {
  const { lu, sign } = luFactors(q)
  let total = sign
  for (let i = 0; i < q.rows; i++) total *= Math.sign(lu.data[i * q.rows + i]!)
  return total
}
/** Derivatives of the determinant by each element: `det U det V · U Γ Vᵀ`, Γ the products of all singular values but one. */
export const cofactorMatrix = (a: Dense): Float64Array => {
  if (!allFinite(a)) return a.data.map(() => Number.NaN)
  const n = a.rows
  const { u, s, v } = singularValueDecomposition(a)
  const sign = determinantSign(u) * determinantSign(v)
  const scaledU = dense(n, n, u.data.slice())
  for (let j = 0; j < n; j++) {
    const others = s.reduce((total, x, i) => (i === j ? total : total * x), sign)
    for (let i = 0; i < n; i++) scaledU.data[i * n + j]! *= others
  }
  return product(scaledU, transposed(v)).data
}

/** V diag(1/s) Uᵀ over the singular values above `rcond` times the largest (Moore 1920, Penrose 1955). */
export const pseudoInverse = (a: Dense, rcond: number): Float64Array => {
  const { u, s, v } = singularValueDecomposition(a)
  const least = rcond * (s[0] ?? 0)
  const scaledV = dense(v.rows, v.columns, v.data.slice())
  for (const [j, x] of s.entries())
    for (let i = 0; i < v.rows; i++) scaledV.data[i * v.columns + j]! *= x > least ? 1 / x : 0
  return product(scaledV, transposed(u)).data
}
