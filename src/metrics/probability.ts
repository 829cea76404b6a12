import { ArgumentError } from '../core/errors.ts'
import { placesOf, positiveOf, readClassList, sortedClasses, type WeightOptions } from './classes.ts'
import {
  areRows,
  type Label,
  type Matrix,
  type Numbers,
  type Rows,
  readLabels,
  readNumbers,
  readRows,
  readWeights,
  requireChoice,
  requireSameLength,
  type Values,
  weightedMean,
} from './values.ts'

export interface ProbabilityOptions extends WeightOptions {
  /** The classes that the columns are for, where some do not occur. */
  readonly labels?: ArrayLike<number | string | boolean>
}

/** Columns for two classes from the probability of the second. */
const asRows = (where: string, name: string, values: Numbers | Rows): Matrix => {
  if (areRows(values)) {
    const rows = readRows(where, name, values)
    if (rows.columns !== 1) return rows
    return asRows(where, name, rows.data)
  }
  const p = readNumbers(where, name, values)
  return {
    rows: p.length,
    columns: 2,
    data: Float64Array.from({ length: 2 * p.length }, (_, k) => (k % 2 === 1 ? p[k >> 1]! : 1 - p[k >> 1]!)),
  }
}

const requireProbabilities = (where: string, { rows, columns, data }: Matrix): void => {
  const outside = data.findIndex(p => p < 0 || p > 1)
  if (outside >= 0) {
    throw new ArgumentError(
      `${where}: a probability of example ${Math.floor(outside / columns)} is ${data[outside]}. It must be from 0 to 1.`,
    )
  }
  for (let i = 0; i < rows; i++) {
    const total = data.subarray(i * columns, (i + 1) * columns).reduce((a, b) => a + b, 0)
    if (Math.abs(total - 1) <= 1e-4) continue
    throw new ArgumentError(`${where}: the probabilities of example ${i} add up to ${total}. They must add up to 1.`, {
      index: i,
      total,
    })
  }
}

const requireKnown = (where: string, truth: readonly Label[], places: Int32Array): void => {
  const unknown = places.indexOf(-1)
  if (unknown < 0) return
  throw new ArgumentError(`${where}: yTrue has ${JSON.stringify(truth[unknown])}, which is not in labels.`)
}

/** True classes as columns, with the probability of each column. */
const readPredictions = (
  where: string,
  yTrue: Values,
  yProba: Numbers | Rows,
  labels: ProbabilityOptions['labels'],
) => {
  const truth = readLabels(where, 'yTrue', yTrue)
  const proba = asRows(where, 'yProba', yProba)
  requireSameLength(where, ['yTrue', truth.length], ['yProba', proba.rows])
  const classes = sortedClasses(where, labels ? readClassList(where, labels) : truth)
  if (classes.length < 2) {
    throw new ArgumentError(
      `${where}: yTrue has one class only, ${JSON.stringify(classes[0])}. Name all classes with labels.`,
    )
  }
  if (classes.length !== proba.columns) {
    throw new ArgumentError(
      `${where}: yProba has ${proba.columns} columns for ${classes.length} classes. There must be one for each; name classes that do not occur with labels.`,
    )
  }
  const places = placesOf(truth, classes)
  requireKnown(where, truth, places)
  requireProbabilities(where, proba)
  return { places, proba }
}

/**
 * The mean of `−ln p` of the true class, in nats; with `normalize: false` the sum. Probabilities are kept 2⁻⁵² away from 0 and 1.
 *
 * @param yProba the probability of the greater of two classes, or a row of the probabilities of all
 *
 * @example logLoss([0, 1], [[0.9, 0.1], [0.2, 0.8]]) // 0.1643
 */
export const logLoss = (
  yTrue: Values,
  yProba: Numbers | Rows,
  options: ProbabilityOptions & { readonly normalize?: boolean } = {},
): number => {
  const { places, proba } = readPredictions('logLoss', yTrue, yProba, options.labels)
  const weights = readWeights('logLoss', options.sampleWeight, places.length)
  const losses = Float64Array.from(places, (c, i) => {
    const p = proba.data[i * proba.columns + c]!
    return -Math.log(Math.min(Math.max(p, Number.EPSILON), 1 - Number.EPSILON))
  })
  if (options.normalize ?? true) return weightedMean(losses, weights)
  return losses.reduce((total, loss, i) => total + loss * weights[i]!, 0)
}

/**
 * The mean squared difference of probabilities and what came true; of two classes that of the positive one only.
 *
 * @param yProba the probability of the positive class (`posLabel`, or the greater one), or a row of the probabilities of all
 *
 * Source: Brier 1950.
 */
export const brierScoreLoss = (
  yTrue: Values,
  yProba: Numbers | Rows,
  options: ProbabilityOptions & { readonly posLabel?: Label | boolean } = {},
): number => {
  const where = 'brierScoreLoss'
  if (!areRows(yProba) && options.posLabel !== undefined) {
    const labels = readLabels(where, 'yTrue', yTrue)
    const positive = positiveOf(where, sortedClasses(where, labels), options.posLabel)
    const truth = labels.map(label => Number(label === positive))
    return brierScoreLoss(truth, yProba, { ...options, labels: [0, 1], posLabel: undefined as never })
  }
  const { places, proba } = readPredictions(where, yTrue, yProba, options.labels)
  const { columns, data } = proba
  const losses = Float64Array.from(places, (c, i) => {
    let total = 0
    for (let j = 0; j < columns; j++) total += (Number(j === c) - data[i * columns + j]!) ** 2
    return columns === 2 ? total / 2 : total
  })
  return weightedMean(losses, readWeights(where, options.sampleWeight, places.length))
}

