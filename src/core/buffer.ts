import type { DType, TypedArray } from './dtype.ts'

/** Values in host memory. Immutable by agreement: only the slot that owns a buffer may write it. */
export interface Buffer {
  readonly dtype: DType
  readonly array: TypedArray
}
