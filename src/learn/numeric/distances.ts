import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { product } from './product.ts'

export const distanceMetrics = [
  'euclidean',
  'sqeuclidean',
  'manhattan',
  'chebyshev',
  'minkowski',
  'cosine',
  'correlation',
  'canberra',
  'braycurtis',
  'hamming',
] as const
export type DistanceMetric = (typeof distanceMetrics)[number]

export interface DistanceOptions {
  /** The exponent of `minkowski`; 2. */
  readonly p?: number
}

/** A distance of row i of one matrix and row j of another. */
export type RowDistance = (x: Float64Array, i: number, y: Float64Array, j: number, columns: number) => number

const sum =
  (term: (a: number, b: number) => number): RowDistance =>
  (x, i, y, j, n) => {
    let total = 0
    for (let k = 0; k < n; k++) total += term(x[i * n + k]!, y[j * n + k]!)
    return total
  }

const squaredEuclidean: RowDistance = (x, i, y, j, n) => {
  let total = 0
  for (let k = 0; k < n; k++) {
    const difference = x[i * n + k]! - y[j * n + k]!
    total += difference * difference
  }
  return total
}
const chebyshev: RowDistance = (x, i, y, j, n) => {
  let most = 0
  for (let k = 0; k < n; k++) most = Math.max(most, Math.abs(x[i * n + k]! - y[j * n + k]!))
  return most
}
const meanOf = (x: Float64Array, i: number, n: number): number => {
  let total = 0
  for (let k = 0; k < n; k++) total += x[i * n + k]!
  return total / n
}
/** `1 − cos` of the angle between two rows, after their means are taken off or not; of a row of zeros 1, as scikit-learn. */
const angular =
  (centered: boolean): RowDistance =>
  (x, i, y, j, n) => {
    const [mx, my] = centered ? [meanOf(x, i, n), meanOf(y, j, n)] : [0, 0]
    let [xx, yy, xy] = [0, 0, 0]
    for (let k = 0; k < n; k++) {
      const [a, b] = [x[i * n + k]! - mx, y[j * n + k]! - my]
      xx += a * a
      yy += b * b
      xy += a * b
    }
    if (x === y && i === j && xx > 0) return 0
    return xx === 0 || yy === 0 ? 1 : Math.min(2, Math.max(0, 1 - xy / Math.sqrt(xx) / Math.sqrt(yy)))
  }
const brayCurtis: RowDistance = (x, i, y, j, n) => {
  let [apart, together] = [0, 0]
  for (let k = 0; k < n; k++) {
    apart += Math.abs(x[i * n + k]! - y[j * n + k]!)
    together += Math.abs(x[i * n + k]! + y[j * n + k]!)
  }
  return apart === 0 ? 0 : apart / together
}
const share = sum((a, b) => (a === b ? 0 : 1))

/**
 * The distance of two rows under a metric of that name.
 *
 * @throws ArgumentError for an unknown name, and for a `p` below 1
 */
export const rowDistance = (metric: DistanceMetric, { p = 2 }: DistanceOptions = {}): RowDistance => {
  switch (metric) {
    case 'sqeuclidean':
      return squaredEuclidean
    case 'euclidean':
      return (...at) => Math.sqrt(squaredEuclidean(...at))
    case 'manhattan':
      return sum((a, b) => Math.abs(a - b))
    case 'chebyshev':
      return chebyshev
    case 'minkowski': {
      if (!(p >= 1)) throw new ArgumentError(`pairwiseDistances: p must be at least 1; got ${p}.`, { p })
      if (p === Infinity) return chebyshev
      const powers = sum((a, b) => Math.abs(a - b) ** p)
      return (...at) => powers(...at) ** (1 / p)
    }
    case 'cosine':
      return angular(false)
    case 'correlation':
      return angular(true)
    case 'canberra':
      return sum((a, b) => (a === b ? 0 : Math.abs(a - b) / (Math.abs(a) + Math.abs(b))))
    case 'braycurtis':
      return brayCurtis
    case 'hamming':
      return (x, i, y, j, n) => share(x, i, y, j, n) / n
    default:
      throw new ArgumentError(
        `pairwiseDistances: there is no metric ${JSON.stringify(metric)}. The metrics are ${distanceMetrics.join(', ')}.`,
        { metric },
      )
  }
}

const squares = ({ rows, columns, data }: Dense): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => {
    let total = 0
    for (let k = i * columns; k < (i + 1) * columns; k++) total += data[k]! * data[k]!
    return total
  })

/** Columns from which a matrix product, `‖x‖² + ‖y‖² − 2 x·y`, is faster; up to there differences are taken, which are exact. */
const many = 16

const byProduct = async (x: Dense, y: Dense): Promise<Dense> => {
  const out = await product(x, y, { transposeB: true })
  const [xx, yy] = [squares(x), squares(y)]
  for (let i = 0; i < x.rows; i++)
    for (let j = 0, at = i * y.rows; j < y.rows; j++, at++)
      out.data[at] = x === y && i === j ? 0 : Math.max(0, xx[i]! + yy[j]! - 2 * out.data[at]!)
  return out
}

/**
 * Distances of each row of X to each of Y.
 *
 * **Shape** x: `[N, F]`, y: `[M, F]` (by default x) → `[N, M]`.
 *
 * Euclidean distances of 16 columns or more are taken from a product: of rows that are far from 0 and near each other they have an absolute
 * error of about `2⁻²⁶ ‖x‖`.
 *
 * @throws ShapeError for other numbers of columns; ArgumentError for an unknown metric
 */
export const pairwiseDistances = async (
  x: Dense,
  y: Dense = x,
  metric: DistanceMetric = 'euclidean',
  options: DistanceOptions = {},
): Promise<Dense> => {
  if (x.columns !== y.columns) {
    throw new ShapeError(`pairwiseDistances: X has ${x.columns} columns and Y ${y.columns}. They need as many.`)
  }
  const of = rowDistance(metric, options)
  const euclidean = metric === 'euclidean' || (metric === 'minkowski' && (options.p ?? 2) === 2)
  if (x.columns >= many && (euclidean || metric === 'sqeuclidean')) {
    const out = await byProduct(x, y)
    if (euclidean) for (let k = 0; k < out.data.length; k++) out.data[k] = Math.sqrt(out.data[k]!)
    return out
  }
  const out = dense(x.rows, y.rows)
  for (let i = 0; i < x.rows; i++)
    for (let j = 0; j < y.rows; j++) out.data[i * y.rows + j] = of(x.data, i, y.data, j, x.columns)
  return out
}
