import { ArgumentError } from '../core/errors.ts'
import { confusionOf, encode, readClassList, type WeightOptions } from './classes.ts'
import { requireChoice, type Values } from './values.ts'

const requireClasses = (where: string, values: ArrayLike<number>, classes: number): void => {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (Number.isInteger(value) && value >= 0 && value < classes) continue
    throw new ArgumentError(`${where}: element ${i} is ${value}. Classes are whole numbers from 0 to ${classes - 1}.`, {
      index: i,
      value,
    })
  }
}
const requirePairs = (where: string, labels: ArrayLike<number>, predicted: ArrayLike<number>): void => {
  if (labels.length === predicted.length && labels.length > 0) return
  throw new ArgumentError(
    `${where}: there are ${labels.length} labels and ${predicted.length} predictions. There must be as many, and at least one.`,
  )
}

export interface ConfusionOptions extends WeightOptions {
  /** The classes of rows and columns, in this order, others left out; all that occur. */
  readonly labels?: ArrayLike<number | string | boolean>
  /** Divide by the sums of rows (`true`), of columns (`pred`), or of all. */
  readonly normalize?: 'true' | 'pred' | 'all' | null
}

const confusionByOptions = (labels: Values, predicted: Values, options: ConfusionOptions): number[][] => {
  const where = 'confusionMatrix'
  const { normalize = null, sampleWeight } = options
  requireChoice(where, 'normalize', normalize, ['true', 'pred', 'all', null])
  const first = options.labels && readClassList(where, options.labels)
  const all = confusionOf(encode(where, labels, predicted, sampleWeight, first))
  const n = first?.length ?? all.length
  const counts = all.slice(0, n).map(row => row.slice(0, n))
  if (normalize === null) return counts
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
  const [rows, columns] = [counts.map(sum), counts.map((_, j) => sum(counts.map(row => row[j]!)))]
  const scale = (i: number, j: number): number =>
    normalize === 'true' ? rows[i]! : normalize === 'pred' ? columns[j]! : sum(rows)
  return counts.map((row, i) => row.map((x, j) => (x === 0 ? 0 : x / scale(i, j))))
}

interface ConfusionMatrix {
  (labels: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number[][]
  (labels: Values, predicted: Values, options?: ConfusionOptions): number[][]
}
/**
 * How often examples of each class (row) were taken for each class (column). The classes are 0 to `classes` − 1, or, without that number, all
 * that occur, ascending; with `sampleWeight` weights are added up.
 *
 * @throws ArgumentError for lists of other lengths, and for what is no class
 * @example confusionMatrix([0, 1, 1], [0, 1, 0], 2) // [[1, 0], [1, 1]]
 */
export const confusionMatrix: ConfusionMatrix = (
  labels: Values,
  predicted: Values,
  classes: number | ConfusionOptions = {},
): number[][] => {
  if (typeof classes !== 'number') return confusionByOptions(labels, predicted, classes)
  const [truth, taken] = [labels as ArrayLike<number>, predicted as ArrayLike<number>]
  requirePairs('confusionMatrix', truth, taken)
  requireClasses('confusionMatrix: labels', truth, classes)
  requireClasses('confusionMatrix: predictions', taken, classes)
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  for (let i = 0; i < truth.length; i++) counts[truth[i]!]![taken[i]!]!++
  return counts
}

/** The share of examples whose prediction is their label. */
export const accuracy = (labels: ArrayLike<number>, predicted: ArrayLike<number>): number => {
  requirePairs('accuracy', labels, predicted)
  let right = 0
  for (let i = 0; i < labels.length; i++) if (labels[i] === predicted[i]) right++
  return right / labels.length
}

/**
 * The share of examples whose label is among the `k` most probable classes; of equal probabilities the lower class comes first.
 *
 * @param probabilities `[N, K]`, row by row
 */
export const topKAccuracy = (labels: ArrayLike<number>, probabilities: ArrayLike<number>, k: number): number => {
  const classes = probabilities.length / labels.length
  if (!Number.isInteger(classes) || !(k >= 1 && k <= classes)) {
    throw new ArgumentError(
      `topKAccuracy: ${probabilities.length} probabilities of ${labels.length} examples, with k = ${k}. There must be as many for each example, and k from 1 to their number.`,
    )
  }
  requireClasses('topKAccuracy: labels', labels, classes)
  let right = 0
  for (let i = 0; i < labels.length; i++) {
    const at = i * classes
    const own = probabilities[at + labels[i]!]!
    let before = 0
    for (let c = 0; c < classes; c++) {
      const p = probabilities[at + c]!
      if (p > own || (p === own && c < labels[i]!)) before++
    }
    if (before < k) right++
  }
  return right / labels.length
}

/** What there is to say of one class. */
export interface ClassReport {
  /** Of what was taken for this class, the share that is of it; 0 where nothing was. */
  readonly precision: number
  /** Of this class, the share that was recognised; 0 where there is none. */
  readonly recall: number
  /** `2 · precision · recall / (precision + recall)`, 0 where both are. */
  readonly f1: number
  /** Examples of the class. */
  readonly support: number
}

/**
 * Precision, recall and F1 of each class from a confusion matrix, as scikit-learn's `classification_report` with `zero_division=0`.
 */
export const classReports = (confusion: readonly (readonly number[])[]): ClassReport[] =>
  confusion.map((row, c) => {
    const hits = row[c]!
    const support = row.reduce((a, b) => a + b, 0)
    const taken = confusion.reduce((sum, other) => sum + other[c]!, 0)
    const precision = taken === 0 ? 0 : hits / taken
    const recall = support === 0 ? 0 : hits / support
    const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall)
    return { precision, recall, f1, support }
  })
