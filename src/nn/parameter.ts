import type { Buffer } from '../core/buffer.ts'
import { type DType, valuesOf } from '../core/dtype.ts'
import { ArgumentError, ModelError, ShapeError } from '../core/errors.ts'
import { checkShape, type Shape, show, sizeOf } from '../core/shape.ts'
import { readFlag } from '../engine/run.ts'
import { Slot } from '../engine/slot.ts'
import { leaf, type Node } from '../graph/node.ts'
import { PackedWeights } from '../ops/packed-weights.ts'
import { Tensor } from '../tensor/tensor.ts'
import { toFloat16 } from './float16.ts'
import type { Initializer } from './initializers.ts'
import { PackedMatrix } from './packed.ts'
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
export type WeightStorage = 'float32' | 'float16' | 'int8' | 'int4'
const packedBits = { int8: 8, int4: 4 } as const
const isPacked = (storage: WeightStorage): storage is keyof typeof packedBits => storage in packedBits

/** What the products with a matrix get added: a change of it that is learned and kept apart from it. */
export interface Adapter {
  /** Of x `[..., in]`: `[..., out]`. */
  added(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'>
}

/** A weight that is trained. */
export class Parameter<out S extends Shape = Shape> extends TensorSlot<S, 'float32'> {
  /** False keeps optimizers away (a frozen layer). */
  trainable = true
  /**
   * The axis of a matrix that products run along: 1 of `[out, in]`, 0 of `[in, out]`. Only where that is known can values be kept in few
   * bits, because blocks along it share a scale.
   */
  inputAxis: 0 | 1 | null = null
  /** The leaf of the values in 16 bits, where they are kept so. */
  private narrow: Node | null = null
  /** The values in few bits, `[out, in]`, where they are kept so. */
  private few: PackedMatrix | null = null
  private own: Adapter | null = null

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

  /** What products of linear layers with this matrix get added, where it is adapted. A compiled function notices when that changes. */
  get adapter(): Adapter | null {
    return readFlag(() => this.own)
  }
  set adapter(adapter: Adapter | null) {
    this.own = adapter
  }
  /** What the values are kept in; they are computed with in float32. */
  get storage(): WeightStorage {
    if (this.few) return `int${this.few.weights.bits}`
    return this.buffer.dtype as WeightStorage
  }
  /** The values in few bits, where they are kept so: to compute with as they are. */
  get packed(): PackedMatrix | null {
    return readFlag(() => this.few)
  }
  /** The values as they are kept in float32 or float16. */
  private get stored(): Tensor<S, 'float32' | 'float16'> {
    const storage = readFlag(() => this.storage)
    return new Tensor<S, 'float32' | 'float16'>(storage === 'float16' ? this.narrow! : super.read())
  }
  /** The rows of a matrix at the given places, which are widened when they are picked: `[...]` → `[..., columns]`. */
  rows(at: Tensor<Shape, DType>): Tensor<readonly number[], 'float32'> {
    const { packed } = this
    if (packed && this.inputAxis === 1) return packed.rows(at)
    if (packed) return this.value.gather(at) as Tensor<readonly number[], 'float32'>
    return this.stored.gather(at).to('float32') as Tensor<readonly number[], 'float32'>
  }
  /** Rows from `start` to `end` of the stored values, in the same memory: a large matrix is widened piece by piece. */
  storedRows(start: number, end: number): Tensor<readonly number[], 'float32' | 'float16'> {
    const { shape } = this
    const row = sizeOf(shape.slice(1))
    const whole = (): Buffer => this.buffer
    const part = {
      get buffer(): Buffer {
        const { dtype, array } = whole()
        return { dtype, array: array.subarray(start * row, end * row) as Buffer['array'] }
      },
    }
    const dtype = readFlag(() => this.storage) as 'float32' | 'float16'
    return new Tensor(leaf({ shape: [end - start, ...shape.slice(1)], dtype }, { kind: 'slot', slot: part }))
  }

