import { ArgumentError, ShapeError } from '../../core/errors.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'

/** Throws unless every element is a finite number: iterations would not end. */
export const requireFinite = (where: string, { columns, data }: Dense): void => {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i]!)) continue
    const [row, column] = [Math.floor(i / columns), i % columns]
    throw new ArgumentError(`${where}: element [${row}, ${column}] is ${data[i]}. All must be finite numbers.`, {
      row,
      column,
    })
  }
}

export const requireSquare = (where: string, { rows, columns }: Dense): void => {
  if (rows === columns) return
  throw new ShapeError(`${where}: the matrix is [${rows}, ${columns}]. It must be square.`, { rows, columns })
}

/** The largest magnitude, 0 of none. */
export const largest = ({ data }: Dense): number => {
  let most = 0
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i]!))
  return most
}
