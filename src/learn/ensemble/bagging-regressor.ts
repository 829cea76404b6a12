import { defineOptions } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import type { Fit } from '../core/definition.ts'
import { r2 } from '../core/scores.ts'
import { takeTarget } from '../core/take-rows.ts'
import { type BaggingState, bag, baggingOptions, meanOfMembers, meanOfUnseen } from './bagging.ts'
import { fitNumbers, member, memberOr, predictNumbers } from './members.ts'

const column = async (fit: Fit, X: Dense): Promise<Dense> => ({
  rows: X.rows,
  columns: 1,
  data: await predictNumbers(fit, X),
})

/**
 * Any regressor fitted many times on rows (and features) drawn at random; the mean of their predictions.
 *
 * Rows with weights are drawn in proportion to them. The model has `estimators`, `estimatorsFeatures` (the columns of each), and with
 * `oobScore` also `oobScore` and `oobPrediction` [N].
 *
 * @throws ArgumentError if more rows or features are asked for than there are, or oobScore without bootstrap
 * @example
 * const model = await baggingRegressor({ nEstimators: 20, oobScore: true }).fit(X, y)
 *
 * Source: Breiman 1996.
 */
export const baggingRegressor = defineRegressor({
  name: 'baggingRegressor',
  summary: 'Many copies of a regressor, each fitted on rows drawn at random; the mean of their predictions.',
  source: 'Breiman 1996',
  sampleWeight: true,
  options: defineOptions({
    estimator: member('what is fitted many times; null for a decision tree', 'regressor'),
    ...baggingOptions,
  }),
  fit: async ({ X, y, sampleWeight: weights, random }, options) => {
    const own = memberOr(options.estimator, 'decisionTreeRegressor', {})
    const bagged = await bag('baggingRegressor', { X, weights, random }, options, ({ rows, seed }, part) =>
      fitNumbers(own, part, takeTarget(y, rows), { seed }),
    )
    if (!options.oobScore) return bagged.state as BaggingState
    const found = await meanOfUnseen(bagged, X, 1, column)
    return {
      ...bagged.state,
      oobScore: r2({ rows: X.rows, columns: 1, data: y }, found, weights),
      oobPrediction: found.data,
    }
  },
  methods: { predict: async ({ state }, X: Dense) => (await meanOfMembers(state, X, 1, column)).data },
})
