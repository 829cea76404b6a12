import type { Dense } from '../../ops/matrix-kernels.ts'
import type { Random } from '../core/random.ts'
import type { Csr } from '../core/sparse.ts'
import { columnsOf } from './columns.ts'
import { criterionOf, type CriterionName, requireSuited } from './criteria.ts'
import { grow } from './grow.ts'
import { growthOf } from './options.ts'
import { pruned } from './pruning.ts'
import { depthOf, importances, leafCount, leaf, leavesOf, singles, type Tree } from './tree.ts'

/** What a fitted tree remembers. */
export interface TreeState {
  readonly tree: Tree
  readonly featureImportances: Float64Array
  readonly depth: number
  readonly nLeaves: number
}

type TreeOptions = Parameters<typeof growthOf>[1] & {
  readonly criterion: CriterionName
  readonly ccpAlpha: number
  readonly splitter: 'best' | 'random'
}

interface TreeProblem {
  readonly X: Dense
  readonly y: Int32Array | Float64Array
  readonly weights: Float64Array | undefined
  /** Classes, or 1. */
  readonly K: number
  readonly random: Random
}

/** One tree on all rows. Ties between the best splits go to the first feature, unless something is drawn. */
export const fitTree = (where: string, { X, y, weights, K, random }: TreeProblem, options: TreeOptions): TreeState => {
  requireSuited(where, options, y, K)
  const own = weights ?? new Float64Array(X.rows).fill(1)
  const weight = own.reduce((a, b) => a + b, 0)
  const randomSplits = options.splitter === 'random'
  const growth = growthOf(where, options, { rows: X.rows, columns: X.columns, weight, randomSplits })
  const few = growth.maxFeatures * 3 < X.columns
  const columns = columnsOf(X, randomSplits ? 'no' : few ? 'places' : 'order')
  const draws = randomSplits || growth.maxFeatures < X.columns
  const full = grow(columns, own, {
    criterion: criterionOf(options.criterion, y, { weights: own, K }),
    growth,
    random: draws ? random : undefined,
  })
  const tree = options.ccpAlpha > 0 ? pruned(full, options.ccpAlpha) : full
  return { tree, featureImportances: importances(tree, X.columns), depth: depthOf(tree), nLeaves: leafCount(tree) }
}

/** The values of each row's leaf [N, K]. */
export const leafValues = (tree: Tree, X: Dense): Dense => {
  const K = tree.value.columns
  const data = new Float64Array(X.rows * K)
  const leaves = leavesOf(tree, singles(X), X.columns)
  for (let i = 0; i < X.rows; i++) for (let k = 0; k < K; k++) data[i * K + k] = tree.value.data[leaves[i]! * K + k]!
  return { rows: X.rows, columns: K, data }
}

/** A matrix of rows and nodes with 1 where a row passes through a node. */
export const pathsOf = (tree: Tree, X: Dense): Csr => {
  const parents = new Int32Array(tree.feature.length).fill(-1)
  for (let node = 0; node < parents.length; node++) {
    if (tree.childrenLeft[node] === leaf) continue
    parents[tree.childrenLeft[node]!] = node
    parents[tree.childrenRight[node]!] = node
  }
  const indptr = new Int32Array(X.rows + 1)
  const indices: number[] = []
  for (const [i, end] of leavesOf(tree, singles(X), X.columns).entries()) {
    const path: number[] = []
    for (let node = end; node >= 0; node = parents[node]!) path.push(node)
    indices.push(...path.reverse())
    indptr[i + 1] = indices.length
  }
  return {
    rows: X.rows,
    columns: parents.length,
    indptr,
    indices: Int32Array.from(indices),
    data: new Float64Array(indices.length).fill(1),
  }
}

/** The verbs that trees of both kinds have. */
export const treeMethods = {
  /** The number of each row's leaf. */
  apply: ({ state }: { readonly state: TreeState }, X: Dense): Int32Array =>
    leavesOf(state.tree, singles(X), X.columns),
  /** A sparse matrix [N, nodes] with 1 where a row passes through a node. */
  decisionPath: ({ state }: { readonly state: TreeState }, X: Dense): Csr => pathsOf(state.tree, X),
} as const
