import { ArgumentError } from '../../core/errors.ts'
import type { Estimator } from '../core/estimator.ts'
import type { Features } from '../core/inputs.ts'
import { Random } from '../core/random.ts'
import type { Target } from '../core/targets.ts'
import { runTrials, splitsOf } from './candidates.ts'
import { type AnyEstimator, type CrossValidation, checkKeys, plainEstimator } from './cross-validate.ts'

type Shared = Pick<CrossValidation, 'cv' | 'groups' | 'sampleWeight' | 'nJobs' | 'randomState' | 'onProgress'> & {
  readonly scoring?: string
}

export interface LearningCurveOptions extends Shared {
  /** Rows to learn from: shares of those there are (up to 1) or counts; default 10 %, 32.5 %, 55 %, 77.5 % and all. */
  readonly trainSizes?: readonly number[]
  /** Whether rows are mixed before the first are taken; default true. */
  readonly shuffle?: boolean
}

/** Scores by something that was varied: a row for each value, a score for each fold. */
export interface Curve {
  readonly trainScores: readonly (readonly number[])[]
  readonly testScores: readonly (readonly number[])[]
}

const shared = ['cv', 'groups', 'sampleWeight', 'nJobs', 'randomState', 'onProgress', 'scoring']
const seeded = (randomState: number | undefined) => (randomState === undefined ? {} : { seed: randomState })
const weighted = (sampleWeight: Target | undefined) => (sampleWeight === undefined ? {} : { sampleWeight })

const curveOf = (
  results: readonly (readonly {
    readonly train: readonly number[]
    readonly test: readonly number[]
    readonly error?: string
  }[])[],
  where: string,
): Curve => {
  const failed = results.flat().find(({ error }) => error !== undefined)
  if (failed) throw new ArgumentError(`${where}: ${failed.error}`)
  return {
    trainScores: results.map(folds => folds.map(({ train }) => train[0]!)),
    testScores: results.map(folds => folds.map(({ test }) => test[0]!)),
  }
}

/**
 * Scores on training and test rows as the number of training rows grows: whether more data would help.
 *
 * @example
 * const { trainSizes, testScores } = await learningCurve(ridge(), X, y, { cv: 5 })
 */
export const learningCurve = async (
  estimator: AnyEstimator,
  X: Features,
  y: Target | undefined,
  options: LearningCurveOptions = {},
): Promise<Curve & { readonly trainSizes: readonly number[] }> => {
  checkKeys('learningCurve', options, [...shared, 'trainSizes', 'shuffle'])
  const own: Estimator = plainEstimator(estimator)
  const { cv = 5, scoring, groups, sampleWeight, nJobs = -1, randomState, onProgress, shuffle = true } = options
  const problem = { ...(await own.read(X, y, weighted(sampleWeight))), ...seeded(randomState) }
  const splits = splitsOf('learningCurve', cv, problem, { classifier: own.kind === 'classifier', groups })
  const most = Math.min(...splits.map(({ train }) => train.length))
  const trainSizes = (options.trainSizes ?? [0.1, 0.325, 0.55, 0.775, 1]).map(size => sizeOf(size, most))
  const random = new Random(randomState)
  const mixed = shuffle ? splits.map(({ train, test }) => ({ train: random.shuffle(train.slice()), test })) : splits
  const results = await runTrials(own, problem, mixed, {
    candidates: trainSizes.map(limit => ({ changes: {}, limit })),
    scoring: [scoring ?? null],
    returnTrainScore: true,
    nJobs,
    onProgress,
  })
  return { trainSizes, ...curveOf(results, 'learningCurve') }
}

const sizeOf = (size: number, most: number): number => {
  const count = size > 0 && size <= 1 ? Math.floor(size * most) : size
  if (Number.isInteger(count) && count >= 1 && count <= most) return count
  throw new ArgumentError(
    `learningCurve: trainSizes has ${size}; there are ${most} rows to learn from. Give shares above 0 up to 1, or counts from 1 to ${most}.`,
  )
}

/**
 * Scores on training and test rows as one option changes: where a model fits too little and where too much.
 *
 * @param param the option's name, in a pipeline with the step's and a dot: `polynomialFeatures.degree`
 * @example
 * const { testScores } = await validationCurve(ridge(), X, y, { param: 'alpha', values: [0.01, 0.1, 1, 10] })
 */
export const validationCurve = async (
  estimator: AnyEstimator,
  X: Features,
  y: Target | undefined,
  options: Shared & { readonly param: string; readonly values: readonly unknown[] },
): Promise<Curve & { readonly values: readonly unknown[] }> => {
  checkKeys('validationCurve', options, [...shared, 'param', 'values'])
  const own: Estimator = plainEstimator(estimator)
  const { cv = 5, scoring, groups, sampleWeight, nJobs = -1, randomState, onProgress, param, values } = options
  const problem = { ...(await own.read(X, y, weighted(sampleWeight))), ...seeded(randomState) }
  const results = await runTrials(
    own,
    problem,
    splitsOf('validationCurve', cv, problem, { classifier: own.kind === 'classifier', groups }),
    {
      candidates: values.map(value => ({ changes: { [param]: value } })),
      scoring: [scoring ?? null],
      returnTrainScore: true,
      nJobs,
      onProgress,
    },
  )
  return { values, ...curveOf(results, 'validationCurve') }
}
