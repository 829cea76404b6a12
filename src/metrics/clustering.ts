import { ArgumentError } from '../core/errors.ts'
import { placesOf, sortedClasses } from './classes.ts'
import { readLabels, requireChoice, requireSameLength, type Values } from './values.ts'

/** How often each class (row) is found in each cluster (column). */
interface Contingency {
  readonly counts: readonly (readonly number[])[]
  readonly classes: readonly number[]
  readonly clusters: readonly number[]
  readonly total: number
}
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

const contingencyOf = (where: string, labelsTrue: Values, labelsPred: Values): Contingency => {
  const truth = readLabels(where, 'labelsTrue', labelsTrue)
  const found = readLabels(where, 'labelsPred', labelsPred)
  requireSameLength(where, ['labelsTrue', truth.length], ['labelsPred', found.length])
  const [classes, clusters] = [sortedClasses(where, truth), sortedClasses(where, found)]
  const [rows, columns] = [placesOf(truth, classes), placesOf(found, clusters)]
  const counts = classes.map(() => new Array<number>(clusters.length).fill(0))
  for (let i = 0; i < rows.length; i++) counts[rows[i]!]![columns[i]!]!++
  return {
    counts,
    classes: counts.map(sum),
    clusters: clusters.map((_, j) => sum(counts.map(row => row[j]!))),
    total: rows.length,
  }
}

/**
 * How many examples of each class (rows, ascending) are in each cluster (columns, ascending).
 *
 * @example contingencyMatrix(['a', 'a', 'b'], [0, 1, 1]) // [[1, 1], [0, 1]]
 */
export const contingencyMatrix = (labelsTrue: Values, labelsPred: Values): number[][] =>
  contingencyOf('contingencyMatrix', labelsTrue, labelsPred).counts.map(row => [...row])

/** Ordered pairs of examples: together in both, in one only, or in neither. */
const pairsOf = ({ counts, classes, clusters, total }: Contingency) => {
  const squares = (values: readonly number[]): number => sum(values.map(x => x * x))
  const both = squares(counts.flat())
  const [inClass, inCluster] = [squares(classes), squares(clusters)]
  return {
    together: both - total,
    onlyClass: inClass - both,
    onlyCluster: inCluster - both,
    apart: total * total - inClass - inCluster + both,
  }
}

/** The share of pairs of examples on which class and cluster agree: together in both, or apart in both. */
export const randScore = (labelsTrue: Values, labelsPred: Values): number => {
  const { together, onlyClass, onlyCluster, apart } = pairsOf(contingencyOf('randScore', labelsTrue, labelsPred))
  const all = together + onlyClass + onlyCluster + apart
  return all === 0 ? 1 : (together + apart) / all
}
/**
 * The Rand index moved and stretched so that chance is at 0; 1 is full agreement.
 *
 * Source: Hubert & Arabie 1985.
 */
export const adjustedRandScore = (labelsTrue: Values, labelsPred: Values): number => {
  const { together, onlyClass, onlyCluster, apart } = pairsOf(
    contingencyOf('adjustedRandScore', labelsTrue, labelsPred),
  )
  if (onlyClass === 0 && onlyCluster === 0) return 1
  const spread = (together + onlyClass) * (onlyClass + apart) + (together + onlyCluster) * (onlyCluster + apart)
  return (2 * (together * apart - onlyClass * onlyCluster)) / spread
}
/** The geometric mean of precision and recall over pairs of examples (Fowlkes & Mallows 1983). */
export const fowlkesMallowsScore = (labelsTrue: Values, labelsPred: Values): number => {
  const { together, onlyClass, onlyCluster } = pairsOf(contingencyOf('fowlkesMallowsScore', labelsTrue, labelsPred))
  if (together === 0) return 0
  return Math.sqrt(together / (together + onlyCluster)) * Math.sqrt(together / (together + onlyClass))
}

const entropyOf = (counts: readonly number[], total: number): number =>
  counts.length === 1 ? 0 : -sum(counts.map(n => (n / total) * (Math.log(n) - Math.log(total))))
const informationOf = ({ counts, classes, clusters, total }: Contingency): number => {
  let found = 0
  for (const [i, row] of counts.entries())
    for (const [j, n] of row.entries())
      if (n > 0) {
        const expected = Math.log(classes[i]!) + Math.log(clusters[j]!) - Math.log(total)
        const part = (n / total) * (Math.log(n) - expected)
        if (Math.abs(part) >= Number.EPSILON) found += part
      }
  return Math.max(0, found)
}
/** What clusters tell of classes, `Σ p(i, j) ln(p(i, j) / (p(i) p(j)))`, in nats. */
export const mutualInfoScore = (labelsTrue: Values, labelsPred: Values): number =>
  informationOf(contingencyOf('mutualInfoScore', labelsTrue, labelsPred))

/** How the entropies of classes and clusters become one. */
export type EntropyAverage = 'arithmetic' | 'geometric' | 'min' | 'max'
export interface InformationOptions {
  readonly averageMethod?: EntropyAverage
}
const averageOf = (
  where: string,
  a: number,
  b: number,
  { averageMethod = 'arithmetic' }: InformationOptions,
): number => {
  requireChoice(where, 'averageMethod', averageMethod, ['arithmetic', 'geometric', 'min', 'max'])
  if (averageMethod === 'arithmetic') return (a + b) / 2
  if (averageMethod === 'geometric') return Math.sqrt(a * b)
  return averageMethod === 'min' ? Math.min(a, b) : Math.max(a, b)
}
/** One class and one cluster only: full agreement. */
const isTrivial = ({ classes, clusters }: Contingency): boolean => classes.length === 1 && clusters.length === 1

