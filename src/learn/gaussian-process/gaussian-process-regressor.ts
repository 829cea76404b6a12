import { ArgumentError } from '../../core/errors.ts'
import { aList, aNumber, defineOptions, either, flag } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { Random } from '../core/random.ts'
import { requireCount } from '../neighbors/require-count.ts'
import { gramSync, productSync, timesVector } from '../numeric/product.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { choleskyBackSolve, choleskyLogDeterminant, solveTriangular } from '../numeric/triangular.ts'
import { type Factors, factorsOf, solved } from './factors.ts'
import { kernelBetween, kernelDiagonal, kernelOf } from './kernel-values.ts'
import type { Kernel } from './kernels.ts'
import { type Evidence, maximize } from './maximize.ts'
import { defaultKernel, processOptions } from './options.ts'
import { requireColumns, thetaOf, withTheta } from './theta.ts'

const where = 'gaussianProcessRegressor.fit'
const asColumn = (y: Float64Array): Dense => dense(y.length, 1, y)

interface Learned {
  readonly X: Dense
  readonly y: Float64Array
  /** Added to the diagonal. */
  readonly noise: Float64Array
}

/** L of `K + noise` and its inverse, or null where that is not positive definite. */
const factorOf = (values: Float64Array, noise: Float64Array): Factors | null => {
  const N = noise.length
  const K = dense(N, N, values.slice())
  for (let i = 0; i < N; i++) K.data[i * N + i]! += noise[i]!
  try {
    return factorsOf(K)
  } catch {
    return null
  }
}

/** `ln p(y | X) = −½ yᵀ K⁻¹ y − ½ ln det K − N/2 ln 2π` and its derivatives `½ tr((α αᵀ − K⁻¹) ∂K)` (Rasmussen & Williams 2006, 5.8 and 5.9). */
const evidenceOf =
  ({ X, y, noise }: Learned): Evidence =>
  (kernel, gradient) => {
    const N = y.length
    const { values, gradients } = kernelOf(kernel, X, gradient !== undefined)
    const factors = factorOf(values, noise)
    if (!factors) return -Infinity
    const alpha = solved(factors, y)
    let fit = 0
    for (let i = 0; i < N; i++) fit += y[i]! * alpha[i]!
    const value = -0.5 * (fit + choleskyLogDeterminant(factors.factor) + N * Math.log(2 * Math.PI))
    if (!gradient) return value
    const inverse = gramSync(factors.inverse).data
    for (const [k, change] of gradients.entries()) {
      let sum = 0
      for (let i = 0, at = 0; i < N; i++)
        for (let j = 0; j < N; j++, at++) sum += (alpha[i]! * alpha[j]! - inverse[at]!) * change[at]!
      gradient[k] = 0.5 * sum
    }
    return value
  }

interface State {
  readonly kernel: Kernel
  readonly theta: Float64Array
  readonly alpha: Float64Array
  readonly XTrain: Dense
  readonly yTrain: Float64Array
  readonly logMarginalLikelihoodValue: number
  readonly _factor: Dense
  readonly _noise: Float64Array
  readonly _mean: number
  readonly _scale: number
  readonly _seed: number
}

const means = (state: State, between: Dense): Float64Array =>
  timesVector(between, state.alpha).map(value => state._mean + state._scale * value)

/** `L⁻¹ k(X, x)`, [N, M]: what the rows learned from tell of others. */
const known = ({ kernel, XTrain, _factor }: State, X: Dense): Dense =>
  solveTriangular(_factor, kernelBetween(kernel, XTrain, X))

const variances = (state: State, X: Dense): Float64Array => {
  const out = kernelDiagonal(state.kernel, X)
  const told = known(state, X)
  for (let at = 0; at < told.data.length; at++) out[at % X.rows]! -= told.data[at]! ** 2
  return out.map(value => Math.max(0, value) * state._scale ** 2)
}

const covariances = (state: State, X: Dense): Dense => {
  const out = kernelOf(state.kernel, X).values.slice()
  const told = gramSync(known(state, X)).data
  return dense(
    X.rows,
    X.rows,
    out.map((value, at) => (value - told[at]!) * state._scale ** 2),
  )
}

/** Functions at the rows, one a column: the mean plus `V √λ z`, by eigenvalues because a covariance of near rows has no inverse. */
const draw = (state: State, X: Dense, count: number, random: Random): Dense => {
  const M = X.rows
  const { values, vectors } = symmetricEigen(covariances(state, X))
  const normal = dense(M, count)
  for (let at = 0; at < normal.data.length; at++)
    normal.data[at] = random.normal() * Math.sqrt(Math.max(0, values[Math.floor(at / count)]!))
  const out = productSync(vectors, normal)
  const mean = means(state, kernelBetween(state.kernel, X, state.XTrain))
  for (let at = 0; at < out.data.length; at++) out.data[at]! += mean[Math.floor(at / count)]!
  return out
}

const noiseOf = (alpha: number | readonly number[], rows: number): Float64Array => {
  if (typeof alpha === 'number') return new Float64Array(rows).fill(alpha)
  if (alpha.length !== rows)
    throw new ArgumentError(
      `${where}: alpha has ${alpha.length} values and X has ${rows} rows. Pass one number, or one a row.`,
    )
  return Float64Array.from(alpha)
}