/**
 * The mean of `max(0, 1 − margin)`: of two classes the margin is the decision, counted towards the true one (the greater is positive); of
 * more, the true class's decision less the largest of the others (Crammer & Singer 2001).
 *
 * @param decisions a number an example for two classes, else a row with one a class
 */
export const hingeLoss = (yTrue: Values, decisions: Numbers | Rows, options: ProbabilityOptions = {}): number => {
  const where = 'hingeLoss'
  const truth = readLabels(where, 'yTrue', yTrue)
  const classes = sortedClasses(where, options.labels ? readClassList(where, options.labels) : truth)
  const places = placesOf(truth, classes)
  requireKnown(where, truth, places)
  const margins = areRows(decisions)
    ? marginsOf(where, places, readRows(where, 'decisions', decisions), classes.length)
    : readNumbers(where, 'decisions', decisions).map((d, i) => (places[i] === classes.length - 1 ? d : -d))
  requireSameLength(where, ['yTrue', truth.length], ['decisions', margins.length])
  if (!areRows(decisions) && classes.length !== 2) {
    throw new ArgumentError(
      `${where}: there are ${classes.length} classes and one decision an example. Two classes need one, more a row with one a class; name classes that do not occur with labels.`,
    )
  }
  const weights = readWeights(where, options.sampleWeight, truth.length)
  return weightedMean(
    margins.map(m => Math.max(0, 1 - m)),
    weights,
  )
}
const marginsOf = (
  where: string,
  places: Int32Array,
  { rows, columns, data }: Matrix,
  classes: number,
): Float64Array => {
  if (columns !== classes) {
    throw new ArgumentError(
      `${where}: decisions has ${columns} columns for ${classes} classes. There must be one for each; name classes that do not occur with labels.`,
    )
  }
  requireSameLength(where, ['yTrue', places.length], ['decisions', rows])
  return Float64Array.from(places, (c, i) => {
    let most = -Infinity
    for (let j = 0; j < columns; j++) if (j !== c) most = Math.max(most, data[i * columns + j]!)
    return data[i * columns + c]! - most
  })
}

export interface CalibrationOptions {
  /** Bins of equal width, or of as many examples. */
  readonly strategy?: 'uniform' | 'quantile'
  /** 5. */
  readonly nBins?: number
  /** The positive class; 1. */
  readonly posLabel?: Label | boolean
}
/** The value below which a share of the sorted values lies, between two of them linearly. */
const quantile = (sorted: Float64Array, share: number): number => {
  const at = share * (sorted.length - 1)
  const low = Math.floor(at)
  const [a, b] = [sorted[low]!, sorted[Math.min(low + 1, sorted.length - 1)]!]
  return a + (b - a) * (at - low)
}
/**
 * For a reliability diagram: the mean probability and the share of positive examples in each bin of probabilities that has any.
 *
 * Source: Niculescu-Mizil & Caruana 2005.
 */
export const calibrationCurve = (yTrue: Values, yProba: Numbers, options: CalibrationOptions = {}) => {
  const where = 'calibrationCurve'
  const { strategy = 'uniform', nBins = 5, posLabel } = options
  requireChoice(where, 'strategy', strategy, ['uniform', 'quantile'])
  if (!Number.isInteger(nBins) || nBins < 1)
    throw new ArgumentError(`${where}: nBins must be an integer of at least 1; got ${nBins}.`, { nBins })
  const truth = readLabels(where, 'yTrue', yTrue)
  const p = readNumbers(where, 'yProba', yProba)
  requireSameLength(where, ['yTrue', truth.length], ['yProba', p.length])
  requireProbabilities(where, asRows(where, 'yProba', p))
  const classes = sortedClasses(where, truth)
  if (classes.length > 2)
    throw new ArgumentError(`${where}: there are ${classes.length} classes. It takes two; compare one with the rest.`)
  const positive = positiveOf(where, classes, posLabel)
  const sorted = p.slice().sort()
  const edges = Array.from({ length: nBins - 1 }, (_, i) => (i + 1) * (1 / nBins)).map(share =>
    strategy === 'uniform' ? share : quantile(sorted, share),
  )
  const bins = Array.from({ length: nBins }, () => ({ count: 0, sum: 0, hits: 0 }))
  for (let i = 0; i < p.length; i++) {
    const found = edges.findIndex(edge => p[i]! <= edge)
    const bin = bins[found < 0 ? nBins - 1 : found]!
    bin.count++
    bin.sum += p[i]!
    if (truth[i] === positive) bin.hits++
  }
  const used = bins.filter(bin => bin.count > 0)
  return {
    /** The share of positive examples. */
    probTrue: Float64Array.from(used, bin => bin.hits / bin.count),
    /** The mean probability. */
    probPred: Float64Array.from(used, bin => bin.sum / bin.count),
  }
}
