import { aFlag, anInteger, aNumber, defineOptions, either, flag, nothing } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClusterer } from '../core/define.ts'
import { readNumbers, type Features } from '../core/inputs.ts'
import { Random } from '../core/random.ts'
import { maxIter } from '../core/rules.ts'
import { isCsr } from '../core/sparse.ts'
import { takeDense } from '../core/take-rows.ts'
import { csrToDense } from '../numeric/csr.ts'
import { buildIndex, nearestHere, withinHere } from '../neighbors/search.ts'
import { aMatrix, matrixOf } from './initial-centres.ts'

const search = { algorithm: 'auto', leafSize: 30, metric: 'euclidean', p: 2 } as const

const bandwidthOf = (X: Dense, quantile: number): number => {
  const k = Math.max(1, Math.floor(X.rows * quantile))
  const { distances } = nearestHere(buildIndex(X, search, 'estimateBandwidth'), X, k)
  let total = 0
  for (let i = 0; i < X.rows; i++) total += distances[(i + 1) * k - 1]!
  return total / X.rows
}

export interface BandwidthOptions {
  /** Share of the rows that a neighbourhood holds; 0.3. */
  readonly quantile?: number
  /** Rows drawn to look at; all. */
  readonly nSamples?: number
  readonly randomState?: number
}
/**
 * A bandwidth for {@link meanShift}: the mean distance to the farthest of the nearest `quantile` of all rows.
 *
 * @example
 * await estimateBandwidth([[0], [1], [2], [3]], { quantile: 0.5 }) // 1
 */
export const estimateBandwidth = async (given: Features, options: BandwidthOptions = {}): Promise<number> => {
  const { quantile = 0.3, nSamples, randomState = 0 } = options
  const read = await readNumbers(given, 'estimateBandwidth')
  const X = isCsr(read) ? csrToDense(read) : read
  const few = nSamples !== undefined && nSamples < X.rows
  return bandwidthOf(few ? takeDense(X, new Random(randomState).sample(X.rows, nSamples)) : X, quantile)
}

/** Corners of a grid near which there are at least so many rows; all rows where the grid does not thin them out. */
const binSeeds = (X: Dense, size: number, least: number): Dense => {
  const F = X.columns
  const counts = new Map<string, number>()
  for (let i = 0; i < X.rows; i++) {
    const bin = Array.from({ length: F }, (_, j) => roundToEven(X.data[i * F + j]! / size)).join(' ')
    counts.set(bin, (counts.get(bin) ?? 0) + 1)
  }
  const bins = [...counts].filter(([, count]) => count >= least)
  if (bins.length === X.rows) return X
  return dense(bins.length, F, Float64Array.from(bins.flatMap(([bin]) => bin.split(' ').map(x => Number(x) * size))))
}
const roundToEven = (x: number): number => {
  const low = Math.floor(x)
  return x - low === 0.5 ? low + (low & 1) : Math.round(x)
}

interface Peak {
  readonly centre: Float64Array
  readonly count: number
  readonly iterations: number
}

/** Climbs from a place to the mean of the rows within the bandwidth, again and again. */
const climb = (
  index: ReturnType<typeof buildIndex>,
  seed: Float64Array,
  { bandwidth, maxIter }: { readonly bandwidth: number; readonly maxIter: number },
): Peak | null => {
  const { X } = index
  const F = X.columns
  let centre = seed.slice()
  for (let iterations = 0; ; iterations++) {
    const { indices } = withinHere(index, dense(1, F, centre), bandwidth, false)
    if (indices.length === 0) return null
    // In the order of the rows, so that peaks reached from different places are equal to the last digit.
    indices.sort()
    const mean = new Float64Array(F)
    for (const i of indices) for (let j = 0; j < F; j++) mean[j]! += X.data[i * F + j]!
    let moved = 0
    for (let j = 0; j < F; j++) {
      mean[j]! /= indices.length
      moved += (mean[j]! - centre[j]!) ** 2
    }
    centre = mean
    if (Math.sqrt(moved) <= 1e-3 * bandwidth || iterations >= maxIter)
      return { centre, count: indices.length, iterations }
  }
}

