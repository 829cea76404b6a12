import { aFlag, anInteger, aNumber, either, nothing } from '../../core/options.ts'
import { ArgumentError } from '../../core/errors.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { Random } from '../core/random.ts'
import type { Csr } from '../core/sparse.ts'
import { runTasks } from '../threads/pool.ts'
import { columnsOf } from '../trees/columns.ts'
import { type CriterionName, requireSuited } from '../trees/criteria.ts'
import { growthOf } from '../trees/options.ts'
import { addValues, importances, leavesOf, normalized, singles, type Tree } from '../trees/tree.ts'
import { drawnCounts, type SharedForest } from './grow-forest.ts'

export const maxSamples = either([nothing, anInteger({ min: 1 }), aNumber({ above: 0, below: 1 })], {
  default: null,
  help: 'rows drawn for each, or their share of all; null for as many as there are',
})
export const oobScore = either([aFlag], {
  default: false,
  help: 'whether each row is also predicted by those that did not learn from it',
})

type ForestOptions = Parameters<typeof growthOf>[1] & {
  readonly nEstimators: number
  readonly criterion: CriterionName
  readonly ccpAlpha: number
  readonly bootstrap: boolean
  readonly maxSamples: number | null
  readonly oobScore: boolean
  readonly nJobs: number
}

interface ForestProblem {
  readonly X: Dense
  readonly y: Int32Array | Float64Array
  readonly weights: Float64Array | undefined
  /** Classes, or 1. */
  readonly K: number
  readonly random: Random
  readonly randomSplits: boolean
}

export interface Forest {
  readonly estimators: readonly Tree[]
  readonly featureImportances: Float64Array
}

/** Threads are worth their start from this much work on: rows times features times trees. */
const large = 5e5

const drawsOf = (where: string, { bootstrap, maxSamples }: ForestOptions, rows: number): number => {
  if (!bootstrap) {
    if (maxSamples !== null)
      throw new ArgumentError(`${where}: maxSamples needs bootstrap: true. Leave it out otherwise.`)
    return 0
  }
  if (maxSamples === null) return rows
  if (maxSamples >= 1 && maxSamples > rows)
    throw new ArgumentError(`${where}: maxSamples is ${maxSamples}, and X has ${rows} rows. Pass at most as many.`)
  return maxSamples < 1 ? Math.max(1, Math.round(maxSamples * rows)) : maxSamples
}

/** Trees from a seed each, over threads: the forest does not depend on how many. */
export const growForest = async (
  where: string,
  { X, y, weights, K, random, randomSplits }: ForestProblem,
  options: ForestOptions,
): Promise<{ readonly forest: Forest; readonly seeds: readonly number[]; readonly draws: number }> => {
  requireSuited(where, options, y, K)
  if (options.oobScore && !options.bootstrap)
    throw new ArgumentError(`${where}: oobScore needs bootstrap: true, which leaves rows out for each tree.`)
  const draws = drawsOf(where, options, X.rows)
  const growth = growthOf(where, options, { rows: X.rows, columns: X.columns, weight: 0, randomSplits })
  const few = growth.maxFeatures * 3 < X.columns
  const shared: SharedForest = {
    columns: columnsOf(X, randomSplits ? 'no' : few ? 'places' : 'order'),
    y,
    weights,
    K,
    criterion: options.criterion,
    growth,
    minWeightFractionLeaf: options.minWeightFractionLeaf,
    ccpAlpha: options.ccpAlpha,
    draws,
  }
  const seeds = Array.from({ length: options.nEstimators }, () => random.seed())
  const work = X.rows * growth.maxFeatures * options.nEstimators
  const estimators = await runTasks<Tree>('growForest', seeds, { shared, nJobs: work < large ? 1 : options.nJobs })
  const featureImportances = new Float64Array(X.columns)
  for (const tree of estimators) {
    for (const [j, value] of importances(tree, X.columns).entries()) featureImportances[j]! += value
  }
  return { forest: { estimators, featureImportances: normalized(featureImportances) }, seeds, draws }
}

/** The mean of the trees' values [N, K]. */
export const meanOfTrees = (trees: readonly Tree[], X: Dense): Dense => {
  const K = trees[0]!.value.columns
  const data = new Float64Array(X.rows * K)
  const rows = singles(X)
  for (const tree of trees) addValues(tree, rows, X.columns, data)
  for (let i = 0; i < data.length; i++) data[i]! /= trees.length
  return { rows: X.rows, columns: K, data }
}

/** Each row's mean value over the trees that did not learn from it; NaN where all did. */
export const outOfBag = (
  { estimators }: Forest,
  X: Dense,
  { seeds, draws }: { readonly seeds: readonly number[]; readonly draws: number },
): Dense => {
  const K = estimators[0]!.value.columns
  const data = new Float64Array(X.rows * K)
  const counts = new Float64Array(X.rows)
  for (const [t, tree] of estimators.entries()) {
    const drawn = drawnCounts(new Random(seeds[t]!), X.rows, draws)
    const rows = Array.from(drawn.keys()).filter(i => drawn[i] === 0)
    const left = new Float32Array(rows.length * X.columns)
    for (const [k, row] of rows.entries())
      left.set(X.data.subarray(row * X.columns, (row + 1) * X.columns), k * X.columns)
    const leaves = leavesOf(tree, left, X.columns)
    for (const [i, row] of rows.entries()) {
      counts[row]!++
      for (let k = 0; k < K; k++) data[row * K + k]! += tree.value.data[leaves[i]! * K + k]!
    }
  }
  for (let i = 0; i < X.rows; i++) for (let k = 0; k < K; k++) data[i * K + k]! /= counts[i]!
  return { rows: X.rows, columns: K, data }
}

export interface Forested {
  readonly state: Forest
}

export const forestMethods = {
  /** The leaf of each row in each tree [N, nEstimators]. */
  apply: ({ state }: Forested, X: Dense): Dense => {
    const { estimators } = state
    const data = new Float64Array(X.rows * estimators.length)
    const rows = singles(X)
    for (const [t, tree] of estimators.entries()) {
      for (const [i, node] of leavesOf(tree, rows, X.columns).entries()) data[i * estimators.length + t] = node
    }
    return { rows: X.rows, columns: estimators.length, data }
  },
} as const

/** Which leaf of which tree each row is in, as a sparse matrix of 0 and 1 [N, leaves of all trees], leaf by leaf in the order of the nodes. */
export const leafIndicators = (trees: readonly Tree[], X: Dense): Csr => {
  const rows = singles(X)
  const starts: number[] = []
  let columns = 0
  const indices = new Int32Array(X.rows * trees.length)
  for (const [t, tree] of trees.entries()) {
    const place = new Int32Array(tree.feature.length).fill(-1)
    starts.push(columns)
    for (let node = 0; node < place.length; node++) if (tree.childrenLeft[node]! < 0) place[node] = columns++
    for (const [i, node] of leavesOf(tree, rows, X.columns).entries()) indices[i * trees.length + t] = place[node]!
  }
  return {
    rows: X.rows,
    columns,
    indptr: Int32Array.from({ length: X.rows + 1 }, (_, i) => i * trees.length),
    indices,
    data: new Float64Array(indices.length).fill(1),
  }
}
