import type { Dense } from '../../../ops/matrix-kernels.ts'
import type { Boosted } from './boost.ts'
import { addTree, type BinnedRows, binnedRows, type HistogramTree } from './histogram-tree.ts'

/** What a boosted model remembers. */
export interface BoostState {
  readonly nIter: number
  readonly trees: readonly (readonly HistogramTree[])[]
  /** The mean loss, negated, before the first round and after each; empty without early stopping. */
  readonly trainScore: Float64Array
  readonly validationScore: Float64Array
  readonly _baseline: Float64Array
  readonly _thresholds: readonly Float64Array[]
  readonly _categorical: Int32Array
}

export const boostState = (found: Boosted & { readonly categorical: readonly number[] }): BoostState => ({
  nIter: found.trees.length,
  trees: found.trees,
  trainScore: found.trainScore,
  validationScore: found.validationScore,
  _baseline: found.baseline,
  _thresholds: found.thresholds,
  _categorical: Int32Array.from(found.categorical),
})

const prepared = ({ _thresholds, _categorical }: BoostState, X: Dense): BinnedRows =>
  binnedRows(
    X,
    _thresholds.map((thresholds, j) => ({ thresholds, categorical: _categorical.includes(j) })),
  )

/** The scores after each round, [K, rows] in one array that goes on changing. */
export function* stages(state: BoostState, X: Dense): Iterable<Float64Array> {
  const K = state._baseline.length
  const rows = prepared(state, X)
  const scores = new Float64Array(K * X.rows)
  for (let k = 0; k < K; k++) scores.fill(state._baseline[k]!, k * X.rows, (k + 1) * X.rows)
  for (const trees of state.trees) {
    for (const [k, tree] of trees.entries()) addTree(tree, rows, scores, 0, X.rows, k * X.rows)
    yield scores
  }
}

/** The scores after the last round, [K, rows]. */
export const scoresOf = (state: BoostState, X: Dense): Float64Array => {
  let last = new Float64Array(0)
  for (const scores of stages(state, X)) last = scores as typeof last
  return last
}

/** Shares of classes from scores: the logistic function of one, or the softmax of several. */
export const sharesOf = (scores: Float64Array, rows: number): Dense => {
  const K = scores.length / rows
  const columns = Math.max(2, K)
  const data = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    if (K === 1) {
      const p = 1 / (1 + Math.exp(-scores[i]!))
      data[2 * i] = 1 - p
      data[2 * i + 1] = p
      continue
    }
    let top = -Infinity
    for (let k = 0; k < K; k++) top = Math.max(top, scores[k * rows + i]!)
    let sum = 0
    for (let k = 0; k < K; k++) {
      data[i * K + k] = Math.exp(scores[k * rows + i]! - top)
      sum += data[i * K + k]!
    }
    for (let k = 0; k < K; k++) data[i * K + k]! /= sum
  }
  return { rows, columns, data }
}

/** Scores row by row: [N] of one, [N, K] of several. */
export const decisions = (scores: Float64Array, rows: number): Float64Array | Dense => {
  const K = scores.length / rows
  if (K === 1) return scores
  return { rows, columns: K, data: Float64Array.from(scores, (_, at) => scores[(at % K) * rows + Math.floor(at / K)]!) }
}
