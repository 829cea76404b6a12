import { anInteger, defineOptions, either, flag, integer, nothing, number, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineClusterer } from '../core/define.ts'
import { reducedMetric } from '../neighbors/metric.ts'
import { buildIndex, type Index, kNearest, requireNeighbors, searchOptions } from '../neighbors/search.ts'
import { chooseClusters, condense } from './condensed-tree.ts'
import { type MergeTree, treeOf } from './linkage.ts'

/** The tree of single linkage over `max(core(i), core(j), d(i, j) / α)`, by Prim's minimum spanning tree. */
const mutualTree = ({ X, metric, p }: Index, core: Float64Array, alpha: number): MergeTree => {
  const [N, F] = [X.rows, X.columns]
  const reduced = metric === 'precomputed' ? null : reducedMetric(metric, p)
  const least = new Float64Array(N).fill(Infinity)
  const from = new Int32Array(N)
  const open = new Uint8Array(N).fill(1)
  const merges: { readonly a: number; readonly b: number; readonly distance: number }[] = []
  let at = 0
  open[0] = 0
  for (let step = 1; step < N; step++) {
    let [next, nearest] = [-1, Infinity]
    for (let j = 0; j < N; j++) {
      if (open[j] === 0) continue
      const distance = reduced ? reduced.finish(reduced.between(X.data, at * F, X.data, j * F, F)) : X.data[at * N + j]!
      const mutual = Math.max(core[at]!, core[j]!, distance / alpha)
      if (mutual < least[j]!) {
        least[j] = mutual
        from[j] = at
      }
      if (next < 0 || least[j]! < nearest) {
        nearest = least[j]!
        next = j
      }
    }
    merges.push({ a: from[next]!, b: next, distance: nearest })
    open[next] = 0
    at = next
  }
  return treeOf(
    merges.sort((x, y) => x.distance - y.distance),
    N,
  )
}

/**
 * HDBSCAN: DBSCAN at all radii at once. With the distance `max(coreₖ(x), coreₖ(y), d(x, y) / α)`, coreₖ the distance to the
 * `minSamples`-th nearest row (itself counted), the tree of single linkage is cut where clusters of at least `minClusterSize` rows last
 * longest.
 *
 * The model has `labels` [N] (-1: noise) and `probabilities` [N]: how far within its cluster a row lies, 0 for noise.
 * `clusterSelectionMethod` is `'eom'` (the most stable clusters) or `'leaf'` (the smallest). In O(N²) time.
 *
 * @throws ArgumentError where there are fewer rows than minSamples
 * @example
 * const model = await hdbscan({ minClusterSize: 3 }).fit([[0], [1], [2], [3], [20], [21], [22], [23], [99]])
 * await model.labels.toArray() // [0, 0, 0, 0, 1, 1, 1, 1, -1]
 *
 * Source: Campello, Moulavi & Sander 2013; McInnes & Healy 2017.
 */
export const hdbscan = defineClusterer({
  name: 'hdbscan',
  summary: 'DBSCAN at all radii: the clusters that last longest in the tree of mutual reachability.',
  source: 'Campello, Moulavi & Sander 2013; McInnes & Healy 2017',
  minRows: 2,
  options: defineOptions({
    minClusterSize: integer({ min: 2, default: 5, help: 'the fewest rows of a cluster' }),
    minSamples: either([nothing, anInteger({ min: 1 })], {
      default: null,
      help: 'how many rows, itself counted, make a place dense; null: minClusterSize',
    }),
    clusterSelectionEpsilon: number({ min: 0, default: 0, help: 'clusters are not split below this distance' }),
    maxClusterSize: either([nothing, anInteger({ min: 1 })], {
      default: null,
      help: 'larger clusters are split, with clusterSelectionMethod eom',
    }),
    alpha: number({ above: 0, default: 1, help: 'what distances are divided by' }),
    clusterSelectionMethod: oneOf(['eom', 'leaf'], {
      default: 'eom',
      help: 'the most stable clusters (excess of mass), or the leaves of the tree',
    }),
    allowSingleCluster: flag({ help: 'whether all may be one cluster' }),
    ...searchOptions,
  }),
  fit: async ({ X }: { readonly X: Dense }, options) => {
    const minSamples = Math.min(options.minSamples ?? options.minClusterSize, X.rows)
    if (options.minSamples !== null) requireNeighbors('hdbscan.fit', options.minSamples, X.rows, 'minSamples')
    const index = buildIndex(X, options, 'hdbscan.fit')
    const { distances } = await kNearest(index, X, minSamples, options.nJobs)
    const core = Float64Array.from({ length: X.rows }, (_, i) => distances[(i + 1) * minSamples - 1]!)
    const tree = mutualTree(index, core, options.alpha)
    return chooseClusters(condense(tree, X.rows, options.minClusterSize), X.rows, {
      method: options.clusterSelectionMethod,
      epsilon: options.clusterSelectionEpsilon,
      allowSingleCluster: options.allowSingleCluster,
      maxClusterSize: options.maxClusterSize,
    })
  },
})
