import { ArgumentError } from '../../core/errors.ts'
import { aWord, defineOptions, either, nothing } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { aFunction } from '../core/rules.ts'

const named = {
  abs: Math.abs,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  reciprocal: (x: number) => 1 / x,
  sqrt: Math.sqrt,
  square: (x: number) => x * x,
} as const
type Named = keyof typeof named
const names = Object.keys(named) as [Named, ...Named[]]

/** Makes other numbers of one row. */
export type RowFunction = (row: Float64Array) => ArrayLike<number>
const aRowFunction = aFunction<RowFunction>('a function of a row')

/**
 * A function of each number, by name, or of each row: `func: row => [row[0] * row[1]]`. Rows do not know of each other.
 *
 * A model with a named function can be saved. `inverseFunc` gives `inverseTransform`.
 *
 * @throws ArgumentError where a function gives rows of different lengths, and from `inverseTransform` without `inverseFunc`
 * @example
 * const model = await functionTransformer({ func: 'log1p', inverseFunc: 'expm1' }).fit([[0]])
 * await (await model.transform([[0]])).toArray() // [[0]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing, where functions are of all rows.
 */
export const functionTransformer = defineTransformer({
  name: 'functionTransformer',
  summary: 'A function of each number, by name, or of each row.',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  missing: 'allowed',
  options: defineOptions({
    func: either([nothing, aWord(names), aRowFunction], {
      default: null,
      help: 'a function by name, or one that makes other numbers of a row; null leaves rows as they are',
    }),
    inverseFunc: either([nothing, aWord(names), aRowFunction], { default: null, help: 'what undoes it' }),
  }),
  fit: () => ({}),
  methods: {
    transform: ({ options }, X: Dense) => applied(X, options.func, 'functionTransformer.transform'),
    inverseTransform: ({ options }, X: Dense) => {
      if (options.inverseFunc === null && options.func !== null) {
        throw new ArgumentError(
          'functionTransformer.inverseTransform: there is no inverseFunc. Pass the function that undoes func.',
        )
      }
      return applied(X, options.inverseFunc, 'functionTransformer.inverseTransform')
    },
  },
})

const applied = (X: Dense, func: null | Named | RowFunction, where: string): Dense => {
  if (func === null) return { ...X, data: X.data.slice() }
  if (typeof func === 'string') return { ...X, data: X.data.map(named[func]) }
  const rows = Array.from({ length: X.rows }, (_, i) => func(X.data.slice(i * X.columns, (i + 1) * X.columns)))
  const width = rows[0]?.length
  const wrong = rows.findIndex(
    row => row?.length !== width || width === undefined || Array.from(row).some(x => typeof x !== 'number'),
  )
  if (wrong >= 0) {
    throw new ArgumentError(
      `${where}: the function gave ${JSON.stringify(rows[wrong]) ?? 'nothing'} for row ${wrong}. It must give a list of numbers, as many for every row.`,
    )
  }
  const out = dense(X.rows, width!)
  for (const [i, row] of rows.entries()) out.data.set(row, i * width!)
  return out
}
