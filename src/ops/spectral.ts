import { ArgumentError, GradientError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import type { Node, TensorType } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add, mul, sub } from './arithmetic.ts'
import { applyTuple } from './apply.ts'
import { transpose } from './broadcast.ts'
import { matmul } from './linear-algebra.ts'
import { type Dense, forEachMatrix, symmetricPart, transposed } from './matrix-kernels.ts'
import {
  addParts,
  asColumn,
  asRow,
  quotient,
  requireMatrix,
  requireSquare,
  symmetrized,
  times,
} from './matrix-nodes.ts'
import { diag } from './products.ts'
import { fromLowerTriangle } from './solve.ts'
import { allFinite, singularValueDecomposition, symmetricEigen } from './spectral-kernels.ts'

/** Iterations would not end on NaN. */
export const requireFinite = (where: string, matrix: Dense, name: string): void => {
  if (allFinite(matrix)) return
  throw new ArgumentError(`${where}: ${name} has elements that are NaN or infinite. All must be finite.`, {
    matrix: name,
  })
}

// --- eigenvalues ---------------------------------------------------------------------------------------------------------

/** (X − Xᵀ)/2 divided by the gaps: how the vectors turn towards each other. */
const turning = (x: Node, gaps: Node): Node => quotient(times(sub(x, transpose(x)), 0.5), gaps, x)

const eighTypes = (a: TensorType): readonly TensorType[] => {
  requireSquare('eigh', a)
  return [
    { shape: a.shape.slice(0, -1), dtype: a.dtype },
    { shape: a.shape, dtype: a.dtype },
  ]
}
const eighOp: Op = {
  name: 'eigh',
  formula: '(A + Aᵀ)/2 = V diag(λ) Vᵀ, λ ascending, V orthogonal',
  source: "Golub & Van Loan 2013, section 8.3 (EISPACK's tred2 and tql2); the gradient: Giles 2008, section 3.1",
  host: () => true,
  infer: ([a]) => eighTypes(a!)[0]!,
  tuple: {
    types: ([a]) => eighTypes(a!),
    // V (diag(gλ) + X / (λⱼ − λᵢ)) Vᵀ, X the skew part of Vᵀ gV: the other part changes no symmetric matrix.
    vjp: ([gValues = null, gVectors = null], _inputs, [values, v]) => {
      const gaps = sub(asRow(values!), asColumn(values!))
      const inner = addParts([gValues && diag(gValues), gVectors && turning(matmul(transpose(v!), gVectors), gaps)])!
      return [symmetrized(matmul(matmul(v!, inner), transpose(v!)))]
    },
    kernel: ([a], outs) =>
      forEachMatrix([a!], outs, ([matrix], name) => {
        requireFinite('eigh', matrix!, name)
        const { values, vectors } = symmetricEigen(symmetricPart(matrix!))
        return [values, vectors.data]
      }),
    batch: ([a]) => applyTuple(eighOp, [a!], {}),
  },
  checks: { samples: [{ inputs: [{ shape: [3, 3] }] }, { inputs: [{ shape: [2, 2, 2] }] }] },
}
/**
 * Eigenvalues (ascending) and vectors (the columns) of a symmetric A `[..., n, n]`, of which only the lower triangle is read:
 * `A = V diag(λ) Vᵀ`. The largest element of each vector is positive. The gradient is symmetric; where eigenvalues are equal it is known
 * only of functions that do not depend on the vectors chosen among them, and NaN for others.
 */
export const eigh = (a: Node): { values: Node; vectors: Node } => {
  requireSquare('eigh', a)
  const [values, vectors] = applyTuple(eighOp, [fromLowerTriangle(a)], {})
  return { values: values!, vectors: vectors! }
}

// --- singular values -----------------------------------------------------------------------------------------------------

type SvdAttrs = { readonly full: boolean; readonly caller: string }
const svdTypes = (a: TensorType, { full, caller }: SvdAttrs): readonly TensorType[] => {
  const [m, n] = requireMatrix(caller, a)
  const k = Math.min(m, n)
  const lead = a.shape.slice(0, -2)
  const sizes = [[m, full ? m : k], [k], [full ? n : k, n]]
  return sizes.map(last => ({ shape: [...lead, ...last], dtype: a.dtype }))
}
/** X − U Uᵀ X: what of X lies outside the columns of U. */
const outside = (u: Node, x: Node): Node => sub(x, matmul(u, matmul(transpose(u), x)))

