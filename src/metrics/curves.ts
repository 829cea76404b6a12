import { ArgumentError } from '../core/errors.ts'
import { positiveOf, sortedClasses, type WeightOptions } from './classes.ts'
import {
  type Label,
  type Numbers,
  readLabels,
  readNumbers,
  readWeights,
  requireSameLength,
  type Values,
} from './values.ts'

export interface CurveOptions extends WeightOptions {
  /** The positive class; 1. */
  readonly posLabel?: Label | boolean
  /** Leave out points that change nothing of the curve's line. */
  readonly dropIntermediate?: boolean
}

/** What is taken for positive at each score that occurs, the highest first: right and wrong, by weight. */
export interface Thresholds {
  readonly hits: Float64Array
  readonly falseAlarms: Float64Array
  readonly thresholds: Float64Array
}

/** From which examples are positive, and their scores. */
export const thresholdsOf = (positive: readonly boolean[], scores: Float64Array, weights: Float64Array): Thresholds => {
  const order = [...scores.keys()].filter(i => weights[i]! > 0).sort((i, j) => scores[j]! - scores[i]!)
  const points: [number, number, number][] = []
  let [hits, falseAlarms] = [0, 0]
  for (const [k, i] of order.entries()) {
    if (positive[i]) hits += weights[i]!
    else falseAlarms += weights[i]!
    const next = order[k + 1]
    if (next === undefined || scores[next] !== scores[i]) points.push([hits, falseAlarms, scores[i]!])
  }
  const column = (c: 0 | 1 | 2): Float64Array => Float64Array.from(points, point => point[c])
  return { hits: column(0), falseAlarms: column(1), thresholds: column(2) }
}

const readCurve = (where: string, yTrue: Values, yScore: Numbers, options: CurveOptions): Thresholds => {
  const truth = readLabels(where, 'yTrue', yTrue)
  const scores = readNumbers(where, 'yScore', yScore)
  requireSameLength(where, ['yTrue', truth.length], ['yScore', scores.length])
  const weights = readWeights(where, options.sampleWeight, truth.length)
  const positive = positiveOf(where, sortedClasses(where, truth), options.posLabel)
  return thresholdsOf(
    truth.map(label => label === positive),
    scores,
    weights,
  )
}

const kept = (points: Thresholds, keep: (i: number) => boolean): Thresholds => {
  const last = points.hits.length - 1
  const places = [...points.hits.keys()].filter(i => i === 0 || i === last || keep(i))
  const take = (x: Float64Array): Float64Array => Float64Array.from(places, i => x[i]!)
  return { hits: take(points.hits), falseAlarms: take(points.falseAlarms), thresholds: take(points.thresholds) }
}
/** Without the points between two with as many hits as it has. */
const withoutLevel = (points: Thresholds): Thresholds =>
  kept(points, i => points.hits[i] !== points.hits[i - 1] || points.hits[i + 1] !== points.hits[i])
/** Without the points on the straight line of their neighbours, as steps of the same size show. */
const withoutStraight = (points: Thresholds): Thresholds => {
  const bends = (x: Float64Array, i: number): boolean => x[i + 1]! - x[i]! !== x[i]! - x[i - 1]!
  return kept(points, i => bends(points.hits, i) || bends(points.falseAlarms, i))
}

const startingAt = (first: number, rest: Float64Array): Float64Array => {
  const out = new Float64Array(rest.length + 1)
  out[0] = first
  out.set(rest, 1)
  return out
}
/** Throws where there are no positive, or no negative, examples: a rate of them is not defined. */
export const requireBoth = (where: string, { hits, falseAlarms }: Thresholds): void => {
  if (hits.at(-1)! > 0 && falseAlarms.at(-1)! > 0) return
  throw new ArgumentError(
    `${where}: yTrue has ${hits.at(-1)! > 0 ? 'positive' : 'negative'} examples only. There must be some of both kinds.`,
  )
}

export interface RocCurve {
  /** The share of negative examples that are taken for positive. */
  readonly fpr: Float64Array
  /** The share of positive examples that are. */
  readonly tpr: Float64Array
  /** Examples with at least this score are taken for positive; the first is ∞. */
  readonly thresholds: Float64Array
}
export const rocOf = (where: string, all: Thresholds, dropIntermediate: boolean): RocCurve => {
  requireBoth(where, all)
  const { hits, falseAlarms, thresholds } = dropIntermediate ? withoutStraight(all) : all
  const share = (x: Float64Array): Float64Array => startingAt(0, x).map(value => value / x.at(-1)!)
  return { fpr: share(falseAlarms), tpr: share(hits), thresholds: startingAt(Infinity, thresholds) }
}
/**
 * The receiver operating characteristic: the rate of hits against that of false alarms, from the highest threshold to the lowest.
 *
 * @throws ArgumentError where examples of one kind are missing
 *
 * @example rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).tpr // [0, 0.5, 0.5, 1, 1]
 */
