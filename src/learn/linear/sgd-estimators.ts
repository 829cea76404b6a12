import { DivergedError } from '../../core/errors.ts'
import {
  aFlag,
  anInteger,
  aNumber,
  aWord,
  defineOptions,
  either,
  flag,
  integer,
  nothing,
  number,
  oneOf,
} from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier, defineRegressor } from '../core/define.ts'
import type { Problem } from '../core/definition.ts'
import { classWeight, fitIntercept, maxIter, randomState } from '../core/rules.ts'
import type { Rows } from '../core/sparse.ts'
import { rowWeights } from '../core/weights.ts'
import { linearScores } from './rows.ts'
import { type SgdSettings, stochasticGradientDescent } from './sgd.ts'
import { classificationLosses, regressionLosses, type SgdLossName, sgdLoss } from './sgd-losses.ts'

const tol = either([aNumber({ min: 0 }), nothing], {
  default: 1e-3,
  help: 'it stops when the loss of an epoch is not lower by this for nIterNoChange epochs; null: never',
})
const shared = {
  alpha: number({ min: 0, default: 0.0001, help: 'strength of the penalty' }),
  l1Ratio: number({ min: 0, max: 1, default: 0.15, help: 'the share of absolute values in the penalty "elasticnet"' }),
  fitIntercept,
  maxIter: maxIter(1000),
  tol,
  shuffle: either([aFlag], { default: true, help: 'whether rows come in another order in each epoch' }),
  randomState,
  earlyStopping: flag({ help: 'whether to stop by the score on rows kept back instead of the training loss' }),
  validationFraction: number({
    above: 0,
    below: 1,
    default: 0.1,
    help: 'the share of rows kept back for earlyStopping',
  }),
  nIterNoChange: integer({ min: 1, default: 5, help: 'epochs without improvement after which it stops' }),
} as const
const penalty = <const W extends 'l2' | null>(value: W) =>
  either([aWord(['l2', 'l1', 'elasticnet']), nothing], {
    default: value,
    help: 'what keeps coefficients small; null for nothing',
  })
const average = either([aFlag, anInteger({ min: 1 })], {
  default: false,
  help: 'whether the mean of all steps is the result; a number: from that step on',
})
const rates = ['constant', 'optimal', 'invscaling', 'adaptive'] as const

const oneAgainstRest = (
  where: string,
  { X, y, classCount, classes, sampleWeight, random }: Problem<'sparse', 'classes'>,
  {
    loss,
    classWeight,
    ...settings
  }: SgdSettings & { readonly loss: SgdLossName; readonly classWeight: Parameters<typeof rowWeights>[1] },
) => {
  const K = classCount === 2 ? 1 : classCount
  const F = X.columns
  const weights = rowWeights({ y, classes, sampleWeight }, classWeight, where) ?? new Float64Array(X.rows).fill(1)
  const coef = dense(K, F)
  const intercept = new Float64Array(K)
  let nIter = 0
  for (let k = 0; k < K; k++) {
    const target = Float64Array.from(y, code => (code === (K === 1 ? 1 : k) ? 1 : -1))
    const found = stochasticGradientDescent(
      {
        X,
        y: target,
        weights,
        loss: sgdLoss(loss),
        random,
        validate: (score, rows) =>
          rows.reduce((sum, row) => sum + (score(row) > 0 === target[row]! > 0 ? 1 : 0), 0) / rows.length,
      },
      settings,
    )
    requireFinite(found.intercept, where)
    coef.data.set(found.coef, k * F)
    intercept[k] = found.intercept
    nIter = Math.max(nIter, found.nIter)
  }
  return { coef, intercept, nIter }
}

const requireFinite = (intercept: number, where: string): void => {
  if (!Number.isFinite(intercept)) {
    throw new DivergedError(
      `${where}: the coefficients grew without bound. Scale the features, as with standardScaler(), or lower eta0.`,
    )
  }
}

interface LinearState {
  readonly coef: Dense
  readonly intercept: Float64Array
}
const decisionFunction = ({ state }: { readonly state: LinearState }, X: Rows): Float64Array | Dense => {
  const scores = linearScores(X, state.coef, state.intercept)
  return scores.columns === 1 ? scores.data : scores
}

/**
 * Linear classifiers by stochastic gradient descent: `hinge` gives a linear support vector machine, `logLoss` logistic regression. One
 * class against the rest. Rows may be sparse, and many.
 *
 * The model has `coef` ([1, F] for two classes, else [K, F]), `intercept` and `nIter`.
 *
 * @throws DivergedError when coefficients grow without bound
 * @example
 * const model = await makePipeline(standardScaler(), sgdClassifier({ loss: 'logLoss' })).fit(X, y)
 *
 * Source: Bottou 2012; Zhang 2004.
 */
