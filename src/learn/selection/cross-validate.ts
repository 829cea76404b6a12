import { ArgumentError } from '../../core/errors.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import type { Estimator } from '../core/estimator.ts'
import type { Features } from '../core/inputs.ts'
import { decide } from '../core/model.ts'
import { publish } from '../core/state.ts'
import { rowCountOf, takeRows } from '../core/take-rows.ts'
import { labelsOf, type Target } from '../core/targets.ts'
import { type Folds, runTrials, splitsOf } from './candidates.ts'
import { partOf } from './fit-and-score.ts'
import type { Values } from '../../metrics/index.ts'

/** Any estimator, typed or not. */
export type AnyEstimator = Pick<Estimator, 'definition' | 'name' | 'kind'>
export const plainEstimator = (estimator: AnyEstimator): Estimator => estimator as Estimator

export interface CrossValidation {
  /** A number of folds (stratified for classifiers), or a way to split such as `kFold({ shuffle: true })`; default 5. */
  readonly cv?: Folds
  /** A measure by name, such as `f1` or `negMeanSquaredError`; default accuracy, R², or the model's own score. */
  readonly scoring?: string | readonly string[]
  /** The group of each row, for splits that keep groups together. */
  readonly groups?: Values
  readonly sampleWeight?: Target
  /** Threads; default -1, as many as there are cores. */
  readonly nJobs?: number
  readonly returnTrainScore?: boolean
  /** Seeds what the estimator draws. */
  readonly randomState?: number
  /** Called after each fit. */
  readonly onProgress?: (done: number, total: number) => void
}

export interface CrossValidated {
  /** A score for each fold; with several measures the first. */
  readonly testScore: readonly number[]
  readonly trainScore?: readonly number[]
  /** All measures by name. */
  readonly scores: Readonly<Record<string, readonly number[]>>
  /** Seconds. */
  readonly fitTime: readonly number[]
  readonly scoreTime: readonly number[]
}

const allowed = [
  'cv',
  'scoring',
  'groups',
  'sampleWeight',
  'nJobs',
  'returnTrainScore',
  'randomState',
  'onProgress',
  'method',
]
export const checkKeys = (where: string, options: object, keys: readonly string[] = allowed): void => {
  const unknown = Object.keys(options).find(key => !keys.includes(key))
  if (unknown !== undefined)
    throw new ArgumentError(`${where}: unknown option ${JSON.stringify(unknown)}. The options are ${keys.join(', ')}.`)
}

/**
 * Fits an estimator on all folds but one and judges it on that one, fold after fold, over threads.
 *
 * @throws ArgumentError when a fit fails: the first one's error
 * @example
 * const { testScore } = await crossValidate(ridge(), X, y, { cv: 5, scoring: 'negMeanSquaredError' })
 *
 * Source: Stone 1974.
 */
export const crossValidate = async (
  estimator: AnyEstimator,
  X: Features,
  y?: Target,
  options: CrossValidation = {},
): Promise<CrossValidated> => {
  checkKeys('crossValidate', options)
  const own = plainEstimator(estimator)
  const {
    cv = 5,
    scoring,
    groups,
    sampleWeight,
    nJobs = -1,
    returnTrainScore = false,
    randomState,
    onProgress,
  } = options
  const names: (string | null)[] =
    scoring === undefined ? [null] : typeof scoring === 'string' ? [scoring] : [...scoring]
  const problem = {
    ...(await own.read(X, y, sampleWeight === undefined ? {} : { sampleWeight })),
    ...(randomState === undefined ? {} : { seed: randomState }),
  }
  const splits = splitsOf('crossValidate', cv, problem, { classifier: own.kind === 'classifier', groups })
  const [results] = await runTrials(own, problem, splits, {
    candidates: [{ changes: {} }],
    scoring: names,
    returnTrainScore,
    nJobs,
    onProgress,
  })
  const failed = results!.find(({ error }) => error !== undefined)
  if (failed) throw new ArgumentError(`crossValidate: ${failed.error}`)
  return {
    testScore: results!.map(({ test }) => test[0]!),
    ...(returnTrainScore ? { trainScore: results!.map(({ train }) => train[0]!) } : {}),
    scores: Object.fromEntries(names.map((name, i) => [name ?? 'score', results!.map(({ test }) => test[i]!)])),
    fitTime: results!.map(({ fitTime }) => fitTime),
    scoreTime: results!.map(({ scoreTime }) => scoreTime),
  }
}

