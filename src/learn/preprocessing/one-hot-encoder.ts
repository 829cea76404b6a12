import { ArgumentError } from '../../core/errors.ts'
import { aFlag, aWord, defineOptions, either, nothing, oneOf, shown } from '../../core/options.ts'
import type { Cell, TableColumn } from '../../data/table/column.ts'
import { Table } from '../../data/table/table.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { type Features, readNumbers } from '../core/inputs.ts'
import { type Csr, isCsr, type Rows } from '../core/sparse.ts'
import { csrToDense } from '../numeric/csr.ts'
import { requireWidth } from './affine.ts'
import { type Categories, codesIn, countGiven, learnCategories, refuseInfinity, unknownCategory } from './categories.ts'
import { cellLists, cells } from './cell-lists.ts'
import { namesIn } from './names-out.ts'
import { type Grouping, groupRare, rareOptions } from './rare.ts'

/** What is learned of one feature. */
interface Feature extends Grouping {
  readonly categories: Categories
  /** The group without a column, or -1. */
  readonly drop: number
}

/**
 * A column of 0 and 1 for each category of each feature: `out[i, c] = 1` where row i is of category c. Features are numbers, words or truth values;
 * what is missing is a category of its own. Categories that are rare can share a column.
 *
 * Sparse rows come out unless `sparseOutput` is false. The model has `categories` (a list for each feature), `dropped` (by feature the category
 * without a column, or null) and `infrequentCategories`; `featureNamesOut()` and `inverseTransform(rows)`, which gives a table.
 *
 * @throws ArgumentError for a category that was not learned, unless `handleUnknown` lets it pass (it then has no 1)
 * @example
 * const encoder = await oneHotEncoder({ sparseOutput: false }).fit([['red'], ['blue']])
 * await (await encoder.transform([['red']])).toArray() // [[0, 1]]
 * encoder.featureNamesOut() // ['x0_blue', 'x0_red']
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const oneHotEncoder = defineTransformer({
  name: 'oneHotEncoder',
  summary: 'A column of 0 and 1 for each category of each feature.',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  input: 'table',
  missing: 'allowed',
  options: defineOptions({
    categories: either([aWord(['auto']), cellLists], {
      default: 'auto',
      help: 'the categories of each feature; auto: those of the rows that are fitted, in ascending order',
    }),
    drop: either([nothing, aWord(['first', 'ifBinary']), cells], {
      default: null,
      help: 'a category of each feature without a column: the first, that of features with two, or those given',
    }),
    sparseOutput: either([aFlag], { default: true, help: 'whether the rows that come out are sparse' }),
    handleUnknown: oneOf(['error', 'ignore', 'infrequentIfExist'], {
      default: 'error',
      help: 'what an unknown category is: an error, a row without 1, or one of the infrequent',
    }),
    ...rareOptions,
  }),
  fit: ({ X }, options) => {
    const { categories: given, drop, handleUnknown } = options
    const where = 'oneHotEncoder.fit'
    const columns = [...X]
    refuseInfinity(where, columns)
    requireLists(where, 'categories', given, columns.length)
    requireLists(where, 'drop', drop, columns.length)
    const features = columns.map((column, j): Feature => {
      const lists = given as readonly Categories[]
      const { categories, counts } =
        given === 'auto'
          ? learnCategories(column)
          : { categories: lists[j]!, counts: countGiven(where, column, lists[j]!, handleUnknown === 'error') }
      const grouping = groupRare(counts, column.length, options)
      return { categories, ...grouping, drop: dropped(drop, j, column.name, categories, grouping) }
    })
    return {
      categories: features.map(feature => feature.categories),
      dropped: features.map(
        ({ drop, groups, categories, rare }): Cell =>
          drop < 0 || drop === rare ? null : categories[groups.indexOf(drop)]!,
      ),
      infrequentCategories: features.map(({ rare, groups, categories }) =>
        rare < 0 ? [] : categories.filter((_, code) => groups[code] === rare),
      ),
      _features: features,
    }
  },
  methods: {
    transform: ({ state, options }, X: Table): Rows => {
      refuseInfinity('oneHotEncoder.transform', X)
      const features = state._features as readonly Feature[]
      const { starts, width } = layout(features)
      const places = [...X].map((column, j) => placesOf(column, features[j]!, starts[j]!, options.handleUnknown))
      const sparse = fromPlaces(places, X.rowCount, width)
      return options.sparseOutput ? sparse : csrToDense(sparse)
    },
  },
  functions: {
    /** The categories of rows of 0 and 1, as a table; null where no column is set. */
    inverseTransform: async (fit, X: Features): Promise<Table> => {
      const features = fit.state._features as readonly Feature[]
      const { starts, width } = layout(features)
      const where = 'oneHotEncoder.inverseTransform'
      const rows = await readNumbers(X, where)
      requireWidth(where, rows, width)
      const { data }: Dense = isCsr(rows) ? csrToDense(rows) : rows
      const names = namesIn(fit)
      return Table.from(
        Object.fromEntries(
          features.map((feature, j) => [
            names[j]!,
            Array.from({ length: rows.rows }, (_, i) => valueAt(feature, data, i * width + starts[j]!) as string),
          ]),
        ),
      )
    },
    featureNamesOut: (fit, names?: readonly string[]): readonly string[] => {
      const given = namesIn(fit, names)
      return (fit.state._features as readonly Feature[]).flatMap(({ categories, groups, count, drop, rare }, j) =>
        Array.from({ length: count }, (_, group) => group)
          .filter(group => group !== drop)
          .map(group => `${given[j]}_${group === rare ? 'infrequent' : categories[groups.indexOf(group)]}`),
      )
    },
  },
})

