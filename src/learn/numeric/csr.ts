import { ShapeError } from '../../core/errors.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'

/** A sparse matrix by rows: row i has `data[k]` in column `indices[k]` for k from `indptr[i]` to `indptr[i + 1]` − 1; scipy's `csr_array`. */
export interface Csr {
  readonly rows: number
  readonly columns: number
  /** `rows + 1` places, ascending from 0. */
  readonly indptr: Int32Array
  /** Ascending within a row. */
  readonly indices: Int32Array
  readonly data: Float64Array
}

/** Whether a matrix is sparse. */
export const isCsr = (x: Dense | Csr): x is Csr => 'indptr' in x

export const csrFromDense = ({ rows, columns, data }: Dense): Csr => {
  const indptr = new Int32Array(rows + 1)
  for (let i = 0; i < rows; i++) {
    let count = 0
    for (let j = 0; j < columns; j++) if (data[i * columns + j] !== 0) count++
    indptr[i + 1] = indptr[i]! + count
  }
  const out: Csr = {
    rows,
    columns,
    indptr,
    indices: new Int32Array(indptr[rows]!),
    data: new Float64Array(indptr[rows]!),
  }
  let at = 0
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const x = data[i * columns + j]!
      if (x === 0) continue
      out.indices[at] = j
      out.data[at++] = x
    }
  return out
}

export const csrToDense = ({ rows, columns, indptr, indices, data }: Csr): Dense => {
  const out = dense(rows, columns)
  for (let i = 0; i < rows; i++)
    for (let k = indptr[i]!; k < indptr[i + 1]!; k++) out.data[i * columns + indices[k]!]! += data[k]!
  return out
}

const requireInner = (where: string, inner: number, rows: number): void => {
  if (inner === rows) return
  throw new ShapeError(
    `${where}: inner sizes differ: ${inner} and ${rows}. The second matrix needs ${inner} rows; it has ${rows}.`,
  )
}

/** `A B` for a sparse A `[m, k]` and a dense B `[k, n]`. */
export const csrTimes = (a: Csr, b: Dense): Dense => {
  requireInner('csrTimes', a.columns, b.rows)
  const n = b.columns
  const out = dense(a.rows, n)
  for (let i = 0; i < a.rows; i++)
    for (let k = a.indptr[i]!; k < a.indptr[i + 1]!; k++) {
      const x = a.data[k]!
      const [to, from] = [i * n, a.indices[k]! * n]
      for (let j = 0; j < n; j++) out.data[to + j]! += x * b.data[from + j]!
    }
  return out
}
/** `Aᵀ B` for a sparse A `[m, k]` and a dense B `[m, n]`. */
export const csrTransposeTimes = (a: Csr, b: Dense): Dense => {
  requireInner('csrTransposeTimes', a.rows, b.rows)
  const n = b.columns
  const out = dense(a.columns, n)
  for (let i = 0; i < a.rows; i++)
    for (let k = a.indptr[i]!; k < a.indptr[i + 1]!; k++) {
      const x = a.data[k]!
      const [to, from] = [a.indices[k]! * n, i * n]
      for (let j = 0; j < n; j++) out.data[to + j]! += x * b.data[from + j]!
    }
  return out
}

export const csrTranspose = ({ rows, columns, indptr, indices, data }: Csr): Csr => {
  const starts = new Int32Array(columns + 1)
  for (const j of indices) starts[j + 1]!++
  for (let j = 0; j < columns; j++) starts[j + 1]! += starts[j]!
  const next = starts.slice()
  const out: Csr = {
    rows: columns,
    columns: rows,
    indptr: starts,
    indices: new Int32Array(indices.length),
    data: new Float64Array(data.length),
  }
  for (let i = 0; i < rows; i++)
    for (let k = indptr[i]!; k < indptr[i + 1]!; k++) {
      const at = next[indices[k]!]!++
      out.indices[at] = i
      out.data[at] = data[k]!
    }
  return out
}

/** The rows with these numbers, in this order. */
export const csrTakeRows = ({ columns, indptr, indices, data }: Csr, numbers: ArrayLike<number>): Csr => {
  const starts = new Int32Array(numbers.length + 1)
  for (let r = 0; r < numbers.length; r++) starts[r + 1] = starts[r]! + indptr[numbers[r]! + 1]! - indptr[numbers[r]!]!
  const total = starts[numbers.length]!
  const out: Csr = {
    rows: numbers.length,
    columns,
    indptr: starts,
    indices: new Int32Array(total),
    data: new Float64Array(total),
  }
  for (let r = 0; r < numbers.length; r++) {
    const [from, to] = [indptr[numbers[r]!]!, indptr[numbers[r]! + 1]!]
    out.indices.set(indices.subarray(from, to), starts[r])
    out.data.set(data.subarray(from, to), starts[r])
  }
  return out
}
/** Rows `from` to `to` − 1. The elements are those of the matrix itself, not copies. */
export const csrSliceRows = ({ columns, indptr, indices, data }: Csr, from: number, to: number): Csr => {
  const [first, last] = [indptr[from]!, indptr[to]!]
  return {
    rows: to - from,
    columns,
    indptr: indptr.subarray(from, to + 1).map(k => k - first),
    indices: indices.subarray(first, last),
    data: data.subarray(first, last),
  }
}

/** The sum of each column. */
export const csrColumnSums = ({ columns, indices, data }: Csr): Float64Array => {
  const out = new Float64Array(columns)
  for (let k = 0; k < data.length; k++) out[indices[k]!]! += data[k]!
  return out
}

/**
 * Matrices of the same number of rows beside each other.
 *
 * @throws ShapeError for other numbers of rows
 */
export const csrHstack = (parts: readonly Csr[]): Csr => {
  const rows = parts[0]?.rows ?? 0
  const offsets = [0]
  for (const [i, part] of parts.entries()) {
    if (part.rows !== rows) {
      throw new ShapeError(`csrHstack: matrix ${i} has ${part.rows} rows and the first ${rows}. All need as many.`)
    }
    offsets.push(offsets[i]! + part.columns)
  }
  const total = parts.reduce((n, part) => n + part.data.length, 0)
  const out: Csr = {
    rows,
    columns: offsets.at(-1)!,
    indptr: new Int32Array(rows + 1),
    indices: new Int32Array(total),
    data: new Float64Array(total),
  }
  let at = 0
  for (let i = 0; i < rows; i++) {
    for (const [p, part] of parts.entries())
      for (let k = part.indptr[i]!; k < part.indptr[i + 1]!; k++) {
        out.indices[at] = offsets[p]! + part.indices[k]!
        out.data[at++] = part.data[k]!
      }
    out.indptr[i + 1] = at
  }
  return out
}
