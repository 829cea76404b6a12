import { ArgumentError, ShapeError } from '../core/errors.ts'
import type { WeightOptions } from './classes.ts'
import { type Rows, readRows, readWeights, weightedMean } from './values.ts'

/** One query or example: how relevant each item is, and its score. */
type Item = { readonly relevance: Float64Array; readonly scores: Float64Array }

const readItems = (where: string, yTrue: Rows, yScore: Rows): Item[] => {
  const [truth, scores] = [readRows(where, 'yTrue', yTrue), readRows(where, 'yScore', yScore)]
  if (truth.rows !== scores.rows || truth.columns !== scores.columns || truth.rows === 0) {
    throw new ShapeError(
      `${where}: yTrue is [${truth.rows}, ${truth.columns}] and yScore [${scores.rows}, ${scores.columns}]. Both need the same shape, of at least one row.`,
    )
  }
  const row = ({ columns, data }: typeof truth, i: number) => data.subarray(i * columns, (i + 1) * columns)
  return Array.from({ length: truth.rows }, (_, i) => ({ relevance: row(truth, i), scores: row(scores, i) }))
}
/** Relevance must be 0 or 1. */
const readBinary = (where: string, yTrue: Rows, yScore: Rows): Item[] => {
  const items = readItems(where, yTrue, yScore)
  for (const { relevance } of items)
    for (const x of relevance)
      if (x !== 0 && x !== 1)
        throw new ArgumentError(`${where}: yTrue has ${x}. It must be rows of 0 and 1.`, { value: x })
  return items
}
const meanOver = (
  where: string,
  items: readonly Item[],
  { sampleWeight }: WeightOptions,
  of: (item: Item) => number,
): number => weightedMean(items.map(of), readWeights(where, sampleWeight, items.length))

export interface GainOptions extends WeightOptions {
  /** Only the first k places count; all. */
  readonly k?: number
  /** Take items of equal score in their order, instead of the mean over all orders. */
  readonly ignoreTies?: boolean
}
export interface DcgOptions extends GainOptions {
  /** The logarithm's base; 2. */
  readonly logBase?: number
}
const requireK = (where: string, k: number | undefined): void => {
  if (k === undefined || (Number.isInteger(k) && k >= 1)) return
  throw new ArgumentError(`${where}: k must be an integer of at least 1; got ${k}.`, { k })
}
/** Items by falling score; of equal scores the later first, as scikit-learn has them. */
const ranked = (scores: Float64Array): number[] => [...scores.keys()].reverse().sort((i, j) => scores[j]! - scores[i]!)

/** `Σ relevance / log(place + 1)`, of the mean relevance where scores are equal. */
const gain = ({ relevance, scores }: Item, { k = Infinity, logBase = 2, ignoreTies = false }: DcgOptions): number => {
  const order = ranked(scores)
  const discount = (place: number): number => (place < k ? Math.log(logBase) / Math.log(place + 2) : 0)
  let total = 0
  for (let from = 0; from < order.length; ) {
    let to = from + 1
    while (!ignoreTies && to < order.length && scores[order[to]!] === scores[order[from]!]) to++
    let [sum, weight] = [0, 0]
    for (let place = from; place < to; place++) {
      sum += relevance[order[place]!]!
      weight += discount(place)
    }
    total += (sum / (to - from)) * weight
    from = to
  }
  return total
}
/**
 * Discounted cumulative gain of a ranking by score: the sum of each item's relevance over the logarithm of its place plus one. The mean over
 * rows.
 *
 * **Shape** yTrue, yScore: `[N, items]`
 *
 * Source: Järvelin & Kekäläinen 2002; ties as McSherry & Najork 2008.
 */
export const dcgScore = (yTrue: Rows, yScore: Rows, options: DcgOptions = {}): number => {
  requireK('dcgScore', options.k)
  const { logBase = 2 } = options
  if (!(logBase > 0 && logBase !== 1))
    throw new ArgumentError(`dcgScore: logBase must be a number above 0 other than 1; got ${logBase}.`, { logBase })
  return meanOver('dcgScore', readItems('dcgScore', yTrue, yScore), options, item => gain(item, options))
}
/**
 * {@link dcgScore} as a share of that of the best ranking; 0 in rows without relevance.
 *
 * @throws ArgumentError for a relevance below 0, and for a single item
 */
