import type { DType, ValueArray } from '../core/dtype.ts'
import { type Shape, show, stridesOf } from '../core/shape.ts'
import type { Nested } from './tensor.ts'

/** Row-major values as nested arrays. */
export const nest = (data: ValueArray, shape: Shape, dtype: DType): Nested => {
  const strides = stridesOf(shape)
  const at = (axis: number, offset: number): Nested => {
    if (axis === shape.length) return dtype === 'bool' ? data[offset] !== 0 : data[offset]!
    return Array.from({ length: shape[axis]! }, (_, i) => at(axis + 1, offset + i * strides[axis]!))
  }
  return at(0, 0)
}

const edge = 3
const number = (x: number | bigint, dtype: DType): string => {
  if (dtype === 'bool') return x ? 'true' : 'false'
  if (typeof x === 'bigint' || Number.isInteger(x)) return String(x)
  return Math.abs(x) >= 1e-4 && Math.abs(x) < 1e6 ? String(Number(x.toPrecision(5))) : x.toExponential(3)
}

/** `Tensor float32 [2, 3]` and the values, the middle of long axes left out. */
export const formatTensor = (data: ValueArray, shape: Shape, dtype: DType): string => {
  const strides = stridesOf(shape)
  const line = (axis: number, offset: number): string => {
    if (axis === shape.length) return number(data[offset]!, dtype)
    const n = shape[axis]!
    const at = n <= 2 * edge + 1 ? [...Array(n).keys()] : [0, 1, 2, -1, n - 3, n - 2, n - 1]
    const parts = at.map(i => (i < 0 ? '…' : line(axis + 1, offset + i * strides[axis]!)))
    const inner = axis === shape.length - 1
    return inner ? `[${parts.join(', ')}]` : `[${parts.join(`,\n${' '.repeat(axis + 1)}`)}]`
  }
  return `Tensor ${dtype} ${show(shape)}\n${line(0, 0)}`
}
