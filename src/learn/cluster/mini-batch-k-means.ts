import { aNumber, anInteger, aWord, defineOptions, either, integer, nothing, number } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClusterer } from '../core/define.ts'
import type { Random } from '../core/random.ts'
import { maxIter, randomState } from '../core/rules.ts'
import { takeDense } from '../core/take-rows.ts'
import { kMeansPlusPlus, randomRows, search } from './initial-centres.ts'
import { centreVerbs, givenCentres, type Init, init, nClusters, requireRows } from './k-means.ts'
import { distancesToOwn, meanVariance, nearestCentres } from './lloyd.ts'

interface Settings {
  readonly nClusters: number
  readonly init: Init
  readonly maxIter: number
  readonly batchSize: number
  readonly tol: number
  readonly maxNoImprovement: number | null
  readonly initSize: number | null
  readonly nInit: 'auto' | number
  readonly reassignmentRatio: number
}
interface Rows {
  readonly X: Dense
  /** The weights of the rows up to each. */
  readonly sums: Float64Array | undefined
  readonly random: Random
}

const drawRows = ({ X, sums, random }: Rows, count: number): Int32Array =>
  Int32Array.from({ length: count }, () =>
    sums ? search(sums, random.uniform() * sums.at(-1)!) : random.integer(X.rows),
  )

const where = 'miniBatchKMeans.fit'

/** The best of some starts on a few rows. */
const beginning = (rows: Rows, { nClusters: K, init, nInit, initSize, batchSize }: Settings): Dense => {
  const { X, random } = rows
  if (typeof init === 'object') return givenCentres(init, K, { columns: X.columns, where })
  const size = Math.min(X.rows, Math.max(K, initSize ?? Math.max(3 * batchSize, 3 * K)))
  const check = takeDense(X, drawRows(rows, size))
  const starts = nInit === 'auto' ? (init === 'random' ? 3 : 1) : nInit
  let [best, least] = [dense(0, X.columns), Infinity]
  for (let s = 0; s < starts; s++) {
    const some = takeDense(X, random.sample(X.rows, size))
    const chosen = init === 'random' ? randomRows(size, K, random) : kMeansPlusPlus(some, K, [random])[0]!
    const centres = takeDense(some, chosen)
    const inertia = distancesToOwn(check, centres, nearestCentres(check, centres)).reduce((a, b) => a + b, 0)
    if (inertia < least) [best, least] = [centres, inertia]
  }
  return best
}

/** Moves each centre towards the mean of its rows of the batch, by their share of all rows that it has had. */
const move = (centres: Dense, counts: Float64Array, batch: Dense, labels: Int32Array): void => {
  const F = centres.columns
  const own = new Float64Array(centres.rows)
  const sums = new Float64Array(centres.data.length)
  for (let i = 0; i < batch.rows; i++) {
    own[labels[i]!]!++
    for (let j = 0; j < F; j++) sums[labels[i]! * F + j]! += batch.data[i * F + j]!
  }
  for (let k = 0; k < own.length; k++) {
    if (own[k] === 0) continue
    const total = counts[k]! + own[k]!
    for (let j = 0; j < F; j++)
      centres.data[k * F + j] = (centres.data[k * F + j]! * counts[k]! + sums[k * F + j]!) / total
    counts[k] = total
  }
}

/** Gives centres that hardly have rows new places. */
const reassign = (
  centres: Dense,
  counts: Float64Array,
  batch: Dense,
  { ratio, random }: { readonly ratio: number; readonly random: Random },
): void => {
  const F = centres.columns
  const most = counts.reduce((a, b) => Math.max(a, b), 0)
  const poor = Array.from(counts.keys()).filter(k => counts[k]! < ratio * most)
  const few = poor.sort((a, b) => counts[a]! - counts[b]!).slice(0, Math.floor(batch.rows / 2))
  if (few.length === 0) return
  const rows = random.sample(batch.rows, few.length)
  for (const [r, k] of few.entries()) centres.data.set(batch.data.subarray(rows[r]! * F, (rows[r]! + 1) * F), k * F)
  const rest = counts.filter((_, k) => !few.includes(k))
  const least = rest.length > 0 ? rest.reduce((a, b) => Math.min(a, b), Infinity) : 1
  for (const k of few) counts[k] = least
}

