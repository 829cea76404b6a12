import { bfloat16Format, decodeHalf, encodeHalf, float16Format, type HalfFormat } from './half.ts'

/** Element types. Floating point is `float32` unless asked otherwise; indices and labels are `int32`. */
export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int32'
  | 'int64'
  | 'int8'
  | 'int16'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'

interface Arrays {
  float32: Float32Array
  float64: Float64Array
  /** The bits: JavaScript has no array of 16-bit floats everywhere yet. */
  float16: Uint16Array
  bfloat16: Uint16Array
  int32: Int32Array
  int64: BigInt64Array
  int8: Int8Array
  int16: Int16Array
  uint8: Uint8Array
  uint16: Uint16Array
  uint32: Uint32Array
  uint64: BigUint64Array
  /** One byte an element, 0 or 1. */
  bool: Uint8Array
}
/** The typed array that stores elements of `D`. */
export type TypedArray<D extends DType = DType> = Arrays[D]

interface Values extends Omit<Arrays, 'float16' | 'bfloat16'> {
  float16: Float32Array
  bfloat16: Float32Array
}
/** The typed array in which elements of `D` are read: as they are stored, but 16-bit floats as numbers. */
export type ValueArray<D extends DType = DType> = Values[D]

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  int8: Int8Array,
  int16: Int16Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const

export const dtypes = Object.keys(constructors) as readonly DType[]
export const floatDTypes: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16']
export const integerDTypes: readonly DType[] = [
  'int32',
  'int64',
  'int8',
  'int16',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
]
export const numericDTypes: readonly DType[] = [...floatDTypes, ...integerDTypes]
/** Numbers that can be below 0. */
export const signedDTypes: readonly DType[] = numericDTypes.filter(d => !d.startsWith('u'))

export const isFloat = (dtype: DType): boolean => floatDTypes.includes(dtype)
export const bytesPerElement = (dtype: DType): number => constructors[dtype].BYTES_PER_ELEMENT

/**
 * Where numbers of a dtype are computed: engines have few kernels for the narrow ones, which are therefore widened before an operation
 * and rounded (floats) or wrapped (integers) after it. uint64 shares int64's bits, so beyond 2^63 only sums and products are right.
 */
export const wideDType = (dtype: DType): DType => {
  switch (dtype) {
    case 'float16':
    case 'bfloat16':
      return 'float32'
    case 'int8':
    case 'int16':
    case 'uint8':
    case 'uint16':
      return 'int32'
    case 'uint32':
    case 'uint64':
      return 'int64'
    default:
      return dtype
  }
}

/** The 16-bit float format of a dtype, if it is one. */
export const halfFormat = (dtype: DType): HalfFormat | null =>
  dtype === 'float16' ? float16Format : dtype === 'bfloat16' ? bfloat16Format : null

/** A zeroed array of `size` elements. */
export const allocate = <D extends DType>(dtype: D, size: number): TypedArray<D> =>
  new constructors[dtype](size) as TypedArray<D>

/** A typed view of `length` elements on `buffer` from byte `offset`. */
export const viewOf = <D extends DType>(
  dtype: D,
  buffer: ArrayBufferLike,
  offset: number,
  length: number,
): TypedArray<D> => new constructors[dtype](buffer as ArrayBuffer, offset, length) as TypedArray<D>

/** A stored array as numbers (bigints for int64 and uint64); the array itself where that is what it holds. */
export const valuesOf = <D extends DType>(dtype: D, array: TypedArray<D>): ValueArray<D> => {
  const format = halfFormat(dtype)
  const values = format ? Float32Array.from(array as Uint16Array, bits => decodeHalf(bits, format)) : array
  return values as ValueArray<D>
}

const integerOf = (x: number | bigint | boolean): bigint => {
  if (typeof x === 'bigint') return x
  const whole = Math.trunc(Number(x))
  return Number.isFinite(whole) ? BigInt(whole) : 0n
}

/** Elements converted one by one: to bool by `x != 0`, to an integer by truncation (as a typed array stores it), to a float by rounding. */
export const convert = <D extends DType>(values: ArrayLike<number | bigint | boolean>, dtype: D): TypedArray<D> => {
  const out = allocate(dtype, values.length)
  const n = values.length
  const format = halfFormat(dtype)
  if (dtype === 'int64' || dtype === 'uint64') {
    const to = out as BigInt64Array
    for (let i = 0; i < n; i++) to[i] = integerOf(values[i]!)
  } else if (dtype === 'bool') {
    const to = out as Uint8Array
    for (let i = 0; i < n; i++) to[i] = Number(values[i]) !== 0 ? 1 : 0
  } else if (format) {
    const to = out as Uint16Array
    for (let i = 0; i < n; i++) to[i] = encodeHalf(Number(values[i]), format)
  } else {
    const to = out as Float64Array
    for (let i = 0; i < n; i++) to[i] = Number(values[i])
  }
  return out
}
