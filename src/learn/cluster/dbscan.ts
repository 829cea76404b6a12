import { defineOptions, integer, number } from '../../core/options.ts'
import { defineClusterer } from '../core/define.ts'
import { takeDense } from '../core/take-rows.ts'
import { buildIndex, searchOptions, withinHere } from '../neighbors/search.ts'

/**
 * DBSCAN: rows with at least `minSamples` rows (themselves counted) within `eps` are cores; cores within `eps` of each other share a
 * cluster, other rows near a core join it, and the rest is noise (-1).
 *
 * The model has `labels` [N], `coreSampleIndices` and `components` (the cores' rows). Weights of rows count as that many rows.
 *
 * @throws ArgumentError for a tree with a metric that it does not know
 * @example
 * const model = await dbscan({ eps: 1.5, minSamples: 2 }).fit([[0], [1], [2], [9], [10], [50]])
 * await model.labels.toArray() // [0, 0, 0, 1, 1, -1]
 *
 * Source: Ester et al. 1996.
 */
export const dbscan = defineClusterer({
  name: 'dbscan',
  summary: 'Clusters are what is connected by rows with at least minSamples rows within eps; the rest is noise.',
  source: 'Ester, Kriegel, Sander & Xu 1996',
  sampleWeight: true,
  options: defineOptions({
    eps: number({ above: 0, default: 0.5, help: 'how far neighbours may be' }),
    minSamples: integer({ min: 1, default: 5, help: 'how many rows within eps make a row a core, itself counted' }),
    ...searchOptions,
  }),
  fit: ({ X, sampleWeight }, options) => {
    const { eps, minSamples } = options
    const N = X.rows
    const { indptr, indices } = withinHere(buildIndex(X, options, 'dbscan.fit'), X, eps, false)
    const core = new Uint8Array(N)
    for (let i = 0; i < N; i++) {
      let count = indptr[i + 1]! - indptr[i]!
      if (sampleWeight) {
        count = 0
        for (let c = indptr[i]!; c < indptr[i + 1]!; c++) count += sampleWeight[indices[c]!]!
      }
      if (count >= minSamples) core[i] = 1
    }
    const labels = new Int32Array(N).fill(-1)
    const stack = new Int32Array(N)
    let clusters = 0
    for (let first = 0; first < N; first++) {
      if (core[first] === 0 || labels[first]! >= 0) continue
      let depth = 0
      labels[first] = clusters
      stack[depth++] = first
      while (depth > 0) {
        const i = stack[--depth]!
        for (let c = indptr[i]!; c < indptr[i + 1]!; c++) {
          const j = indices[c]!
          if (labels[j]! >= 0) continue
          labels[j] = clusters
          if (core[j] === 1) stack[depth++] = j
        }
      }
      clusters++
    }
    const coreSampleIndices = Int32Array.from(core.keys()).filter(i => core[i] === 1)
    return { labels, coreSampleIndices, components: takeDense(X, coreSampleIndices) }
  },
})
