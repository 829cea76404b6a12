import { convert, type DType, type TypedArray } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { checkShape, type Shape, show, sizeOf } from '../core/shape.ts'
import { leaf } from '../graph/node.ts'
import * as ar from '../ops/arithmetic.ts'
import { broadcastTo } from '../ops/broadcast.ts'
import { expandDims } from '../ops/movement.ts'
import { type Nested, Tensor } from './tensor.ts'

// A dtype that is left out is its default, whatever the place wants that the tensor is for: hence the NoInfer below.

type Narrow = Int8Array | Int16Array | Uint8Array | Uint16Array | Uint32Array | BigUint64Array
type NarrowDType<T extends Narrow> = T extends Int8Array
  ? 'int8'
  : T extends Int16Array
    ? 'int16'
    : T extends Uint8Array
      ? 'uint8'
      : T extends Uint16Array
        ? 'uint16'
        : T extends Uint32Array
          ? 'uint32'
          : 'uint64'

// `Nested` itself is recursive without end: of it nothing is known.
type DTypeOf<T> = Nested extends T
  ? DType
  : T extends boolean
    ? 'bool'
    : T extends bigint
      ? 'int64'
      : T extends number
        ? 'float32'
        : T extends Float64Array
          ? 'float64'
          : T extends Int32Array
            ? 'int32'
            : T extends BigInt64Array
              ? 'int64'
              : T extends Float32Array
                ? 'float32'
                : T extends Narrow
                  ? NarrowDType<T>
                  : T extends readonly (infer E)[]
                    ? DTypeOf<E>
                    : DType
type Lengths<T> = Nested extends T
  ? Shape
  : T extends readonly unknown[]
    ? number extends T['length']
      ? readonly [number, ...Lengths<T[number]>]
      : readonly [T['length'], ...Lengths<T[0]>]
    : T extends ArrayLike<unknown>
      ? readonly [number]
      : readonly []

const arrays: readonly (readonly [new (length: number) => ArrayBufferView, DType])[] = [
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [Int32Array, 'int32'],
  [BigInt64Array, 'int64'],
  [Int8Array, 'int8'],
  [Int16Array, 'int16'],
  [Uint8Array, 'uint8'],
  [Uint16Array, 'uint16'],
  [Uint32Array, 'uint32'],
  [BigUint64Array, 'uint64'],
]
const dtypeOfArray = (x: ArrayBufferView): DType | null => arrays.find(([type]) => x instanceof type)?.[1] ?? null

const flattenNested = (values: Nested): { flat: (number | bigint | boolean)[]; shape: number[] } => {
  const shape: number[] = []
  for (let x: Nested = values; Array.isArray(x); x = (x as readonly Nested[])[0] ?? 0) {
    shape.push(x.length)
    if (x.length === 0) break
  }
  const flat: (number | bigint | boolean)[] = []
  const visit = (x: Nested, axis: number): void => {
    if (!Array.isArray(x)) {
      if (axis !== shape.length)
        throw new ShapeError(
          `tensor: a number stands where a list of ${shape[axis]} is expected, on axis ${axis}. All lists of an axis must have one length.`,
        )
      flat.push(x as number)
      return
    }
    if (axis === shape.length || x.length !== shape[axis]) {
      throw new ShapeError(
        `tensor: a list of ${x.length} stands where ${axis === shape.length ? 'a number' : `a list of ${shape[axis]}`} is expected, on axis ${axis}. All lists of an axis must have one length.`,
      )
    }
    for (const y of x) visit(y, axis + 1)
  }
  visit(values, 0)
  return { flat, shape }
}

/** A tensor on values already in a typed array (not copied). */
export const fromArray = <const S extends Shape, D extends DType>(
  array: TypedArray<D>,
  shape: S,
  dtype: D,
): Tensor<S, D> => {
  checkShape('fromArray', shape)
  if (array.length !== sizeOf(shape)) {
    throw new ShapeError(
      `fromArray: ${array.length} values do not fill ${show(shape)}. Pass ${sizeOf(shape)} values, or another shape.`,
      { shape },
    )
  }
  return new Tensor(leaf({ shape: [...shape], dtype }, { kind: 'buffer', buffer: { dtype, array } }))
}

