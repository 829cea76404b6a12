import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, integer, numbers, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { fromArray } from '../../tensor/creation.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Fit } from '../core/definition.ts'
import { type Features, readFeatures } from '../core/inputs.ts'
import { fitOf } from '../core/model.ts'
import { isCsr, type Rows } from '../core/sparse.ts'

const where = 'partialDependence'
const options = defineOptions({
  gridResolution: integer({ min: 2, default: 100, help: 'values of each feature that are tried' }),
  percentiles: numbers({
    min: 0,
    max: 1,
    default: [0.05, 0.95],
    help: 'from which to which quantile the values reach',
  }),
  kind: oneOf(['average', 'individual', 'both'], { default: 'average', help: 'whether rows are averaged' }),
})

export interface DependenceOptions {
  /** Values of each feature that are tried; default 100. A feature with fewer different values is tried at those. */
  readonly gridResolution?: number
  /** From which to which quantile of the feature they reach; default [0.05, 0.95]. */
  readonly percentiles?: readonly number[]
  /** `average` over the rows, each row for itself (`individual`), or `both`. */
  readonly kind?: 'average' | 'individual' | 'both'
}

export interface PartialDependence {
  /** [K, values] or, of two features, [K, values, values]; K is 1 but for three classes and more. */
  readonly average?: Tensor
  /** [K, N, values] or [K, N, values, values]. */
  readonly individual?: Tensor
  /** The values tried, feature by feature. */
  readonly gridValues: readonly Tensor<readonly [number], 'float64'>[]
}

/**
 * What a fitted model predicts on average when one feature, or two, take a value in all rows: the shape of what it learned. Of
 * classifiers the probability of the second of two classes, or of each class.
 *
 * Features that hang together are set to values that do not occur together; read it with care then.
 *
 * @param features the number or name of one feature, or a list of one or two
 * @throws ArgumentError for features X does not have, percentiles that are not ascending, or a model that predicts nothing
 * @example
 * const fitted = await randomForestRegressor({ nEstimators: 10 }).fit(X, y)
 * const { average, gridValues } = await partialDependence(fitted, X, 0, { gridResolution: 20 })
 *
 * Source: Friedman 2001; Goldstein et al. 2015.
 */
export const partialDependence = async (
  model: object,
  X: Features,
  features: number | string | readonly (number | string)[],
  given: DependenceOptions = {},
): Promise<PartialDependence> => {
  const { gridResolution, percentiles, kind } = options.validate(where, given)
  const [low, high] = percentiles
  if (percentiles.length !== 2 || low! >= high!)
    throw new ArgumentError(`${where}: percentiles must be two ascending shares; got [${percentiles.join(', ')}].`)
  const fit = fitOf(model)
  const { definition, nFeaturesIn: width, featureNames: names } = fit
  if (definition.kind !== 'classifier' && definition.kind !== 'regressor')
    throw new ArgumentError(`${where}: ${definition.name} predicts nothing. Pass a fitted classifier or regressor.`)
  const read = (await readFeatures(X, { where, definition, width, names })).X as Rows
  if (!('data' in read) || isCsr(read))
    throw new ArgumentError(
      `${where}: rows must be a dense matrix of numbers, and ${definition.name} was given others.`,
    )
  const columns = placesOf(features, fit)
  const grids = columns.map(column => gridOf(read, column, { low: low!, high: high!, gridResolution }))
  const { individual, K } = await tried(fit, read, columns, grids)
  const sizes = grids.map(grid => grid.length)
  const points = sizes.reduce((a, b) => a * b, 1)
  const average = new Float64Array(K * points)
  for (let k = 0; k < K; k++)
    for (let i = 0; i < read.rows; i++)
      for (let g = 0; g < points; g++) average[k * points + g]! += individual[(k * read.rows + i) * points + g]!
  for (let g = 0; g < average.length; g++) average[g]! /= read.rows
  return {
    ...(kind === 'individual' ? {} : { average: fromArray(average, [K, ...sizes], 'float64') as Tensor }),
    ...(kind === 'average' ? {} : { individual: fromArray(individual, [K, read.rows, ...sizes], 'float64') as Tensor }),
    gridValues: grids.map(grid => fromArray(grid, [grid.length], 'float64') as Tensor<readonly [number], 'float64'>),
  }
}

