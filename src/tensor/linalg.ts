import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import * as dc from '../ops/decompositions.ts'
import * as dt from '../ops/determinant.ts'
import * as mf from '../ops/matrix-functions.ts'
import * as sv from '../ops/solve.ts'
import * as sp from '../ops/spectral.ts'
import { Tensor } from './tensor.ts'

// Linear algebra of matrices on the last two axes, leading axes being a batch, with PyTorch's names and meanings (torch.linalg). All of it
// is computed on the host in float64, whatever the engine, and rounded to the dtype: docs/decisions/0006-linear-algebra-on-the-host.md.

type Of<D extends DType> = Tensor<Shape, D>
type Map = <S extends Shape, D extends DType>(a: Tensor<S, D>) => Tensor<S, D>
type Reduce = <D extends DType>(a: Of<D>) => Of<D>
type Pair = <D extends DType>(a: Of<D>, b: Tensor<Shape, NoInfer<D>>) => Of<D>
const map =
  (of: (a: Node) => Node): Map =>
  a =>
    new Tensor(of(a.node))
const wrap = <D extends DType>(node: Node): Of<D> => new Tensor(node)

// --- equations -----------------------------------------------------------------------------------------------------------

/**
 * The lower triangular L with a positive diagonal and `A = L Lᵀ`.
 *
 * **Shape** A: `[..., n, n]`, symmetric; only its lower triangle is read. The gradient is symmetric, as PyTorch's.
 *
 * @throws {ArgumentError} when the value is computed, if a matrix is not positive definite
 *
 * Source: Golub & Van Loan 2013, section 4.2; the gradient: Murray 2016, equation 10.
 */
export const cholesky: Map = map(sv.cholesky)

/**
 * X with `A X = B` for an upper or (by default) lower triangular A; the other triangle is not read.
 *
 * **Shape** A: `[..., n, n]`, B: `[..., n, k]` or a vector `[n]` → as B; leading axes broadcast.
 *
 * @throws {ArgumentError} when the value is computed, if the diagonal has a 0
 *
 * Source: Golub & Van Loan 2013, section 3.1.
 */
export const triangularSolve = <D extends DType>(
  a: Of<D>,
  b: Tensor<Shape, NoInfer<D>>,
  options: sv.TriangularOptions = {},
): Of<D> => wrap(sv.triangularSolve(a.node, b.node, options))

/**
 * X with `A X = B`.
 *
 * **Shape** A: `[..., n, n]`, B: `[..., n, k]` or a vector `[n]` → as B; leading axes broadcast.
 *
 * @throws {ArgumentError} when the value is computed, if a matrix has no inverse
 *
 * @example
 * const a = tensor([[2, 0], [0, 4]])
 * await linalg.solve(a, tensor([2, 2])).toArray() // [1, 0.5]
 *
 * Source: Golub & Van Loan 2013, section 3.4; the gradient: Giles 2008, section 2.3.1.
 */
export const solve: Pair = (a, b) => wrap(sv.solve(a.node, b.node))

/** The inverse of A `[..., n, n]`. Of a product `A⁻¹ B` prefer `solve(A, B)`: fewer steps, smaller errors. */
export const inv: Map = map(sv.inv)

/**
 * The pseudoinverse of any matrix, `V diag(1/s) Uᵀ` over the singular values above `rcond` times the largest.
 *
 * **Shape** A: `[..., m, n]` → `[..., n, m]`. The gradient takes the rank as constant.
 *
 * Source: Penrose 1955; the gradient: Golub & Pereyra 1973, equation 4.12.
 */
export const pinv = <D extends DType>(a: Of<D>, options: mf.RankOptions = {}): Of<D> => wrap(mf.pinv(a.node, options))

/**
 * Least squares: the X with the least ‖A X − B‖, and of these the shortest. A may have any rank.
 *
 * **Shape** A: `[..., m, n]`, B: `[..., m, k]` → `[..., n, k]`, or a vector `[m]` → `[..., n]`; leading axes broadcast.
 */
export const lstsq = <D extends DType>(a: Of<D>, b: Tensor<Shape, NoInfer<D>>, options: mf.RankOptions = {}): Of<D> =>
  wrap(mf.lstsq(a.node, b.node, options))

// --- determinants --------------------------------------------------------------------------------------------------------

/**
 * The determinant of A `[..., n, n]`. Its gradient, the matrix of cofactors, exists where A has no inverse too; the second gradient does
 * not.
 */
export const det: Reduce = a => wrap(dt.det(a.node))
/** The sign of the determinant of A `[..., n, n]` and ln |det A|: 0 and −∞ where A has no inverse. */
export const slogdet = <D extends DType>(a: Of<D>): { readonly sign: Of<D>; readonly logAbs: Of<D> } => {
  const { sign, logAbs } = dt.slogdet(a.node)
  return { sign: wrap(sign), logAbs: wrap(logAbs) }
}
/** ln det A; NaN where the determinant is negative, −∞ where it is 0. */
export const logdet: Reduce = a => wrap(dt.logdet(a.node))

// --- decompositions ------------------------------------------------------------------------------------------------------

