import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { aNumber, anInteger, defineOptions, either, nothing, oneOf } from '../../core/options.ts'
import type { Meaning } from '../../core/options.ts'
import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import { defineClusterer, defineTransformer } from '../core/define.ts'
import { type Csr, isCsr } from '../core/sparse.ts'
import { csrFromDense } from '../numeric/csr.ts'
import { type NeighborMetric, neighborMetrics, reducedMetric } from '../neighbors/metric.ts'
import { constrainedTree } from './constrained-linkage.ts'
import { aMatrix, matrixOf } from './initial-centres.ts'
import { chainMerges, cutTree, type Linkage, linkages, type MergeTree, treeOf } from './linkage.ts'

/** A graph of rows: nested numbers or a sparse matrix, with something other than 0 where two may merge. */
const aGraph: Meaning<Csr | readonly (readonly number[])[]> = {
  ...aMatrix,
  expected: 'a sparse matrix or a list of rows of numbers',
  accepts: (value): value is Csr | readonly (readonly number[])[] =>
    aMatrix.accepts(value) || (typeof value === 'object' && value !== null && 'indptr' in value && isCsr(value as Csr)),
}

const options = {
  nClusters: either([anInteger({ min: 1 }), nothing], {
    default: 2,
    help: 'how many clusters; null where distanceThreshold says it',
  }),
  metric: oneOf(neighborMetrics, { default: 'euclidean', help: 'what distance is; ward needs euclidean' }),
  connectivity: either([nothing, aGraph], { default: null, help: 'which rows may merge; null: all' }),
  linkage: oneOf(linkages, {
    default: 'ward',
    help: 'the distance of clusters: growth of the squares, the farthest, the mean, or the nearest pair of rows',
  }),
  distanceThreshold: either([nothing, aNumber({ min: 0 })], {
    default: null,
    help: 'clusters at this distance or more are not merged; nClusters must be null then',
  }),
} as const

interface Settings {
  readonly nClusters: number | null
  readonly metric: NeighborMetric
  readonly connectivity: null | Csr | readonly (readonly number[])[]
  readonly linkage: Linkage
  readonly distanceThreshold: number | null
}

/** The distances of all rows to each other. */
export const allDistances = ({ rows: N, columns: F, data }: Dense, metric: NeighborMetric): Dense => {
  const out = dense(N, N)
  const { between, finish } = reducedMetric(metric, 2)
  for (let i = 0; i < N; i++)
    for (let j = 0; j < i; j++) {
      const distance = finish(between(data, i * F, data, j * F, F))
      out.data[i * N + j] = distance
      out.data[j * N + i] = distance
    }
  return out
}

const check = ({ nClusters, metric, linkage, distanceThreshold }: Settings, where: string): void => {
  if ((nClusters === null) === (distanceThreshold === null)) {
    throw new ArgumentError(
      `${where}: one of nClusters and distanceThreshold must be given, and the other null; got ${nClusters} and ${distanceThreshold}.`,
    )
  }
  if (linkage === 'ward' && metric !== 'euclidean') {
    throw new ArgumentError(
      `${where}: linkage "ward" needs the metric "euclidean"; got ${JSON.stringify(metric)}. Take another linkage.`,
    )
  }
}

const graphOf = (given: Csr | readonly (readonly number[])[], N: number, where: string): Csr => {
  const graph = Array.isArray(given) ? csrFromDense(matrixOf(given as readonly (readonly number[])[])) : (given as Csr)
  if (graph.rows === N && graph.columns === N) return graph
  throw new ShapeError(
    `${where}: connectivity is [${graph.rows}, ${graph.columns}]; with ${N} rows it must be [${N}, ${N}].`,
  )
}

const mergeTree = (X: Dense, { metric, linkage, connectivity }: Settings, where: string): MergeTree => {
  if (connectivity) {
    if (metric === 'precomputed')
      throw new ArgumentError(`${where}: connectivity cannot be had with metric "precomputed". Leave one of them out.`)
    return constrainedTree(X, graphOf(connectivity, X.rows, where), { linkage, metric })
  }
  if (metric === 'precomputed' && X.rows !== X.columns) {
    throw new ShapeError(
      `${where}: X is [${X.rows}, ${X.columns}]; with metric "precomputed" it must be square, the distances of the rows to each other.`,
    )
  }
  const distances = metric === 'precomputed' ? dense(X.rows, X.rows, X.data.slice()) : allDistances(X, metric)
  return treeOf(chainMerges(distances, linkage), X.rows)
}

