import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { lessMeans } from '../decomposition/pca.ts'
import { gramSync, productSync } from '../numeric/product.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'

/** `Σ (x − location)(x − location)ᵀ / N`. */
export const covarianceAbout = (X: Dense, location: Float64Array): Dense => {
  const out = gramSync(lessMeans(X, location))
  for (let k = 0; k < out.data.length; k++) out.data[k]! /= X.rows
  return out
}

/** The mean of the variances. */
export const meanVariance = ({ rows: F, data }: Dense): number => {
  let trace = 0
  for (let j = 0; j < F; j++) trace += data[j * F + j]!
  return trace / F
}

/** `(1 − shrinkage) Σ + shrinkage · mean variance · I`. */
export const shrunk = (covariance: Dense, shrinkage: number): Dense => {
  const F = covariance.rows
  const level = shrinkage * meanVariance(covariance)
  const out = dense(
    F,
    F,
    covariance.data.map(x => (1 - shrinkage) * x),
  )
  for (let j = 0; j < F; j++) out.data[j * F + j]! += level
  return out
}

/** The shrinkage of least expected squared error, for rows about `location` (Ledoit & Wolf 2004, section 3.3). */
export const ledoitWolfShrinkage = (X: Dense, location: Float64Array, covariance: Dense): number => {
  const { rows: N, columns: F, data } = X
  if (F === 1) return 0
  let fourth = 0
  for (let i = 0; i < N; i++) {
    let square = 0
    for (let j = 0; j < F; j++) square += (data[i * F + j]! - location[j]!) ** 2
    fourth += square * square
  }
  let squares = 0
  for (const x of covariance.data) squares += x * x
  const mu = meanVariance(covariance)
  const apart = squares / F - mu * mu
  const noise = Math.min((fourth / N - squares) / (F * N), apart)
  return noise <= 0 ? 0 : noise / apart
}

/** The shrinkage of Chen et al. 2010, equation 23, without the term 2 / F, which vanishes for many features. */
export const oasShrinkage = (rows: number, covariance: Dense): number => {
  const F = covariance.rows
  if (F === 1) return 0
  let squares = 0
  for (const x of covariance.data) squares += x * x
  const mean = squares / (F * F)
  const level = meanVariance(covariance) ** 2
  const below = (rows + 1) * (mean - level / F)
  return below === 0 ? 1 : Math.min(1, (mean + level) / below)
}

export interface Precision {
  /** The inverse; of a matrix that has none the pseudoinverse. */
  readonly precision: Dense
  readonly rank: number
  /** ln of the product of the eigenvalues that are not 0. */
  readonly logDeterminant: number
}

/** Eigenvalues of a covariance up to this one count as 0: F · 2⁻⁵² of the largest. */
const negligible = (values: Float64Array): number =>
  values.length * Number.EPSILON * values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)

/** The (pseudo)inverse of a covariance. */
export const precisionOf = (covariance: Dense): Precision => {
  const F = covariance.rows
  const { values, vectors } = symmetricEigen(covariance)
  const least = negligible(values)
  const scaled = dense(F, F)
  let [rank, logDeterminant] = [0, 0]
  for (let k = 0; k < F; k++) {
    const value = values[k]!
    if (!(value > least)) continue
    rank++
    logDeterminant += Math.log(value)
    for (let j = 0; j < F; j++) scaled.data[j * F + k] = vectors.data[j * F + k]! / value
  }
  return { precision: productSync(scaled, vectors, { transposeB: true }), rank, logDeterminant }
}

/** `(x − μ)ᵀ P (x − μ)` of each row. */
export const squaredMahalanobis = (X: Dense, location: Float64Array, precision: Dense): Float64Array => {
  const F = X.columns
  const centred = lessMeans(X, location)
  const turned = productSync(centred, precision)
  return Float64Array.from({ length: X.rows }, (_, i) => {
    let sum = 0
    for (let j = i * F; j < (i + 1) * F; j++) sum += centred.data[j]! * turned.data[j]!
    return sum
  })
}

/** Rows along the directions in which they vary, [N, rank]; the rows themselves where they vary in all. */
export const alongVariation = (X: Dense, location: Float64Array): Dense => {
  const F = X.columns
  const { values, vectors } = symmetricEigen(covarianceAbout(X, location))
  const least = negligible(values)
  const lost = values.filter(value => !(value > least)).length
  if (lost === 0) return X
  const kept = dense(F, F - lost)
  for (let j = 0; j < F; j++) kept.data.set(vectors.data.subarray(j * F + lost, (j + 1) * F), j * (F - lost))
  return productSync(lessMeans(X, location), kept)
}
