import { ArgumentError, ShapeError } from '../core/errors.ts'
import { defineOptions, type Given, integer } from '../core/options.ts'
import { show } from '../core/shape.ts'
import { BatchOrder, drawSeed, type LoaderState, loaderOptions } from '../data/batch-order.ts'
import { type Column, type Dataset, gather } from '../data/dataset.ts'
import { fromArray } from '../tensor/creation.ts'
import { type Generator, generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { ThreadPool } from './thread-pool.ts'
import { type RawBatch, transformRaw } from './transform-job.ts'
import { strangeLink } from './transforms/compose.ts'
import { type ImageBatch, specOf, type Transform } from './transforms/transform.ts'

const declared = defineOptions({
  ...loaderOptions,
  workers: integer({ min: 0, max: 64, default: 1, help: 'threads that transform' }),
  ahead: integer({ min: 1, max: 1024, default: 4, help: 'batches that are made before they are asked for' }),
})

export interface ImageLoaderOptions extends Given<typeof declared> {
  /** What is done to the images. Default nothing but their conversion. */
  readonly transform?: Transform
  /** Where the seed is drawn from, once, when none is given. Default the generator of `setSeed`. */
  readonly generator?: Generator
}

/** Images and classes that a loader takes: `[N, C, H, W]` or `[N, H, W]`, bytes or numbers from 0 to 1. */
export type Images = Dataset<Column<readonly number[], 'uint8' | 'float32'>, Column<readonly [], 'int32'>>

/** Some images: `x` is `[B, C, H, W]`; `y` the classes `[B]`, or their shares `[B, K]` after `mixup` or `cutmix`. */
export interface LoadedBatch {
  readonly x: Tensor<readonly [number, number, number, number], 'float32'>
  readonly y: Tensor
}

const asTensors = ({ data, shape, labels, targets }: ImageBatch): LoadedBatch => ({
  x: fromArray(data, shape, 'float32') as unknown as LoadedBatch['x'],
  y: (targets
    ? fromArray(targets, [shape[0], targets.length / shape[0]], 'float32')
    : fromArray(labels!, [shape[0]], 'int32')) as unknown as Tensor,
})

const check = (dataset: Images, transform: Transform | undefined, workers: number): void => {
  const { x } = dataset
  if ((x.dtype !== 'uint8' && x.dtype !== 'float32') || x.shape.length < 3 || x.shape.length > 4) {
    throw new ShapeError(
      `imageLoader: x is ${x.dtype} ${show(x.shape)}. Images must be uint8 or float32, [N, C, H, W] or [N, H, W].`,
      { shape: x.shape },
    )
  }
  if (transform && workers > 0 && !specOf(transform)) {
    const { name } = strangeLink(transform)!
    throw new ArgumentError(
      `imageLoader: the transform ${JSON.stringify(name)} is not one of gradus/vision, so another thread cannot make it. Pass { workers: 0 }.`,
      { name },
    )
  }
}

/**
 * Batches of images, transformed on other threads while the model trains: each `for await` is one epoch. Batches are the same for any
 * number of threads, and depend on the seed and on `state` alone.
 */
export class ImageLoader implements AsyncIterable<LoadedBatch> {
  readonly dataset: Images
  readonly batchSize: number
  /** Batches in an epoch. */
  readonly length: number
  private readonly order: BatchOrder
  private readonly transform: Transform | null
  private readonly pool: ThreadPool | null
  private readonly ahead: number

  constructor(dataset: Images, { generator: source = generator(), transform, ...given }: ImageLoaderOptions) {
    const { workers, ahead, ...options } = declared.validate('imageLoader', given)
    check(dataset, transform, workers)
    const random = options.shuffle || transform !== undefined
    this.order = new BatchOrder(dataset.length, { ...options, seed: options.seed ?? (random ? drawSeed(source) : 0) })
    this.dataset = dataset
    this.batchSize = options.batchSize
    this.length = this.order.length
    this.transform = transform ?? null
    this.pool = workers > 0 ? new ThreadPool(workers) : null
    this.ahead = ahead
  }

  /** What to keep so that a loader of the same data set and options goes on with the next batch. */
  get state(): LoaderState {
    return this.order.state
  }
  /** Goes to a state: the next `for await` gives the rest of its epoch. */
  set state(state: LoaderState) {
    this.order.state = state
  }
  /** Threads that run now: they start with the first epoch, and wait between epochs. */
  get threads(): number {
    return this.pool?.size ?? 0
  }
  /** Ends the threads. A loop that is broken off or fails does so by itself; threads without work do not keep a program running. */
  async close(): Promise<void> {
    await this.pool?.close()
  }

  /** One epoch, or what is left of a restored one. A loop that is broken off has had its epoch; setting `state` ends a loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<LoadedBatch, void, undefined> {
    const { first, positions } = this.order.begin()
    const { seed, epoch } = this.order.state
    const made: Promise<ImageBatch>[] = []
    let next = first
    let whole = false
    try {
      for (let batch = first; batch < this.length; batch++) {
        for (; next < this.length && made.length < (this.pool ? this.ahead : 1); next++) {
          const promise = this.make(this.gather(positions(next), epoch), seed)
          // It is awaited in its turn, perhaps long after it failed.
          promise.catch(() => {})
          made.push(promise)
        }
        const transformed = await made.shift()!
        this.order.give(batch)
        yield asTensors(transformed)
        if (this.order.left) return
      }
      this.order.end()
      whole = true
    } finally {
      if (!whole) await this.close()
    }
  }

  private async make(raw: RawBatch, seed: number): Promise<ImageBatch> {
    const { pool, transform } = this
    return pool ? pool.run({ raw, seed, spec: transform && specOf(transform)! }) : transformRaw(raw, seed, transform)
  }

  /** The examples at these positions, in memory of their own that may move to a thread. */
  private gather(positions: Int32Array, epoch: number): RawBatch {
    const { x, y } = this.dataset
    const images = gather(x, positions)
    // An image has other random numbers in each epoch.
    const indices = Float64Array.from(positions, position => epoch * this.dataset.length + position)
    return {
      data: images.data as RawBatch['data'],
      shape: images.shape,
      indices,
      labels: gather(y, positions).data as Int32Array,
    }
  }
}

/**
 * Batches of images, converted to float32 `[B, C, H, W]` from 0 to 1 and transformed on other threads, ahead of the training.
 *
 * What a batch holds depends on the seed, the epoch and the batch's number, not on `workers` or `ahead`.
 *
 * @param options.batchSize images in a batch
 * @param options.shuffle a new random order in each epoch. Default false
 * @param options.dropLast leaves out the last batch of an epoch where it is smaller. Default false
 * @param options.seed of the orders and of the transforms; by default drawn from `generator` when the loader is made
 * @param options.transform what is done to the images
 * @param options.workers threads that transform; 0: none, in the way of the training. Default 1
 * @param options.ahead batches that are made before they are asked for. Default 4
 * @throws ArgumentError for a transform of one's own with workers; what a transform throws, when its batch is asked for
 * @example
 * const { compose, imageLoader, randomCrop, rotate } = await import('gradus/vision')
 * const transform = compose([randomCrop({ size: 28, padding: 2 }), rotate({ degrees: 10 })])
 * for await (const { x, y } of imageLoader(train, { batchSize: 64, shuffle: true, transform, workers: 2 })) {
 *   await optimizer.minimize(nn.crossEntropy(mlp.forward(x), y))
 * }
 */
export const imageLoader = (dataset: Images, options: ImageLoaderOptions): ImageLoader =>
  new ImageLoader(dataset, options)
