import { ArgumentError } from '../../core/errors.ts'
import { aNumber, anInteger, defineOptions, either, type Meaning, nothing, number } from '../../core/options.ts'
import { type AnyEstimator, innerEstimator, innerProblem, plain } from '../compose/inner.ts'
import { defineTransformer } from '../core/define.ts'
import { linearQuantile } from '../preprocessing/quantiles.ts'
import { selectedNames, selects } from './columns.ts'
import { importancesOf } from './importances.ts'

const rule = /^(?:(\d+\.?\d*|\.\d+)\s*\*\s*)?(mean|median)$/
const aRule: Meaning<string> = {
  kind: 'text',
  expected: '"mean" or "median", or a multiple such as "1.25*mean"',
  accepts: (value): value is string => typeof value === 'string' && rule.test(value),
  fromText: text => text,
  placeholder: 'RULE',
}

/**
 * Keeps the columns of which a model makes much: those whose importance (`featureImportances`, or the magnitude of `coef`) reaches a threshold.
 *
 * The model has `fittedEstimator`, `importances` [F], `threshold` and `support` (whether each column is kept).
 *
 * @throws ArgumentError where the estimator tells no importance, or does not suit the targets
 * @example
 * const model = await selectFromModel({ estimator: lasso({ alpha: 0.1 }) }).fit(X, y)
 * const fewer = await model.transform(X)
 *
 * Source: scikit-learn 1.9, sklearn.feature_selection.
 */
export const selectFromModel = defineTransformer({
  name: 'selectFromModel',
  summary: 'Keeps the columns of which a model makes much, by its coefficients or importances.',
  source: 'scikit-learn 1.9, sklearn.feature_selection',
  input: 'sparse',
  target: 'any',
  sampleWeight: true,
  options: defineOptions({
    estimator: either([innerEstimator('classifier', 'regressor')], {
      required: true,
      help: 'a model with coef or featureImportances',
    }),
    threshold: either([nothing, aNumber(), aRule], {
      default: null,
      help: 'the least importance; null: the mean, or 1e-5 for models with an l1 penalty',
    }),
    normOrder: number({ min: 1, default: 1, help: 'how rows of coefficients, one a class, are put together' }),
    maxFeatures: either([nothing, anInteger({ min: 1 })], { default: null, help: 'the most columns that are kept' }),
  }),
  fit: async ({ X, y, classes, sampleWeight, random }, { estimator, threshold: wanted, normOrder, maxFeatures }) => {
    const where = 'selectFromModel.fit'
    const own = plain(estimator)
    const fit = await own.fitProblem(innerProblem(where, own, { X, y, classes, sampleWeight, seed: random.seed() }))
    const importances = importancesOf(where, fit, normOrder)
    const threshold = thresholdOf(wanted ?? defaultRule(estimator), importances)
    const order = Array.from(importances.keys()).sort((a, b) => importances[b]! - importances[a]! || a - b)
    const among = new Set(maxFeatures === null ? order : order.slice(0, maxFeatures))
    const support = Array.from(importances, (x, j) => x >= threshold && among.has(j))
    if (!support.includes(true)) {
      throw new ArgumentError(
        `${where}: no column of ${X.columns} has an importance of at least ${threshold}. Lower threshold.`,
      )
    }
    return { fittedEstimator: fit, importances, threshold, support }
  },
  methods: selects,
  functions: selectedNames,
})

const defaultRule = (estimator: AnyEstimator): number | string => {
  const { name, options } = plain(estimator)
  const sparse = name === 'lasso' || options.penalty === 'l1' || (name === 'elasticNet' && options.l1Ratio === 1)
  return sparse ? 1e-5 : 'mean'
}

const thresholdOf = (wanted: number | string, importances: Float64Array): number => {
  if (typeof wanted === 'number') return wanted
  const [, factor = '1', kind] = rule.exec(wanted)!
  const middle =
    kind === 'mean'
      ? importances.reduce((a, b) => a + b, 0) / importances.length
      : linearQuantile(importances.slice().sort(), 0.5)
  return Number(factor) * middle
}
