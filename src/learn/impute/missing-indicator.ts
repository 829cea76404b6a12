import { ArgumentError } from '../../core/errors.ts'
import { aFlag, defineOptions, either, oneOf, shown } from '../../core/options.ts'
import type { Table } from '../../data/table/table.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { namesIn } from '../preprocessing/names-out.ts'
import { indicatorName, missingMask, missingValues, requireKnown } from './missing.ts'

/**
 * 1 where a value is missing, else 0, for the columns that lacked one when the indicator was fitted, or for all.
 *
 * The model has `features`, the positions of these columns; `featureNamesOut()` reads `missingindicator_age`.
 *
 * @throws ArgumentError where a column lacks a value that lacked none before, unless `errorOnNew` is false
 * @example
 * const model = await missingIndicator().fit([[1, NaN], [2, 3]])
 * await (await model.transform([[1, 2], [3, NaN]])).toArray() // [[0], [1]]
 *
 * Source: scikit-learn 1.9, sklearn.impute.
 */
export const missingIndicator = defineTransformer({
  name: 'missingIndicator',
  summary: 'Columns of 1 where a value is missing, else 0.',
  source: 'scikit-learn 1.9, sklearn.impute',
  input: 'table',
  missing: 'allowed',
  options: defineOptions({
    missingValues,
    features: oneOf(['missingOnly', 'all'], {
      default: 'missingOnly',
      help: 'whether columns that lack no value when it is fitted are left out',
    }),
    errorOnNew: either([aFlag], {
      default: true,
      help: 'whether it is an error where another column lacks a value later',
    }),
  }),
  fit: ({ X }, options) => {
    requireKnown('missingIndicator.fit', X, options.missingValues)
    const lacking = [...X].flatMap((column, j) => (missingMask(column, options.missingValues).includes(1) ? [j] : []))
    const all = Array.from({ length: X.names.length }, (_, j) => j)
    return { features: Int32Array.from(options.features === 'all' ? all : lacking) }
  },
  methods: {
    transform: ({ state, options }, X: Table): Dense => {
      requireKnown('missingIndicator.transform', X, options.missingValues)
      const { features } = state
      const masks = [...X].map(column => missingMask(column, options.missingValues))
      const fresh = masks.findIndex((mask, j) => mask.includes(1) && !features.includes(j))
      if (fresh >= 0 && options.errorOnNew) {
        throw new ArgumentError(
          `missingIndicator.transform: column ${shown(X.names[fresh])} lacks a value at row ${masks[fresh]!.indexOf(1)}, and lacked none when the indicator was fitted. Pass { features: "all" }, or { errorOnNew: false }.`,
        )
      }
      const out = dense(X.rowCount, features.length)
      for (let i = 0; i < X.rowCount; i++)
        for (let k = 0; k < features.length; k++) out.data[i * features.length + k] = masks[features[k]!]![i]!
      return out
    },
  },
  functions: {
    featureNamesOut: (fit, names?: readonly string[]): readonly string[] => {
      const given = namesIn(fit, names)
      return Array.from(fit.state.features, j => indicatorName(given[j]!))
    },
  },
})
