import { type Csr, isCsr, type Rows } from '../core/sparse.ts'

/** What is known of each column, NaN left out. */
export interface Moments {
  /** The weight of the rows that have a value. */
  readonly count: Float64Array
  readonly mean: Float64Array
  /** The mean squared distance from the mean. */
  readonly variance: Float64Array
}

/** Mean and variance of each column in two passes; NaN does not count, and of a sparse matrix the zeros do. */
export const columnMoments = (X: Rows, weights?: Float64Array): Moments => {
  const { rows, columns } = X
  const count = new Float64Array(columns)
  const mean = new Float64Array(columns)
  const variance = new Float64Array(columns)
  let total = rows
  if (weights) {
    total = 0
    for (let i = 0; i < rows; i++) total += weights[i]!
  }
  const stored = isCsr(X) ? new Float64Array(columns) : undefined
  count.fill(stored ? total : 0)
  const { data } = X
  // Two passes over what is stored: the sums, and the squares of what is left of the mean.
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < rows; i++) {
      const w = weights ? weights[i]! : 1
      const from = isCsr(X) ? X.indptr[i]! : i * columns
      const to = isCsr(X) ? X.indptr[i + 1]! : from + columns
      for (let k = from; k < to; k++) {
        const j = stored ? (X as Csr).indices[k]! : k - from
        const x = data[k]!
        if (Number.isNaN(x)) {
          if (stored && pass === 0) count[j]! -= w
          continue
        }
        if (pass === 1) {
          variance[j]! += w * (x - mean[j]!) ** 2
          continue
        }
        if (stored) stored[j]! += w
        else count[j]! += w
        mean[j]! += w * x
      }
    }
    if (pass === 0) for (let j = 0; j < columns; j++) mean[j] = count[j]! > 0 ? mean[j]! / count[j]! : Number.NaN
  }
  for (let j = 0; j < columns; j++) {
    if (stored) variance[j]! += (count[j]! - stored[j]!) * mean[j]! * mean[j]!
    variance[j] = count[j]! > 0 ? variance[j]! / count[j]! : Number.NaN
  }
  return { count, mean, variance }
}

/** Whether a variance is what rounding leaves of a constant column. */
export const isConstant = (variance: number, mean: number, count: number): boolean =>
  variance <= count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2

/** The least and the largest value of each column, NaN left out; NaN for a column of nothing else. */
export const columnExtremes = (X: Rows): { readonly least: Float64Array; readonly most: Float64Array } => {
  const { rows, columns, data } = X
  const least = new Float64Array(columns).fill(Infinity)
  const most = new Float64Array(columns).fill(-Infinity)
  if (isCsr(X)) {
    const stored = new Int32Array(columns)
    for (let k = 0; k < data.length; k++) {
      const j = X.indices[k]!
      stored[j]!++
      if (data[k]! < least[j]!) least[j] = data[k]!
      if (data[k]! > most[j]!) most[j] = data[k]!
    }
    for (let j = 0; j < columns; j++) {
      if (stored[j]! === rows) continue
      least[j] = Math.min(least[j]!, 0)
      most[j] = Math.max(most[j]!, 0)
    }
  } else {
    let at = 0
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const x = data[at++]!
        if (x < least[j]!) least[j] = x
        if (x > most[j]!) most[j] = x
      }
  }
  for (let j = 0; j < columns; j++) if (least[j]! > most[j]!) least[j] = most[j] = Number.NaN
  return { least, most }
}
