import { defineOptions } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { classWeight } from '../core/rules.ts'
import { rowWeights } from '../core/weights.ts'
import { centred, coefficients, predictLinear } from './design.ts'
import { ridgeOptions } from './ridge.ts'
import { ridgeSolve } from './ridge-solver.ts'

/** Class numbers as targets of -1 and 1: one column for two classes, else one a class. */
export const signTargets = (codes: Int32Array, classCount: number): Dense => {
  const columns = classCount === 2 ? 1 : classCount
  const Y = dense(codes.length, columns)
  for (let i = 0; i < codes.length; i++) {
    for (let k = 0; k < columns; k++) Y.data[i * columns + k] = codes[i] === (columns === 1 ? 1 : k) ? 1 : -1
  }
  return Y
}

/**
 * Ridge regression on targets of -1 and 1, one against the rest: quick, and often as good as logistic regression.
 *
 * The model has `coef` ([1, F] for two classes, else [K, F]) and `intercept`.
 *
 * @example const model = await ridgeClassifier({ alpha: 1 }).fit([[0], [3], [1]], ['ham', 'spam', 'ham'])
 *
 * Source: Rifkin, Yeo & Poggio 2003.
 */
export const ridgeClassifier = defineClassifier({
  name: 'ridgeClassifier',
  summary: 'Ridge regression on targets of -1 and 1, one class against the rest.',
  source: 'Rifkin, Yeo & Poggio 2003',
  sampleWeight: true,
  options: defineOptions({ ...ridgeOptions, classWeight }),
  fit: ({ X, y, classCount, classes, sampleWeight }, options) => {
    const weights = rowWeights({ y, classes, sampleWeight }, options.classWeight, 'ridgeClassifier.fit')
    const problem = centred(X, signTargets(y, classCount), { fitIntercept: options.fitIntercept, weights })
    const W = ridgeSolve(problem.X, problem.Y, options.alpha, options.solver)
    const { coef, intercept } = coefficients(W, problem, false)
    return { coef: coef as Dense, intercept: intercept as Float64Array }
  },
  methods: {
    decisionFunction: ({ state }, X: Dense): Float64Array | Dense => {
      const scores = predictLinear(state, X) as Dense
      return scores.columns === 1 ? scores.data : scores
    },
  },
})
