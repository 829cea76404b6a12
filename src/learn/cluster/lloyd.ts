import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { productSync } from '../numeric/product.ts'
import { squaredNorms } from './initial-centres.ts'
import { assignPacked, packRows } from './packed-rows.ts'

export interface LloydOptions {
  readonly maxIter: number
  /** Ends when the centres together move by less: a squared distance. */
  readonly tolerance: number
  readonly weights?: Float64Array | undefined
}
export interface Clustering {
  readonly centres: Dense
  readonly labels: Int32Array
  /** The weighted sum of squared distances to the centres. */
  readonly inertia: number
  readonly nIter: number
}

/** Rows of a block: their products with the centres stay in the cache. */
const block = 256

interface Start {
  readonly centres: Dense
  labels: Int32Array
  before: Int32Array
  nIter: number
  done: boolean
  /** Whether the last labels are those of the last centres. */
  settled: boolean
  /** Sums of the rows of each cluster, and their weights. */
  readonly sums: Float64Array
  readonly counts: Float64Array
  /** Whether the sums are not those of the last labels. */
  stale: boolean
}

/** The nearest centre of each row, for several sets of as many centres at once: one product serves all. */
const assign = (X: Dense, starts: readonly Pick<Start, 'centres' | 'labels'>[]): void => {
  const { rows: N, columns: F } = X
  const K = starts[0]!.centres.rows
  const all = dense(K * starts.length, F)
  for (const [s, { centres }] of starts.entries()) all.data.set(centres.data, s * K * F)
  const half = squaredNorms(all).map(x => x / 2)
  const width = all.rows
  for (let from = 0; from < N; from += block) {
    const rows = Math.min(block, N - from)
    const inner = productSync(dense(rows, F, X.data.subarray(from * F, (from + rows) * F)), all, {
      transposeB: true,
    }).data
    for (let s = 0; s < starts.length; s++) {
      const { labels } = starts[s]!
      const first = s * K
      for (let r = 0; r < rows; r++) {
        const at = r * width + first
        // The least ‖c‖² / 2 − x·c is the least distance.
        let [best, least] = [0, half[first]! - inner[at]!]
        for (let k = 1; k < K; k++) {
          const value = half[first + k]! - inner[at + k]!
          if (value < least) {
            least = value
            best = k
          }
        }
        labels[from + r] = best
      }
    }
  }
}

/** The squared distance of each row to the centre of its cluster. */
export const distancesToOwn = (X: Dense, centres: Dense, labels: Int32Array): Float64Array => {
  const F = X.columns
  const out = new Float64Array(X.rows)
  for (let i = 0; i < X.rows; i++) {
    const [x, c] = [i * F, labels[i]! * F]
    let total = 0
    for (let j = 0; j < F; j++) {
      const difference = X.data[x + j]! - centres.data[c + j]!
      total += difference * difference
    }
    out[i] = total
  }
  return out
}

/** Adds a row to the sums of a cluster, or takes it off. */
const addRow = (x: Float64Array, from: number, sums: Float64Array, to: number, F: number, w: number): void => {
  for (let j = 0; j < F; j++) sums[to + j]! += w * x[from + j]!
}

const sumAll = (X: Dense, { labels, sums, counts }: Start, weights: Float64Array | undefined): void => {
  const F = X.columns
  sums.fill(0)
  counts.fill(0)
  for (let i = 0; i < X.rows; i++) {
    const k = labels[i]!
    const w = weights ? weights[i]! : 1
    counts[k]! += w
    addRow(X.data, i * F, sums, k * F, F, w)
  }
}
/** Sums of the clusters from those before: only rows that changed cluster count. */
const sumChanged = (X: Dense, { labels, before, sums, counts }: Start, weights: Float64Array | undefined): void => {
  const F = X.columns
  for (let i = 0; i < X.rows; i++) {
    const [k, old] = [labels[i]!, before[i]!]
    if (k === old) continue
    const w = weights ? weights[i]! : 1
    counts[old]! -= w
    counts[k]! += w
    addRow(X.data, i * F, sums, old * F, F, -w)
    addRow(X.data, i * F, sums, k * F, F, w)
  }
}
const changes = ({ labels, before }: Start): number => {
  let count = 0
  for (let i = 0; i < labels.length; i++) if (labels[i] !== before[i]) count++
  return count
}

