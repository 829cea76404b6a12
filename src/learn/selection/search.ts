import { ArgumentError } from '../../core/errors.ts'
import {
  aFlag,
  anInteger,
  aWord,
  defineOptions,
  either,
  integer,
  type Meaning,
  nothing,
  number,
  type Options,
} from '../../core/options.ts'
import type { Typed } from '../core/define.ts'
import type { Definition, Fit, Method, Problem } from '../core/definition.ts'
import { type AnyProblem, anEstimator, Estimator, register } from '../core/estimator.ts'
import { decide } from '../core/model.ts'
import { Random } from '../core/random.ts'
import { nJobs, randomState } from '../core/rules.ts'
import type { Splitter } from '../split/split.ts'
import { type Candidate, type Folds, runTrials, splitsOf } from './candidates.ts'
import type { FitResult } from './fit-and-score.ts'
import {
  aGrid,
  type Changes,
  type Distributions,
  distributions,
  fromUnit,
  type Grid,
  parameterGrid,
  requireParameters,
  sampleParameters,
} from './parameters.ts'
import { scorers } from './scorers.ts'
import { mostPromising } from './surrogate.ts'

const aSplitter: Meaning<Splitter> = {
  kind: 'value',
  expected: 'a way to split, such as kFold()',
  accepts: (value): value is Splitter =>
    typeof value === 'object' && value !== null && typeof (value as { split?: unknown }).split === 'function',
  fromText: word => word,
  placeholder: 'N',
}
const progress: Meaning<(done: number, total: number) => void> = {
  kind: 'value',
  expected: 'a function of the fits that are done and of all',
  accepts: (value): value is (done: number, total: number) => void => typeof value === 'function',
  fromText: word => word,
  placeholder: 'FUNCTION',
}

const shared = {
  estimator: either([anEstimator()], { required: true, help: 'what is fitted' }),
  scoring: either([nothing, aWord(Object.keys(scorers))], {
    default: null,
    help: 'a measure by name, such as f1 or negMeanSquaredError; null: accuracy, R², or the own score',
  }),
  cv: either([anInteger({ min: 2 }), aSplitter], {
    default: 5,
    help: 'folds, stratified for classifiers; or a way to split',
  }),
  refit: either([aFlag], { default: true, help: 'whether the best is fitted on all rows in the end' }),
  returnTrainScore: either([aFlag], { default: false, help: 'whether training scores are kept too' }),
  nJobs,
  randomState,
  onProgress: either([nothing, progress], { default: null, help: 'called after each fit' }),
} as const

interface Settings {
  readonly estimator: Estimator
  readonly scoring: string | null
  readonly cv: Folds
  readonly refit: boolean
  readonly returnTrainScore: boolean
  readonly nJobs: number
  readonly onProgress: ((done: number, total: number) => void) | null
}

/** What was tried, in order, and how it did. */
export interface SearchResults {
  readonly params: readonly Changes[]
  readonly meanTestScore: readonly number[]
  readonly stdTestScore: readonly number[]
  /** 1 is the best; equal ones share a rank. */
  readonly rankTestScore: readonly number[]
  /** A row for each candidate, a score for each fold. */
  readonly splitTestScores: readonly (readonly number[])[]
  readonly meanTrainScore?: readonly number[]
  /** Seconds. */
  readonly meanFitTime: readonly number[]
  /** Rows learned from, where that was limited. */
  readonly resources?: readonly number[]
  /** What fits threw. */
  readonly errors: readonly string[]
}

interface SearchState {
  readonly bestParams: Changes
  readonly bestScore: number
  readonly bestIndex: number
  readonly nSplits: number
  readonly cvResults: SearchResults
  readonly bestEstimator?: Fit
}