const placesOf = (
  features: number | string | readonly (number | string)[],
  { nFeaturesIn, featureNames }: Fit,
): number[] => {
  const list = typeof features === 'number' || typeof features === 'string' ? [features] : features
  if (list.length < 1 || list.length > 2)
    throw new ArgumentError(`${where}: features must be one feature or two; got ${list.length}.`)
  return list.map(one => {
    const j = typeof one === 'number' ? one : (featureNames?.indexOf(one) ?? -1)
    if (Number.isInteger(j) && j >= 0 && j < nFeaturesIn) return j
    throw new ArgumentError(
      `${where}: the model has no feature ${JSON.stringify(one)}. It has ${featureNames ? featureNames.slice(0, 10).join(', ') : `0 to ${nFeaturesIn - 1}`}.`,
    )
  })
}

/** All different values where they are few, else evenly spaced ones between two quantiles. */
const gridOf = (
  { rows, columns, data }: Dense,
  column: number,
  { low, high, gridResolution }: { readonly low: number; readonly high: number; readonly gridResolution: number },
): Float64Array => {
  const sorted = Float64Array.from({ length: rows }, (_, i) => data[i * columns + column]!)
    .filter(x => !Number.isNaN(x))
    .sort()
  const distinct = sorted.filter((x, i) => i === 0 || x !== sorted[i - 1])
  if (distinct.length < gridResolution) return distinct
  const from = quantile(sorted, low)
  const to = quantile(sorted, high)
  if (to - from < 1e-12)
    throw new ArgumentError(
      `${where}: the percentiles of feature ${column} are one value, ${from}. Take percentiles farther apart.`,
    )
  return Float64Array.from({ length: gridResolution }, (_, i) => from + (i * (to - from)) / (gridResolution - 1))
}
/** The lowest value at which the share is reached, between two of them as scipy's mquantiles has it. */
const quantile = (sorted: Float64Array, share: number): number => {
  const n = sorted.length
  const at = n * share + 0.4 + share * 0.2
  const k = Math.floor(Math.min(Math.max(at, 1), n - 1))
  const part = Math.min(Math.max(at - k, 0), 1)
  return (1 - part) * sorted[k - 1]! + part * sorted[k]!
}

/** Every row's prediction at every point of the grid, [K, N, points]. */
const tried = async (
  fit: Fit,
  X: Dense,
  columns: readonly number[],
  grids: readonly Float64Array[],
): Promise<{ readonly individual: Float64Array; readonly K: number }> => {
  const [first, second = Float64Array.of(0)] = grids as [Float64Array, Float64Array?]
  const points = first.length * second.length
  const rows = dense(X.rows, X.columns)
  rows.data.set(X.data)
  let individual = new Float64Array(0)
  let K = 1
  for (let g = 0; g < points; g++) {
    const values = [first[Math.floor(g / second.length)]!, second[g % second.length]!]
    for (let i = 0; i < X.rows; i++)
      for (const [c, column] of columns.entries()) rows.data[i * X.columns + column] = values[c]!
    const { data, width } = await predicted(fit, rows)
    if (g === 0) {
      K = width
      individual = new Float64Array(K * X.rows * points)
    }
    for (let i = 0; i < X.rows; i++)
      for (let k = 0; k < K; k++) individual[(k * X.rows + i) * points + g] = data[i * K + k]!
  }
  return { individual, K }
}

/** Numbers a row: predictions, probabilities, or scores. */
const predicted = async (fit: Fit, X: Dense): Promise<{ readonly data: Float64Array; readonly width: number }> => {
  const { predict, predictProba, decisionFunction } = fit.definition.methods
  const verb = fit.definition.kind === 'regressor' ? predict : (predictProba ?? decisionFunction)
  if (!verb)
    throw new ArgumentError(
      `${where}: ${fit.definition.name} gives neither probabilities nor scores, so nothing to average.`,
    )
  const found = (await verb(fit, X)) as Float64Array | Dense
  if (found instanceof Float64Array) return { data: found, width: 1 }
  if (verb === predictProba && found.columns === 2)
    return { data: Float64Array.from({ length: found.rows }, (_, i) => found.data[2 * i + 1]!), width: 1 }
  return { data: found.data, width: found.columns }
}
