import { defineOptions, number } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { fitIntercept, maxIter, tol } from '../core/rules.ts'
import { lbfgs } from '../numeric/lbfgs.ts'
import { timesVector, transposeTimesVector } from '../numeric/product.ts'
import { predictLinear } from './design.ts'

/**
 * Huber regression: squares for residuals within `epsilon` scales and lines beyond, so that outliers pull little. Coefficients and the
 * scale `σ` minimise together `Σ (σ + H(rᵢ/σ) σ) + α ‖w‖²`, with `H(z) = z²` for `|z| < ε` and `2ε|z| − ε²` beyond.
 *
 * The model has `coef`, `intercept`, `scale`, `outliers` [N] (1 where the residual is beyond) and `nIter`.
 *
 * @example
 * const model = await huberRegressor({ epsilon: 1.35 }).fit(X, y)
 *
 * Source: Huber 1981; Owen 2007.
 */
export const huberRegressor = defineRegressor({
  name: 'huberRegressor',
  summary:
    'Squared loss for small residuals and absolute loss for large ones, with the scale learned: outliers pull little.',
  source: 'Huber 1981; Owen 2007',
  sampleWeight: true,
  options: defineOptions({
    epsilon: number({
      min: 1,
      default: 1.35,
      help: 'residuals beyond this many scales count as lines; smaller is more robust',
    }),
    alpha: number({ min: 0, default: 0.0001, help: 'strength of the penalty on squared coefficients' }),
    maxIter: maxIter(100),
    tol: tol(1e-5),
    fitIntercept,
  }),
  fit: ({ X, y, sampleWeight }, { epsilon, alpha, maxIter, tol, fitIntercept }) => {
    const F = X.columns
    const size = F + (fitIntercept ? 2 : 1)
    const start = new Float64Array(size)
    start[size - 1] = 1
    const lower = new Float64Array(size).fill(-Infinity)
    lower[size - 1] = 10 * Number.EPSILON
    const upper = new Float64Array(size).fill(Infinity)
    const { x, iterations } = lbfgs(objective(X, y, { epsilon, alpha, fitIntercept, weights: sampleWeight }), start, {
      maxIter,
      tolerance: tol,
      functionTolerance: 0,
      lower,
      upper,
    })
    const coef = x.slice(0, F)
    const intercept = fitIntercept ? x[F]! : 0
    const scale = x[size - 1]!
    const fitted = timesVector(X, coef)
    const outliers = Int32Array.from(y, (value, i) =>
      Math.abs(value - fitted[i]! - intercept) > scale * epsilon ? 1 : 0,
    )
    return { coef, intercept, scale, outliers, nIter: iterations }
  },
  methods: { predict: ({ state }, X: Dense) => predictLinear(state, X) },
})

interface Settings {
  readonly epsilon: number
  readonly alpha: number
  readonly fitIntercept: boolean
  readonly weights: Float64Array | undefined
}

const objective =
  (X: Dense, y: Float64Array, { epsilon, alpha, fitIntercept, weights }: Settings) =>
  (x: Float64Array, gradient: Float64Array): number => {
    const F = X.columns
    const sigma = x.at(-1)!
    const intercept = fitIntercept ? x[F]! : 0
    const predicted = timesVector(X, x.subarray(0, F))
    /** The derivative of the loss by each prediction. */
    const slope = new Float64Array(y.length)
    let value = 0
    let bySigma = 0
    for (let i = 0; i < y.length; i++) {
      const w = weights ? weights[i]! : 1
      const residual = y[i]! - predicted[i]! - intercept
      const size = Math.abs(residual)
      if (size > epsilon * sigma) {
        value += w * (sigma + 2 * epsilon * size - sigma * epsilon * epsilon)
        slope[i] = -2 * w * epsilon * Math.sign(residual)
        bySigma += w * (1 - epsilon * epsilon)
      } else {
        value += w * (sigma + (residual * residual) / sigma)
        slope[i] = (-2 * w * residual) / sigma
        bySigma += w * (1 - (residual * residual) / (sigma * sigma))
      }
    }
    const byCoef = transposeTimesVector(X, slope)
    for (let j = 0; j < F; j++) {
      gradient[j] = byCoef[j]! + 2 * alpha * x[j]!
      value += alpha * x[j]! * x[j]!
    }
    if (fitIntercept) gradient[F] = slope.reduce((a, b) => a + b, 0)
    gradient[gradient.length - 1] = bySigma
    return value
  }
