import { ArgumentError, DataError } from '../core/errors.ts'
import { flag, integer, number, oneOf, text } from '../core/options.ts'
import { Table } from '../data/table/table.ts'
import {
  type AnyModel,
  crossValidate,
  type Estimator,
  gridSearchCV,
  pipeline,
  randomizedSearchCV,
} from '../learn/index.ts'
import type { Grid } from '../learn/index.ts'
import { recreate } from '../learn/core/estimator.ts'
import { splitIndices } from '../learn/split/shuffle-split.ts'
import { columnKinds, type TableData } from './table-data.ts'

/** How an estimator is trained on a table. */
export const estimateOptions = {
  test: number({
    above: 0,
    below: 1,
    help: 'the share of rows kept back and judged at the end; classes in the same shares',
  }),
  cv: integer({ min: 2, help: 'judge by cross-validation with so many folds first' }),
  search: text({
    placeholder: 'FILE',
    help: 'JSON with lists of values for options: every combination is tried by cross-validation, and the best taken',
  }),
  draws: integer({
    min: 1,
    help: 'try so many random combinations of the search file instead, which may then have { "low", "high", "log" }',
  }),
  scoring: text({
    placeholder: 'NAME',
    help: 'what search and cross-validation go by, such as f1 or negMeanSquaredError; accuracy or R² unless given',
  }),
  scale: flag({ help: 'bring each number column to mean 0 and deviation 1' }),
  encode: oneOf(['oneHot', 'ordinal'], { default: 'oneHot', help: 'how columns of words become numbers' }),
  vectorizer: oneOf(['tfidf', 'count'], { default: 'tfidf', help: 'how the words of --text become numbers' }),
  seed: integer({ min: 0, default: 0, help: 'seed of everything random' }),
  threads: integer({ min: -1, default: -1, help: 'threads for search and cross-validation, -1 for all cores' }),
} as const

export interface EstimateSettings {
  readonly scale: boolean
  readonly encode: 'oneHot' | 'ordinal'
  readonly vectorizer: 'tfidf' | 'count'
}

/** What a table's columns need before the estimator takes them, put before it; and what that is, in words. */
export const prepared = (
  estimator: Estimator,
  { X }: Pick<TableData, 'X'>,
  { scale, encode, vectorizer }: EstimateSettings,
): { readonly estimator: Estimator; readonly notes: readonly string[] } => {
  if (!(X instanceof Table)) {
    const words = vectorizer === 'tfidf' ? recreate('tfidfVectorizer', {}) : recreate('countVectorizer', {})
    const steps = [
      ['words', words],
      [estimator.name, estimator],
    ] as const
    return { estimator: pipeline(steps) as unknown as Estimator, notes: [`words become numbers by ${words.name}`] }
  }
  const { numbers, words, missing } = columnKinds(X)
  const takesTables = estimator.definition.input === 'table'
  if (takesTables) return { estimator, notes: [] }
  // Filled in any case: rows that come later may have gaps where these have none.
  const fill = estimator.definition.missing !== 'allowed'
  if (!scale && !fill && words.length === 0) return { estimator, notes: [] }
  const notes: string[] = []
  const parts: (readonly [string, unknown, readonly string[]])[] = []
  if (numbers.length > 0) {
    const steps: (readonly [string, unknown])[] = []
    if (fill) steps.push(['fill', recreate('simpleImputer', { strategy: 'median' })])
    if (scale) steps.push(['scale', recreate('standardScaler', {})])
    parts.push(['numbers', steps.length === 0 ? 'passthrough' : pipeline(steps as never), numbers])
    if (fill && missing) notes.push('missing numbers become the median')
    if (scale) notes.push('numbers are scaled')
  }
  if (words.length > 0) {
    const many = words.find(name => distinct(X, name) > 1000)
    if (many !== undefined) {
      throw new DataError(
        `column ${JSON.stringify(many)} has ${distinct(X, many)} different words, too many to encode. Leave it out with --drop ${many}, or predict from its words with --text ${many}.`,
      )
    }
    const encoder =
      encode === 'oneHot'
        ? recreate('oneHotEncoder', { handleUnknown: 'ignore' })
        : recreate('ordinalEncoder', { handleUnknown: 'useEncodedValue', unknownValue: -1 })
    parts.push([
      'words',
      pipeline([
        ['fill', recreate('simpleImputer', { strategy: 'constant', fillValue: 'missing' })],
        ['encode', encoder],
      ] as never),
      words,
    ])
    notes.push(
      `${words.length === 1 ? 'the word column' : `${words.length} word columns`} ${words.slice(0, 6).join(', ')} ${words.length === 1 ? 'becomes' : 'become'} numbers (${encode})`,
    )
  }
  const columns = recreate('columnTransformer', { transformers: parts })
  return {
    estimator: pipeline([
      ['columns', columns],
      [estimator.name, estimator],
    ] as never) as unknown as Estimator,
    notes,
  }
}

const distinct = (table: Table, name: string): number => new Set(table.column(name).toArray()).size

/** Rows of a table's data by their positions. */
export const rowsOf = (
  { X, y }: Pick<TableData, 'X' | 'y'>,
  rows: Int32Array,
): { readonly X: TableData['X']; readonly y: TableData['y'] } => ({
  X: X instanceof Table ? X.take(rows) : Array.from(rows, row => X[row]!),
  y: takeValues(y, rows),
})

