import { aNumber, defineOptions, either, nothing, oneOf } from '../../core/options.ts'
import { ArgumentError } from '../../core/errors.ts'
import { defineRegressor } from '../core/define.ts'
import { weightedQuantile } from './weighted-quantile.ts'

/**
 * Predicts one number for every row, whatever the features: the mean, the median or a quantile of the targets, or a constant. What any
 * regressor must beat.
 *
 * @example
 * const model = await dummyRegressor({ strategy: 'median' }).fit([[0], [1], [2]], [1, 2, 9])
 * await (await model.predict([[5]])).toArray() // [2]
 */
export const dummyRegressor = defineRegressor({
  name: 'dummyRegressor',
  summary: 'Predicts one number for every row: what any regressor must beat.',
  source: 'scikit-learn 1.9, sklearn.dummy',
  sampleWeight: true,
  options: defineOptions({
    strategy: oneOf(['mean', 'median', 'quantile', 'constant'], { default: 'mean', help: 'which number is predicted' }),
    constant: either([nothing, aNumber()], { default: null, help: 'the number of strategy "constant"' }),
    quantile: either([nothing, aNumber({ min: 0, max: 1 })], {
      default: null,
      help: 'the share below the number of strategy "quantile"',
    }),
  }),
  fit: ({ y, sampleWeight }, { strategy, constant, quantile }) => {
    if (strategy === 'mean') {
      let total = 0
      let sum = 0
      for (let i = 0; i < y.length; i++) {
        const w = sampleWeight ? sampleWeight[i]! : 1
        total += w
        sum += w * y[i]!
      }
      return { constant: sum / total }
    }
    const needed = strategy === 'constant' ? constant : strategy === 'median' ? 0.5 : quantile
    if (needed === null) {
      throw new ArgumentError(
        `dummyRegressor: strategy ${JSON.stringify(strategy)} needs the option ${strategy}. Pass { strategy, ${strategy}: … }.`,
      )
    }
    return { constant: strategy === 'constant' ? needed : weightedQuantile(y, needed, sampleWeight) }
  },
  methods: {
    predict: ({ state }, X: { readonly rows: number }) => new Float64Array(X.rows).fill(state.constant),
  },
})