/** The scores of {@link crossValidate} alone, one a fold. */
export const crossValScore = async (
  estimator: AnyEstimator,
  X: Features,
  y?: Target,
  options: CrossValidation = {},
): Promise<readonly number[]> => (await crossValidate(estimator, X, y, options)).testScore

export interface CrossPrediction extends Pick<CrossValidation, 'cv' | 'groups' | 'sampleWeight' | 'randomState'> {
  /** What is asked of the models; default `predict`. */
  readonly method?: 'predict' | 'predictProba' | 'decisionFunction'
}

/**
 * For each row what the model says that was fitted without its fold: classes as given, numbers as a tensor [N] or [N, K].
 *
 * @throws ArgumentError if the folds leave rows out or hold them twice
 */
export const crossValPredict = async (
  estimator: AnyEstimator,
  X: Features,
  y?: Target,
  options: CrossPrediction = {},
): Promise<unknown> => {
  checkKeys('crossValPredict', options)
  const own = plainEstimator(estimator)
  const { cv = 5, groups, sampleWeight, method = 'predict', randomState } = options
  const problem = {
    ...(await own.read(X, y, sampleWeight === undefined ? {} : { sampleWeight })),
    ...(randomState === undefined ? {} : { seed: randomState }),
  }
  const classes = own.kind === 'classifier' && method === 'predict'
  const found = await outOfFold(
    own,
    problem,
    splitsOf('crossValPredict', cv, problem, { classifier: own.kind === 'classifier', groups }),
    method,
  )
  if (classes) return labelsOf(Int32Array.from(found.data), problem.classes)
  return publish(found.columns === 1 ? found.data : found)
}

type Problem = Awaited<ReturnType<Estimator['read']>>

/** Predictions of models for the rows they were not fitted on; classes as numbers. */
export const outOfFold = async (
  estimator: Estimator,
  problem: Problem,
  splits: readonly { readonly train: Int32Array; readonly test: Int32Array }[],
  method: string,
): Promise<Dense> => {
  const n = rowCountOf(problem.X)
  let out: Dense | undefined
  const seen = new Uint8Array(n)
  for (const { train, test } of splits) {
    const fit = await estimator.fitProblem(partOf(problem, train))
    const rows = takeRows(problem.X, test)
    const verb = fit.definition.methods[method]
    if (!verb && method !== 'predict') throw new ArgumentError(`crossValPredict: ${estimator.name} has no ${method}.`)
    const raw =
      method === 'predict' && fit.definition.kind === 'classifier'
        ? Float64Array.from(await decide(fit, rows))
        : await verb!(fit, rows)
    const part =
      raw instanceof Float64Array
        ? { rows: raw.length, columns: 1, data: raw }
        : raw instanceof Int32Array
          ? { rows: raw.length, columns: 1, data: Float64Array.from(raw) }
          : (raw as Dense)
    out ??= dense(n, part.columns)
    for (const [i, row] of test.entries()) {
      if (seen[row])
        throw new ArgumentError(
          `crossValPredict: row ${row} is tested twice. The folds must hold each row once, as kFold's do.`,
        )
      seen[row] = 1
      out.data.set(part.data.subarray(i * part.columns, (i + 1) * part.columns), row * part.columns)
    }
  }
  const missed = seen.indexOf(0)
  if (missed >= 0)
    throw new ArgumentError(
      `crossValPredict: row ${missed} is in no fold. The folds must hold each row once, as kFold's do.`,
    )
  return out!
}