const takeValues = (y: TableData['y'], rows: Int32Array): TableData['y'] =>
  y instanceof Float64Array
    ? Float64Array.from(rows, row => y[row]!)
    : y && (Array.from(rows, row => y[row]!) as readonly string[] | readonly boolean[])

/** Rows to learn from and rows kept back, classes in the same shares where each has enough. */
export const heldBack = (
  data: TableData,
  { test, seed, classifier }: { readonly test: number; readonly seed: number; readonly classifier: boolean },
) => {
  const stratify = classifier && data.y && Math.min(...countsOf(data.y)) > 1 ? { stratify: data.y } : {}
  return splitIndices(data.rows, { testSize: test, randomState: seed, ...stratify })
}
const countsOf = (y: ArrayLike<number | string | boolean>): number[] => {
  const counts = new Map<number | string | boolean, number>()
  for (let i = 0; i < y.length; i++) counts.set(y[i]!, (counts.get(y[i]!) ?? 0) + 1)
  return [...counts.values()]
}

type Progress = (done: number, total: number) => void

export interface Searched {
  readonly model: AnyModel
  readonly bestParams: Readonly<Record<string, unknown>>
  readonly bestScore: number
  readonly results: {
    readonly params: readonly Readonly<Record<string, unknown>>[]
    readonly meanTestScore: readonly number[]
    readonly stdTestScore: readonly number[]
  }
}

/** Names of options as a file of values to try has them: those of the estimator itself may stand without its name. */
const withStepName = (grid: unknown, estimator: Estimator, last: string): unknown => {
  if (Array.isArray(grid)) return grid.map(one => withStepName(one, estimator, last))
  if (estimator.name !== 'pipeline' || typeof grid !== 'object' || grid === null) return grid
  return Object.fromEntries(
    Object.entries(grid).map(([key, values]) => [key.includes('.') ? key : `${last}.${key}`, values]),
  )
}

/** A search file's values, each held against the option it is for. @throws DataError that names the file and the option */
export const checkedGrid = (
  file: string,
  given: unknown,
  { estimator, last }: { readonly estimator: Estimator; readonly last: string },
): Grid => {
  const grid = withStepName(given, estimator, last)
  for (const one of Array.isArray(grid) ? grid : [grid]) {
    if (typeof one !== 'object' || one === null)
      throw new DataError(`${file}: must be an object with lists of values, such as { "alpha": [0.1, 1] }.`, { file })
    for (const [key, values] of Object.entries(one)) {
      if (!Array.isArray(values)) continue // A distribution, which the search itself checks.
      for (const value of values) {
        try {
          estimator.with({ [key]: value })
        } catch (error) {
          if (!(error instanceof ArgumentError)) throw error
          throw new DataError(`${file}: ${error.message}`, { key, value }, error)
        }
      }
    }
  }
  return grid as Grid
}

/** Tries options by cross-validation and fits the best. @throws ArgumentError for values that are none of the options */
export const searched = async (
  estimator: Estimator,
  { X, y }: Pick<TableData, 'X' | 'y'>,
  o: {
    readonly grid: Grid
    readonly draws?: number | undefined
    readonly cv: number
    readonly scoring?: string | undefined
    readonly seed: number
    readonly threads: number
    readonly onProgress: Progress
  },
): Promise<Searched> => {
  const shared = {
    cv: o.cv,
    scoring: o.scoring ?? null,
    nJobs: o.threads,
    randomState: o.seed,
    onProgress: o.onProgress,
  }
  const search =
    o.draws === undefined
      ? gridSearchCV(estimator, o.grid, shared)
      : randomizedSearchCV(estimator, o.grid as never, { ...shared, nIter: o.draws })
  const found = (await (search as unknown as Estimator).fit(X as never, y as never)) as AnyModel & {
    readonly bestParams: Searched['bestParams']
    readonly bestScore: number
    readonly bestEstimator: AnyModel
    readonly cvResults: Searched['results']
  }
  return {
    model: found.bestEstimator,
    bestParams: found.bestParams,
    bestScore: found.bestScore,
    results: found.cvResults,
  }
}

/** Scores by cross-validation: of each fold. */
export const crossValidated = async (
  estimator: Estimator,
  { X, y }: Pick<TableData, 'X' | 'y'>,
  o: {
    readonly cv: number
    readonly scoring?: string | undefined
    readonly seed: number
    readonly threads: number
    readonly onProgress: Progress
  },
): Promise<readonly number[]> => {
  const { testScore } = await crossValidate(estimator, X as never, y as never, {
    cv: o.cv,
    ...(o.scoring === undefined ? {} : { scoring: o.scoring }),
    nJobs: o.threads,
    randomState: o.seed,
    onProgress: o.onProgress,
  })
  return testScore
}

export const requireTarget = (estimator: Estimator, target: string | undefined): void => {
  if (target === undefined && !['none', 'any'].includes(estimator.definition.target)) {
    throw new ArgumentError(`train ${estimator.name}: --target COLUMN is required: the column to predict.`)
  }
}
