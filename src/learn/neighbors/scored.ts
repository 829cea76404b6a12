import type { Dense } from '../../ops/matrix-kernels.ts'
import type { Nearest } from './nearest.ts'
import { hitSize, scoreKernel, tileColumns, tileRows } from './score-kernel.ts'

// Euclidean neighbours by products in float32. Of x all y are ranked by s = x·y − ‖y‖² / 2, which is larger the nearer y is. A float32 sum
// of F + 1 terms has an error below E = (F + 8) 2⁻²⁴ (‖x‖ Y + Y² / 2), Y the largest ‖y‖ (Higham 2002, section 3.1). So whatever is among
// the k nearest has a float32 score of at least the k-th best less 2 E: these candidates are measured again in float64.

/** The rows as the kernel needs them: centred, of magnitude at most 1. */
interface Scaled {
  readonly values: Float64Array
  readonly norms: Float64Array
}
const scaledRows = ({ rows, columns, data }: Dense, mean: Float64Array, scale: number): Scaled => {
  const values = new Float64Array(rows * columns)
  const norms = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let total = 0
    for (let j = 0, at = i * columns; j < columns; j++, at++) {
      const x = (data[at]! - mean[j]!) * scale
      values[at] = x
      total += x * x
    }
    norms[i] = total
  }
  return { values, norms }
}

const columnMeans = ({ rows, columns, data }: Dense): Float64Array => {
  const mean = new Float64Array(columns)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) mean[j]! += data[i * columns + j]! / rows
  return mean
}
const scaleOf = ({ columns, data }: Dense, mean: Float64Array): number => {
  let most = 0
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i]! - mean[i % columns]!))
  return most > 0 ? 1 / most : 1
}

/** Columns of a panel chunk: as many as stay in the cache. */
const chunkColumns = (steps: number): number =>
  Math.max(4 * tileColumns, Math.floor(16_384 / steps / tileColumns) * tileColumns)

/** Whether products serve: enough rows to be worth packing, and few neighbours of them. */
export const servesScores = (train: Dense, queries: number, k: number): boolean =>
  train.rows >= 256 && queries >= 16 && train.columns >= 2 && train.columns <= 4096 && k * 4 <= train.rows

/** Candidates of one row: those above the threshold, which rises. */
const room = (k: number): number => 2 * k + 96

const top = new Float32Array(32)
/** The k-th largest of the first values; few are kept in order, many sorted. */
const kthLargest = (values: Float32Array, count: number, k: number): number => {
  if (k > top.length) return values.slice(0, count).sort()[count - k]!
  top.fill(-Infinity, 0, k)
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    if (value <= top[k - 1]!) continue
    let at = k - 1
    while (at > 0 && top[at - 1]! < value) {
      top[at] = top[at - 1]!
      at--
    }
    top[at] = value
  }
  return top[k - 1]!
}

class Candidates {
  readonly scores: Float32Array
  readonly rows: Int32Array
  count = 0
  /** How many there must be before the threshold is raised. */
  next = 0
  overflow = false
  constructor(size: number) {
    this.scores = new Float32Array(size)
    this.rows = new Int32Array(size)
  }
  /** Drops all that are too far below the k-th best; gives the new threshold. */
  narrow(k: number, margin: number): number {
    if (this.count < k) return -Infinity
    const threshold = Math.fround(kthLargest(this.scores, this.count, k) - 2.02 * margin)
    let kept = 0
    for (let c = 0; c < this.count; c++) {
      if (!(this.scores[c]! > threshold)) continue
      this.scores[kept] = this.scores[c]!
      this.rows[kept++] = this.rows[c]!
    }
    this.count = kept
    this.next = kept + 16
    return threshold
  }
}

/**
 * Calls `each` with every row of the queries and those rows of `train` among which its k nearest certainly are; with null where that are too
 * many to tell apart in float32. False where there is no WebAssembly with vector instructions.
 */
