import { stepQuantile, linearQuantile, weightedStepQuantile } from './quantiles.ts'

export interface Binning {
  readonly nBins: number
  readonly strategy: 'uniform' | 'quantile' | 'kmeans'
  readonly quantileMethod: 'invertedCdf' | 'averagedInvertedCdf' | 'linear'
}

/** The ends of the bins of one column, ascending; of a column that does not vary one bin without ends. */
export const binEdges = (
  values: Float64Array,
  weights: Float64Array | undefined,
  { nBins, strategy, quantileMethod }: Binning,
): Float64Array => {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < values.length; i++) {
    if (weights && weights[i] === 0) continue
    if (values[i]! < low) low = values[i]!
    if (values[i]! > high) high = values[i]!
  }
  if (low === high) return Float64Array.of(-Infinity, Infinity)
  const even = Float64Array.from({ length: nBins + 1 }, (_, k) =>
    k === nBins ? high : low + k * ((high - low) / nBins),
  )
  if (strategy === 'uniform') return even
  const edges =
    strategy === 'quantile'
      ? quantileEdges(values, weights, nBins, quantileMethod)
      : Float64Array.from([low, ...middles(centresOf(values, weights, middles(even))), high])
  return edges.filter((edge, k) => k === 0 || edge - edges[k - 1]! > 1e-8)
}

const quantileEdges = (
  values: Float64Array,
  weights: Float64Array | undefined,
  nBins: number,
  method: Binning['quantileMethod'],
): Float64Array => {
  const shares = Float64Array.from({ length: nBins + 1 }, (_, k) => (k === nBins ? 1 : ((100 / nBins) * k) / 100))
  const average = method === 'averagedInvertedCdf'
  if (weights) return shares.map(share => weightedStepQuantile(values, weights, share, average))
  const sorted = values.slice().sort()
  return shares.map(share =>
    method === 'linear' ? linearQuantile(sorted, share) : stepQuantile(sorted, share, average),
  )
}

const middles = (values: Float64Array): Float64Array =>
  Float64Array.from({ length: values.length - 1 }, (_, k) => (values[k]! + values[k + 1]!) / 2)

/** k-means on a line from given centres, ascending (Lloyd 1982). */
const centresOf = (values: Float64Array, weights: Float64Array | undefined, start: Float64Array): Float64Array => {
  const n = values.length
  const K = start.length
  let centres = start.slice()
  const labels = new Int32Array(n).fill(-1)
  const mean = values.reduce((a, b) => a + b, 0) / n
  const tolerance = (1e-4 * values.reduce((a, b) => a + (b - mean) ** 2, 0)) / n
  for (let round = 0; round < 300; round++) {
    let moved = false
    for (let i = 0; i < n; i++) {
      let best = 0
      for (let k = 1; k < K; k++)
        if (Math.abs(values[i]! - centres[k]!) < Math.abs(values[i]! - centres[best]!)) best = k
      if (labels[i] !== best) moved = true
      labels[i] = best
    }
    const sums = new Float64Array(K)
    const total = new Float64Array(K)
    for (let i = 0; i < n; i++) {
      const w = weights ? weights[i]! : 1
      sums[labels[i]!]! += w * values[i]!
      total[labels[i]!]! += w
    }
    fillEmpty({ values, weights, labels, centres, sums, total })
    const next = sums.map((sum, k) => (total[k]! > 0 ? sum / total[k]! : centres[k]!))
    const shift = next.reduce((a, x, k) => a + (x - centres[k]!) ** 2, 0)
    centres = next
    if (!moved || shift <= tolerance) break
  }
  return centres.sort()
}

/** A centre without a value goes to the value that is farthest from its own. */
const fillEmpty = ({
  values,
  weights,
  labels,
  centres,
  sums,
  total,
}: {
  readonly values: Float64Array
  readonly weights: Float64Array | undefined
  readonly labels: Int32Array
  readonly centres: Float64Array
  readonly sums: Float64Array
  readonly total: Float64Array
}): void => {
  const empty = Array.from(total.keys()).filter(k => total[k] === 0)
  if (empty.length === 0) return
  const far = Array.from(values.keys()).sort(
    (a, b) => Math.abs(values[b]! - centres[labels[b]!]!) - Math.abs(values[a]! - centres[labels[a]!]!),
  )
  for (const [at, k] of empty.entries()) {
    const i = far[at]!
    const w = weights ? weights[i]! : 1
    sums[labels[i]!]! -= w * values[i]!
    total[labels[i]!]! -= w
    sums[k] = w * values[i]!
    total[k] = w
  }
}
