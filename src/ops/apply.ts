import type { DType } from '../core/dtype.ts'
import { DTypeError } from '../core/errors.ts'
import { type Attrs, Node, type TensorType } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'

/** Adds an operation to the graph; throws its errors of shape and dtype here, at the caller's line. */
export const apply = <A extends Attrs>(op: Op<A>, inputs: readonly Node[], attrs: A): Node =>
  new Node(op.infer(inputs, attrs), op as unknown as Op, inputs, attrs, null)

const list = (dtypes: readonly DType[]): string => dtypes.join(', ')

/** Throws unless `dtype` is one of `allowed`. */
export const requireDType = (where: string, dtype: DType, allowed: readonly DType[]): void => {
  if (allowed.includes(dtype)) return
  const target = allowed.includes('float32') ? 'float32' : allowed[0]
  throw new DTypeError(`${where}: takes ${list(allowed)}; got ${dtype}. Convert with x.to('${target}').`, { dtype })
}

export const requireSameDType = (where: string, a: TensorType, b: TensorType): void => {
  if (a.dtype === b.dtype) return
  throw new DTypeError(
    `${where}: dtypes differ: ${a.dtype} and ${b.dtype}. Convert one of them, such as b.to('${a.dtype}').`,
    { a: a.dtype, b: b.dtype },
  )
}

/** ONNX Runtime has few uint8 and bool kernels: such values are computed in int32. */
export const computeDType = (dtype: DType): DType => (dtype === 'uint8' || dtype === 'bool' ? 'int32' : dtype)
