import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import type { Rows } from '../core/sparse.ts'
import type { Objective } from '../numeric/lbfgs.ts'
import { rowsTimes, rowsTransposeTimes } from './rows.ts'

// Parameters of a logistic model stand in one vector: W [F, K] row by row, then K intercepts where there are any. Two classes have K = 1,
// the score of the second; more have one score a class.

export interface LogisticProblem {
  readonly X: Rows
  readonly y: Int32Array
  /** 1 for two classes. */
  readonly outputs: number
  /** Weights of rows over their sum. */
  readonly share: Float64Array
  readonly fitIntercept: boolean
  /** `½ l2 ‖W‖²` is added to the mean loss. */
  readonly l2: number
}

/** `X W + b`, [N, K]. */
export const scoresOf = ({ X, outputs: K, fitIntercept }: LogisticProblem, theta: Float64Array): Dense => {
  const F = X.columns
  const scores = rowsTimes(X, { rows: F, columns: K, data: theta.subarray(0, F * K) })
  if (!fitIntercept) return scores
  const { data, rows } = scores
  for (let i = 0, at = 0; i < rows; i++) for (let k = 0; k < K; k++) data[at++]! += theta[F * K + k]!
  return scores
}

/** The mean loss; the scores become its slopes by each score, in place. */
export const lossAndSlopes = ({ y, outputs: K, share }: LogisticProblem, scores: Dense): number => {
  const { data, rows } = scores
  let loss = 0
  if (K === 1) {
    for (let i = 0; i < rows; i++) {
      const z = data[i]!
      const e = Math.exp(-Math.abs(z))
      loss += share[i]! * (Math.max(z, 0) - (y[i] === 1 ? z : 0) + Math.log1p(e))
      data[i] = share[i]! * ((z >= 0 ? 1 / (1 + e) : e / (1 + e)) - y[i]!)
    }
    return loss
  }
  for (let i = 0; i < rows; i++) {
    const at = i * K
    let top = data[at]!
    for (let k = 1; k < K; k++) if (data[at + k]! > top) top = data[at + k]!
    const own = data[at + y[i]!]!
    let sum = 0
    for (let k = 0; k < K; k++) {
      const e = Math.exp(data[at + k]! - top)
      data[at + k] = e
      sum += e
    }
    loss += share[i]! * (top + Math.log(sum) - own)
    const scale = share[i]! / sum
    for (let k = 0; k < K; k++) data[at + k]! *= scale
    data[at + y[i]!]! -= share[i]!
  }
  return loss
}

/** Cross-entropy with the penalty, and its gradient. */
export const logisticObjective = (problem: LogisticProblem): Objective => {
  const { X, outputs: K, fitIntercept, l2 } = problem
  const size = X.columns * K
  return (theta, gradient) => {
    const scores = scoresOf(problem, theta)
    let value = lossAndSlopes(problem, scores)
    gradient.set(rowsTransposeTimes(X, scores).data)
    for (let j = 0; j < size; j++) {
      gradient[j]! += l2 * theta[j]!
      value += 0.5 * l2 * theta[j]! * theta[j]!
    }
    if (fitIntercept) {
      for (let k = 0; k < K; k++) gradient[size + k] = 0
      for (let i = 0, at = 0; i < scores.rows; i++)
        for (let k = 0; k < K; k++) gradient[size + k]! += scores.data[at++]!
    }
    return value
  }
}

/** Probabilities from scores: [N, 2] or [N, K]. */
export const probabilities = (scores: Dense): Dense => {
  const { rows, columns: K, data } = scores
  if (K === 1) {
    const out = dense(rows, 2)
    for (let i = 0; i < rows; i++) {
      const e = Math.exp(-Math.abs(data[i]!))
      const p = data[i]! >= 0 ? 1 / (1 + e) : e / (1 + e)
      out.data[2 * i + 1] = p
      out.data[2 * i] = data[i]! >= 0 ? e / (1 + e) : 1 / (1 + e)
    }
    return out
  }
  const out = dense(rows, K)
  for (let i = 0; i < rows; i++) {
    const at = i * K
    let top = data[at]!
    for (let k = 1; k < K; k++) if (data[at + k]! > top) top = data[at + k]!
    let sum = 0
    for (let k = 0; k < K; k++) sum += out.data[at + k] = Math.exp(data[at + k]! - top)
    for (let k = 0; k < K; k++) out.data[at + k]! /= sum
  }
  return out
}
