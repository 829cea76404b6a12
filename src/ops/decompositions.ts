import { ArgumentError, GradientError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import type { Node, TensorType } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add, neg, sub } from './arithmetic.ts'
import { applyTuple } from './apply.ts'
import { transpose } from './broadcast.ts'
import { matmul } from './linear-algebra.ts'
import { dense, forEachMatrix, householder, luFactors } from './matrix-kernels.ts'
import { addParts, requireMatrix, requireSquare } from './matrix-nodes.ts'
import { concat, sliceAxis } from './movement.ts'
import { tril, triu } from './products.ts'
import { solveTriangle } from './solve.ts'

/** Sizes of the last two axes put in the place of others. */
const sized = ({ shape, dtype }: TensorType, ...last: readonly number[]): TensorType => ({
  shape: [...shape.slice(0, -2), ...last],
  dtype,
})

// --- QR ------------------------------------------------------------------------------------------------------------------

export type QrMode = 'reduced' | 'complete'
type QrAttrs = { readonly mode: QrMode }

/** X R⁻ᵀ. */
const timesInverseTransposed = (caller: string, x: Node, r: Node): Node =>
  transpose(solveTriangle(caller, r, transpose(x), { upper: true }))
const columns = (x: Node, start: number, end: number): Node => sliceAxis(x, x.shape.length - 1, start, end)

/** The gradient by A = Q R with at least as many rows as columns: `(gQ + Q copyltu(R gRᵀ − gQᵀ Q)) R⁻ᵀ`. */
const tallQrGradient = (gq: Node | null, gr: Node | null, q: Node, r: Node): Node => {
  const inner = addParts([gr && matmul(r, transpose(gr)), gq && neg(matmul(transpose(gq), q))])!
  const mirrored = add(tril(inner), transpose(tril(inner, -1)))
  const total = addParts([gq, matmul(q, mirrored)])!
  return timesInverseTransposed('qr', total, r)
}
/** With more columns than rows, `A = [X Y] = Q [U V]`: V = Qᵀ Y carries its gradient to Y and to Q. */
const wideQrGradient = (gq: Node | null, gr: Node | null, a: Node, q: Node, r: Node): Node => {
  const [m, n] = a.shape.slice(-2) as [number, number]
  const gv = gr && columns(gr, m, n)
  const y = columns(a, m, n)
  const whole = addParts([gq, gv && matmul(y, transpose(gv))])
  const gx = tallQrGradient(whole, gr && columns(gr, 0, m), q, columns(r, 0, m))
  const gy = gv ? matmul(q, gv) : sub(y, y)
  return concat([gx, gy], a.shape.length - 1)
}

const qrTypes = (a: TensorType, { mode }: QrAttrs): readonly TensorType[] => {
  const [m, n] = requireMatrix('qr', a)
  const k = mode === 'complete' ? m : Math.min(m, n)
  return [sized(a, m, k), sized(a, k, n)]
}
const qrOp: Op<QrAttrs> = {
  name: 'qr',
  formula: 'A = Q R, the columns of Q orthonormal, R upper triangular',
  source: 'Golub & Van Loan 2013, section 5.2; the gradient: Walter & Lehmann 2010, Roberts & Roberts 2020',
  host: () => true,
  infer: ([a], attrs) => qrTypes(a!, attrs)[0]!,
  tuple: {
    types: ([a], attrs) => qrTypes(a!, attrs),
    vjp: ([gq = null, gr = null], [a], [q, r], { mode }) => {
      const [m, n] = a!.shape.slice(-2) as [number, number]
      if (mode === 'complete' && m > n) {
        throw new GradientError(
          `qr: the complete Q of A ${show(a!.shape)} has ${m - n} columns that A does not determine, so it has no gradient. Use the reduced mode.`,
          { shape: a!.shape },
        )
      }
      return [m >= n ? tallQrGradient(gq, gr, q!, r!) : wideQrGradient(gq, gr, a!, q!, r!)]
    },
    kernel: ([a], outs) =>
      forEachMatrix([a!], outs, ([matrix]) => {
        const { q, r } = householder(matrix!, outs[0]!.shape.at(-1)!)
        return [q.data, r.data.subarray(0, q.columns * r.columns)]
      }),
    batch: ([a], _batched, attrs) => applyTuple(qrOp, [a!], attrs),
  },
  checks: {
    samples: [
      { inputs: [{ shape: [3, 3], diagonal: 3 }], attrs: { mode: 'reduced' } },
      { inputs: [{ shape: [2, 4, 2], diagonal: 3 }], attrs: { mode: 'reduced' } },
      { inputs: [{ shape: [2, 4], diagonal: 3 }], attrs: { mode: 'complete' } },
    ],
  },
}
/**
 * `A = Q R`: A `[..., m, n]` → q `[..., m, k]` with orthonormal columns and r `[..., k, n]` upper triangular, k = min(m, n), or m in the
 * complete mode. Signs are LAPACK's.
 */
