import { ArgumentError } from '../../core/errors.ts'
import { integer } from '../../core/options.ts'
import { kFold, stratifiedKFold } from '../split/k-fold.ts'
import type { Split, SplitData, Splitter } from '../split/split.ts'
import type { AnyProblem, Estimator } from '../core/estimator.ts'
import { Random } from '../core/random.ts'
import { encode } from '../core/state.ts'
import { rowCountOf } from '../core/take-rows.ts'
import { toWire } from '../core/wire.ts'
import { runTasks } from '../threads/pool.ts'
import { type FitJob, type FitResult, fitAndScore, type SharedFits } from './fit-and-score.ts'
import { scorerOf } from './scorers.ts'

/** A number of folds, or a way to split. */
export type Folds = number | Splitter

const count = integer({ min: 2, required: true, help: 'folds' })

/** The splits: for a number of folds stratified by class for classifiers, else in the order of the rows, as scikit-learn has it. */
export const splitsOf = (
  where: string,
  cv: Folds,
  problem: AnyProblem,
  { classifier, groups }: { readonly classifier: boolean; readonly groups?: SplitData['groups'] },
): Split[] => {
  if (typeof cv === 'number' && !count.accepts(cv))
    throw new ArgumentError(`${where}: cv must be ${count.expected} or a way to split, such as kFold(); got ${cv}.`)
  const splitter =
    typeof cv === 'number' ? (classifier ? stratifiedKFold({ nSplits: cv }) : kFold({ nSplits: cv })) : cv
  const y = problem.y instanceof Int32Array || problem.y instanceof Float64Array ? { y: problem.y } : {}
  return [...splitter.split(rowCountOf(problem.X), { ...y, ...(groups === undefined ? {} : { groups }) })]
}

export interface Candidate {
  /** Options changed, as `Estimator.with` takes them. */
  readonly changes: Readonly<Record<string, unknown>>
  /** Learn from this many rows at most. */
  readonly limit?: number
}

export interface Trials {
  readonly scoring: readonly (string | null)[]
  readonly returnTrainScore: boolean
  readonly nJobs: number
  /** Called when a fit is done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

const hasFunction = (value: unknown): boolean => {
  if (typeof value === 'function') return true
  return typeof value === 'object' && value !== null && Object.values(value).some(hasFunction)
}

/** Fits every candidate on every split, over threads: the results candidate by candidate. Seeds follow from the problem's alone. */
export const runTrials = async (
  estimator: Estimator,
  problem: AnyProblem,
  splits: readonly Split[],
  { candidates, scoring, returnTrainScore, nJobs, onProgress }: Trials & { readonly candidates: readonly Candidate[] },
): Promise<FitResult[][]> => {
  const random = new Random(problem.seed)
  // Splits of one candidate meet the same seeds as those of another: differences are theirs alone.
  const seeds = splits.map(() => random.seed())
  const total = candidates.length * splits.length
  const scorers = scoring.map(scorerOf)
  const results: FitResult[] = []
  if (
    nJobs === 1 ||
    total === 1 ||
    hasFunction(estimator.options) ||
    candidates.some(({ changes }) => hasFunction(changes))
  ) {
    for (const { changes, limit } of candidates) {
      const changed = estimator.with(changes)
      for (const [i, split] of splits.entries()) {
        const job = { ...split, seed: seeds[i]!, ...(limit === undefined ? {} : { limit }) }
        results.push(await fitAndScore(changed, problem, { ...job, scoring: scorers, returnTrainScore }))
        onProgress?.(results.length, total)
      }
    }
  } else {
    const shared: SharedFits = {
      estimator: estimator.toJSON(),
      X: toWire(problem.X),
      y: problem.y,
      classes: problem.classes,
      single: problem.single ?? false,
      sampleWeight: problem.sampleWeight,
      truth: problem.truth,
      featureNames: problem.featureNames,
      scoring,
      returnTrainScore,
    }
    for (const { changes } of candidates) estimator.with(changes)
    const jobs: FitJob[] = candidates.flatMap(({ changes, limit }) =>
      splits.map((split, i) => ({
        changes: encode(changes, 'options'),
        ...split,
        seed: seeds[i]!,
        ...(limit === undefined ? {} : { limit }),
      })),
    )
    results.push(
      ...(await runTasks<FitResult>('fitAndScore', jobs, {
        shared,
        nJobs,
        ...(onProgress ? { onDone: onProgress } : {}),
      })),
    )
  }
  return candidates.map((_, c) => results.slice(c * splits.length, (c + 1) * splits.length))
}
