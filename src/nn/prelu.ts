import type { Shape } from '../core/shape.ts'
import type { SameFn } from '../core/shape-types.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { constantInit } from './initializers.ts'
import { Layer } from './module.ts'
import { Parameter } from './parameter.ts'
import { type KeptChannelsFn, requireChannels } from './spatial.ts'

export interface PReluOptions {
  /** The slope to begin with. Default 0.25. */
  readonly init?: number
}

/**
 * x, and to the left of 0 x times a trained slope: one for all channels, or one for each.
 *
 * **Shape** x: `[N, C, ...]` → the same; with one slope x has any shape. weight `[slopes]`.
 *
 * Source: He et al. 2015, equation 1; PyTorch's `PReLU`.
 */
export class PRelu<C extends number = number> extends Layer<C extends 1 ? SameFn : KeptChannelsFn<'prelu', C>> {
  readonly weight: Parameter<readonly [C]>

  constructor(slopes: C, options: PReluOptions = {}) {
    super()
    this.weight = new Parameter([slopes], constantInit(options.init ?? 0.25))
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    const slopes: number = this.weight.shape[0]
    if (slopes === 1) return x.prelu(this.weight.value)
    requireChannels('prelu', x, slopes)
    return x.prelu(this.weight.value.reshape([slopes, ...x.shape.slice(2).map(() => 1)]))
  }
}

/** x, and to the left of 0 x times a trained slope; `slopes` is 1 or the number of channels. */
export const prelu = <const C extends number = 1>(slopes: C = 1 as C, options?: PReluOptions): PRelu<C> =>
  new PRelu(slopes, options)