/** Mean and deviation of the targets; those of equal ones count as 1. */
const momentsOf = (y: Float64Array): { readonly mean: number; readonly scale: number } => {
  const mean = y.reduce((a, b) => a + b, 0) / y.length
  const scale = Math.sqrt(y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / y.length)
  return { mean, scale: scale > 0 ? scale : 1 }
}

/**
 * Gaussian process regression: functions that are normal with the covariance `k(x, x')`, given the targets at the rows. The mean is
 * `k(x, X) (K + α I)⁻¹ y`, the variance `k(x, x) − k(x, X) (K + α I)⁻¹ k(X, x)`.
 *
 * What is not fixed of `kernel` is chosen by the greatest marginal likelihood, from the values given (and `nRestartsOptimizer` more starts).
 * `alpha` is the variance of the targets' noise that is known; a `whiteKernel()` in the sum learns it. `normalizeY` for targets far from
 * mean 0 and variance 1, which the process has before it sees any. Time grows with N³, memory with N².
 *
 * The model has `kernel` (as fitted), `theta` (its logarithms), `logMarginalLikelihoodValue` (nats), `alpha` [N], `XTrain`, `yTrain`;
 * `predictStd` [M] and `predictCov` [M, M] tell how sure predictions are, `sampleY(X, count, { randomState })` draws functions [M, count], and
 * `logMarginalLikelihood(theta)` is that of other values.
 *
 * @throws ArgumentError where the kernel gives no positive definite matrix, and for lengths or noise of another number
 * @example
 * const model = await gaussianProcessRegressor({ kernel: rbf({ lengthScale: 2 }), alpha: 1e-6 }).fit([[0], [1], [2], [3]], [0, 1, 0, -1])
 * await model.predictStd([[1], [30]]) // near 0 at a row that is known, near 1 far away
 *
 * Source: Rasmussen & Williams 2006, algorithm 2.1 and section 5.4.
 */
export const gaussianProcessRegressor = defineRegressor({
  name: 'gaussianProcessRegressor',
  summary: 'Functions normal with the covariance k, given the targets: mean k(x, X) (K + α I)⁻¹ y.',
  source: 'Rasmussen & Williams 2006, algorithm 2.1',
  options: defineOptions({
    alpha: either([aNumber({ min: 0 }), aList(aNumber({ min: 0 }))], {
      default: 1e-10,
      help: 'the variance of the noise of the targets, one number or one a row',
    }),
    normalizeY: flag({ help: 'whether targets are brought to mean 0 and variance 1 first' }),
    ...processOptions,
  }),
  fit: ({ X, y: given, random }, options): State => {
    const start = options.kernel ?? defaultKernel()
    requireColumns(start, X.columns, where)
    const { mean, scale } = options.normalizeY ? momentsOf(given) : { mean: 0, scale: 1 }
    const y = given.map(value => (value - mean) / scale)
    const noise = noiseOf(options.alpha, X.rows)
    const evidence = evidenceOf({ X, y, noise })
    const { kernel, value } =
      options.optimizer === null
        ? { kernel: start, value: evidence(start) }
        : maximize(start, evidence, { restarts: options.nRestartsOptimizer, random })
    const factor = factorOf(kernelOf(kernel, X).values, noise)?.factor
    if (!factor)
      throw new ArgumentError(
        `${where}: the kernel gives a matrix that is not positive definite. Raise alpha, or add a whiteKernel() to the kernel.`,
      )
    return {
      kernel,
      theta: Float64Array.from(thetaOf(kernel)),
      alpha: choleskyBackSolve(factor, asColumn(y)).data,
      XTrain: X,
      yTrain: y,
      logMarginalLikelihoodValue: value,
      _factor: factor,
      _noise: noise,
      _mean: mean,
      _scale: scale,
      _seed: random.seed(),
    }
  },
  methods: {
    predict: ({ state }, X: Dense): Float64Array => means(state, kernelBetween(state.kernel, X, state.XTrain)),
    predictStd: ({ state }, X: Dense): Float64Array => variances(state, X).map(Math.sqrt),
    predictCov: ({ state }, X: Dense): Dense => covariances(state, X),
    sampleY: (
      { state },
      X: Dense,
      count = 1,
      { randomState = state._seed }: { readonly randomState?: number } = {},
    ): Dense => draw(state, X, requireCount('gaussianProcessRegressor.sampleY', count), new Random(randomState)),
  },
  functions: {
    logMarginalLikelihood: ({ state }, theta?: ArrayLike<number>): number => {
      if (theta === undefined) return state.logMarginalLikelihoodValue
      if (theta.length !== state.theta.length)
        throw new ArgumentError(
          `gaussianProcessRegressor.logMarginalLikelihood: theta has ${theta.length} values; the kernel has ${state.theta.length} that are not fixed.`,
        )
      const { XTrain: X, yTrain: y, _noise: noise } = state
      return evidenceOf({ X, y, noise })(withTheta(state.kernel, theta))
    },
  },
})
