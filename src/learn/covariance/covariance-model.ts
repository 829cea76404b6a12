import { aFlag, either } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { columnMeans } from '../linear/design.ts'
import { precisionOf, squaredMahalanobis } from './moments.ts'

// What the estimates of a covariance share: options, state and verbs.

export const assumeCentered = either([aFlag], {
  default: false,
  help: 'whether the mean is 0, rather than learned',
})

export interface Gaussian {
  readonly location: Float64Array
  readonly covariance: Dense
  readonly precision: Dense
  readonly _rank: number
  readonly _logDeterminant: number
}

/** The mean of the rows, or 0. */
export const locationOf = (X: Dense, centred: boolean): Float64Array =>
  centred ? new Float64Array(X.columns) : columnMeans(X)

export const gaussianOf = (location: Float64Array, covariance: Dense): Gaussian => {
  const { precision, rank, logDeterminant } = precisionOf(covariance)
  return { location, covariance, precision, _rank: rank, _logDeterminant: logDeterminant }
}

export const mahalanobis = ({ location, precision }: Gaussian, X: Dense): Float64Array =>
  squaredMahalanobis(X, location, precision)

/** `ln N(x; μ, Σ)` of each row; where Σ has no inverse, within the directions that vary. */
const logDensities = (state: Gaussian, X: Dense): Float64Array => {
  const constant = state._rank * Math.log(2 * Math.PI) + state._logDeterminant
  return mahalanobis(state, X).map(square => -0.5 * (constant + square))
}

export interface Fitted {
  readonly state: Gaussian
}
export const gaussianVerbs = {
  scoreSamples: ({ state }: Fitted, X: Dense): Float64Array => logDensities(state, X),
  score: ({ state }: Fitted, X: Dense): number => logDensities(state, X).reduce((a, b) => a + b, 0) / X.rows,
  mahalanobis: ({ state }: Fitted, X: Dense): Float64Array => mahalanobis(state, X),
} as const
