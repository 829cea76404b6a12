import { aFlag, defineOptions, either } from '../../core/options.ts'
import { defineTransformer } from '../core/define.ts'
import type { Rows } from '../core/sparse.ts'
import { requireUnshifted, requireWidth, standardised, unstandardised } from './affine.ts'
import { columnMoments, isConstant } from './moments.ts'
import { sameNames } from './names-out.ts'

/**
 * Columns of mean 0 and variance 1: `(x − mean) / sqrt(var)`. Columns that do not vary are only centred. NaN does not count and stays; sparse rows
 * take `withMean: false`.
 *
 * The model has `mean` [F], `var` [F], `scale` [F] (nulls where a step is left out) and `nSamplesSeen`.
 *
 * @throws ArgumentError for sparse rows with `withMean`
 * @example
 * const scaler = await standardScaler().fit([[0, 10], [2, 30]])
 * await (await scaler.transform([[1, 40]])).toArray() // [[0, 2]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const standardScaler = defineTransformer({
  name: 'standardScaler',
  summary: 'Columns of mean 0 and variance 1: (x − mean) / sqrt(var).',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  input: 'sparse',
  missing: 'allowed',
  sampleWeight: true,
  options: defineOptions({
    withMean: either([aFlag], { default: true, help: 'whether the mean is taken off' }),
    withStd: either([aFlag], { default: true, help: 'whether columns are divided by their standard deviation' }),
  }),
  fit: ({ X, sampleWeight }, { withMean, withStd }) => {
    requireUnshifted('standardScaler.fit', X, withMean, 'withMean')
    const { count, mean, variance } = columnMoments(X, sampleWeight)
    const scale = variance.map((v, j) => (isConstant(v, mean[j]!, count[j]!) ? 1 : Math.sqrt(v)))
    const even = count.every(n => n === count[0])
    return {
      mean: withMean || withStd ? mean : null,
      var: withStd ? variance : null,
      scale: withStd ? scale : null,
      nSamplesSeen: even ? count[0]! : count,
    }
  },
  methods: {
    transform: ({ state, options }, X: Rows): Rows => {
      requireUnshifted('standardScaler.transform', X, options.withMean, 'withMean')
      return standardised(X, options.withMean ? state.mean : null, state.scale)
    },
    inverseTransform: ({ state, options, nFeaturesIn }, X: Rows): Rows => {
      requireWidth('standardScaler.inverseTransform', X, nFeaturesIn)
      requireUnshifted('standardScaler.inverseTransform', X, options.withMean, 'withMean')
      return unstandardised(X, options.withMean ? state.mean : null, state.scale)
    },
  },
  functions: sameNames,
})
