import { weightedQuantile } from '../dummy/weighted-quantile.ts'

/** A loss as gradient boosting with exact trees needs it; scores are [K, rows]. */
export interface GradientLoss {
  readonly K: number
  /** The constant scores of least loss. */
  start(y: Float64Array, weights: Float64Array): Float64Array
  /** Called before each round: what the gradient needs of all rows. */
  prepare?(y: Float64Array, scores: Float64Array, weights: Float64Array): void
  /** The negative gradient for score k. */
  residuals(y: Float64Array, scores: Float64Array, k: number, out: Float64Array): void
  /** The best value of a leaf: its rows, their residuals, and the scores. Without it the mean residual is. */
  leaf?(at: LeafRows): number
  /** The mean loss. */
  mean(y: Float64Array, scores: Float64Array, weights: Float64Array): number
}

export interface LeafRows {
  readonly rows: Int32Array
  readonly y: Float64Array
  readonly scores: Float64Array
  readonly residuals: Float64Array
  readonly weights: Float64Array
}

const weightedMean = (values: ArrayLike<number>, weights: Float64Array): number => {
  let total = 0
  let sum = 0
  for (let i = 0; i < weights.length; i++) {
    total += weights[i]!
    sum += weights[i]! * values[i]!
  }
  return sum / total
}
const meanLoss =
  (loss: (y: number, score: number) => number): GradientLoss['mean'] =>
  (y, scores, weights) =>
    weightedMean(
      y.map((value, i) => loss(value, scores[i]!)),
      weights,
    )

const allOne = (weights: Float64Array): boolean => weights.every(w => w === 1)
/** A quantile of values, between two of them without weights. */
const quantileOf = (values: Float64Array, share: number, weights: Float64Array): number =>
  weightedQuantile(values, share, allOne(weights) ? undefined : weights)
const at = (rows: Int32Array, of: (row: number) => number): Float64Array => Float64Array.from(rows, of)
const quantileLeaf =
  (share: number): NonNullable<GradientLoss['leaf']> =>
  ({ rows, y, scores, weights }) =>
    weightedQuantile(
      at(rows, row => y[row]! - scores[row]!),
      share,
      at(rows, row => weights[row]!),
    )

const squaredError: GradientLoss = {
  K: 1,
  start: (y, weights) => Float64Array.of(weightedMean(y, weights)),
  residuals: (y, scores, _, out) => {
    for (let i = 0; i < y.length; i++) out[i] = y[i]! - scores[i]!
  },
  mean: meanLoss((y, score) => (y - score) ** 2 / 2),
}

const pinball = (share: number): GradientLoss => ({
  K: 1,
  start: (y, weights) => Float64Array.of(quantileOf(y, share, weights)),
  residuals: (y, scores, _, out) => {
    for (let i = 0; i < y.length; i++) out[i] = y[i]! >= scores[i]! ? share : share - 1
  },
  leaf: quantileLeaf(share),
  mean: meanLoss((y, score) => (y >= score ? share * (y - score) : (1 - share) * (score - y))),
})
const absoluteError: GradientLoss = {
  ...pinball(0.5),
  residuals: (y, scores, _, out) => {
    for (let i = 0; i < y.length; i++) out[i] = scores[i]! > y[i]! ? -1 : 1
  },
  mean: meanLoss((y, score) => Math.abs(y - score)),
}

/** Squared near 0 and absolute beyond the quantile `share` of the residuals (Friedman 2001, section 4.4). */
const huber = (share: number): GradientLoss => {
  let delta = 1
  return {
    K: 1,
    start: (y, weights) => Float64Array.of(quantileOf(y, 0.5, weights)),
    prepare: (y, scores, weights) => {
      delta = weightedQuantile(
        y.map((value, i) => Math.abs(value - scores[i]!)),
        share,
        weights,
      )
    },
    residuals: (y, scores, _, out) => {
      for (let i = 0; i < y.length; i++) out[i] = Math.max(-delta, Math.min(delta, y[i]! - scores[i]!))
    },
    leaf: ({ rows, y, scores, weights }) => {
      const own = at(rows, row => weights[row]!)
      const left = at(rows, row => y[row]! - scores[row]!)
      const median = weightedQuantile(left, 0.5, own)
      return (
        median +
        weightedMean(
          left.map(x => Math.sign(x - median) * Math.min(delta, Math.abs(x - median))),
          own,
        )
      )
    },
    mean: (y, scores, weights) =>
      meanLoss((value, score) => {
        const x = Math.abs(value - score)
        return x <= delta ? (x * x) / 2 : delta * (x - delta / 2)
      })(y, scores, weights),
  }
}