export const qr = (a: Node, mode: QrMode = 'reduced'): { q: Node; r: Node } => {
  if (mode !== 'reduced' && mode !== 'complete')
    throw new ArgumentError(`qr: mode must be 'reduced' or 'complete'; got ${mode}.`, { mode })
  const [q, r] = applyTuple(qrOp, [a], { mode })
  return { q: q!, r: r! }
}

// --- LU ------------------------------------------------------------------------------------------------------------------

const luTypes = (a: TensorType): readonly TensorType[] => {
  const n = requireSquare('lu', a)
  return [sized(a, n, n), sized(a, n, n), sized(a, n, n)]
}
const luOp: Op = {
  name: 'lu',
  formula: 'A = P L U, P a permutation, L lower triangular with ones on its diagonal, U upper triangular',
  source: 'Golub & Van Loan 2013, algorithm 3.4.1; the gradient: Axelsson 2021, de Hoog, Anderssen & Lukas 2011',
  host: () => true,
  infer: ([a]) => luTypes(a!)[0]!,
  tuple: {
    types: ([a]) => luTypes(a!),
    // P L⁻ᵀ (tril(Lᵀ gL, −1) + triu(gU Uᵀ)) U⁻ᵀ
    vjp: ([, gl = null, gu = null], _inputs, [p, l, u]) => {
      const inner = addParts([gl && tril(matmul(transpose(l!), gl), -1), gu && triu(matmul(gu, transpose(u!)))])
      if (!inner) return [null]
      const left = solveTriangle('lu', l!, inner, { transpose: true, unitDiagonal: true })
      return [matmul(p!, timesInverseTransposed('lu', left, u!))]
    },
    kernel: ([a], outs) =>
      forEachMatrix([a!], outs, ([matrix]) => {
        const n = matrix!.rows
        const { lu, order } = luFactors(matrix!)
        const [p, l, u] = [dense(n, n).data, dense(n, n).data, dense(n, n).data]
        for (const [i, from] of order.entries()) {
          p[from * n + i] = 1
          l[i * n + i] = 1
          for (let j = 0; j < n; j++) (j < i ? l : u)[i * n + j] = lu.data[i * n + j]!
        }
        return [p, l, u]
      }),
    batch: ([a]) => applyTuple(luOp, [a!], {}),
  },
  checks: { samples: [{ inputs: [{ shape: [3, 3], diagonal: 3 }] }, { inputs: [{ shape: [2, 2, 2], diagonal: 3 }] }] },
}
/** `A = P L U` by elimination with the largest pivot of each column: A `[..., n, n]` → three of that shape. */
export const lu = (a: Node): { p: Node; l: Node; u: Node } => {
  const [p, l, u] = applyTuple(luOp, [a], {})
  return { p: p!, l: l!, u: u! }
}

export const decompositionOps: readonly Op[] = [qrOp, luOp] as unknown as readonly Op[]
