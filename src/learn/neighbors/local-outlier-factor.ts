import { aNumber, aWord, defineOptions, either, integer } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { weightedQuantile } from '../dummy/weighted-quantile.ts'
import { defineOutlierDetector } from '../core/define.ts'
import { buildIndex, type Index, kNearest, kNearestOthers, type Neighbors, searchOptions } from './search.ts'

interface LofState {
  readonly nNeighbors: number
  readonly _index: Index
  /** The distance of each row to its k-th neighbour, and the density there. */
  readonly _reach: Float64Array
  readonly _density: Float64Array
}

/** `1 / mean(max(distance, the neighbour's reach))` of each row. */
const densities = ({ distances, indices }: Neighbors, k: number, reach: Float64Array): Float64Array =>
  Float64Array.from({ length: indices.length / k }, (_, i) => {
    let total = 0
    for (let c = i * k; c < (i + 1) * k; c++) total += Math.max(distances[c]!, reach[indices[c]!]!)
    // Equal rows would be infinitely dense.
    return 1 / (total / k + 1e-10)
  })
/** Minus the mean of the neighbours' densities in terms of the row's own. */
const factors = ({ indices }: Neighbors, k: number, own: Float64Array, density: Float64Array): Float64Array =>
  own.map((value, i) => {
    let total = 0
    for (let c = i * k; c < (i + 1) * k; c++) total += density[indices[c]!]! / value
    return -total / k
  })

const scores = async (
  { state, options }: { readonly state: LofState; readonly options: { readonly nJobs: number } },
  X: Dense,
): Promise<Float64Array> => {
  const { nNeighbors: k, _index, _reach, _density } = state
  const found = await kNearest(_index, X, k, options.nJobs)
  return factors(found, k, densities(found, k, _reach), _density)
}

/**
 * Local outlier factor: how much denser a row's neighbours lie than the row itself, `LOF = mean(ρ(neighbours)) / ρ(x)` with the density
 * `ρ = 1 / mean(max(d(x, o), dₖ(o)))` over the k nearest o.
 *
 * The model has `labels` [N] of the rows of `fit`, each judged among the others (1 ordinary, -1 outlier), `negativeOutlierFactor` [N]
 * (about -1 for ordinary rows), `nNeighbors` and `offset`. For new rows (novelties) there are `predict`, `decisionFunction` and
 * `scoreSamples`; a row of `fit` given to them would be its own neighbour.
 *
 * @throws ShapeError for fewer than 2 rows
 * @example
 * const model = await localOutlierFactor({ nNeighbors: 2 }).fit([[0], [1], [2], [3], [50]])
 * await model.labels.toArray() // [1, 1, 1, 1, -1]
 *
 * Source: Breunig et al. 2000.
 */
export const localOutlierFactor = defineOutlierDetector({
  name: 'localOutlierFactor',
  summary: 'How much denser the neighbours of a row lie than the row itself.',
  source: 'Breunig, Kriegel, Ng & Sander 2000',
  minRows: 2,
  options: defineOptions({
    nNeighbors: integer({ min: 1, default: 20, help: 'how many neighbours; of fewer rows all others' }),
    ...searchOptions,
    contamination: either([aWord(['auto']), aNumber({ above: 0, max: 0.5 })], {
      default: 'auto',
      help: 'the share of outliers, which sets the offset; auto: a factor above 1.5',
    }),
  }),
  fit: async ({ X }, options) => {
    const k = Math.min(options.nNeighbors, X.rows - 1)
    const index = buildIndex(X, options, 'localOutlierFactor.fit')
    const found = await kNearestOthers(index, k, options.nJobs)
    const reach = Float64Array.from({ length: X.rows }, (_, i) => found.distances[i * k + k - 1]!)
    const density = densities(found, k, reach)
    const factor = factors(found, k, density, density)
    const offset = options.contamination === 'auto' ? -1.5 : weightedQuantile(factor, options.contamination)
    return {
      nNeighbors: k,
      negativeOutlierFactor: factor,
      offset,
      labels: Int32Array.from(factor, value => (value < offset ? -1 : 1)),
      _index: index,
      _reach: reach,
      _density: density,
    }
  },
  methods: {
    scoreSamples: (fit, X: Dense): Promise<Float64Array> => scores(fit, X),
    decisionFunction: async (fit, X: Dense): Promise<Float64Array> =>
      (await scores(fit, X)).map(score => score - fit.state.offset),
    predict: async (fit, X: Dense): Promise<Int32Array> =>
      Int32Array.from(await scores(fit, X), score => (score - fit.state.offset < 0 ? -1 : 1)),
  },
})
