import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { isCsr, type Rows } from '../core/sparse.ts'

/** Numbers for each column; nothing where that step is left out. */
type Each = Float64Array | null

/** `(x − shift) / scale` by column. A sparse matrix stays sparse and takes no shift. */
export const standardised = (X: Rows, shift: Each, scale: Each): Rows => {
  const data = X.data.slice()
  if (isCsr(X)) {
    if (scale) for (let k = 0; k < data.length; k++) data[k]! /= scale[X.indices[k]!]!
    return { ...X, data }
  }
  const { rows, columns } = X
  let at = 0
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) {
      if (shift) data[at]! -= shift[j]!
      if (scale) data[at]! /= scale[j]!
    }
  return { rows, columns, data }
}

/** `x · scale + shift` by column, what undoes {@link standardised}. */
export const unstandardised = (X: Rows, shift: Each, scale: Each): Rows => {
  const data = X.data.slice()
  if (isCsr(X)) {
    if (scale) for (let k = 0; k < data.length; k++) data[k]! *= scale[X.indices[k]!]!
    return { ...X, data }
  }
  const { rows, columns } = X
  let at = 0
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) {
      if (scale) data[at]! *= scale[j]!
      if (shift) data[at]! += shift[j]!
    }
  return { rows, columns, data }
}

/** Scales by which one can divide: 1 for those of columns that do not vary. */
export const divisible = (scale: Float64Array): Float64Array => scale.map(x => (x < 10 * Number.EPSILON ? 1 : x))

/** Refuses rows that go back through a transformer and have not the width that comes out of it. */
export const requireWidth = (where: string, X: { readonly columns: number }, width: number): void => {
  if (X.columns === width) return
  throw new ShapeError(
    `${where}: X has ${X.columns} ${X.columns === 1 ? 'column' : 'columns'}, and the transformed rows have ${width}. Pass what transform gave.`,
    { columns: X.columns, width },
  )
}

/** Refuses to move the zeros of a sparse matrix. */
export const requireUnshifted = (where: string, X: Rows, shifts: boolean, option: string): void => {
  if (!isCsr(X) || !shifts) return
  throw new ArgumentError(
    `${where}: X is sparse, and with ${option} every 0 would become another number. Pass { ${option}: false }, or make X dense.`,
  )
}
