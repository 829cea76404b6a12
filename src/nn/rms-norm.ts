import type { Shape } from '../core/shape.ts'
import type { LastAxisFn } from '../core/shape-types.ts'
import { rmsNorm as normalize } from '../tensor/norms.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { constantInit } from './initializers.ts'
import { Layer } from './module.ts'
import { Parameter } from './parameter.ts'

/**
 * Scales the last axis to a root mean square of 1, then by a weight: `γ x/√(mean of x² + ε)`.
 *
 * **Shape** x: `[..., features]` → the same; weight `[features]`.
 *
 * `epsilon` is 1e-6 by default, as Llama's; PyTorch's default is the spacing of floats at 1, 1.19e-7.
 *
 * Source: Zhang & Sennrich 2019, equation 4; PyTorch's `RMSNorm`.
 */
export class RmsNorm<C extends number = number> extends Layer<LastAxisFn<'rmsNorm', C, C>> {
  readonly weight: Parameter<readonly [C]>
  readonly epsilon: number

  constructor(features: C, options: { readonly epsilon?: number } = {}) {
    super()
    this.weight = new Parameter([features], constantInit(1))
    this.epsilon = options.epsilon ?? 1e-6
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    return normalize(x, this.weight.value, { epsilon: this.epsilon })
  }
}

/** Root-mean-square normalisation of the last axis. */
export const rmsNorm = <const C extends number>(features: C, options?: { readonly epsilon?: number }): RmsNorm<C> =>
  new RmsNorm(features, options)
