import { ArgumentError } from '../../core/errors.ts'
import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import { takeDense } from '../core/take-rows.ts'
import { lessMeans } from '../decomposition/pca.ts'
import { leastSquares } from '../numeric/least-squares.ts'
import { productSync, timesVector, transposeTimesVector } from '../numeric/product.ts'
import { svd } from '../numeric/svd.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { cholesky, solveTriangular } from '../numeric/triangular.ts'
import { covarianceOf, type Shrinkage } from './class-covariance.ts'

/** Rows with what is known of their classes. */
export interface Grouped {
  readonly X: Dense
  readonly groups: readonly Int32Array[]
  readonly means: Dense
  readonly priors: Float64Array
}

/** Scores `x · coef + intercept`, a row for each class. */
export interface Linear {
  readonly coef: Dense
  readonly intercept: Float64Array
}
/** Directions, the columns of `scalings`, and the share of the variance between the classes along each. */
export interface Directions {
  readonly scalings: Dense
  readonly explainedVarianceRatio: Float64Array
}

/** The covariance within classes: the sum of theirs, each by the probability of the class. */
export const withinCovariance = ({ X, groups, priors }: Grouped, shrinkage: Shrinkage): Dense => {
  const out = dense(X.columns, X.columns)
  for (const [k, group] of groups.entries()) {
    const own = covarianceOf(takeDense(X, group), shrinkage).data
    for (let at = 0; at < own.length; at++) out.data[at]! += priors[k]! * own[at]!
  }
  return out
}

/** `ln p(k) − ½ μₖ · coefₖ`. */
const interceptOf = ({ means, priors }: Grouped, coef: Dense): Float64Array => {
  const F = means.columns
  return priors.map((prior, k) => {
    let sum = 0
    for (let j = k * F; j < (k + 1) * F; j++) sum += means.data[j]! * coef.data[j]!
    return Math.log(prior) - 0.5 * sum
  })
}

/** `Σ coef = μ`, without any directions. */
export const byLeastSquares = (grouped: Grouped, covariance: Dense): Linear => {
  const coef = transposed(leastSquares(covariance, transposed(grouped.means)).x)
  return { coef, intercept: interceptOf(grouped, coef) }
}

/** Columns turned so that the entry of largest magnitude of each is positive. */
const flipColumns = ({ rows, columns, data }: Dense): void => {
  for (let k = 0; k < columns; k++) {
    let top = 0
    for (let at = k; at < rows * columns; at += columns) if (Math.abs(data[at]!) > Math.abs(top)) top = data[at]!
    if (top < 0) for (let at = k; at < rows * columns; at += columns) data[at] = -data[at]!
  }
}

const shares = (values: Float64Array, count: number): Float64Array => {
  const total = values.reduce((a, b) => a + b, 0)
  return values.slice(0, count).map(x => (total === 0 ? 0 : x / total))
}

/** Directions v with `S_b v = λ S_w v`, λ descending. */
export const byEigen = (
  grouped: Grouped,
  covariance: Dense,
  { shrinkage, most }: { readonly shrinkage: Shrinkage; readonly most: number },
): Linear & Directions => {
  const F = covariance.rows
  const between = covarianceOf(grouped.X, shrinkage)
  for (let at = 0; at < between.data.length; at++) between.data[at]! -= covariance.data[at]!
  const factor = factorOf(covariance)
  // L⁻¹ S_b L⁻ᵀ has the same λ.
  const half = transposed(solveTriangular(factor, between))
  const { values, vectors } = symmetricEigen(solveTriangular(factor, half))
  const back = solveTriangular(factor, vectors, { transpose: true })
  const scalings = dense(F, F)
  for (let j = 0; j < F; j++) for (let k = 0; k < F; k++) scalings.data[j * F + k] = back.data[j * F + F - 1 - k]!
  flipColumns(scalings)
  const coef = productSync(productSync(grouped.means, scalings), scalings, { transposeB: true })
  return {
    coef,
    intercept: interceptOf(grouped, coef),
    scalings,
    explainedVarianceRatio: shares(values.slice().reverse(), most),
  }
}

