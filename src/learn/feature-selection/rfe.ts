import { ArgumentError } from '../../core/errors.ts'
import { aNumber, anInteger, aWord, defineOptions, either, integer, type Meaning, nothing } from '../../core/options.ts'
import { innerEstimator, innerProblem, plain } from '../compose/inner.ts'
import { defineTransformer } from '../core/define.ts'
import type { Fit, Problem } from '../core/definition.ts'
import type { AnyProblem, Estimator } from '../core/estimator.ts'
import { randomState } from '../core/rules.ts'
import type { Rows } from '../core/sparse.ts'
import { splitsOf } from '../selection/candidates.ts'
import { partOf } from '../selection/fit-and-score.ts'
import { type Scorer, scorerOf, scorers } from '../selection/scorers.ts'
import type { Splitter } from '../split/split.ts'
import { positions, selectedNames, selects, takeColumns } from './columns.ts'
import { importancesOf } from './importances.ts'

const aShareOrCount: Meaning<number> = {
  ...aNumber({ above: 0 }),
  expected: 'an integer of at least 1, or a share between 0 and 1',
  accepts: (value): value is number =>
    typeof value === 'number' && value > 0 && (value < 1 || Number.isSafeInteger(value)),
}
export const aSplitter: Meaning<Splitter> = {
  kind: 'value',
  expected: 'a way to split, such as kFold()',
  accepts: (value): value is Splitter =>
    typeof value === 'object' && value !== null && typeof (value as { split?: unknown }).split === 'function',
  fromText: word => word,
  placeholder: 'N',
}
/** Options of what judges columns by folds. */
export const judged = {
  scoring: either([nothing, aWord(Object.keys(scorers))], {
    default: null,
    help: 'a measure by name; null: accuracy or R²',
  }),
  cv: either([anInteger({ min: 2 }), aSplitter], {
    default: 5,
    help: 'folds, stratified for classifiers; or a way to split',
  }),
}
export const learner = either([innerEstimator('classifier', 'regressor')], {
  required: true,
  help: 'a model with coef or featureImportances',
})
export { aShareOrCount }

const shared = {
  estimator: learner,
  step: either([aShareOrCount], {
    default: 1,
    help: 'how many columns go at a time; below 1 a share of all columns',
  }),
}

/** How many columns a count or share of them is. */
export const countOf = (wanted: number, columns: number): number =>
  wanted < 1 ? Math.max(1, Math.trunc(wanted * columns)) : wanted

interface Elimination {
  readonly support: readonly boolean[]
  /** 1 for columns that stay; the higher, the sooner a column went. */
  readonly ranking: Int32Array
  readonly fit: Fit
}
type Judge = (fit: Fit, columns: Int32Array) => Promise<void>

/** Leaves out the columns of least importance, fits again, and so on. */
const eliminate = async (
  where: string,
  estimator: Estimator,
  problem: AnyProblem,
  { keep, step, judge }: { readonly keep: number; readonly step: number; readonly judge?: Judge },
): Promise<Elimination> => {
  const X = problem.X as Rows
  const support = new Array<boolean>(X.columns).fill(true)
  const ranking = new Int32Array(X.columns).fill(1)
  const atOnce = countOf(step, X.columns)
  const fitOn = (columns: Int32Array): Promise<Fit> => estimator.fitProblem({ ...problem, X: takeColumns(X, columns) })
  for (;;) {
    const columns = positions(support)
    const fit = await fitOn(columns)
    await judge?.(fit, columns)
    if (columns.length <= keep) return { support, ranking, fit }
    const importances = importancesOf(where, fit, 2)
    const order = Array.from(columns.keys()).sort((a, b) => importances[a]! - importances[b]! || a - b)
    for (const k of order.slice(0, Math.min(atOnce, columns.length - keep))) support[columns[k]!] = false
    for (let j = 0; j < X.columns; j++) if (!support[j]) ranking[j]!++
  }
}

const learnFrom = (where: string, estimator: Estimator, problem: Problem<'sparse', 'any'>): AnyProblem => {
  const { X, y, classes, sampleWeight, random } = problem
  return innerProblem(where, estimator, { X, y, classes, sampleWeight, seed: random.seed() })
}

/**
 * Recursive feature elimination: a model is fitted, the columns of which it makes least are left out, and so on until `nFeaturesToSelect` are left.
 *
 * The model has `support` (whether each column is kept), `ranking` [F] (1: kept; the higher, the sooner it went), `nFeatures` and `fittedEstimator`
 * (on what is kept).
 *
 * @throws ArgumentError where the estimator tells no importance, or does not suit the targets
 * @example
 * const model = await rfe({ estimator: linearRegression(), nFeaturesToSelect: 2 }).fit(X, y)
 *
 * Source: Guyon, Weston, Barnhill & Vapnik 2002.
 */