const iterate = (
  rows: Rows,
  centres: Dense,
  settings: Settings,
): { readonly nSteps: number; readonly nIter: number } => {
  const { X, random } = rows
  const { batchSize, maxIter, tol, maxNoImprovement, reassignmentRatio } = settings
  const size = Math.min(batchSize, X.rows)
  const steps = Math.ceil((maxIter * X.rows) / size)
  const counts = new Float64Array(centres.rows)
  const tolerance = tol * meanVariance(X)
  const alpha = Math.min(1, (2 * size) / (X.rows + 1))
  let [average, least, stale, since] = [Number.NaN, Infinity, 0, 0]
  for (let step = 0; step < steps; step++) {
    const batch = takeDense(X, drawRows(rows, size))
    const labels = nearestCentres(batch, centres)
    const inertia = distancesToOwn(batch, centres, labels).reduce((a, b) => a + b, 0) / size
    const before = centres.data.slice()
    move(centres, counts, batch, labels)
    since += size
    if (counts.includes(0) || since >= 10 * centres.rows) {
      since = 0
      reassign(centres, counts, batch, { ratio: reassignmentRatio, random })
    }
    // The first step is with centres that nothing has moved yet.
    if (step === 0) continue
    average = Number.isNaN(average) ? inertia : average * (1 - alpha) + inertia * alpha
    const moved = before.reduce((sum, x, at) => sum + (x - centres.data[at]!) ** 2, 0)
    stale = average < least ? 0 : stale + 1
    least = Math.min(least, average)
    if ((tolerance > 0 && moved <= tolerance) || (maxNoImprovement !== null && stale >= maxNoImprovement))
      return { nSteps: step + 1, nIter: Math.ceil(((step + 1) * size) / X.rows) }
  }
  return { nSteps: steps, nIter: maxIter }
}

/**
 * k-means on small draws of rows: each step moves the centres towards the means of `batchSize` rows, by ever smaller steps. Quicker than
 * {@link kMeans} for many rows, and a little worse.
 *
 * The model has `clusterCenters` [nClusters, F], `labels` [N], `inertia`, `nIter` (passes over the rows) and `nSteps`; `predict` and
 * `transform` as of kMeans. It ends after `maxNoImprovement` steps in which the smoothed inertia does not fall.
 *
 * @throws ShapeError where there are fewer rows than clusters; ArgumentError where given centres do not fit
 * @example
 * const model = await miniBatchKMeans({ nClusters: 2, randomState: 0 }).fit([[0], [1], [10], [11]])
 * const labels = await model.labels.data()
 * [labels[0] === labels[1], labels[0] === labels[2]] // [true, false]
 *
 * Source: Sculley 2010.
 */
export const miniBatchKMeans = defineClusterer({
  name: 'miniBatchKMeans',
  summary: 'k-means whose centres move towards the means of small draws of rows.',
  source: 'Sculley 2010',
  sampleWeight: true,
  options: defineOptions({
    nClusters,
    init,
    maxIter: maxIter(100),
    batchSize: integer({ min: 1, default: 1024, help: 'rows of a draw' }),
    tol: either([aNumber({ min: 0 })], {
      default: 0,
      help: 'ends when centres move by less, in terms of the mean variance; 0: never by this',
    }),
    maxNoImprovement: either([anInteger({ min: 1 }), nothing], {
      default: 10,
      help: 'ends after so many steps without a lower inertia; null: never by this',
    }),
    initSize: either([nothing, anInteger({ min: 1 })], {
      default: null,
      help: 'rows that starts are chosen from; null: 3 batches',
    }),
    nInit: either([aWord(['auto']), anInteger({ min: 1 })], { default: 'auto', help: 'how many starts are tried' }),
    reassignmentRatio: number({
      min: 0,
      default: 0.01,
      help: 'centres with a smaller share of the most rows of one get a new place',
    }),
    randomState,
  }),
  fit: ({ X, sampleWeight, random }, settings) => {
    requireRows(where, X.rows, settings.nClusters)
    let total = 0
    const sums = sampleWeight?.map(weight => (total += weight))
    const rows = { X, sums, random }
    const clusterCenters = beginning(rows, settings)
    const { nSteps, nIter } = iterate(rows, clusterCenters, settings)
    const labels = nearestCentres(X, clusterCenters)
    const apart = distancesToOwn(X, clusterCenters, labels)
    const inertia = apart.reduce((sum, d, i) => sum + d * (sampleWeight ? sampleWeight[i]! : 1), 0)
    return { clusterCenters, labels, inertia, nIter, nSteps }
  },
  methods: centreVerbs,
})
