import { aFlag, defineOptions, either } from '../../core/options.ts'
import { normalInverse } from '../../stats/special/normal.ts'
import { defineTransformer } from '../core/define.ts'
import type { Rows } from '../core/sparse.ts'
import { divisible, requireUnshifted, requireWidth, standardised, unstandardised } from './affine.ts'
import { sameNames } from './names-out.ts'
import { linearQuantile, sortedColumns } from './quantiles.ts'
import { aRange } from './ranges.ts'

/**
 * Columns by what outliers do not move: `(x − median) / (q_high − q_low)` with two quantiles, by default the quartiles. NaN does not count and
 * stays; sparse rows take `withCentering: false`.
 *
 * The model has `center` [F] and `scale` [F] (null where a step is left out).
 *
 * @throws ArgumentError for sparse rows with `withCentering`
 * @example
 * const scaler = await robustScaler().fit([[1], [2], [3], [4], [1000]])
 * await (await scaler.transform([[5]])).toArray() // [[1]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const robustScaler = defineTransformer({
  name: 'robustScaler',
  summary: 'Columns by what outliers do not move: (x − median) / (q_high − q_low).',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  input: 'sparse',
  missing: 'allowed',
  options: defineOptions({
    withCentering: either([aFlag], { default: true, help: 'whether the median is taken off' }),
    withScaling: either([aFlag], {
      default: true,
      help: 'whether columns are divided by the distance of the quantiles',
    }),
    quantileRange: either([aRange({ min: 0, max: 100 })], { default: [25, 75], help: 'the two quantiles in percent' }),
    unitVariance: either([aFlag], {
      default: false,
      help: 'whether a column that is normally distributed gets the variance 1',
    }),
  }),
  fit: ({ X }, { withCentering, withScaling, quantileRange, unitVariance }) => {
    requireUnshifted('robustScaler.fit', X, withCentering, 'withCentering')
    const [low, high] = quantileRange.map(percent => percent / 100) as [number, number]
    const columns = sortedColumns(X)
    const width = divisible(Float64Array.from(columns, x => linearQuantile(x, high) - linearQuantile(x, low)))
    const unit = unitVariance ? normalInverse(high) - normalInverse(low) : 1
    return {
      center: withCentering ? Float64Array.from(columns, x => linearQuantile(x, 0.5)) : null,
      scale: withScaling ? width.map(x => x / unit) : null,
    }
  },
  methods: {
    transform: ({ state, options }, X: Rows): Rows => {
      requireUnshifted('robustScaler.transform', X, options.withCentering, 'withCentering')
      return standardised(X, state.center, state.scale)
    },
    inverseTransform: ({ state, options, nFeaturesIn }, X: Rows): Rows => {
      requireWidth('robustScaler.inverseTransform', X, nFeaturesIn)
      requireUnshifted('robustScaler.inverseTransform', X, options.withCentering, 'withCentering')
      return unstandardised(X, state.center, state.scale)
    },
  },
  functions: sameNames,
})
