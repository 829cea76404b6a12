import { ArgumentError } from '../../../core/errors.ts'
import type { Random } from '../../core/random.ts'

// Bins of features: quantiles of at most 200 000 rows, as scikit-learn makes them.

/** How one feature is put into bins: values up to `thresholds[b]` are in bin b or one before; or a bin for each category. */
export interface Binning {
  readonly thresholds: Float64Array
  readonly categorical: boolean
}

const drawn = 200_000
const almostInfinite = 1.7976931348623157e308

/** The rows that bins are made from: all, or 200 000 drawn, in proportion to their weights. */
export const rowsForBins = (
  rows: number,
  weights: Float64Array | undefined,
  random: Random,
): { readonly rows: Int32Array | undefined; readonly weights: Float64Array | undefined } => {
  if (rows <= drawn) return { rows: undefined, weights }
  if (!weights) return { rows: Int32Array.from({ length: drawn }, () => random.integer(rows)), weights: undefined }
  const sums = new Float64Array(rows)
  let total = 0
  for (let i = 0; i < rows; i++) {
    total += weights[i]!
    sums[i] = total
  }
  return {
    rows: Int32Array.from({ length: drawn }, () => firstAbove(sums, random.uniform() * total)),
    weights: undefined,
  }
}

/** The first place of ascending numbers with one above x. */
const firstAbove = (ascending: Float64Array, x: number): number => {
  let low = 0
  let high = ascending.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! > x) high = middle
    else low = middle + 1
  }
  return low
}

/** One column of row-major data at some rows, without what is missing or has weight 0. */
const columnOf = (
  data: Float64Array,
  { rows, columns, column, only, weights }: ColumnSpec,
): { readonly values: Float64Array; readonly weights: Float64Array | undefined } => {
  const n = only?.length ?? rows
  const values = new Float64Array(n)
  const own = weights ? new Float64Array(n) : undefined
  let count = 0
  for (let i = 0; i < n; i++) {
    const row = only ? only[i]! : i
    const x = data[row * columns + column]!
    if (Number.isNaN(x) || (weights && weights[row] === 0)) continue
    if (own) own[count] = weights![row]!
    values[count++] = x
  }
  return { values: values.subarray(0, count), weights: own?.subarray(0, count) }
}

interface ColumnSpec {
  readonly rows: number
  readonly columns: number
  readonly column: number
  readonly only: Int32Array | undefined
  readonly weights: Float64Array | undefined
}

const distinctOf = (sorted: Float64Array): Float64Array => sorted.filter((x, i) => i === 0 || x !== sorted[i - 1])

/** Where a numeric feature is cut: between all values where they are few, else at quantiles. */
export const thresholdsOf = (data: Float64Array, spec: ColumnSpec, maxBins: number): Float64Array => {
  const { values, weights } = columnOf(data, spec)
  const order = weights ? Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!) : undefined
  const sorted = order ? Float64Array.from(order, i => values[i]!) : values.sort()
  const distinct = distinctOf(sorted)
  if (distinct.length <= 1) return new Float64Array(0)
  if (distinct.length <= maxBins) return distinct.slice(1).map((x, i) => clipped((distinct[i]! + x) / 2))
  const cuts = order
    ? weightedQuantiles(
        sorted,
        Float64Array.from(order, i => weights![i]!),
        maxBins,
      )
    : quantiles(sorted, maxBins)
  return distinctOf(cuts.map(clipped))
}
const clipped = (x: number): number => Math.min(x, almostInfinite)
const percent = (i: number, maxBins: number): number => i * (100 / maxBins)

/** Averaged inverses of the empirical distribution (Hyndman & Fan 1996, type 2). */
const quantiles = (sorted: Float64Array, maxBins: number): Float64Array => {
  const n = sorted.length
  return Float64Array.from({ length: maxBins - 1 }, (_, i) => {
    const at = n * (percent(i + 1, maxBins) / 100) - 1
    const below = Math.floor(at)
    const next = sorted[Math.min(below + 1, n - 1)]!
    return at === below ? sorted[Math.max(below, 0)]! / 2 + next / 2 : next
  })
}
const weightedQuantiles = (sorted: Float64Array, weights: Float64Array, maxBins: number): Float64Array => {
  const n = sorted.length
  const sums = new Float64Array(n)
  let total = 0
  for (let i = 0; i < n; i++) {
    total += weights[i]!
    sums[i] = total
  }
  // The first place whose sum reaches the share; where it is met exactly, the middle to the next value.
  const reach = (share: number): number => {
    let low = 0
    let high = n - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sums[middle]! >= share) high = middle
      else low = middle + 1
    }
    return low
  }
  return Float64Array.from({ length: maxBins - 1 }, (_, i) => {
    const share = (percent(i + 1, maxBins) / 100) * total
    const at = reach(share)
    const met = sums[at] === share && at + 1 < n
    return met ? (sorted[at]! + sorted[at + 1]!) / 2 : sorted[at]!
  })
}

/** The categories of a feature in ascending order. */
export const categoriesOf = (where: string, data: Float64Array, spec: ColumnSpec, maxBins: number): Float64Array => {
  const { values } = columnOf(data, { ...spec, only: undefined, weights: undefined })
  const found = Float64Array.from(new Set(values)).sort()
  if (found.length > maxBins)
    throw new ArgumentError(
      `${where}: the categorical feature ${spec.column} has ${found.length} categories, and maxBins is ${maxBins}. Join rare ones.`,
    )
  return found
}

const cells = 4096

/** Puts a column into bins; what is missing, or an unknown category, into the bin `missing`. */
export const fillBins = (
  data: Float64Array,
  { rows, columns, column }: { readonly rows: number; readonly columns: number; readonly column: number },
  { thresholds, categorical }: Binning,
  missing: number,
  out: Uint8Array,
): void => {
  const count = thresholds.length
  if (categorical) {
    const place = new Map(Array.from(thresholds, (value, k) => [value, k]))
    for (let i = 0; i < rows; i++) out[i] = place.get(data[i * columns + column]!) ?? missing
    return
  }
  // A table of evenly spaced cells narrows the search down: starts[c] is the bin of the cell's lower end.
  const low = count > 0 ? thresholds[0]! : 0
  const width = count > 0 ? thresholds[count - 1]! - low : 0
  const scale = width > 0 && width < Infinity ? cells / width : 0
  const starts = new Int32Array(cells + 2)
  for (let b = 0; b < count; b++) starts[Math.min(cells, Math.floor((thresholds[b]! - low) * scale)) + 1]!++
  for (let c = 0; c <= cells; c++) starts[c + 1]! += starts[c]!
  for (let i = 0; i < rows; i++) {
    const x = data[i * columns + column]!
    if (Number.isNaN(x)) {
      out[i] = missing
      continue
    }
    const cell = Math.min(Math.max((x - low) * scale, 0), cells) | 0
    // Rounding may put x and a threshold beside it into neighbouring cells.
    let from = starts[cell > 0 ? cell - 1 : 0]!
    let to = Math.min(count, starts[cell < cells ? cell + 2 : cells + 1]!)
    while (from < to) {
      const middle = (from + to) >>> 1
      if (x <= thresholds[middle]!) to = middle
      else from = middle + 1
    }
    out[i] = from
  }
}