/**
 * A tensor of the given values: a number, nested lists, or a typed array (copied, one axis). Numbers become float32, booleans
 * bool, bigints int64, typed arrays keep their type.
 *
 * @example tensor([[1, 2], [3, 4]]).shape // [2, 2]
 */
export const tensor = <const T extends Nested | TypedArray, D extends DType = DTypeOf<T>>(
  values: T,
  dtype?: D,
): Tensor<Lengths<T>, NoInfer<D>> => {
  if (ArrayBuffer.isView(values)) {
    const own = dtypeOfArray(values)
    if (own === null)
      throw new ArgumentError(
        `tensor: takes typed arrays of numbers; got ${values.constructor.name}. Convert it to one, such as Float32Array or Int32Array.`,
      )
    const to = (dtype ?? own) as D
    return fromArray(convert(values as TypedArray, to), [values.length], to) as unknown as Tensor<
      Lengths<T>,
      NoInfer<D>
    >
  }
  const { flat, shape } = flattenNested(values as Nested)
  const first = flat[0]
  const to = dtype ?? ((typeof first === 'boolean' ? 'bool' : typeof first === 'bigint' ? 'int64' : 'float32') as D)
  return fromArray(convert(flat, to), shape, to) as unknown as Tensor<Lengths<T>, NoInfer<D>>
}

/** A tensor with every element `value`. */
export const full = <const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  value: number,
  dtype?: D,
): Tensor<S, NoInfer<D>> => filled('full', shape, value, dtype)
const filled = <S extends Shape, D extends DType>(where: string, shape: S, value: number, dtype?: D): Tensor<S, D> => {
  checkShape(where, shape)
  return new Tensor(broadcastTo(ar.constant(value, dtype ?? 'float32', where), shape))
}
/** A tensor of zeros. */
export const zeros = <const S extends Shape, D extends DType = 'float32'>(shape: S, dtype?: D): Tensor<S, NoInfer<D>> =>
  filled('zeros', shape, 0, dtype)
/** A tensor of ones. */
export const ones = <const S extends Shape, D extends DType = 'float32'>(shape: S, dtype?: D): Tensor<S, NoInfer<D>> =>
  filled('ones', shape, 1, dtype)

/** `start, start + step, …` below `end` (exclusive). float32 unless asked otherwise. */
export const arange = <D extends DType = 'float32'>(
  start: number,
  end: number,
  options: { readonly step?: number; readonly dtype?: D } = {},
): Tensor<readonly [number], NoInfer<D>> => {
  const step = options.step ?? 1
  if (!(step !== 0 && Number.isFinite((end - start) / step)))
    throw new ArgumentError(
      `arange: from ${start} to ${end} by ${step} has no end. Pass a step other than 0 and finite ends.`,
    )
  return new Tensor(ar.arange(Math.max(0, Math.ceil((end - start) / step)), options.dtype ?? 'float32', start, step))
}
/** `count` evenly spaced values from `start` to `end`, both included. */
export const linspace = (start: number, end: number, count: number): Tensor<readonly [number], 'float32'> => {
  if (!Number.isInteger(count) || count < 1)
    throw new ArgumentError(`linspace: count must be a whole number of at least 1; got ${count}.`)
  return new Tensor(ar.arange(count, 'float32', start, count === 1 ? 0 : (end - start) / (count - 1)))
}
/** The identity matrix. */
export const eye = <const N extends number>(n: N): Tensor<readonly [N, N], 'float32'> => {
  checkShape('eye', [n, n])
  const i = ar.arange(n, 'int32')
  return new Tensor(ar.cast(ar.equal(expandDims(i, 1), i), 'float32'))
}
