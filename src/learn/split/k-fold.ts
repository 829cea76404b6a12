import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, type Given } from '../../core/options.ts'
import { fillUniform } from '../../core/philox.ts'
import { permutation } from '../../tensor/random.ts'
import * as rules from './fold-options.ts'
import {
  generatorOf,
  range,
  readMembers,
  requireCount,
  type Split,
  type Splitter,
  shuffled,
  splitWhere,
} from './split.ts'

const foldOptions = defineOptions({ nSplits: rules.nSplits, shuffle: rules.shuffle, randomState: rules.randomState })
export type FoldOptions = Given<typeof foldOptions>

/** Which fold each row is tested in. */
type FoldOf = Int32Array

/** The splits by the fold of each row. */
function* eachFold(n: number, foldOf: FoldOf, folds: number): Iterable<Split> {
  for (let k = 0; k < folds; k++) yield splitWhere(n, i => foldOf[i] === k)
}

/** Fold k of `folds` has rows of a list one after the other; the first folds are larger by one where the number does not divide. */
const inTurn = (order: Int32Array, folds: number): FoldOf => {
  const out = new Int32Array(order.length)
  const [size, more] = [Math.floor(order.length / folds), order.length % folds]
  let at = 0
  for (let k = 0; k < folds; k++) for (const end = at + size + (k < more ? 1 : 0); at < end; at++) out[order[at]!] = k
  return out
}

/**
 * Folds of equal size; each is the test once.
 *
 * @throws ArgumentError for fewer rows than folds
 *
 * @example [...kFold({ nSplits: 2 }).split(4)] // [{ train: [2, 3], test: [0, 1] }, { train: [0, 1], test: [2, 3] }]
 */
export const kFold = (options: FoldOptions = {}): Splitter => {
  const { nSplits, shuffle, randomState } = foldOptions.validate('kFold', options)
  return {
    nSplits: () => nSplits,
    split: n => {
      requireCount('kFold', n, nSplits)
      return eachFold(n, inTurn(shuffle ? permutation(n, generatorOf(randomState)) : range(0, n), nSplits), nSplits)
    },
  }
}

/**
 * Folds of equal size in which each class has nearly its share; each is the test once. Looks at `y`.
 *
 * @throws ArgumentError where every class has fewer rows than there are folds
 */
export const stratifiedKFold = (options: FoldOptions = {}): Splitter => {
  const { nSplits, shuffle, randomState } = foldOptions.validate('stratifiedKFold', options)
  return {
    nSplits: () => nSplits,
    split: (n, { y } = {}) => {
      requireCount('stratifiedKFold', n, nSplits)
      const { places, counts } = readMembers('stratifiedKFold', 'y', y, n, true)
      const most = Math.max(...counts)
      if (most < nSplits) {
        throw new ArgumentError(
          `stratifiedKFold: the largest class has ${most} rows, and there are ${nSplits} folds. Take fewer folds.`,
          { most, nSplits },
        )
      }
      // Rows sorted by class are dealt out one by one: fold k gets every row k, k + nSplits, ... of a class's run.
      const source = shuffle ? generatorOf(randomState) : null
      let dealt = 0
      const queues = Array.from(counts, count => {
        const folds = Array.from({ length: count }, (_, i) => (dealt + i) % nSplits)
        dealt += count
        return source ? shuffled(folds, source) : folds.sort((a, b) => a - b)
      })
      const next = new Int32Array(counts.length)
      return eachFold(
        n,
        places.map(c => queues[c]![next[c]!++]!),
        nSplits,
      )
    },
  }
}

const repeatedOptions = defineOptions({
  nSplits: rules.nSplits,
  nRepeats: rules.nRepeats,
  randomState: rules.randomState,
})
export type RepeatedOptions = Given<typeof repeatedOptions>

const repeated = (where: string, options: RepeatedOptions, fold: (options: FoldOptions) => Splitter): Splitter => {
  const { nSplits, nRepeats, randomState } = repeatedOptions.validate(where, options)
  return {
    nSplits: () => nSplits * nRepeats,
    split: function* (n, data) {
      const source = generatorOf(randomState)
      const unit = new Float64Array(1)
      // Each round has a seed of its own.
      for (let round = 0; round < nRepeats; round++) {
        source.draw<Float64Array>(1, fillUniform)(unit)
        yield* fold({ nSplits, shuffle: true, randomState: Math.floor(unit[0]! * 2 ** 32) }).split(n, data)
      }
    },
  }
}
/** {@link kFold} several times, each time mixed anew. */
export const repeatedKFold = (options: RepeatedOptions = {}): Splitter => repeated('repeatedKFold', options, kFold)
/** {@link stratifiedKFold} several times, each time mixed anew. */
export const repeatedStratifiedKFold = (options: RepeatedOptions = {}): Splitter =>
  repeated('repeatedStratifiedKFold', options, stratifiedKFold)
