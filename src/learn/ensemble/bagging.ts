import { aFlag, anInteger, aNumber, either, nothing } from '../../core/options.ts'
import { ArgumentError } from '../../core/errors.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import type { Fit } from '../core/definition.ts'
import type { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { takeDense } from '../core/take-rows.ts'
import { bootstrap, nEstimators } from '../trees/options.ts'
import { maxSamples, oobScore } from './forest.ts'
import { takeColumns } from './members.ts'

export const baggingOptions = {
  nEstimators: nEstimators(10),
  maxSamples,
  maxFeatures: either([nothing, anInteger({ min: 1 }), aNumber({ above: 0, below: 1 })], {
    default: null,
    help: 'features drawn for each, or their share; null for all',
  }),
  bootstrap: bootstrap(true),
  bootstrapFeatures: either([aFlag], { default: false, help: 'whether features are drawn with repetition' }),
  oobScore,
  randomState,
} as const

interface BaggingOptions {
  readonly nEstimators: number
  readonly maxSamples: number | null
  readonly maxFeatures: number | null
  readonly bootstrap: boolean
  readonly bootstrapFeatures: boolean
  readonly oobScore: boolean
}

/** What a bagged ensemble remembers. */
export interface BaggingState {
  readonly estimators: readonly Fit[]
  /** The columns that each learned from. */
  readonly estimatorsFeatures: readonly Int32Array[]
}

const countOf = (where: string, option: string, given: number | null, total: number): number => {
  if (given === null) return total
  if (given < 1) return Math.max(1, Math.floor(given * total))
  if (given > total)
    throw new ArgumentError(`${where}: ${option} is ${given}, and X has ${total}. Pass at most as many.`)
  return given
}

interface Draw {
  readonly rows: Int32Array
  readonly features: Int32Array
  readonly seed: number
}

/** Rows in proportion to their weights, where there are any. */
const drawRows = (
  random: Random,
  n: number,
  count: number,
  weights: Float64Array | undefined,
  again: boolean,
): Int32Array => {
  if (!again) return random.sample(n, count)
  if (!weights) return Int32Array.from({ length: count }, () => random.integer(n))
  return Int32Array.from({ length: count }, () => random.weighted(weights))
}

/**
 * Fits members on rows and columns drawn for each.
 *
 * @returns the members, and for each row which of them did not see it
 */
export const bag = async (
  where: string,
  { X, weights, random }: { readonly X: Dense; readonly weights: Float64Array | undefined; readonly random: Random },
  options: BaggingOptions,
  fitOne: (draw: Draw, X: Dense) => Promise<Fit>,
): Promise<{ readonly state: BaggingState; readonly unseen: readonly Int32Array[] }> => {
  if (options.oobScore && !options.bootstrap)
    throw new ArgumentError(`${where}: oobScore needs bootstrap: true, which leaves rows out for each estimator.`)
  const rowCount = countOf(where, 'maxSamples', options.maxSamples, X.rows)
  const columnCount = countOf(where, 'maxFeatures', options.maxFeatures, X.columns)
  const estimators: Fit[] = []
  const estimatorsFeatures: Int32Array[] = []
  const unseen: Int32Array[] = []
  for (let t = 0; t < options.nEstimators; t++) {
    const features = options.bootstrapFeatures
      ? Int32Array.from({ length: columnCount }, () => random.integer(X.columns))
      : columnCount === X.columns
        ? Int32Array.from({ length: columnCount }, (_, j) => j)
        : random.sample(X.columns, columnCount)
    const rows = drawRows(random, X.rows, rowCount, weights, options.bootstrap)
    estimators.push(await fitOne({ rows, features, seed: random.seed() }, takeColumns(takeDense(X, rows), features)))
    estimatorsFeatures.push(features)
    const seen = new Set(rows)
    unseen.push(Int32Array.from({ length: X.rows }, (_, i) => i).filter(i => !seen.has(i)))
  }
  return { state: { estimators, estimatorsFeatures }, unseen }
}

type Predict = (fit: Fit, X: Dense) => Promise<Dense>

/** The mean of what the members say. */
export const meanOfMembers = async (
  { estimators, estimatorsFeatures }: BaggingState,
  X: Dense,
  K: number,
  predict: Predict,
): Promise<Dense> => {
  const out = dense(X.rows, K)
  for (const [t, fit] of estimators.entries()) {
    const { data } = await predict(fit, takeColumns(X, estimatorsFeatures[t]!))
    for (let i = 0; i < data.length; i++) out.data[i]! += data[i]! / estimators.length
  }
  return out
}
/** For each row the mean of the members that did not see it; NaN where all did. */
export const meanOfUnseen = async (
  { state, unseen }: { readonly state: BaggingState; readonly unseen: readonly Int32Array[] },
  X: Dense,
  K: number,
  predict: Predict,
): Promise<Dense> => {
  const out = dense(X.rows, K)
  const counts = new Float64Array(X.rows)
  for (const [t, fit] of state.estimators.entries()) {
    const rows = unseen[t]!
    if (rows.length === 0) continue
    const { data } = await predict(fit, takeColumns(takeDense(X, rows), state.estimatorsFeatures[t]!))
    for (const [i, row] of rows.entries()) {
      counts[row]!++
      for (let k = 0; k < K; k++) out.data[row * K + k]! += data[i * K + k]!
    }
  }
  for (let i = 0; i < X.rows; i++) for (let k = 0; k < K; k++) out.data[i * K + k]! /= counts[i]!
  return out
}
