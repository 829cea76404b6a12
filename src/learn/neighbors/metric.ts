import { ArgumentError } from '../../core/errors.ts'
import { type DistanceMetric, rowDistance } from '../numeric/distances.ts'

// A distance in two steps: a reduced one, which keeps the order and is quick, and the root that makes it the distance.

export const neighborMetrics = [
  'minkowski',
  'euclidean',
  'sqeuclidean',
  'manhattan',
  'chebyshev',
  'cosine',
  'correlation',
  'canberra',
  'braycurtis',
  'hamming',
  'precomputed',
] as const
export type NeighborMetric = (typeof neighborMetrics)[number]

export interface Reduced {
  /** The exponent of a Minkowski distance; 0 for others. */
  readonly p: number
  /** The reduced distance of the rows that begin at two places. */
  readonly between: (x: Float64Array, i: number, y: Float64Array, j: number, F: number) => number
  /** The distance of a reduced one, and back. */
  readonly finish: (reduced: number) => number
  readonly begin: (distance: number) => number
}

const same = (x: number): number => x
const squared: Reduced['between'] = (x, i, y, j, F) => {
  let total = 0
  for (let k = 0; k < F; k++) {
    const difference = x[i + k]! - y[j + k]!
    total += difference * difference
  }
  return total
}
const absolute: Reduced['between'] = (x, i, y, j, F) => {
  let total = 0
  for (let k = 0; k < F; k++) total += Math.abs(x[i + k]! - y[j + k]!)
  return total
}
const most: Reduced['between'] = (x, i, y, j, F) => {
  let found = 0
  for (let k = 0; k < F; k++) found = Math.max(found, Math.abs(x[i + k]! - y[j + k]!))
  return found
}
const powers =
  (p: number): Reduced['between'] =>
  (x, i, y, j, F) => {
    let total = 0
    for (let k = 0; k < F; k++) total += Math.abs(x[i + k]! - y[j + k]!) ** p
    return total
  }

/** The metric of that name in two steps. */
export const reducedMetric = (metric: NeighborMetric, p: number): Reduced => {
  if (metric === 'euclidean' || (metric === 'minkowski' && p === 2))
    return { p: 2, between: squared, finish: Math.sqrt, begin: r => r * r }
  if (metric === 'sqeuclidean') return { p: 0, between: squared, finish: same, begin: same }
  if (metric === 'manhattan' || (metric === 'minkowski' && p === 1))
    return { p: 1, between: absolute, finish: same, begin: same }
  if (metric === 'chebyshev') return { p: Infinity, between: most, finish: same, begin: same }
  if (metric === 'minkowski') return { p, between: powers(p), finish: r => r ** (1 / p), begin: r => r ** p }
  if (metric === 'precomputed') {
    throw new ArgumentError('neighbours: distances that are given have no formula. Choose another metric.')
  }
  const of = rowDistance(metric as DistanceMetric)
  return { p: 0, between: (x, i, y, j, F) => of(x, i / F, y, j / F, F), finish: same, begin: same }
}
