import { ArgumentError } from '../../core/errors.ts'
import { aNumber, defineOptions, either, nothing } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { gammaInverse, gammaLower } from '../../stats/special/incomplete-gamma.ts'
import { defineDensityEstimator } from '../core/define.ts'
import type { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { takeDense } from '../core/take-rows.ts'
import {
  assumeCentered,
  type Gaussian,
  gaussianOf,
  gaussianVerbs,
  locationOf,
  mahalanobis,
} from './covariance-model.ts'
import { fastMcd } from './fast-mcd.ts'
import { columnMeans } from '../linear/design.ts'
import { alongVariation, covarianceAbout, precisionOf, squaredMahalanobis } from './moments.ts'

export const robustOptions = {
  supportFraction: either([nothing, aNumber({ above: 0, max: 1 })], {
    default: null,
    help: 'the share of rows taken to be free of outliers, at least a half or so; null: (N + F + 1) / 2 rows',
  }),
  assumeCentered,
  randomState,
} as const

export interface Robust extends Gaussian {
  /** Squared distances of the rows from the location. */
  readonly dist: Float64Array
  /** 1 for a row that the estimate rests on. */
  readonly support: Int32Array
  readonly rawLocation: Float64Array
  readonly rawCovariance: Dense
  readonly rawSupport: Int32Array
}

/** What makes the covariance of the share of normal rows nearest the centre that of all of them (Croux & Haesbroeck 1999, equation 4.2). */
const consistency = (features: number, share: number): number => {
  const half = gammaInverse(features / 2, share)
  return share / gammaLower(features / 2 + 1, half)
}

const maskOf = (rows: ArrayLike<number>, count: number): Int32Array => {
  const out = new Int32Array(count)
  for (let i = 0; i < rows.length; i++) out[rows[i]!] = 1
  return out
}
const times = ({ rows, columns, data }: Dense, factor: number): Dense =>
  dense(
    rows,
    columns,
    data.map(x => x * factor),
  )

/** Rows further out than this share of normal rows do not count. */
const kept = 0.975

interface Settings {
  readonly supportFraction: number | null
  readonly assumeCentered: boolean
}

/** The covariance of least determinant, made consistent, and that of the rows that are not outliers by it. */
export const robustGaussian = (
  { X, random }: { readonly X: Dense; readonly random: Random },
  { supportFraction, assumeCentered }: Settings,
  where: string,
): Robust => {
  const varying = alongVariation(X, columnMeans(X))
  const [N, F] = [X.rows, varying.columns]
  const h = supportFraction === null ? Math.min(N, Math.ceil((N + F + 1) / 2)) : Math.floor(supportFraction * N)
  if (h < 2)
    throw new ArgumentError(
      `${where}: supportFraction ${supportFraction} of ${N} rows is ${h}; at least 2 are needed. Take a larger share.`,
    )
  const rows = F === 0 ? Int32Array.from({ length: h }, (_, i) => i) : fastMcd(varying, h, random)
  const part = takeDense(X, rows)
  const rawLocation = locationOf(part, assumeCentered)
  const rawCovariance = covarianceAbout(part, rawLocation)
  const { precision, rank } = precisionOf(rawCovariance)
  if (rank === 0)
    throw new ArgumentError(
      `${where}: ${h} of ${N} rows are equal, and so their covariance is 0. Raise supportFraction, or drop repeated rows.`,
    )
  const factor = consistency(F, h / N)
  const limit = 2 * gammaInverse(F / 2, kept)
  const distances = squaredMahalanobis(X, rawLocation, precision)
  const inside = Int32Array.from(distances.keys()).filter(i => distances[i]! / factor < limit)
  const ordinary = takeDense(X, inside)
  const location = locationOf(ordinary, assumeCentered)
  const state = gaussianOf(location, times(covarianceAbout(ordinary, location), consistency(F, kept)))
  return {
    ...state,
    dist: mahalanobis(state, X),
    support: maskOf(inside, N),
    rawLocation,
    rawCovariance,
    rawSupport: maskOf(rows, N),
  }
}

/**
 * Minimum covariance determinant: mean and covariance of the half of the rows (or `supportFraction`) whose covariance has the least
 * determinant, made consistent for normal rows; then those of all rows within the 97.5 % ellipse of these. Up to nearly half of the rows
 * may be outliers.
 *
 * The model has `location`, `covariance`, `precision`, `support` [N] (1 for rows that count), `dist` [N] (squared distances of the rows),
 * and before the second step `rawLocation`, `rawCovariance`, `rawSupport`. Verbs as {@link empiricalCovariance} has them.
 *
 * @throws ShapeError for fewer than 2 rows; ArgumentError where the rows that would count are all equal
 * @example
 * const model = await minCovDet({ randomState: 0 }).fit([[0, 0], [1, 0], [0, 1], [1, 1.5], [0.5, 0.2], [90, 90]])
 * await model.support.toArray() // the last is 0
 *
 * Source: Rousseeuw 1984; Rousseeuw & Van Driessen 1999; Croux & Haesbroeck 1999.
 */
export const minCovDet = defineDensityEstimator({
  name: 'minCovDet',
  summary: 'Mean and covariance of the rows whose covariance has the least determinant: outliers do not count.',
  source: 'Rousseeuw & Van Driessen 1999',
  minRows: 2,
  options: defineOptions(robustOptions),
  fit: (problem, options) => robustGaussian(problem, options, 'minCovDet.fit'),
  methods: gaussianVerbs,
})
