import { ArgumentError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { SameFn } from '../core/shape-types.ts'
import { where } from '../tensor/functions.ts'
import { type Generator, rand } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Layer } from './module.ts'

/**
 * While training, sets each element to 0 with probability `p` and scales the rest by 1/(1 − p), so that the mean stays. Does
 * nothing while predicting.
 *
 * Source: Srivastava et al. 2014, section 10 (the scaling at training time).
 */
export class Dropout extends Layer<SameFn> {
  readonly p: number
  private readonly generator: Generator | undefined

  constructor(p = 0.5, options: { readonly generator?: Generator } = {}) {
    super()
    if (!(p >= 0 && p < 1)) throw new ArgumentError(`dropout: p must be at least 0 and below 1; got ${p}.`, { p })
    this.p = p
    this.generator = options.generator
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    if (this.p === 0 || !this.training) return x
    const keep = rand(x.shape, this.generator ? { generator: this.generator } : {}).greaterEqual(this.p)
    return where(keep, x.mul(1 / (1 - this.p)), 0)
  }
}

/** Dropout with probability `p`. */
export const dropout = (p?: number, options?: { readonly generator?: Generator }): Dropout => new Dropout(p, options)
