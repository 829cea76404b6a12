import { defineOptions } from '../../core/options.ts'
import { dense } from '../../ops/matrix-kernels.ts'
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
import { multinomialVerbs } from './linear-joint.ts'

/**
 * Multinomial naive Bayes, for counts such as those of words: `ln p(k | x) = ln p(k) + Σⱼ xⱼ ln θₖⱼ + const` with
 * `θₖⱼ = (Nₖⱼ + α) / (Nₖ + α F)`.
 *
 * The model has `featureLogProb` [K, F] (ln θ), `featureCount` [K, F], `classLogPrior` and `classCount` [K]. Rows may be sparse.
 *
 * @throws ArgumentError where a count is below 0, or lists do not fit
 * @example
 * const model = await multinomialNB().fit([[2, 0], [3, 1], [0, 2]], ['a', 'a', 'b'])
 * await model.predict([[0, 1]]) // ['b']
 *
 * Source: McCallum & Nigam 1998.
 */
export const multinomialNB = defineClassifier({
  name: 'multinomialNB',
  summary: 'Counts x with ln p(k | x) = ln p(k) + Σⱼ xⱼ ln θₖⱼ + const, θ the smoothed share of each feature.',
  source: 'McCallum & Nigam 1998',
  input: 'sparse',
  sampleWeight: true,
  oneClass: true,
  options: defineOptions({ alpha: smoothing, fitPrior, classPrior }),
  fit: ({ X, y, classCount: K, sampleWeight }, options) => {
    const where = 'multinomialNB.fit'
    requireCounts(X, where)
    const F = X.columns
    const alpha = alphas(options.alpha, F, where)
    const classCount = classWeights(y, K, sampleWeight)
    const featureCount = featureSums(X, y, K, sampleWeight)
    const featureLogProb = dense(K, F)
    for (let k = 0; k < K; k++) {
      let total = 0
      for (let j = 0; j < F; j++) total += featureCount.data[k * F + j]! + alpha[j]!
      for (let j = 0; j < F; j++)
        featureLogProb.data[k * F + j] = Math.log((featureCount.data[k * F + j]! + alpha[j]!) / total)
    }
    return { featureLogProb, featureCount, classLogPrior: logPrior(classCount, options, where), classCount }
  },
  methods: multinomialVerbs,
})
