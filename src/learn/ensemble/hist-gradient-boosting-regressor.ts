import { aNumber, defineOptions, either, nothing, oneOf } from '../../core/options.ts'
import { ArgumentError } from '../../core/errors.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { fitBoost } from './histogram/fit-boost.ts'
import { boostOptions } from './histogram/options.ts'
import { type BoostState, boostState, scoresOf, stages } from './histogram/predict-boost.ts'

const where = 'histGradientBoostingRegressor'
type Loss = 'squaredError' | 'absoluteError' | 'gamma' | 'poisson' | 'quantile'

const requireSuited = (loss: Loss, quantile: number | null, y: Float64Array): void => {
  if (loss === 'quantile' && quantile === null)
    throw new ArgumentError(`${where}: loss "quantile" needs the option quantile, such as 0.9.`)
  const wrong =
    loss === 'gamma' ? y.findIndex(value => value <= 0) : loss === 'poisson' ? y.findIndex(value => value < 0) : -1
  if (wrong >= 0)
    throw new ArgumentError(
      `${where}: y is ${y[wrong]} at row ${wrong}, and loss ${JSON.stringify(loss)} needs values ${loss === 'gamma' ? 'above 0' : 'of at least 0'}. Take "squaredError".`,
    )
  if (loss === 'poisson' && y.every(value => value === 0))
    throw new ArgumentError(`${where}: every y is 0, and loss "poisson" needs one above. Take "squaredError".`)
}

/** Scores as predictions: gamma and Poisson losses are of the exponential. */
const meanOf = (loss: Loss, scores: Float64Array): Float64Array =>
  loss === 'gamma' || loss === 'poisson' ? scores.map(Math.exp) : scores

/**
 * Boosted regression trees on features in bins: each tree lowers the loss of those before it by a Newton step, its splits chosen by sums
 * of gradients in at most 255 bins of each feature. For tables of ten thousand rows and more the method of choice.
 *
 * Rows without a value (NaN) go to the side that suits better. `learningRate` and `maxIter` go together; `maxLeafNodes`, `minSamplesLeaf`
 * and `l2Regularization` keep trees small; early stopping, on from 10 000 rows, ends when rows kept back are no longer predicted better.
 * The result does not depend on the number of threads.
 *
 * The model has `nIter`, `trees` (for each round a list of trees), `trainScore` and `validationScore` [nIter + 1] with early stopping, and
 * the verb `stagedPredict` [nIter, N].
 *
 * @throws ArgumentError for targets that the loss does not allow, or options that name features X does not have
 * @example
 * const model = await histGradientBoostingRegressor({ maxIter: 200, monotonicCst: [1, 0, 0] }).fit(X, y)
 * await model.predict(X)
 *
 * Source: Ke et al. 2017 (LightGBM); Chen & Guestrin 2016.
 */
export const histGradientBoostingRegressor = defineRegressor({
  name: where,
  summary:
    'Boosted regression trees on binned features, their leaves −ΣG / (ΣH + λ) of the loss’s gradients and hessians.',
  source: 'Ke et al. 2017; Chen & Guestrin 2016',
  sampleWeight: true,
  missing: 'allowed',
  options: defineOptions({
    loss: oneOf(['squaredError', 'absoluteError', 'gamma', 'poisson', 'quantile'], {
      default: 'squaredError',
      help: 'what the trees lower; gamma and poisson predict exponentials',
    }),
    quantile: either([nothing, aNumber({ min: 0, max: 1 })], {
      default: null,
      help: 'the share below, of loss quantile',
    }),
    ...boostOptions,
  }),
  fit: async ({ X, y, sampleWeight: weights, random, featureNames }, options): Promise<BoostState> => {
    const { loss: name, quantile } = options
    requireSuited(name, quantile, y)
    return boostState(await fitBoost(where, { X, y, weights, random, featureNames }, options, { name, quantile }))
  },
  methods: {
    predict: ({ state, options }, X: Dense) => meanOf(options.loss, scoresOf(state, X)),
    stagedPredict: ({ state, options }, X: Dense): Dense => {
      const out = dense(state.nIter, X.rows)
      let at = 0
      for (const scores of stages(state, X)) {
        out.data.set(meanOf(options.loss, scores), at)
        at += X.rows
      }
      return out
    },
  },
})