const requireLists = (where: string, option: string, given: unknown, features: number): void => {
  if (!Array.isArray(given) || given.length === features) return
  throw new ArgumentError(
    `${where}: ${option} has ${given.length} ${given.length === 1 ? 'entry' : 'entries'}, and X has ${features} columns. Pass one for each.`,
  )
}

const dropped = (
  drop: null | 'first' | 'ifBinary' | readonly Cell[],
  j: number,
  name: string,
  categories: Categories,
  { groups, count, rare }: Grouping,
): number => {
  if (drop === null) return -1
  if (drop === 'first') return 0
  if (drop === 'ifBinary') return count === 2 ? 0 : -1
  const code = categories.indexOf(drop[j]!)
  if (code < 0) {
    throw new ArgumentError(
      `oneHotEncoder.fit: drop names ${shown(drop[j])} for column ${shown(name)}, which has no such category. It has ${categories.slice(0, 8).map(shown).join(', ')}.`,
    )
  }
  if (groups[code] === rare)
    throw new ArgumentError(
      `oneHotEncoder.fit: drop names ${shown(drop[j])} for column ${shown(name)}, which is among the infrequent categories. Name a frequent one.`,
    )
  return groups[code]!
}

/** Where the columns of each feature begin, and how many there are. */
const layout = (features: readonly Feature[]): { readonly starts: readonly number[]; readonly width: number } => {
  let width = 0
  const starts = features.map(({ count, drop }) => {
    const start = width
    width += count - (drop >= 0 ? 1 : 0)
    return start
  })
  return { starts, width }
}

/** The column of each row's 1, or -1. */
const placesOf = (
  column: TableColumn,
  { categories, groups, drop, rare }: Feature,
  start: number,
  handleUnknown: string,
): Int32Array => {
  const places = codesIn(column, categories)
  for (let i = 0; i < places.length; i++) {
    if (places[i]! < 0 && handleUnknown === 'error')
      throw unknownCategory('oneHotEncoder.transform', column, i, categories)
    const group = places[i]! >= 0 ? groups[places[i]!]! : handleUnknown === 'infrequentIfExist' ? rare : -1
    places[i] = group < 0 || group === drop ? -1 : start + group - (drop >= 0 && group > drop ? 1 : 0)
  }
  return places
}

const fromPlaces = (places: readonly Int32Array[], rows: number, columns: number): Csr => {
  const indptr = new Int32Array(rows + 1)
  const indices = new Int32Array(rows * places.length)
  let at = 0
  for (let i = 0; i < rows; i++) {
    for (const place of places) if (place[i]! >= 0) indices[at++] = place[i]!
    indptr[i + 1] = at
  }
  return { rows, columns, indptr, indices: indices.slice(0, at), data: new Float64Array(at).fill(1) }
}

/** The category that the columns of a feature tell, of several the first of the largest. */
const valueAt = ({ categories, groups, count, drop, rare }: Feature, data: Float64Array, at: number): Cell => {
  let best = -1
  let most = 0
  let place = at
  for (let group = 0; group < count; group++) {
    if (group === drop) continue
    const x = data[place++]!
    if (x > most) {
      most = x
      best = group
    }
  }
  if (best < 0) best = drop
  if (best < 0) return null
  return best === rare ? 'infrequent' : categories[groups.indexOf(best)]!
}
