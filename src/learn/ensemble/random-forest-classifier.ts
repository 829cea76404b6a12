import { defineOptions } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { argmaxRows } from '../core/model.ts'
import { classWeight, nJobs, randomState } from '../core/rules.ts'
import { accuracyOfCodes } from '../core/scores.ts'
import { rowWeights } from '../core/weights.ts'
import { classesCriterion } from '../trees/criteria.ts'
import { bootstrap, ccpAlpha, maxFeatures, monotonicCst, nEstimators, stopping } from '../trees/options.ts'
import { forestMethods, growForest, maxSamples, meanOfTrees, oobScore, outOfBag } from './forest.ts'

/**
 * The mean of many trees' class shares, each grown on rows drawn with repetition, each split sought among some features drawn.
 *
 * More trees only help; `maxFeatures` makes them differ, `minSamplesLeaf` smooths. Trees grow over threads, and the forest does not depend
 * on how many. With `oobScore` each row is also judged by the trees that did not learn from it.
 *
 * The model has `estimators` (the trees), `featureImportances` [F], with `oobScore` also `oobScore` and `oobDecisionFunction` [N, K], and the verb `apply`.
 *
 * @throws ArgumentError if oobScore or maxSamples is asked for without bootstrap
 * @example
 * const model = await randomForestClassifier({ nEstimators: 50, randomState: 0 }).fit(X, y)
 * await model.predictProba(X)
 *
 * Source: Breiman 2001.
 */
export const randomForestClassifier = defineClassifier({
  name: 'randomForestClassifier',
  summary:
    "The mean of many trees' class shares, each grown on rows drawn with repetition, each split sought among some features drawn.",
  source: 'Breiman 2001',
  sampleWeight: true,
  missing: 'allowed',
  oneClass: true,
  options: defineOptions({
    nEstimators: nEstimators(100),
    criterion: classesCriterion,
    ...stopping,
    maxFeatures: maxFeatures('sqrt'),
    bootstrap: bootstrap(true),
    maxSamples,
    oobScore,
    classWeight,
    ccpAlpha,
    monotonicCst,
    randomState,
    nJobs,
  }),
  fit: async (problem, options) => {
    const { X, y, classCount: K, random } = problem
    const weights = rowWeights(problem, options.classWeight, 'randomForestClassifier')
    const grown = await growForest('randomForestClassifier', { X, y, weights, K, random, randomSplits: false }, options)
    if (!options.oobScore) return grown.forest
    const oobDecisionFunction = outOfBag(grown.forest, X, grown)
    const score = accuracyOfCodes(y, argmaxRows(oobDecisionFunction), problem.sampleWeight)
    return { ...grown.forest, oobScore: score, oobDecisionFunction }
  },
  methods: {
    predictProba: ({ state }, X: Dense) => meanOfTrees(state.estimators, X),
    ...forestMethods,
  },
})
