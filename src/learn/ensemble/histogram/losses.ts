import { medianOf } from '../../trees/median-criterion.ts'
import { weightedQuantile } from '../../dummy/weighted-quantile.ts'

/** A loss as boosting needs it. Scores are what the trees add up to, column by column for several classes: [K, rows]. */
export interface BoostingLoss {
  /** Scores a row. */
  readonly K: number
  /** Whether all hessians are 1 (without weights). */
  readonly constantHessian: boolean
  /** The constant scores of least loss. */
  start(y: Float64Array, weights: Float64Array | undefined): Float64Array
  /** Gradients and hessians of rows [from, to), into [K, rows]. */
  fill(at: Scores, from: number, to: number, gradients: Float32Array, hessians: Float32Array): void
  /** The mean loss. */
  mean(at: Scores): number
  /** Where leaves do not take a Newton step: the best constant of some residuals. */
  leaf?(residuals: Float64Array, weights: Float64Array | undefined): number
}
export interface Scores {
  readonly y: Float64Array
  readonly weights: Float64Array | undefined
  /** [K, rows] */
  readonly scores: Float64Array
  readonly rows: number
}

export type RegressionLoss = 'squaredError' | 'absoluteError' | 'gamma' | 'poisson' | 'quantile'

const meanOf = (y: Float64Array, weights: Float64Array | undefined, of: (value: number) => number = x => x): number => {
  let total = 0
  let sum = 0
  for (let i = 0; i < y.length; i++) {
    const w = weights ? weights[i]! : 1
    total += w
    sum += w * of(y[i]!)
  }
  return sum / total
}

/** A loss of one score a row from its value, gradient and hessian. */
const pointwise = (
  about: Pick<BoostingLoss, 'constantHessian' | 'start'> & Partial<Pick<BoostingLoss, 'leaf'>>,
  value: (y: number, score: number) => number,
  fill: (at: Scores, from: number, to: number, gradients: Float32Array, hessians: Float32Array) => void,
): BoostingLoss => ({
  K: 1,
  ...about,
  fill: (at, from, to, gradients, hessians) => {
    fill(at, from, to, gradients, hessians)
    const { weights } = at
    if (!weights) return
    for (let i = from; i < to; i++) {
      gradients[i]! *= weights[i]!
      hessians[i]! *= weights[i]!
    }
  },
  mean: ({ y, weights, scores, rows }) => {
    let total = 0
    let sum = 0
    for (let i = 0; i < rows; i++) {
      const w = weights ? weights[i]! : 1
      total += w
      sum += w * value(y[i]!, scores[i]!)
    }
    return sum / total
  },
})

const squared = pointwise(
  { constantHessian: true, start: (y, weights) => Float64Array.of(meanOf(y, weights)) },
  (y, score) => (y - score) ** 2 / 2,
  ({ y, scores, weights }, from, to, gradients, hessians) => {
    for (let i = from; i < to; i++) gradients[i] = scores[i]! - y[i]!
    if (weights) hessians.fill(1, from, to)
  },
)

/** The weighted median as scikit-learn takes it, in the middle of two where both halve the weight. */
const medianOfValues = (values: Float64Array, weights: Float64Array | undefined): number => {
  if (!weights) return weightedQuantile(values, 0.5)
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!)
  const own = order.map(i => weights[i]!)
  return medianOf(
    order.map(i => values[i]!),
    own,
    own.reduce((a, b) => a + b, 0),
  )
}

const absolute = pointwise(
  {
    constantHessian: true,
    start: (y, weights) => Float64Array.of(medianOfValues(y, weights)),
    leaf: medianOfValues,
  },
  (y, score) => Math.abs(y - score),
  ({ y, scores, weights }, from, to, gradients, hessians) => {
    for (let i = from; i < to; i++) gradients[i] = scores[i]! > y[i]! ? 1 : -1
    if (weights) hessians.fill(1, from, to)
  },
)

/** `q (y − s)` above and `(1 − q)(s − y)` below (Koenker & Bassett 1978). */
const quantileLoss = (quantile: number): BoostingLoss => {
  const best = (values: Float64Array, weights: Float64Array | undefined): number =>
    weightedQuantile(values, quantile, weights)
  return pointwise(
    { constantHessian: true, start: (y, weights) => Float64Array.of(best(y, weights)), leaf: best },
    (y, score) => (y >= score ? quantile * (y - score) : (1 - quantile) * (score - y)),
    ({ y, scores, weights }, from, to, gradients, hessians) => {
      for (let i = from; i < to; i++) gradients[i] = y[i]! >= scores[i]! ? -quantile : 1 - quantile
      if (weights) hessians.fill(1, from, to)
    },
  )
}

