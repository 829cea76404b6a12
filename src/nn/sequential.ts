import type { Shape } from '../core/shape.ts'
import type { SequentialFn, ShapeFn } from '../core/shape-types.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Layer } from './module.ts'

// Contravariance would make a list of differently shaped layers unusable; the shape functions are all that is compared.
type AnyLayer = Layer<ShapeFn>
type FnsOf<L extends readonly AnyLayer[]> = { [K in keyof L]: L[K]['~shapes'] }

/** Layers one after another; parameter paths are their positions (`0.weight`), as in PyTorch. */
export class Sequential<F extends ShapeFn = ShapeFn> extends Layer<F> {
  private readonly layers: readonly AnyLayer[]

  constructor(layers: readonly AnyLayer[]) {
    super()
    this.layers = layers
    // Positions as own fields give PyTorch's paths; the list itself stays out of the walk.
    Object.defineProperty(this, 'layers', { enumerable: false })
    Object.assign(this, layers)
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    return this.layers.reduce((y, layer) => layer.forward(y as never) as unknown as Tensor<Shape, 'float32'>, x)
  }
}

/** Layers one after another, their shapes checked together by the compiler. */
export const sequential = <const L extends readonly AnyLayer[]>(...layers: L): Sequential<SequentialFn<FnsOf<L>>> =>
  new Sequential(layers)