export const ndcgScore = (yTrue: Rows, yScore: Rows, options: GainOptions = {}): number => {
  requireK('ndcgScore', options.k)
  const items = readItems('ndcgScore', yTrue, yScore)
  if (items[0]!.scores.length < 2)
    throw new ArgumentError('ndcgScore: there is 1 item a row. A ranking needs at least two.')
  const negative = items.flatMap(item => [...item.relevance]).find(x => x < 0)
  if (negative !== undefined)
    throw new ArgumentError(`ndcgScore: yTrue has ${negative}. No relevance may be below 0.`, { value: negative })
  return meanOver('ndcgScore', items, options, item => {
    const best = gain({ relevance: item.relevance, scores: item.relevance }, { ...options, ignoreTies: true })
    return best === 0 ? 0 : gain(item, options) / best
  })
}

const count = (values: Float64Array, of: (x: number, i: number) => boolean): number =>
  values.reduce((n, x, i) => n + (of(x, i) ? 1 : 0), 0)
const places = ({ relevance }: Item, wanted: number): number[] =>
  [...relevance.keys()].filter(i => relevance[i] === wanted)

/** How far down the ranking one must go, on average, to have all true labels; 0 in rows without any. */
export const coverageError = (yTrue: Rows, yScore: Rows, options: WeightOptions = {}): number =>
  meanOver('coverageError', readBinary('coverageError', yTrue, yScore), options, item => {
    const least = places(item, 1).reduce((low, i) => Math.min(low, item.scores[i]!), Infinity)
    return count(item.scores, x => x >= least)
  })

/** Of the labels ranked at least as high as a true one, the share that is true; the mean over true labels, then rows. */
export const labelRankingAveragePrecisionScore = (yTrue: Rows, yScore: Rows, options: WeightOptions = {}): number => {
  const where = 'labelRankingAveragePrecisionScore'
  return meanOver(where, readBinary(where, yTrue, yScore), options, item => {
    const own = places(item, 1)
    if (own.length === 0 || own.length === item.scores.length) return 1
    const share = (i: number): number => {
      const above = (x: number): boolean => x >= item.scores[i]!
      return own.filter(j => above(item.scores[j]!)).length / count(item.scores, above)
    }
    return own.reduce((total, i) => total + share(i), 0) / own.length
  })
}

/** The share of pairs of a true and a false label that are in the wrong order, or have equal scores (Tsoumakas et al. 2010). */
export const labelRankingLoss = (yTrue: Rows, yScore: Rows, options: WeightOptions = {}): number =>
  meanOver('labelRankingLoss', readBinary('labelRankingLoss', yTrue, yScore), options, item => {
    const [own, other] = [places(item, 1), places(item, 0)]
    if (own.length === 0 || other.length === 0) return 0
    const wrong = own.reduce((n, i) => n + other.filter(j => item.scores[j]! >= item.scores[i]!).length, 0)
    return wrong / (own.length * other.length)
  })

/** Places from 1 that the relevant items take; of equal scores the earlier item comes first. */
const relevantRanks = (item: Item): number[] => {
  const order = [...item.scores.keys()].sort((i, j) => item.scores[j]! - item.scores[i]!)
  return order.flatMap((i, place) => (item.relevance[i] === 1 ? [place + 1] : []))
}
/** The mean of `1 / place` of the first relevant item; 0 in rows without any. Of equal scores the earlier item comes first. */
export const meanReciprocalRank = (yTrue: Rows, yScore: Rows, options: WeightOptions = {}): number =>
  meanOver('meanReciprocalRank', readBinary('meanReciprocalRank', yTrue, yScore), options, item => {
    const [first] = relevantRanks(item)
    return first === undefined ? 0 : 1 / first
  })

export interface AtKOptions extends WeightOptions {
  /** How many of the first places count. */
  readonly k: number
}
const atK = (where: string, items: readonly Item[], options: AtKOptions, of: (hits: number, item: Item) => number) => {
  requireK(where, options.k)
  return meanOver(where, items, options, item => of(relevantRanks(item).filter(rank => rank <= options.k).length, item))
}
/** Of the first k items the share that is relevant; the mean over rows. */
export const precisionAtK = (yTrue: Rows, yScore: Rows, options: AtKOptions): number =>
  atK('precisionAtK', readBinary('precisionAtK', yTrue, yScore), options, hits => hits / options.k)
/** Of the relevant items the share that is among the first k, 0 where there are none; the mean over rows. */
export const recallAtK = (yTrue: Rows, yScore: Rows, options: AtKOptions): number =>
  atK('recallAtK', readBinary('recallAtK', yTrue, yScore), options, (hits, item) => {
    const relevant = places(item, 1).length
    return relevant === 0 ? 0 : hits / relevant
  })
