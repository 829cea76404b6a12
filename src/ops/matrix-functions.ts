import { ArgumentError } from '../core/errors.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add, cast, constant, div, fullLike, greater, mul, neg, sub } from './arithmetic.ts'
import { apply } from './apply.ts'
import { sum, transpose } from './broadcast.ts'
import { matmul } from './linear-algebra.ts'
import { type Dense, dense, forEachMatrix, identity, luFactors, luSolve, product } from './matrix-kernels.ts'
import { precisionOf, requireMatrix, requireSquare, withColumns } from './matrix-nodes.ts'
import { abs } from './math.ts'
import { concat, sliceAxis } from './movement.ts'
import { norm } from './norm.ts'
import { max, min } from './reduce.ts'
import { inverseOf } from './solve.ts'
import { requireFinite, singularValues } from './spectral.ts'
import { pseudoInverse } from './spectral-kernels.ts'

// --- inverses of any matrix ----------------------------------------------------------------------------------------------

export interface RankOptions {
  /** Singular values up to this share of the largest count as 0. Default: max(m, n) times the distance from 1 to the next number. */
  readonly rcond?: number
}
const rcondOf = (where: string, a: Node, { rcond }: RankOptions): number => {
  const sizes = requireMatrix(where, a)
  const share = rcond ?? Math.max(...sizes) * precisionOf(a.dtype)
  if (share >= 0) return share
  throw new ArgumentError(`${where}: rcond must be a number of at least 0; got ${share}.`, { rcond: share })
}

type PinvAttrs = { readonly rcond: number; readonly caller: string }
const pinvOp: Op<PinvAttrs> = {
  name: 'pinv',
  formula: 'A⁺ = V diag(1/s) Uᵀ over the singular values above rcond · max s',
  source: 'Penrose 1955; the gradient: Golub & Pereyra 1973, equation 4.12',
  host: () => true,
  infer: ([a], { caller }) => {
    const [m, n] = requireMatrix(caller, a!)
    return { shape: [...a!.shape.slice(0, -2), n, m], dtype: a!.dtype }
  },
  // dP = −P dA P + P Pᵀ dAᵀ (I − A P) + (I − P A) dAᵀ Pᵀ P, the rank staying.
  vjp: (g, [a], p) => {
    const [pt, gt] = [transpose(p), transpose(g)]
    const beside = matmul(matmul(gt, p), pt)
    const below = matmul(matmul(pt, p), gt)
    return [
      add(
        neg(matmul(matmul(pt, g), pt)),
        add(sub(beside, matmul(a!, matmul(p, beside))), sub(below, matmul(matmul(below, p), a!))),
      ),
    ]
  },
  kernel: ([a], out, { rcond, caller }) =>
    forEachMatrix([a!], [out], ([matrix], name) => {
      requireFinite(caller, matrix!, name)
      return [pseudoInverse(matrix!, rcond)]
    }),
  batch: ([a], _batched, attrs) => apply(pinvOp, [a!], attrs),
  checks: {
    samples: [
      { inputs: [{ shape: [4, 2], diagonal: 3 }], attrs: { rcond: 1e-10, caller: 'pinv' } },
      { inputs: [{ shape: [2, 2, 3], diagonal: 3 }], attrs: { rcond: 1e-10, caller: 'pinv' } },
      { inputs: [{ shape: [2, 2], diagonal: 3 }], attrs: { rcond: 1e-10, caller: 'pinv' } },
    ],
  },
}
const pinvAs = (caller: string, a: Node, options: RankOptions): Node =>
  apply(pinvOp, [a], { rcond: rcondOf(caller, a, options), caller })
/**
 * The pseudoinverse A⁺ of any A `[..., m, n]`: `[..., n, m]`. Its gradient takes the rank as constant, for where that changes the
 * pseudoinverse jumps.
 */
export const pinv = (a: Node, options: RankOptions = {}): Node => pinvAs('pinv', a, options)
/** The X of least length among those with the least ‖A X − B‖: A `[..., m, n]`, B `[..., m, k]` or a vector `[m]`. */
export const lstsq = (a: Node, b: Node, options: RankOptions = {}): Node => {
  requireMatrix('lstsq', a)
  return withColumns('lstsq', a, b, (x, y) => matmul(pinvAs('lstsq', x, options), y))
}
/** int32: how many singular values of A `[..., m, n]` are above `rcond` times the largest. */
export const matrixRank = (a: Node, options: RankOptions = {}): Node => {
  const share = rcondOf('matrixRank', a, options)
  const s = singularValues(a, 'matrixRank')
  if (s.shape.at(-1) === 0) return cast(sum(s, -1), 'int32')
  const least = mul(max(s, -1, { keepDims: true }), constant(share, a.dtype))
  return sum(cast(greater(s, least), 'int32'), -1)
}

// --- norms ---------------------------------------------------------------------------------------------------------------

/**
 * `fro` is the length of all elements, `nuc` the sum of the singular values, ±2 their largest and smallest, ±1 and ±Infinity the largest
 * and smallest sums of |a| down a column and along a row.
 */
