import { defineOptions, integer, number } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import type { Csr } from '../core/sparse.ts'
import { type GraphMode, graphOf, type NearestRows, nearestRows, rowsWithin, type RowsWithin } from './results.ts'
import {
  buildIndex,
  type Index,
  kNearest,
  kNearestOthers,
  requireNeighbors,
  searchOptions,
  withinHere,
} from './search.ts'

export const nNeighbors = integer({ min: 1, default: 5, help: 'how many neighbours' })
export const radius = number({ min: 0, default: 1, help: 'how far neighbours may be' })

interface Searched {
  readonly state: { readonly _index: Index }
  readonly options: { readonly nNeighbors: number; readonly radius: number; readonly nJobs: number }
}
interface Count {
  readonly nNeighbors?: number
}
interface Radius {
  readonly radius?: number
}
interface Mode {
  readonly mode?: GraphMode
}

const search = ({ state, options }: Searched, X: Dense, nNeighbors: number, where: string) => {
  requireNeighbors(where, nNeighbors, state._index.X.rows)
  return kNearest(state._index, X, nNeighbors, options.nJobs)
}
const others = ({ state, options }: Searched, nNeighbors: number, where: string) => {
  requireNeighbors(where, nNeighbors, state._index.X.rows - 1)
  return kNearestOthers(state._index, nNeighbors, options.nJobs)
}

/**
 * Searches rows for those nearest to others, exactly: by a k-d tree or ball tree, or by comparing all (Euclidean distances by products in
 * float32 whose candidates are measured again in float64).
 *
 * The model has `nSamplesFit`. `kneighbors(X, { nNeighbors })` gives `{ distances, indices }` [Q, k], the nearest first and of equal ones
 * the lower number; `ownNeighbors()` those of each row of `fit` among the others; `radiusNeighbors(X, { radius })` lists of all within a
 * radius; `kneighborsGraph` and `radiusNeighborsGraph` (`mode: 'connectivity'` or `'distance'`) sparse matrices, and `transform` the graph
 * of the distances as a dense matrix, 0 where there is no neighbour.
 *
 * @throws ArgumentError where more neighbours are asked for than there are rows, and for a tree with a metric that it does not know
 * @example
 * const model = await nearestNeighbors({ nNeighbors: 1 }).fit([[0], [5], [9]])
 * const { indices } = await model.kneighbors([[6]])
 * await indices.toArray() // [[1]]
 *
 * Source: Fix & Hodges 1951; Bentley 1975 (k-d tree); Omohundro 1989 (ball tree).
 */
export const nearestNeighbors = defineTransformer({
  name: 'nearestNeighbors',
  summary: 'The rows nearest to others, exactly, by a tree or by comparing all.',
  source: 'Fix & Hodges 1951; Bentley 1975; Omohundro 1989',
  options: defineOptions({ nNeighbors, radius, ...searchOptions }),
  fit: ({ X }, options) => ({ nSamplesFit: X.rows, _index: buildIndex(X, options, 'nearestNeighbors.fit') }),
  methods: {
    kneighbors: async (fit, X: Dense, { nNeighbors = fit.options.nNeighbors }: Count = {}): Promise<NearestRows> =>
      nearestRows(await search(fit, X, nNeighbors, 'nearestNeighbors.kneighbors'), X.rows),
    kneighborsGraph: async (
      fit,
      X: Dense,
      { nNeighbors = fit.options.nNeighbors, mode = 'connectivity' }: Count & Mode = {},
    ): Promise<Csr> =>
      graphOf(await search(fit, X, nNeighbors, 'nearestNeighbors.kneighborsGraph'), {
        rows: X.rows,
        columns: fit.state.nSamplesFit,
        mode,
      }),
    radiusNeighbors: (fit, X: Dense, { radius = fit.options.radius }: Radius = {}): RowsWithin =>
      rowsWithin(withinHere(fit.state._index, X, radius, true)),
    radiusNeighborsGraph: (
      fit,
      X: Dense,
      { radius = fit.options.radius, mode = 'connectivity' }: Radius & Mode = {},
    ): Csr =>
      graphOf(withinHere(fit.state._index, X, radius, true), { rows: X.rows, columns: fit.state.nSamplesFit, mode }),
    transform: async (fit, X: Dense): Promise<Dense> => {
      const { nSamplesFit: columns } = fit.state
      const k = Math.min(fit.options.nNeighbors, columns)
      const { distances, indices } = await search(fit, X, k, 'nearestNeighbors.transform')
      const data = new Float64Array(X.rows * columns)
      for (let c = 0; c < indices.length; c++) data[Math.floor(c / k) * columns + indices[c]!] = distances[c]!
      return { rows: X.rows, columns, data }
    },
  },
  functions: {
    ownNeighbors: async (fit, { nNeighbors = fit.options.nNeighbors }: Count = {}): Promise<NearestRows> =>
      nearestRows(await others(fit, nNeighbors, 'nearestNeighbors.ownNeighbors'), fit.state.nSamplesFit),
  },
})
