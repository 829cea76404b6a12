import { ArgumentError } from '../../core/errors.ts'
import { aNumber, anInteger, aWord, defineOptions, either, number } from '../../core/options.ts'
import { defineTransformer } from '../core/define.ts'
import type { Problem } from '../core/definition.ts'
import { aFunction, randomState } from '../core/rules.ts'
import type { Rows } from '../core/sparse.ts'
import { selectedNames, selects } from './columns.ts'
import { asNumbers, type MeasureName, measureNames, measures, measuresNumbers } from './score-functions.ts'
import type { ColumnScores } from './scores.ts'

/** A measure of the user's own: rows, and targets as numbers (class numbers from 0 for classes). */
export type ScoreFunction = (
  X: Rows,
  y: Float64Array,
) => { readonly scores: ArrayLike<number>; readonly pvalues?: ArrayLike<number> | null }

const scoreFunc = either([aWord(measureNames), aFunction<ScoreFunction>('a function of rows and targets')], {
  default: 'fClassif',
  help: 'what measures a column: fClassif, chi2, mutualInfoClassif for classes; fRegression, rRegression, mutualInfoRegression for numbers',
})

const scored = (
  name: string,
  { X, y, classes, random }: Problem<'sparse', 'any'>,
  measure: MeasureName | ScoreFunction,
): ColumnScores => {
  const where = `${name}.fit`
  if (!y) throw new ArgumentError(`${where}: y is missing. Pass one value for each row of X.`)
  if (typeof measure === 'string') {
    const numbers = measuresNumbers.has(measure)
    const target = numbers ? asNumbers(where, y, classes) : y
    return measures[measure](where, { X, y: target, classCount: numbers ? 0 : classes.length, random })
  }
  const { scores, pvalues } = measure(X, y)
  if (scores?.length !== X.columns)
    throw new ArgumentError(
      `${where}: scoreFunc gave ${scores?.length ?? 'no'} scores for ${X.columns} columns. It must give { scores } with one for each.`,
    )
  return { scores: Float64Array.from(scores), pvalues: pvalues ? Float64Array.from(pvalues) : null }
}

type Choose<V> = (found: ColumnScores, value: V, name: string) => readonly boolean[]

/** The columns of the k largest scores; of equal ones the last, NaN never before another. */
const largest = (scores: Float64Array, k: number): boolean[] => {
  const value = (j: number): number => (Number.isNaN(scores[j]!) ? -Infinity : scores[j]!)
  const order = Array.from(scores.keys()).sort((a, b) => value(a) - value(b) || a - b)
  const support = new Array<boolean>(scores.length).fill(false)
  for (const j of order.slice(Math.max(0, scores.length - k))) support[j] = true
  return support
}

/** The columns in the upper part of the scores; of those at its border the first. */
const upperPart = (scores: Float64Array, percent: number): boolean[] => {
  const clean = scores.map(x => (Number.isNaN(x) ? -Number.MAX_VALUE : x))
  if (percent === 100) return Array.from(clean, () => true)
  const sorted = clean.slice().sort()
  const at = ((100 - percent) / 100) * (sorted.length - 1)
  const low = Math.floor(at)
  const above = sorted[Math.min(low + 1, sorted.length - 1)]!
  const border = sorted[low]! + (at - low) * (above - sorted[low]!)
  const support = Array.from(clean, x => percent > 0 && x > border)
  let left = Math.trunc((clean.length * percent) / 100) - support.filter(Boolean).length
  for (let j = 0; j < clean.length && left > 0; j++) {
    if (clean[j] !== border) continue
    support[j] = true
    left--
  }
  return support
}

const probable = ({ pvalues }: ColumnScores, name: string): Float64Array => {
  if (pvalues) return pvalues
  throw new ArgumentError(
    `${name}.fit: the measure gives no p-values, by which ${name} selects. Take fClassif, chi2 or fRegression, or selectKBest.`,
  )
}

interface Kind<V> {
  readonly name: string
  readonly summary: string
  readonly source: string
  readonly choose: Choose<V>
}

const attributes = <V>({ name, choose }: Kind<V>, found: ColumnScores, value: V) => ({
  scores: found.scores,
  pvalues: found.pvalues,
  support: choose(found, value, name),
})

const common = 'scikit-learn 1.9, sklearn.feature_selection'
const kBest: Kind<number | 'all'> = {
  name: 'selectKBest',
  summary: 'Keeps the k columns that have most to do with the target, each by itself.',
  source: common,
  choose: ({ scores }, k) => (k === 'all' ? Array.from(scores, () => true) : largest(scores, k)),
}

