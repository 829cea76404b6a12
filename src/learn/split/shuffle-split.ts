import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, flag, type Given, integer, number } from '../../core/options.ts'
import type { Values } from '../../metrics/values.ts'
import { type Generator, permutation } from '../../tensor/random.ts'
import { randomState } from './fold-options.ts'
import { generatorOf, type Members, range, readMembers, type Split, type Splitter, shuffled } from './split.ts'

const sizes = {
  testSize: number({ above: 0, help: 'rows to test on: a share below 1, or a number of them; 0.25, or what is left' }),
  trainSize: number({ above: 0, help: 'rows to learn from: a share below 1, or a number of them; what is left' }),
}

/** How many rows a share or a number stands for. */
const countOf = (where: string, name: string, size: number, n: number, round: (x: number) => number): number => {
  if (size < 1) return round(size * n)
  if (Number.isInteger(size)) return size
  throw new ArgumentError(`${where}: ${name} must be a share below 1 or a whole number of rows; got ${size}.`, { size })
}

interface Sizes {
  readonly testSize?: number
  readonly trainSize?: number
}
/** The rows to learn from and to test on; the latter are rounded up, the former down. */
const countsOf = (where: string, n: number, { testSize, trainSize }: Sizes, fallback: number) => {
  const share = testSize ?? (trainSize === undefined ? fallback : undefined)
  const given = trainSize === undefined ? undefined : countOf(where, 'trainSize', trainSize, n, Math.floor)
  const test = share === undefined ? n - given! : countOf(where, 'testSize', share, n, Math.ceil)
  const train = given ?? n - test
  if (train >= 1 && test >= 1 && train + test <= n) return { train, test }
  throw new ArgumentError(
    `${where}: of ${n} rows ${train} would be learnt from and ${test} tested on. Both need at least one, and together at most ${n}.`,
    { n, train, test },
  )
}

/** Parts of `total` in proportion to the counts, by the largest remainders; of equal ones by chance. */
const proportional = (counts: ArrayLike<number>, total: number, source: Generator): number[] => {
  const all = Array.from(counts).reduce((a, b) => a + b, 0)
  const exact = Array.from(counts, count => (count / all) * total)
  const parts = exact.map(Math.floor)
  const left = total - parts.reduce((a, b) => a + b, 0)
  const order = shuffled([...parts.keys()], source).sort((a, b) => exact[b]! - parts[b]! - (exact[a]! - parts[a]!))
  for (const c of order.slice(0, left)) parts[c]!++
  return parts
}

/** One split in which each class has its share of both sides. */
const stratified = (
  where: string,
  members: Members,
  size: { train: number; test: number },
  source: Generator,
): Split => {
  const { labels, places, counts } = members
  const rare = counts.findIndex(count => count < 2)
  if (rare >= 0) {
    throw new ArgumentError(
      `${where}: class ${JSON.stringify(labels[rare])} has 1 row. Each needs at least 2, one for each side.`,
      { label: labels[rare] },
    )
  }
  if (Math.min(size.train, size.test) < labels.length) {
    throw new ArgumentError(
      `${where}: there are ${labels.length} classes, and ${size.train} rows to learn from, ${size.test} to test on. Both need at least one a class.`,
      size,
    )
  }
  const trainParts = proportional(counts, size.train, source)
  const testParts = proportional(
    counts.map((count, c) => count - trainParts[c]!),
    size.test,
    source,
  )
  const [train, test]: [number[], number[]] = [[], []]
  for (const c of labels.keys()) {
    const rows = shuffled(
      [...places.keys()].filter(i => places[i] === c),
      source,
    )
    train.push(...rows.slice(0, trainParts[c]))
    test.push(...rows.slice(trainParts[c], trainParts[c]! + testParts[c]!))
  }
  return { train: Int32Array.from(shuffled(train, source)), test: Int32Array.from(shuffled(test, source)) }
}
const mixed = (n: number, { train, test }: { train: number; test: number }, source: Generator): Split => {
  const order = permutation(n, source)
  return { test: order.slice(0, test), train: order.slice(test, test + train) }
}

const shuffleOptions = defineOptions({
  nSplits: integer({ min: 1, default: 10, help: 'how many splits' }),
  ...sizes,
  randomState,
})
export type ShuffleSplitOptions = Given<typeof shuffleOptions>

/**
 * Random splits, each of its own; by default a tenth is tested on.
 *
 * @throws ArgumentError where a side would have no row
 */
export const shuffleSplit = (options: ShuffleSplitOptions = {}): Splitter => {
  const values = shuffleOptions.validate('shuffleSplit', options)
  return {
    nSplits: () => values.nSplits,
    split: function* (n) {
      const size = countsOf('shuffleSplit', n, values, 0.1)
      const source = generatorOf(values.randomState)
      for (let k = 0; k < values.nSplits; k++) yield mixed(n, size, source)
    },
  }
}
/**
 * Random splits in which each class has its share of both sides. Looks at `y`.
 *
 * @throws ArgumentError for a class of one row, and where a side has fewer rows than there are classes
 */
export const stratifiedShuffleSplit = (options: ShuffleSplitOptions = {}): Splitter => {
  const where = 'stratifiedShuffleSplit'
  const values = shuffleOptions.validate(where, options)
  return {
    nSplits: () => values.nSplits,
    split: function* (n, { y } = {}) {
      const members = readMembers(where, 'y', y, n)
      const size = countsOf(where, n, values, 0.1)
      const source = generatorOf(values.randomState)
      for (let k = 0; k < values.nSplits; k++) yield stratified(where, members, size, source)
    },
  }
}

const indexOptions = defineOptions({
  ...sizes,
  shuffle: flag({ default: true, help: 'mix the rows; without, the last are tested on' }),
  randomState,
})
export type SplitOptions = Given<typeof indexOptions> & {
  /** The class of each row: each has its share of both sides. */
  readonly stratify?: Values
}

/**
 * Numbers of the rows to learn from and to test on, by default a random quarter.
 *
 * @throws ArgumentError where a side would have no row, and for `stratify` without `shuffle`
 */
export const splitIndices = (n: number, { stratify, ...options }: SplitOptions = {}, where = 'splitIndices'): Split => {
  const { shuffle, randomState, ...values } = indexOptions.validate(where, options)
  const size = countsOf(where, n, values, 0.25)
  if (!shuffle) {
    if (stratify !== undefined)
      throw new ArgumentError(`${where}: stratify needs mixed rows. Leave shuffle out, or stratify.`)
    return { train: range(0, size.train), test: range(size.train, size.train + size.test) }
  }
  const source = generatorOf(randomState)
  if (stratify === undefined) return mixed(n, size, source)
  return stratified(where, readMembers(where, 'stratify', stratify, n), size, source)
}
