import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { boostGradients, gradientLeaves, gradientOptions, gradientScores, gradientStages } from './gradient-boosting.ts'
import { gradientLoss } from './gradient-losses.ts'
import { decisions, sharesOf } from './histogram/predict-boost.ts'

const where = 'gradientBoostingClassifier'

/** Shares of the classes: of the exponential loss the logistic function of twice the score. */
const shares = (loss: 'logLoss' | 'exponential', scores: Float64Array, rows: number): Dense =>
  sharesOf(loss === 'exponential' ? scores.map(s => 2 * s) : scores, rows)

/**
 * Gradient boosting for classes: regression trees one after another (for K > 2 classes K a round), each fitted to the negative gradient
 * of the log loss or, for two classes, of AdaBoost's exponential loss; leaves take a Newton step.
 *
 * Options and attributes are those of `gradientBoostingRegressor`; `decisionFunction` gives the scores [N] or [N, K], `stagedPredictProba` a
 * list of [N, K].
 *
 * @throws ArgumentError for the exponential loss with more than two classes
 * @example
 * const model = await gradientBoostingClassifier({ nEstimators: 200, subsample: 0.5 }).fit(X, y)
 *
 * Source: Friedman 2001; Friedman 2002.
 */
export const gradientBoostingClassifier = defineClassifier({
  name: where,
  summary: 'Trees one after another, each fitted to the negative gradient of the log loss at the sum of those before.',
  source: 'Friedman 2001; Friedman 2002',
  sampleWeight: true,
  options: defineOptions({
    loss: oneOf(['logLoss', 'exponential'], { default: 'logLoss', help: 'what the trees lower' }),
    ...gradientOptions,
  }),
  fit: ({ X, y, classCount: K, sampleWeight, random }, options) => {
    if (options.loss === 'exponential' && K !== 2)
      throw new ArgumentError(`${where}: loss "exponential" needs two classes; y has ${K}. Take "logLoss".`)
    const weights = sampleWeight ?? new Float64Array(X.rows).fill(1)
    const loss = gradientLoss(options.loss, 0.5, K)
    return boostGradients(where, { X, y: Float64Array.from(y), weights, random }, options, { loss, classes: true })
  },
  methods: {
    predictProba: ({ state, options }, X: Dense) =>
      shares(options.loss, gradientScores(state, X, options.learningRate), X.rows),
    decisionFunction: ({ state, options }, X: Dense) =>
      decisions(gradientScores(state, X, options.learningRate), X.rows),
    stagedPredictProba: ({ state, options }, X: Dense): readonly Dense[] =>
      Array.from(gradientStages(state, X, options.learningRate), scores => shares(options.loss, scores, X.rows)),
    apply: ({ state }, X: Dense) => gradientLeaves(state, X),
  },
})
