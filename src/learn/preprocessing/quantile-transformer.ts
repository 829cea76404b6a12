import { anInteger, defineOptions, either, integer, nothing, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { normalInverse, normalTails } from '../../stats/special/normal.ts'
import { defineTransformer } from '../core/define.ts'
import { randomState } from '../core/rules.ts'
import { takeDense } from '../core/take-rows.ts'
import { requireWidth } from './affine.ts'
import { sameNames } from './names-out.ts'
import { linearQuantile, sortedColumns } from './quantiles.ts'

/** What lies so near to the ends counts as an end, so that no number becomes infinite. */
const edge = 1e-7

/**
 * Columns by their rank: uniform from 0 to 1, or normal. The distribution function is taken from `nQuantiles` quantiles, linear between them; what
 * lies outside of what was learned goes to the ends. NaN does not count and stays.
 *
 * The model has `quantiles` [nQuantiles, F], `references` [nQuantiles] and `nQuantiles` (at most the number of rows).
 *
 * @example
 * const model = await quantileTransformer({ nQuantiles: 3 }).fit([[1], [2], [100]])
 * await (await model.transform([[51]])).toArray() // [[0.75]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const quantileTransformer = defineTransformer({
  name: 'quantileTransformer',
  summary: 'Columns by their rank, uniform or normal: F⁻¹(quantile of x).',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  missing: 'allowed',
  options: defineOptions({
    nQuantiles: integer({ min: 1, default: 1000, help: 'how many quantiles are learned, at most one a row' }),
    outputDistribution: oneOf(['uniform', 'normal'], { default: 'uniform', help: 'how the columns are distributed' }),
    subsample: either([nothing, anInteger({ min: 1 })], {
      default: 10_000,
      help: 'from how many rows, drawn at random, quantiles are learned; null: from all',
    }),
    randomState,
  }),
  fit: ({ X, random }, { nQuantiles: wanted, subsample }) => {
    const nQuantiles = Math.max(1, Math.min(wanted, X.rows))
    const references = Float64Array.from({ length: nQuantiles }, (_, k) =>
      nQuantiles === 1 ? 0 : k === nQuantiles - 1 ? 1 : k * (1 / (nQuantiles - 1)),
    )
    const rows = subsample !== null && subsample < X.rows ? takeDense(X, random.sample(X.rows, subsample)) : X
    const quantiles = dense(nQuantiles, X.columns)
    for (const [j, values] of sortedColumns(rows).entries())
      for (let k = 0; k < nQuantiles; k++)
        quantiles.data[k * X.columns + j] = linearQuantile(values, (references[k]! * 100) / 100)
    return { quantiles, references, nQuantiles }
  },
  methods: {
    transform: ({ state, options }, X: Dense): Dense =>
      byColumn(X, state.quantiles, quantiles => {
        const { references } = state
        const n = quantiles.length
        const [low, high] = [quantiles[0]!, quantiles[n - 1]!]
        const normal = options.outputDistribution === 'normal'
        const near = normal ? edge : 0
        return x => {
          // The middle between the first and the last place of a value that comes several times.
          const share =
            x - near < low || (near === 0 && x === low)
              ? 0
              : x + near > high || (near === 0 && x === high)
                ? 1
                : (interpolated(x, quantiles, references, false) + interpolated(x, quantiles, references, true)) / 2
          return normal ? bounded(normalInverse(share)) : share
        }
      }),
    inverseTransform: ({ state, options, nFeaturesIn }, X: Dense): Dense => {
      requireWidth('quantileTransformer.inverseTransform', X, nFeaturesIn)
      return byColumn(X, state.quantiles, quantiles => {
        const n = quantiles.length
        const normal = options.outputDistribution === 'normal'
        return x => {
          const share = normal ? normalTails(x).lower : x
          const near = normal ? edge : 0
          if (share - near < 0 || (near === 0 && share === 0)) return quantiles[0]!
          if (share + near > 1 || (near === 0 && share === 1)) return quantiles[n - 1]!
          return interpolated(share, state.references, quantiles, true)
        }
      })
    },
  },
  functions: sameNames,
})

const lowest = normalInverse(edge - Number.EPSILON)
const bounded = (x: number): number => Math.min(-lowest, Math.max(lowest, x))

const byColumn = (X: Dense, quantiles: Dense, make: (quantiles: Float64Array) => (x: number) => number): Dense => {
  const { rows, columns } = X
  const out = dense(rows, columns)
  for (let j = 0; j < columns; j++) {
    const map = make(
      Float64Array.from({ length: quantiles.rows }, (_, k) => quantiles.data[k * quantiles.columns + j]!),
    )
    for (let i = j; i < out.data.length; i += columns) {
      const x = X.data[i]!
      out.data[i] = Number.isNaN(x) ? x : map(x)
    }
  }
  return out
}

/** Linear between the places of x among ascending ones; among equal places the last one (`upper`) or the first. */
const interpolated = (x: number, places: Float64Array, values: Float64Array, upper: boolean): number => {
  const n = places.length
  if (upper ? x < places[0]! : x <= places[0]!) return values[0]!
  if (upper ? x >= places[n - 1]! : x > places[n - 1]!) return values[n - 1]!
  let low = 0
  let high = n - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (upper ? places[middle]! <= x : places[middle]! < x) low = middle
    else high = middle
  }
  const width = places[high]! - places[low]!
  return width === 0 ? values[low]! : values[low]! + ((x - places[low]!) / width) * (values[high]! - values[low]!)
}
