import { ArgumentError } from '../core/errors.ts'
import { encode, positiveOf, readClassList, type WeightOptions } from './classes.ts'
import { type Label, requireChoice, type Values } from './values.ts'

/** How the values of classes become one: of the positive class only, from sums over all, their mean, or weighted by examples. */
export type Average = 'binary' | 'micro' | 'macro' | 'weighted'

export interface PrecisionRecallOptions extends WeightOptions {
  /** null for a value of each class; `binary` by default. */
  readonly average?: Average | null
  /** The classes to look at, in this order; all that occur. */
  readonly labels?: ArrayLike<number | string | boolean>
  /** The positive class of `binary`; 1. */
  readonly posLabel?: Label | boolean
  /** What stands where nothing is to be divided by: a number, or NaN, which averages leave out. 0. */
  readonly zeroDivision?: number
}
/** Gives a value of each class. */
type PerClass = { readonly average: null }

/** What is known of a class, or of all together. */
export interface ClassSums {
  /** Examples of the class that were taken for it. */
  readonly hits: number
  /** What was taken for it. */
  readonly predicted: number
  /** Examples of it. */
  readonly truth: number
}

/** The sums over the classes in question. */
export const classSums = (where: string, yTrue: Values, yPred: Values, options: PrecisionRecallOptions) => {
  const { average = 'binary', labels, posLabel, sampleWeight } = options
  requireChoice(where, 'average', average, ['binary', 'micro', 'macro', 'weighted', null])
  const given = labels === undefined ? undefined : readClassList(where, labels)
  const encoded = encode(where, yTrue, yPred, sampleWeight, average === 'binary' ? [] : given)
  const { classes, truth, predicted, weights } = encoded
  let wanted: readonly Label[] = given ?? classes
  if (average === 'binary') {
    if (classes.length > 2) {
      throw new ArgumentError(
        `${where}: there are ${classes.length} classes, and average is 'binary'. Choose 'micro', 'macro', 'weighted', or null.`,
        { classes },
      )
    }
    wanted = [positiveOf(where, classes, posLabel)]
  }
  const sums = wanted.map(label => {
    const c = classes.indexOf(label)
    const sum = { hits: 0, predicted: 0, truth: 0 }
    if (c < 0) return sum
    for (let i = 0; i < truth.length; i++) {
      const [own, taken] = [truth[i] === c, predicted[i] === c]
      if (own) sum.truth += weights[i]!
      if (taken) sum.predicted += weights[i]!
      if (own && taken) sum.hits += weights[i]!
    }
    return sum
  })
  const total = (of: (sum: ClassSums) => number): number => sums.reduce((t, sum) => t + of(sum), 0)
  const all = { hits: total(s => s.hits), predicted: total(s => s.predicted), truth: total(s => s.truth) }
  return { labels: wanted, sums: average === 'micro' ? [all] : sums, classes }
}

/** A value of each class, or their average. */
export const averaged = (
  values: readonly number[],
  sums: readonly ClassSums[],
  average: Average | null,
): number | number[] => {
  if (average === null) return [...values]
  const weights = values.map((_, i) => (average === 'weighted' ? sums[i]!.truth : 1))
  const known = values.flatMap((value, i) => (Number.isNaN(value) ? [] : [{ value, weight: weights[i]! }]))
  const weight = known.reduce((total, k) => total + k.weight, 0)
  // Without examples of any class the plain mean.
  const share = weight > 0 ? (k: { weight: number }) => k.weight / weight : () => 1 / known.length
  return known.length === 0 ? Number.NaN : known.reduce((total, k) => total + k.value * share(k), 0)
}

export const quotient = (a: number, b: number, zeroDivision: number): number => (b === 0 ? zeroDivision : a / b)

const fbetaOf = ({ hits, predicted, truth }: ClassSums, beta: number, zeroDivision: number): number => {
  if (beta === Infinity) return quotient(hits, truth, zeroDivision)
  if (beta === 0) return quotient(hits, predicted, zeroDivision)
  return quotient((1 + beta * beta) * hits, beta * beta * truth + predicted, zeroDivision)
}
const requireBeta = (where: string, beta: number): void => {
  if (!(beta >= 0)) throw new ArgumentError(`${where}: beta must be a number of at least 0; got ${beta}.`, { beta })
}

