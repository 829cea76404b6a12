import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import { applyRight, type BlockReflector, blockReflector, blockSize, reflection } from './block-reflector.ts'
import { requireFinite } from './finite.ts'

// Matrices are kept as their columns, one after the other: row j of a transposed matrix is column j.

/** Makes the reflections of some columns, applying each to those after it at once. */
const factorPanel = (columns: Dense, first: number, end: number): BlockReflector => {
  const { columns: m, data } = columns
  const v = dense(end - first, m)
  const tau = new Float64Array(end - first)
  for (let k = first; k < end; k++) {
    const x = v.data.subarray((k - first) * m, (k - first + 1) * m)
    x.set(data.subarray(k * m + k, (k + 1) * m), k)
    const found = reflection(x, [k, m], k)
    tau[k - first] = found.tau
    data[k * m + k] = found.beta
    data.fill(0, k * m + k + 1, (k + 1) * m)
    for (let j = k + 1; j < end; j++) {
      let total = 0
      for (let i = k; i < m; i++) total += x[i]! * data[j * m + i]!
      total *= found.tau
      for (let i = k; i < m; i++) data[j * m + i]! -= total * x[i]!
    }
  }
  return blockReflector(v, tau)
}

/** Reduces the first `count` of the columns to upper triangular form, applying the same to the others. */
const factor = (columns: Dense, count: number): BlockReflector[] => {
  const { rows: n, columns: m, data } = columns
  const blocks: BlockReflector[] = []
  const steps = Math.min(count, m)
  for (let first = 0; first < steps; first += blockSize) {
    const end = Math.min(first + blockSize, steps)
    const block = factorPanel(columns, first, end)
    if (end < n) applyRight(block, dense(n - end, m, data.subarray(end * m)))
    blocks.push(block)
  }
  return blocks
}

/** The first rows of some columns, as a matrix. */
const top = ({ columns: m, data }: Dense, from: number, to: number, rows: number): Dense => {
  const out = dense(rows, to - from)
  for (let j = from; j < to; j++) for (let i = 0; i < rows; i++) out.data[i * (to - from) + j - from] = data[j * m + i]!
  return out
}

/**
 * `A = Q R`, Q with orthonormal columns and R upper triangular, with LAPACK's signs.
 *
 * **Shape** a: `[m, n]` → q `[m, k]`, r `[k, n]`, k = min(m, n).
 *
 * @throws ArgumentError for NaN and infinity
 *
 * Source: Golub & Van Loan 2013, section 5.2.3 (blocked Householder).
 */
export const qr = (a: Dense): { readonly q: Dense; readonly r: Dense } => {
  requireFinite('qr', a)
  const [m, n] = [a.rows, a.columns]
  const k = Math.min(m, n)
  const columns = transposed(a)
  const blocks = factor(columns, n)
  const q = dense(k, m)
  for (let i = 0; i < k; i++) q.data[i * m + i] = 1
  for (const block of blocks.reverse()) applyRight(block, q, true)
  return { q: transposed(q), r: top(columns, 0, n, k) }
}

/** For k rows of length 1 at right angles, `[k, m]`, further m − k such rows. */
export const complement = (rows: Dense): Dense => {
  const { rows: k, columns: m } = rows
  const blocks = factor(dense(k, m, rows.data.slice()), k)
  const out = dense(m - k, m)
  for (let i = k; i < m; i++) out.data[(i - k) * m + i] = 1
  for (const block of blocks.reverse()) applyRight(block, out, true)
  return out
}

/** R of `A = Q R` and `Qᵀ B`, without Q. */
export const triangularSystem = (a: Dense, b: Dense): { readonly r: Dense; readonly qtb: Dense } => {
  const [m, n] = [a.rows, a.columns]
  const k = Math.min(m, n)
  const columns = dense(n + b.columns, m)
  columns.data.set(transposed(a).data)
  columns.data.set(transposed(b).data, n * m)
  factor(columns, n)
  return { r: top(columns, 0, n, k), qtb: top(columns, n, n + b.columns, k) }
}

/** `A P = Q R`, the diagonal of R falling in size. */
export interface PivotedQr {
  readonly r: Dense
  /** Column j of R is column `order[j]` of A. */
  readonly order: Int32Array
  /** `Qᵀ B`. */
  readonly qtb: Dense
}

/** By taking the longest column left at each step (Businger & Golub 1965). */
export const pivotedQr = (a: Dense, b: Dense): PivotedQr => {
  const [m, n] = [a.rows, a.columns]
  const columns = transposed(a)
  const right = transposed(b)
  const order = Int32Array.from({ length: n }, (_, j) => j)
  const columnOf = (j: number): Float64Array => columns.data.subarray(j * m, (j + 1) * m)
  const lengthFrom = (x: Float64Array, k: number): number => {
    let total = 0
    for (let i = k; i < m; i++) total += x[i]! * x[i]!
    return total
  }
  for (let k = 0; k < Math.min(m, n); k++) {
    let [longest, most] = [k, -1]
    for (let j = k; j < n; j++) {
      const length = lengthFrom(columnOf(j), k)
      if (length > most) [longest, most] = [j, length]
    }
    if (longest !== k) {
      const held = columnOf(k).slice()
      columnOf(k).set(columnOf(longest))
      columnOf(longest).set(held)
      ;[order[k], order[longest]] = [order[longest]!, order[k]!]
    }
    const x = columnOf(k)
    const { beta, tau } = reflection(x, [k, m], k)
    const apply = (y: Float64Array): void => {
      let total = 0
      for (let i = k; i < m; i++) total += x[i]! * y[i]!
      for (let i = k; i < m; i++) y[i]! -= tau * total * x[i]!
    }
    for (let j = k + 1; j < n; j++) apply(columnOf(j))
    for (let j = 0; j < b.columns; j++) apply(right.data.subarray(j * m, (j + 1) * m))
    x.fill(0, k + 1)
    x[k] = beta
  }
  const k = Math.min(m, n)
  return { r: top(columns, 0, n, k), order, qtb: top(right, 0, b.columns, k) }
}
