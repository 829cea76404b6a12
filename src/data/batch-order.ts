import { ArgumentError } from '../core/errors.ts'
import { defineOptions, flag, type Given, integer } from '../core/options.ts'
import { blocksFor, fillBits } from '../core/philox.ts'
import { Generator, permutation } from '../tensor/random.ts'

/** The options of every loader. */
export const loaderOptions = {
  batchSize: integer({ min: 1, required: true, help: 'examples in a batch' }),
  shuffle: flag({ help: 'a new random order in each epoch' }),
  dropLast: flag({ help: 'leave out the last batch of an epoch where it is smaller' }),
  seed: integer({ min: 0, help: 'seed of the random orders' }),
} as const
const declared = defineOptions(loaderOptions)
export type OrderOptions = Given<typeof declared>

/** Where a loader stands, as plain JSON. */
export interface LoaderState {
  /** Of the random orders; 0 where nothing is random. */
  readonly seed: number
  /** Epoch, counted from 0. */
  readonly epoch: number
  /** Batches of that epoch already given out. */
  readonly batch: number
}

/** A seed of 53 bits off a generator's stream. */
export const drawSeed = (source: Generator): number => {
  const words = new Uint32Array(2)
  source.draw<Uint32Array>(2, fillBits)(words)
  return (words[0]! >>> 11) * 2 ** 32 + words[1]!
}

/** Which examples are in which batch of which epoch, and how far a loader has come with giving them out. */
export class BatchOrder {
  readonly size: number
  readonly batchSize: number
  /** Batches in an epoch. */
  readonly length: number
  readonly shuffle: boolean
  private seed: number
  private epoch = 0
  private batch = 0
  /** Whether `state` was set and the next epoch begins there. */
  private resumed = false

  constructor(size: number, { batchSize, shuffle = false, dropLast = false, seed = 0 }: OrderOptions) {
    this.size = size
    this.batchSize = batchSize
    this.shuffle = shuffle
    this.seed = seed
    this.length = (dropLast ? Math.floor : Math.ceil)(size / batchSize)
    if (this.length === 0) {
      const advice = size === 0 ? 'a data set that is not empty' : 'a smaller batchSize, or leave dropLast out'
      throw new ArgumentError(`loader: ${size} examples make no batch of ${batchSize}. Pass ${advice}.`, {
        length: size,
        batchSize,
      })
    }
  }

  get state(): LoaderState {
    return { seed: this.seed, epoch: this.epoch, batch: this.batch }
  }
  set state({ seed, epoch, batch }: LoaderState) {
    const whole = (n: number): boolean => Number.isSafeInteger(n) && n >= 0
    if (!whole(seed) || !whole(epoch) || !whole(batch) || batch > this.length) {
      throw new ArgumentError(
        `loader: cannot go to batch ${batch} of epoch ${epoch} with seed ${seed}: an epoch has ${this.length} batches here. Use the data set and batchSize that the state was taken with.`,
        { seed, epoch, batch, length: this.length },
      )
    }
    this.seed = seed
    this.epoch = epoch
    this.batch = batch
    this.resumed = true
  }

  /** Begins an epoch, or goes on with a restored one: the first batch to give out, and the examples of any. */
  begin(): { readonly first: number; readonly positions: (batch: number) => Int32Array } {
    if (!this.resumed && this.batch > 0) this.end()
    this.resumed = false
    const order = this.shuffle ? this.permutation() : null
    const positions = (batch: number): Int32Array => {
      const start = batch * this.batchSize
      const end = Math.min(start + this.batchSize, this.size)
      return order ? order.subarray(start, end) : Int32Array.from({ length: end - start }, (_, i) => start + i)
    }
    return { first: this.batch, positions }
  }

  /** A batch is about to be given out. */
  give(batch: number): void {
    this.batch = batch + 1
  }
  /** Whether `state` was set since the epoch began, which ends it. */
  get left(): boolean {
    return this.resumed
  }
  end(): void {
    this.epoch += 1
    this.batch = 0
  }

  /** The epoch's permutation: the stream of the seed, each epoch's part after the one before. */
  private permutation(): Int32Array {
    const source = new Generator(this.seed)
    source.state = { seed: this.seed, block: this.epoch * blocksFor(this.size) }
    return permutation(this.size, source)
  }
}
