import { confusionOf, encode, readClassList, type WeightOptions } from './classes.ts'
import { requireChoice, type Values } from './values.ts'

const rowSums = (counts: readonly (readonly number[])[]): number[] => counts.map(row => row.reduce((a, b) => a + b, 0))
const columnSums = (counts: readonly (readonly number[])[]): number[] =>
  counts.map((_, j) => counts.reduce((total, row) => total + row[j]!, 0))
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((total, x, i) => total + x * b[i]!, 0)

export interface ShareOptions extends WeightOptions {
  /** A share of all; with false a weight, which is the number of examples where each counts 1. True. */
  readonly normalize?: boolean
}
const weightWhere = (
  where: string,
  [yTrue, yPred]: readonly [Values, Values],
  { sampleWeight, normalize = true }: ShareOptions,
  counts: (same: boolean) => boolean,
): number => {
  const { truth, predicted, weights } = encode(where, yTrue, yPred, sampleWeight)
  const total = weights.reduce((t, w, i) => t + (counts(truth[i] === predicted[i]) ? w : 0), 0)
  return normalize ? total / weights.reduce((t, w) => t + w, 0) : total
}

/**
 * The share of examples whose prediction is their class, or with `normalize: false` their weight.
 *
 * @example accuracyScore(['a', 'b'], ['a', 'a']) // 0.5
 */
export const accuracyScore = (yTrue: Values, yPred: Values, options: ShareOptions = {}): number =>
  weightWhere('accuracyScore', [yTrue, yPred], options, same => same)
/** The share of examples whose prediction is not their class, or with `normalize: false` their weight. */
export const zeroOneLoss = (yTrue: Values, yPred: Values, options: ShareOptions = {}): number =>
  weightWhere('zeroOneLoss', [yTrue, yPred], options, same => !same)
/** The share of wrong predictions. */
export const hammingLoss = (yTrue: Values, yPred: Values, options: WeightOptions = {}): number =>
  weightWhere('hammingLoss', [yTrue, yPred], options, same => !same)

export interface BalancedAccuracyOptions extends WeightOptions {
  /** Move and stretch the value so that chance is at 0 and 1 stays. */
  readonly adjusted?: boolean
}
/** The mean of the recall of each class that has examples. */
export const balancedAccuracyScore = (yTrue: Values, yPred: Values, options: BalancedAccuracyOptions = {}): number => {
  const counts = confusionOf(encode('balancedAccuracyScore', yTrue, yPred, options.sampleWeight))
  const sums = rowSums(counts)
  const recalls = sums.flatMap((total, c) => (total > 0 ? [counts[c]![c]! / total] : []))
  const mean = sum(recalls) / recalls.length
  if (!options.adjusted) return mean
  const chance = 1 / recalls.length
  return (mean - chance) / (1 - chance)
}

/**
 * Matthews's correlation coefficient of true and predicted classes, from −1 to 1; 0 where either has one class only.
 *
 * Source: Matthews 1975; for more than two classes Gorodkin 2004.
 */
export const matthewsCorrcoef = (yTrue: Values, yPred: Values, options: WeightOptions = {}): number => {
  const counts = confusionOf(encode('matthewsCorrcoef', yTrue, yPred, options.sampleWeight))
  const [truth, predicted] = [rowSums(counts), columnSums(counts)]
  const total = sum(truth)
  const right = sum(counts.map((row, c) => row[c]!))
  const spread = (total * total - dot(predicted, predicted)) * (total * total - dot(truth, truth))
  return spread === 0 ? 0 : (right * total - dot(truth, predicted)) / Math.sqrt(spread)
}

export interface CohenKappaOptions extends WeightOptions {
  /** How bad it is to be several classes off: all the same (null), by their number, or by its square. */
  readonly weights?: 'linear' | 'quadratic' | null
  /** The classes to look at, in their order; all that occur. */
  readonly labels?: ArrayLike<number | string | boolean>
}
/**
 * Cohen's κ: agreement of two raters beyond that by chance, 1 − Σ w O / Σ w E; 1 is full agreement, 0 chance; NaN where both only ever
 * name one class.
 *
 * Source: Cohen 1960, 1968 (weights).
 */
export const cohenKappaScore = (y1: Values, y2: Values, options: CohenKappaOptions = {}): number => {
  const { weights = null, labels, sampleWeight } = options
  requireChoice('cohenKappaScore', 'weights', weights, ['linear', 'quadratic', null])
  const first = labels === undefined ? undefined : readClassList('cohenKappaScore', labels)
  const all = confusionOf(encode('cohenKappaScore', y1, y2, sampleWeight, first))
  const n = first?.length ?? all.length
  const counts = all.slice(0, n).map(row => row.slice(0, n))
  const [rows, columns] = [rowSums(counts), columnSums(counts)]
  const total = sum(rows)
  let [seen, expected] = [0, 0]
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const apart = Math.abs(i - j)
      const weight = weights === null ? Math.min(apart, 1) : weights === 'linear' ? apart : apart * apart
      seen += weight * counts[i]![j]!
      expected += (weight * rows[i]! * columns[j]!) / total
    }
  return expected > 0 ? 1 - seen / expected : Number.NaN
}
