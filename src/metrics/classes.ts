import { ArgumentError } from '../core/errors.ts'
import { type Label, type Numbers, readLabels, readWeights, requireSameLength, type Values } from './values.ts'

/** What most measures of classification take. */
export interface WeightOptions {
  /** How much each example counts; 1. */
  readonly sampleWeight?: Numbers
}

/** Classes in ascending order, strings by their characters' numbers. */
export const sortedClasses = (where: string, labels: Iterable<Label>): Label[] => {
  const unique = [...new Set(labels)]
  const text = unique.find(label => typeof label === 'string')
  const number = unique.find(label => typeof label === 'number')
  if (text !== undefined && number !== undefined) {
    throw new ArgumentError(
      `${where}: ${JSON.stringify(text)} and ${number} are both classes. All must be numbers, or all strings.`,
    )
  }
  return unique.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** True and predicted classes as places in a list of classes. */
export interface Encoded {
  readonly classes: readonly Label[]
  readonly truth: Int32Array
  readonly predicted: Int32Array
  readonly weights: Float64Array
}

/** The place of each label in the list; −1 for what is not in it. */
export const placesOf = (labels: readonly Label[], classes: readonly Label[]): Int32Array => {
  const places = new Map(classes.map((label, i) => [label, i]))
  return Int32Array.from(labels, label => places.get(label) ?? -1)
}

/** The classes are `first`, then all others that occur, in order. */
export const encode = (
  where: string,
  yTrue: Values,
  yPred: Values,
  sampleWeight: Numbers | undefined,
  first: readonly Label[] = [],
): Encoded => {
  const truth = readLabels(where, 'yTrue', yTrue)
  const predicted = readLabels(where, 'yPred', yPred)
  requireSameLength(where, ['yTrue', truth.length], ['yPred', predicted.length])
  const given = new Set(first)
  const others = sortedClasses(where, [...truth, ...predicted, ...first]).filter(label => !given.has(label))
  const classes = [...first, ...others]
  return {
    classes,
    truth: placesOf(truth, classes),
    predicted: placesOf(predicted, classes),
    weights: readWeights(where, sampleWeight, truth.length),
  }
}

/** The weight of each pair of true (row) and predicted class (column). */
export const confusionOf = ({ classes, truth, predicted, weights }: Encoded): number[][] => {
  const counts = Array.from({ length: classes.length }, () => new Array<number>(classes.length).fill(0))
  for (let i = 0; i < truth.length; i++) counts[truth[i]!]![predicted[i]!]! += weights[i]!
  return counts
}

/** `labels` as given, or an error for what is there twice or not at all. */
export const readClassList = (where: string, labels: ArrayLike<number | string | boolean>): readonly Label[] => {
  const list = readLabels(where, 'labels', labels)
  if (list.length === 0) throw new ArgumentError(`${where}: labels is empty. It must name at least one class.`)
  const twice = list.find((label, i) => list.indexOf(label) !== i)
  if (twice === undefined) return list
  throw new ArgumentError(`${where}: labels has ${JSON.stringify(twice)} twice. Each class may stand there once.`)
}

/** The positive class: the one given, or 1, or true. */
export const positiveOf = (where: string, classes: readonly Label[], posLabel: Label | boolean | undefined): Label => {
  const label = typeof posLabel === 'boolean' ? Number(posLabel) : posLabel
  if (label !== undefined) {
    if (classes.includes(label) || classes.length < 2) return label
    throw new ArgumentError(
      `${where}: posLabel ${JSON.stringify(label)} is no class. The classes are ${classes.map(c => JSON.stringify(c)).join(', ')}.`,
      { posLabel: label },
    )
  }
  if (classes.every(c => c === 0 || c === 1) || classes.every(c => c === -1 || c === 1) || classes.includes(1)) return 1
  throw new ArgumentError(
    `${where}: the classes are ${classes.map(c => JSON.stringify(c)).join(', ')}. Say with posLabel which is the positive one.`,
    { classes },
  )
}