export const rfe = defineTransformer({
  name: 'rfe',
  summary: 'Recursive feature elimination: a model is fitted, the least important columns are left out, and so on.',
  source: 'Guyon, Weston, Barnhill & Vapnik 2002',
  input: 'sparse',
  target: 'any',
  sampleWeight: true,
  options: defineOptions({
    ...shared,
    nFeaturesToSelect: either([nothing, aShareOrCount], {
      default: null,
      help: 'how many columns stay; below 1 a share of them; null: half',
    }),
    randomState,
  }),
  fit: async (problem, { estimator, nFeaturesToSelect, step }) => {
    const own = plain(estimator)
    const { columns } = problem.X
    const keep = nFeaturesToSelect === null ? Math.max(1, columns >> 1) : countOf(nFeaturesToSelect, columns)
    if (keep > columns) {
      throw new ArgumentError(`rfe.fit: nFeaturesToSelect is ${keep}, and X has ${columns} columns. Ask for fewer.`)
    }
    const found = await eliminate('rfe.fit', own, learnFrom('rfe.fit', own, problem), { keep, step })
    const { support, ranking, fit } = found
    return { support, ranking, nFeatures: positions(support).length, fittedEstimator: fit }
  },
  methods: selects,
  functions: selectedNames,
})

/**
 * {@link rfe} to the number of columns that does best over folds; of equally good ones the least.
 *
 * The model has also `cvResults`: `nFeatures`, `meanTestScore` and `stdTestScore` for each number of columns tried, ascending.
 *
 * @throws ArgumentError where the estimator tells no importance, or does not suit the targets
 * @example
 * const model = await rfecv({ estimator: linearRegression(), cv: 3 }).fit(X, y)
 * model.nFeatures
 *
 * Source: Guyon, Weston, Barnhill & Vapnik 2002.
 */
export const rfecv = defineTransformer({
  name: 'rfecv',
  summary: 'Recursive feature elimination to the number of columns that does best over folds.',
  source: 'Guyon, Weston, Barnhill & Vapnik 2002',
  input: 'sparse',
  target: 'any',
  sampleWeight: true,
  minRows: 2,
  options: defineOptions({
    ...shared,
    ...judged,
    minFeaturesToSelect: integer({ min: 1, default: 1, help: 'the fewest columns that stay' }),
    randomState,
  }),
  fit: async (problem, { estimator, step, cv, scoring, minFeaturesToSelect }) => {
    const where = 'rfecv.fit'
    const own = plain(estimator)
    const { columns } = problem.X
    if (minFeaturesToSelect > columns) {
      throw new ArgumentError(
        `${where}: minFeaturesToSelect is ${minFeaturesToSelect}, and X has ${columns} columns. Ask for fewer.`,
      )
    }
    const all = learnFrom(where, own, problem)
    const scorer = scorerOf(scoring)
    const byCount = new Map<number, number[]>()
    for (const { train, test } of splitsOf(where, cv, all, { classifier: own.kind === 'classifier' })) {
      const judge = judgeOn(partOf(all, test), scorer, byCount)
      await eliminate(where, own, partOf(all, train), { keep: minFeaturesToSelect, step, judge })
    }
    const counts = [...byCount.keys()].sort((a, b) => a - b)
    const scores = counts.map(count => byCount.get(count)!)
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
    const means = scores.map(mean)
    const keep = counts[means.indexOf(Math.max(...means))]!
    const { support, ranking, fit } = await eliminate(where, own, all, { keep, step })
    return {
      support,
      ranking,
      nFeatures: keep,
      fittedEstimator: fit,
      cvResults: {
        nFeatures: counts,
        meanTestScore: means,
        stdTestScore: scores.map((values, i) => Math.sqrt(mean(values.map(x => (x - means[i]!) ** 2)))),
      },
    }
  },
  methods: selects,
  functions: selectedNames,
})

const judgeOn =
  (test: AnyProblem, scorer: Scorer, byCount: Map<number, number[]>): Judge =>
  async (fit, columns) => {
    const score = await scorer(fit, takeColumns(test.X as Rows, columns), test.y, test.sampleWeight)
    byCount.set(columns.length, [...(byCount.get(columns.length) ?? []), score])
  }