export const sgdClassifier = defineClassifier({
  name: 'sgdClassifier',
  summary:
    'Linear classifiers (support vector machine, logistic regression and others) by stochastic gradient descent.',
  source: 'Bottou 2012; Zhang 2004',
  input: 'sparse',
  sampleWeight: true,
  options: defineOptions({
    loss: oneOf(classificationLosses, {
      default: 'hinge',
      help: 'hinge: a support vector machine; logLoss: logistic regression',
    }),
    penalty: penalty('l2'),
    ...shared,
    learningRate: oneOf(rates, { default: 'optimal', help: 'how the length of a step falls' }),
    eta0: number({ above: 0, default: 0.01, help: 'the first length of a step, except with "optimal"' }),
    powerT: number({ default: 0.5, help: 'the power of the step number that "invscaling" divides by' }),
    classWeight,
    average,
  }),
  fit: (problem, options) => oneAgainstRest('sgdClassifier.fit', problem, options),
  methods: { decisionFunction },
})

/**
 * The perceptron: each row on the wrong side moves the plane by itself. Rows that can be separated end separated.
 *
 * The model has `coef`, `intercept` and `nIter`.
 *
 * @example
 * const model = await perceptron().fit([[-1], [1]], [0, 1])
 *
 * Source: Rosenblatt 1958.
 */
export const perceptron = defineClassifier({
  name: 'perceptron',
  summary: 'Each row on the wrong side of the plane moves the plane by itself.',
  source: 'Rosenblatt 1958',
  input: 'sparse',
  sampleWeight: true,
  options: defineOptions({
    penalty: penalty(null),
    ...shared,
    eta0: number({ above: 0, default: 1, help: 'the length of a step' }),
    classWeight,
  }),
  fit: (problem, options) =>
    oneAgainstRest('perceptron.fit', problem, {
      ...options,
      loss: 'perceptron',
      learningRate: 'constant',
      powerT: 0.5,
      average: false,
    }),
  methods: { decisionFunction },
})

/**
 * Linear regression by stochastic gradient descent, for many rows: squared error, Huber's, or losses with a dead zone.
 *
 * The model has `coef` [F], `intercept` and `nIter`. Scale the features first.
 *
 * @throws DivergedError when coefficients grow without bound
 * @example
 * const model = await makePipeline(standardScaler(), sgdRegressor()).fit(X, y)
 *
 * Source: Bottou 2012.
 */
export const sgdRegressor = defineRegressor({
  name: 'sgdRegressor',
  summary: 'Linear regression by stochastic gradient descent.',
  source: 'Bottou 2012',
  input: 'sparse',
  sampleWeight: true,
  options: defineOptions({
    loss: oneOf(regressionLosses, { default: 'squaredError', help: 'what is minimised' }),
    penalty: penalty('l2'),
    ...shared,
    epsilon: number({
      min: 0,
      default: 0.1,
      help: "where Huber's loss turns to a line; how wide the dead zone of the others is",
    }),
    learningRate: oneOf(rates, { default: 'invscaling', help: 'how the length of a step falls' }),
    eta0: number({ above: 0, default: 0.01, help: 'the first length of a step, except with "optimal"' }),
    powerT: number({ default: 0.25, help: 'the power of the step number that "invscaling" divides by' }),
    average,
  }),
  fit: ({ X, y, sampleWeight, random }, { loss, epsilon, ...settings }) => {
    const mean = y.reduce((a, b) => a + b, 0) / y.length
    const found = stochasticGradientDescent(
      {
        X,
        y,
        weights: sampleWeight ?? new Float64Array(X.rows).fill(1),
        loss: sgdLoss(loss, epsilon),
        random,
        validate: (score, rows) => {
          let residual = 0
          let spread = 0
          for (const row of rows) {
            residual += (y[row]! - score(row)) ** 2
            spread += (y[row]! - mean) ** 2
          }
          return 1 - residual / (spread || 1)
        },
      },
      settings,
    )
    requireFinite(found.intercept, 'sgdRegressor.fit')
    return found
  },
  methods: {
    predict: ({ state }, X: Rows): Float64Array =>
      linearScores(X, { rows: 1, columns: X.columns, data: state.coef }, Float64Array.of(state.intercept)).data,
  },
})
