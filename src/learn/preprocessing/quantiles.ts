import { isCsr, type Rows } from '../core/sparse.ts'
import { csrTranspose } from '../numeric/csr.ts'

/** The values of each column that are not NaN, ascending; of a sparse matrix the zeros too. */
export const sortedColumns = (X: Rows): Float64Array[] => {
  const { rows, columns, data } = X
  if (isCsr(X)) {
    const byColumn = csrTranspose(X)
    return Array.from({ length: columns }, (_, j) => {
      const values = new Float64Array(rows)
      values.set(byColumn.data.subarray(byColumn.indptr[j]!, byColumn.indptr[j + 1]!))
      return sorted(values)
    })
  }
  return Array.from({ length: columns }, (_, j) => {
    const values = new Float64Array(rows)
    for (let i = 0; i < rows; i++) values[i] = data[i * columns + j]!
    return sorted(values)
  })
}

// NaN is sorted last.
const sorted = (values: Float64Array): Float64Array => {
  values.sort()
  let end = values.length
  while (end > 0 && Number.isNaN(values[end - 1]!)) end--
  return values.subarray(0, end)
}

/** The value below which a share of ascending ones lies, linear between the two nearest; NaN of none. */
export const linearQuantile = (values: Float64Array, share: number): number => {
  if (values.length === 0) return Number.NaN
  const at = share * (values.length - 1)
  const low = Math.floor(at)
  const below = values[low]!
  const above = values[Math.min(low + 1, values.length - 1)]!
  const t = at - low
  // From the nearer end, so that the ends themselves are exact.
  return t < 0.5 ? below + t * (above - below) : above - (1 - t) * (above - below)
}

/** The lowest of ascending values at which a share is reached; averaged with the next one where it is reached exactly. */
export const stepQuantile = (values: Float64Array, share: number, average: boolean): number => {
  const n = values.length
  if (n === 0) return Number.NaN
  const at = n * share
  const place = Math.ceil(at) - 1
  if (place < 0) return values[0]!
  return average && Number.isInteger(at) && place + 1 < n ? (values[place]! + values[place + 1]!) / 2 : values[place]!
}

/** {@link stepQuantile} where each value has a weight; those of weight 0 do not count. */
export const weightedStepQuantile = (
  values: Float64Array,
  weights: Float64Array,
  share: number,
  average: boolean,
): number => {
  const order = Array.from(values.keys()).filter(i => weights[i]! > 0 && !Number.isNaN(values[i]!))
  order.sort((a, b) => values[a]! - values[b]!)
  if (order.length === 0) return Number.NaN
  let total = 0
  for (const i of order) total += weights[i]!
  const wanted = share * total
  let sum = 0
  for (const [k, i] of order.entries()) {
    sum += weights[i]!
    if (sum < wanted * (1 - 4 * Number.EPSILON)) continue
    const reached = Math.abs(sum - wanted) <= 4 * Number.EPSILON * total
    return average && reached && k + 1 < order.length ? (values[i]! + values[order[k + 1]!]!) / 2 : values[i]!
  }
  return values[order.at(-1)!]!
}
