import { aList, aNumber, defineOptions, either, nothing, number } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { classWeights, featureSums, givenPrior, logProbabilitiesOf, probabilitiesOf } from './class-counts.ts'

interface GaussianState {
  readonly classPrior: Float64Array
  readonly theta: Dense
  readonly var: Dense
}

/** `ln p(k) − ½ Σ ln(2π σ²) − ½ Σ (x − μ)² / σ²` for each row and class. */
const jointLog = ({ classPrior, theta, var: variance }: GaussianState, X: Dense): Dense => {
  const [K, F] = [theta.rows, theta.columns]
  const out = dense(X.rows, K)
  for (let k = 0; k < K; k++) {
    let constant = Math.log(classPrior[k]!)
    for (let j = 0; j < F; j++) constant -= 0.5 * Math.log(2 * Math.PI * variance.data[k * F + j]!)
    for (let i = 0; i < X.rows; i++) {
      let total = 0
      for (let j = 0; j < F; j++) {
        const difference = X.data[i * F + j]! - theta.data[k * F + j]!
        total += (difference * difference) / variance.data[k * F + j]!
      }
      out.data[i * K + k] = constant - 0.5 * total
    }
  }
  return out
}

/** The largest variance of a feature. */
const largestVariance = ({ rows, columns, data }: Dense, weights: Float64Array | undefined): number => {
  let most = 0
  for (let j = 0; j < columns; j++) {
    let [total, mean, square] = [0, 0, 0]
    for (let i = 0; i < rows; i++) {
      const w = weights ? weights[i]! : 1
      total += w
      mean += w * data[i * columns + j]!
    }
    mean /= total
    for (let i = 0; i < rows; i++) square += (weights ? weights[i]! : 1) * (data[i * columns + j]! - mean) ** 2
    most = Math.max(most, square / total)
  }
  return most
}

/**
 * Gaussian naive Bayes: `p(k | x) ∝ p(k) Πⱼ N(xⱼ; μₖⱼ, σ²ₖⱼ)`, features independent within a class.
 *
 * The model has `theta` and `var` [K, F] (means and variances), `classPrior` and `classCount` [K], and `epsilon`, which is added to every
 * variance: `varSmoothing` times the largest variance of a feature. `predictJointLogProba` gives ln p(x, k).
 *
 * @throws ArgumentError where `priors` are not one a class with the sum 1
 * @example
 * const model = await gaussianNB().fit([[1], [2], [8], [9]], ['low', 'low', 'high', 'high'])
 * await model.predict([[3]]) // ['low']
 *
 * Source: Chan, Golub & LeVeque 1982 (variances); Maron 1961 (naive Bayes).
 */
export const gaussianNB = defineClassifier({
  name: 'gaussianNB',
  summary: 'p(k | x) ∝ p(k) Πⱼ N(xⱼ; μₖⱼ, σ²ₖⱼ): features normal and independent within a class.',
  source: 'Maron 1961; Chan, Golub & LeVeque 1982',
  sampleWeight: true,
  oneClass: true,
  options: defineOptions({
    priors: either([nothing, aList(aNumber({ min: 0 }))], {
      default: null,
      help: 'the probability of each class, in ascending order of the classes; null: as frequent as in y',
    }),
    varSmoothing: number({ min: 0, default: 1e-9, help: 'share of the largest variance that is added to all' }),
  }),
  fit: ({ X, y, classCount: K, sampleWeight }, { priors, varSmoothing }) => {
    const F = X.columns
    const counts = classWeights(y, K, sampleWeight)
    const theta = featureSums(X, y, K, sampleWeight)
    for (let k = 0; k < K; k++) for (let j = 0; j < F; j++) theta.data[k * F + j]! /= counts[k]! || 1
    const variance = dense(K, F)
    for (let i = 0; i < X.rows; i++) {
      const to = y[i]! * F
      const w = sampleWeight ? sampleWeight[i]! : 1
      for (let j = 0; j < F; j++) variance.data[to + j]! += w * (X.data[i * F + j]! - theta.data[to + j]!) ** 2
    }
    // A constant feature has no variance: any number above 0 lets the others decide.
    const epsilon = varSmoothing * largestVariance(X, sampleWeight)
    const least = epsilon > 0 ? 0 : Number.MIN_VALUE * 2 ** 60
    for (let k = 0; k < K; k++)
      for (let j = 0; j < F; j++) {
        const at = k * F + j
        variance.data[at] = Math.max(least, variance.data[at]! / (counts[k]! || 1) + epsilon)
      }
    const total = counts.reduce((a, b) => a + b, 0)
    const classPrior = priors ? givenPrior(priors, K, 'gaussianNB.fit', 'priors') : counts.map(count => count / total)
    return { theta, var: variance, classPrior, classCount: counts, epsilon }
  },
  methods: {
    predictProba: ({ state }, X: Dense): Dense => probabilitiesOf(jointLog(state, X)),
    predictLogProba: ({ state }, X: Dense): Dense => logProbabilitiesOf(jointLog(state, X)),
    predictJointLogProba: ({ state }, X: Dense): Dense => jointLog(state, X),
  },
})
