import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { aNumber, anInteger, aWord, defineOptions, either, integer } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineClusterer } from '../core/define.ts'
import type { Random } from '../core/random.ts'
import { maxIter, nJobs, randomState } from '../core/rules.ts'
import { pairwiseDistances } from '../numeric/distances.ts'
import { runTasks } from '../threads/pool.ts'
import { aMatrix, matrixOf } from './initial-centres.ts'
import { best } from './k-means-task.ts'
import { centredRows, type Clustering, distancesToOwn, lloyd, meanVariance, nearestCentres, shifted } from './lloyd.ts'

export const nClusters = integer({ min: 1, default: 8, help: 'how many clusters' })
export const init = either([aWord(['k-means++', 'random']), aMatrix], {
  default: 'k-means++',
  help: 'how the first centres are chosen: far from each other, any rows, or given as rows of numbers',
})
export type Init = 'k-means++' | 'random' | readonly (readonly number[])[]

/** Throws unless there are enough rows. */
export const requireRows = (where: string, rows: number, nClusters: number): void => {
  if (rows >= nClusters) return
  throw new ShapeError(
    `${where}: X has ${rows} ${rows === 1 ? 'row' : 'rows'}, fewer than nClusters, ${nClusters}. Pass at least as many rows as clusters.`,
  )
}
/** Given centres as a matrix, checked. */
export const givenCentres = (
  init: readonly (readonly number[])[],
  nClusters: number,
  { columns, where }: { readonly columns: number; readonly where: string },
): Dense => {
  const centres = matrixOf(init)
  if (centres.rows === nClusters && centres.columns === columns) return centres
  throw new ArgumentError(
    `${where}: init is [${centres.rows}, ${centres.columns}]; it must have a row for each of ${nClusters} clusters and a column for each of ${columns} features.`,
  )
}

/** What is worth threads: multiplications of one iteration of all starts. */
const large = 1e7

interface Many {
  readonly X: Dense
  readonly weights: Float64Array | undefined
  readonly nClusters: number
  readonly init: 'k-means++' | 'random'
  readonly count: number
  readonly maxIter: number
  readonly tolerance: number
  readonly nJobs: number
  readonly random: Random
}
/** The best of several starts. */
const bestOfMany = async ({ count, nJobs, random, ...shared }: Many): Promise<Clustering> => {
  const seeds = Array.from({ length: count }, () => random.seed())
  const { X, nClusters } = shared
  const inThread = count === 1 || X.rows * X.columns * nClusters * count < large
  // Starts of one job share their products; a few jobs keep every thread busy.
  const size = inThread ? count : Math.ceil(count / 2)
  const jobs = Array.from({ length: Math.ceil(count / size) }, (_, j) => seeds.slice(j * size, (j + 1) * size))
  return best(await runTasks<Clustering>('kMeans', jobs, { shared, nJobs: inThread ? 1 : nJobs }))
}

/**
 * k-means: nClusters centres with the least inertia `Σᵢ wᵢ ‖xᵢ − c(xᵢ)‖²`, each row in the cluster of its nearest centre, by Lloyd's
 * iterations from `nInit` starts of which the best is kept.
 *
 * The model has `clusterCenters` [nClusters, F], `labels` [N], `inertia` and `nIter`; `predict` gives the nearest centre, `transform` the
 * distances to all [N, nClusters], `score` minus the inertia. A cluster that becomes empty takes the row farthest from its centre.
 * `nInit: 'auto'` is 10 for random starts and else 1.
 *
 * @throws ShapeError where there are fewer rows than clusters; ArgumentError where given centres do not fit
 * @example
 * const model = await kMeans({ nClusters: 2, randomState: 0 }).fit([[0], [1], [10], [11]])
 * model.inertia // 1
 *
 * Source: Lloyd 1982; Arthur & Vassilvitskii 2007 (k-means++).
 */
export const kMeans = defineClusterer({
  name: 'kMeans',
  summary: 'Centres c with the least Σ w ‖x − c(x)‖², each row in the cluster of its nearest centre.',
  source: 'Lloyd 1982; Arthur & Vassilvitskii 2007',
  sampleWeight: true,
  options: defineOptions({
    nClusters,
    init,
    nInit: either([aWord(['auto']), anInteger({ min: 1 })], {
      default: 'auto',
      help: 'how many starts, of which the best is kept',
    }),
    maxIter: maxIter(300),
    tol: either([aNumber({ min: 0 })], {
      default: 1e-4,
      help: 'ends when centres move by less, in terms of the mean variance of the features',
    }),
    randomState,
    nJobs,
  }),
  fit: async ({ X: rows, sampleWeight, random }, { nClusters, init, nInit, maxIter, tol, nJobs }) => {
    const where = 'kMeans.fit'
    requireRows(where, rows.rows, nClusters)
    const { X, mean } = centredRows(rows)
    const settings = { maxIter, tolerance: tol * meanVariance(X), weights: sampleWeight }
    let found: Clustering
    if (typeof init === 'object') {
      const centres = givenCentres(init, nClusters, { columns: X.columns, where })
      found = lloyd(X, [shifted(centres, mean)], settings)[0]!
    } else {
      const count = nInit === 'auto' ? (init === 'random' ? 10 : 1) : nInit
      found = await bestOfMany({ ...settings, X, nClusters, init, count, nJobs, random })
    }
    const { centres, labels, inertia, nIter } = found
    return { clusterCenters: shifted(centres, mean, -1), labels, inertia, nIter, _mean: mean }
  },
  methods: {
    predict: ({ state }, X: Dense): Int32Array => {
      const { _mean, clusterCenters } = state
      return nearestCentres(shifted(X, _mean), shifted(clusterCenters, _mean))
    },
    transform: ({ state }, X: Dense): Promise<Dense> =>
      pairwiseDistances(shifted(X, state._mean), shifted(state.clusterCenters, state._mean)),
    score: ({ state }, X: Dense): number => {
      const { _mean, clusterCenters } = state
      const [rows, centres] = [shifted(X, _mean), shifted(clusterCenters, _mean)]
      return -distancesToOwn(rows, centres, nearestCentres(rows, centres)).reduce((a, b) => a + b, 0)
    },
  },
})

/** Verbs of models of centres that keep nothing else. */
export const centreVerbs = {
  predict: ({ state }: { readonly state: { readonly clusterCenters: Dense } }, X: Dense): Int32Array =>
    nearestCentres(X, state.clusterCenters),
  transform: ({ state }: { readonly state: { readonly clusterCenters: Dense } }, X: Dense): Promise<Dense> =>
    pairwiseDistances(X, state.clusterCenters),
} as const
