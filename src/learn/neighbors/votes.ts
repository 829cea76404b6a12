import { aWord, either } from '../../core/options.ts'
import { aFunction } from '../core/rules.ts'

export type NeighborWeights = 'uniform' | 'distance' | ((distance: number) => number)

export const weights = either(
  [aWord(['uniform', 'distance']), aFunction<(distance: number) => number>('a function of a distance')],
  {
    default: 'uniform',
    help: 'what a neighbour counts: all alike, the inverse of its distance, or a function of the distance',
  },
)

/** What each neighbour of a row counts. Where a distance is 0, its inverse is more than all others: then only such rows count. */
export const neighborWeights = (
  distances: Float64Array,
  [from, to]: readonly [number, number],
  weights: NeighborWeights,
): Float64Array => {
  const out = new Float64Array(to - from).fill(1)
  if (weights === 'uniform') return out
  if (typeof weights === 'function') return out.map((_, c) => weights(distances[from + c]!))
  let same = false
  for (let c = from; c < to; c++) if (distances[c] === 0) same = true
  for (let c = from; c < to; c++) out[c - from] = same ? (distances[c] === 0 ? 1 : 0) : 1 / distances[c]!
  return out
}

interface Lists {
  readonly distances: Float64Array
  readonly indices: Int32Array
  /** Where the neighbours of row i begin; of as many a row, by their count. */
  readonly startOf: (row: number) => number
}

/** The sum of the weights of each class among the neighbours of each row: [Q, K]. */
export const votes = (
  { distances, indices, startOf }: Lists,
  y: Int32Array,
  { rows, K, weights }: { readonly rows: number; readonly K: number; readonly weights: NeighborWeights },
): Float64Array => {
  const out = new Float64Array(rows * K)
  for (let i = 0; i < rows; i++) {
    const [from, to] = [startOf(i), startOf(i + 1)]
    const counts = neighborWeights(distances, [from, to], weights)
    for (let c = from; c < to; c++) out[i * K + y[indices[c]!]!]! += counts[c - from]!
  }
  return out
}

/** The weighted mean of the targets of the neighbours of each row: [Q, M]; NaN without neighbours. */
export const means = (
  { distances, indices, startOf }: Lists,
  Y: { readonly columns: number; readonly data: Float64Array },
  { rows, weights }: { readonly rows: number; readonly weights: NeighborWeights },
): Float64Array => {
  const M = Y.columns
  const out = new Float64Array(rows * M)
  for (let i = 0; i < rows; i++) {
    const [from, to] = [startOf(i), startOf(i + 1)]
    const counts = neighborWeights(distances, [from, to], weights)
    let total = 0
    for (let c = from; c < to; c++) {
      total += counts[c - from]!
      for (let j = 0; j < M; j++) out[i * M + j]! += counts[c - from]! * Y.data[indices[c]! * M + j]!
    }
    for (let j = 0; j < M; j++) out[i * M + j]! /= total
  }
  return out
}
