import { ArgumentError } from '../core/errors.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add, arange, constant, greaterEqual, mul, neg, sub, where } from './arithmetic.ts'
import { apply } from './apply.ts'
import { allBatched } from './batch-axes.ts'
import { transpose } from './broadcast.ts'
import { matmul } from './linear-algebra.ts'
import {
  choleskyFactor,
  dense,
  forEachMatrix,
  luFactors,
  luSolve,
  substitute,
  symmetricPart,
  transposed,
  type Triangle,
} from './matrix-kernels.ts'
import { eyes, requireRows, requireSquare, symmetrized, times, withColumns } from './matrix-nodes.ts'
import { expandDims } from './movement.ts'
import { tril, triu } from './products.ts'
import { stopGradient } from './reduce.ts'
import { isFinite as finite } from './rounding.ts'

/** The lower triangle with half of the diagonal: Φ of Murray 2016. */
const lowerHalf = (x: Node): Node => {
  const n = x.shape.at(-1)!
  const diagonal = eyes(x, [], n)
  return mul(tril(x), sub(constant(1, x.dtype), times(diagonal, 0.5)))
}

const choleskyOp: Op = {
  name: 'cholesky',
  formula: 'L with L Lᵀ = (A + Aᵀ)/2, lower triangular with a positive diagonal',
  source: 'Golub & Van Loan 2013, section 4.2; the gradient: Murray 2016, equation 10',
  host: () => true,
  infer: ([a]) => {
    requireSquare('cholesky', a!)
    return { shape: a!.shape, dtype: a!.dtype }
  },
  // The symmetric part of L⁻ᵀ Φ(Lᵀ g) L⁻¹.
  vjp: (g, _inputs, l) => {
    const left = solveTriangle('cholesky', l, lowerHalf(matmul(transpose(l), g)), { transpose: true })
    return [symmetrized(solveTriangle('cholesky', l, transpose(left), { transpose: true }))]
  },
  kernel: ([a], out) =>
    forEachMatrix([a!], [out], ([matrix], name) => {
      const { l, failed } = choleskyFactor(symmetricPart(matrix!))
      if (failed) {
        throw new ArgumentError(
          `cholesky: ${name} is not positive definite: pivot ${failed.at} is ${failed.pivot}. All pivots must be above 0; a small multiple of the identity added to A may help.`,
          { matrix: name, ...failed },
        )
      }
      return [l]
    }),
  batch: ([a]) => apply(choleskyOp, [a!], {}),
  checks: {
    samples: [
      { inputs: [{ shape: [3, 3], domain: [-1, 1], diagonal: 3 }] },
      { inputs: [{ shape: [2, 2, 2], domain: [-1, 1], diagonal: 2.5 }] },
      { inputs: [{ shape: [1, 1], domain: [1, 2] }] },
    ],
  },
}
/**
 * A as if its upper triangle mirrored the lower one. The gradient goes to both alike, as in PyTorch: it is that of the symmetric matrix,
 * not of one triangle.
 */
export const fromLowerTriangle = (a: Node): Node => {
  const n = a.shape.at(-1)!
  const i = arange(n, 'int32')
  // 0 with the slope of a: not even a NaN is read.
  const slope = where(finite(a), a, constant(0, a.dtype))
  const upper = add(stopGradient(transpose(a)), sub(slope, stopGradient(slope)))
  return where(greaterEqual(expandDims(i, 1), i), a, upper)
}
/**
 * The lower triangular L with a positive diagonal and `A = L Lᵀ`: A `[..., n, n]`, symmetric positive definite; only its lower triangle is
 * read. The gradient is symmetric.
 */
export const cholesky = (a: Node): Node => {
  requireSquare('cholesky', a)
  return apply(choleskyOp, [fromLowerTriangle(a)], {})
}

type TriangleAttrs = Triangle & { readonly caller: string }
const triangularSolveOp: Op<TriangleAttrs> = {
  name: 'triangularSolve',
  formula: 'X with A X = B (or Aᵀ X = B), A triangular',
  source: 'Golub & Van Loan 2013, section 3.1; the gradient: Giles 2008, section 2.2.3',
  host: () => true,
  infer: ([a, b], { caller }) => {
    requireSquare(caller, a!)
    requireRows(caller, a!, b!)
    return { shape: b!.shape, dtype: b!.dtype }
  },
  vjp: (g, [a], x, attrs) => {
    const { upper, transpose: flipped, unitDiagonal } = attrs
    const gb = apply(triangularSolveOp, [a!, g], { ...attrs, transpose: !flipped })
    const ga = neg(flipped ? matmul(x, transpose(gb)) : matmul(gb, transpose(x)))
    return [upper ? triu(ga, unitDiagonal ? 1 : 0) : tril(ga, unitDiagonal ? -1 : 0), gb]
  },
  kernel: ([a, b], out, attrs) =>
    forEachMatrix([a!, b!], [out], ([matrix, columns], name) => {
      const { rows: n, data } = matrix!
      const zero = attrs.unitDiagonal ? -1 : Array.from({ length: n }, (_, i) => data[i * n + i]!).indexOf(0)
      if (zero >= 0) throw singular(attrs.caller, name, zero)
      return [substitute(matrix!, columns!, attrs)]
    }),
  batch: (inputs, batched, attrs) => apply(triangularSolveOp, allBatched(inputs, batched), attrs),
  checks: {
    samples: [
      { upper: false, transpose: false, unitDiagonal: false },
      { upper: true, transpose: false, unitDiagonal: true },
      { upper: true, transpose: true, unitDiagonal: false },
      { upper: false, transpose: true, unitDiagonal: true },
    ].map((attrs, i) => {
      const batch = i === 0 ? [2] : []
      return {
        inputs: [{ shape: [...batch, 3, 3], domain: [-1, 1], diagonal: 3 }, { shape: [...batch, 3, 2] }],
        attrs: { ...attrs, caller: 'triangularSolve' },
      }
    }),
  },
}
/** The error of a matrix without an inverse, found when its values are computed. */
export const singular = (caller: string, matrix: string, pivot: number): ArgumentError =>
  new ArgumentError(
    `${caller}: ${matrix} is singular: pivot ${pivot} is 0. A must have an inverse; pinv and lstsq take any matrix.`,
    { matrix, pivot },
  )

