import { defineOptions, either, nothing, number, aNumber } from '../../core/options.ts'
import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { fitIntercept, maxIter, tol } from '../core/rules.ts'
import { productSync, timesVector, transposeTimesVector } from '../numeric/product.ts'
import { svd } from '../numeric/svd.ts'
import { asColumn, centred } from './design.ts'

const prior = (what: string) => number({ min: 0, default: 1e-6, help: `${what} of a gamma distribution` })
const initial = (what: string) =>
  either([nothing, aNumber({ above: 0 })], { default: null, help: `where ${what} starts; null: from the data` })

/**
 * Bayesian ridge regression: `y ~ N(X w + b, 1/α)`, `w ~ N(0, I/λ)`, with `α` and `λ` found by maximising their marginal likelihood
 * under gamma priors. The strength of the penalty follows from the data.
 *
 * The model has `coef` [F], `intercept`, `alpha`, `lambda`, `sigma` [F, F] (covariance of the coefficients) and `nIter`;
 * `predictStd(X)` gives the standard deviation of predictions.
 *
 * @example
 * const model = await bayesianRidge().fit(X, y)
 * await (await model.predictStd(X)).toArray()
 *
 * Source: MacKay 1992; Tipping 2001, appendix A.
 */
export const bayesianRidge = defineRegressor({
  name: 'bayesianRidge',
  summary: 'Ridge regression whose penalty and noise follow from the data by their marginal likelihood.',
  source: 'MacKay 1992; Tipping 2001, appendix A',
  sampleWeight: true,
  options: defineOptions({
    maxIter: maxIter(300),
    tol: tol(1e-3),
    alpha1: prior('shape of the prior on the precision of the noise, a parameter'),
    alpha2: prior('rate of the prior on the precision of the noise, a parameter'),
    lambda1: prior('shape of the prior on the precision of the coefficients, a parameter'),
    lambda2: prior('rate of the prior on the precision of the coefficients, a parameter'),
    alphaInit: initial('the precision of the noise'),
    lambdaInit: initial('the precision of the coefficients'),
    fitIntercept,
  }),
  fit: ({ X: rows, y: targets, sampleWeight }, options) => {
    const { maxIter, tol, alpha1, alpha2, lambda1, lambda2, fitIntercept } = options
    const { X, Y, xMean, yMean } = centred(rows, asColumn(targets), { fitIntercept, weights: sampleWeight })
    const y = Y.data
    const F = X.columns
    const N = sampleWeight ? sampleWeight.reduce((a, b) => a + b, 0) : X.rows
    const variance = weightedVariance(targets, sampleWeight)
    let alpha = options.alphaInit ?? 1 / (variance + Number.EPSILON)
    let lambda = options.lambdaInit ?? 1
    const { u, s, vt } = svd(X)
    const eigen = s.map(x => x * x)
    const UtY = transposeTimesVector(u, y)
    let coef: Float64Array = new Float64Array(F)
    let nIter = 0
    const solve = (): { readonly coef: Float64Array; readonly residual: number } => {
      const scaled = UtY.map((x, k) => (x * s[k]!) / (eigen[k]! + lambda / alpha))
      const found = transposeTimesVector(vt, scaled)
      const predicted = timesVector(X, found)
      let residual = 0
      for (let i = 0; i < y.length; i++) residual += (y[i]! - predicted[i]!) ** 2
      return { coef: found, residual }
    }
    let before: Float64Array | undefined
    for (let round = 0; round < maxIter; round++) {
      const found = solve()
      coef = found.coef
      nIter = round + 1
      let gamma = 0
      for (const value of eigen) gamma += (alpha * value) / (lambda + alpha * value)
      const squares = coef.reduce((a, b) => a + b * b, 0)
      lambda = (gamma + 2 * lambda1) / (squares + 2 * lambda2)
      alpha = (N - gamma + 2 * alpha1) / (found.residual + 2 * alpha2)
      if (before && coef.reduce((a, b, j) => a + Math.abs(b - before![j]!), 0) < tol) break
      before = coef
    }
    coef = solve().coef
    const sigma = posteriorCovariance(vt, eigen, { alpha, lambda })
    let intercept = yMean[0]!
    for (let j = 0; j < F; j++) intercept -= xMean[j]! * coef[j]!
    return { coef, intercept, alpha, lambda, sigma, nIter, _xMean: xMean }
  },
  methods: {
    predict: ({ state }, X: Dense) => timesVector(X, state.coef).map(x => x + state.intercept),
    /** The standard deviation of each prediction: of the noise and of the coefficients together. */
    predictStd: ({ state }, X: Dense) => predictiveDeviation(state, X),
  },
})

const weightedVariance = (y: Float64Array, weights: Float64Array | undefined): number => {
  let total = 0
  let sum = 0
  for (let i = 0; i < y.length; i++) {
    const w = weights ? weights[i]! : 1
    total += w
    sum += w * y[i]!
  }
  let square = 0
  for (let i = 0; i < y.length; i++) square += (weights ? weights[i]! : 1) * (y[i]! - sum / total) ** 2
  return square / total
}

/** `(α XᵀX + λ I)⁻¹`: along the singular vectors `1 / (α s² + λ)`, and `1 / λ` across them. */
const posteriorCovariance = (
  vt: Dense,
  eigen: Float64Array,
  { alpha, lambda }: { readonly alpha: number; readonly lambda: number },
): Dense => {
  const F = vt.columns
  const scaled = dense(vt.rows, F)
  for (let k = 0; k < vt.rows; k++) {
    const factor = 1 / (alpha * eigen[k]! + lambda) - 1 / lambda
    for (let j = 0; j < F; j++) scaled.data[k * F + j] = vt.data[k * F + j]! * factor
  }
  const sigma = productSync(transposed(vt), scaled)
  for (let j = 0; j < F; j++) sigma.data[j * F + j]! += 1 / lambda
  return sigma
}

/** `sqrt(xᵀ Σ x + 1/α)` for rows less the means. */
export const predictiveDeviation = (
  { sigma, alpha, _xMean: mean }: { readonly sigma: Dense; readonly alpha: number; readonly _xMean: Float64Array },
  X: Dense,
): Float64Array => {
  const F = X.columns
  const shifted = dense(X.rows, F)
  for (let i = 0; i < X.rows; i++) for (let j = 0; j < F; j++) shifted.data[i * F + j] = X.data[i * F + j]! - mean[j]!
  const XS = productSync(shifted, sigma)
  return Float64Array.from({ length: X.rows }, (_, i) => {
    let sum = 0
    for (let j = 0; j < F; j++) sum += XS.data[i * F + j]! * shifted.data[i * F + j]!
    return Math.sqrt(sum + 1 / alpha)
  })
}
