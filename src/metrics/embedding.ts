import { ArgumentError } from '../core/errors.ts'
import { euclidean } from './cluster-shape.ts'
import { type Matrix, type Rows, readRows, requireSameLength } from './values.ts'

/** The other rows, the nearest first; of equal ones the earlier. */
const neighbours = ({ rows, columns, data }: Matrix, i: number): number[] => {
  const distances = Float64Array.from({ length: rows }, (_, j) => euclidean(data, i, data, j, columns))
  return [...distances.keys()].filter(j => j !== i).sort((a, b) => distances[a]! - distances[b]!)
}

/**
 * How far neighbours in an embedding are neighbours in the data, from 0 to 1: each neighbour that is not among the `nNeighbors` nearest in
 * the data costs by how many ranks it misses them.
 *
 * **Shape** X: `[N, F]`, embedded: `[N, E]`
 *
 * @throws ArgumentError unless `nNeighbors` is from 1 to below N / 2
 *
 * Source: Venna & Kaski 2001.
 */
export const trustworthiness = (
  x: Rows,
  embedded: Rows,
  { nNeighbors = 5 }: { readonly nNeighbors?: number } = {},
): number => {
  const [from, to] = [readRows('trustworthiness', 'X', x), readRows('trustworthiness', 'embedded', embedded)]
  requireSameLength('trustworthiness', ['X', from.rows], ['embedded', to.rows])
  const n = from.rows
  if (!Number.isInteger(nNeighbors) || nNeighbors < 1 || nNeighbors >= n / 2) {
    throw new ArgumentError(
      `trustworthiness: nNeighbors must be an integer of at least 1 and below ${n / 2}, half the examples; got ${nNeighbors}.`,
      { nNeighbors },
    )
  }
  let missed = 0
  for (let i = 0; i < n; i++) {
    const rank = new Int32Array(n)
    for (const [r, j] of neighbours(from, i).entries()) rank[j] = r + 1
    for (const j of neighbours(to, i).slice(0, nNeighbors)) missed += Math.max(0, rank[j]! - nNeighbors)
  }
  return 1 - (missed * 2) / (n * nNeighbors * (2 * n - 3 * nNeighbors - 1))
}