export interface TriangularOptions {
  /** A is upper triangular, else lower. Default false. */
  readonly upper?: boolean
  /** Solve `Aᵀ X = B`. Default false. */
  readonly transpose?: boolean
  /** The diagonal of A counts as ones and is not read. Default false. */
  readonly unitDiagonal?: boolean
}
/** {@link triangularSolve} within another operation, whose name errors bear. */
export const solveTriangle = (caller: string, a: Node, b: Node, options: TriangularOptions = {}): Node => {
  const { upper = false, transpose: flipped = false, unitDiagonal = false } = options
  return withColumns(caller, a, b, (x, y) =>
    apply(triangularSolveOp, [x, y], { upper, transpose: flipped, unitDiagonal, caller }),
  )
}
/** X with `A X = B` for a triangular A `[..., n, n]`; B is `[..., n, k]`, or a vector `[n]`. The other triangle is not read. */
export const triangularSolve = (a: Node, b: Node, options: TriangularOptions = {}): Node => {
  requireSquare('triangularSolve', a)
  return solveTriangle('triangularSolve', a, b, options)
}

type SolveAttrs = { readonly transpose: boolean; readonly caller: string }
const solveOp: Op<SolveAttrs> = {
  name: 'solve',
  formula: 'X with A X = B (or Aᵀ X = B)',
  source: 'Golub & Van Loan 2013, section 3.4; the gradient: Giles 2008, section 2.3.1',
  host: () => true,
  infer: ([a, b], { caller }) => {
    requireSquare(caller, a!)
    requireRows(caller, a!, b!)
    return { shape: b!.shape, dtype: b!.dtype }
  },
  vjp: (g, [a], x, { transpose: flipped, caller }) => {
    const gb = apply(solveOp, [a!, g], { transpose: !flipped, caller })
    return [neg(flipped ? matmul(x, transpose(gb)) : matmul(gb, transpose(x))), gb]
  },
  kernel: ([a, b], out, { transpose: flipped, caller }) =>
    forEachMatrix([a!, b!], [out], ([matrix, columns], name) => {
      const factors = luFactors(flipped ? transposed(matrix!) : matrix!)
      if (factors.singularAt >= 0) throw singular(caller, name, factors.singularAt)
      return [luSolve(factors, dense(columns!.rows, columns!.columns, columns!.data))]
    }),
  batch: (inputs, batched, attrs) => apply(solveOp, allBatched(inputs, batched), attrs),
  checks: {
    samples: [
      {
        inputs: [{ shape: [3, 3], domain: [-1, 1], diagonal: 3 }, { shape: [3, 2] }],
        attrs: { transpose: false, caller: 'solve' },
      },
      {
        inputs: [{ shape: [2, 2, 2], domain: [-1, 1], diagonal: 2.5 }, { shape: [2, 2, 1] }],
        attrs: { transpose: true, caller: 'solve' },
      },
    ],
  },
}
const solveAs = (caller: string, a: Node, b: Node): Node =>
  withColumns(caller, a, b, (x, y) => apply(solveOp, [x, y], { transpose: false, caller }))

/** X with `A X = B`: A `[..., n, n]` with an inverse, B `[..., n, k]` or a vector `[n]`. Leading axes broadcast. */
export const solve = (a: Node, b: Node): Node => {
  requireSquare('solve', a)
  return solveAs('solve', a, b)
}
/** {@link inv} within another operation, whose name errors bear. */
export const inverseOf = (caller: string, a: Node): Node => solveAs(caller, a, eyes(a, [], requireSquare(caller, a)))
/** The inverse of A `[..., n, n]`. */
export const inv = (a: Node): Node => inverseOf('inv', a)

export const solveOps: readonly Op[] = [choleskyOp, triangularSolveOp, solveOp] as unknown as readonly Op[]