/** Mutual information as a share of the (mean) entropy of classes and clusters. */
export const normalizedMutualInfoScore = (
  labelsTrue: Values,
  labelsPred: Values,
  options: InformationOptions = {},
): number => {
  const table = contingencyOf('normalizedMutualInfoScore', labelsTrue, labelsPred)
  if (isTrivial(table)) return 1
  const [a, b] = [entropyOf(table.classes, table.total), entropyOf(table.clusters, table.total)]
  const scale = averageOf('normalizedMutualInfoScore', a, b, options)
  const found = informationOf(table)
  return found === 0 ? 0 : found / scale
}

/** ln n! for n from 0. */
const logFactorials = (most: number): Float64Array => {
  const out = new Float64Array(most + 1)
  let lost = 0
  for (let n = 2; n <= most; n++) {
    // Kahan's summation: errors would grow with n.
    const term = Math.log(n) - lost
    const total = out[n - 1]! + term
    lost = total - out[n - 1]! - term
    out[n] = total
  }
  return out
}
/** Mutual information expected by chance, sizes of classes and clusters being as they are (Vinh, Epps & Bailey 2010, equation 24a). */
const expectedInformation = ({ classes, clusters, total }: Contingency): number => {
  const ln = logFactorials(total)
  let expected = 0
  for (const a of classes)
    for (const b of clusters) {
      const fixed = ln[a]! + ln[b]! + ln[total - a]! + ln[total - b]! - ln[total]!
      for (let n = Math.max(1, a + b - total); n <= Math.min(a, b); n++) {
        const chance = Math.exp(fixed - ln[n]! - ln[a - n]! - ln[b - n]! - ln[total - a - b + n]!)
        expected += (n / total) * (Math.log(total) + Math.log(n) - Math.log(a) - Math.log(b)) * chance
      }
    }
  return expected
}
/** Mutual information moved and stretched so that chance is at 0 and full agreement at 1 (Vinh, Epps & Bailey 2010). */
export const adjustedMutualInfoScore = (
  labelsTrue: Values,
  labelsPred: Values,
  options: InformationOptions = {},
): number => {
  const table = contingencyOf('adjustedMutualInfoScore', labelsTrue, labelsPred)
  if (isTrivial(table)) return 1
  if (table.classes.length === 1 || table.clusters.length === 1) return 0
  const expected = expectedInformation(table)
  const [a, b] = [entropyOf(table.classes, table.total), entropyOf(table.clusters, table.total)]
  const away = (x: number): number => (x < 0 ? Math.min(x, -Number.EPSILON) : Math.max(x, Number.EPSILON))
  const room = averageOf('adjustedMutualInfoScore', a, b, options) - expected
  return away(informationOf(table) - expected) / away(room)
}

export interface VMeasureOptions {
  /** How much completeness counts against homogeneity; 1. */
  readonly beta?: number
}
export interface VMeasure {
  /** 1 where each cluster has examples of one class only. */
  readonly homogeneity: number
  /** 1 where all examples of a class are in one cluster. */
  readonly completeness: number
  /** Their harmonic mean. */
  readonly vMeasure: number
}
const vMeasures = (where: string, labelsTrue: Values, labelsPred: Values, { beta = 1 }: VMeasureOptions): VMeasure => {
  if (!(beta >= 0)) throw new ArgumentError(`${where}: beta must be a number of at least 0; got ${beta}.`, { beta })
  const table = contingencyOf(where, labelsTrue, labelsPred)
  const [ofClasses, ofClusters] = [entropyOf(table.classes, table.total), entropyOf(table.clusters, table.total)]
  const found = informationOf(table)
  const homogeneity = ofClasses > 0 ? found / ofClasses : 1
  const completeness = ofClusters > 0 ? found / ofClusters : 1
  const total = homogeneity + completeness
  const vMeasure = total === 0 ? 0 : ((1 + beta) * homogeneity * completeness) / (beta * homogeneity + completeness)
  return { homogeneity, completeness, vMeasure }
}
/**
 * Homogeneity `1 − H(C|K) / H(C)`, completeness `1 − H(K|C) / H(K)` and their mean.
 *
 * Source: Rosenberg & Hirschberg 2007.
 */
export const homogeneityCompletenessVMeasure = (
  labelsTrue: Values,
  labelsPred: Values,
  options: VMeasureOptions = {},
): VMeasure => vMeasures('homogeneityCompletenessVMeasure', labelsTrue, labelsPred, options)
/** 1 where each cluster has examples of one class only. */
export const homogeneityScore = (labelsTrue: Values, labelsPred: Values): number =>
  vMeasures('homogeneityScore', labelsTrue, labelsPred, {}).homogeneity
/** 1 where all examples of each class are in one cluster. */
export const completenessScore = (labelsTrue: Values, labelsPred: Values): number =>
  vMeasures('completenessScore', labelsTrue, labelsPred, {}).completeness
/** The harmonic mean of homogeneity and completeness. */
export const vMeasureScore = (labelsTrue: Values, labelsPred: Values, options: VMeasureOptions = {}): number =>
  vMeasures('vMeasureScore', labelsTrue, labelsPred, options).vMeasure
