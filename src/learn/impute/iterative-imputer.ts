import { ArgumentError } from '../../core/errors.ts'
import {
  aFlag,
  aNumber,
  anInteger,
  defineOptions,
  either,
  integer,
  nothing,
  number,
  oneOf,
} from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { normalInverse, normalTails } from '../../stats/special/normal.ts'
import { type AnyEstimator, innerEstimator, plain } from '../compose/inner.ts'
import { defineTransformer } from '../core/define.ts'
import type { Fit, Problem } from '../core/definition.ts'
import { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { takeDense } from '../core/take-rows.ts'
import { bayesianRidge } from '../linear/bayesian-ridge.ts'
import { linearQuantile, sortedColumns } from '../preprocessing/quantiles.ts'
import { namesIn } from '../preprocessing/names-out.ts'
import { finished, finishedNames, gapOptions, gapsOf, withGaps } from './number-gaps.ts'

const options = defineOptions({
  estimator: either([nothing, innerEstimator('regressor')], {
    default: null,
    help: 'what predicts a column from the others; null: bayesianRidge()',
  }),
  samplePosterior: either([aFlag], {
    default: false,
    help: 'whether values are drawn from the predicted normal distribution; the estimator needs predictStd',
  }),
  maxIter: integer({ min: 0, default: 10, help: 'the most rounds over all columns' }),
  tol: number({
    min: 0,
    default: 1e-3,
    help: 'rounds stop when values change less, relative to the largest magnitude',
  }),
  nNearestFeatures: either([nothing, anInteger({ min: 1 })], {
    default: null,
    help: 'from how many columns, drawn by their correlation, a column is predicted; null: from all',
  }),
  initialStrategy: oneOf(['mean', 'median', 'mostFrequent', 'constant'], {
    default: 'mean',
    help: 'what is filled in at first',
  }),
  fillValue: either([nothing, aNumber()], { default: null, help: 'the constant of initialStrategy; null: 0' }),
  imputationOrder: oneOf(['ascending', 'descending', 'roman', 'arabic', 'random'], {
    default: 'ascending',
    help: 'columns by how many values they lack, from the left, from the right, or in random order',
  }),
  minValue: either([nothing, aNumber()], { default: null, help: 'the least number filled in' }),
  maxValue: either([nothing, aNumber()], { default: null, help: 'the largest number filled in' }),
  ...gapOptions,
  randomState,
})
type Settings = ReturnType<typeof options.validate>

/** A column, what it is predicted from, and by what. */
interface Turn {
  readonly column: number
  readonly from: Int32Array
  readonly fit: Fit
}

/**
 * Missing values predicted from the other columns, one column after the other, round after round until they settle: each column with gaps is
 * fitted on the rows that have it. With `samplePosterior` and several seeds: multiple imputation.
 *
 * The model has `nIter` and `featureNamesOut()`. New rows go through the same predictions.
 *
 * @throws ArgumentError where `minValue` is not below `maxValue`, or the estimator cannot do `samplePosterior`
 * @example
 * const imputer = await iterativeImputer().fit([[1, 2], [2, 4], [3, 6], [4, NaN]])
 * await (await imputer.transform([[5, NaN]])).toArray() // about [[5, 10]]
 *
 * Source: van Buuren & Groothuis-Oudshoorn 2011 (MICE).
 */
export const iterativeImputer = defineTransformer({
  name: 'iterativeImputer',
  summary: 'Missing values predicted from the other columns, one column after the other, until they settle.',
  source: 'van Buuren & Groothuis-Oudshoorn 2011',
  missing: 'allowed',
  options,
  fit: (problem, settings) => learn(problem, settings),
  methods: {
    transform: async ({ state, options }, X: Dense): Promise<Dense> => {
      const given = withGaps('iterativeImputer.transform', X, options.missingValues)
      const { _start: start, _turns: turns } = state
      const filled = startFrom(given, start)
      const random = new Random(state._seed)
      for (const turn of turns) await predictGaps(filled, given, turn, options, random)
      return finished(filled, given, state._drop, state._marked)
    },
  },
  functions: {
    featureNamesOut: (fit, names?: readonly string[]): readonly string[] =>
      finishedNames(namesIn(fit, names), fit.state._drop, fit.state._marked),
  },
})

const learn = async ({ X, random }: Problem, settings: Settings) => {
  const where = 'iterativeImputer.fit'
  const { minValue, maxValue, samplePosterior, maxIter, tol } = settings
  if (minValue !== null && maxValue !== null && minValue >= maxValue) {
    throw new ArgumentError(`${where}: minValue ${minValue} must be below maxValue ${maxValue}.`)
  }
  const estimator = plain(settings.estimator ?? (bayesianRidge() as AnyEstimator))
  if (samplePosterior && !estimator.definition.methods.predictStd) {
    throw new ArgumentError(
      `${where}: samplePosterior needs an estimator with predictStd, and ${estimator.name} has none. Pass bayesianRidge().`,
    )
  }
  const given = withGaps(where, X, settings.missingValues)
  const { empty, gappy } = gapsOf(given)
  const start = startValues(given, settings)
  const filled = startFrom(given, start)
  const used = Array.from({ length: X.columns }, (_, j) => j).filter(j => !empty.includes(j))
  const weights = correlations(filled, used, settings.nNearestFeatures)
  const turns: Turn[] = []
  let largest = 0
  for (const x of given.data) if (Math.abs(x) > largest) largest = Math.abs(x)
  let nIter = 0
  const todo = inOrder(given, used, gappy, settings.imputationOrder)
  const seed = random.seed()
  const draws = new Random(seed)
  while (todo.length > 0 && used.length > 1 && nIter < maxIter) {
    const before = filled.data.slice()
    if (settings.imputationOrder === 'random') random.shuffle(todo)
    for (const column of todo) {
      const from = predictors(column, used, { weights, count: settings.nNearestFeatures, random })
      const rows = Array.from({ length: X.rows }, (_, i) => i).filter(
        i => !Number.isNaN(given.data[i * X.columns + column]!),
      )
      const fit = await estimator.fitProblem({
        X: takeDense(chosen(filled, from), rows),
        y: targetOf(filled, column, rows, estimator.definition.target),
        classes: [],
        single: true,
        seed: random.seed(),
      })
      const turn: Turn = { column, from, fit }
      turns.push(turn)
      await predictGaps(filled, given, turn, settings, draws)
    }
    nIter++
    if (!samplePosterior && change(before, filled) < tol * largest) break
  }
  return {
    nIter,
    _start: start,
    _turns: turns,
    _seed: seed,
    _drop: settings.keepEmptyFeatures ? [] : empty,
    _marked: settings.addIndicator ? gappy : [],
  }
}

const targetOf = (filled: Dense, column: number, rows: readonly number[], target: string) => {
  const y = Float64Array.from(rows, i => filled.data[i * filled.columns + column]!)
  return target === 'numbers' ? { rows: rows.length, columns: 1, data: y } : y
}

/** What is filled into each column at first; 0 into columns without a value. */
const startValues = (X: Dense, { initialStrategy, fillValue }: Settings): Float64Array =>
  Float64Array.from(sortedColumns(X), values => {
    if (initialStrategy === 'constant') return fillValue ?? 0
    if (values.length === 0) return 0
    if (initialStrategy === 'mean') return values.reduce((a, b) => a + b, 0) / values.length
    return initialStrategy === 'median' ? linearQuantile(values, 0.5) : longestRun(values)
  })

/** The most frequent of ascending values, of several the least. */
const longestRun = (values: Float64Array): number => {
  let best = values[0]!
  let most = 0
  for (let i = 0; i < values.length; ) {
    let end = i
    while (end < values.length && values[end] === values[i]) end++
    if (end - i > most) {
      most = end - i
      best = values[i]!
    }
    i = end
  }
  return best
}

const startFrom = (X: Dense, start: Float64Array): Dense => ({
  ...X,
  data: X.data.map((x, k) => (Number.isNaN(x) ? start[k % X.columns]! : x)),
})

const inOrder = (X: Dense, used: readonly number[], gappy: readonly number[], order: string): number[] => {
  const counts = new Int32Array(X.columns)
  for (let k = 0; k < X.data.length; k++) if (Number.isNaN(X.data[k]!)) counts[k % X.columns]!++
  const columns = used.filter(j => gappy.includes(j))
  if (order === 'arabic') return columns.reverse()
  if (order === 'ascending') return columns.sort((a, b) => counts[a]! - counts[b]! || a - b)
  if (order === 'descending') return columns.sort((a, b) => counts[b]! - counts[a]! || b - a)
  return columns
}

/** Magnitudes of correlations between columns, at least 1e-6; nothing where all columns are used. */
const correlations = (X: Dense, used: readonly number[], count: number | null): Dense | undefined => {
  if (count === null || count >= used.length) return undefined
  const { rows, columns, data } = X
  const mean = new Float64Array(columns)
  for (let k = 0; k < data.length; k++) mean[k % columns]! += data[k]! / rows
  const product = (a: number, b: number): number => {
    let sum = 0
    for (let i = 0; i < rows; i++) sum += (data[i * columns + a]! - mean[a]!) * (data[i * columns + b]! - mean[b]!)
    return sum
  }
  const out = dense(columns, columns)
  for (const a of used) {
    for (const b of used) {
      if (a === b) continue
      const share = Math.abs(product(a, b) / Math.sqrt(product(a, a) * product(b, b)))
      out.data[a * columns + b] = Math.max(1e-6, Number.isNaN(share) ? 0 : share)
    }
  }
  return out
}

const predictors = (
  column: number,
  used: readonly number[],
  {
    weights,
    count,
    random,
  }: { readonly weights: Dense | undefined; readonly count: number | null; readonly random: Random },
): Int32Array => {
  if (!weights) return Int32Array.from(used.filter(j => j !== column))
  const left = Float64Array.from({ length: weights.columns }, (_, j) => weights.data[j * weights.columns + column]!)
  return Int32Array.from({ length: Math.min(count!, used.length - 1) }, () => {
    const j = random.weighted(left)
    left[j] = 0
    return j
  })
}

const chosen = (X: Dense, columns: Int32Array): Dense => {
  const out = dense(X.rows, columns.length)
  for (let i = 0; i < X.rows; i++)
    for (let k = 0; k < columns.length; k++) out.data[i * columns.length + k] = X.data[i * X.columns + columns[k]!]!
  return out
}

/** Fills the gaps of one column in place. */
const predictGaps = async (
  filled: Dense,
  given: Dense,
  { column, from, fit }: Turn,
  { minValue, maxValue, samplePosterior }: Settings,
  random: Random,
): Promise<void> => {
  const F = filled.columns
  const rows = Array.from({ length: filled.rows }, (_, i) => i).filter(i => Number.isNaN(given.data[i * F + column]!))
  if (rows.length === 0) return
  const X = takeDense(chosen(filled, from), rows)
  const { methods } = fit.definition
  const made = (await methods.predict!(fit, X)) as Float64Array | Dense
  const values = made instanceof Float64Array ? made : made.data
  const deviations = samplePosterior ? ((await methods.predictStd!(fit, X)) as Float64Array) : undefined
  const [low, high] = [minValue ?? -Infinity, maxValue ?? Infinity]
  for (const [r, i] of rows.entries()) {
    const mean = values[r]!
    const inside = Math.min(high, Math.max(low, mean))
    filled.data[i * F + column] =
      deviations && mean === inside && deviations[r]! > 0
        ? drawBetween(mean, deviations[r]!, { low, high, share: random.uniform() })
        : inside
  }
}

/** A normal number between two bounds, by the inverse of the distribution function. */
const drawBetween = (
  mean: number,
  deviation: number,
  { low, high, share }: { readonly low: number; readonly high: number; readonly share: number },
): number => {
  const from = normalTails((low - mean) / deviation).lower
  const to = normalTails((high - mean) / deviation).lower
  const at = Math.min(1 - 1e-16, Math.max(1e-300, from + share * (to - from)))
  return Math.min(high, Math.max(low, mean + deviation * normalInverse(at)))
}

/** The largest sum of changes in a row. */
const change = (before: Float64Array, { rows, columns, data }: Dense): number => {
  let most = 0
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let k = i * columns; k < (i + 1) * columns; k++) sum += Math.abs(data[k]! - before[k]!)
    most = Math.max(most, sum)
  }
  return most
}
