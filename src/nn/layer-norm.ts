import type { Shape } from '../core/shape.ts'
import type { LastAxisFn } from '../core/shape-types.ts'
import { layerNorm as normalize } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { constantInit } from './initializers.ts'
import { Layer } from './module.ts'
import { Parameter } from './parameter.ts'

/**
 * Normalises the last axis to mean 0 and variance 1, then scales and shifts: `γ (x − mean)/√(variance + ε) + β`.
 *
 * **Shape** x: `[..., features]` → the same.
 *
 * Source: Ba, Kiros & Hinton 2016, equation 4.
 */
export class LayerNorm<C extends number = number> extends Layer<LastAxisFn<'layerNorm', C, C>> {
  readonly weight: Parameter<readonly [C]>
  readonly bias: Parameter<readonly [C]>
  readonly epsilon: number

  constructor(features: C, options: { readonly epsilon?: number } = {}) {
    super()
    this.weight = new Parameter([features], constantInit(1))
    this.bias = new Parameter([features], constantInit(0))
    this.epsilon = options.epsilon ?? 1e-5
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    return normalize(x, this.weight.value, this.bias.value, { epsilon: this.epsilon })
  }
}

/** Layer normalisation of the last axis. */
export const layerNorm = <const C extends number>(features: C, options?: { readonly epsilon?: number }): LayerNorm<C> =>
  new LayerNorm(features, options)
