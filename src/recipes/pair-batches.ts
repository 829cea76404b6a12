import { fromArray } from '../tensor/creation.ts'
import { Generator, permutation } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { specialIds } from '../text/encoder-decoder.ts'
import { type DigitTask, drawPairs, longestOf } from './digit-tasks.ts'
import type { Pair } from '../text/pairs.ts'

type Ids = Tensor<readonly number[], 'int32'>

/** What a model is trained on: int32 source and target `[B, S]` and `[B, T]`, lengths `[B]`, and the target one token on. */
export interface PairBatch {
  readonly source: Ids
  readonly lengths: Ids
  readonly target: Ids
  readonly next: Ids
}
/** Ids as a model has them: of the source with its end, of the target without begin and end. */
export interface IdPair {
  readonly source: readonly number[]
  readonly target: readonly number[]
}
/** Sizes that a batch is padded to. */
export interface PairSize {
  readonly source: number
  readonly target: number
}

/** Gives the batch of an update: it depends on nothing but the update's number. */
export interface PairBatches {
  readonly at: (step: number) => PairBatch
}

const rowsFrom = (rows: readonly (readonly number[])[], size: number): Ids => {
  const out = new Int32Array(rows.length * size).fill(specialIds.pad)
  for (const [b, row] of rows.entries()) out.set(row, b * size)
  return fromArray(out, [rows.length, size], 'int32') as Ids
}

const batchOf = (pairs: readonly IdPair[], size: PairSize): PairBatch => ({
  source: rowsFrom(
    pairs.map(({ source }) => source),
    size.source,
  ),
  lengths: fromArray(
    Int32Array.from(pairs, ({ source }) => source.length),
    [pairs.length],
    'int32',
  ) as Ids,
  target: rowsFrom(
    pairs.map(({ target }) => [specialIds.begin, ...target]),
    size.target,
  ),
  next: rowsFrom(
    pairs.map(({ target }) => [...target, specialIds.end]),
    size.target,
  ),
})

/** Pairs of about the same length, padded to one size: each size compiles a graph of its own, so there are few. */
export interface Bucket {
  readonly pairs: readonly IdPair[]
  readonly size: PairSize
}

/** As many pairs in each bucket, the short ones in the first. */
export const bucketsOf = (pairs: readonly IdPair[], count: number): Bucket[] => {
  const longest = ({ source, target }: IdPair): number => Math.max(source.length, target.length + 1)
  const sorted = [...pairs].sort((a, b) => longest(a) - longest(b))
  const each = Math.ceil(sorted.length / count)
  const buckets: Bucket[] = []
  for (let at = 0; at < sorted.length; at += each) {
    const inside = sorted.slice(at, at + each)
    const size = {
      source: Math.max(...inside.map(({ source }) => source.length)),
      target: Math.max(...inside.map(({ target }) => target.length + 1)),
    }
    buckets.push({ pairs: inside, size })
  }
  return buckets
}

export interface BatchOptions {
  readonly batchSize: number
  readonly buckets: number
  /** Of the order; each update and each epoch has one of its own. */
  readonly seed: number
}

/** Given pairs in batches of one bucket each, in another order each epoch; where a bucket's last batch is not full, it takes from its first. */
export const epochsOf = (pairs: readonly IdPair[], { batchSize, buckets: count, seed }: BatchOptions): PairBatches => {
  const buckets = bucketsOf(pairs, count)
  const places = buckets.flatMap(({ pairs: inside }, k) =>
    Array.from({ length: Math.ceil(inside.length / batchSize) }, (_, i) => ({ bucket: k, first: i * batchSize })),
  )
  let epoch = -1
  let orders: readonly Int32Array[] = []
  let sequence: Int32Array = new Int32Array()
  return {
    at: step => {
      const now = Math.floor(step / places.length)
      if (now !== epoch) {
        const generator = new Generator(seed + now)
        orders = buckets.map(({ pairs: inside }) => permutation(inside.length, generator))
        sequence = permutation(places.length, generator)
        epoch = now
      }
      const { bucket, first } = places[sequence[step % places.length]!]!
      const { pairs: inside, size } = buckets[bucket]!
      const order = orders[bucket]!
      const rows = Array.from({ length: batchSize }, (_, i) => inside[order[(first + i) % order.length]!]!)
      return batchOf(rows, size)
    },
  }
}

export interface TaskBatchOptions extends BatchOptions {
  readonly task: DigitTask
  readonly minLength: number
  readonly maxLength: number
  /** Sources that are kept back. */
  readonly except: ReadonlySet<string>
  readonly encode: (pair: Pair) => IdPair
}

/** New strings at every update, all of one range of lengths: the lengths fall into as many ranges as there are buckets. */
export const freshBatches = (o: TaskBatchOptions): PairBatches => {
  const span = o.maxLength - o.minLength + 1
  // Two numbers of one range would never be of lengths far apart.
  const count = o.task === 'add' ? 1 : Math.min(o.buckets, span)
  const bound = (k: number): number => o.minLength + Math.floor((k * span) / count)
  return {
    at: step => {
      const generator = new Generator(o.seed + step)
      // A range is drawn as often as it has lengths.
      const [length] = permutation(span, generator)
      const k = Array.from({ length: count }, (_, i) => i).findIndex(i => o.minLength + length! < bound(i + 1))
      const [from, to] = [bound(k), bound(k + 1) - 1]
      const pairs = drawPairs(o.task, o.batchSize, { from, to, except: o.except }, generator)
      const { source, target } = longestOf(o.task, to)
      return batchOf(pairs.map(o.encode), { source: source + 1, target: target + 1 })
    },
  }
}

const filler: IdPair = { source: [specialIds.end], target: [] }

/** All pairs once, with how many tokens are to be told; rows without a pair fill the last batch of a bucket, and do not count. */
export function* allBatches(
  pairs: readonly IdPair[],
  { batchSize, buckets }: Omit<BatchOptions, 'seed'>,
): Iterable<PairBatch & { readonly tokens: number }> {
  for (const { pairs: inside, size } of bucketsOf(pairs, buckets)) {
    for (let at = 0; at < inside.length; at += batchSize) {
      const rows = inside.slice(at, at + batchSize)
      const tokens = rows.reduce((sum, { target }) => sum + target.length + 1, 0)
      const batch = batchOf([...rows, ...new Array<IdPair>(batchSize - rows.length).fill(filler)], size)
      // A filler has nothing to tell, its end neither.
      const next = new Int32Array(batchSize * size.target).fill(specialIds.pad)
      for (const [b, { target }] of rows.entries()) next.set([...target, specialIds.end], b * size.target)
      yield { ...batch, next: fromArray(next, [batchSize, size.target], 'int32') as Ids, tokens }
    }
  }
}