export const rocCurve = (yTrue: Values, yScore: Numbers, options: CurveOptions = {}): RocCurve =>
  rocOf('rocCurve', readCurve('rocCurve', yTrue, yScore, options), options.dropIntermediate ?? true)

export interface PrecisionRecallCurve {
  /** One more than thresholds: at the end 1. */
  readonly precision: Float64Array
  /** Descending; at the end 0. 1 throughout where there is no positive example. */
  readonly recall: Float64Array
  /** Ascending. */
  readonly thresholds: Float64Array
}
export const precisionRecallOf = (all: Thresholds, dropIntermediate: boolean): PrecisionRecallCurve => {
  const { hits, falseAlarms, thresholds } = dropIntermediate ? withoutLevel(all) : all
  const positives = hits.at(-1)!
  const endingIn = (last: number, values: Float64Array): Float64Array => startingAt(last, values).reverse()
  return {
    precision: endingIn(
      1,
      hits.map((x, i) => x / (x + falseAlarms[i]!)),
    ),
    recall: endingIn(
      0,
      hits.map(x => (positives > 0 ? x / positives : 1)),
    ),
    thresholds: thresholds.slice().reverse(),
  }
}
/** Precision and recall for thresholds from the lowest score to the highest. */
export const precisionRecallCurve = (
  yTrue: Values,
  yScore: Numbers,
  options: CurveOptions = {},
): PrecisionRecallCurve =>
  precisionRecallOf(readCurve('precisionRecallCurve', yTrue, yScore, options), options.dropIntermediate ?? false)

export interface DetCurve {
  readonly fpr: Float64Array
  /** The share of positive examples that are missed. */
  readonly fnr: Float64Array
  readonly thresholds: Float64Array
}
/**
 * Detection error tradeoff: the rate of misses against that of false alarms, for thresholds ascending.
 *
 * Source: Martin et al. 1997.
 */
export const detCurve = (yTrue: Values, yScore: Numbers, options: CurveOptions = {}): DetCurve => {
  const found = readCurve('detCurve', yTrue, yScore, options)
  requireBoth('detCurve', found)
  const all: Thresholds = {
    hits: startingAt(0, found.hits),
    falseAlarms: startingAt(0, found.falseAlarms),
    thresholds: startingAt(Infinity, found.thresholds),
  }
  const { hits, falseAlarms, thresholds } = options.dropIntermediate ? withoutLevel(all) : all
  // From the last point without a false alarm to the first without a miss.
  const from = falseAlarms.lastIndexOf(0)
  const to = hits.indexOf(hits.at(-1)!) + 1
  const cut = (x: Float64Array, of: (value: number) => number): Float64Array => x.slice(from, to).map(of).reverse()
  return {
    fpr: cut(falseAlarms, x => x / falseAlarms.at(-1)!),
    fnr: cut(hits, x => (hits.at(-1)! - x) / hits.at(-1)!),
    thresholds: cut(thresholds, x => x),
  }
}

/**
 * The area under a line through points whose x never turns back, by trapezoids.
 *
 * @throws ArgumentError for fewer than two points, and where x turns back
 */
export const auc = (x: Numbers, y: Numbers): number => {
  const [xs, ys] = [readNumbers('auc', 'x', x), readNumbers('auc', 'y', y)]
  requireSameLength('auc', ['x', xs.length], ['y', ys.length])
  if (xs.length < 2) throw new ArgumentError('auc: there is 1 point. An area needs at least two.')
  const steps = Array.from(xs.subarray(1), (v, i) => v - xs[i]!)
  if (steps.some(s => s > 0) && steps.some(s => s < 0)) {
    const turn = steps.findIndex(s => s !== 0 && Math.sign(s) !== Math.sign(steps.find(other => other !== 0)!))
    throw new ArgumentError(`auc: x turns back after element ${turn}. It must ascend, or descend, all along.`, { turn })
  }
  const area = steps.reduce((total, step, i) => total + (step * (ys[i]! + ys[i + 1]!)) / 2, 0)
  return steps.some(s => s < 0) ? -area : area
}