/**
 * `A = Q R`, the columns of Q orthonormal and R upper triangular, with LAPACK's signs.
 *
 * **Shape** A: `[..., m, n]` → q `[..., m, k]`, r `[..., k, n]`; k is min(m, n), or m in the complete mode.
 *
 * The gradient needs the first min(m, n) columns of A to be independent.
 *
 * @throws {GradientError} for the gradient of the complete mode where m > n: A does not determine all of Q
 *
 * Source: Golub & Van Loan 2013, section 5.2; the gradient: Walter & Lehmann 2010, Roberts & Roberts 2020.
 */
export const qr = <D extends DType>(
  a: Of<D>,
  { mode = 'reduced' }: { readonly mode?: dc.QrMode } = {},
): { readonly q: Of<D>; readonly r: Of<D> } => {
  const { q, r } = dc.qr(a.node, mode)
  return { q: wrap(q), r: wrap(r) }
}
/**
 * `A = P L U`: p a permutation matrix, l lower triangular with ones on its diagonal, u upper triangular.
 *
 * **Shape** A: `[..., n, n]` → three of that shape.
 */
export const lu = <D extends DType>(a: Of<D>): { readonly p: Of<D>; readonly l: Of<D>; readonly u: Of<D> } => {
  const { p, l, u } = dc.lu(a.node)
  return { p: wrap(p), l: wrap(l), u: wrap(u) }
}
/**
 * Eigenvalues, ascending, and vectors (columns) of a symmetric matrix: `A = V diag(λ) Vᵀ`.
 *
 * **Shape** A: `[..., n, n]`, of which the lower triangle is read → values `[..., n]`, vectors `[..., n, n]`.
 *
 * The largest element of each vector is positive: functions that depend on the sign jump where another element becomes the largest. The
 * gradient is symmetric. Where eigenvalues are equal it is that of functions of the values, or of the space that their vectors span; for
 * functions that depend on the vectors chosen it is NaN. Close eigenvalues make it large.
 *
 * Source: Golub & Van Loan 2013, section 8.3; the gradient: Giles 2008, section 3.1.
 */
export const eigh = <D extends DType>(a: Of<D>): { readonly values: Of<D>; readonly vectors: Of<D> } => {
  const { values, vectors } = sp.eigh(a.node)
  return { values: wrap(values), vectors: wrap(vectors) }
}
/**
 * Singular values s, descending, and vectors: `A = U diag(s) Vᵀ`.
 *
 * **Shape** A: `[..., m, n]` → u `[..., m, k]`, s `[..., k]`, vh `[..., k, n]`, k = min(m, n); with `fullMatrices` u `[..., m, m]` and
 * vh `[..., n, n]`.
 *
 * The largest element of each column of u is positive: functions that depend on the sign jump where another element becomes the largest.
 * Where singular values are equal or 0 the gradient is that of functions of the values, or of the spaces that their vectors span; for
 * functions that depend on the vectors chosen it is NaN.
 *
 * @throws {GradientError} for the gradient through a full u or vh with vectors that A does not determine
 *
 * Source: Golub & Van Loan 2013, section 8.6; the gradient: Townsend 2016.
 */
export const svd = <D extends DType>(
  a: Of<D>,
  options: sp.SvdOptions = {},
): { readonly u: Of<D>; readonly s: Of<D>; readonly vh: Of<D> } => {
  const { u, s, vh } = sp.svd(a.node, options)
  return { u: wrap(u), s: wrap(s), vh: wrap(vh) }
}
/** The singular values of A `[..., m, n]`, descending: `[..., min(m, n)]`. */
export const singularValues: Reduce = a => wrap(sp.singularValues(a.node))

// --- functions -----------------------------------------------------------------------------------------------------------

/**
 * The matrix exponential eᴬ of A `[..., n, n]`, by scaling and squaring.
 *
 * Source: Higham 2005, algorithm 2.3; the gradient: Najfeld & Havel 1995, theorem 4.2.
 */
export const matrixExp: Map = map(mf.matrixExp)
/** int32: how many singular values of A `[..., m, n]` are above `rcond` times the largest. */
export const matrixRank = (a: Tensor, options: mf.RankOptions = {}): Tensor<Shape, 'int32'> =>
  new Tensor(mf.matrixRank(a.node, options))
/**
 * The norm of each matrix of A `[..., m, n]`.
 *
 * @param options.ord `fro` (the default) the length of all elements, `nuc` the sum of the singular values, ±2 their largest and smallest,
 *   ±1 and ±Infinity the largest and smallest sums of |a| down a column and along a row
 */
export const matrixNorm = <D extends DType>(a: Of<D>, { ord = 'fro' }: { readonly ord?: mf.MatrixOrd } = {}): Of<D> =>
  wrap(mf.matrixNorm(a.node, ord))
/**
 * The condition number ‖A‖ ‖A⁻¹‖. For ±2 it is the ratio of the extreme singular values, and A `[..., m, n]` need not be square.
 *
 * @param options.ord as for `matrixNorm`; default 2
 */
export const cond = <D extends DType>(a: Of<D>, { ord = 2 }: { readonly ord?: mf.MatrixOrd } = {}): Of<D> =>
  wrap(mf.conditionNumber(a.node, ord))
