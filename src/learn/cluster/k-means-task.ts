import type { Dense } from '../../ops/matrix-kernels.ts'
import { Random } from '../core/random.ts'
import { takeDense } from '../core/take-rows.ts'
import { kMeansPlusPlus, randomRows } from './initial-centres.ts'
import { type Clustering, lloyd } from './lloyd.ts'

export interface Starts {
  readonly X: Dense
  readonly weights: Float64Array | undefined
  readonly nClusters: number
  readonly init: 'k-means++' | 'random'
  readonly maxIter: number
  readonly tolerance: number
}

/** The best clustering of some starts, each from a seed. Of equal ones the first. */
export const run = (
  { X, weights, nClusters, init, maxIter, tolerance }: Starts,
  seeds: readonly number[],
): Clustering => {
  const randoms = seeds.map(seed => new Random(seed))
  const rows =
    init === 'random'
      ? randoms.map(random => randomRows(X.rows, nClusters, random, weights))
      : kMeansPlusPlus(X, nClusters, randoms, weights)
  const centres = rows.map(some => takeDense(X, some))
  return best(lloyd(X, centres, { maxIter, tolerance, weights }))
}

/** The one with the least inertia. Rounding does not decide: a later one must be better by more. */
export const best = (found: readonly Clustering[]): Clustering =>
  found.reduce((a, b) => (b.inertia < a.inertia * (1 - 1e-12) ? b : a))
