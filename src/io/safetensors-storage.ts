import { bytesPerElement, type DType, type TypedArray } from '../core/dtype.ts'

/** One way in which a file stores elements, and what becomes of them in memory. */
export interface Storage {
  readonly bytes: number
  readonly dtype: DType
  /** Elements out of `bytes`, which start where such an element may. Left out where the bytes are the elements. */
  readonly widen?: (bytes: Uint8Array) => TypedArray
}

const same = (dtype: DType): Storage => ({ bytes: bytesPerElement(dtype), dtype })

const uint16 = (b: Uint8Array) => new Uint16Array(b.buffer, b.byteOffset, b.length / 2)

/** bfloat16 is the upper half of a float32. */
const fromBFloat16 = (halves: Uint16Array): Float32Array => {
  const bits = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16
  return new Float32Array(bits.buffer)
}

/** float16 with its exponent field in float32's place is 2^-112 of its value; infinities and NaN take float32's exponent. */
const fromFloat16 = (halves: Uint16Array): Float32Array => {
  const bits = new Uint32Array(halves.length)
  const out = new Float32Array(bits.buffer)
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13)
    if ((half & 0x7c00) === 0x7c00) bits[i]! |= 0x7f800000
    else out[i]! *= 2 ** 112
  }
  return out
}

/** What can be read, by the file's name for it. */
export const storages: Readonly<Record<string, Storage>> = {
  F32: same('float32'),
  F64: same('float64'),
  I32: same('int32'),
  I64: same('int64'),
  U8: same('uint8'),
  BOOL: same('bool'),
  // Half-precision weights are computed with in float32: they are widened at once.
  F16: { bytes: 2, dtype: 'float32', widen: b => fromFloat16(uint16(b)) },
  BF16: { bytes: 2, dtype: 'float32', widen: b => fromBFloat16(uint16(b)) },
  I8: same('int8'),
  I16: same('int16'),
  U16: same('uint16'),
  U32: same('uint32'),
  U64: same('uint64'),
}

/** What each dtype is written as. */
export const names: Readonly<Record<DType, string>> = {
  float32: 'F32',
  float64: 'F64',
  float16: 'F16',
  bfloat16: 'BF16',
  int32: 'I32',
  int64: 'I64',
  int8: 'I8',
  int16: 'I16',
  uint8: 'U8',
  uint16: 'U16',
  uint32: 'U32',
  uint64: 'U64',
  bool: 'BOOL',
}