export const forCandidates = (
  train: Dense,
  queries: Dense,
  k: number,
  each: (query: number, rows: Int32Array | null) => void,
): boolean => {
  const [F, N, Q] = [train.columns, train.rows, queries.rows]
  const steps = F + 1
  const width = chunkColumns(steps)
  const strips = Math.ceil(Q / tileRows)
  const [leftSize, rightSize] = [strips * tileRows * steps, width * steps]
  const outAt = 4 * (leftSize + rightSize + tileRows)
  const kernel = scoreKernel(outAt + 4 * hitSize * (width / tileColumns))
  if (!kernel) return false
  const mean = columnMeans(train)
  const scale = Math.min(scaleOf(train, mean), scaleOf(queries, mean))
  const [y, x] = [scaledRows(train, mean, scale), scaledRows(queries, mean, scale)]
  const floats = new Float32Array(kernel.memory)
  const ints = new Int32Array(kernel.memory)
  packQueries(x, { Q, F }, floats)
  const largest = Math.sqrt(y.norms.reduce((a, b) => Math.max(a, b), 0))
  const margins = x.norms.map(n => (F + 8) * 2 ** -24 * (Math.sqrt(n) * largest + (largest * largest) / 2))
  const thresholds = new Float32Array(strips * tileRows).fill(-Infinity)
  // Rows beyond the last query find nothing.
  thresholds.fill(Infinity, Q)
  const found = Array.from({ length: Q }, () => new Candidates(room(k) + width))
  const [thresholdAt, first] = [leftSize + rightSize, outAt / 4]
  for (let from = 0; from < N; from += width) {
    const columns = Math.min(width, N - from)
    const panels = Math.ceil(columns / tileColumns)
    packTrain(y, { from, columns, panels, F }, floats.subarray(leftSize))
    for (let strip = 0; strip < strips; strip++) {
      floats.set(thresholds.subarray(strip * tileRows, (strip + 1) * tileRows), thresholdAt)
      const hits = kernel.run(4 * strip * tileRows * steps, 4 * leftSize, 4 * thresholdAt, outAt, steps, panels)
      for (let r = 0; r < tileRows; r++) {
        const query = strip * tileRows + r
        if (query >= Q) break
        const one = found[query]!
        if (one.overflow) continue
        const threshold = thresholds[query]!
        const { scores, rows } = one
        let count = one.count
        for (let h = 0, at = first; h < hits; h++, at += hitSize) {
          const tile = at + 4 + r * tileColumns
          for (let c = 0; c < tileColumns; c++) {
            if (floats[tile + c]! > threshold) {
              scores[count] = floats[tile + c]!
              rows[count++] = from + ints[at]! * tileColumns + c
            }
          }
        }
        one.count = count
        if (count < one.next || count < k) continue
        thresholds[query] = Math.max(threshold, one.narrow(k, margins[query]!))
        if (one.count > room(k)) {
          one.overflow = true
          thresholds[query] = Infinity
        }
      }
    }
  }
  for (let q = 0; q < Q; q++) {
    const one = found[q]!
    each(q, one.overflow ? null : one.rows.subarray(0, one.count))
  }
  return true
}

const packQueries = (
  { values }: Scaled,
  { Q, F }: { readonly Q: number; readonly F: number },
  out: Float32Array,
): void => {
  const steps = F + 1
  for (let q = 0; q < Q; q++) {
    let to = Math.floor(q / tileRows) * tileRows * steps + (q % tileRows)
    for (let j = 0, at = q * F; j < F; j++, at++, to += tileRows) out[to] = values[at]!
    out[to] = 1
  }
}

interface Chunk {
  readonly from: number
  readonly columns: number
  readonly panels: number
  readonly F: number
}
/** The rows of a chunk as columns, with −‖y‖² / 2 as their last value; where there is none, −∞. */
const packTrain = ({ values, norms }: Scaled, { from, columns, panels, F }: Chunk, out: Float32Array): void => {
  const steps = F + 1
  for (let c = 0; c < panels * tileColumns; c++) {
    let to = Math.floor(c / tileColumns) * tileColumns * steps + (c % tileColumns)
    const row = from + c
    for (let j = 0, at = row * F; j < F; j++, at++, to += tileColumns) out[to] = c < columns ? values[at]! : 0
    out[to] = c < columns ? -norms[row]! / 2 : -Infinity
  }
}

/** Puts rows by their numbers into `nearest`, with squared distances in float64. */
export const rank = (
  { data, columns: F }: Dense,
  { x, at, rows }: { readonly x: Float64Array; readonly at: number; readonly rows: Int32Array },
  nearest: Nearest,
): void => {
  for (let c = 0; c < rows.length; c++) {
    const from = rows[c]! * F
    let total = 0
    for (let j = 0; j < F; j++) {
      const difference = x[at + j]! - data[from + j]!
      total += difference * difference
    }
    if (total <= nearest.worst) nearest.add(total, rows[c]!)
  }
}
