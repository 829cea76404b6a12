import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, type Given } from '../../core/options.ts'
import * as rules from './fold-options.ts'
import {
  generatorOf,
  type Members,
  readMembers,
  requireCount,
  type Split,
  type Splitter,
  shuffled,
  splitWhere,
} from './split.ts'

const groupOptions = defineOptions({ nSplits: rules.nSplits, shuffle: rules.shuffle, randomState: rules.randomState })
export type GroupFoldOptions = Given<typeof groupOptions>

const requireGroups = (where: string, { labels }: Members, least: number): void => {
  if (labels.length >= least) return
  throw new ArgumentError(`${where}: there are ${labels.length} groups. It needs at least ${least}.`, {
    groups: labels.length,
  })
}
function* eachFold(n: number, { places }: Members, foldOf: ArrayLike<number>, folds: number): Iterable<Split> {
  for (let k = 0; k < folds; k++) yield splitWhere(n, i => foldOf[places[i]!] === k)
}

/** Which fold each group is in: the largest first, each to the fold with the fewest rows. */
const balanced = (counts: Int32Array, folds: number): Int32Array => {
  const order = [...counts.keys()].sort((a, b) => counts[a]! - counts[b]!).reverse()
  const rows = new Int32Array(folds)
  const out = new Int32Array(counts.length)
  for (const group of order) {
    const lightest = rows.indexOf(Math.min(...rows))
    rows[lightest]! += counts[group]!
    out[group] = lightest
  }
  return out
}

/**
 * Folds of about as many rows, with no group in two of them; each is the test once. Looks at `groups`. With `shuffle` groups are dealt out
 * in random order, about as many to each fold.
 *
 * @throws ArgumentError for fewer groups than folds
 */
export const groupKFold = (options: GroupFoldOptions = {}): Splitter => {
  const { nSplits, shuffle, randomState } = groupOptions.validate('groupKFold', options)
  return {
    nSplits: () => nSplits,
    split: (n, { groups } = {}) => {
      const members = readMembers('groupKFold', 'groups', groups, n)
      requireGroups('groupKFold', members, nSplits)
      if (!shuffle) return eachFold(n, members, balanced(members.counts, nSplits), nSplits)
      const foldOf = new Int32Array(members.labels.length)
      for (const [i, group] of shuffled([...foldOf.keys()], generatorOf(randomState)).entries())
        foldOf[group] = i % nSplits
      return eachFold(n, members, foldOf, nSplits)
    },
  }
}

const spread = (values: readonly number[]): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((total, x) => total + (x - mean) ** 2, 0) / values.length)
}
const isClose = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-8 + 1e-5 * Math.abs(b)

/** How unevenly classes would lie in the folds if a group of these rows a class came to fold k: the mean over classes. */
const unevenness = (folds: readonly Int32Array[], k: number, group: Int32Array, totals: Int32Array): number => {
  const each = Array.from(totals, (total, c) =>
    spread(folds.map((rows, f) => (rows[c]! + (f === k ? group[c]! : 0)) / total)),
  )
  return each.reduce((a, b) => a + b, 0) / each.length
}

/**
 * Folds with no group in two of them, in which each class has as nearly its share as can simply be had: groups with the most uneven classes
 * come first, each to the fold where it disturbs least. Looks at `y` and `groups`.
 *
 * @throws ArgumentError where every class has fewer rows than there are folds
 */
export const stratifiedGroupKFold = (options: GroupFoldOptions = {}): Splitter => {
  const where = 'stratifiedGroupKFold'
  const { nSplits, shuffle, randomState } = groupOptions.validate(where, options)
  return {
    nSplits: () => nSplits,
    split: (n, { y, groups } = {}) => {
      const classes = readMembers(where, 'y', y, n)
      const members = readMembers(where, 'groups', groups, n)
      const most = Math.max(...classes.counts)
      if (most < nSplits)
        throw new ArgumentError(
          `${where}: the largest class has ${most} rows, and there are ${nSplits} folds. Take fewer folds.`,
          { most, nSplits },
        )
      const perGroup = members.labels.map(() => new Int32Array(classes.labels.length))
      for (const [i, c] of classes.places.entries()) perGroup[members.places[i]!]![c]!++
      const start = [...perGroup.keys()]
      const order = (shuffle ? shuffled(start, generatorOf(randomState)) : start).sort(
        (a, b) => spread([...perGroup[b]!]) - spread([...perGroup[a]!]),
      )
      const folds = Array.from({ length: nSplits }, () => new Int32Array(classes.labels.length))
      const foldOf = new Int32Array(members.labels.length)
      for (const group of order) {
        const best = bestFold(folds, perGroup[group]!, classes.counts)
        foldOf[group] = best
        for (const [c, count] of perGroup[group]!.entries()) folds[best]![c]! += count
      }
      return eachFold(n, members, foldOf, nSplits)
    },
  }
}
const bestFold = (folds: readonly Int32Array[], group: Int32Array, totals: Int32Array): number => {
  let [best, least, fewest] = [0, Infinity, Infinity]
  for (const [k, rows] of folds.entries()) {
    const value = unevenness(folds, k, group, totals)
    const size = rows.reduce((a, b) => a + b, 0)
    if (value < least || (isClose(value, least) && size < fewest)) [best, least, fewest] = [k, value, size]
  }
  return best
}

/** Each group is the test once. Looks at `groups`. */
export const leaveOneGroupOut = (): Splitter => {
  const read = (n: number, groups: Parameters<typeof readMembers>[2]): Members => {
    const members = readMembers('leaveOneGroupOut', 'groups', groups, n)
    requireGroups('leaveOneGroupOut', members, 2)
    return members
  }
  return {
    nSplits: (n, { groups } = {}) => read(n, groups).labels.length,
    split: (n, { groups } = {}) => {
      requireCount('leaveOneGroupOut', n, 2)
      const members = read(n, groups)
      return eachFold(n, members, [...members.labels.keys()], members.labels.length)
    },
  }
}
