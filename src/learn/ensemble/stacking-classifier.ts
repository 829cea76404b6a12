import { ArgumentError } from '../../core/errors.ts'
import { defineOptions } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import type { Definition, Fit } from '../core/definition.ts'
import { splitsOf } from '../selection/candidates.ts'
import { outOfFold } from '../selection/cross-validate.ts'
import { composed, partsOf, withoutColumns } from './composed.ts'
import { fitCodes, member, memberOr, predictCodes, predictShares, requireWeighted } from './members.ts'
import { asColumn, stacked, stackingOptions, stackMethod } from './stacking.ts'

const where = 'stackingClassifier'
type Asked = 'predictProba' | 'decisionFunction' | 'predict'

const methodOf = ({ name, methods }: Definition, wanted: 'auto' | Asked): Asked => {
  if (wanted === 'auto')
    return methods.predictProba ? 'predictProba' : methods.decisionFunction ? 'decisionFunction' : 'predict'
  if (wanted !== 'predict' && !methods[wanted])
    throw new ArgumentError(`${where}: ${name} has no ${wanted}. Take stackMethod "auto".`)
  return wanted
}

/** Of two classes' probabilities one column says all. */
const columnsOf = (found: Dense, method: Asked): Dense =>
  method === 'predictProba' && found.columns === 2 ? withoutColumns(found, 1) : found

const ask = async (fit: Fit, X: Dense, method: Asked): Promise<Dense> => {
  if (method === 'predict') return asColumn(Float64Array.from(await predictCodes(fit, X)))
  const found = (await fit.definition.methods[method]!(fit, X)) as Dense | Float64Array
  return columnsOf(found instanceof Float64Array ? asColumn(found) : found, method)
}

/**
 * Several classifiers, and a final one that learns from what they say about rows they were not fitted on (by stratified folds).
 *
 * The final estimator is a logistic regression unless another is given. The model has `estimators` (fitted on all rows),
 * `finalEstimator` and `stackMethods` (what is asked of each), and the verb `transform`: what the final estimator sees.
 *
 * @throws ArgumentError if a part is no classifier, lacks the method asked for, or does not heed weights where there are some
 * @example
 * const model = await stackingClassifier({ estimators: [['trees', randomForestClassifier()], ['svc', linearSVC()]] }).fit(X, y)
 *
 * Source: Wolpert 1992.
 */
export const stackingClassifier = composed(
  defineClassifier({
    name: where,
    summary: 'A final classifier that learns from what others say about rows they were not fitted on.',
    source: 'Wolpert 1992',
    sampleWeight: true,
    options: defineOptions({
      ...stackingOptions,
      finalEstimator: member('what learns from the others; null for a logistic regression', 'classifier'),
      stackMethod,
    }),
    fit: async ({ X, y, classCount: K, sampleWeight: weights, random }, options) => {
      const parts = partsOf(where, options.estimators, 'classifier')
      const last = memberOr(options.finalEstimator, 'logisticRegression', {})
      if (weights) for (const own of [...parts.map(([, one]) => one), last]) requireWeighted(where, own)
      const classes = Array.from({ length: K }, (_, k) => k)
      const problem = { X, y, classes, sampleWeight: weights, seed: random.seed() }
      const splits = splitsOf(where, options.cv, problem, { classifier: true })
      const estimators: Fit[] = []
      const seen: Dense[] = []
      const stackMethods: Asked[] = []
      for (const [, own] of parts) {
        const method = methodOf(own.definition, options.stackMethod)
        stackMethods.push(method)
        estimators.push(await fitCodes(own, X, y, { weights, seed: problem.seed }))
        seen.push(columnsOf(await outOfFold(own, problem, splits, method), method))
      }
      const finalEstimator = await fitCodes(last, stacked(seen, X, options.passthrough), y, {
        weights,
        seed: random.seed(),
      })
      return { estimators, finalEstimator, stackMethods }
    },
    methods: {
      predictProba: async ({ state, options, classes }, X: Dense) =>
        predictShares(state.finalEstimator, await transform(state, X, options.passthrough), classes.length),
      decide: async ({ state, options }, X: Dense) =>
        predictCodes(state.finalEstimator, await transform(state, X, options.passthrough)),
      transform: ({ state, options }, X: Dense) => transform(state, X, options.passthrough),
    },
  }),
)

const transform = async (
  { estimators, stackMethods }: { readonly estimators: readonly Fit[]; readonly stackMethods: readonly Asked[] },
  X: Dense,
  passthrough: boolean,
): Promise<Dense> => {
  const parts: Dense[] = []
  for (const [t, fit] of estimators.entries()) parts.push(await ask(fit, X, stackMethods[t]!))
  return stacked(parts, X, passthrough)
}
