import { defineOptions } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { nJobs, randomState } from '../core/rules.ts'
import { r2 } from '../core/scores.ts'
import { numberCriterion } from '../trees/criteria.ts'
import { bootstrap, ccpAlpha, maxFeatures, monotonicCst, nEstimators, stopping } from '../trees/options.ts'
import { forestMethods, growForest, maxSamples, meanOfTrees, oobScore, outOfBag } from './forest.ts'

/**
 * The mean of many regression trees, grown on all rows with thresholds drawn at random, the best of one for each of some features.
 *
 * More trees only help; `maxFeatures` makes them differ, `minSamplesLeaf` smooths. Trees grow over threads, and the forest does not depend
 * on how many. With `oobScore` each row is also judged by the trees that did not learn from it.
 *
 * The model has `estimators` (the trees), `featureImportances` [F], with `oobScore` also `oobScore` and `oobPrediction` [N], and the verb `apply`.
 *
 * @throws ArgumentError if oobScore or maxSamples is asked for without bootstrap
 * @example
 * const model = await extraTreesRegressor({ nEstimators: 50, randomState: 0 }).fit(X, y)
 * await model.predict(X)
 *
 * Source: Geurts, Ernst & Wehenkel 2006.
 */
export const extraTreesRegressor = defineRegressor({
  name: 'extraTreesRegressor',
  summary:
    'The mean of many regression trees, grown on all rows with thresholds drawn at random, the best of one for each of some features.',
  source: 'Geurts, Ernst & Wehenkel 2006',
  sampleWeight: true,
  missing: 'allowed',
  options: defineOptions({
    nEstimators: nEstimators(100),
    criterion: numberCriterion,
    ...stopping,
    maxFeatures: maxFeatures(null),
    bootstrap: bootstrap(false),
    maxSamples,
    oobScore,
    ccpAlpha,
    monotonicCst,
    randomState,
    nJobs,
  }),
  fit: async (problem, options) => {
    const { X, y, sampleWeight: weights, random } = problem
    const grown = await growForest('extraTreesRegressor', { X, y, weights, K: 1, random, randomSplits: true }, options)
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
