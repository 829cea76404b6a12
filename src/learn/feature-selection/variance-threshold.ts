import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, number } from '../../core/options.ts'
import { defineTransformer } from '../core/define.ts'
import { columnExtremes, columnMoments } from '../preprocessing/moments.ts'
import { selectedNames, selects } from './columns.ts'

/**
 * Keeps the columns whose variance is above a threshold; by default those that vary at all. It looks at no target. NaN does not count.
 *
 * The model has `variances` [F] and `support` (whether each column is kept).
 *
 * @throws ArgumentError where no column would be left
 * @example
 * const model = await varianceThreshold().fit([[1, 5], [2, 5]])
 * model.support // [true, false]
 *
 * Source: scikit-learn 1.9, sklearn.feature_selection.
 */
export const varianceThreshold = defineTransformer({
  name: 'varianceThreshold',
  summary: 'Keeps the columns whose variance is above a threshold.',
  source: 'scikit-learn 1.9, sklearn.feature_selection',
  input: 'sparse',
  missing: 'allowed',
  options: defineOptions({
    threshold: number({ min: 0, default: 0, help: 'columns of this variance or less are left out' }),
  }),
  fit: ({ X }, { threshold }) => {
    const { variance } = columnMoments(X)
    const { least, most } = columnExtremes(X)
    // A constant column whose mean is rounded has a variance a little above 0, and a range of exactly 0.
    const variances = threshold === 0 ? variance.map((v, j) => Math.min(v, most[j]! - least[j]!)) : variance
    const support = Array.from(variances, v => v > threshold)
    if (!support.includes(true)) {
      throw new ArgumentError(
        `varianceThreshold.fit: no column of ${X.columns} has a variance above ${threshold}${X.rows === 1 ? ', as X has 1 row' : ''}. Lower threshold.`,
      )
    }
    return { variances, support }
  },
  methods: selects,
  functions: selectedNames,
})