/** The densest first; of equal ones that with the larger coordinates. */
const byDensity = (a: Peak, b: Peak): number => {
  if (a.count !== b.count) return b.count - a.count
  const j = a.centre.findIndex((x, k) => x !== b.centre[k])
  return j < 0 ? 0 : b.centre[j]! - a.centre[j]!
}

/**
 * Mean shift: from every seed one climbs to the mean of the rows within `bandwidth`, until it stays. What is reached are the peaks of the
 * density; of peaks nearer than the bandwidth the denser one is kept.
 *
 * The model has `clusterCenters` [K, F], the densest first, `labels` [N] and `nIter`; `predict` gives the nearest centre. Without a
 * bandwidth `estimateBandwidth` gives one.
 *
 * @example
 * const model = await meanShift({ bandwidth: 2 }).fit([[0], [1], [2], [10], [11]])
 * await model.clusterCenters.toArray() // [[1], [10.5]]
 *
 * Source: Fukunaga & Hostetler 1975; Comaniciu & Meer 2002.
 */
export const meanShift = defineClusterer({
  name: 'meanShift',
  summary: 'Peaks of the density, to which the means of neighbourhoods climb.',
  source: 'Fukunaga & Hostetler 1975; Comaniciu & Meer 2002',
  options: defineOptions({
    bandwidth: either([nothing, aNumber({ above: 0 })], {
      default: null,
      help: 'radius of a neighbourhood; null: estimated',
    }),
    seeds: either([nothing, aMatrix], {
      default: null,
      help: 'where climbing begins, rows of numbers; null: at every row',
    }),
    binSeeding: flag({ help: 'whether it begins at the corners of a grid instead, which is quicker' }),
    minBinFreq: either([anInteger({ min: 1 })], { default: 1, help: 'the fewest rows near a corner of the grid' }),
    clusterAll: either([aFlag], {
      default: true,
      help: 'whether rows beyond the bandwidth join too; otherwise they are noise (-1)',
    }),
    maxIter: maxIter(300),
  }),
  fit: ({ X }, { bandwidth: given, seeds, binSeeding, minBinFreq, clusterAll, maxIter }) => {
    // Of equal rows any radius is as good.
    const bandwidth = (given ?? bandwidthOf(X, 0.3)) || 1
    const from = seeds ? matrixOf(seeds) : binSeeding ? binSeeds(X, bandwidth, minBinFreq) : X
    const F = X.columns
    const index = buildIndex(X, search, 'meanShift.fit')
    const peaks: Peak[] = []
    for (let s = 0; s < from.rows; s++) {
      const peak = climb(index, from.data.subarray(s * F, (s + 1) * F), { bandwidth, maxIter })
      if (peak) peaks.push(peak)
    }
    const kept: Peak[] = []
    for (const peak of peaks.sort(byDensity)) {
      const near = kept.some(({ centre }) => Math.hypot(...centre.map((x, j) => x - peak.centre[j]!)) <= bandwidth)
      if (!near) kept.push(peak)
    }
    const clusterCenters = dense(kept.length, F, Float64Array.from(kept.flatMap(({ centre }) => Array.from(centre))))
    const { distances, indices } = nearestHere(buildIndex(clusterCenters, search, 'meanShift.fit'), X, 1)
    return {
      clusterCenters,
      labels: clusterAll ? indices : indices.map((label, i) => (distances[i]! <= bandwidth ? label : -1)),
      nIter: peaks.reduce((most, { iterations }) => Math.max(most, iterations), 0),
      bandwidth,
    }
  },
  methods: {
    predict: ({ state }, X: Dense): Int32Array =>
      nearestHere(buildIndex(state.clusterCenters, search, 'meanShift.predict'), X, 1).indices,
  },
})