/** Means of the clusters; an empty cluster takes the row that lies farthest from its own centre. Gives how far the centres moved. */
const update = (X: Dense, start: Start, weights: Float64Array | undefined): number => {
  const { centres, sums, counts } = start
  const { rows: K, columns: F } = centres
  const changed = changes(start)
  start.settled = changed === 0
  // What is taken off and added again leaves rounding behind: the last sums are made afresh.
  if (start.stale || start.settled || changed > X.rows / 4 || weights) sumAll(X, start, weights)
  else sumChanged(X, start, weights)
  start.stale = counts.includes(0)
  if (start.stale) fillEmpty(X, start, weights)
  let moved = 0
  for (let k = 0; k < K; k++) {
    if (counts[k]! === 0) continue
    for (let j = 0; j < F; j++) {
      const at = k * F + j
      const centre = sums[at]! / counts[k]!
      moved += (centre - centres.data[at]!) ** 2
      centres.data[at] = centre
    }
  }
  return moved
}

const fillEmpty = (X: Dense, start: Start, weights: Float64Array | undefined): void => {
  const { centres, labels, sums, counts } = start
  const F = X.columns
  const far = distancesToOwn(X, centres, labels)
  const order = Array.from(far.keys())
    .filter(i => !weights || weights[i]! > 0)
    .sort((a, b) => far[b]! - far[a]!)
  let next = 0
  for (let k = 0; k < counts.length; k++) {
    if (counts[k]! > 0 || next >= order.length) continue
    const row = order[next++]!
    const w = weights ? weights[row]! : 1
    const from = labels[row]!
    if (far[row] === 0) continue
    counts[from]! -= w
    counts[k] = w
    for (let j = 0; j < F; j++) {
      const x = w * X.data[row * F + j]!
      sums[from * F + j]! -= x
      sums[k * F + j] = x
    }
  }
}

/** Lloyd's iterations from several sets of as many centres, side by side; each ends by itself. */
export const lloyd = (
  X: Dense,
  from: readonly Dense[],
  { maxIter, tolerance, weights }: LloydOptions,
): Clustering[] => {
  const starts = from.map(
    (centres): Start => ({
      centres: dense(centres.rows, centres.columns, centres.data.slice()),
      labels: new Int32Array(X.rows).fill(-1),
      before: new Int32Array(X.rows).fill(-1),
      nIter: 0,
      done: false,
      settled: false,
      sums: new Float64Array(centres.data.length),
      counts: new Float64Array(centres.rows),
      stale: true,
    }),
  )
  const packed = packRows(X, from[0]!.rows)
  const nearest = (sets: readonly Start[]): void => (packed ? assignPacked(packed, sets) : assign(X, sets))
  for (let iteration = 1; iteration <= maxIter; iteration++) {
    const running = starts.filter(start => !start.done)
    if (running.length === 0) break
    for (const start of running) [start.labels, start.before] = [start.before, start.labels]
    nearest(running)
    for (const start of running) {
      const moved = update(X, start, weights)
      start.nIter = iteration
      start.done = start.settled || moved <= tolerance
    }
  }
  const open = starts.filter(start => !start.settled)
  if (open.length > 0) nearest(open)
  return starts.map(({ centres, labels, nIter }) => ({
    centres,
    labels,
    inertia: inertiaOf(distancesToOwn(X, centres, labels), weights),
    nIter,
  }))
}

const inertiaOf = (distances: Float64Array, weights: Float64Array | undefined): number => {
  let total = 0
  for (let i = 0; i < distances.length; i++) total += (weights ? weights[i]! : 1) * distances[i]!
  return total
}

/** The nearest centre of each row. */
export const nearestCentres = (X: Dense, centres: Dense): Int32Array => {
  const labels = new Int32Array(X.rows)
  assign(X, [{ centres, labels }])
  return labels
}

/** Columns less their means, which keeps products exact where the rows lie far from 0. */
export const centredRows = (X: Dense): { readonly X: Dense; readonly mean: Float64Array } => {
  const { rows, columns, data } = X
  const mean = new Float64Array(columns)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) mean[j]! += data[i * columns + j]!
  for (let j = 0; j < columns; j++) mean[j]! /= rows
  return { X: shifted(X, mean), mean }
}
/** Rows less one row. */
export const shifted = ({ rows, columns, data }: Dense, by: Float64Array, sign: 1 | -1 = 1): Dense => {
  const out = dense(rows, columns)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out.data[i * columns + j] = data[i * columns + j]! - sign * by[j]!
  return out
}

/** The mean of the variances of the columns. */
export const meanVariance = ({ rows, columns, data }: Dense): number => {
  let total = 0
  for (let j = 0; j < columns; j++) {
    let mean = 0
    for (let i = 0; i < rows; i++) mean += data[i * columns + j]!
    mean /= rows
    for (let i = 0; i < rows; i++) total += (data[i * columns + j]! - mean) ** 2
  }
  return total / rows / columns
}
