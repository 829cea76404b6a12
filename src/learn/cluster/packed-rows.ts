import type { Dense } from '../../ops/matrix-kernels.ts'
import { hitSize, scoreKernel, tileColumns, tileRows } from '../neighbors/score-kernel.ts'

// The nearest of some centres by products in float32, x·c − ‖c‖² / 2, which is largest for the nearest c. Where the best two differ by less
// than rounding can make, (F + 8) 2⁻²⁴ (‖x‖ C + C² / 2) each with C the largest ‖c‖ (Higham 2002, section 3.1), float64 decides.

/** Rows laid out for the kernel, once for all iterations. */
export interface PackedRows {
  readonly X: Dense
  readonly scale: number
  /** Norms of the scaled rows. */
  readonly norms: Float64Array
  readonly floats: Float32Array
  readonly run: NonNullable<ReturnType<typeof scoreKernel>>['run']
  readonly panels: number
}

const maxBytes = 2 ** 27
/** Panels whose scores stay in the cache. */
const chunk = 64

const stripsOf = (K: number): number => Math.ceil(K / tileRows)
/** Float32 places: a strip of centres, the thresholds, the scores of a chunk for each strip, and the rows. */
const layout = (F: number, K: number): { readonly thresholds: number; readonly out: number; readonly rows: number } => {
  const thresholds = tileRows * (F + 1)
  const out = thresholds + tileRows
  return { thresholds, out, rows: out + stripsOf(K) * chunk * hitSize }
}

/** Rows laid out for the kernel, for K centres; null where there are few or too many, or there is no WebAssembly with vector instructions. */
export const packRows = (X: Dense, K: number): PackedRows | null => {
  const { rows: N, columns: F, data } = X
  const steps = F + 1
  const panels = Math.ceil(N / tileColumns)
  const places = layout(F, K)
  const bytes = 4 * (places.rows + panels * tileColumns * steps)
  if (N < 128 || bytes > maxBytes) return null
  const kernel = scoreKernel(bytes)
  if (!kernel) return null
  let most = 0
  for (let at = 0; at < data.length; at++) most = Math.max(most, Math.abs(data[at]!))
  const scale = most > 0 ? 1 / most : 1
  const floats = new Float32Array(kernel.memory)
  const norms = new Float64Array(N)
  for (let i = 0; i < N; i++) {
    let to = places.rows + Math.floor(i / tileColumns) * tileColumns * steps + (i % tileColumns)
    let total = 0
    for (let j = 0, at = i * F; j < F; j++, at++, to += tileColumns) {
      const x = data[at]! * scale
      floats[to] = x
      total += x * x
    }
    floats[to] = 1
    norms[i] = Math.sqrt(total)
  }
  floats.fill(-Infinity, places.thresholds, places.out)
  return { X, scale, norms, floats, run: kernel.run, panels }
}

interface Set {
  readonly centres: Dense
  readonly labels: Int32Array
}

/** The nearest centre of each row, for several sets of as many centres; of equally near ones the first. */
export const assignPacked = (packed: PackedRows, sets: readonly Set[]): void => {
  const { X, scale, panels, floats, run } = packed
  const steps = X.columns + 1
  for (const { centres, labels } of sets) {
    const { strips, largest } = packCentres(centres, scale)
    const count = stripsOf(centres.rows)
    const places = layout(X.columns, centres.rows)
    for (let from = 0; from < panels; from += chunk) {
      const some = Math.min(chunk, panels - from)
      for (let s = 0; s < count; s++) {
        floats.set(strips.subarray(s * tileRows * steps, (s + 1) * tileRows * steps))
        const [at, to] = [places.rows + from * tileColumns * steps, places.out + s * chunk * hitSize]
        // No score of finite rows is −∞: every panel is a hit, in order.
        run(0, 4 * at, 4 * places.thresholds, 4 * to, steps, some)
      }
      choose(packed, { centres, labels, largest, from, some })
    }
  }
}

interface Scores extends Set {
  /** The largest norm of a scaled centre. */
  readonly largest: number
  readonly from: number
  readonly some: number
}
/** The best score of each row of a chunk. */
const choose = ({ X, norms, floats }: PackedRows, { centres, labels, largest, from, some }: Scores): void => {
  const K = centres.rows
  const first = layout(X.columns, K).out + 4
  const bound = (X.columns + 8) * 2 ** -24 * 2.02
  const last = Math.min(X.rows, (from + some) * tileColumns)
  const next = chunk * hitSize - (tileRows - 1) * tileColumns
  for (let row = from * tileColumns; row < last; row++) {
    const start = first + ((row >> 3) - from) * hitSize + (row & 7)
    // Where the row was before is a good guess: hardly a score is better, which the processor foresees.
    let found = Math.max(0, labels[row]!)
    let best = floats[start + (found >> 2) * chunk * hitSize + (found & 3) * tileColumns]!
    for (let k = 0, at = start; k < K; k++) {
      const score = floats[at]!
      if (score > best) {
        best = score
        found = k
      }
      at += (k & 3) === 3 ? next : tileColumns
    }
    const enough = best - bound * (norms[row]! * largest + (largest * largest) / 2)
    let near = 0
    for (let k = 0, at = start; k < K; k++) {
      if (floats[at]! >= enough) near++
      at += (k & 3) === 3 ? next : tileColumns
    }
    labels[row] = near > 1 ? exactNearest(X, row, centres) : found
  }
}

/** Centres by fours, with −‖c‖² / 2 as their last value. */
const packCentres = ({ rows: K, columns: F, data }: Dense, scale: number) => {
  const steps = F + 1
  const strips = new Float32Array(Math.ceil(K / tileRows) * tileRows * steps)
  let most = 0
  for (let k = 0; k < K; k++) {
    let to = Math.floor(k / tileRows) * tileRows * steps + (k % tileRows)
    let total = 0
    for (let j = 0; j < F; j++, to += tileRows) {
      const c = data[k * F + j]! * scale
      strips[to] = c
      total += c * c
    }
    strips[to] = -total / 2
    most = Math.max(most, total)
  }
  return { strips, largest: Math.sqrt(most) }
}

const exactNearest = ({ data: x }: Dense, row: number, { rows: K, columns: F, data: c }: Dense): number => {
  let [found, least] = [0, Infinity]
  for (let k = 0; k < K; k++) {
    let total = 0
    for (let j = 0; j < F; j++) {
      const difference = x[row * F + j]! - c[k * F + j]!
      total += difference * difference
    }
    if (total < least) [found, least] = [k, total]
  }
  return found
}