const logOfMean = (y: Float64Array, weights: Float64Array | undefined): Float64Array =>
  Float64Array.of(Math.log(Math.max(meanOf(y, weights), 2 ** -52)))

const poisson = pointwise(
  { constantHessian: false, start: logOfMean },
  (y, score) => Math.exp(score) - y * score,
  ({ y, scores }, from, to, gradients, hessians) => {
    for (let i = from; i < to; i++) {
      const mean = Math.exp(scores[i]!)
      gradients[i] = mean - y[i]!
      hessians[i] = mean
    }
  },
)

const gamma = pointwise(
  { constantHessian: false, start: logOfMean },
  (y, score) => score + y * Math.exp(-score),
  ({ y, scores }, from, to, gradients, hessians) => {
    for (let i = from; i < to; i++) {
      const ratio = y[i]! * Math.exp(-scores[i]!)
      gradients[i] = 1 - ratio
      hessians[i] = ratio
    }
  },
)

/** `log(1 + e^s)`, for large s too. */
const softplus = (s: number): number => (s > 0 ? s + Math.log1p(Math.exp(-s)) : Math.log1p(Math.exp(s)))

const logistic = pointwise(
  {
    constantHessian: false,
    start: (y, weights) => {
      const share = Math.min(Math.max(meanOf(y, weights), 2 ** -52), 1 - 2 ** -52)
      return Float64Array.of(Math.log(share / (1 - share)))
    },
  },
  (y, score) => softplus(score) - y * score,
  ({ y, scores }, from, to, gradients, hessians) => {
    for (let i = from; i < to; i++) {
      const s = scores[i]!
      const e = Math.exp(-Math.abs(s))
      const p = s >= 0 ? 1 / (1 + e) : e / (1 + e)
      gradients[i] = p - y[i]!
      hessians[i] = p * (1 - p)
    }
  },
)

/** Log loss of K classes with a score for each. */
const multinomial = (K: number): BoostingLoss => ({
  K,
  constantHessian: false,
  start: (y, weights) => {
    const logs = Float64Array.from({ length: K }, (_, k) =>
      Math.log(
        Math.min(
          Math.max(
            meanOf(y, weights, code => (code === k ? 1 : 0)),
            2 ** -52,
          ),
          1 - 2 ** -52,
        ),
      ),
    )
    const mean = logs.reduce((a, b) => a + b, 0) / K
    return logs.map(x => x - mean)
  },
  fill: ({ y, weights, scores, rows }, from, to, gradients, hessians) => {
    const shares = new Float64Array(K)
    for (let i = from; i < to; i++) {
      let top = -Infinity
      for (let k = 0; k < K; k++) top = Math.max(top, scores[k * rows + i]!)
      let sum = 0
      for (let k = 0; k < K; k++) {
        shares[k] = Math.exp(scores[k * rows + i]! - top)
        sum += shares[k]!
      }
      const w = weights ? weights[i]! : 1
      for (let k = 0; k < K; k++) {
        const p = shares[k]! / sum
        gradients[k * rows + i] = w * (p - (y[i] === k ? 1 : 0))
        hessians[k * rows + i] = w * p * (1 - p)
      }
    }
  },
  mean: ({ y, weights, scores, rows }) => {
    let total = 0
    let loss = 0
    for (let i = 0; i < rows; i++) {
      const w = weights ? weights[i]! : 1
      let top = -Infinity
      for (let k = 0; k < K; k++) top = Math.max(top, scores[k * rows + i]!)
      let sum = 0
      for (let k = 0; k < K; k++) sum += Math.exp(scores[k * rows + i]! - top)
      total += w
      loss += w * (top + Math.log(sum) - scores[y[i]! * rows + i]!)
    }
    return loss / total
  },
})

export interface LossChoice {
  readonly name: RegressionLoss | 'logLoss'
  readonly quantile?: number | null
  /** Classes of logLoss. */
  readonly K?: number
}

export const lossOf = ({ name, quantile, K = 2 }: LossChoice): BoostingLoss => {
  if (name === 'logLoss') return K === 2 ? logistic : multinomial(K)
  if (name === 'quantile') return quantileLoss(quantile!)
  return { squaredError: squared, absoluteError: absolute, poisson, gamma }[name]
}
