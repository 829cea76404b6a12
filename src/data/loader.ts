import type { DType } from '../core/dtype.ts'
import { defineOptions, type Given } from '../core/options.ts'
import type { Shape } from '../core/shape.ts'
import { fromArray } from '../tensor/creation.ts'
import { type Generator, generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BatchOrder, drawSeed, type LoaderState, loaderOptions } from './batch-order.ts'
import { type Column, type Dataset, gather } from './dataset.ts'

const declared = defineOptions(loaderOptions)

export interface LoaderOptions extends Given<typeof declared> {
  /** Where the seed is drawn from, once, when none is given. Default the generator of `setSeed`. */
  readonly generator?: Generator
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

/**
 * Batches of a data set: each `for await` is one epoch. The order of an epoch depends on the seed and the epoch's number alone,
 * so that `state` is all it takes to go on exactly, in the middle of an epoch too.
 */
export class Loader<X extends Column = Column, Y extends Column = Column> implements AsyncIterable<Batch<X, Y>> {
  readonly dataset: Dataset<X, Y>
  readonly batchSize: number
  /** Batches in an epoch. */
  readonly length: number
  private readonly order: BatchOrder

  constructor(dataset: Dataset<X, Y>, { generator: source = generator(), ...given }: LoaderOptions) {
    const options = declared.validate('loader', given)
    const seed = options.seed ?? (options.shuffle ? drawSeed(source) : 0)
    this.dataset = dataset
    this.order = new BatchOrder(dataset.length, { ...options, seed })
    this.batchSize = options.batchSize
    this.length = this.order.length
  }

  /** What to keep so that a loader of the same data set and options goes on with the next batch. */
  get state(): LoaderState {
    return this.order.state
  }
  /** Goes to a state: the next `for await` gives the rest of its epoch. */
  set state(state: LoaderState) {
    this.order.state = state
  }

  /** One epoch, or what is left of a restored one. A loop that is broken off has had its epoch; setting `state` ends a loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch<X, Y>, void, undefined> {
    const { first, positions } = this.order.begin()
    for (let batch = first; batch < this.length; batch++) {
      this.order.give(batch)
      yield this.take(positions, batch)
      if (this.order.left) return
    }
    this.order.end()
  }

  private take(positions: (batch: number) => Int32Array, batch: number): Batch<X, Y> {
    const { x, y } = this.dataset
    if (this.order.shuffle) {
      const chosen = positions(batch)
      return { x: asTensor(gather(x, chosen)), y: asTensor(gather(y, chosen)) }
    }
    const start = batch * this.batchSize
    const part = this.dataset.slice(start, start + this.batchSize)
    return { x: asTensor(part.x), y: asTensor(part.y) }
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
