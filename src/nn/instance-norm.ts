import type { Shape } from '../core/shape.ts'
import { ones, zeros } from '../tensor/creation.ts'
import { instanceNorm as normalize } from '../tensor/norms.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { constantInit } from './initializers.ts'
import { Layer } from './module.ts'
import { Parameter } from './parameter.ts'
import { type KeptFn, type Rank, requireAxes, requireChannels } from './spatial.ts'

export interface InstanceNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number
  /** Whether channels are scaled and shifted by trained parameters. Default false, as PyTorch. */
  readonly affine?: boolean
}

/**
 * Instance normalisation: each channel of each example made mean 0 and variance 1 over its positions, while training and predicting alike.
 *
 * **Shape** x: `[N, C, ...spatial]` → the same; weight and bias, with `affine`, `[C]`.
 *
 * Source: Ulyanov, Vedaldi & Lempitsky 2016, equation 4; PyTorch's `InstanceNorm1d`, `InstanceNorm2d` and `InstanceNorm3d`, which can
 * also keep running statistics.
 */
export abstract class InstanceNorm<N extends string, R extends Rank, C extends number> extends Layer<KeptFn<N, R, C>> {
  readonly weight: Parameter<readonly [C]> | null
  readonly bias: Parameter<readonly [C]> | null
  readonly epsilon: number
  private readonly kind: { readonly name: N; readonly rank: R }
  private readonly channels: C

  constructor(kind: { readonly name: N; readonly rank: R }, channels: C, options: InstanceNormOptions) {
    super()
    const { epsilon = 1e-5, affine = false } = options
    this.kind = kind
    this.channels = channels
    this.epsilon = epsilon
    this.weight = affine ? new Parameter([channels], constantInit(1)) : null
    this.bias = affine ? new Parameter([channels], constantInit(0)) : null
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    requireChannels(this.kind.name, requireAxes(this.kind.name, x, this.kind.rank), this.channels)
    const weight = this.weight?.value ?? ones([this.channels])
    const bias = this.bias?.value ?? zeros([this.channels])
    return normalize(x, weight, bias, { epsilon: this.epsilon })
  }
}

/** Instance normalisation of sequences, `[N, C, L]`. */
export class InstanceNorm1d<C extends number = number> extends InstanceNorm<'instanceNorm1d', 1, C> {
  constructor(channels: C, options: InstanceNormOptions = {}) {
    super({ name: 'instanceNorm1d', rank: 1 }, channels, options)
  }
}
/** Instance normalisation of images, `[N, C, H, W]`. */
export class InstanceNorm2d<C extends number = number> extends InstanceNorm<'instanceNorm2d', 2, C> {
  constructor(channels: C, options: InstanceNormOptions = {}) {
    super({ name: 'instanceNorm2d', rank: 2 }, channels, options)
  }
}
/** Instance normalisation of volumes, `[N, C, D, H, W]`. */
export class InstanceNorm3d<C extends number = number> extends InstanceNorm<'instanceNorm3d', 3, C> {
  constructor(channels: C, options: InstanceNormOptions = {}) {
    super({ name: 'instanceNorm3d', rank: 3 }, channels, options)
  }
}

/** Instance normalisation of `[N, C, L]`. */
export const instanceNorm1d = <const C extends number>(channels: C, options?: InstanceNormOptions): InstanceNorm1d<C> =>
  new InstanceNorm1d(channels, options)
/** Instance normalisation of `[N, C, H, W]`. */
export const instanceNorm2d = <const C extends number>(channels: C, options?: InstanceNormOptions): InstanceNorm2d<C> =>
  new InstanceNorm2d(channels, options)
/** Instance normalisation of `[N, C, D, H, W]`. */
export const instanceNorm3d = <const C extends number>(channels: C, options?: InstanceNormOptions): InstanceNorm3d<C> =>
  new InstanceNorm3d(channels, options)
