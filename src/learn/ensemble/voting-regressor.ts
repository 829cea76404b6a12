import { defineOptions } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import type { Fit } from '../core/definition.ts'
import { composed, partsOf } from './composed.ts'
import { fitNumbers, predictNumbers, requireWeighted } from './members.ts'
import { estimatorSteps, sharesOfWeights, votingWeights } from './voting.ts'

const where = 'votingRegressor'

/**
 * The mean of several regressors' predictions, weighted by `weights`. The model has `estimators`.
 *
 * @throws ArgumentError if a part is no regressor, or weights are not as many as the parts
 * @example
 * const model = await votingRegressor({ estimators: [['a', ridge()], ['b', randomForestRegressor()]] }).fit(X, y)
 */
export const votingRegressor = composed(
  defineRegressor({
    name: where,
    summary: 'The weighted mean of several regressors’ predictions.',
    source: 'scikit-learn 1.9, sklearn.ensemble',
    sampleWeight: true,
    options: defineOptions({ estimators: estimatorSteps, weights: votingWeights }),
    fit: async ({ X, y, sampleWeight: weights, random }, options) => {
      sharesOfWeights(where, options.weights, options.estimators.length)
      const estimators: Fit[] = []
      for (const [, own] of partsOf(where, options.estimators, 'regressor')) {
        if (weights) requireWeighted(where, own)
        estimators.push(await fitNumbers(own, X, y, { weights, seed: random.seed() }))
      }
      return { estimators }
    },
    methods: {
      predict: async ({ state, options }, X: Dense) => {
        const out = new Float64Array(X.rows)
        const shares = sharesOfWeights(where, options.weights, state.estimators.length)
        for (const [t, fit] of state.estimators.entries())
          for (const [i, value] of (await predictNumbers(fit, X)).entries()) out[i]! += shares[t]! * value
        return out
      },
    },
  }),
)
