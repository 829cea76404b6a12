import type { Buffer } from '../core/buffer.ts'
import { type DType, valuesOf } from '../core/dtype.ts'
import { ArgumentError, ModelError, ShapeError } from '../core/errors.ts'
import { checkShape, type Shape, show, sizeOf } from '../core/shape.ts'
import { readFlag } from '../engine/run.ts'
import { Slot } from '../engine/slot.ts'
import { leaf, type Node } from '../graph/node.ts'
import { Tensor } from '../tensor/tensor.ts'
import { toFloat16 } from './float16.ts'
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

/** Whether parameters are made without values: while {@link shapesOnly} runs. */
let onlyShapes = false
const valuelessBuffers = new WeakSet<Buffer>()

/** Stands where values are to come; asking for them is an error. */
const valueless = (shape: Shape): Buffer => {
  const buffer: Buffer = {
    dtype: 'float32',
    get array(): Buffer['array'] {
      throw new ModelError(
        `parameter: ${show(shape)} has no values: its model was made within shapesOnly. Load weights into the model first.`,
        { shape },
      )
    },
  }
  valuelessBuffers.add(buffer)
  return buffer
}

/**
 * Makes a model whose parameters have shapes but no values yet: at once, in no memory, and without drawing random numbers. For counting, and for
 * a model whose weights are loaded anyway.
 *
 * @example
 * nn.shapesOnly(() => nn.linear(100_000, 100_000)).parameterCount() // 10000100000
 */
export const shapesOnly = <T>(make: () => T): T => {
  const before = onlyShapes
  onlyShapes = true
  try {
    return make()
  } finally {
    onlyShapes = before
  }
}

/** In what a parameter's values can be kept. */
export type WeightStorage = 'float32' | 'float16'

/** A weight that is trained. */
export class Parameter<out S extends Shape = Shape> extends TensorSlot<S, 'float32'> {
  /** False keeps optimizers away (a frozen layer). */
  trainable = true
  /** The leaf of the values in 16 bits, where they are kept so. */
  private narrow: Node | null = null

  /** A parameter of `shape`, filled by an initialiser from the given generator (the default one otherwise). */
  constructor(shape: S, initialize: Initializer, source: Generator = generator()) {
    checkShape('parameter', shape)
    if (onlyShapes) {
      super(shape, valueless(shape))
      return
    }
    const array = initialize(shape, source)
    if (array.length !== sizeOf(shape)) {
      throw new ShapeError(
        `parameter: the initialiser gave ${array.length} numbers for ${show(shape)}, which has ${sizeOf(shape)} elements.`,
        { shape },
      )
    }
    super(shape, { dtype: 'float32', array })
  }

  /** What the values are kept in; they are computed with in float32. */
  get storage(): WeightStorage {
    return this.buffer.dtype as WeightStorage
  }
  /** The values as they are kept: to pick from before they are widened. */
  get stored(): Tensor<S, WeightStorage> {
    const storage = readFlag(() => this.storage)
    return new Tensor<S, WeightStorage>(storage === 'float32' ? super.read() : this.narrow!)
  }
  /** Rows from `start` to `end` of the stored values, in the same memory: a large matrix is widened piece by piece. */
  storedRows(start: number, end: number): Tensor<readonly number[], WeightStorage> {
    const { shape } = this
    const row = sizeOf(shape.slice(1))
    const whole = (): Buffer => this.buffer
    const part = {
      get buffer(): Buffer {
        const { dtype, array } = whole()
        return { dtype, array: array.subarray(start * row, end * row) as Buffer['array'] }
      },
    }
    const dtype = readFlag(() => this.storage)
    return new Tensor(leaf({ shape: [end - start, ...shape.slice(1)], dtype }, { kind: 'slot', slot: part }))
  }

  /** The value in float32, whatever it is kept in. */
  override read(): Node {
    const { stored } = this
    return stored.dtype === 'float32' ? stored.node : stored.to('float32').node
  }

  /** @throws ModelError that names the parameter, where values (its own, if none are given) cannot be kept in a dtype */
  checkStorage(storage: WeightStorage, name: string, values: Buffer['array'] | null = null): void {
    if (storage === 'float16' && (values !== null || this.storage === 'float32'))
      requireFloat16Range(name, (values ?? this.buffer.array) as Float32Array)
  }
  /**
   * Keeps the values in another dtype, rounded to the nearest. In float16 they take half the memory and cannot be trained.
   *
   * @throws ModelError where a finite value is beyond float16's range
   */
  to(storage: WeightStorage): this {
    if (storage === this.storage) return this
    const old = this.buffer
    if (storage === 'float16') {
      this.buffer = inFloat16(old.array)
      this.narrow = leaf({ shape: this.shape, dtype: 'float16' }, { kind: 'slot', slot: this })
      this.trainable = false
    } else {
      this.buffer = { dtype: 'float32', array: valuesOf('float16', old.array as Uint16Array) as Float32Array }
      this.narrow = null
    }
    old.device?.release()
    return this
  }

  override set(buffer: Buffer): void {
    if (valuelessBuffers.has(this.buffer)) {
      this.buffer = { dtype: 'float32', array: new Float32Array(sizeOf(this.shape)) }
    }
    if (this.storage === 'float32') {
      super.set(buffer)
      return
    }
    const old = this.buffer
    this.buffer = inFloat16(buffer.array)
    old.device?.release()
  }
  override write(node: Node): void {
    this.requireFloat32()
    super.write(node)
  }
  override move(buffer: Buffer): void {
    this.requireFloat32()
    super.move(buffer)
  }
  private requireFloat32(): void {
    if (this.storage === 'float32') return
    throw new ArgumentError(
      `parameter: ${show(this.shape)} is kept in float16 and cannot be changed, as small updates would be lost. Call model.to("float32") before training.`,
      { shape: this.shape },
    )
  }
}

/** The smallest number that float16 rounds to infinity. */
const beyondFloat16 = 65520

const inFloat16 = (given: Buffer['array']): Buffer => {
  const values = given instanceof Float32Array ? given : Float32Array.from(given as ArrayLike<number>)
  requireFloat16Range('parameter', values)
  return { dtype: 'float16', array: toFloat16(values) }
}
/** @throws ModelError where a finite value is beyond float16's range */
const requireFloat16Range = (name: string, values: Float32Array): void => {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (Math.abs(value) < beyondFloat16 || !Number.isFinite(value)) continue
    throw new ModelError(
      `to: ${name} has the value ${value} at element ${i}, beyond float16's range of ±65504. Keep this model in float32.`,
      { name, value },
    )
  }
}

/** State that is saved with the model but not trained, such as a running mean. */
export class StateBuffer<S extends Shape = Shape, D extends DType = 'float32'> extends TensorSlot<S, D> {
  /** Whether a saved state may lack it, which leaves its value as it is: a count that older files do not have. */
  optional = false
}
