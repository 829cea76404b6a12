import { ArgumentError } from '../../core/errors.ts'
import { requireCount, type Split, type Splitter, splitWhere } from './split.ts'

/** Each row is the test once. */
export const leaveOneOut = (): Splitter => ({
  nSplits: n => n,
  split: function* (n) {
    requireCount('leaveOneOut', n, 2)
    for (let k = 0; k < n; k++) yield splitWhere(n, i => i === k)
  },
})

/** The ways to choose p of n, in ascending order. */
function* choices(n: number, p: number): Iterable<number[]> {
  const chosen = Array.from({ length: p }, (_, i) => i)
  while (true) {
    yield [...chosen]
    // The last that can still go up; those after it follow it.
    let at = p - 1
    while (at >= 0 && chosen[at] === n - p + at) at--
    if (at < 0) return
    chosen[at]!++
    for (let i = at + 1; i < p; i++) chosen[i] = chosen[i - 1]! + 1
  }
}

/**
 * Each set of p rows is the test once: `n! / (p! (n − p)!)` splits, which soon are very many.
 *
 * @throws ArgumentError unless there are more than p rows
 */
export const leavePOut = (p: number): Splitter => {
  if (!Number.isInteger(p) || p < 1)
    throw new ArgumentError(`leavePOut: p must be an integer of at least 1; got ${p}.`, { p })
  return {
    nSplits: n => {
      let count = 1
      for (let i = 1; i <= p; i++) count = (count * (n - p + i)) / i
      return Math.round(count)
    },
    split: function* (n): Iterable<Split> {
      requireCount('leavePOut', n, p + 1)
      for (const chosen of choices(n, p)) yield splitWhere(n, i => chosen.includes(i))
    },
  }
}

/**
 * The folds that `testFold` names: row i is tested in fold `testFold[i]`, or never where that is −1.
 *
 * @throws ArgumentError for what is no fold, and for another number of rows
 */
export const predefinedSplit = (testFold: ArrayLike<number>): Splitter => {
  const foldOf = Array.from(testFold)
  const wrong = foldOf.findIndex(k => !Number.isInteger(k) || k < -1)
  if (wrong >= 0) {
    throw new ArgumentError(
      `predefinedSplit: the fold of row ${wrong} is ${foldOf[wrong]}. It must be an integer of at least −1.`,
      { index: wrong },
    )
  }
  const folds = [...new Set(foldOf)].filter(k => k >= 0).sort((a, b) => a - b)
  return {
    nSplits: () => folds.length,
    split: function* (n) {
      if (n !== foldOf.length)
        throw new ArgumentError(
          `predefinedSplit: there are ${n} rows and folds of ${foldOf.length}. There must be as many.`,
        )
      for (const k of folds) yield splitWhere(n, i => foldOf[i] === k)
    },
  }
}
