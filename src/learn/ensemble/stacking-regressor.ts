import { defineOptions } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import type { Fit } from '../core/definition.ts'
import { splitsOf } from '../selection/candidates.ts'
import { outOfFold } from '../selection/cross-validate.ts'
import { composed, numbersProblem, partsOf } from './composed.ts'
import { fitNumbers, member, memberOr, predictNumbers, requireWeighted } from './members.ts'
import { asColumn, stacked, stackingOptions } from './stacking.ts'

const where = 'stackingRegressor'

/**
 * Several regressors, and a final one that learns from their predictions for rows they were not fitted on (by folds).
 *
 * The final estimator is a ridge regression unless another is given. The model has `estimators` (fitted on all rows) and
 * `finalEstimator`, and the verb `transform`: what the final estimator sees.
 *
 * @throws ArgumentError if a part is no regressor, or does not heed weights where there are some
 * @example
 * const model = await stackingRegressor({ estimators: [['trees', randomForestRegressor()], ['line', ridge()]] }).fit(X, y)
 *
 * Source: Wolpert 1992; Breiman 1996.
 */
export const stackingRegressor = composed(
  defineRegressor({
    name: where,
    summary: 'A final regressor that learns from the others’ predictions for rows they were not fitted on.',
    source: 'Wolpert 1992; Breiman 1996',
    sampleWeight: true,
    options: defineOptions({
      ...stackingOptions,
      finalEstimator: member('what learns from the others; null for a ridge regression', 'regressor'),
    }),
    fit: async ({ X, y, sampleWeight: weights, random }, options) => {
      const parts = partsOf(where, options.estimators, 'regressor')
      const last = memberOr(options.finalEstimator, 'ridge', {})
      if (weights) for (const own of [...parts.map(([, one]) => one), last]) requireWeighted(where, own)
      const seed = random.seed()
      const estimators: Fit[] = []
      const seen: Dense[] = []
      for (const [, own] of parts) {
        const problem = { ...numbersProblem(own, X, y, weights), seed }
        estimators.push(await own.fitProblem(problem))
        seen.push(await outOfFold(own, problem, splitsOf(where, options.cv, problem, { classifier: false }), 'predict'))
      }
      const finalEstimator = await fitNumbers(last, stacked(seen, X, options.passthrough), y, {
        weights,
        seed: random.seed(),
      })
      return { estimators, finalEstimator }
    },
    methods: {
      predict: async ({ state, options }, X: Dense) =>
        predictNumbers(state.finalEstimator, await transform(state.estimators, X, options.passthrough)),
      transform: ({ state, options }, X: Dense) => transform(state.estimators, X, options.passthrough),
    },
  }),
)

const transform = async (estimators: readonly Fit[], X: Dense, passthrough: boolean): Promise<Dense> => {
  const parts: Dense[] = []
  for (const fit of estimators) parts.push(asColumn(await predictNumbers(fit, X)))
  return stacked(parts, X, passthrough)
}