export type MatrixOrd = 'fro' | 'nuc' | 1 | -1 | 2 | -2 | number
const requireOrd = (where: string, ord: MatrixOrd): void => {
  if (ord === 'fro' || ord === 'nuc' || [1, 2, Number.POSITIVE_INFINITY].includes(Math.abs(ord))) return
  throw new ArgumentError(
    `${where}: ord must be 'fro', 'nuc', 1, 2, Infinity, or one of these numbers negated; got ${ord}.`,
    {
      ord,
    },
  )
}
/** The norm of each matrix of A `[..., m, n]`, as `torch.linalg.matrix_norm`. */
export const matrixNorm = (a: Node, ord: MatrixOrd = 'fro'): Node => measured('matrixNorm', a, ord)
const measured = (caller: string, a: Node, ord: MatrixOrd): Node => {
  requireOrd(caller, ord)
  requireMatrix(caller, a)
  const extreme = (x: Node): Node => ((ord as number) > 0 ? max(x, -1) : min(x, -1))
  if (ord === 'fro') return norm(a, { axes: [-2, -1] })
  if (ord === 'nuc') return sum(singularValues(a, caller), -1)
  if (Math.abs(ord) === 2) return extreme(singularValues(a, caller))
  return extreme(sum(abs(a), Math.abs(ord) === 1 ? -2 : -1))
}
/**
 * The condition number ‖A‖ ‖A⁻¹‖; for ±2 (the default is 2) the ratio of the extreme singular values, and A `[..., m, n]` need not be
 * square.
 */
export const conditionNumber = (a: Node, ord: MatrixOrd = 2): Node => {
  requireOrd('cond', ord)
  if (typeof ord === 'string' || Math.abs(ord) !== 2) {
    requireSquare('cond', a)
    return mul(measured('cond', a, ord), measured('cond', inverseOf('cond', a), ord))
  }
  const s = singularValues(a, 'cond')
  return ord > 0 ? div(max(s, -1), min(s, -1)) : div(min(s, -1), max(s, -1))
}

// --- the exponential -----------------------------------------------------------------------------------------------------

/** Up to this 1-norm the approximant of degree 13 is exact to 2⁻⁵³: Higham 2005, table 2.3. */
const largestNorm = 5.371920351148152
const degree = 13

/** Coefficients of the numerator of the diagonal Padé approximant to eˣ, from 1 on: Higham 2005, equation 2.1. */
const padeCoefficients = (): number[] => {
  const c = [1]
  for (let j = 1; j <= degree; j++) c.push((c[j - 1]! * (degree - j + 1)) / (j * (2 * degree - j + 1)))
  return c
}
const oneNorm = ({ rows, columns, data }: Dense): number => {
  let most = 0
  for (let j = 0; j < columns; j++) {
    let total = 0
    for (let i = 0; i < rows; i++) total += Math.abs(data[i * columns + j]!)
    // A NaN stays.
    most = total <= most ? most : total
  }
  return most
}
/** eᴬ by scaling and squaring: Higham 2005, algorithm 2.3, always with the degree 13. */
const exponential = (a: Dense): Float64Array => {
  const size = oneNorm(a)
  if (!Number.isFinite(size)) return a.data.map(() => Number.NaN)
  const halvings = Math.max(0, Math.ceil(Math.log2(size / largestNorm)))
  const x = dense(
    a.rows,
    a.columns,
    a.data.map(v => v * 2 ** -halvings),
  )
  const square = product(x, x)
  const coefficients = padeCoefficients()
  const [even, odd] = [dense(a.rows, a.columns), dense(a.rows, a.columns)]
  let power = identity(a.rows)
  for (let j = 0; j <= degree; j += 2) {
    for (let i = 0; i < power.data.length; i++) {
      even.data[i]! += coefficients[j]! * power.data[i]!
      odd.data[i]! += coefficients[j + 1]! * power.data[i]!
    }
    power = product(power, square)
  }
  const u = product(x, odd)
  const above = dense(
    a.rows,
    a.columns,
    even.data.map((v, i) => v + u.data[i]!),
  )
  const below = dense(
    a.rows,
    a.columns,
    even.data.map((v, i) => v - u.data[i]!),
  )
  let result = dense(a.rows, a.columns, luSolve(luFactors(below), above))
  for (let k = 0; k < halvings; k++) result = product(result, result)
  return result.data
}

const matrixExpOp: Op = {
  name: 'matrixExp',
  formula: 'eᴬ = Σ Aᵏ/k!',
  source: 'Higham 2005, algorithm 2.3; the gradient: Najfeld & Havel 1995, theorem 4.2',
  host: () => true,
  infer: ([a]) => {
    requireSquare('matrixExp', a!)
    return { shape: a!.shape, dtype: a!.dtype }
  },
  // The upper right block of the exponential of [[Aᵀ, g], [0, Aᵀ]].
  vjp: (g, [a]) => {
    const [at, n, ndim] = [transpose(a!), a!.shape.at(-1)!, a!.shape.length]
    const block = concat([concat([at, g], ndim - 1), concat([fullLike(at, 0), at], ndim - 1)], ndim - 2)
    return [sliceAxis(sliceAxis(apply(matrixExpOp, [block], {}), ndim - 2, 0, n), ndim - 1, n, 2 * n)]
  },
  kernel: ([a], out) => forEachMatrix([a!], [out], ([matrix]) => [exponential(matrix!)]),
  batch: ([a]) => apply(matrixExpOp, [a!], {}),
  checks: {
    samples: [
      { inputs: [{ shape: [3, 3], domain: [-1, 1] }] },
      { inputs: [{ shape: [2, 2, 2] }] },
      { inputs: [{ shape: [2, 2], domain: [-6, 0] }] },
    ],
  },
}
/** The matrix exponential eᴬ of A `[..., n, n]`. */
export const matrixExp = (a: Node): Node => apply(matrixExpOp, [a], {})

export const matrixFunctionOps: readonly Op[] = [pinvOp, matrixExpOp] as unknown as readonly Op[]
