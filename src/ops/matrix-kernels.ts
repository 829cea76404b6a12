import { type Shape, sizeOf } from '../core/shape.ts'
import type { NdArray } from '../graph/op.ts'

// Plain loops over one matrix at a time, in float64 and row-major order: what the operations of linear algebra run on the host.

/** One matrix of a batch. */
export interface Dense {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
}

export const dense = (rows: number, columns: number, data: Float64Array = new Float64Array(rows * columns)): Dense => ({
  rows,
  columns,
  data,
})
export const identity = (n: number): Dense => {
  const out = dense(n, n)
  for (let i = 0; i < n; i++) out.data[i * n + i] = 1
  return out
}
export const transposed = ({ rows, columns, data }: Dense): Dense => {
  const out = dense(columns, rows)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out.data[j * rows + i] = data[i * columns + j]!
  return out
}
export const product = (a: Dense, b: Dense): Dense => {
  const out = dense(a.rows, b.columns)
  for (let i = 0; i < a.rows; i++)
    for (let k = 0; k < a.columns; k++) {
      const x = a.data[i * a.columns + k]!
      for (let j = 0; j < b.columns; j++) out.data[i * b.columns + j]! += x * b.data[k * b.columns + j]!
    }
  return out
}
/** The mean of a matrix and its transpose. */
export const symmetricPart = ({ rows: n, data }: Dense): Dense => {
  const out = dense(n, n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) out.data[i * n + j] = data[i * n + j]! / 2 + data[j * n + i]! / 2
  return out
}

/** `A`, or in a batch `A[1, 0]`: which matrix an error is about. */
export const matrixName = (batch: Shape, position: number): string => {
  if (batch.length === 0) return 'A'
  let rest = position
  const index = [...batch].reverse().map(n => {
    const i = rest % n
    rest = Math.floor(rest / n)
    return i
  })
  return `A[${index.reverse().join(', ')}]`
}

/** Runs `f` for each matrix of the batch; it returns the values of each result. All inputs have the same leading axes. */
export const forEachMatrix = (
  inputs: readonly NdArray[],
  outs: readonly NdArray[],
  f: (matrices: readonly Dense[], name: string) => readonly ArrayLike<number>[],
): void => {
  const batch = inputs[0]!.shape.slice(0, -2)
  const count = sizeOf(batch)
  for (let e = 0; e < count; e++) {
    const matrices = inputs.map(({ shape, data }) => {
      const [rows, columns] = shape.slice(-2) as [number, number]
      const size = rows * columns
      return dense(rows, columns, Float64Array.from(data.subarray(e * size, (e + 1) * size)))
    })
    for (const [k, values] of f(matrices, matrixName(batch, e)).entries())
      (outs[k]!.data as Float64Array).set(values, e * values.length)
  }
}

/** A factor L of a positive definite matrix, from its lower triangle; or the first pivot that is not above 0. */
export const choleskyFactor = ({
  rows: n,
  data,
}: Dense): { readonly l: Float64Array; readonly failed: { readonly at: number; readonly pivot: number } | null } => {
  const l = new Float64Array(n * n)
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let total = data[i * n + j]!
      for (let k = 0; k < j; k++) total -= l[i * n + k]! * l[j * n + k]!
      if (i === j && !(total > 0)) return { l, failed: { at: j, pivot: total } }
      l[i * n + j] = i === j ? Math.sqrt(total) : total / l[j * n + j]!
    }
  }
  return { l, failed: null }
}

