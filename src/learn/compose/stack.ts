import { Table } from '../../data/table/table.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { csrFromDense, csrHstack, csrToDense } from '../numeric/csr.ts'

/** What a transformer gave, as a matrix; a table must hold numbers. */
export const asRows = (X: Rows | Table): Rows => (X instanceof Table ? X.toDense() : X)

const beside = (parts: readonly Dense[], rows: number): Dense => {
  const out = dense(
    rows,
    parts.reduce((sum, part) => sum + part.columns, 0),
  )
  let start = 0
  for (const { columns, data } of parts) {
    for (let i = 0; i < rows; i++) out.data.set(data.subarray(i * columns, (i + 1) * columns), i * out.columns + start)
    start += columns
  }
  return out
}

/** Matrices beside each other: sparse if one of them is and the share of numbers that are not 0 is below the threshold. */
export const stacked = (parts: readonly Rows[], rows: number, sparseThreshold: number): Rows => {
  if (!parts.some(isCsr)) return beside(parts as readonly Dense[], rows)
  let filled = 0
  let size = 0
  for (const part of parts) {
    size += rows * part.columns
    if (isCsr(part)) filled += part.data.length
    else for (let k = 0; k < part.data.length; k++) if (part.data[k] !== 0) filled++
  }
  if (filled / size < sparseThreshold) return csrHstack(parts.map(part => (isCsr(part) ? part : csrFromDense(part))))
  return beside(
    parts.map(part => (isCsr(part) ? csrToDense(part) : part)),
    rows,
  )
}
