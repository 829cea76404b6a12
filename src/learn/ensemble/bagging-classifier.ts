import { defineOptions } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { argmaxRows } from '../core/model.ts'
import { accuracyOfCodes } from '../core/scores.ts'
import { takeTarget } from '../core/take-rows.ts'
import { type BaggingState, bag, baggingOptions, meanOfMembers, meanOfUnseen } from './bagging.ts'
import { fitCodes, member, memberOr, predictShares } from './members.ts'

/**
 * Any classifier fitted many times on rows (and features) drawn at random; the mean of the probabilities, or of the votes where it has
 * none, decides. Steadies what changes much with its rows, such as a deep tree.
 *
 * Rows with weights are drawn in proportion to them. The model has `estimators`, `estimatorsFeatures` (the columns of each), and with
 * `oobScore` also `oobScore` and `oobDecisionFunction` [N, K].
 *
 * @throws ArgumentError if more rows or features are asked for than there are, or oobScore without bootstrap
 * @example
 * const model = await baggingClassifier({ estimator: kNeighborsClassifier(), maxSamples: 0.5 }).fit(X, y)
 *
 * Source: Breiman 1996; Ho 1998.
 */
export const baggingClassifier = defineClassifier({
  name: 'baggingClassifier',
  summary: 'Many copies of a classifier, each fitted on rows drawn at random; the mean of their probabilities.',
  source: 'Breiman 1996; Ho 1998',
  sampleWeight: true,
  options: defineOptions({
    estimator: member('what is fitted many times; null for a decision tree', 'classifier'),
    ...baggingOptions,
  }),
  fit: async ({ X, y, classCount: K, sampleWeight: weights, random }, options) => {
    const own = memberOr(options.estimator, 'decisionTreeClassifier', {})
    const bagged = await bag('baggingClassifier', { X, weights, random }, options, ({ rows, seed }, part) =>
      fitCodes(own, part, takeTarget(y, rows), { seed }),
    )
    if (!options.oobScore) return bagged.state as BaggingState
    const oobDecisionFunction = await meanOfUnseen(bagged, X, K, (fit, part) => predictShares(fit, part, K))
    return {
      ...bagged.state,
      oobScore: accuracyOfCodes(y, argmaxRows(oobDecisionFunction), weights),
      oobDecisionFunction,
    }
  },
  methods: {
    predictProba: ({ state, classes }, X: Dense) =>
      meanOfMembers(state, X, classes.length, (fit, part) => predictShares(fit, part, classes.length)),
  },
})
