import { ShapeError } from '../core/errors.ts'
import { type Shape, show } from '../core/shape.ts'
import type { LastAxisFn } from '../core/shape-types.ts'
import type { Generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { constantInit, type Initializer, uniformInit } from './initializers.ts'
import { Layer } from './module.ts'
import { Parameter } from './parameter.ts'
import { project } from './project.ts'

export interface LinearOptions {
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean
  /** How the weight begins. Default PyTorch's: uniform within ±1/√inFeatures, the bias too. */
  readonly init?: Initializer
  readonly generator?: Generator
}

/**
 * Affine map of the last axis: `y = x Wᵀ + b`.
 *
 * **Shape** x: `[..., inFeatures]` → `[..., outFeatures]`; weight `[outFeatures, inFeatures]`, bias `[outFeatures]`.
 */
export class Linear<I extends number = number, O extends number = number> extends Layer<LastAxisFn<'linear', I, O>> {
  readonly weight: Parameter<readonly [O, I]>
  readonly bias: Parameter<readonly [O]> | null

  constructor(inFeatures: I, outFeatures: O, options: LinearOptions = {}) {
    super()
    const bound = inFeatures > 0 ? 1 / Math.sqrt(inFeatures) : 0
    this.weight = new Parameter(
      [outFeatures, inFeatures],
      options.init ?? uniformInit(-bound, bound),
      options.generator,
    )
    this.weight.inputAxis = 1
    const biasInit = options.init ? constantInit(0) : uniformInit(-bound, bound)
    this.bias = (options.bias ?? true) ? new Parameter([outFeatures], biasInit, options.generator) : null
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    const [, inFeatures] = this.weight.shape
    const last = x.shape[x.ndim - 1]
    if (last !== inFeatures) {
      const got = last === undefined ? 'a scalar' : `${last} in ${show(x.shape)}`
      throw new ShapeError(`linear: expected last axis ${inFeatures}, got ${got}.`, { shape: x.shape })
    }
    return project(x, this.weight, this.bias)
  }
}

/** Affine map of the last axis, `[..., inFeatures]` → `[..., outFeatures]`. */
export const linear = <const I extends number, const O extends number>(
  inFeatures: I,
  outFeatures: O,
  options?: LinearOptions,
): Linear<I, O> => new Linear(inFeatures, outFeatures, options)
