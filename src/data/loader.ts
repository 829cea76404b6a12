import { ArgumentError } from '../core/errors.ts'
import { defineOptions, flag, type Given, integer } from '../core/options.ts'
import { blocksFor, fillBits } from '../core/philox.ts'
import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import { fromArray } from '../tensor/creation.ts'
import { Generator, generator, permutation } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Column, type Dataset, gather } from './dataset.ts'

const declared = defineOptions({
  batchSize: integer({ min: 1, required: true, help: 'examples in a batch' }),
  shuffle: flag({ help: 'a new random order in each epoch' }),
  dropLast: flag({ help: 'leave out the last batch of an epoch where it is smaller' }),
  seed: integer({ min: 0, help: 'seed of the random orders' }),
})

export interface LoaderOptions extends Given<typeof declared> {
  /** Where the seed is drawn from, once, when none is given. Default the generator of `setSeed`. */
  readonly generator?: Generator
}

/** Where a loader stands, as plain JSON. */
export interface LoaderState {
  /** Of the random orders; 0 where nothing is shuffled. */
  readonly seed: number
  /** Epoch, counted from 0. */
  readonly epoch: number
  /** Batches of that epoch already given out. */
  readonly batch: number
}

type BatchTensor<C extends Column> =
  C extends Column<infer Item extends Shape, infer D extends DType> ? Tensor<readonly [number, ...Item], D> : never
/** Some examples as tensors: `x` is `[B, ...item]`. */
export interface Batch<X extends Column = Column, Y extends Column = Column> {
  readonly x: BatchTensor<X>
  readonly y: BatchTensor<Y>
}

const asTensor = <C extends Column>({ data, shape, dtype }: C): BatchTensor<C> =>
  fromArray(data, shape, dtype) as unknown as BatchTensor<C>

/** A seed of 53 bits off a generator's stream. */
const drawSeed = (source: Generator): number => {
  const words = new Uint32Array(2)
  source.draw<Uint32Array>(2, fillBits)(words)
  return (words[0]! >>> 11) * 2 ** 32 + words[1]!
}

/**
 * Batches of a data set: each `for await` is one epoch. The order of an epoch depends on the seed and the epoch's number alone,
 * so that `state` is all it takes to go on exactly, in the middle of an epoch too.
 */
export class Loader<X extends Column = Column, Y extends Column = Column> implements AsyncIterable<Batch<X, Y>> {
  readonly dataset: Dataset<X, Y>
  readonly batchSize: number
  /** Batches in an epoch. */
  readonly length: number
  private readonly shuffle: boolean
  private seed: number
  private epoch = 0
  private batch = 0
  /** Whether `state` was set and the next epoch begins there. */
  private resumed = false

  constructor(dataset: Dataset<X, Y>, { generator: source = generator(), ...given }: LoaderOptions) {
    const options = declared.validate('loader', given)
    this.dataset = dataset
    this.batchSize = options.batchSize
    this.shuffle = options.shuffle
    this.seed = options.seed ?? (options.shuffle ? drawSeed(source) : 0)
    this.length = (options.dropLast ? Math.floor : Math.ceil)(dataset.length / options.batchSize)
    if (this.length === 0) {
      const advice =
        dataset.length === 0 ? 'a data set that is not empty' : 'a smaller batchSize, or leave dropLast out'
      throw new ArgumentError(
        `loader: ${dataset.length} examples make no batch of ${options.batchSize}. Pass ${advice}.`,
        { length: dataset.length, batchSize: options.batchSize },
      )
    }
  }

  /** What to keep so that a loader of the same data set and options goes on with the next batch. */
  get state(): LoaderState {
    return { seed: this.seed, epoch: this.epoch, batch: this.batch }
  }
  /** Goes to a state: the next `for await` gives the rest of its epoch. */
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

  /** One epoch, or what is left of a restored one. A loop that is broken off has had its epoch; setting `state` ends a loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch<X, Y>, void, undefined> {
    if (!this.resumed && this.batch > 0) this.endEpoch()
    this.resumed = false
    const order = this.shuffle ? this.order() : null
    for (let at = this.batch; at < this.length; at++) {
      this.batch = at + 1
      yield this.take(order, at * this.batchSize)
      if (this.resumed) return
    }
    this.endEpoch()
  }

  private endEpoch(): void {
    this.epoch += 1
    this.batch = 0
  }

  /** The epoch's permutation: the stream of the seed, each epoch's part after the one before. */
  private order(): Int32Array {
    const source = new Generator(this.seed)
    source.state = { seed: this.seed, block: this.epoch * blocksFor(this.dataset.length) }
    return permutation(this.dataset.length, source)
  }

  private take(order: Int32Array | null, start: number): Batch<X, Y> {
    const { x, y } = this.dataset
    const end = Math.min(start + this.batchSize, this.dataset.length)
    if (order === null) {
      const part = this.dataset.slice(start, end)
      return { x: asTensor(part.x), y: asTensor(part.y) }
    }
    const positions = order.subarray(start, end)
    return { x: asTensor(gather(x, positions)), y: asTensor(gather(y, positions)) }
  }
}

/**
 * Batches of a data set in order, or shuffled anew in each epoch.
 *
 * @param options.batchSize examples in a batch
 * @param options.shuffle a new random order in each epoch. Default false
 * @param options.dropLast leaves out the last batch of an epoch where it is smaller. Default false
 * @param options.seed of the random orders; by default drawn from `generator` when the loader is made
 * @example
 * const batches = loader(train, { batchSize: 64, shuffle: true })
 * for (let epoch = 0; epoch < 2; epoch++) {
 *   for await (const { x, y } of batches) await optimizer.minimize(nn.crossEntropy(mlp.forward(x), y))
 * }
 */
export const loader = <X extends Column, Y extends Column>(
  dataset: Dataset<X, Y>,
  options: LoaderOptions,
): Loader<X, Y> => new Loader(dataset, options)
