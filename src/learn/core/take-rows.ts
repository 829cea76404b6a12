import { Table } from '../../data/table/table.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { csrTakeRows } from '../numeric/csr.ts'
import type { InputName, Inputs } from './definition.ts'
import { isCsr } from './sparse.ts'

/** How many rows there are, in whatever form. */
export const rowCountOf = (X: Inputs[InputName]): number =>
  X instanceof Table ? X.rowCount : 'rows' in X ? X.rows : X.length

/** Rows of a matrix by their positions. */
export const takeDense = ({ columns, data }: Dense, rows: ArrayLike<number>): Dense => {
  const out = dense(rows.length, columns)
  for (let i = 0; i < rows.length; i++)
    out.data.set(data.subarray(rows[i]! * columns, (rows[i]! + 1) * columns), i * columns)
  return out
}

/** Rows by their positions, in the form they have. */
export const takeRows = <X extends Inputs[InputName]>(X: X, rows: ArrayLike<number>): X => {
  const given: Inputs[InputName] = X
  if (given instanceof Table) return given.take(rows) as X
  if (!('rows' in given)) return Array.from(rows, row => given[row]!) as unknown as X
  return (isCsr(given) ? csrTakeRows(given, rows) : takeDense(given, rows)) as X
}

/** Targets or weights by their positions. */
export const takeTarget = <Y extends Float64Array | Int32Array | Dense | undefined>(
  y: Y,
  rows: ArrayLike<number>,
): Y => {
  const given: Float64Array | Int32Array | Dense | undefined = y
  if (given === undefined) return y
  if ('columns' in given) return takeDense(given, rows) as Y
  return (
    given instanceof Int32Array
      ? Int32Array.from(rows as Int32Array, row => given[row]!)
      : Float64Array.from(rows as Int32Array, row => given[row]!)
  ) as Y
}