/** A sum over another, or 0 over 0. */
const over = (numerator: number, denominator: number): number =>
  Math.abs(denominator) < 1e-150 ? 0 : numerator / denominator

/** A Newton step: the sum of the residuals over that of the hessians. */
const newton =
  (hessian: (y: number, residual: number) => number, scale = 1): NonNullable<GradientLoss['leaf']> =>
  ({ rows, y, residuals, weights }) => {
    let top = 0
    let bottom = 0
    for (const row of rows) {
      top += weights[row]! * residuals[row]!
      bottom += weights[row]! * hessian(y[row]!, residuals[row]!)
    }
    return over(scale * top, bottom)
  }

const nearest = 2 ** -23
const clipped = (share: number): number => Math.min(Math.max(share, nearest), 1 - nearest)
const logit = (share: number): number => Math.log(clipped(share) / (1 - clipped(share)))

const logistic: GradientLoss = {
  K: 1,
  start: (y, weights) => Float64Array.of(logit(weightedMean(y, weights))),
  residuals: (y, scores, _, out) => {
    for (let i = 0; i < y.length; i++) out[i] = y[i]! - 1 / (1 + Math.exp(-scores[i]!))
  },
  leaf: newton((y, residual) => (y - residual) * (1 - y + residual)),
  mean: meanLoss((y, score) => Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score))) - y * score),
}

/** `e^(−s)` for the second class and `e^s` for the first: AdaBoost's loss. */
const exponential: GradientLoss = {
  K: 1,
  start: (y, weights) => Float64Array.of(logit(weightedMean(y, weights)) / 2),
  residuals: (y, scores, _, out) => {
    for (let i = 0; i < y.length; i++) out[i] = y[i] === 1 ? Math.exp(-scores[i]!) : -Math.exp(scores[i]!)
  },
  leaf: newton((_, residual) => Math.abs(residual)),
  mean: meanLoss((y, score) => (y === 1 ? Math.exp(-score) : Math.exp(score))),
}

const multinomial = (K: number): GradientLoss => ({
  K,
  start: (y, weights) => {
    const logs = Float64Array.from({ length: K }, (_, k) =>
      Math.log(
        clipped(
          weightedMean(
            y.map(code => (code === k ? 1 : 0)),
            weights,
          ),
        ),
      ),
    )
    const mean = logs.reduce((a, b) => a + b, 0) / K
    return logs.map(x => x - mean)
  },
  residuals: (y, scores, k, out) => {
    const n = y.length
    for (let i = 0; i < n; i++) {
      let top = -Infinity
      for (let c = 0; c < K; c++) top = Math.max(top, scores[c * n + i]!)
      let sum = 0
      for (let c = 0; c < K; c++) sum += Math.exp(scores[c * n + i]! - top)
      out[i] = (y[i] === k ? 1 : 0) - Math.exp(scores[k * n + i]! - top) / sum
    }
  },
  leaf: ({ rows, residuals, weights }) => {
    let sum = 0
    let bottom = 0
    for (const row of rows) {
      const residual = residuals[row]!
      // The residual of the right class is 1 − p, of another −p.
      const p = residual >= 0 ? 1 - residual : -residual
      sum += weights[row]! * residual
      bottom += weights[row]! * p * (1 - p)
    }
    return over((sum * (K - 1)) / K, bottom)
  },
  mean: (y, scores, weights) => {
    const n = y.length
    return weightedMean(
      y.map((code, i) => {
        let top = -Infinity
        for (let k = 0; k < K; k++) top = Math.max(top, scores[k * n + i]!)
        let sum = 0
        for (let k = 0; k < K; k++) sum += Math.exp(scores[k * n + i]! - top)
        return top + Math.log(sum) - scores[code * n + i]!
      }),
      weights,
    )
  },
})

export type GradientLossName = 'squaredError' | 'absoluteError' | 'huber' | 'quantile' | 'logLoss' | 'exponential'

export const gradientLoss = (name: GradientLossName, alpha: number, K: number): GradientLoss => {
  if (name === 'logLoss') return K === 2 ? logistic : multinomial(K)
  if (name === 'huber') return huber(alpha)
  if (name === 'quantile') return pinball(alpha)
  return { squaredError, absoluteError, exponential }[name]
}
