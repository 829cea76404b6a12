import { defineOptions, integer, number } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { fitIntercept, randomState } from '../core/rules.ts'
import { probabilities } from './logistic-loss.ts'
import { linearScores } from './rows.ts'

/**
 * Softmax regression as a course trains it: `p(k | x) = softmax(W x + b)ₖ` by gradient descent on small batches, one score for every
 * class, two included. `logisticRegression` finds the very minimum; this one shows the way there.
 *
 * The model has `coef` [K, F], `intercept` [K] and `lossCurve` [epochs] (mean cross-entropy in nats).
 *
 * @example
 * const model = await softmaxRegression({ learningRate: 0.1, epochs: 50 }).fit(X, y)
 * await model.lossCurve.toArray()
 *
 * Source: Bishop 2006, section 4.3.4.
 */
export const softmaxRegression = defineClassifier({
  name: 'softmaxRegression',
  summary: 'Class probabilities softmax(Wx + b) by stochastic gradient descent on small batches.',
  source: 'Bishop 2006, section 4.3.4',
  sampleWeight: true,
  options: defineOptions({
    learningRate: number({ above: 0, default: 0.1, help: 'the length of a step' }),
    epochs: integer({ min: 1, default: 100, help: 'passes over the rows' }),
    batchSize: integer({ min: 1, default: 32, help: 'rows of a step' }),
    alpha: number({ min: 0, default: 0.0001, help: 'strength of the penalty on squared coefficients' }),
    fitIntercept,
    randomState,
  }),
  fit: ({ X, y, classCount: K, sampleWeight, random }, { learningRate, epochs, batchSize, alpha, fitIntercept }) => {
    const { rows: N, columns: F, data } = X
    const coef = dense(K, F)
    const intercept = new Float64Array(K)
    const lossCurve = new Float64Array(epochs)
    const p = new Float64Array(K)
    const byCoef = new Float64Array(K * F)
    const byIntercept = new Float64Array(K)
    const total = sampleWeight ? sampleWeight.reduce((a, b) => a + b, 0) / N : 1
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = random.permutation(N)
      for (let start = 0; start < N; start += batchSize) {
        const rows = order.subarray(start, Math.min(N, start + batchSize))
        byCoef.fill(0)
        byIntercept.fill(0)
        for (const i of rows) {
          const weight = (sampleWeight ? sampleWeight[i]! / total : 1) / rows.length
          let top = -Infinity
          for (let k = 0; k < K; k++) {
            let z = intercept[k]!
            for (let j = 0; j < F; j++) z += coef.data[k * F + j]! * data[i * F + j]!
            p[k] = z
            if (z > top) top = z
          }
          let sum = 0
          const own = p[y[i]!]! - top
          for (let k = 0; k < K; k++) sum += p[k] = Math.exp(p[k]! - top)
          lossCurve[epoch]! += ((Math.log(sum) - own) * weight * rows.length) / N
          for (let k = 0; k < K; k++) {
            const slope = weight * (p[k]! / sum - (y[i] === k ? 1 : 0))
            byIntercept[k]! += slope
            for (let j = 0; j < F; j++) byCoef[k * F + j]! += slope * data[i * F + j]!
          }
        }
        for (let j = 0; j < K * F; j++) coef.data[j]! -= learningRate * (byCoef[j]! + alpha * coef.data[j]!)
        if (fitIntercept) for (let k = 0; k < K; k++) intercept[k]! -= learningRate * byIntercept[k]!
      }
    }
    return { coef, intercept, lossCurve }
  },
  methods: {
    decisionFunction: ({ state }, X: Dense): Float64Array | Dense => {
      const scores = linearScores(X, state.coef, state.intercept)
      if (scores.columns > 2) return scores
      return Float64Array.from({ length: scores.rows }, (_, i) => scores.data[2 * i + 1]! - scores.data[2 * i]!)
    },
    predictProba: ({ state }, X: Dense): Dense => probabilities(linearScores(X, state.coef, state.intercept)),
  },
})
