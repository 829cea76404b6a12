import { defineOptions, flag } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import {
  alphas,
  classPrior,
  classWeights,
  featureSums,
  fitPrior,
  logPrior,
  requireCounts,
  smoothing,
} from './class-counts.ts'
import { jointVerbs, linearJoint } from './linear-joint.ts'

/**
 * Complement naive Bayes: the class to whose complement, all other classes, a row of counts belongs least:
 * `argmaxₖ −Σⱼ xⱼ ln θ̄ₖⱼ` with `θ̄ₖⱼ = (N̄ₖⱼ + α) / (N̄ₖ + α F)`, N̄ₖ the counts of the others. Better than {@link multinomialNB} where
 * classes are uneven.
 *
 * The model has `featureLogProb` [K, F] (−ln θ̄; with `norm` each row over its sum), `featureCount` [K, F], `featureAll` [F],
 * `classLogPrior` and `classCount` [K]. Rows may be sparse.
 *
 * @throws ArgumentError where a count is below 0, or lists do not fit
 * @example
 * const model = await complementNB().fit([[2, 0], [3, 1], [0, 2]], ['a', 'a', 'b'])
 * await model.predict([[0, 1]]) // ['b']
 *
 * Source: Rennie et al. 2003.
 */
export const complementNB = defineClassifier({
  name: 'complementNB',
  summary: 'argmaxₖ −Σⱼ xⱼ ln θ̄ₖⱼ, θ̄ₖ the smoothed shares of the features in all classes but k.',
  source: 'Rennie, Shih, Teevan & Karger 2003',
  input: 'sparse',
  sampleWeight: true,
  oneClass: true,
  options: defineOptions({
    alpha: smoothing,
    fitPrior,
    classPrior,
    norm: flag({ help: 'whether the weights of each class are divided by their sum' }),
  }),
  fit: ({ X, y, classCount: K, sampleWeight }, options) => {
    const where = 'complementNB.fit'
    requireCounts(X, where)
    const F = X.columns
    const alpha = alphas(options.alpha, F, where)
    const classCount = classWeights(y, K, sampleWeight)
    const featureCount = featureSums(X, y, K, sampleWeight)
    const featureAll = new Float64Array(F)
    for (let k = 0; k < K; k++) for (let j = 0; j < F; j++) featureAll[j]! += featureCount.data[k * F + j]!
    const featureLogProb = dense(K, F)
    for (let k = 0; k < K; k++) {
      let total = 0
      for (let j = 0; j < F; j++) total += featureAll[j]! + alpha[j]! - featureCount.data[k * F + j]!
      let logs = 0
      for (let j = 0; j < F; j++) {
        const at = k * F + j
        featureLogProb.data[at] = Math.log((featureAll[j]! + alpha[j]! - featureCount.data[at]!) / total)
        logs += featureLogProb.data[at]!
      }
      // Of a single feature all logarithms are 0, and so is their sum.
      const scale = options.norm ? logs || 1 : -1
      for (let j = 0; j < F; j++) featureLogProb.data[k * F + j]! /= scale
    }
    return { featureLogProb, featureCount, featureAll, classLogPrior: logPrior(classCount, options, where), classCount }
  },
  methods: jointVerbs((state: { readonly featureLogProb: Dense; readonly classLogPrior: Float64Array }, X) => {
    // The prior of a class says something only where there is no other.
    const prior = state.classLogPrior.length === 1 ? state.classLogPrior : state.classLogPrior.map(() => 0)
    return linearJoint(X, state.featureLogProb, prior)
  }),
})