/**
 * Keeps the k columns that have most to do with the target, each by itself, as `scoreFunc` measures it.
 *
 * The model has `scores` [F], `pvalues` [F] (null where the measure has none) and `support` (whether each column is kept).
 *
 * @throws ArgumentError where the measure does not suit the targets
 * @example
 * const model = await selectKBest({ k: 1 }).fit([[0, 1], [1, 3], [4, 1], [5, 3]], ['a', 'a', 'b', 'b'])
 * model.support // [true, false]
 *
 * Source: scikit-learn 1.9, sklearn.feature_selection.
 */
export const selectKBest = defineTransformer({
  name: kBest.name,
  summary: kBest.summary,
  source: kBest.source,
  input: 'sparse',
  target: 'any',
  options: defineOptions({
    scoreFunc,
    k: either([anInteger({ min: 1 }), aWord(['all'])], { default: 10, help: 'how many columns are kept at most' }),
    randomState,
  }),
  fit: (problem, { scoreFunc, k }) => attributes(kBest, scored(kBest.name, problem, scoreFunc), k),
  methods: selects,
  functions: selectedNames,
})

const percentile: Kind<number> = {
  name: 'selectPercentile',
  summary: 'Keeps a share of the columns: those that have most to do with the target, each by itself.',
  source: common,
  choose: ({ scores }, percent) => upperPart(scores, percent),
}

/**
 * Keeps a share of the columns: those that have most to do with the target, each by itself. As {@link selectKBest} otherwise.
 *
 * @example await selectPercentile({ percentile: 20 }).fit(X, y)
 *
 * Source: scikit-learn 1.9, sklearn.feature_selection.
 */
export const selectPercentile = defineTransformer({
  name: percentile.name,
  summary: percentile.summary,
  source: percentile.source,
  input: 'sparse',
  target: 'any',
  options: defineOptions({
    scoreFunc,
    percentile: either([aNumber({ above: 0, max: 100 })], {
      default: 10,
      help: 'percent of the columns that are kept',
    }),
    randomState,
  }),
  fit: (problem, options) =>
    attributes(percentile, scored(percentile.name, problem, options.scoreFunc), options.percentile),
  methods: selects,
  functions: selectedNames,
})

const byProbability = (kind: Kind<number>) =>
  defineTransformer({
    name: kind.name,
    summary: kind.summary,
    source: kind.source,
    input: 'sparse',
    target: 'any',
    options: defineOptions({
      scoreFunc,
      alpha: number({ min: 0, max: 1, default: 0.05, help: 'the rate of errors that is allowed' }),
      randomState,
    }),
    fit: (problem, { scoreFunc, alpha }) => attributes(kind, scored(kind.name, problem, scoreFunc), alpha),
    methods: selects,
    functions: selectedNames,
  })

/**
 * Keeps the columns whose p-value is below `alpha`: of columns that have nothing to do with the target, that share is kept all the same.
 *
 * @throws ArgumentError for a measure without p-values
 * @example await selectFpr({ alpha: 0.01 }).fit(X, y)
 *
 * Source: scikit-learn 1.9, sklearn.feature_selection.
 */
export const selectFpr = byProbability({
  name: 'selectFpr',
  summary: 'Keeps the columns whose p-value is below alpha: a bound on the rate of false positives.',
  source: common,
  choose: (found, alpha, name) => Array.from(probable(found, name), p => p < alpha),
})

/**
 * Keeps columns such that of those kept a share of at most `alpha` is expected to have nothing to do with the target (Benjamini and Hochberg).
 *
 * @throws ArgumentError for a measure without p-values
 * @example await selectFdr({ alpha: 0.1 }).fit(X, y)
 *
 * Source: Benjamini & Hochberg 1995.
 */
export const selectFdr = byProbability({
  name: 'selectFdr',
  summary: 'Keeps columns of which a share of at most alpha is expected to be kept by chance.',
  source: 'Benjamini & Hochberg 1995',
  choose: (found, alpha, name) => {
    const pvalues = probable(found, name)
    const sorted = pvalues.filter(p => !Number.isNaN(p)).sort()
    let border = -1
    for (const [i, p] of sorted.entries()) if (p <= (alpha / pvalues.length) * (i + 1)) border = p
    return Array.from(pvalues, p => p <= border)
  },
})

/**
 * Keeps columns such that the probability that any of them has nothing to do with the target is at most `alpha` (Bonferroni): p < α / F.
 *
 * @throws ArgumentError for a measure without p-values
 * @example await selectFwe().fit(X, y)
 *
 * Source: Dunn 1961.
 */
export const selectFwe = byProbability({
  name: 'selectFwe',
  summary: 'Keeps columns whose p-value is below alpha over the number of columns.',
  source: 'Dunn 1961',
  choose: (found, alpha, name) => {
    const pvalues = probable(found, name)
    return Array.from(pvalues, p => p < alpha / pvalues.length)
  },
})
