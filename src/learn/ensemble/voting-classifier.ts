import { defineOptions, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import type { Fit } from '../core/definition.ts'
import { composed, partsOf } from './composed.ts'
import { fitCodes, predictCodes, predictShares, requireWeighted } from './members.ts'
import { estimatorSteps, sharesOfWeights, votingWeights } from './voting.ts'

const where = 'votingClassifier'

/**
 * Several classifiers that decide together: by their votes (`hard`), or by the mean of their probabilities (`soft`).
 *
 * `predictProba` gives the shares of the votes, or the mean probabilities; `weights` says how much each counts. A tie goes to the first
 * class. The model has `estimators`. Options of a part are named with a dot: `with({ 'knn.nNeighbors': 3 })`.
 *
 * @throws ArgumentError if a part is no classifier, or weights are not as many as the parts
 * @example
 * const model = await votingClassifier({ estimators: [['a', logisticRegression()], ['b', gaussianNB()]], voting: 'soft' }).fit(X, y)
 */
export const votingClassifier = composed(
  defineClassifier({
    name: where,
    summary: 'Several classifiers that decide by their votes or by the mean of their probabilities.',
    source: 'scikit-learn 1.9, sklearn.ensemble',
    sampleWeight: true,
    options: defineOptions({
      estimators: estimatorSteps,
      voting: oneOf(['hard', 'soft'], { default: 'hard', help: 'whether votes are counted or probabilities averaged' }),
      weights: votingWeights,
    }),
    fit: async ({ X, y, sampleWeight: weights, random }, options) => {
      sharesOfWeights(where, options.weights, options.estimators.length)
      const estimators: Fit[] = []
      for (const [, own] of partsOf(where, options.estimators, 'classifier')) {
        if (weights) requireWeighted(where, own)
        estimators.push(await fitCodes(own, X, y, { weights, seed: random.seed() }))
      }
      return { estimators }
    },
    methods: {
      predictProba: async ({ state, options, classes }, X: Dense) => {
        const K = classes.length
        const out = dense(X.rows, K)
        const shares = sharesOfWeights(where, options.weights, state.estimators.length)
        for (const [t, fit] of state.estimators.entries()) {
          if (options.voting === 'soft') {
            const { data } = await predictShares(fit, X, K)
            for (let i = 0; i < data.length; i++) out.data[i]! += shares[t]! * data[i]!
          } else for (const [i, code] of (await predictCodes(fit, X)).entries()) out.data[i * K + code]! += shares[t]!
        }
        return out
      },
    },
  }),
)
