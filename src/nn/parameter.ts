import type { DType } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { checkShape, type Shape, show, sizeOf } from '../core/shape.ts'
import { Slot } from '../engine/slot.ts'
import { Tensor } from '../tensor/tensor.ts'
import type { Initializer } from './initializers.ts'
import { type Generator, generator } from '../tensor/random.ts'

/** A slot with tensors at its door. A tensor read from it is live: evaluate it before the next update if the old value is wanted. */
class TensorSlot<out S extends Shape, D extends DType> extends Slot {
  declare readonly shape: S
  declare readonly dtype: D
  /** The current value, to compute with. */
  get value(): Tensor<S, D> {
    return new Tensor(this.read())
  }
  set value(x: Tensor<S, D>) {
    this.write(x.node)
  }
}

/** A weight that is trained. */
export class Parameter<out S extends Shape = Shape> extends TensorSlot<S, 'float32'> {
  /** False keeps optimizers away (a frozen layer). */
  trainable = true

  /** A parameter of `shape`, filled by an initialiser from the given generator (the default one otherwise). */
  constructor(shape: S, initialize: Initializer, source: Generator = generator()) {
    checkShape('parameter', shape)
    const array = initialize(shape, source)
    if (array.length !== sizeOf(shape)) {
      throw new ShapeError(
        `parameter: the initialiser gave ${array.length} numbers for ${show(shape)}, which has ${sizeOf(shape)} elements.`,
        { shape },
      )
    }
    super(shape, { dtype: 'float32', array })
  }
}

/** State that is saved with the model but not trained, such as a running mean. */
export class StateBuffer<S extends Shape = Shape, D extends DType = 'float32'> extends TensorSlot<S, D> {}
