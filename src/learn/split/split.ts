import { ArgumentError } from '../../core/errors.ts'
import { type Label, readLabels, type Values } from '../../metrics/values.ts'
import { Generator, generator, permutation } from '../../tensor/random.ts'

/** Numbers of the rows to learn from and of those to test on. */
export interface Split {
  readonly train: Int32Array
  readonly test: Int32Array
}

/** What some splits look at besides the number of rows. */
export interface SplitData {
  /** The class of each row. */
  readonly y?: Values
  /** The group of each row: rows of a group stay together. */
  readonly groups?: Values
}

/** A way to split rows, several times. */
export interface Splitter {
  /**
   * The splits of `n` rows, one after the other.
   *
   * @throws ArgumentError where there are too few rows, or what it looks at is missing
   */
  split(n: number, data?: SplitData): Iterable<Split>
  /** How many splits there are. */
  nSplits(n: number, data?: SplitData): number
}

/** The numbers from `from` to `to` − 1. */
export const range = (from: number, to: number): Int32Array =>
  Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)

/** Rows are tested on where `isTest` says so, and learnt from elsewhere; both ascending. */
export const splitWhere = (n: number, isTest: (i: number) => boolean): Split => {
  const all = range(0, n)
  return { train: all.filter(i => !isTest(i)), test: all.filter(i => isTest(i)) }
}

/** The generator of a seed, or the library's own. */
export const generatorOf = (randomState: number | undefined): Generator =>
  randomState === undefined ? generator() : new Generator(randomState)

export const shuffled = <T>(values: readonly T[], source: Generator): T[] =>
  Array.from(permutation(values.length, source), i => values[i]!)

export const requireCount = (where: string, n: number, least: number): void => {
  if (Number.isInteger(n) && n >= least) return
  throw new ArgumentError(`${where}: there are ${n} rows. It needs at least ${least}.`, { n })
}

/** The class or group of each row, as numbers of the distinct ones in `order`. */
export interface Members {
  readonly labels: readonly Label[]
  readonly places: Int32Array
  readonly counts: Int32Array
}

/** Reads `y` or `groups`; distinct values are numbered in ascending order, or in that of their appearance. */
export const readMembers = (
  where: string,
  name: 'y' | 'groups' | 'stratify',
  values: Values | undefined,
  n: number,
  byAppearance = false,
): Members => {
  if (values === undefined)
    throw new ArgumentError(`${where}: ${name} is missing. Pass split(n, { ${name} }).`, { name })
  const own = readLabels(where, name, values)
  if (own.length !== n)
    throw new ArgumentError(`${where}: ${name} has ${own.length} elements for ${n} rows. There must be one for each.`)
  const labels = [...new Set(own)]
  if (!byAppearance) labels.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const numbers = new Map(labels.map((label, k) => [label, k]))
  const places = Int32Array.from(own, label => numbers.get(label)!)
  const counts = new Int32Array(labels.length)
  for (const k of places) counts[k]!++
  return { labels, places, counts }
}
