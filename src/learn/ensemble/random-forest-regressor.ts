import { defineOptions } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { nJobs, randomState } from '../core/rules.ts'
import { r2 } from '../core/scores.ts'
import { numberCriterion } from '../trees/criteria.ts'
import { bootstrap, ccpAlpha, maxFeatures, monotonicCst, nEstimators, stopping } from '../trees/options.ts'
import { forestMethods, growForest, maxSamples, meanOfTrees, oobScore, outOfBag } from './forest.ts'

/**
 * The mean of many regression trees, each grown on rows drawn with repetition, each split sought among the features.
 *
 * More trees only help; `maxFeatures` makes them differ, `minSamplesLeaf` smooths. Trees grow over threads, and the forest does not depend
 * on how many. With `oobScore` each row is also judged by the trees that did not learn from it.
 *
 * The model has `estimators` (the trees), `featureImportances` [F], with `oobScore` also `oobScore` and `oobPrediction` [N], and the verb `apply`.
 *
 * @throws ArgumentError if oobScore or maxSamples is asked for without bootstrap
 * @example
 * const model = await randomForestRegressor({ nEstimators: 50, randomState: 0 }).fit(X, y)
 * await model.predict(X)
 *
 * Source: Breiman 2001.
 */
export const randomForestRegressor = defineRegressor({
  name: 'randomForestRegressor',
  summary:
    'The mean of many regression trees, each grown on rows drawn with repetition, each split sought among the features.',
  source: 'Breiman 2001',
  sampleWeight: true,
  missing: 'allowed',
  options: defineOptions({
    nEstimators: nEstimators(100),
    criterion: numberCriterion,
    ...stopping,
    maxFeatures: maxFeatures(null),
    bootstrap: bootstrap(true),
    maxSamples,
    oobScore,
    ccpAlpha,
    monotonicCst,
    randomState,
    nJobs,
  }),
  fit: async (problem, options) => {
    const { X, y, sampleWeight: weights, random } = problem
    const grown = await growForest(
      'randomForestRegressor',
      { X, y, weights, K: 1, random, randomSplits: false },
      options,
    )
    if (!options.oobScore) return grown.forest
    const found = outOfBag(grown.forest, X, grown)
    const score = r2({ rows: X.rows, columns: 1, data: y }, found, weights)
    return { ...grown.forest, oobScore: score, oobPrediction: found.data }
  },
  methods: {
    predict: ({ state }, X: Dense) => meanOfTrees(state.estimators, X).data,
    ...forestMethods,
  },
})
