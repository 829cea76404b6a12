/** Element types. Floating point is `float32` unless asked otherwise; indices and labels are `int32`. */
export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool'

interface Arrays {
  float32: Float32Array
  float64: Float64Array
  int32: Int32Array
  int64: BigInt64Array
  uint8: Uint8Array
  /** One byte an element, 0 or 1. */
  bool: Uint8Array
}
/** The typed array that stores elements of `D`. */
export type TypedArray<D extends DType = DType> = Arrays[D]

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const

export const dtypes = Object.keys(constructors) as readonly DType[]
export const floatDTypes: readonly DType[] = ['float32', 'float64']
export const numericDTypes: readonly DType[] = ['float32', 'float64', 'int32', 'int64', 'uint8']

export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64'
export const bytesPerElement = (dtype: DType): number => constructors[dtype].BYTES_PER_ELEMENT

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

/** Elements converted one by one: to bool by `x != 0`, to an integer by truncation (as a typed array stores it). */
export const convert = <D extends DType>(values: ArrayLike<number | bigint | boolean>, dtype: D): TypedArray<D> => {
  const out = allocate(dtype, values.length)
  const n = values.length
  if (dtype === 'int64') {
    const to = out as BigInt64Array
    for (let i = 0; i < n; i++) {
      const x = values[i]!
      to[i] = typeof x === 'bigint' ? x : BigInt(Math.trunc(Number(x)))
    }
  } else if (dtype === 'bool') {
    const to = out as Uint8Array
    for (let i = 0; i < n; i++) to[i] = Number(values[i]) !== 0 ? 1 : 0
  } else {
    const to = out as Float64Array
    for (let i = 0; i < n; i++) to[i] = Number(values[i])
  }
  return out
}
