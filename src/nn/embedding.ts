import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import type { Generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Initializer, normalInit } from './initializers.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'

export interface EmbeddingOptions {
  /** Default PyTorch's: normal with standard deviation 1. */
  readonly init?: Initializer
  readonly generator?: Generator
}

/**
 * A table of vectors, one per index.
 *
 * **Shape** indices: int32 `[...]` → `[..., embedDim]`; weight `[count, embedDim]`.
 */
export class Embedding<C extends number = number> extends Module {
  readonly weight: Parameter<readonly [number, C]>

  constructor(count: number, embedDim: C, options: EmbeddingOptions = {}) {
    super()
    this.weight = new Parameter([count, embedDim], options.init ?? normalInit(), options.generator)
    this.weight.inputAxis = 1
  }

  /** The rows at the given indices. */
  forward<S extends Shape>(indices: Tensor<S, DType>): Tensor<readonly [...S, C], 'float32'> {
    return this.weight.rows(indices) as unknown as Tensor<readonly [...S, C], 'float32'>
  }
}

/** A table of `count` vectors of `embedDim` numbers. */
export const embedding = <const C extends number>(
  count: number,
  embedDim: C,
  options?: EmbeddingOptions,
): Embedding<C> => new Embedding(count, embedDim, options)
