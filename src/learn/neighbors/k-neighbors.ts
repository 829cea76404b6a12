import { defineOptions } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier, defineRegressor } from '../core/define.ts'
import { nNeighbors } from './nearest-neighbors.ts'
import { type NearestRows, nearestRows } from './results.ts'
import { buildIndex, type Index, kNearest, requireNeighbors, searchOptions } from './search.ts'
import { means, votes, weights } from './votes.ts'

const options = defineOptions({ nNeighbors, weights, ...searchOptions })

interface Searched {
  readonly state: { readonly _index: Index }
  readonly options: { readonly nNeighbors: number; readonly nJobs: number }
}
const neighborsOf = async ({ state, options: { nNeighbors, nJobs } }: Searched, X: Dense) => ({
  ...(await kNearest(state._index, X, nNeighbors, nJobs)),
  startOf: (row: number): number => row * nNeighbors,
})
const kneighbors = async (fit: Searched, X: Dense): Promise<NearestRows> =>
  nearestRows(await neighborsOf(fit, X), X.rows)

/**
 * The class that most of the k nearest rows have: `p(k | x) = Σ wᵢ [yᵢ = k] / Σ wᵢ` over the neighbours of x.
 *
 * The model has `predictProba` and `kneighbors(X)`, which gives `{ distances, indices }`. Features of other scales weigh otherwise in the
 * distance: scale them first.
 *
 * @throws ArgumentError where there are fewer rows than neighbours
 * @example
 * const model = await kNeighborsClassifier({ nNeighbors: 1 }).fit([[0], [5]], ['low', 'high'])
 * await model.predict([[1]]) // ['low']
 *
 * Source: Fix & Hodges 1951; Cover & Hart 1967.
 */
export const kNeighborsClassifier = defineClassifier({
  name: 'kNeighborsClassifier',
  summary: 'The class that most of the k nearest rows have.',
  source: 'Fix & Hodges 1951; Cover & Hart 1967',
  oneClass: true,
  options,
  fit: ({ X, y }, given) => {
    requireNeighbors('kNeighborsClassifier.fit', given.nNeighbors, X.rows)
    return { nSamplesFit: X.rows, _index: buildIndex(X, given, 'kNeighborsClassifier.fit'), _y: y }
  },
  methods: {
    predictProba: async (fit, X: Dense): Promise<Dense> => {
      const K = fit.classes.length
      const out = votes(await neighborsOf(fit, X), fit.state._y, { rows: X.rows, K, weights: fit.options.weights })
      for (let i = 0; i < X.rows; i++) {
        let total = 0
        for (let k = 0; k < K; k++) total += out[i * K + k]!
        for (let k = 0; k < K; k++) out[i * K + k]! /= total || 1
      }
      return dense(X.rows, K, out)
    },
    kneighbors,
  },
})

/**
 * The weighted mean of the targets of the k nearest rows: `ŷ = Σ wᵢ yᵢ / Σ wᵢ`. Targets may be several numbers a row.
 *
 * The model has `kneighbors(X)`, which gives `{ distances, indices }`.
 *
 * @throws ArgumentError where there are fewer rows than neighbours
 * @example
 * const model = await kNeighborsRegressor({ nNeighbors: 2 }).fit([[0], [1], [9]], [10, 20, 90])
 * await (await model.predict([[0.4]])).toArray() // [15]
 *
 * Source: Fix & Hodges 1951; Altman 1992.
 */
export const kNeighborsRegressor = defineRegressor({
  name: 'kNeighborsRegressor',
  summary: 'The weighted mean of the targets of the k nearest rows.',
  source: 'Fix & Hodges 1951; Altman 1992',
  target: 'numbers',
  options,
  fit: ({ X, y, single }, given) => {
    requireNeighbors('kNeighborsRegressor.fit', given.nNeighbors, X.rows)
    return { nSamplesFit: X.rows, _index: buildIndex(X, given, 'kNeighborsRegressor.fit'), _Y: y, _single: single }
  },
  methods: {
    predict: async (fit, X: Dense): Promise<Float64Array | Dense> => {
      const { _Y, _single } = fit.state
      const out = means(await neighborsOf(fit, X), _Y, { rows: X.rows, weights: fit.options.weights })
      return _single ? out : dense(X.rows, _Y.columns, out)
    },
    kneighbors,
  },
})
