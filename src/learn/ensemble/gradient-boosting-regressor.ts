import { defineOptions, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { boostGradients, gradientLeaves, gradientOptions, gradientScores, gradientStages } from './gradient-boosting.ts'
import { gradientLoss } from './gradient-losses.ts'

/**
 * Gradient boosting: regression trees one after another, each fitted to the negative gradient of the loss at the scores so far, its
 * leaves set to their best values, and added times `learningRate`.
 *
 * `subsample` below 1 draws rows for each tree (stochastic boosting); `nIterNoChange` stops early. For many rows
 * `histGradientBoostingRegressor` is faster by far. The model has `estimators`, `nEstimators`, `featureImportances` [F],
 * `trainScore` and, with subsample, `oobImprovement` [nEstimators], and the verbs `stagedPredict` [nEstimators, N] and `apply`.
 *
 * @example
 * const model = await gradientBoostingRegressor({ loss: 'huber', alpha: 0.95 }).fit(X, y)
 *
 * Source: Friedman 2001; Friedman 2002.
 */
export const gradientBoostingRegressor = defineRegressor({
  name: 'gradientBoostingRegressor',
  summary: 'Trees one after another, each fitted to the negative gradient of the loss at the sum of those before.',
  source: 'Friedman 2001; Friedman 2002',
  sampleWeight: true,
  options: defineOptions({
    loss: oneOf(['squaredError', 'absoluteError', 'huber', 'quantile'], {
      default: 'squaredError',
      help: 'what the trees lower',
    }),
    alpha: number({ above: 0, below: 1, default: 0.9, help: 'the quantile of losses huber and quantile' }),
    ...gradientOptions,
  }),
  fit: ({ X, y, sampleWeight, random }, options) => {
    const weights = sampleWeight ?? new Float64Array(X.rows).fill(1)
    const loss = gradientLoss(options.loss, options.alpha, 1)
    return boostGradients('gradientBoostingRegressor', { X, y, weights, random }, options, { loss, classes: false })
  },
  methods: {
    predict: ({ state, options }, X: Dense) => gradientScores(state, X, options.learningRate),
    stagedPredict: ({ state, options }, X: Dense): Dense => {
      const out = dense(state.nEstimators, X.rows)
      let at = 0
      for (const scores of gradientStages(state, X, options.learningRate)) {
        out.data.set(scores, at)
        at += X.rows
      }
      return out
    },
    apply: ({ state }, X: Dense) => gradientLeaves(state, X),
  },
})
