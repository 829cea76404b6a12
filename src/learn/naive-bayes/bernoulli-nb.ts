import { aNumber, defineOptions, either, nothing } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import type { Rows } from '../core/sparse.ts'
import { alphas, classPrior, classWeights, featureSums, fitPrior, logPrior, smoothing } from './class-counts.ts'
import { jointVerbs, linearJoint } from './linear-joint.ts'

/** 1 where a value is above the threshold, else 0. */
const binary = <X extends Rows>(X: X, threshold: number | null): X =>
  threshold === null ? X : { ...X, data: X.data.map(x => (x > threshold ? 1 : 0)) }

interface BernoulliState {
  readonly featureLogProb: Dense
  readonly classLogPrior: Float64Array
  readonly _binarize: number | null
}

/** `Σⱼ xⱼ (ln p − ln(1 − p)) + Σⱼ ln(1 − p) + ln p(k)`. */
const jointLog = ({ featureLogProb, classLogPrior, _binarize }: BernoulliState, X: Rows): Dense => {
  const { rows: K, columns: F, data } = featureLogProb
  const odds = dense(K, F)
  const base = classLogPrior.slice()
  for (let k = 0; k < K; k++)
    for (let j = 0; j < F; j++) {
      const absent = Math.log1p(-Math.exp(data[k * F + j]!))
      odds.data[k * F + j] = data[k * F + j]! - absent
      base[k]! += absent
    }
  return linearJoint(binary(X, _binarize), odds, base)
}

/**
 * Bernoulli naive Bayes, for features that are there or not: `p(x | k) = Πⱼ pₖⱼ^xⱼ (1 − pₖⱼ)^(1 − xⱼ)` with
 * `pₖⱼ = (Nₖⱼ + α) / (Nₖ + 2α)`. Values above `binarize` count as there.
 *
 * The model has `featureLogProb` [K, F] (ln p), `featureCount` [K, F], `classLogPrior` and `classCount` [K]. Rows may be sparse.
 *
 * @throws ArgumentError where lists do not fit
 * @example
 * const model = await bernoulliNB().fit([[1, 0], [1, 0], [0, 1]], ['a', 'a', 'b'])
 * await model.predict([[0, 1]]) // ['b']
 *
 * Source: McCallum & Nigam 1998.
 */
export const bernoulliNB = defineClassifier({
  name: 'bernoulliNB',
  summary: 'p(x | k) = Πⱼ pₖⱼ^xⱼ (1 − pₖⱼ)^(1 − xⱼ) for features that are there or not.',
  source: 'McCallum & Nigam 1998',
  input: 'sparse',
  sampleWeight: true,
  oneClass: true,
  options: defineOptions({
    alpha: smoothing,
    binarize: either([nothing, aNumber({ min: 0 })], {
      default: 0,
      help: 'values above it count as 1, others as 0; null: X is binary already',
    }),
    fitPrior,
    classPrior,
  }),
  fit: ({ X, y, classCount: K, sampleWeight }, options) => {
    const where = 'bernoulliNB.fit'
    const F = X.columns
    const alpha = alphas(options.alpha, F, where)
    const classCount = classWeights(y, K, sampleWeight)
    const featureCount = featureSums(binary(X, options.binarize), y, K, sampleWeight)
    const featureLogProb = dense(K, F)
    for (let k = 0; k < K; k++)
      for (let j = 0; j < F; j++) {
        const at = k * F + j
        featureLogProb.data[at] = Math.log((featureCount.data[at]! + alpha[j]!) / (classCount[k]! + 2 * alpha[j]!))
      }
    const classLogPrior = logPrior(classCount, options, where)
    return { featureLogProb, featureCount, classLogPrior, classCount, _binarize: options.binarize }
  },
  methods: jointVerbs(jointLog),
})
