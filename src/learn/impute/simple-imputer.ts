import { ArgumentError } from '../../core/errors.ts'
import { aFlag, aNumber, defineOptions, either, nothing, oneOf, shown } from '../../core/options.ts'
import { NumberColumn, type TableColumn, TextColumn, textColumn } from '../../data/table/column.ts'
import type { Table } from '../../data/table/table.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { namesIn } from '../preprocessing/names-out.ts'
import {
  aText,
  assembled,
  indicatorColumn,
  indicatorName,
  missingMask,
  missingValues,
  requireKnown,
} from './missing.ts'

type Strategy = 'mean' | 'median' | 'mostFrequent' | 'constant'

/**
 * Missing values replaced by one number or word for each column: its mean, median or most frequent value, or a constant. Columns of words take
 * `mostFrequent` and `constant`. Columns that have no value at all are left out, unless `keepEmptyFeatures`.
 *
 * A matrix comes out where all columns are numbers, else a table. The model has `statistics` (what is filled in, by column; NaN for those left
 * out) and `featureNamesOut()`.
 *
 * @throws ArgumentError for the mean or median of words, and for a constant of another type than its column
 * @example
 * const imputer = await simpleImputer({ strategy: 'median' }).fit([[1], [2], [NaN], [9]])
 * const filled = await imputer.transform([[NaN], [5]]) // a tensor of [[2], [5]]
 *
 * Source: scikit-learn 1.9, sklearn.impute.
 */
export const simpleImputer = defineTransformer({
  name: 'simpleImputer',
  summary: 'Missing values replaced by the mean, the median or the most frequent value of their column, or a constant.',
  source: 'scikit-learn 1.9, sklearn.impute',
  input: 'table',
  missing: 'allowed',
  options: defineOptions({
    strategy: oneOf(['mean', 'median', 'mostFrequent', 'constant'], {
      default: 'mean',
      help: 'what is filled in; of equally frequent values the least',
    }),
    fillValue: either([nothing, aNumber(), aText], {
      default: null,
      help: 'the constant; null: 0 for numbers, "missing_value" for words',
    }),
    missingValues,
    addIndicator: either([aFlag], {
      default: false,
      help: 'whether a column of 0 and 1 is added for each column with missing values',
    }),
    keepEmptyFeatures: either([aFlag], {
      default: false,
      help: 'whether columns without a value stay, filled with 0 or the constant',
    }),
  }),
  fit: ({ X }, options) => {
    requireKnown('simpleImputer.fit', X, options.missingValues)
    const columns = [...X]
    const masks = columns.map(column => missingMask(column, options.missingValues))
    const statistics = columns.map((column, j) => statisticOf(column, masks[j]!, options))
    return {
      statistics: statistics.every(x => typeof x === 'number') ? Float64Array.from(statistics) : statistics,
      _fill: statistics,
      _text: columns.map(column => column instanceof TextColumn),
      _marked: options.addIndicator ? masks.flatMap((mask, j) => (mask.includes(1) ? [j] : [])) : [],
    }
  },
  methods: {
    transform: ({ state, options }, X: Table): Dense | Table => {
      requireKnown('simpleImputer.transform', X, options.missingValues)
      const columns = [...X]
      const masks = columns.map(column => missingMask(column, options.missingValues))
      const filled = columns.flatMap((column, j) => {
        const value = state._fill[j]!
        if (typeof value === 'number' && Number.isNaN(value)) return []
        requireKind(column, state._text[j]!)
        return [fill(column, masks[j]!, value)]
      })
      const marked = state._marked.map(j => indicatorColumn(columns[j]!, masks[j]!))
      return assembled([...filled, ...marked], X.rowCount)
    },
  },
  functions: {
    featureNamesOut: (fit, names?: readonly string[]): readonly string[] => {
      const given = namesIn(fit, names)
      const { _fill: fill, _marked: marked } = fit.state
      return [...given.filter((_, j) => !Number.isNaN(fill[j])), ...marked.map(j => indicatorName(given[j]!))]
    },
  },
})

interface Settings {
  readonly strategy: Strategy
  readonly fillValue: number | string | null
  readonly keepEmptyFeatures: boolean
}

const statisticOf = (
  column: TableColumn,
  mask: Uint8Array,
  { strategy, fillValue, keepEmptyFeatures }: Settings,
): number | string => {
  const text = column instanceof TextColumn
  if (text && (strategy === 'mean' || strategy === 'median')) {
    throw new ArgumentError(
      `simpleImputer.fit: column ${shown(column.name)} is text, which has no ${strategy}. Pass { strategy: "mostFrequent" } or "constant", or leave the column out.`,
    )
  }
  const constant = fillValue ?? (text ? 'missing_value' : 0)
  if (strategy === 'constant' && typeof constant !== (text ? 'string' : 'number')) {
    throw new ArgumentError(
      `simpleImputer.fit: fillValue ${shown(fillValue)} does not fit column ${shown(column.name)}, which is ${text ? 'text' : 'numbers'}. Pass ${text ? 'a text' : 'a number'}, or treat columns apart with columnTransformer.`,
    )
  }
  const rows = Array.from(mask.keys()).filter(i => mask[i] === 0)
  if (rows.length === 0) {
    if (!keepEmptyFeatures) return Number.NaN
    return strategy === 'constant' ? constant : text ? 'missing_value' : 0
  }
  if (strategy === 'constant') return constant
  if (strategy === 'mostFrequent') return mostFrequent(rows.map(i => column.at(i)!)) as number | string
  const values = column.values() as Float64Array
  const numbers = Float64Array.from(rows, i => values[i]!)
  return strategy === 'mean' ? numbers.reduce((a, b) => a + b, 0) / numbers.length : median(numbers)
}

const median = (values: Float64Array): number => {
  const sorted = values.slice().sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const mostFrequent = (values: readonly (number | string | boolean)[]): number | string => {
  const counts = new Map<number | string, number>()
  for (const value of values) {
    const key = typeof value === 'boolean' ? Number(value) : value
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  let best: readonly [number | string, number] | undefined
  for (const entry of counts) {
    if (!best || entry[1] > best[1] || (entry[1] === best[1] && entry[0] < best[0])) best = entry
  }
  return best![0]
}

const requireKind = (column: TableColumn, text: boolean): void => {
  // A column that is missing as a whole has no type that one could see.
  if (
    column instanceof TextColumn === text ||
    Array.from({ length: column.length }).every((_, i) => column.isMissing(i))
  )
    return
  throw new ArgumentError(
    `simpleImputer.transform: column ${shown(column.name)} is ${text ? 'numbers, and was text' : 'text, and was numbers'} when the imputer was fitted. Pass columns of the same type.`,
  )
}

const fill = (column: TableColumn, mask: Uint8Array, value: number | string): TableColumn => {
  if (typeof value === 'string')
    return textColumn(column.name, column.length, i => (mask[i] === 1 ? value : (column.at(i) as string | null)))
  const out = Float64Array.from(column instanceof TextColumn ? new Float64Array(column.length) : column.values())
  for (let i = 0; i < out.length; i++) if (mask[i] === 1) out[i] = value
  return new NumberColumn(column.name, out)
}
