import { ArgumentError } from '../core/errors.ts'
import { placesOf, positiveOf, readClassList, sortedClasses, type WeightOptions } from './classes.ts'
import { auc, precisionRecallOf, rocOf, thresholdsOf } from './curves.ts'
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
} from './values.ts'

type ScoreAverage = 'macro' | 'weighted' | 'micro' | null
/** A measure of one class against the rest. */
type Binary = (positive: readonly boolean[], scores: Float64Array, weights: Float64Array) => number

const columnOf = ({ rows, columns, data }: Matrix, c: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[i * columns + c]!)

/** A measure of each column, or one of all. */
const overColumns = (
  of: Binary,
  isOne: (i: number, c: number) => boolean,
  scores: Matrix,
  weights: Float64Array,
  average: ScoreAverage,
): number | number[] => {
  const { rows, columns, data } = scores
  const all = Array.from({ length: rows * columns }, (_, k) => isOne(Math.floor(k / columns), k % columns))
  if (average === 'micro')
    return of(
      all,
      data,
      Float64Array.from(data, (_, k) => weights[Math.floor(k / columns)]!),
    )
  const flags = Array.from({ length: columns }, (_, c) => Array.from({ length: rows }, (_, i) => all[i * columns + c]!))
  const values = flags.map((column, c) => of(column, columnOf(scores, c), weights))
  if (average === null) return values
  const share = flags.map(column =>
    average === 'macro' ? 1 : column.reduce((total, one, i) => total + (one ? weights[i]! : 0), 0),
  )
  const total = share.reduce((a, b) => a + b, 0)
  return values.reduce((sum, value, c) => sum + value * share[c]!, 0) / total
}

/** Columns of 0 and 1: which classes each example has. */
const readIndicator = (where: string, yTrue: Rows, scores: Matrix): Matrix => {
  const truth = readRows(where, 'yTrue', yTrue)
  if (truth.rows !== scores.rows || truth.columns !== scores.columns || truth.rows === 0) {
    throw new ArgumentError(
      `${where}: yTrue is [${truth.rows}, ${truth.columns}] and yScore [${scores.rows}, ${scores.columns}]. Both need the same shape, of at least one row.`,
    )
  }
  const other = truth.data.findIndex(x => x !== 0 && x !== 1)
  if (other < 0) return truth
  throw new ArgumentError(`${where}: yTrue has ${truth.data[other]} among rows of 0 and 1.`)
}

/** True classes and a score of each class. */
const readClasses = (
  where: string,
  yTrue: Values,
  yScore: Rows,
  labels: ArrayLike<number | string | boolean> | undefined,
) => {
  const truth = readLabels(where, 'yTrue', yTrue)
  const scores = readRows(where, 'yScore', yScore)
  requireSameLength(where, ['yTrue', truth.length], ['yScore', scores.rows])
  const classes = labels ? readClassList(where, labels) : sortedClasses(where, truth)
  if (classes.length !== scores.columns) {
    throw new ArgumentError(
      `${where}: yScore has ${scores.columns} columns for ${classes.length} classes. There must be one for each; name classes that do not occur with labels.`,
    )
  }
  const unknown = truth.find(label => !classes.includes(label))
  if (unknown !== undefined)
    throw new ArgumentError(`${where}: yTrue has ${JSON.stringify(unknown)}, which is not in labels.`)
  return { truth: placesOf(truth, classes), classes, scores }
}

export interface RocAucOptions extends WeightOptions {
  /** Of more than two classes: each against the rest (`ovr`), or each pair (`ovo`, Hand & Till 2001). */
  readonly multiClass?: 'ovr' | 'ovo'
  /** How the areas of classes become one; null for all. `macro`. */
  readonly average?: ScoreAverage
  /** Of two classes: the area up to this rate of false alarms only, stretched so that chance is 0.5 (McClish 1989). */
  readonly maxFpr?: number
  /** The classes that the columns of scores are for, ascending. */
  readonly labels?: ArrayLike<number | string | boolean>
}

const areaOf =
  (maxFpr: number | undefined): Binary =>
  (positive, scores, weights) => {
    const { fpr, tpr } = rocOf('rocAucScore', thresholdsOf(positive, scores, weights), true)
    if (maxFpr === undefined || maxFpr === 1) return auc(fpr, tpr)
    const stop = fpr.findIndex(x => x > maxFpr)
    const [x0, x1, y0, y1] = [fpr[stop - 1]!, fpr[stop]!, tpr[stop - 1]!, tpr[stop]!]
    const end = y0 + ((maxFpr - x0) / (x1 - x0)) * (y1 - y0)
    const part = auc([...fpr.slice(0, stop), maxFpr], [...tpr.slice(0, stop), end])
    const least = (maxFpr * maxFpr) / 2
    return (1 + (part - least) / (maxFpr - least)) / 2
  }

/** The mean over pairs of classes of how well each of the two is told from the other. */
const onePairEach = (truth: Int32Array, scores: Matrix, average: ScoreAverage): number => {
  let [total, weight] = [0, 0]
  for (let a = 0; a < scores.columns; a++)
    for (let b = a + 1; b < scores.columns; b++) {
      const members = [...truth.keys()].filter(i => truth[i] === a || truth[i] === b)
      const ones = new Float64Array(members.length).fill(1)
      const area = (c: number): number =>
        areaOf(undefined)(
          members.map(i => truth[i] === c),
          Float64Array.from(members, i => scores.data[i * scores.columns + c]!),
          ones,
        )
      const share = average === 'weighted' ? members.length / truth.length : 1
      total += (share * (area(a) + area(b))) / 2
      weight += share
    }
  return total / weight
}

