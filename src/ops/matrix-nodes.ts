import { type DType, floatDTypes } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { broadcastShapes, type Shape, show, sizeOf } from '../core/shape.ts'
import type { Node, TensorType } from '../graph/node.ts'
import { add, constant, div, equal, greater, mul, where } from './arithmetic.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { broadcastTo, reshape, transpose } from './broadcast.ts'
import { abs } from './math.ts'
import { expandDims } from './movement.ts'
import { diag } from './products.ts'
import { max } from './reduce.ts'

// What the operations of linear algebra share: checks of shapes, and small pieces of their gradients.

/** Throws unless x holds float matrices; returns their sizes. */
export const requireMatrix = (where: string, x: TensorType): readonly [rows: number, columns: number] => {
  requireDType(where, x.dtype, floatDTypes)
  if (x.shape.length >= 2) return x.shape.slice(-2) as unknown as readonly [number, number]
  throw new ShapeError(`${where}: A is ${show(x.shape)}. Expected matrices: [..., m, n].`, { shape: x.shape })
}
/** Throws unless x holds square float matrices; returns their size. */
export const requireSquare = (where: string, x: TensorType): number => {
  const [m, n] = requireMatrix(where, x)
  if (m === n) return n
  throw new ShapeError(`${where}: A is ${show(x.shape)}. Expected square matrices: [..., n, n].`, { shape: x.shape })
}
/** Throws unless the rows of A and B are as many. */
export const requireRows = (where: string, a: TensorType, b: TensorType): void => {
  requireSameDType(where, a, b)
  const rows = a.shape.at(-2)!
  const vector = b.shape.length === 1
  if (b.shape.at(vector ? -1 : -2) === rows) return
  throw new ShapeError(
    `${where}: A is ${show(a.shape)} and B ${show(b.shape)}. B needs as many rows as A: [..., ${rows}, k], or a vector [${rows}].`,
    { a: a.shape, b: b.shape },
  )
}

/** Calls `f` with A and B given the same leading axes; a vector B is a column that is taken out again. */
export const withColumns = (where: string, a: Node, b: Node, f: (a: Node, b: Node) => Node): Node => {
  requireRows(where, a, b)
  if (b.shape.length === 1) {
    const x = withColumns(where, a, expandDims(b, 1), f)
    return reshape(x, x.shape.slice(0, -1))
  }
  const leading = `${where}: leading axes of ${show(a.shape)} and ${show(b.shape)}`
  const batch = broadcastShapes(leading, a.shape.slice(0, -2), b.shape.slice(0, -2))
  const spread = (x: Node): Node => broadcastTo(x, [...batch, ...x.shape.slice(-2)])
  return f(spread(a), spread(b))
}

/** Identity matrices for a leading shape. */
export const eyes = (like: TensorType, batch: Shape, n: number): Node =>
  broadcastTo(diag(broadcastTo(constant(1, like.dtype), [n])), [...batch, n, n])
export const times = (x: Node, c: number): Node => mul(x, constant(c, x.dtype))
/** A vector as the factors of a matrix's columns, or of its rows. */
export const asRow = (s: Node): Node => expandDims(s, s.shape.length - 1)
export const asColumn = (s: Node): Node => expandDims(s, s.shape.length)
/** (X + Xᵀ)/2. */
export const symmetrized = (x: Node): Node => times(add(x, transpose(x)), 0.5)
/** Null where there is nothing to add. */
export const addParts = (parts: readonly (Node | null)[]): Node | null =>
  parts.reduce<Node | null>((total, part) => (total && part ? add(total, part) : (total ?? part)), null)
/** Distance from 1 to the next number. */
export const precisionOf = (dtype: DType): number => precisions[dtype]!
const precisions: Partial<Record<DType, number>> = {
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
  float32: 2 ** -23,
  float64: 2 ** -52,
}
/** How many units of the last place a sum that should be 0 may be off. */
const roundings = 64

/**
 * x/by. Where `by` is 0 it is 0 if x is nothing but rounding next to the elements of `beside`, and NaN otherwise: what the quotient tends to
 * is not known there, and a number would be a wrong one.
 */
export const quotient = (x: Node, by: Node, beside: Node): Node => {
  if (sizeOf(beside.shape) === 0) return x
  const zero = equal(by, constant(0, x.dtype))
  const least = times(max(abs(beside), [-2, -1], { keepDims: true }), roundings * precisionOf(x.dtype))
  const unknown = where(greater(abs(x), least), constant(Number.NaN, x.dtype), constant(0, x.dtype))
  return where(zero, unknown, div(x, where(zero, constant(1, x.dtype), by)))
}