/** The gradient of the reduced decomposition by A. */
const svdGradient = (
  [gu, gs, gvh]: readonly [gu: Node | null, gs: Node | null, gvh: Node | null],
  [u, s, vh]: readonly [u: Node, s: Node, vh: Node],
): Node => {
  const [row, column, k] = [asRow(s), asColumn(s), s.shape.at(-1)!]
  const gaps = mul(sub(row, column), add(row, column))
  const overGaps = (x: Node): Node => times(turning(x, gaps), 2)
  const inner = addParts([
    gs && diag(gs),
    gu && mul(overGaps(matmul(transpose(u), gu)), row),
    gvh && mul(column, overGaps(matmul(vh, transpose(gvh)))),
  ])!
  const beyond = (basis: Node, g: Node): Node => quotient(outside(basis, g), row, g)
  const beyondU = gu && u.shape.at(-2)! > k ? matmul(beyond(u, gu), vh) : null
  const beyondV = gvh && vh.shape.at(-1)! > k ? matmul(u, transpose(beyond(transpose(vh), transpose(gvh)))) : null
  return addParts([matmul(matmul(u, inner), vh), beyondU, beyondV])!
}
/** A basis in full has columns that A does not determine. */
const requireDetermined = (g: Node | null, name: string, a: Node): void => {
  const [m, n] = a.shape.slice(-2) as [number, number]
  if (!g || (name === 'u' ? m <= n : n <= m)) return
  throw new GradientError(
    `svd: the full ${name} of A ${show(a.shape)} has ${Math.abs(m - n)} vectors that A does not determine, so it has no gradient. Leave out fullMatrices.`,
    { shape: a.shape },
  )
}

const svdOp: Op<SvdAttrs> = {
  name: 'svd',
  formula: 'A = U diag(s) Vᵀ, s descending, the columns of U and V orthonormal',
  source: "Golub & Van Loan 2013, section 8.6 (LINPACK's dsvdc); the gradient: Townsend 2016",
  host: () => true,
  infer: ([a], attrs) => svdTypes(a!, attrs)[0]!,
  tuple: {
    types: ([a], attrs) => svdTypes(a!, attrs),
    vjp: ([gu = null, gs = null, gvh = null], [a], [u, s, vh], { full }) => {
      if (full) {
        requireDetermined(gu, 'u', a!)
        requireDetermined(gvh, 'vh', a!)
        const reduced = svd(a!)
        return [svdGradient([gu, gs, gvh], [gu ? u! : reduced.u, s!, gvh ? vh! : reduced.vh])]
      }
      return [svdGradient([gu, gs, gvh], [u!, s!, vh!])]
    },
    kernel: ([a], outs, { full, caller }) =>
      forEachMatrix([a!], outs, ([matrix], name) => {
        requireFinite(caller, matrix!, name)
        const { u, s, v } = singularValueDecomposition(matrix!, full)
        return [u.data, s, transposed(v).data]
      }),
    batch: ([a], _batched, attrs) => applyTuple(svdOp, [a!], attrs),
  },
  checks: {
    samples: [
      { inputs: [{ shape: [3, 3] }], attrs: { full: false, caller: 'svd' } },
      { inputs: [{ shape: [2, 4, 2] }], attrs: { full: false, caller: 'svd' } },
      { inputs: [{ shape: [2, 3] }], attrs: { full: false, caller: 'svd' } },
    ],
  },
}
export interface SvdOptions {
  /** Square U `[m, m]` and Vᵀ `[n, n]`. Default false: min(m, n) columns and rows. */
  readonly fullMatrices?: boolean
}
/**
 * `A = U diag(s) Vᵀ`: A `[..., m, n]` → u `[..., m, k]`, s `[..., k]` descending, vh `[..., k, n]`, k = min(m, n). The largest element of
 * each column of U is positive. Where singular values are equal or 0 the gradient is known only of functions that do not depend on the
 * vectors chosen among them, and NaN for others.
 */
export const svd = (a: Node, { fullMatrices = false }: SvdOptions = {}): { u: Node; s: Node; vh: Node } =>
  decomposed('svd', a, fullMatrices)
const decomposed = (caller: string, a: Node, full: boolean): { u: Node; s: Node; vh: Node } => {
  const [u, s, vh] = applyTuple(svdOp, [a], { full, caller })
  return { u: u!, s: s!, vh: vh! }
}
/** The singular values of A `[..., m, n]`, descending: `[..., min(m, n)]`. */
export const singularValues = (a: Node, caller = 'singularValues'): Node => decomposed(caller, a, false).s

export const spectralOps: readonly Op[] = [eighOp, svdOp] as unknown as readonly Op[]
