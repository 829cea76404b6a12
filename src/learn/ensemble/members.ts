import { ArgumentError } from '../../core/errors.ts'
import { either, nothing } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import type { Fit, Kind } from '../core/definition.ts'
import { type AnyEstimator, innerEstimator, plain } from '../compose/inner.ts'
import { type Estimator, recreate } from '../core/estimator.ts'
import { decide } from '../core/model.ts'
import type { Rows } from '../core/sparse.ts'

// Estimators as members of an ensemble: fitted on problems that are read and checked already.

/** An option that is an estimator, or nothing for the usual one. */
export const member = (help: string, ...kinds: readonly Kind[]) =>
  either([nothing, innerEstimator(...kinds)], { default: null, help })

/** The estimator given, or a tree of some depth. */
export const memberOr = (
  given: AnyEstimator | null,
  tree: string,
  options: Readonly<Record<string, unknown>>,
): Estimator => (given === null ? recreate(tree, options) : plain(given))

/** Weights are for those that heed them. */
export const requireWeighted = (where: string, { name, definition }: Estimator): void => {
  if (!definition.sampleWeight)
    throw new ArgumentError(`${where}: ${name} does not heed weights of rows. Take an estimator that does.`)
}

interface Rest {
  readonly weights?: Float64Array | undefined
  readonly seed: number
}

/** Fits a regressor on rows. */
export const fitNumbers = (own: Estimator, X: Dense, y: Float64Array, { weights, seed }: Rest): Promise<Fit> =>
  own.fitProblem({
    X,
    y: own.definition.target === 'numbers' ? { rows: y.length, columns: 1, data: y } : y,
    classes: [],
    single: true,
    sampleWeight: weights,
    seed,
  })
export const predictNumbers = async (fit: Fit, X: Rows): Promise<Float64Array> => {
  const found = (await fit.definition.methods.predict!(fit, X)) as Float64Array | Dense
  return found instanceof Float64Array ? found : found.data
}

/** Fits a classifier on rows of which some may lack a class: it knows the classes that are there, by their numbers. */
export const fitCodes = (own: Estimator, X: Dense, y: Int32Array, { weights, seed }: Rest): Promise<Fit> => {
  const classes = Array.from(new Set(y)).sort((a, b) => a - b)
  const place = new Map(classes.map((code, k) => [code, k]))
  const codes = Int32Array.from(y, code => place.get(code)!)
  return own.fitProblem({ X, y: codes, classes, sampleWeight: weights, seed })
}
export const predictCodes = async (fit: Fit, X: Rows): Promise<Int32Array> =>
  (await decide(fit, X)).map(place => fit.classes[place] as number)
/** Shares of K classes: probabilities, or 1 for the class decided on. */
export const predictShares = async (fit: Fit, X: Rows, K: number): Promise<Dense> => {
  const out = dense(X.rows, K)
  const { predictProba } = fit.definition.methods
  if (!predictProba) {
    for (const [i, code] of (await predictCodes(fit, X)).entries()) out.data[i * K + code] = 1
    return out
  }
  const { columns, data } = (await predictProba(fit, X)) as Dense
  for (let k = 0; k < columns; k++) {
    const to = fit.classes[k] as number
    for (let i = 0; i < X.rows; i++) out.data[i * K + to] = data[i * columns + k]!
  }
  return out
}

/** Some columns of a matrix. */
export const takeColumns = ({ rows, columns, data }: Dense, keep: ArrayLike<number>): Dense => {
  const out = dense(rows, keep.length)
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < keep.length; k++) out.data[i * keep.length + k] = data[i * columns + keep[k]!]!
  return out
}
