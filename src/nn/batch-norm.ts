import { ArgumentError, ShapeError } from '../core/errors.ts'
import { type Shape, show, sizeOf } from '../core/shape.ts'
import type { ShapeFn } from '../core/shape-types.ts'
import { full, ones, zeros } from '../tensor/creation.ts'
import { batchNorm as normalize, batchNormTraining } from '../tensor/norms.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { constantInit } from './initializers.ts'
import { Layer } from './module.ts'
import { Parameter, StateBuffer } from './parameter.ts'
import { type KeptChannelsFn, type KeptFn, type Rank, requireAxes, requireChannels } from './spatial.ts'

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number
  /** Weight of the newest batch in the running statistics, default 0.1; null weighs all batches equally. */
  readonly momentum?: number | null
  /** Whether channels are scaled and shifted by trained parameters. Default true. */
  readonly affine?: boolean
  /** Whether running statistics are kept, which prediction then uses; without them it uses the batch's own. Default true. */
  readonly trackRunningStats?: boolean
}

type Floats = Tensor<Shape, 'float32'>
const channelState = <C extends number>(channels: C, value: number): StateBuffer<readonly [C]> =>
  new StateBuffer([channels], { dtype: 'float32', array: new Float32Array(channels).fill(value) })
/** The newest value mixed into a running one, which no gradient flows through. */
const mix = (running: StateBuffer<readonly [number]>, newest: Floats, share: Floats): void => {
  const value: Floats = running.value
  running.value = value.add(newest.stopGradient().sub(value).mul(share)) as Tensor<readonly [number], 'float32'>
}

/**
 * Batch normalisation: each channel made mean 0 and variance 1 over the batch and its positions, `γ (x − mean)/√(variance + ε) + β`. While
 * training the statistics are the batch's own, and running ones are kept for prediction: `running ← (1 − momentum) running + momentum new`,
 * with the variance divided by n − 1. They are written together with the next evaluation.
 *
 * **Shape** x: `[N, C, ...]` → the same; the parameters and running statistics `[C]`.
 *
 * @throws ShapeError while training, where a channel has only one element
 *
 * Source: Ioffe & Szegedy 2015, algorithms 1 and 2; names and update rule as PyTorch's `BatchNorm1d`, `BatchNorm2d` and `BatchNorm3d`.
 */
export abstract class BatchNorm<F extends ShapeFn, C extends number> extends Layer<F> {
  readonly weight: Parameter<readonly [C]> | null
  readonly bias: Parameter<readonly [C]> | null
  // PyTorch's names: a field's name is its path in a file of weights.
  readonly running_mean: StateBuffer<readonly [C]> | null
  readonly running_var: StateBuffer<readonly [C]> | null
  readonly num_batches_tracked: StateBuffer<readonly [], 'int64'> | null
  readonly epsilon: number
  readonly momentum: number | null
  private readonly where: string
  private readonly channels: C

