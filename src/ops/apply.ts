import { type DType, floatDTypes, integerDTypes, numericDTypes, signedDTypes, wideDType } from '../core/dtype.ts'
import { DTypeError } from '../core/errors.ts'
import { type Attrs, Node, type TensorType } from '../graph/node.ts'
import { picksOf } from '../graph/pick.ts'
import type { Op } from '../graph/op.ts'

/** Adds an operation to the graph; throws its errors of shape and dtype here, at the caller's line. */
export const apply = <A extends Attrs>(op: Op<A>, inputs: readonly Node[], attrs: A): Node =>
  new Node(op.infer(inputs, attrs), op as unknown as Op, inputs, attrs, null)

/** Adds an operation with several results to the graph; returns these. */
export const applyTuple = <A extends Attrs>(op: Op<A>, inputs: readonly Node[], attrs: A): Node[] => {
  const parts = op.tuple!.types(inputs, attrs)
  return picksOf(new Node(parts[0]!, op as unknown as Op, inputs, attrs, null, parts))
}

const sets: readonly (readonly [readonly DType[], string])[] = [
  [floatDTypes, 'floats'],
  [integerDTypes, 'integers'],
  [numericDTypes, 'numbers'],
  [signedDTypes, 'signed numbers'],
]
const list = (dtypes: readonly DType[]): string => sets.find(([set]) => set === dtypes)?.[1] ?? dtypes.join(', ')

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

/** Where arithmetic on a dtype's elements is done: a bool counts as an integer. */
export const computeDType = (dtype: DType): DType => (dtype === 'bool' ? 'int32' : wideDType(dtype))
