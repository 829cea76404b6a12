import { aFlag, defineOptions, either, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import type { Problem } from '../core/definition.ts'
import { fitIntercept, maxIter, randomState, tol } from '../core/rules.ts'
import { columnMajor, coordinateDescent } from './coordinate-descent.ts'
import { type Coefficients, centred, coefficients, predictLinear } from './design.ts'

export const penaltyOptions = {
  alpha: number({ min: 0, default: 1, help: 'strength of the penalty' }),
  fitIntercept,
  positive: either([aFlag], { default: false, help: 'whether coefficients must be at least 0' }),
  selection: oneOf(['cyclic', 'random'], { default: 'cyclic', help: 'the order in which coefficients are changed' }),
  maxIter: maxIter(1000),
  tol: tol(1e-4),
  randomState,
} as const

const l1Ratio = number({
  min: 0,
  max: 1,
  default: 0.5,
  help: 'the share of the absolute values in the penalty; the rest is of squares',
})

interface Settings {
  readonly alpha: number
  readonly l1Ratio: number
  readonly fitIntercept: boolean
  readonly positive: boolean
  readonly selection: 'cyclic' | 'random'
  readonly maxIter: number
  readonly tol: number
}

export interface ElasticNetState extends Coefficients {
  /** Rounds over the coefficients, of each target. */
  readonly nIter: number | Float64Array
  /** How far the loss is from the least at most, per row, of each target. */
  readonly dualGap: number | Float64Array
}

/** Weights with the mean 1. */
export const meanOne = (weights: Float64Array | undefined): Float64Array | undefined => {
  if (!weights) return undefined
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length
  return weights.map(weight => weight / mean)
}

export const fitElasticNet = (
  { X, y, sampleWeight, single, random }: Problem<'dense', 'numbers'>,
  settings: Settings,
): ElasticNetState => {
  const { alpha, l1Ratio, fitIntercept, positive, selection, maxIter, tol } = settings
  const problem = centred(X, y, { fitIntercept, weights: meanOne(sampleWeight) })
  // Rows of weight 0 stay as rows of zeros: the penalty is per row as given, as in scikit-learn.
  const N = X.rows
  const columns = columnMajor(problem.X)
  const targets = columnMajor(problem.Y)
  const W = dense(X.columns, y.columns)
  const nIter = new Float64Array(y.columns)
  const dualGap = new Float64Array(y.columns)
  for (let m = 0; m < y.columns; m++) {
    const found = coordinateDescent(columns, targets.subarray(m * N, (m + 1) * N), {
      l1: alpha * l1Ratio * N,
      l2: alpha * (1 - l1Ratio) * N,
      positive,
      maxIter,
      tolerance: tol,
      random: selection === 'random' ? random : undefined,
    })
    for (let j = 0; j < X.columns; j++) W.data[j * y.columns + m] = found.w[j]!
    nIter[m] = found.nIter
    dualGap[m] = found.dualGap / N
  }
  const found = coefficients(W, problem, single)
  return single ? { ...found, nIter: nIter[0]!, dualGap: dualGap[0]! } : { ...found, nIter, dualGap }
}

/**
 * Elastic net: the `w` and `b` with the least `1/(2N) Σ (y − X w − b)² + α ρ Σ|w| + ½ α (1 − ρ) Σ w²`, `ρ` being `l1Ratio`.
 *
 * The model has `coef`, `intercept`, `nIter` and `dualGap`.
 *
 * @example
 * const model = await elasticNet({ alpha: 0.1, l1Ratio: 0.7 }).fit(X, y)
 *
 * Source: Zou & Hastie 2005; Friedman, Hastie & Tibshirani 2010.
 */
export const elasticNet = defineRegressor({
  name: 'elasticNet',
  summary: 'Least squares with a penalty on absolute values and squares: ‖y − Xw‖²/(2N) + αρ‖w‖₁ + ½α(1 − ρ)‖w‖².',
  source: 'Zou & Hastie 2005; Friedman, Hastie & Tibshirani 2010',
  target: 'numbers',
  sampleWeight: true,
  options: defineOptions({ ...penaltyOptions, l1Ratio }),
  fit: fitElasticNet,
  methods: { predict: ({ state }, X: Dense) => predictLinear(state, X) },
})

/**
 * Lasso: the `w` and `b` with the least `1/(2N) Σ (y − X w − b)² + α Σ|w|`. Some coefficients become exactly 0.
 *
 * The model has `coef`, `intercept`, `nIter` and `dualGap`.
 *
 * @example
 * const model = await lasso({ alpha: 0.1 }).fit(X, y)
 *
 * Source: Tibshirani 1996; Friedman, Hastie & Tibshirani 2010.
 */
export const lasso = defineRegressor({
  name: 'lasso',
  summary: 'Least squares with a penalty on absolute values: ‖y − Xw‖²/(2N) + α‖w‖₁; some coefficients become 0.',
  source: 'Tibshirani 1996; Friedman, Hastie & Tibshirani 2010',
  target: 'numbers',
  sampleWeight: true,
  options: defineOptions(penaltyOptions),
  fit: (problem, options) => fitElasticNet(problem, { ...options, l1Ratio: 1 }),
  methods: { predict: ({ state }, X: Dense) => predictLinear(state, X) },
})