  constructor(where: string, channels: C, options: BatchNormOptions) {
    super()
    const { epsilon = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options
    if (momentum !== null && !(momentum >= 0 && momentum <= 1)) {
      throw new ArgumentError(`${where}: momentum must be between 0 and 1, or null; got ${momentum}.`, { momentum })
    }
    this.where = where
    this.channels = channels
    this.epsilon = epsilon
    this.momentum = momentum
    this.weight = affine ? new Parameter([channels], constantInit(1)) : null
    this.bias = affine ? new Parameter([channels], constantInit(0)) : null
    this.running_mean = trackRunningStats ? channelState(channels, 0) : null
    this.running_var = trackRunningStats ? channelState(channels, 1) : null
    this.num_batches_tracked = trackRunningStats
      ? new StateBuffer([], { dtype: 'int64', array: BigInt64Array.of(0n) })
      : null
    // Files from before PyTorch 0.4.1, torchvision's among them, do not have it.
    if (this.num_batches_tracked) this.num_batches_tracked.optional = true
  }

  protected override call(x: Floats): Floats {
    this.check(x)
    requireChannels(this.where, x, this.channels)
    const [mean, variance] = [this.running_mean, this.running_var]
    const weight = this.weight?.value ?? ones([this.channels])
    const bias = this.bias?.value ?? zeros([this.channels])
    const options = { epsilon: this.epsilon }
    if (!this.training && mean && variance) return normalize(x, mean.value, variance.value, weight, bias, options)
    const batch = batchNormTraining(x, weight, bias, options)
    if (this.training) this.track(batch.mean, batch.variance, sizeOf(x.shape) / this.channels)
    return batch.y
  }

  /** What the layer asks of its input's axes. */
  protected check(_x: Floats): void {}

  /** Takes the statistics of a batch of `n` elements a channel into the running ones. */
  private track(mean: Floats, variance: Floats, n: number): void {
    if (n < 2) {
      throw new ShapeError(
        `${this.where}: a channel has ${n} element in the batch, whose variance is not defined. Train on larger batches, or call eval() to predict.`,
      )
    }
    if (!this.running_mean || !this.running_var || !this.num_batches_tracked) return
    const count = this.num_batches_tracked.value.add(1)
    this.num_batches_tracked.value = count
    const share = this.momentum === null ? count.to('float32').reciprocal() : full([], this.momentum)
    mix(this.running_mean, mean, share)
    mix(this.running_var, variance.mul(n / (n - 1)), share)
  }
}

abstract class SpatialBatchNorm<N extends string, R extends Rank, C extends number> extends BatchNorm<
  KeptFn<N, R, C>,
  C
> {
  private readonly kind: { readonly name: N; readonly rank: R }

  constructor(kind: { readonly name: N; readonly rank: R }, channels: C, options: BatchNormOptions) {
    super(kind.name, channels, options)
    this.kind = kind
  }
  protected override check(x: Floats): void {
    requireAxes(this.kind.name, x, this.kind.rank)
  }
}

/** Batch normalisation of rows or sequences, `[N, C]` or `[N, C, L]`. */
export class BatchNorm1d<C extends number = number> extends BatchNorm<KeptChannelsFn<'batchNorm1d', C>, C> {
  constructor(channels: C, options: BatchNormOptions = {}) {
    super('batchNorm1d', channels, options)
  }
  protected override check(x: Floats): void {
    if (x.ndim <= 3) return
    throw new ShapeError(`batchNorm1d: expected axes [N, C] or [N, C, L], got ${show(x.shape)}.`, { shape: x.shape })
  }
}
/** Batch normalisation of images, `[N, C, H, W]`. */
export class BatchNorm2d<C extends number = number> extends SpatialBatchNorm<'batchNorm2d', 2, C> {
  constructor(channels: C, options: BatchNormOptions = {}) {
    super({ name: 'batchNorm2d', rank: 2 }, channels, options)
  }
}
/** Batch normalisation of volumes, `[N, C, D, H, W]`. */
export class BatchNorm3d<C extends number = number> extends SpatialBatchNorm<'batchNorm3d', 3, C> {
  constructor(channels: C, options: BatchNormOptions = {}) {
    super({ name: 'batchNorm3d', rank: 3 }, channels, options)
  }
}

/** Batch normalisation of `[N, C]` or `[N, C, L]`. */
export const batchNorm1d = <const C extends number>(channels: C, options?: BatchNormOptions): BatchNorm1d<C> =>
  new BatchNorm1d(channels, options)
/** Batch normalisation of `[N, C, H, W]`. */
export const batchNorm2d = <const C extends number>(channels: C, options?: BatchNormOptions): BatchNorm2d<C> =>
  new BatchNorm2d(channels, options)
/** Batch normalisation of `[N, C, D, H, W]`. */
export const batchNorm3d = <const C extends number>(channels: C, options?: BatchNormOptions): BatchNorm3d<C> =>
  new BatchNorm3d(channels, options)
