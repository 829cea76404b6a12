import { defineOptions, number, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import type { Fit } from '../core/definition.ts'
import type { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { takeDense, takeTarget } from '../core/take-rows.ts'
import { nEstimators } from '../trees/options.ts'
import { fitNumbers, member, memberOr, predictNumbers } from './members.ts'

type Loss = 'linear' | 'square' | 'exponential'

const loss = (name: Loss, error: number): number =>
  name === 'linear' ? error : name === 'square' ? error * error : 1 - Math.exp(-error)

/** Rows drawn with repetition in proportion to weights that sum to 1. */
const drawn = (random: Random, weights: Float64Array): Int32Array => {
  const sums = new Float64Array(weights.length)
  let total = 0
  for (let i = 0; i < weights.length; i++) {
    total += weights[i]!
    sums[i] = total
  }
  return Int32Array.from(weights, () => {
    const at = random.uniform() * total
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sums[middle]! > at) high = middle
      else low = middle + 1
    }
    return low
  })
}

/**
 * Boosting by weights for numbers (AdaBoost.R2): regressors one after another, each fitted on rows drawn with the more probability the
 * worse those before predicted them; the weighted median of their predictions.
 *
 * `loss` says how the errors, over the largest, count. The model has `estimators`, `estimatorWeights` and `estimatorErrors`.
 *
 * @example
 * const model = await adaBoostRegressor({ nEstimators: 100, randomState: 0 }).fit(X, y)
 *
 * Source: Drucker 1997.
 */
export const adaBoostRegressor = defineRegressor({
  name: 'adaBoostRegressor',
  summary:
    'Regressors one after another on rows drawn where those before erred; the weighted median of their predictions.',
  source: 'Drucker 1997',
  sampleWeight: true,
  options: defineOptions({
    estimator: member('what is boosted; null for a tree of depth 3', 'regressor'),
    nEstimators: nEstimators(50),
    learningRate: number({ above: 0, default: 1, help: 'what each weight is multiplied with' }),
    loss: oneOf(['linear', 'square', 'exponential'], { default: 'linear', help: 'how errors count, over the largest' }),
    randomState,
  }),
  fit: async ({ X, y, sampleWeight, random }, { estimator, nEstimators, learningRate, loss: name }) => {
    const own = memberOr(estimator, 'decisionTreeRegressor', { maxDepth: 3 })
    const weights = Float64Array.from(sampleWeight ?? new Float64Array(X.rows).fill(1))
    const estimators: Fit[] = []
    const estimatorWeights: number[] = []
    const estimatorErrors: number[] = []
    for (let t = 0; t < nEstimators; t++) {
      const total = weights.reduce((a, b) => a + b, 0)
      for (let i = 0; i < weights.length; i++) weights[i]! /= total
      const rows = drawn(random, weights)
      const fit = await fitNumbers(own, takeDense(X, rows), takeTarget(y, rows), { seed: random.seed() })
      const errors = (await predictNumbers(fit, X)).map((value, i) => Math.abs(value - y[i]!))
      const largest = errors.reduce((most, error, i) => (weights[i]! > 0 ? Math.max(most, error) : most), 0)
      const lost = errors.map(error => loss(name, largest > 0 ? error / largest : error))
      const error = lost.reduce((sum, one, i) => sum + weights[i]! * one, 0)
      if (error >= 0.5 && t > 0) break
      estimators.push(fit)
      estimatorErrors.push(error)
      if (error <= 0 || error >= 0.5) {
        estimatorWeights.push(error <= 0 ? 1 : 0)
        break
      }
      const beta = error / (1 - error)
      estimatorWeights.push(learningRate * Math.log(1 / beta))
      for (let i = 0; i < weights.length; i++) weights[i]! *= beta ** ((1 - lost[i]!) * learningRate)
    }
    return {
      estimators,
      estimatorWeights: Float64Array.from(estimatorWeights),
      estimatorErrors: Float64Array.from(estimatorErrors),
    }
  },
  methods: {
    predict: async ({ state }, X: Dense) => {
      const { estimators, estimatorWeights } = state
      const found: Float64Array[] = []
      for (const fit of estimators) found.push(await predictNumbers(fit, X))
      const half = estimatorWeights.reduce((a, b) => a + b, 0) / 2
      return Float64Array.from({ length: X.rows }, (_, i) => {
        const order = Array.from(found.keys()).sort((a, b) => found[a]![i]! - found[b]![i]!)
        let sum = 0
        const at = order.find(t => {
          sum += estimatorWeights[t]!
          return sum >= half
        })
        return found[at ?? order.at(-1)!]![i]!
      })
    },
  },
})