const factorOf = (covariance: Dense): Dense => {
  const { factor, dependent } = factored(covariance)
  if (!dependent) return factor
  throw new ArgumentError(
    'linearDiscriminantAnalysis.fit: the covariance within the classes has no inverse: features depend on each other. Set shrinkage, or take the solver "svd".',
  )
}

/** L, and whether a feature is one of those before it to rounding. */
const factored = (covariance: Dense): { readonly factor: Dense; readonly dependent: boolean } => {
  const F = covariance.rows
  try {
    const factor = cholesky(covariance)
    let dependent = false
    for (let j = 0; j < F; j++) {
      const at = j * F + j
      if (factor.data[at]! ** 2 <= 4 * F * Number.EPSILON * covariance.data[at]!) dependent = true
    }
    return { factor, dependent }
  } catch {
    return { factor: covariance, dependent: true }
  }
}

/** The rows less their class's mean, each feature over its deviation. */
const withinRows = ({ X, groups, means }: Grouped): { readonly rows: Dense; readonly deviation: Float64Array } => {
  const { rows: N, columns: F } = X
  const rows = dense(N, F)
  for (const [k, group] of groups.entries()) {
    const mean = means.data.subarray(k * F, (k + 1) * F)
    const own = lessMeans(takeDense(X, group), mean)
    for (const [i, row] of group.entries()) rows.data.set(own.data.subarray(i * F, (i + 1) * F), row * F)
  }
  const deviation = new Float64Array(F)
  for (let at = 0; at < rows.data.length; at++) deviation[at % F]! += (rows.data[at]! * rows.data[at]!) / N
  for (let j = 0; j < F; j++) deviation[j] = Math.sqrt(deviation[j]!) || 1
  for (let at = 0; at < rows.data.length; at++) rows.data[at]! /= deviation[at % F]!
  return { rows, deviation }
}

/** Directions from singular values, first of the rows within their classes, then of the classes' means: no covariance is formed. */
export const bySvd = (
  grouped: Grouped,
  { tol, most }: { readonly tol: number; readonly most: number },
): Linear & Directions & { readonly xbar: Float64Array } => {
  const { means, priors, X } = grouped
  const [N, F, K] = [X.rows, X.columns, priors.length]
  const { rows, deviation } = withinRows(grouped)
  for (let at = 0; at < rows.data.length; at++) rows.data[at]! /= Math.sqrt(N)
  const within = svd(rows)
  const rank = within.s.filter(s => s > tol).length
  if (rank === 0)
    throw new ArgumentError(
      'linearDiscriminantAnalysis.fit: no feature varies within the classes, so there is nothing to measure their distances by. Check that no feature repeats y.',
    )
  const whiten = dense(F, rank)
  for (let k = 0; k < rank; k++)
    for (let j = 0; j < F; j++) whiten.data[j * rank + k] = within.vt.data[k * F + j]! / deviation[j]! / within.s[k]!
  const xbar = transposeTimesVector(means, priors)
  const spread = productSync(lessMeans(means, xbar), whiten)
  const weighted = dense(K, rank, spread.data.slice())
  for (let k = 0; k < K; k++)
    for (let j = 0; j < rank; j++) weighted.data[k * rank + j]! *= Math.sqrt((N * priors[k]!) / (K - 1))
  const between = svd(weighted)
  const kept = between.s.filter(s => s > tol * between.s[0]!).length
  const turn = dense(kept, rank, between.vt.data.slice(0, kept * rank))
  const scalings = productSync(whiten, turn, { transposeB: true })
  flipColumns(scalings)
  const along = productSync(lessMeans(means, xbar), scalings)
  const coef = productSync(along, scalings, { transposeB: true })
  const shift = timesVector(coef, xbar)
  const intercept = priors.map((prior, k) => {
    let square = 0
    for (let j = k * kept; j < (k + 1) * kept; j++) square += along.data[j]! ** 2
    return Math.log(prior) - 0.5 * square - shift[k]!
  })
  return {
    coef,
    intercept,
    scalings,
    explainedVarianceRatio: shares(
      between.s.map(s => s * s),
      most,
    ),
    xbar,
  }
}
