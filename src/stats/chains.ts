import { ArgumentError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { fromArray } from '../tensor/creation.ts'
import { normalInverse } from './special/normal.ts'
import { ranks } from './correlation.ts'
import type { Layout } from './transforms.ts'
import { hostTensor } from './values.ts'

/** One number over all draws of all chains. */
export interface ParameterSummary {
  /** `scale`, or `weights[2]` of a parameter with several. */
  readonly name: string
  readonly mean: number
  readonly stddev: number
  /** Of the mean, `stddev / √ess`: how far the estimate is off for having only so many draws. */
  readonly monteCarloError: number
  /** The 5 %, 50 % and 95 % quantiles. */
  readonly quantiles: readonly [number, number, number]
  /** Effective number of independent draws. */
  readonly ess: number
  /** Near 1 where the chains agree; above 1.01 they have not been run long enough. */
  readonly rHat: number
}

/** Draws from a density by Markov chains. */
export interface ChainDraws {
  /** `[chains, draws, ...parameter]` for each parameter. */
  readonly samples: Readonly<Record<string, Tensor>>
  readonly summary: readonly ParameterSummary[]
  /** The share of proposals taken (for NUTS: their mean probability), of each chain. */
  readonly acceptance: readonly number[]
  /** The step in use after warm-up, of each chain. */
  readonly stepSizes: readonly number[]
  /** Draws in which the path left the level surface so far that it was given up: the density has a corner too sharp for the step. */
  readonly divergences: number
}

const mean = (x: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i]!
  return sum / x.length
}
const variance = (x: ArrayLike<number>): number => {
  const m = mean(x)
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += (x[i]! - m) ** 2
  return sum / (x.length - 1)
}
/** Each chain in two halves: one that drifts disagrees with itself. */
const halves = (chains: readonly Float64Array[]): Float64Array[] =>
  chains.flatMap(c => [c.slice(0, Math.floor(c.length / 2)), c.slice(Math.ceil(c.length / 2))])

const checkChains = (where: string, chains: readonly ArrayLike<number>[]): Float64Array[] => {
  const length = chains[0]?.length ?? 0
  if (length < 4 || chains.some(c => c.length !== length)) {
    throw new ArgumentError(
      `${where}: the chains have ${chains.map(c => c.length).join(', ')} draws. All must have as many, and at least 4.`,
    )
  }
  return chains.map(c => Float64Array.from(c))
}
const potential = (chains: readonly Float64Array[]): number => {
  const n = chains[0]!.length
  const within = mean(chains.map(variance))
  const between = variance(chains.map(mean))
  if (within === 0) return between === 0 ? 1 : Number.POSITIVE_INFINITY
  return Math.sqrt((n - 1) / n + between / within)
}
/** Draws in order as normal quantiles, so that heavy tails do not hide a difference. */
const normalScores = (chains: readonly Float64Array[]): Float64Array[] => {
  const all = chains.flatMap(c => [...c])
  const scores = ranks(all).map(r => normalInverse((r - 0.375) / (all.length + 0.25)))
  const n = chains[0]!.length
  return chains.map((_, i) => scores.slice(i * n, (i + 1) * n))
}

/**
 * The potential scale reduction R̂ of chains of one number: split in halves, by ranks, and the larger of that and of the distances from the
 * median.
 *
 * Source: Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021, section 4.
 */
