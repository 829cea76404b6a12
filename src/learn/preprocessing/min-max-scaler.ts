import { aFlag, defineOptions, either } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { divisible, requireWidth, standardised, unstandardised } from './affine.ts'
import { columnExtremes } from './moments.ts'
import { sameNames } from './names-out.ts'
import { aRange } from './ranges.ts'

/**
 * Columns from 0 to 1, or within another range: `(x − min) / (max − min) · (high − low) + low`. New rows may lie outside unless `clip` is set. NaN
 * does not count and stays.
 *
 * The model has `dataMin`, `dataMax`, `dataRange`, `scale` and `min`, each [F]: transformed is `x · scale + min`.
 *
 * @example
 * const scaler = await minMaxScaler().fit([[1], [3], [5]])
 * await (await scaler.transform([[2]])).toArray() // [[0.25]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const minMaxScaler = defineTransformer({
  name: 'minMaxScaler',
  summary: 'Columns within a range: (x − min) / (max − min), stretched from low to high.',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  missing: 'allowed',
  options: defineOptions({
    featureRange: either([aRange()], { default: [0, 1], help: 'the least and the largest value of a column' }),
    clip: either([aFlag], { default: false, help: 'whether what lies outside is put on the border' }),
  }),
  fit: ({ X }, { featureRange: [low, high] }) => {
    const { least: dataMin, most: dataMax } = columnExtremes(X)
    const dataRange = dataMax.map((x, j) => x - dataMin[j]!)
    const scale = divisible(dataRange).map(range => (high! - low!) / range)
    const min = dataMin.map((x, j) => low! - x * scale[j]!)
    return { dataMin, dataMax, dataRange, scale, min }
  },
  methods: {
    transform: ({ state, options }, X: Dense) => {
      const out = unstandardised(X, state.min, state.scale) as Dense
      const [low, high] = options.featureRange as readonly [number, number]
      // A comparison with NaN is false, so that NaN stays.
      if (options.clip) {
        for (let k = 0; k < out.data.length; k++) {
          if (out.data[k]! < low) out.data[k] = low
          else if (out.data[k]! > high) out.data[k] = high
        }
      }
      return out
    },
    inverseTransform: ({ state, nFeaturesIn }, X: Dense) => {
      requireWidth('minMaxScaler.inverseTransform', X, nFeaturesIn)
      return standardised(X, state.min, state.scale) as Dense
    },
  },
  functions: sameNames,
})