/** One value where an average is chosen, else one of each class. */
interface Score {
  (yTrue: Values, yPred: Values, options: PrecisionRecallOptions & PerClass): number[]
  (yTrue: Values, yPred: Values, options?: PrecisionRecallOptions & { readonly average?: Average }): number
}
const score = (where: string, of: (sum: ClassSums, zeroDivision: number) => number): Score =>
  ((yTrue: Values, yPred: Values, options: PrecisionRecallOptions = {}) => {
    const { sums } = classSums(where, yTrue, yPred, options)
    const { average = 'binary', zeroDivision = 0 } = options
    return averaged(
      sums.map(sum => of(sum, zeroDivision)),
      sums,
      average,
    )
  }) as Score

/**
 * Of what was taken for a class, the share that is of it: `tp / (tp + fp)`.
 *
 * @throws ArgumentError for more than two classes under `binary`, and for a `posLabel` that does not occur
 *
 * @example precisionScore([0, 1, 1, 0], [0, 1, 0, 1]) // 0.5
 */
export const precisionScore = score('precisionScore', (s, zero) => quotient(s.hits, s.predicted, zero))
/**
 * Of the examples of a class, the share that was recognised: `tp / (tp + fn)`.
 *
 * @example recallScore(['a', 'b', 'b'], ['a', 'b', 'a'], { average: 'macro' }) // 0.75
 */
export const recallScore = score('recallScore', (s, zero) => quotient(s.hits, s.truth, zero))
/** The harmonic mean of precision and recall: `2 tp / (2 tp + fp + fn)`. */
export const f1Score = score('f1Score', (s, zero) => fbetaOf(s, 1, zero))
/** What is of a class and was taken for it, of all that is either: `tp / (tp + fp + fn)`. */
export const jaccardScore = score('jaccardScore', (s, zero) => quotient(s.hits, s.truth + s.predicted - s.hits, zero))

interface FbetaScore {
  (yTrue: Values, yPred: Values, options: PrecisionRecallOptions & PerClass & { readonly beta: number }): number[]
  (
    yTrue: Values,
    yPred: Values,
    options: PrecisionRecallOptions & { readonly average?: Average; readonly beta: number },
  ): number
}
/** The mean of precision and recall in which recall counts `beta` times as much: `(1 + β²) tp / ((1 + β²) tp + β² fn + fp)`. */
export const fbetaScore: FbetaScore = ((
  yTrue: Values,
  yPred: Values,
  options: PrecisionRecallOptions & { readonly beta: number },
) => {
  requireBeta('fbetaScore', options.beta)
  const { average = 'binary', zeroDivision = 0 } = options
  const { sums } = classSums('fbetaScore', yTrue, yPred, options)
  return averaged(
    sums.map(sum => fbetaOf(sum, options.beta, zeroDivision)),
    sums,
    average,
  )
}) as FbetaScore

/** Measures of each class, in the order of `labels`, or averaged. */
export interface PrecisionRecall<T> {
  readonly precision: T
  readonly recall: T
  readonly fscore: T
  /** The weight of the examples of each class; null where averaged. */
  readonly support: T extends number ? null : T
}
interface PrecisionRecallOf {
  (
    yTrue: Values,
    yPred: Values,
    options: PrecisionRecallOptions & { readonly average: Average; readonly beta?: number },
  ): PrecisionRecall<number>
  (
    yTrue: Values,
    yPred: Values,
    options?: PrecisionRecallOptions & { readonly average?: null; readonly beta?: number },
  ): PrecisionRecall<number[]>
}
/** Precision, recall, their mean with `beta` (1), and the number of examples; of each class unless an average is chosen. */
export const precisionRecallFscoreSupport: PrecisionRecallOf = ((
  yTrue: Values,
  yPred: Values,
  options: PrecisionRecallOptions & { readonly beta?: number } = {},
) => {
  const { average = null, zeroDivision = 0, beta = 1 } = options
  requireBeta('precisionRecallFscoreSupport', beta)
  const { sums } = classSums('precisionRecallFscoreSupport', yTrue, yPred, { ...options, average })
  const of = (f: (sum: ClassSums) => number) => averaged(sums.map(f), sums, average)
  return {
    precision: of(s => quotient(s.hits, s.predicted, zeroDivision)),
    recall: of(s => quotient(s.hits, s.truth, zeroDivision)),
    fscore: of(s => fbetaOf(s, beta, zeroDivision)),
    support: average === null ? sums.map(s => s.truth) : null,
  }
}) as PrecisionRecallOf
