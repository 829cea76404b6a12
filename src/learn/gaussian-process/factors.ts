import { type Dense, dense, identity } from '../../ops/matrix-kernels.ts'
import { productSync, timesVector, transposeTimesVector } from '../numeric/product.ts'
import { cholesky, solveTriangular } from '../numeric/triangular.ts'

/** L with `A = L Lᵀ`, and L⁻¹. */
export interface Factors {
  readonly factor: Dense
  readonly inverse: Dense
}

/** Up to here plain loops are as fast as products of blocks. */
const small = 48

const block = (
  { columns, data }: Dense,
  [row, column]: readonly [number, number],
  rows: number,
  width: number,
): Dense => {
  const out = dense(rows, width)
  for (let i = 0; i < rows; i++) {
    const from = (row + i) * columns + column
    out.data.set(data.subarray(from, from + width), i * width)
  }
  return out
}
const put = (to: Dense, part: Dense, [row, column]: readonly [number, number]): void => {
  const { rows, columns, data } = part
  for (let i = 0; i < rows; i++)
    to.data.set(data.subarray(i * columns, (i + 1) * columns), (row + i) * to.columns + column)
}

/** The parts of `A = L Lᵀ` by halves: `A₁₁ = L₁₁ L₁₁ᵀ`, `L₂₁ = A₂₁ L₁₁⁻ᵀ`, and `A₂₂ − L₂₁ L₂₁ᵀ`, which is left to do. */
const halves = (a: Dense): { readonly first: Factors; readonly below: Dense; readonly corner: Dense } => {
  const half = a.rows >> 1
  const rest = a.rows - half
  const first = factorsOf(block(a, [0, 0], half, half))
  const below = productSync(block(a, [half, 0], rest, half), first.inverse, { transposeB: true })
  const corner = block(a, [half, half], rest, rest)
  const taken = productSync(below, below, { transposeB: true }).data
  for (let at = 0; at < taken.length; at++) corner.data[at]! -= taken[at]!
  return { first, below, corner }
}

const joined = (first: Dense, below: Dense, second: Dense): Dense => {
  const half = first.rows
  const out = dense(half + second.rows, half + second.rows)
  put(out, first, [0, 0])
  put(out, below, [half, 0])
  put(out, second, [half, half])
  return out
}

/**
 * L of a positive definite matrix, by halves: nearly all work is matrix products.
 *
 * @throws ArgumentError where the matrix is not positive definite
 */
export const factorOf = (a: Dense): Dense => {
  if (a.rows <= small) return cholesky(a)
  const { first, below, corner } = halves(a)
  return joined(first.factor, below, factorOf(corner))
}

/** As {@link factorOf}, with the inverse of L: below its halves is `−L₂₂⁻¹ L₂₁ L₁₁⁻¹`. */
export const factorsOf = (a: Dense): Factors => {
  if (a.rows <= small) {
    const factor = cholesky(a)
    return { factor, inverse: solveTriangular(factor, identity(a.rows)) }
  }
  const { first, below, corner } = halves(a)
  const second = factorsOf(corner)
  const across = productSync(second.inverse, productSync(below, first.inverse))
  for (let at = 0; at < across.data.length; at++) across.data[at] = -across.data[at]!
  return {
    factor: joined(first.factor, below, second.factor),
    inverse: joined(first.inverse, across, second.inverse),
  }
}

/** The inverse of a lower triangle, in the same way. */
export const triangularInverse = (factor: Dense): Dense => {
  const n = factor.rows
  if (n <= small) return solveTriangular(factor, identity(n))
  const half = n >> 1
  const first = triangularInverse(block(factor, [0, 0], half, half))
  const second = triangularInverse(block(factor, [half, half], n - half, n - half))
  const across = productSync(second, productSync(block(factor, [half, 0], n - half, half), first))
  for (let at = 0; at < across.data.length; at++) across.data[at] = -across.data[at]!
  return joined(first, across, second)
}

/** `A⁻¹ x`. */
export const solved = ({ inverse }: Factors, x: Float64Array): Float64Array =>
  transposeTimesVector(inverse, timesVector(inverse, x))