export const rHat = (chains: readonly ArrayLike<number>[]): number => {
  const split = halves(checkChains('rHat', chains))
  const sorted = Float64Array.from(split.flatMap(c => [...c])).sort()
  const median = (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2
  const folded = split.map(c => c.map(v => Math.abs(v - median)))
  return Math.max(potential(normalScores(split)), potential(normalScores(folded)))
}

/** Σ (xₜ − x̄)(xₜ₊ₖ − x̄) / n. */
const autocovariance = (x: Float64Array, lag: number): number => {
  const m = mean(x)
  let sum = 0
  for (let t = 0; t + lag < x.length; t++) sum += (x[t]! - m) * (x[t + lag]! - m)
  return sum / x.length
}

/**
 * The effective number of independent draws in chains of one number: `m n / (1 + 2 Σ ρₖ)`, the autocorrelations added in pairs as long as
 * these fall and stay above 0.
 *
 * Source: Geyer 1992, section 3.3; Vehtari et al. 2021, section 3.2.
 */
export const effectiveSampleSize = (chains: readonly ArrayLike<number>[]): number => {
  const split = halves(checkChains('effectiveSampleSize', chains))
  const [m, n] = [split.length, split[0]!.length]
  const within = mean(split.map(variance))
  const total = ((n - 1) / n) * within + variance(split.map(mean))
  if (total === 0) return m * n
  const rho = (lag: number): number =>
    1 - (within - (mean(split.map(c => autocovariance(c, lag))) * n) / (n - 1)) / total
  let sum = 0
  let before = Number.POSITIVE_INFINITY
  for (let k = 0; k + 1 < n; k += 2) {
    const pair = Math.min((k === 0 ? 1 : rho(k)) + rho(k + 1), before)
    if (pair <= 0) break
    sum += pair
    before = pair
  }
  const time = Math.max(2 * sum - 1, 1 / Math.log10(m * n))
  return (m * n) / time
}

/** What one chain gives back: its free numbers, row by row. */
export interface Chain {
  readonly draws: Float64Array
  readonly acceptance: number
  readonly stepSize: number
  readonly divergences: number
}

/** Free numbers of all chains as parameters, with their summaries. */
export const collect = async (layout: Layout, chains: readonly Chain[], draws: number): Promise<ChainDraws> => {
  const count = chains.length * draws
  const flat = Float64Array.from({ length: count * layout.size }, (_, i) => {
    const chain = Math.floor(i / (draws * layout.size))
    return chains[chain]!.draws[i % (draws * layout.size)]!
  })
  const parameters = await rows(layout, flat, count)
  const samples: Record<string, Tensor> = {}
  const summary: ParameterSummary[] = []
  for (const name of layout.names) {
    const shape = layout.shapes[name]!
    const size = sizeOf(shape)
    const values = parameters[name]!
    samples[name] = hostTensor(values, [chains.length, draws, ...shape], 'float64')
    for (let e = 0; e < size; e++) {
      const series = chains.map((_, c) =>
        Float64Array.from({ length: draws }, (_, d) => values[(c * draws + d) * size + e]!),
      )
      summary.push(summaryOf(shape.length === 0 ? name : `${name}[${e}]`, series))
    }
  }
  return {
    samples,
    summary,
    acceptance: chains.map(c => c.acceptance),
    stepSizes: chains.map(c => c.stepSize),
    divergences: chains.reduce((sum, c) => sum + c.divergences, 0),
  }
}
/** Every row of free numbers through the constraints, all at once: `unpack` sees an axis of draws in front. */
const rows = async (layout: Layout, flat: Float64Array, count: number): Promise<Record<string, Float64Array>> => {
  const free = fromArray(flat, [count, layout.size], 'float64') as Tensor
  const unpacked = layout.unpackRows(free)
  const out: Record<string, Float64Array> = {}
  for (const name of layout.names) out[name] = (await unpacked[name]!.data()) as Float64Array
  return out
}
const summaryOf = (name: string, series: readonly Float64Array[]): ParameterSummary => {
  const all = Float64Array.from(series.flatMap(s => [...s]))
  const sorted = all.slice().sort()
  const at = (p: number): number => {
    const place = p * (sorted.length - 1)
    const k = Math.floor(place)
    return sorted[k]! + (place - k) * ((sorted[k + 1] ?? sorted[k]!) - sorted[k]!)
  }
  const long = series[0]!.length >= 4
  const ess = long ? effectiveSampleSize(series) : Number.NaN
  const stddev = Math.sqrt(variance(all))
  return {
    name,
    mean: mean(all),
    stddev,
    monteCarloError: stddev / Math.sqrt(ess),
    quantiles: [at(0.05), at(0.5), at(0.95)],
    ess,
    rHat: long ? rHat(series) : Number.NaN,
  }
}
