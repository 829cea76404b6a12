import { aNumber, defineOptions, either, integer, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClusterer } from '../core/define.ts'
import { maxIter, randomState } from '../core/rules.ts'
import { takeDense } from '../core/take-rows.ts'
import { pairwiseDistances } from '../numeric/distances.ts'
import { nClusters, requireRows } from './k-means.ts'
import { run as bestStart } from './k-means-task.ts'
import { distancesToOwn, meanVariance, nearestCentres } from './lloyd.ts'

interface Part {
  readonly node: number
  readonly rows: Int32Array
  readonly inertia: number
}

/**
 * Bisecting k-means: the cluster with the largest inertia (or the most rows) is split in two by k-means, until there are `nClusters`.
 *
 * The model has `clusterCenters` [nClusters, F], `labels` [N], `inertia` and the tree of splits, which `predict` walks down to the nearer
 * centre; `transform` gives distances to the centres.
 *
 * @throws ShapeError where there are fewer rows than clusters
 * @example
 * const model = await bisectingKMeans({ nClusters: 2, randomState: 0 }).fit([[0], [1], [10], [11]])
 * model.inertia // 1
 *
 * Source: Steinbach, Karypis & Kumar 2000.
 */
export const bisectingKMeans = defineClusterer({
  name: 'bisectingKMeans',
  summary: 'The worst cluster is split in two by k-means, until there are enough.',
  source: 'Steinbach, Karypis & Kumar 2000',
  sampleWeight: true,
  options: defineOptions({
    nClusters,
    init: oneOf(['random', 'k-means++'], { default: 'random', help: 'how the first centres of a split are chosen' }),
    nInit: integer({ min: 1, default: 1, help: 'starts of each split, of which the best is kept' }),
    maxIter: maxIter(300),
    tol: either([aNumber({ min: 0 })], {
      default: 1e-4,
      help: 'ends when centres move by less, in terms of the mean variance of the features',
    }),
    bisectingStrategy: oneOf(['biggestInertia', 'largestCluster'], {
      default: 'biggestInertia',
      help: 'which cluster is split',
    }),
    randomState,
  }),
  fit: ({ X, sampleWeight, random }, { nClusters: K, init, nInit, maxIter, tol, bisectingStrategy }) => {
    requireRows('bisectingKMeans.fit', X.rows, K)
    const tolerance = tol * meanVariance(X)
    const F = X.columns
    const centres: Float64Array[] = [meanRow(X, sampleWeight)]
    const children: number[] = [-1]
    const all = Int32Array.from({ length: X.rows }, (_, i) => i)
    const parts: Part[] = [{ node: 0, rows: all, inertia: Infinity }]
    const size = (part: Part): number =>
      part.rows.length < 2 ? -1 : bisectingStrategy === 'largestCluster' ? part.rows.length : part.inertia
    while (parts.length < K) {
      const at = parts.reduce((best, part, i) => (size(part) > size(parts[best]!) ? i : best), 0)
      const { node, rows } = parts[at]!
      const own = takeDense(X, rows)
      const weights = sampleWeight && Float64Array.from(rows, i => sampleWeight[i]!)
      const seeds = Array.from({ length: nInit }, () => random.seed())
      const split = bestStart({ X: own, weights, nClusters: 2, init, maxIter, tolerance }, seeds)
      const apart = distancesToOwn(own, split.centres, split.labels)
      children[node] = centres.length
      const pair = [0, 1].map((side): Part => {
        centres.push(split.centres.data.slice(side * F, (side + 1) * F))
        children.push(-1)
        let inertia = 0
        for (let r = 0; r < rows.length; r++)
          if (split.labels[r] === side) inertia += (weights ? weights[r]! : 1) * apart[r]!
        return { node: centres.length - 1, rows: rows.filter((_, r) => split.labels[r] === side), inertia }
      })
      parts.splice(at, 1, ...pair)
    }
    const labels = new Int32Array(X.rows)
    const label = new Int32Array(centres.length).fill(-1)
    for (const [k, { node, rows }] of parts.entries()) {
      label[node] = k
      for (const i of rows) labels[i] = k
    }
    const nodes = dense(centres.length, F, Float64Array.from(centres.flatMap(row => Array.from(row))))
    const clusterCenters = takeDense(
      nodes,
      parts.map(({ node }) => node),
    )
    const inertia = distancesToOwn(X, clusterCenters, labels).reduce(
      (sum, d, i) => sum + d * (sampleWeight ? sampleWeight[i]! : 1),
      0,
    )
    return { clusterCenters, labels, inertia, _nodes: nodes, _children: Int32Array.from(children), _label: label }
  },
  methods: {
    predict: ({ state: { _nodes, _children, _label } }, X: Dense): Int32Array => {
      const F = X.columns
      return Int32Array.from({ length: X.rows }, (_, i) => {
        const row = dense(1, F, X.data.slice(i * F, (i + 1) * F))
        let node = 0
        while (_children[node]! >= 0)
          node = _children[node]! + nearestCentres(row, takeDense(_nodes, [_children[node]!, _children[node]! + 1]))[0]!
        return _label[node]!
      })
    },
    transform: ({ state }, X: Dense): Promise<Dense> => pairwiseDistances(X, state.clusterCenters),
  },
})

const meanRow = ({ rows, columns, data }: Dense, weights: Float64Array | undefined): Float64Array => {
  const mean = new Float64Array(columns)
  let total = 0
  for (let i = 0; i < rows; i++) {
    const w = weights ? weights[i]! : 1
    total += w
    for (let j = 0; j < columns; j++) mean[j]! += w * data[i * columns + j]!
  }
  return mean.map(x => x / total)
}