  /** The value in float32, whatever it is kept in. */
  override read(): Node {
    const { packed } = this
    if (packed) return (this.inputAxis === 1 ? packed.all() : packed.all().transpose()).node
    const { stored } = this
    return stored.dtype === 'float32' ? stored.node : stored.to('float32').node
  }

  /** @throws ModelError that names the parameter, where values (its own, if none are given) cannot be kept in a dtype */
  checkStorage(storage: WeightStorage, name: string, values: Buffer['array'] | null = null): void {
    if (storage === 'float16' && (values !== null || this.storage === 'float32'))
      requireFloat16Range(name, (values ?? this.buffer.array) as Float32Array)
    if (isPacked(storage)) requireFinite(name, (values ?? this.buffer.array) as Float32Array)
  }
  /**
   * Keeps the values in another dtype, rounded to the nearest. In float16 they take half the memory, in 8 or 4 bits a quarter or an eighth and
   * a scale for every 32; all but float32 cannot be trained.
   *
   * @throws ModelError where a finite value is beyond float16's range, or one in few bits is not finite
   */
  to(storage: WeightStorage): this {
    if (storage === this.storage) return this
    if (this.few || (isPacked(storage) && this.storage === 'float16')) this.widen()
    const old = this.buffer
    if (isPacked(storage)) this.pack(storage, old.array as Float32Array)
    else if (storage === 'float16') {
      this.buffer = inFloat16(old.array)
      this.narrow = leaf({ shape: this.shape, dtype: 'float16' }, { kind: 'slot', slot: this })
      this.trainable = false
    } else this.widen()
    old.device?.release()
    return this
  }
  /** Keeps the values in float32 again. */
  private widen(): void {
    const { dtype, array } = this.buffer
    const values = dtype === 'float16' ? valuesOf('float16', array as Uint16Array) : array
    this.buffer = { dtype: 'float32', array: values as Float32Array }
    this.narrow = null
    this.few = null
  }
  private pack(storage: keyof typeof packedBits, values: Float32Array): void {
    const [m, n] = this.shape as unknown as readonly [number, number]
    const { inputAxis } = this
    if (inputAxis === null || this.shape.length !== 2)
      throw new ArgumentError(
        `parameter: ${show(this.shape)} cannot be kept in ${storage}: it is no matrix that products run along. Choose float16.`,
        { shape: this.shape },
      )
    const size = inputAxis === 1 ? ([m, n] as const) : ([n, m] as const)
    const at = inputAxis === 1 ? undefined : (row: number, column: number) => column * n + row
    const weights = new PackedWeights(size, packedBits[storage], values, at)
    this.few = new PackedMatrix(weights)
    this.trainable = false
    // Saving and looking widen the values; nothing keeps them wide.
    this.buffer = {
      dtype: 'float32',
      get array() {
        const wide = weights.unpack()
        return inputAxis === 1 ? wide : transposed(wide, size)
      },
    }
  }

  override set(buffer: Buffer): void {
    if (valuelessBuffers.has(this.buffer)) {
      this.buffer = { dtype: 'float32', array: new Float32Array(sizeOf(this.shape)) }
    }
    if (this.storage === 'float32') {
      super.set(buffer)
      return
    }
    if (this.few) {
      this.pack(this.storage as keyof typeof packedBits, buffer.array as Float32Array)
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
      `parameter: ${show(this.shape)} is kept in ${this.storage} and cannot be changed, as small updates would be lost. Call model.to("float32") before training.`,
      { shape: this.shape },
    )
  }
}

/** A matrix `[m, n]` as `[n, m]`. */
const transposed = (values: Float32Array, [m, n]: readonly [number, number]): Float32Array<ArrayBuffer> => {
  const out = new Float32Array(values.length)
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = values[i * n + j]!
  return out
}

/** @throws ModelError where a value is not finite */
const requireFinite = (name: string, values: Float32Array): void => {
  const at = values.findIndex(x => !Number.isFinite(x))
  if (at < 0) return
  throw new ModelError(
    `to: ${name} has the value ${values[at]} at element ${at}, and in few bits only finite numbers can be kept. Keep this model in float32.`,
    { name, value: values[at] },
  )
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
