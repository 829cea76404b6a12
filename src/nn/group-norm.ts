import { ArgumentError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { ones, zeros } from '../tensor/creation.ts'
import { groupNorm as normalize } from '../tensor/norms.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { constantInit } from './initializers.ts'
import { Layer } from './module.ts'
import { Parameter } from './parameter.ts'
import { type KeptChannelsFn, requireChannels } from './spatial.ts'

export interface GroupNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number
  /** Whether channels are scaled and shifted by trained parameters. Default true. */
  readonly affine?: boolean
}

/**
 * Group normalisation: each of `groups` equal shares of the channels, with all their positions, made mean 0 and variance 1 for each
 * example; then scaled and shifted by channel. One group is layer normalisation over channels and positions.
 *
 * **Shape** x: `[N, C, ...]` → the same; weight and bias `[C]`.
 *
 * @throws ArgumentError where the groups do not divide the channels
 *
 * Source: Wu & He 2018, equation 1; PyTorch's `GroupNorm`.
 */
export class GroupNorm<C extends number = number> extends Layer<KeptChannelsFn<'groupNorm', C>> {
  readonly weight: Parameter<readonly [C]> | null
  readonly bias: Parameter<readonly [C]> | null
  readonly groups: number
  readonly epsilon: number
  private readonly channels: C

  constructor(groups: number, channels: C, options: GroupNormOptions = {}) {
    super()
    if (!(Number.isInteger(groups) && groups >= 1 && channels % groups === 0)) {
      throw new ArgumentError(
        `groupNorm: groups must be a whole number of at least 1 that divides ${channels} channels; got ${groups}.`,
        { groups, channels },
      )
    }
    const { epsilon = 1e-5, affine = true } = options
    this.groups = groups
    this.channels = channels
    this.epsilon = epsilon
    this.weight = affine ? new Parameter([channels], constantInit(1)) : null
    this.bias = affine ? new Parameter([channels], constantInit(0)) : null
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    requireChannels('groupNorm', x, this.channels)
    const weight = this.weight?.value ?? ones([this.channels])
    const bias = this.bias?.value ?? zeros([this.channels])
    return normalize(x, this.groups, weight, bias, { epsilon: this.epsilon })
  }
}

/** Group normalisation of `[N, channels, ...]`. */
export const groupNorm = <const C extends number>(
  groups: number,
  channels: C,
  options?: GroupNormOptions,
): GroupNorm<C> => new GroupNorm(groups, channels, options)
