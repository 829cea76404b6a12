import { ArgumentError } from '../../core/errors.ts'
import { anInteger, aWord, defineOptions, either, nothing } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier, defineRegressor } from '../core/define.ts'
import { radius } from './nearest-neighbors.ts'
import { rowsWithin, type RowsWithin } from './results.ts'
import { buildIndex, type Index, searchOptions, withinHere } from './search.ts'
import { means, votes, weights } from './votes.ts'

interface Searched {
  readonly state: { readonly _index: Index }
  readonly options: { readonly radius: number }
}
const neighborsOf = ({ state, options }: Searched, X: Dense) => {
  const found = withinHere(state._index, X, options.radius, true)
  return { ...found, startOf: (row: number): number => found.indptr[row]! }
}
const radiusNeighbors = (fit: Searched, X: Dense): RowsWithin => rowsWithin(neighborsOf(fit, X))

const outlierCode = (given: null | 'mostFrequent' | number, y: Int32Array, classCount: number): number => {
  if (given === null) return -1
  const counts = new Int32Array(classCount)
  for (const code of y) counts[code]!++
  if (given === 'mostFrequent') return counts.indexOf(Math.max(...counts))
  if (given < classCount) return given
  throw new ArgumentError(
    `radiusNeighborsClassifier: outlierLabel must be the position of a class, from 0 to ${classCount - 1}; got ${given}.`,
  )
}

/**
 * The class that most rows within a radius have: `p(k | x) = Σ wᵢ [yᵢ = k] / Σ wᵢ` over the rows nearer than `radius`.
 *
 * A row without neighbours is an error, unless `outlierLabel` says which class it gets: its position, from 0, in ascending order, or
 * `'mostFrequent'`. The model has `predictProba` and `radiusNeighbors(X)`.
 *
 * @throws ArgumentError for a row without neighbours
 * @example
 * const model = await radiusNeighborsClassifier({ radius: 2 }).fit([[0], [5]], ['low', 'high'])
 * await model.predict([[1]]) // ['low']
 *
 * Source: Fix & Hodges 1951.
 */
export const radiusNeighborsClassifier = defineClassifier({
  name: 'radiusNeighborsClassifier',
  summary: 'The class that most rows within a radius have.',
  source: 'Fix & Hodges 1951',
  oneClass: true,
  options: defineOptions({
    radius,
    weights,
    outlierLabel: either([nothing, aWord(['mostFrequent']), anInteger({ min: 0 })], {
      default: null,
      help: 'the class of a row without neighbours: its position in ascending order, or mostFrequent; null is an error',
    }),
    ...searchOptions,
  }),
  fit: ({ X, y, classCount }, options) => ({
    nSamplesFit: X.rows,
    _index: buildIndex(X, options, 'radiusNeighborsClassifier.fit'),
    _y: y,
    _outlier: outlierCode(options.outlierLabel, y, classCount),
  }),
  methods: {
    predictProba: (fit, X: Dense): Dense => {
      const K = fit.classes.length
      const out = votes(neighborsOf(fit, X), fit.state._y, { rows: X.rows, K, weights: fit.options.weights })
      for (let i = 0; i < X.rows; i++) {
        let total = 0
        for (let k = 0; k < K; k++) total += out[i * K + k]!
        if (total === 0) {
          if (fit.state._outlier < 0) throw lonely('radiusNeighborsClassifier', i, fit.options.radius)
          out[i * K + fit.state._outlier] = 1
        } else for (let k = 0; k < K; k++) out[i * K + k]! /= total
      }
      return dense(X.rows, K, out)
    },
    radiusNeighbors,
  },
})

const lonely = (name: string, row: number, radius: number): ArgumentError =>
  new ArgumentError(
    `${name}.predict: row ${row} has no neighbour within ${radius}. Take a larger radius${name.endsWith('Classifier') ? ', or say with outlierLabel what such rows are' : ''}.`,
    { row },
  )

/**
 * The weighted mean of the targets of the rows within a radius: `ŷ = Σ wᵢ yᵢ / Σ wᵢ`. Targets may be several numbers a row.
 *
 * The model has `radiusNeighbors(X)`, which gives lists of distances and indices.
 *
 * @throws ArgumentError in `predict` for a row without neighbours
 * @example
 * const model = await radiusNeighborsRegressor({ radius: 1 }).fit([[0], [1], [9]], [10, 20, 90])
 * await (await model.predict([[0.5]])).toArray() // [15]
 *
 * Source: Fix & Hodges 1951.
 */
export const radiusNeighborsRegressor = defineRegressor({
  name: 'radiusNeighborsRegressor',
  summary: 'The weighted mean of the targets of the rows within a radius.',
  source: 'Fix & Hodges 1951',
  target: 'numbers',
  options: defineOptions({ radius, weights, ...searchOptions }),
  fit: ({ X, y, single }, options) => ({
    nSamplesFit: X.rows,
    _index: buildIndex(X, options, 'radiusNeighborsRegressor.fit'),
    _Y: y,
    _single: single,
  }),
  methods: {
    predict: (fit, X: Dense): Float64Array | Dense => {
      const { _Y, _single } = fit.state
      const found = neighborsOf(fit, X)
      for (let i = 0; i < X.rows; i++)
        if (found.indptr[i] === found.indptr[i + 1]) throw lonely('radiusNeighborsRegressor', i, fit.options.radius)
      const out = means(found, _Y, { rows: X.rows, weights: fit.options.weights })
      return _single ? out : dense(X.rows, _Y.columns, out)
    },
    radiusNeighbors,
  },
})