/** One value where an average is chosen, else one of each class. */
interface RocAucScore {
  (yTrue: Values | Rows, yScore: Rows, options: RocAucOptions & { readonly average: null }): number[]
  (
    yTrue: Values | Rows,
    yScore: Numbers | Rows,
    options?: RocAucOptions & { readonly average?: Exclude<ScoreAverage, null> },
  ): number
}
/**
 * The area under the ROC curve: the chance that a positive example has a higher score than a negative one. Of two classes the greater is
 * positive; of more, scores come in rows, one column a class, and `multiClass` says how they are compared; true classes may also be rows of
 * 0 and 1, several an example.
 *
 * @throws ArgumentError where a class has no examples, or all
 *
 * @example rocAucScore([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) // 0.75
 */
export const rocAucScore: RocAucScore = ((
  yTrue: Values | Rows,
  yScore: Numbers | Rows,
  options: RocAucOptions = {},
) => {
  const where = 'rocAucScore'
  const { average = 'macro', multiClass, maxFpr, labels } = options
  requireChoice(where, 'average', average, ['macro', 'weighted', 'micro', null])
  if (maxFpr !== undefined && !(maxFpr > 0 && maxFpr <= 1))
    throw new ArgumentError(`${where}: maxFpr must be a number above 0 and up to 1; got ${maxFpr}.`, { maxFpr })
  const area = areaOf(maxFpr)
  if (!areRows(yScore)) {
    const truth = readLabels(where, 'yTrue', yTrue as Values)
    const scores = readNumbers(where, 'yScore', yScore)
    requireSameLength(where, ['yTrue', truth.length], ['yScore', scores.length])
    const classes = sortedClasses(where, labels ? readClassList(where, labels) : truth)
    if (classes.length > 2) {
      throw new ArgumentError(
        `${where}: there are ${classes.length} classes and one score an example. Pass a row of scores, one a class, for each.`,
      )
    }
    const weights = readWeights(where, options.sampleWeight, truth.length)
    // Of one class only, whichever, the curve has no area: rocOf says so.
    const positive = classes.at(-1)
    return area(
      truth.map(label => label === positive),
      scores,
      weights,
    )
  }
  if (areRows(yTrue as Rows)) {
    const scores = readRows(where, 'yScore', yScore)
    const truth = readIndicator(where, yTrue as Rows, scores)
    const weights = readWeights(where, options.sampleWeight, scores.rows)
    return overColumns(area, (i, c) => truth.data[i * scores.columns + c] === 1, scores, weights, average)
  }
  const { truth, scores } = readClasses(where, yTrue as Values, yScore, labels)
  const weights = readWeights(where, options.sampleWeight, truth.length)
  requireChoice(where, 'multiClass', multiClass, ['ovr', 'ovo'])
  if (multiClass === 'ovr') return overColumns(area, (i, c) => truth[i] === c, scores, weights, average)
  if (options.sampleWeight !== undefined)
    throw new ArgumentError(`${where}: multiClass 'ovo' takes no sampleWeight. Use 'ovr'.`)
  requireChoice(where, "average of multiClass 'ovo'", average, ['macro', 'weighted'])
  return onePairEach(truth, scores, average)
}) as RocAucScore

export interface AveragePrecisionOptions extends WeightOptions {
  readonly average?: ScoreAverage
  /** The positive class of two; 1. */
  readonly posLabel?: Label | boolean
}
const averagePrecision: Binary = (positive, scores, weights) => {
  const { precision, recall } = precisionRecallOf(thresholdsOf(positive, scores, weights), false)
  let total = 0
  for (let i = 0; i + 1 < recall.length; i++) total += (recall[i]! - recall[i + 1]!) * precision[i]!
  return Math.max(0, total)
}

interface AveragePrecisionScore {
  (yTrue: Values | Rows, yScore: Rows, options: AveragePrecisionOptions & { readonly average: null }): number[]
  (
    yTrue: Values | Rows,
    yScore: Numbers | Rows,
    options?: AveragePrecisionOptions & { readonly average?: Exclude<ScoreAverage, null> },
  ): number
}
/**
 * The mean of the precision at each threshold, weighted by the recall that it adds: `Σ (Rₙ − Rₙ₋₁) Pₙ`. Of more than two classes scores
 * come in rows, one column a class.
 */
export const averagePrecisionScore: AveragePrecisionScore = ((
  yTrue: Values | Rows,
  yScore: Numbers | Rows,
  options: AveragePrecisionOptions = {},
) => {
  const where = 'averagePrecisionScore'
  const { average = 'macro', posLabel } = options
  requireChoice(where, 'average', average, ['macro', 'weighted', 'micro', null])
  if (!areRows(yScore)) {
    const truth = readLabels(where, 'yTrue', yTrue as Values)
    const scores = readNumbers(where, 'yScore', yScore)
    requireSameLength(where, ['yTrue', truth.length], ['yScore', scores.length])
    const positive = positiveOf(where, sortedClasses(where, truth), posLabel)
    return averagePrecision(
      truth.map(label => label === positive),
      scores,
      readWeights(where, options.sampleWeight, truth.length),
    )
  }
  if (areRows(yTrue as Rows)) {
    const scores = readRows(where, 'yScore', yScore)
    const truth = readIndicator(where, yTrue as Rows, scores)
    const weights = readWeights(where, options.sampleWeight, scores.rows)
    return overColumns(averagePrecision, (i, c) => truth.data[i * scores.columns + c] === 1, scores, weights, average)
  }
  const { truth, scores } = readClasses(where, yTrue as Values, yScore, undefined)
  const weights = readWeights(where, options.sampleWeight, truth.length)
  return overColumns(averagePrecision, (i, c) => truth[i] === c, scores, weights, average)
}) as AveragePrecisionScore