/** A matrix as rows in another order, split into triangles: row i of `L U` is row `order[i]` of the matrix. */
export interface LuFactors {
  /** U, and below its diagonal L without its ones. */
  readonly lu: Dense
  readonly order: readonly number[]
  /** Of the order: 1 if even, else −1. */
  readonly sign: number
  /** The first pivot that is 0, or −1. */
  readonly singularAt: number
}
/** By Gauss's elimination with the largest pivot of each column (Golub & Van Loan 2013, algorithm 3.4.1); m × n. */
export const luFactors = (a: Dense): LuFactors => {
  const { rows: m, columns: n } = a
  const lu = dense(m, n, a.data.slice())
  const x = lu.data
  const order = Array.from({ length: m }, (_, i) => i)
  let sign = 1
  let singularAt = -1
  for (let k = 0; k < Math.min(m, n); k++) {
    let p = k
    for (let i = k + 1; i < m; i++) if (Math.abs(x[i * n + k]!) > Math.abs(x[p * n + k]!)) p = i
    if (p !== k) {
      for (let j = 0; j < n; j++) [x[k * n + j], x[p * n + j]] = [x[p * n + j]!, x[k * n + j]!]
      ;[order[k], order[p]] = [order[p]!, order[k]!]
      sign = -sign
    }
    const pivot = x[k * n + k]!
    if (pivot === 0) {
      if (singularAt < 0) singularAt = k
      continue
    }
    for (let i = k + 1; i < m; i++) {
      const factor = x[i * n + k]! / pivot
      x[i * n + k] = factor
      for (let j = k + 1; j < n; j++) x[i * n + j]! -= factor * x[k * n + j]!
    }
  }
  return { lu, order, sign, singularAt }
}

/** Which triangle is read, and how. */
export type Triangle = { readonly upper: boolean; readonly transpose: boolean; readonly unitDiagonal: boolean }
/** X with `A X = B` (or `Aᵀ X = B`) by substitution. */
export const substitute = (
  { rows: n, data }: Dense,
  b: Dense,
  { upper, transpose, unitDiagonal }: Triangle,
): Float64Array => {
  const x = b.data.slice()
  const k = b.columns
  const forward = upper === transpose
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step
    for (let before = 0; before < step; before++) {
      const j = forward ? before : n - 1 - before
      const factor = transpose ? data[j * n + i]! : data[i * n + j]!
      for (let c = 0; c < k; c++) x[i * k + c]! -= factor * x[j * k + c]!
    }
    if (!unitDiagonal) for (let c = 0; c < k; c++) x[i * k + c]! /= data[i * n + i]!
  }
  return x
}

/** X with `A X = B` from the factors of A. */
export const luSolve = ({ lu, order }: LuFactors, b: Dense): Float64Array => {
  const k = b.columns
  const moved = dense(b.rows, k)
  for (const [i, from] of order.entries()) moved.data.set(b.data.subarray(from * k, (from + 1) * k), i * k)
  const y = substitute(lu, moved, { upper: false, transpose: false, unitDiagonal: true })
  return substitute(lu, dense(b.rows, k, y), { upper: true, transpose: false, unitDiagonal: false })
}

/** Reflections `H = I − τ v vᵀ` that turn a matrix into R: v below the diagonal with a 1 on it. */
const reflect = (x: Dense, v: Float64Array, tau: number, from: number, firstColumn: number): void => {
  const { rows: m, columns: n, data } = x
  for (let j = firstColumn; j < n; j++) {
    let total = 0
    for (let i = from; i < m; i++) total += v[i]! * data[i * n + j]!
    for (let i = from; i < m; i++) data[i * n + j]! -= tau * total * v[i]!
  }
}
/**
 * Q (its first `width` columns) and R by Householder's reflections, with LAPACK's signs (dlarfg): the diagonal of R has the sign opposite
 * to that of the element reflected.
 */
export const householder = (a: Dense, width: number): { readonly q: Dense; readonly r: Dense } => {
  const { rows: m, columns: n } = a
  const r = dense(m, n, a.data.slice())
  const reflections: { v: Float64Array; tau: number }[] = []
  for (let k = 0; k < Math.min(m, n); k++) {
    const v = new Float64Array(m)
    v[k] = 1
    const alpha = r.data[k * n + k]!
    let rest = 0
    for (let i = k + 1; i < m; i++) rest = Math.hypot(rest, r.data[i * n + k]!)
    const beta = alpha < 0 ? Math.hypot(alpha, rest) : -Math.hypot(alpha, rest)
    const tau = rest === 0 ? 0 : (beta - alpha) / beta
    if (tau !== 0) for (let i = k + 1; i < m; i++) v[i] = r.data[i * n + k]! / (alpha - beta)
    reflect(r, v, tau, k, k)
    for (let i = k + 1; i < m; i++) r.data[i * n + k] = 0
    reflections.push({ v, tau })
  }
  const q = dense(m, width)
  for (let i = 0; i < Math.min(m, width); i++) q.data[i * width + i] = 1
  for (const [k, { v, tau }] of [...reflections.entries()].reverse()) reflect(q, v, tau, k, 0)
  return { q, r }
}
