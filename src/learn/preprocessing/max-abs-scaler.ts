import { defineOptions } from '../../core/options.ts'
import { defineTransformer } from '../core/define.ts'
import type { Rows } from '../core/sparse.ts'
import { divisible, requireWidth, standardised, unstandardised } from './affine.ts'
import { columnExtremes } from './moments.ts'
import { sameNames } from './names-out.ts'

/**
 * Columns from −1 to 1: `x / max |x|`. Zeros stay, so that sparse rows stay sparse; NaN does not count and stays.
 *
 * The model has `maxAbs` [F] and `scale` [F] (1 for columns of zeros).
 *
 * @example
 * const scaler = await maxAbsScaler().fit([[1], [-4]])
 * await (await scaler.transform([[2]])).toArray() // [[0.5]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const maxAbsScaler = defineTransformer({
  name: 'maxAbsScaler',
  summary: 'Columns from −1 to 1: x / max |x|.',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  input: 'sparse',
  missing: 'allowed',
  options: defineOptions({}),
  fit: ({ X }) => {
    const { least, most } = columnExtremes(X)
    const maxAbs = most.map((x, j) => Math.max(Math.abs(x), Math.abs(least[j]!)))
    return { maxAbs, scale: divisible(maxAbs) }
  },
  methods: {
    transform: ({ state }, X: Rows): Rows => standardised(X, null, state.scale),
    inverseTransform: ({ state, nFeaturesIn }, X: Rows): Rows => {
      requireWidth('maxAbsScaler.inverseTransform', X, nFeaturesIn)
      return unstandardised(X, null, state.scale)
    },
  },
  functions: sameNames,
})
