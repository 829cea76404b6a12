import { ArgumentError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { SequentialFn, ShapeFn } from '../core/shape-types.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Layer } from './module.ts'

// Contravariance would make a list of differently shaped layers unusable; the shape functions are all that is compared.
type AnyLayer = Layer<ShapeFn>
type FnsOf<L extends readonly AnyLayer[]> = { [K in keyof L]: L[K]['~shapes'] }

/** Layers one after another; parameter paths are their positions (`0.weight`), as in PyTorch. */
export class Sequential<F extends ShapeFn = ShapeFn> extends Layer<F> {
  private readonly layers: AnyLayer[]

  constructor(layers: readonly AnyLayer[]) {
    super()
    this.layers = [...layers]
    // Positions as own fields give PyTorch's paths; the list itself stays out of the walk.
    Object.defineProperty(this, 'layers', { enumerable: false })
    Object.assign(this, layers)
  }

  /** The layer at a position, counted from the end if it is negative. @throws ArgumentError where there is none */
  at(position: number): Layer<ShapeFn> {
    return this.layers[this.index('at', position)]!
  }
  /** Puts another layer at a position; its shapes are checked when it runs. @throws ArgumentError where there is none */
  replace(position: number, layer: Layer<ShapeFn>): this {
    const index = this.index('replace', position)
    this.layers[index] = layer
    Object.assign(this, { [index]: layer })
    return this
  }
  private index(where: string, position: number): number {
    const { length } = this.layers
    const index = position < 0 ? position + length : position
    if (Number.isInteger(index) && index >= 0 && index < length) return index
    throw new ArgumentError(
      `sequential: ${where} was given position ${position} of ${length} layers. Positions go from 0 to ${length - 1}, or from −1 back.`,
      { position, length },
    )
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    return this.layers.reduce((y, layer) => layer.forward(y as never) as unknown as Tensor<Shape, 'float32'>, x)
  }
}

/** Layers one after another, their shapes checked together by the compiler. */
export const sequential = <const L extends readonly AnyLayer[]>(...layers: L): Sequential<SequentialFn<FnsOf<L>>> =>
  new Sequential(layers)
