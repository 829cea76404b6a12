import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, number } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import type { Fit } from '../core/definition.ts'
import { randomState } from '../core/rules.ts'
import { nEstimators } from '../trees/options.ts'
import { decisions, sharesOf } from './ada-boost.ts'
import { fitCodes, member, memberOr, predictCodes, requireWeighted } from './members.ts'

const where = 'adaBoostClassifier'

/**
 * Boosting by weights: classifiers one after another, each fitted with more weight on the rows that those before got wrong, and voting
 * with the weight `log((1 − e)/e) + log(K − 1)` for its weighted error `e` (SAMME).
 *
 * The model has `estimators`, `estimatorWeights` and `estimatorErrors` [nEstimators at most: it ends early when one makes no error], and
 * the verbs `decisionFunction` ([N] for two classes, else [N, K]) and `predictProba`.
 *
 * @throws ArgumentError if the estimator does not heed weights, or does no better than chance from the start
 * @example
 * const model = await adaBoostClassifier({ nEstimators: 100, learningRate: 0.5 }).fit(X, y)
 *
 * Source: Freund & Schapire 1997; Zhu et al. 2009.
 */
export const adaBoostClassifier = defineClassifier({
  name: where,
  summary: 'Classifiers one after another, each with more weight on the rows that those before got wrong (SAMME).',
  source: 'Freund & Schapire 1997; Zhu et al. 2009',
  sampleWeight: true,
  options: defineOptions({
    estimator: member('what is boosted; null for a tree of depth 1', 'classifier'),
    nEstimators: nEstimators(50),
    learningRate: number({ above: 0, default: 1, help: 'what each weight is multiplied with' }),
    randomState,
  }),
  fit: async ({ X, y, classCount: K, sampleWeight, random }, { estimator, nEstimators, learningRate }) => {
    const own = memberOr(estimator, 'decisionTreeClassifier', { maxDepth: 1 })
    requireWeighted(where, own)
    const weights = Float64Array.from(sampleWeight ?? new Float64Array(X.rows).fill(1))
    const estimators: Fit[] = []
    const estimatorWeights: number[] = []
    const estimatorErrors: number[] = []
    for (let t = 0; t < nEstimators; t++) {
      const total = weights.reduce((a, b) => a + b, 0)
      for (let i = 0; i < weights.length; i++) weights[i]! /= total
      const fit = await fitCodes(own, X, y, { weights: weights.slice(), seed: random.seed() })
      const found = await predictCodes(fit, X)
      let error = 0
      for (let i = 0; i < y.length; i++) if (found[i] !== y[i]) error += weights[i]!
      if (error >= 1 - 1 / K) {
        if (t > 0) break
        throw new ArgumentError(
          `${where}: ${own.name} is wrong for a share of ${error.toFixed(3)} of the weight, no better than chance. Take a stronger estimator.`,
        )
      }
      estimators.push(fit)
      estimatorErrors.push(Math.max(0, error))
      if (error <= 0) {
        estimatorWeights.push(1)
        break
      }
      const weight = learningRate * (Math.log((1 - error) / error) + Math.log(K - 1))
      estimatorWeights.push(weight)
      for (let i = 0; i < y.length; i++) if (found[i] !== y[i]) weights[i]! *= Math.exp(weight)
    }
    return {
      estimators,
      estimatorWeights: Float64Array.from(estimatorWeights),
      estimatorErrors: Float64Array.from(estimatorErrors),
    }
  },
  methods: {
    decisionFunction: async ({ state, classes }, X: Dense) => {
      const found = await votes(state, X, classes.length)
      return classes.length === 2 ? decisions(found) : found
    },
    predictProba: async ({ state, classes }, X: Dense) => sharesOf(await votes(state, X, classes.length)),
  },
})

interface Boosted {
  readonly estimators: readonly Fit[]
  readonly estimatorWeights: Float64Array
}

/** Weighted votes [N, K]: each is for one class, and against the others by 1 / (K − 1). */
const votes = async ({ estimators, estimatorWeights }: Boosted, X: Dense, K: number): Promise<Dense> => {
  const out = dense(X.rows, K)
  const total = estimatorWeights.reduce((a, b) => a + b, 0)
  for (const [t, fit] of estimators.entries()) {
    const weight = estimatorWeights[t]! / total
    for (const [i, code] of (await predictCodes(fit, X)).entries())
      for (let k = 0; k < K; k++) out.data[i * K + k]! += k === code ? weight : -weight / (K - 1)
  }
  return out
}
