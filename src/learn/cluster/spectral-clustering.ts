import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { anInteger, defineOptions, either, integer, nothing, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClusterer } from '../core/define.ts'
import { randomState } from '../core/rules.ts'
import { buildIndex, nearestHere, requireNeighbors } from '../neighbors/search.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { allDistances } from './agglomerative-clustering.ts'
import { requireRows } from './k-means.ts'
import { run as bestStart } from './k-means-task.ts'
import { meanVariance } from './lloyd.ts'
import { clusterQr, discretize } from './spectral-labels.ts'

interface Affinity {
  readonly affinity: 'rbf' | 'nearestNeighbors' | 'precomputed'
  readonly gamma: number
  readonly nNeighbors: number
}
const where = 'spectralClustering.fit'

/** How alike any two rows are: [N, N], symmetric. */
const affinityMatrix = (X: Dense, { affinity, gamma, nNeighbors }: Affinity): Dense => {
  const N = X.rows
  if (affinity === 'rbf') {
    const out = allDistances(X, 'sqeuclidean')
    for (let at = 0; at < out.data.length; at++) out.data[at] = Math.exp(-gamma * out.data[at]!)
    return out
  }
  const out = dense(N, N)
  if (affinity === 'precomputed') {
    if (X.columns !== N) {
      throw new ShapeError(
        `${where}: X is [${N}, ${X.columns}]; with affinity "precomputed" it must be square, the likeness of the rows to each other.`,
      )
    }
    const negative = X.data.find(x => x < 0)
    if (negative !== undefined)
      throw new ArgumentError(`${where}: X has the value ${negative}; likenesses must be at least 0.`)
    for (let i = 0; i < N; i++)
      for (let j = 0; j < N; j++) out.data[i * N + j] = (X.data[i * N + j]! + X.data[j * N + i]!) / 2
    return out
  }
  const k = Math.min(nNeighbors, N)
  requireNeighbors(where, k, N)
  const index = buildIndex(X, { algorithm: 'auto', leafSize: 30, metric: 'euclidean', p: 2 }, where)
  const { indices } = nearestHere(index, X, k)
  for (let c = 0; c < indices.length; c++) {
    const [i, j] = [Math.floor(c / k), indices[c]!]
    out.data[i * N + j]! += 0.5
    out.data[j * N + i]! += 0.5
  }
  return out
}

/** The eigenvectors of the normalized Laplacian `I − D^−½ A D^−½` with the least eigenvalues, over the roots of the degrees: [N, count]. */
const spectralVectors = (affinity: Dense, count: number): Dense => {
  const N = affinity.rows
  const root = new Float64Array(N)
  const laplacian = dense(N, N)
  for (let i = 0; i < N; i++) {
    let degree = 0
    for (let j = 0; j < N; j++) if (j !== i) degree += affinity.data[i * N + j]!
    root[i] = degree > 0 ? Math.sqrt(degree) : 1
    laplacian.data[i * N + i] = degree > 0 ? 1 : 0
  }
  for (let i = 0; i < N; i++)
    for (let j = 0; j < N; j++)
      if (j !== i) laplacian.data[i * N + j] = -affinity.data[i * N + j]! / (root[i]! * root[j]!)
  const { vectors } = symmetricEigen(laplacian)
  const out = dense(N, count)
  for (let i = 0; i < N; i++)
    for (let k = 0; k < count; k++) out.data[i * count + k] = vectors.data[i * N + k]! / root[i]!
  return out
}

/**
 * Spectral clustering: rows by the eigenvectors with the least eigenvalues of `I − D^−½ A D^−½`, A telling how alike rows are and D its
 * row sums, and then clusters of these. Finds clusters of any shape that hang together.
 *
 * A is `exp(−γ ‖x − y‖²)` (`affinity: 'rbf'`), 1 or ½ for rows among each other's nearest (`'nearestNeighbors'`), or X itself
 * (`'precomputed'`). Labels come by k-means, by `'discretize'` or `'clusterQr'`, which draws nothing. The model has `labels` [N] and
 * `affinityMatrix` [N, N]. All eigenvalues are computed: up to a few thousand rows.
 *
 * @throws ShapeError for a precomputed affinity that is not square; ArgumentError for one below 0
 * @example
 * const model = await spectralClustering({ nClusters: 2, assignLabels: 'clusterQr' }).fit([[0], [1], [10], [11]])
 * const labels = await model.labels.data()
 * [labels[0] === labels[1], labels[0] === labels[2]] // [true, false]
 *
 * Source: Shi & Malik 2000; Ng, Jordan & Weiss 2001.
 */
export const spectralClustering = defineClusterer({
  name: 'spectralClustering',
  summary: 'Clusters of the eigenvectors with the least eigenvalues of I − D^−½ A D^−½.',
  source: 'Shi & Malik 2000; Ng, Jordan & Weiss 2001',
  options: defineOptions({
    nClusters: integer({ min: 1, default: 8, help: 'how many clusters' }),
    nComponents: either([nothing, anInteger({ min: 1 })], {
      default: null,
      help: 'how many eigenvectors; null: nClusters',
    }),
    affinity: oneOf(['rbf', 'nearestNeighbors', 'precomputed'], { default: 'rbf', help: 'how alike two rows are' }),
    gamma: number({ above: 0, default: 1, help: 'γ of the affinity rbf' }),
    nNeighbors: integer({
      min: 1,
      default: 10,
      help: 'neighbours of the affinity nearestNeighbors, the row itself counted',
    }),
    assignLabels: oneOf(['kmeans', 'discretize', 'clusterQr'], {
      default: 'kmeans',
      help: 'how eigenvectors become clusters',
    }),
    nInit: integer({ min: 1, default: 10, help: 'starts of k-means' }),
    randomState,
  }),
  fit: ({ X, random }, options) => {
    const { nClusters, assignLabels, nInit } = options
    requireRows(where, X.rows, nClusters)
    const affinity = affinityMatrix(X, options)
    const vectors = spectralVectors(affinity, Math.min(options.nComponents ?? nClusters, X.rows))
    if (assignLabels === 'clusterQr') return { labels: clusterQr(vectors), affinityMatrix: affinity }
    if (assignLabels === 'discretize') return { labels: discretize(vectors, random), affinityMatrix: affinity }
    const starts = {
      X: vectors,
      weights: undefined,
      nClusters,
      init: 'k-means++' as const,
      maxIter: 300,
      tolerance: 1e-4 * meanVariance(vectors),
    }
    const seeds = Array.from({ length: nInit }, () => random.seed())
    return { labels: bestStart(starts, seeds).labels, affinityMatrix: affinity }
  },
})