/** The whole tree, and its clusters. */
export const agglomerate = (X: Dense, settings: Settings, where: string) => {
  check(settings, where)
  const { nClusters, distanceThreshold } = settings
  const N = X.rows
  if (nClusters !== null && nClusters > N) {
    throw new ShapeError(
      `${where}: X has ${N} ${N === 1 ? 'row' : 'rows'}, fewer than nClusters, ${nClusters}. Pass at least as many rows as clusters.`,
    )
  }
  const tree = mergeTree(X, settings, where)
  const count = nClusters ?? tree.distances.filter(distance => distance >= distanceThreshold!).length + 1
  const children = dense(N - 1, 2, Float64Array.from(tree.children))
  return { labels: cutTree(tree, N, count), children, distances: tree.distances, nClusters: count, nLeaves: N }
}

/**
 * Agglomerative clustering: every row begins as a cluster, and the two nearest clusters are merged, again and again. What is near is told
 * by `linkage`: `√(2 nₐn_b / (nₐ + n_b)) ‖μₐ − μ_b‖` (ward), or the farthest, mean or least distance of their rows. In O(N²) time and
 * memory; with `connectivity` along the edges of a graph only.
 *
 * The model has `labels` [N], numbered by their first rows, `nClusters`, `nLeaves` (N), and the whole tree: `children` [N − 1, 2] (row i
 * joins two nodes into node N + i; nodes below N are rows) and `distances` [N − 1]. `dendrogram(model)` draws it.
 *
 * @throws ArgumentError unless one of nClusters and distanceThreshold is null; ShapeError where sizes do not fit
 * @example
 * const model = await agglomerativeClustering({ nClusters: 2 }).fit([[0], [1], [10], [11]])
 * await model.labels.toArray() // [0, 0, 1, 1]
 *
 * Source: Ward 1963; Lance & Williams 1967; Murtagh 1983.
 */
export const agglomerativeClustering = defineClusterer({
  name: 'agglomerativeClustering',
  summary: 'The two nearest clusters are merged, again and again, from single rows on.',
  source: 'Ward 1963; Lance & Williams 1967; Murtagh 1983',
  minRows: 2,
  options: defineOptions(options),
  fit: ({ X }, settings) => agglomerate(X, settings, 'agglomerativeClustering.fit'),
})

/**
 * Feature agglomeration: features that go together, by {@link agglomerativeClustering} of the columns, are replaced by their mean.
 *
 * The model has `labels` [F], the cluster of each feature, `children`, `distances`, `nClusters` and `nLeaves` (F); `transform` gives
 * [N, nClusters], `inverseTransform` each feature its cluster's mean.
 *
 * @throws ArgumentError unless one of nClusters and distanceThreshold is null
 * @example
 * const model = await featureAgglomeration({ nClusters: 2 }).fit([[0, 1, 9], [1, 0, 5]])
 * await (await model.transform([[2, 4, 7]])).toArray() // [[3, 7]]
 *
 * Source: Ward 1963.
 */
export const featureAgglomeration = defineTransformer({
  name: 'featureAgglomeration',
  summary: 'Features that go together are replaced by their mean.',
  source: 'Ward 1963',
  options: defineOptions(options),
  fit: ({ X }, settings) => {
    if (X.columns > 1) return agglomerate(transposed(X), settings, 'featureAgglomeration.fit')
    return {
      labels: new Int32Array(1),
      children: dense(0, 2),
      distances: new Float64Array(0),
      nClusters: 1,
      nLeaves: 1,
    }
  },
  methods: {
    transform: ({ state: { labels, nClusters: K } }, X: Dense): Dense => {
      const counts = new Float64Array(K)
      for (const label of labels) counts[label]!++
      const out = dense(X.rows, K)
      for (let i = 0; i < X.rows; i++)
        for (let j = 0; j < labels.length; j++)
          out.data[i * K + labels[j]!]! += X.data[i * X.columns + j]! / counts[labels[j]!]!
      return out
    },
    inverseTransform: ({ state: { labels } }, X: Dense): Dense => {
      const F = labels.length
      return dense(
        X.rows,
        F,
        Float64Array.from({ length: X.rows * F }, (_, at) => X.data[Math.floor(at / F) * X.columns + labels[at % F]!]!),
      )
    },
  },
})
