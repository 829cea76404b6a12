import { bytesPerElement, convert, type DType, type TypedArray, valuesOf, viewOf } from '../../core/dtype.ts'
import type { Node } from '../../graph/node.ts'
import type { Op } from '../../graph/op.ts'
import { apply } from '../../ops/apply.ts'
import { heldArray } from './known.ts'

type BitCastAttrs = { readonly from: DType; readonly dtype: DType }

/** The same bytes read as another dtype of the same width. */
const reread = (array: TypedArray, dtype: DType): TypedArray =>
  viewOf(dtype, array.buffer, array.byteOffset, array.length)

/** No engine has such an operator: it is computed on the host. */
const bitCastOp: Op<BitCastAttrs> = {
  name: 'bitCast',
  formula: 'the bits of x, read as another dtype of the same width',
  infer: ([x], { dtype }) => ({ shape: x!.shape, dtype }),
  kernel: ([x], out, { from, dtype }) => {
    const values = valuesOf(dtype, reread(convert(x!.data, from), dtype))
    for (let i = 0; i < out.data.length; i++) out.data[i] = Number(values[i])
  },
  host: () => true,
  checks: {
    samples: [{ inputs: [{ shape: [3], dtype: 'int32', domain: [0, 9] }], attrs: { from: 'int32', dtype: 'float32' } }],
  },
}

/** Whether the bits fit numbers as kernels see them: 64-bit ones would be rounded. */
export const canBitCast = (x: Node): boolean => x.source?.kind === 'buffer' || bytesPerElement(x.dtype) < 8

export const bitCast = (x: Node, dtype: DType): Node => {
  if (x.source?.kind === 'buffer')
    return heldArray(reread(x.source.buffer.array.slice() as TypedArray, dtype), x.shape, dtype)
  return apply(bitCastOp, [x], { from: x.dtype, dtype })
}