interface Tried {
  readonly changes: Changes
  readonly results: readonly FitResult[]
  readonly resources?: number
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const deviation = (values: readonly number[]): number => {
  const middle = mean(values)
  return Math.sqrt(mean(values.map(value => (value - middle) ** 2)))
}

const summary = (tried: readonly Tried[], withTrain: boolean): SearchResults => {
  const scores = tried.map(({ results }) => results.map(({ test }) => test[0]!))
  const means = scores.map(mean)
  const rank = means.map(value =>
    Number.isNaN(value) ? means.length : 1 + means.filter(other => other > value).length,
  )
  return {
    params: tried.map(({ changes }) => changes),
    meanTestScore: means,
    stdTestScore: scores.map(deviation),
    rankTestScore: rank,
    splitTestScores: scores,
    ...(withTrain ? { meanTrainScore: tried.map(({ results }) => mean(results.map(({ train }) => train[0]!))) } : {}),
    meanFitTime: tried.map(({ results }) => mean(results.map(({ fitTime }) => fitTime))),
    ...(tried.some(({ resources }) => resources !== undefined)
      ? { resources: tried.map(({ resources }) => resources ?? 0) }
      : {}),
    errors: [
      ...new Set(tried.flatMap(({ results }) => results.flatMap(({ error }) => (error === undefined ? [] : [error])))),
    ],
  }
}

/** Fits and judges candidates on the same splits, as often as a search asks. */
type Judge = (candidates: readonly Candidate[]) => Promise<readonly (readonly FitResult[])[]>
type Strategy<S> = (
  judge: Judge,
  settings: S,
  context: { readonly random: Random; readonly rows: number },
) => Promise<readonly Tried[]>

const searchDefinition = <S extends Settings>(
  about: Pick<Definition, 'name' | 'summary' | 'source'>,
  options: Options,
  strategy: Strategy<S>,
  estimator: Estimator,
): Definition => {
  const inner = estimator.definition
  const methods: Record<string, Method> = {}
  const best = (fit: Fit<SearchState>): Fit => {
    if (!fit.state.bestEstimator)
      throw new ArgumentError(
        `${about.name}: the best was not fitted again, as refit is false. Fit it by its bestParams, or set refit.`,
      )
    return fit.state.bestEstimator
  }
  for (const name of Object.keys(inner.methods))
    methods[name] = (fit: Fit<SearchState>, X: unknown, ...rest: unknown[]) =>
      inner.methods[name]!(best(fit), X, ...rest)
  if (inner.kind === 'classifier') methods.decide = (fit: Fit<SearchState>, X: unknown) => decide(best(fit), X)
  return {
    ...about,
    kind: inner.kind,
    options,
    input: inner.input,
    target: inner.target,
    missing: inner.missing,
    sampleWeight: inner.sampleWeight,
    minRows: 2,
    fit: async (problem: Problem & AnyProblem, settings: S): Promise<SearchState> => {
      const { scoring, cv, refit, returnTrainScore, nJobs, onProgress } = settings
      const splits = splitsOf(`${about.name}.fit`, cv, problem, { classifier: inner.kind === 'classifier' })
      const seed = problem.random.seed()
      // Of rows that are limited the first are taken: they must be in no order.
      const mixed = splits.map(({ train, test }) => ({ train: new Random(seed).shuffle(train.slice()), test }))
      const judge: Judge = candidates =>
        runTrials(
          estimator,
          { ...problem, seed },
          candidates.some(({ limit }) => limit !== undefined) ? mixed : splits,
          {
            candidates,
            scoring: [scoring],
            returnTrainScore,
            nJobs,
            onProgress: onProgress ?? undefined,
          },
        )
      const tried = await strategy(judge, settings, { random: problem.random, rows: splits[0]!.train.length })
      const cvResults = summary(tried, returnTrainScore)
      // With growing resources only the last round is comparable with itself.
      const most = Math.max(...tried.map(({ resources }) => resources ?? 0))
      let bestIndex = -1
      for (const [i, score] of cvResults.meanTestScore.entries()) {
        if (Number.isNaN(score) || (tried[i]!.resources ?? 0) < most) continue
        if (bestIndex < 0 || score > cvResults.meanTestScore[bestIndex]!) bestIndex = i
      }
      if (bestIndex < 0)
        throw new ArgumentError(
          `${about.name}.fit: no candidate could be fitted. The first error: ${cvResults.errors[0] ?? 'scores are NaN'}`,
        )
      const bestParams = tried[bestIndex]!.changes
      return {
        bestParams,
        bestScore: cvResults.meanTestScore[bestIndex]!,
        bestIndex,
        nSplits: splits.length,
        cvResults,
        ...(refit ? { bestEstimator: await estimator.with(bestParams).fitProblem({ ...problem, seed }) } : {}),
      }
    },
    methods,
    functions: {},
  }
}

/** Declares a search: its options besides the shared ones, and what it tries. */
const defineSearch = <S extends Settings>(
  about: Pick<Definition, 'name' | 'summary' | 'source'>,
  options: Options,
  strategy: Strategy<S>,
): ((given: unknown) => Estimator) => {
  const create = (given: unknown): Estimator => {
    const settings = options.validate(about.name, given) as unknown as S
    return new Estimator(searchDefinition(about, options, strategy, settings.estimator), settings)
  }
  register(about.name, create, { ...about, options })
  return create
}

const judged = async (judge: Judge, changes: readonly Changes[]): Promise<Tried[]> => {
  const results = await judge(changes.map(one => ({ changes: one })))
  return changes.map((one, i) => ({ changes: one, results: results[i]! }))
}

type Searched<E> = E extends {
  readonly '~types': { readonly kind: infer K; readonly methods: infer M; readonly target: infer T }
}
  ? Typed<K & Definition['kind'], Options, T & Definition['target'], SearchState, M, unknown>
  : Estimator
interface SearchOptions {
  readonly scoring?: string | null
  readonly cv?: Folds
  readonly refit?: boolean
  readonly returnTrainScore?: boolean
  readonly nJobs?: number
  readonly randomState?: number
  readonly onProgress?: ((done: number, total: number) => void) | null
}

const createGrid = defineSearch<Settings & { readonly paramGrid: Grid }>(
  {
    name: 'gridSearchCV',
    summary: 'Tries every combination of given options by cross-validation and fits the best again.',
    source: 'scikit-learn 1.9, sklearn.model_selection',
  },
  defineOptions({
    ...shared,
    paramGrid: either([aGrid], {
      required: true,
      help: 'values to try for each option; options of a step are named with a dot',
    }),
  }),
  (judge, { paramGrid }) => {
    const found = parameterGrid(paramGrid)
    requireParameters('gridSearchCV', found)
    return judged(judge, found)
  },
)

/**
 * Tries every combination of options by cross-validation, over threads, and fits the best on all rows.
 *
 * The model predicts with the best, and has `bestParams`, `bestScore`, `bestEstimator` and `cvResults`.
 *
 * @param paramGrid values for each option, `{ alpha: [0.1, 1, 10] }`; options of a pipeline's step are named with a dot, `{ 'svc.C': [1, 10] }`
 * @example
 * const search = await gridSearchCV(ridge(), { alpha: [0.1, 1, 10] }, { cv: 5 }).fit(X, y)
 * search.bestParams // { alpha: 1 }
 */
export const gridSearchCV = <const E>(estimator: E, paramGrid: Grid, options: SearchOptions = {}): Searched<E> =>
  createGrid({ ...options, estimator, paramGrid }) as unknown as Searched<E>

const nIter = integer({ min: 1, default: 10, help: 'candidates' })

const createRandom = defineSearch<Settings & { readonly paramDistributions: Distributions; readonly nIter: number }>(
  {
    name: 'randomizedSearchCV',
    summary: 'Tries options drawn at random by cross-validation and fits the best again.',
    source: 'Bergstra & Bengio 2012',
  },
  defineOptions({
    ...shared,
    paramDistributions: either([distributions], { required: true, help: 'what to draw each option from' }),
    nIter,
  }),
  (judge, { paramDistributions, nIter }, { random }) => {
    const found = sampleParameters(paramDistributions, nIter, random)
    requireParameters('randomizedSearchCV', found)
    return judged(judge, found)
  },
)

/**
 * Tries options drawn at random: with few that matter among many, sooner good than a grid.
 *
 * @param paramDistributions a list of values, or `{ low, high, log?, integer? }`, for each option
 * @example
 * const search = await randomizedSearchCV(svc(), { C: { low: 0.1, high: 100, log: true } }, { nIter: 20, randomState: 0 }).fit(X, y)
 *
 * Source: Bergstra & Bengio 2012.
 */
export const randomizedSearchCV = <const E>(
  estimator: E,
  paramDistributions: Distributions,
  options: SearchOptions & { readonly nIter?: number } = {},
): Searched<E> => createRandom({ ...options, estimator, paramDistributions }) as unknown as Searched<E>

interface Halving {
  readonly factor: number
  readonly minResources: number | 'auto'
}
const halving = {
  factor: number({
    above: 1,
    default: 3,
    help: 'a share 1 / factor of the candidates goes on, with factor times the rows',
  }),
  minResources: either([anInteger({ min: 1 }), aWord(['auto'])], {
    default: 'auto',
    help: 'rows of the first round; auto: so many that the last round has all',
  }),
} as const

/** Many candidates on few rows, the best of them on more, until all rows are used. */
const halve = async (
  judge: Judge,
  found: readonly Changes[],
  { factor, minResources }: Halving,
  rows: number,
): Promise<readonly Tried[]> => {
  const rounds = 1 + Math.floor(Math.log(found.length) / Math.log(factor) + 1e-9)
  let resources =
    minResources === 'auto' ? Math.max(2, Math.floor(rows / factor ** (rounds - 1))) : Math.min(rows, minResources)
  let left = found
  const all: Tried[] = []
  for (;;) {
    const results = await judge(left.map(changes => ({ changes, limit: resources })))
    const tried = left.map((changes, i) => ({ changes, results: results[i]!, resources }))
    all.push(...tried)
    if (left.length === 1 || resources >= rows) return all
    const scores = tried.map(({ results }) => mean(results.map(({ test }) => test[0]!)))
    const order = scores
      .map((score, i) => [Number.isNaN(score) ? -Infinity : score, i] as const)
      .sort((a, b) => b[0] - a[0])
    left = order.slice(0, Math.max(1, Math.ceil(left.length / factor))).map(([, i]) => left[i]!)
    resources = Math.min(rows, Math.floor(resources * factor))
  }
}

const createHalvingGrid = defineSearch<Settings & Halving & { readonly paramGrid: Grid }>(
  {
    name: 'halvingGridSearchCV',
    summary: 'Every combination on few rows, the best third on three times as many, and so on.',
    source: 'Jamieson & Talwalkar 2016',
  },
  defineOptions({
    ...shared,
    ...halving,
    paramGrid: either([aGrid], { required: true, help: 'values to try for each option' }),
  }),
  (judge, settings, { rows }) => {
    const found = parameterGrid(settings.paramGrid)
    requireParameters('halvingGridSearchCV', found)
    return halve(judge, found, settings, rows)
  },
)

/**
 * Every combination of options on few rows; the best third goes on with three times the rows, until one or all rows are left.
 *
 * @example await halvingGridSearchCV(svc(), { C: [0.1, 1, 10], gamma: [0.01, 0.1, 1] }, { factor: 3 }).fit(X, y)
 *
 * Source: Jamieson & Talwalkar 2016.
 */
export const halvingGridSearchCV = <const E>(
  estimator: E,
  paramGrid: Grid,
  options: SearchOptions & Partial<Halving> = {},
): Searched<E> => createHalvingGrid({ ...options, estimator, paramGrid }) as unknown as Searched<E>

const createHalvingRandom = defineSearch<
  Settings & Halving & { readonly paramDistributions: Distributions; readonly nCandidates: number }
>(
  {
    name: 'halvingRandomSearchCV',
    summary: 'Random options on few rows, the best third on three times as many, and so on.',
    source: 'Jamieson & Talwalkar 2016; Li et al. 2018',
  },
  defineOptions({
    ...shared,
    ...halving,
    paramDistributions: either([distributions], { required: true, help: 'what to draw each option from' }),
    nCandidates: integer({ min: 1, default: 27, help: 'candidates of the first round' }),
  }),
  (judge, settings, { random, rows }) => {
    const found = sampleParameters(settings.paramDistributions, settings.nCandidates, random)
    requireParameters('halvingRandomSearchCV', found)
    return halve(judge, found, settings, rows)
  },
)

/** {@link halvingGridSearchCV} on options drawn at random, `nCandidates` of them. Source: Li et al. 2018. */
export const halvingRandomSearchCV = <const E>(
  estimator: E,
  paramDistributions: Distributions,
  options: SearchOptions & Partial<Halving> & { readonly nCandidates?: number } = {},
): Searched<E> => createHalvingRandom({ ...options, estimator, paramDistributions }) as unknown as Searched<E>

const createBayes = defineSearch<
  Settings & { readonly searchSpaces: Distributions; readonly nIter: number; readonly nInitialPoints: number }
>(
  {
    name: 'bayesSearchCV',
    summary: 'Each trial where a Gaussian process over those before expects the largest improvement.',
    source: 'Jones, Schonlau & Welch 1998; Snoek, Larochelle & Adams 2012',
  },
  defineOptions({
    ...shared,
    searchSpaces: either([distributions], {
      required: true,
      help: 'a list of values or { low, high, log?, integer? } for each option',
    }),
    nIter: integer({ min: 1, default: 30, help: 'trials' }),
    nInitialPoints: integer({ min: 1, default: 8, help: 'trials at random before the first that is chosen' }),
  }),
  async (judge, { searchSpaces, nIter, nInitialPoints }, { random }) => {
    const size = Object.keys(searchSpaces).length
    if (size === 0) requireParameters('bayesSearchCV', [])
    const points: Float64Array[] = Array.from({ length: Math.min(nIter, nInitialPoints) }, () =>
      Float64Array.from({ length: size }, () => random.uniform()),
    )
    const tried = await judged(
      judge,
      points.map(point => fromUnit(searchSpaces, point)),
    )
    while (tried.length < nIter) {
      const scores = tried.map(({ results }) => mean(results.map(({ test }) => test[0]!)))
      const next = mostPromising(points, scores, random)
      points.push(next)
      tried.push(...(await judged(judge, [fromUnit(searchSpaces, next)])))
    }
    return tried
  },
)

/**
 * Bayesian search: each trial where a Gaussian process over those before expects the largest improvement. For estimators that take long.
 *
 * @example
 * await bayesSearchCV(svc(), { C: { low: 0.1, high: 1000, log: true }, gamma: { low: 1e-4, high: 1, log: true } }, { nIter: 25 }).fit(X, y)
 *
 * Source: Jones, Schonlau & Welch 1998; Snoek, Larochelle & Adams 2012.
 */
export const bayesSearchCV = <const E>(
  estimator: E,
  searchSpaces: Distributions,
  options: SearchOptions & { readonly nIter?: number; readonly nInitialPoints?: number } = {},
): Searched<E> => createBayes({ ...options, estimator, searchSpaces }) as unknown as Searched<E>
