import { type Shape, sizeOf } from '../core/shape.ts'
import type { SameFn, ShapeFn } from '../core/shape-types.ts'
import type { GeluOptions } from '../ops/activation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Layer } from './module.ts'

type Map = (x: Tensor<Shape, 'float32'>) => Tensor<Shape, 'float32'>

/** A function of one tensor as a layer, to stand in `sequential`. */
export class Lambda<F extends ShapeFn = SameFn> extends Layer<F> {
  private readonly map: Map

  constructor(map: Map) {
    super()
    this.map = map
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    return this.map(x)
  }
}

/** max(x, 0). */
export const relu = (): Lambda => new Lambda(x => x.relu())
/** Gaussian error linear unit. */
export const gelu = (options?: GeluOptions): Lambda => new Lambda(x => x.gelu(options))
/** x σ(x). */
export const silu = (): Lambda => new Lambda(x => x.silu())
/** Logistic sigmoid. */
export const sigmoid = (): Lambda => new Lambda(x => x.sigmoid())
/** Hyperbolic tangent. */
export const tanh = (): Lambda => new Lambda(x => x.tanh())
/** ln(1 + eˣ). */
export const softplus = (): Lambda => new Lambda(x => x.softplus())
/** Probabilities along an axis (the last by default). */
export const softmax = (axis = -1): Lambda => new Lambda(x => x.softmax(axis))

interface FlattenFn extends ShapeFn {
  readonly out: this['in'] extends readonly [infer N extends number, infer A extends number]
    ? readonly [N, A]
    : this['in'] extends readonly [infer N extends number, ...number[]]
      ? readonly [N, number]
      : Shape
}
/** All axes but the first as one: `[N, ...]` → `[N, features]`. */
export const flatten = (): Lambda<FlattenFn> =>
  new Lambda<FlattenFn>(x => x.reshape([x.shape[0] ?? 1, sizeOf(x.shape.slice(1))]))
