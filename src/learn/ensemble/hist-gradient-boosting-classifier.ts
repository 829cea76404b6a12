import { defineOptions } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { classWeight } from '../core/rules.ts'
import { rowWeights } from '../core/weights.ts'
import { fitBoost } from './histogram/fit-boost.ts'
import { boostOptions } from './histogram/options.ts'
import { type BoostState, boostState, decisions, scoresOf, sharesOf, stages } from './histogram/predict-boost.ts'

/**
 * Boosted trees on features in bins for classes: each round adds a tree (for K > 2 classes one each) that lowers the log loss by a Newton
 * step. For tables of ten thousand rows and more the method of choice.
 *
 * Options and attributes are those of `histGradientBoostingRegressor`; `classWeight` weighs classes. `decisionFunction` gives the log-odds
 * of the second class [N], or a score for each class [N, K]; `stagedPredictProba` a list of [N, K], one a round.
 *
 * @throws ArgumentError for options that name features X does not have
 * @example
 * const model = await histGradientBoostingClassifier({ categoricalFeatures: [0] }).fit(X, y)
 * await model.predictProba(X)
 *
 * Source: Ke et al. 2017 (LightGBM); Chen & Guestrin 2016.
 */
export const histGradientBoostingClassifier = defineClassifier({
  name: 'histGradientBoostingClassifier',
  summary: 'Boosted trees on binned features for the log loss; classes are the softmax of the trees’ sums.',
  source: 'Ke et al. 2017; Chen & Guestrin 2016',
  sampleWeight: true,
  missing: 'allowed',
  options: defineOptions({ ...boostOptions, classWeight }),
  fit: async (problem, options): Promise<BoostState> => {
    const { X, y, classCount: K, random, featureNames } = problem
    const weights = rowWeights(problem, options.classWeight, 'histGradientBoostingClassifier')
    const own = { X, y: Float64Array.from(y), weights, random, featureNames }
    return boostState(await fitBoost('histGradientBoostingClassifier', own, options, { name: 'logLoss', K }))
  },
  methods: {
    predictProba: ({ state }, X: Dense) => sharesOf(scoresOf(state, X), X.rows),
    decisionFunction: ({ state }, X: Dense) => decisions(scoresOf(state, X), X.rows),
    stagedPredictProba: ({ state }, X: Dense): readonly Dense[] =>
      Array.from(stages(state, X), scores => sharesOf(scores, X.rows)),
  },
})
