import { ArgumentError } from '../../core/errors.ts'
import { aNumber, aWord, defineOptions, either, nothing, oneOf } from '../../core/options.ts'
import type { Cell } from '../../data/table/column.ts'
import { Table } from '../../data/table/table.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { type Features, readNumbers } from '../core/inputs.ts'
import { isCsr } from '../core/sparse.ts'
import { csrToDense } from '../numeric/csr.ts'
import { requireWidth } from './affine.ts'
import { type Categories, codesIn, countGiven, learnCategories, refuseInfinity, unknownCategory } from './categories.ts'
import { cellLists } from './cell-lists.ts'
import { namesIn, sameNames } from './names-out.ts'
import { type Grouping, groupRare, rareOptions } from './rare.ts'

interface Feature extends Grouping {
  readonly categories: Categories
}

/**
 * Categories as their numbers from 0, in ascending order or in the order that is given. What is missing stays missing (`encodedMissingValue`); rare
 * categories can share the last number.
 *
 * The model has `categories` (a list for each feature), `infrequentCategories`, and `inverseTransform(rows)`, which gives a table.
 *
 * @throws ArgumentError for a category that was not learned, unless `handleUnknown` names a number for it
 * @example
 * const encoder = await ordinalEncoder({ categories: [['low', 'high']] }).fit([['low'], ['high']])
 * await (await encoder.transform([['high']])).toArray() // [[1]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const ordinalEncoder = defineTransformer({
  name: 'ordinalEncoder',
  summary: 'Categories as their numbers from 0.',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  input: 'table',
  missing: 'allowed',
  options: defineOptions({
    categories: either([aWord(['auto']), cellLists], {
      default: 'auto',
      help: 'the categories of each feature in their order; auto: those of the rows that are fitted, ascending',
    }),
    handleUnknown: oneOf(['error', 'useEncodedValue'], {
      default: 'error',
      help: 'whether an unknown category is an error or unknownValue',
    }),
    unknownValue: either([nothing, aNumber()], {
      default: null,
      help: 'the number of unknown categories; null: NaN',
    }),
    encodedMissingValue: either([nothing, aNumber()], {
      default: null,
      help: 'the number of what is missing; null: NaN',
    }),
    ...rareOptions,
  }),
  fit: ({ X }, options) => {
    const where = 'ordinalEncoder.fit'
    const { categories: given, handleUnknown, unknownValue } = options
    const columns = [...X]
    refuseInfinity(where, columns)
    if (given !== 'auto' && given.length !== columns.length) {
      throw new ArgumentError(
        `${where}: categories has ${given.length} ${given.length === 1 ? 'entry' : 'entries'}, and X has ${columns.length} columns. Pass one for each.`,
      )
    }
    const features = columns.map((column, j): Feature => {
      const found =
        given === 'auto'
          ? learnCategories(column)
          : { categories: given[j]!, counts: countGiven(where, column, given[j]!, handleUnknown === 'error') }
      return { categories: found.categories, ...grouped(found, column.length, options) }
    })
    const used = features.findIndex(
      ({ count }) =>
        unknownValue !== null && Number.isInteger(unknownValue) && unknownValue >= 0 && unknownValue < count,
    )
    if (handleUnknown === 'useEncodedValue' && used >= 0) {
      throw new ArgumentError(
        `${where}: unknownValue ${unknownValue} is the number of a category of column ${used}. Pass another one, such as -1.`,
      )
    }
    return {
      categories: features.map(({ categories }) => categories),
      infrequentCategories: features.map(({ rare, groups, categories }) =>
        rare < 0 ? [] : categories.filter((_, code) => groups[code] === rare),
      ),
      _features: features,
    }
  },
  methods: {
    transform: ({ state, options }, X: Table): Dense => {
      const where = 'ordinalEncoder.transform'
      refuseInfinity(where, X)
      const { handleUnknown, unknownValue, encodedMissingValue } = options
      const out = dense(X.rowCount, X.names.length)
      for (const [j, column] of [...X].entries()) {
        const { categories, groups } = state._features[j] as Feature
        const codes = codesIn(column, categories)
        const missing = categories.indexOf(null)
        for (let i = 0; i < codes.length; i++) {
          const code = codes[i]!
          if (code < 0 && handleUnknown === 'error') throw unknownCategory(where, column, i, categories)
          out.data[i * out.columns + j] =
            code < 0
              ? (unknownValue ?? Number.NaN)
              : code === missing
                ? (encodedMissingValue ?? Number.NaN)
                : groups[code]!
        }
      }
      return out
    },
  },
  functions: {
    ...sameNames,
    /** The categories of numbers, as a table; null for what is missing or unknown, "infrequent" for rare ones. */
    inverseTransform: async (fit, X: Features): Promise<Table> => {
      const where = 'ordinalEncoder.inverseTransform'
      const read = await readNumbers(X, where)
      requireWidth(where, read, fit.nFeaturesIn)
      const { rows, columns, data } = isCsr(read) ? csrToDense(read) : read
      const names = namesIn(fit)
      return Table.from(
        Object.fromEntries(
          (fit.state._features as readonly Feature[]).map((feature, j) => [
            names[j]!,
            Array.from({ length: rows }, (_, i) => categoryOf(feature, data[i * columns + j]!) as string),
          ]),
        ),
      )
    },
  },
})

/** Missing values are in no group: they have a number of their own. */
const grouped = (
  { categories, counts }: { readonly categories: Categories; readonly counts: readonly number[] },
  rows: number,
  limits: { readonly minFrequency: number | null; readonly maxCategories: number | null },
): Grouping => {
  const missing = categories.indexOf(null)
  if (missing < 0) return groupRare(counts, rows, limits)
  const { groups, count, rare } = groupRare(
    counts.filter((_, code) => code !== missing),
    rows,
    limits,
  )
  const all = Array.from(groups)
  all.splice(missing, 0, -1)
  return { groups: Int32Array.from(all), count, rare }
}

const categoryOf = ({ categories, groups, rare }: Feature, number: number): Cell => {
  if (number === rare && rare >= 0) return 'infrequent'
  const code = Number.isInteger(number) && number >= 0 ? groups.indexOf(number) : -1
  return code < 0 ? null : categories[code]!
}
