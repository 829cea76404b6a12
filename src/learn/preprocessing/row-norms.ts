import { isCsr, type Rows } from '../core/sparse.ts'

export type Norm = 'l1' | 'l2' | 'max'

/** Rows divided by their norm; a row of zeros stays. */
export const normalised = (X: Rows, norm: Norm): Rows => {
  const data = X.data.slice()
  for (let i = 0; i < X.rows; i++) {
    const from = isCsr(X) ? X.indptr[i]! : i * X.columns
    const to = isCsr(X) ? X.indptr[i + 1]! : from + X.columns
    let size = 0
    for (let k = from; k < to; k++) {
      const x = data[k]!
      if (norm === 'l2') size += x * x
      else if (norm === 'l1') size += Math.abs(x)
      else size = Math.max(size, Math.abs(x))
    }
    if (norm === 'l2') size = Math.sqrt(size)
    if (size > 0) for (let k = from; k < to; k++) data[k]! /= size
  }
  return { ...X, data }
}
