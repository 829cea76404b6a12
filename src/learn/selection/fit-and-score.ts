import { GradusError } from '../../core/errors.ts'
import type { Labels, TargetName, Targets } from '../core/definition.ts'
import { type AnyProblem, type Estimator, recreate } from '../core/estimator.ts'
import { decode } from '../core/state.ts'
import { takeRows, takeTarget } from '../core/take-rows.ts'
import { fromWire, type Wire } from '../core/wire.ts'
import { type Scorer, scorerOf } from './scorers.ts'

/** What all fits of one search have in common, in a form that threads can be sent. */
export interface SharedFits {
  /** `{ estimator, options }` as `toJSON` writes it. */
  readonly estimator: unknown
  readonly X: Wire
  readonly y: Targets[TargetName]
  readonly classes: Labels
  readonly single: boolean
  readonly sampleWeight: Float64Array | undefined
  readonly truth: Int32Array | undefined
  readonly featureNames: readonly string[] | undefined
  /** Names of measures; null is the model's own. */
  readonly scoring: readonly (string | null)[]
  readonly returnTrainScore: boolean
}

export interface FitJob {
  /** Changed options, encoded. */
  readonly changes: unknown
  readonly train: Int32Array
  readonly test: Int32Array
  readonly seed: number
  /** Of the rows to learn from only so many. */
  readonly limit?: number
}

export interface FitResult {
  readonly test: readonly number[]
  readonly train: readonly number[]
  /** Seconds. */
  readonly fitTime: number
  readonly scoreTime: number
  /** What the fit threw; its scores are NaN. */
  readonly error?: string
}

/** Rows of a problem by their positions. */
export const partOf = (problem: AnyProblem, rows: Int32Array): AnyProblem => ({
  ...problem,
  X: takeRows(problem.X, rows),
  y: takeTarget(problem.y, rows),
  sampleWeight: takeTarget(problem.sampleWeight, rows),
  truth: takeTarget(problem.truth, rows),
})

/** Fits on some rows and judges on others. */
export const fitAndScore = async (
  estimator: Estimator,
  problem: AnyProblem,
  {
    train,
    test,
    seed,
    limit,
    scoring,
    returnTrainScore,
  }: Pick<FitJob, 'train' | 'test' | 'seed' | 'limit'> & {
    readonly scoring: readonly Scorer[]
    readonly returnTrainScore: boolean
  },
): Promise<FitResult> => {
  const learn = partOf({ ...problem, seed }, limit === undefined ? train : train.subarray(0, limit))
  const judge = partOf(problem, test)
  const started = performance.now()
  try {
    const fit = await estimator.fitProblem(learn)
    const fitted = performance.now()
    const scores = async ({ X, y, truth, sampleWeight }: AnyProblem): Promise<number[]> => {
      const found: number[] = []
      for (const score of scoring) found.push(await score(fit, X, y ?? truth, sampleWeight))
      return found
    }
    const onTest = await scores(judge)
    const onTrain = returnTrainScore ? await scores(learn) : []
    return {
      test: onTest,
      train: onTrain,
      fitTime: (fitted - started) / 1e3,
      scoreTime: (performance.now() - fitted) / 1e3,
    }
  } catch (error) {
    // A wrong option of one candidate must not end a search; what is no error of ours must.
    if (!(error instanceof GradusError)) throw error
    const none = scoring.map(() => Number.NaN)
    return {
      test: none,
      train: returnTrainScore ? none : [],
      fitTime: (performance.now() - started) / 1e3,
      scoreTime: 0,
      error: error.message,
    }
  }
}

/** The task of a thread. */
export const run = async (shared: SharedFits, job: FitJob): Promise<FitResult> => {
  // Every estimator must be known here, whatever the search holds.
  await import('../index.ts')
  const { estimator: name, options } = shared.estimator as { readonly estimator: string; readonly options: unknown }
  const estimator = recreate(name, decode(options)).with(decode(job.changes) as Record<string, unknown>)
  const { X, y, classes, single, sampleWeight, truth, featureNames } = shared
  const problem = { X: fromWire(X), y, classes, single, sampleWeight, truth, featureNames }
  const scoring = shared.scoring.map(scorerOf)
  return fitAndScore(estimator, problem, { ...job, scoring, returnTrainScore: shared.returnTrainScore })
}
