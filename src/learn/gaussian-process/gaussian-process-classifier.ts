import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, integer } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { constantKernel, type Kernel, productKernel, rbf } from './kernels.ts'
import { type Binary, laplaceEvidence, type Machine, machineOf, probabilities } from './laplace.ts'
import { maximize } from './maximize.ts'
import { processOptions } from './options.ts'
import { requireColumns, thetaOf, withTheta } from './theta.ts'

const fixedKernel = (): Kernel =>
  productKernel(constantKernel({ constantValueBounds: 'fixed' }), rbf({ lengthScaleBounds: 'fixed' }))

/** Of two classes one problem, of the second; else one a class, against the rest. */
const problemsOf = (X: Dense, y: Int32Array, classCount: number, maxIter: number): Binary[] =>
  Array.from({ length: classCount === 2 ? 1 : classCount }, (_, k) => ({
    X,
    y: Float64Array.from(y, code => (code === (classCount === 2 ? 1 : k) ? 1 : 0)),
    maxIter,
  }))

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

interface State {
  readonly kernels: readonly Kernel[]
  readonly theta: Float64Array
  readonly logMarginalLikelihoodValue: number
  readonly XTrain: Dense
  readonly yTrain: Int32Array
  readonly _machines: readonly Machine[]
}

/**
 * Gaussian process classification: `p(1 | x) = ∫ σ(f) p(f | x) df` with a function f that is normal with the covariance `k(x, x')`; given the
 * classes, its posterior is taken as normal about its mode (Laplace). More than two classes: one against the rest each, and shares of the sum.
 *
 * What is not fixed of `kernel` is chosen by the greatest (approximate) marginal likelihood; the default, rbf() of length 1, is fixed. Time
 * grows with N³, memory with N².
 *
 * The model has `kernels` (as fitted: one, or with more than two classes one a class), `theta` (their logarithms, one after the other),
 * `logMarginalLikelihoodValue` (nats, the mean over the classes), `XTrain`, `yTrain` (class numbers); `logMarginalLikelihood(theta)` is that
 * of other values.
 *
 * @throws ArgumentError for lengths of another number than there are columns
 * @example
 * const model = await gaussianProcessClassifier({ kernel: rbf({ lengthScale: 2 }) }).fit([[0], [1], [5], [6]], ['low', 'low', 'high', 'high'])
 * await model.predict([[0.5], [5.5]]) // ['low', 'high']
 *
 * Source: Williams & Barber 1998; Rasmussen & Williams 2006, algorithms 3.1, 3.2 and 5.1.
 */
export const gaussianProcessClassifier = defineClassifier({
  name: 'gaussianProcessClassifier',
  summary: 'p(1 | x) = ∫ σ(f) p(f | x) df with a normal process f, whose posterior is taken as normal (Laplace).',
  source: 'Williams & Barber 1998; Rasmussen & Williams 2006',
  options: defineOptions({
    ...processOptions,
    maxIterPredict: integer({ min: 1, default: 100, help: "the most of Newton's steps to the mode" }),
  }),
  fit: ({ X, y, classCount, random }, options): State => {
    const start = options.kernel ?? fixedKernel()
    requireColumns(start, X.columns, 'gaussianProcessClassifier.fit')
    const problems = problemsOf(X, y, classCount, options.maxIterPredict)
    const found = problems.map(problem => {
      const evidence = laplaceEvidence(problem)
      return options.optimizer === null
        ? { kernel: start, value: evidence(start) }
        : maximize(start, evidence, { restarts: options.nRestartsOptimizer, random })
    })
    return {
      kernels: found.map(({ kernel }) => kernel),
      theta: Float64Array.from(found.flatMap(({ kernel }) => thetaOf(kernel))),
      logMarginalLikelihoodValue: meanOf(found.map(({ value }) => value)),
      XTrain: X,
      yTrain: y,
      _machines: found.map(({ kernel }, k) => machineOf(kernel, problems[k]!)),
    }
  },
  methods: {
    predictProba: ({ state, classes }, X: Dense): Dense => {
      const K = classes.length
      const all = state._machines.map(machine => probabilities(machine, state.XTrain, X))
      const out = dense(X.rows, K)
      for (let i = 0; i < X.rows; i++) {
        const row = K === 2 ? [1 - all[0]![i]!, all[0]![i]!] : all.map(p => p[i]!)
        const total = row.reduce((a, b) => a + b, 0)
        for (let k = 0; k < K; k++) out.data[i * K + k] = row[k]! / total
      }
      return out
    },
  },
  functions: {
    logMarginalLikelihood: ({ state, options, classes }, theta?: ArrayLike<number>): number => {
      if (theta === undefined) return state.logMarginalLikelihoodValue
      if (theta.length !== state.theta.length)
        throw new ArgumentError(
          `gaussianProcessClassifier.logMarginalLikelihood: theta has ${theta.length} values; the kernels have ${state.theta.length} that are not fixed.`,
        )
      const problems = problemsOf(state.XTrain, state.yTrain, classes.length, options.maxIterPredict)
      const each = theta.length / problems.length
      return meanOf(
        problems.map((problem, k) => {
          const own = Array.from({ length: each }, (_, j) => theta[k * each + j]!)
          return laplaceEvidence(problem)(withTheta(state.kernels[k]!, own))
        }),
      )
    },
  },
})
