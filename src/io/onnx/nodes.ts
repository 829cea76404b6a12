import { type DType, isFloat } from '../../core/dtype.ts'
import { normalizeAxis, type Shape, sizeOf } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import { add, cast, constant, mul } from '../../ops/arithmetic.ts'
import { reshape } from '../../ops/broadcast.ts'
import type { Call, Operator } from './call.ts'

// What several families of operators say in the same words.

/** A number in the dtype of `like`. */
export const num = (value: number, like: Node): Node => constant(value, like.dtype)
export const plus = (x: Node, value: number): Node => add(x, num(value, x))
export const times = (x: Node, value: number): Node => mul(x, num(value, x))

/** Computes in float64 what Gradus has for floats only, and rounds integers towards zero. Exact up to 2^53. */
export const inFloats = (x: Node, f: (x: Node) => Node): Node =>
  isFloat(x.dtype) ? f(x) : cast(f(cast(x, 'float64')), x.dtype)

/** Axes counted from the front. */
export const axesOf = (axes: readonly number[], ndim: number, where: string): number[] =>
  axes.map(a => normalizeAxis(where, a, ndim))

/** The numbers from 0 to n − 1. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** `x` as a matrix: the axes before `axis`, and the others. */
const asMatrix = (x: Node, axis: number): Node =>
  reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])

/** A vector along `axis` of a tensor of `ndim` axes: it broadcasts there. */
export const alongAxis = (x: Node, axis: number, ndim: number): Node =>
  reshape(x, [...upTo(ndim).map(i => (i === axis ? sizeOf(x.shape) : 1))])

/** The shape with the size of one axis replaced. */
export const withSize = (shape: Shape, axis: number, size: number): Shape =>
  shape.map((n, i) => (i === axis ? size : n))

/** Smallest and largest value of an integer dtype. */
export const integerRange = (dtype: DType): readonly [number, number] => {
  const bits = dtype === 'bool' ? 1 : Number(dtype.replace(/\D/g, ''))
  return dtype.startsWith('u') || dtype === 'bool' ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
}

/** Axes or sizes that older operators had as an attribute and newer ones have as an input. */
export const list = (call: Call, name: string, index: number, since: number): number[] | null => {
  if (call.version < since) return call.has(name) ? [...call.ints(name)] : null
  return call.values(index, null)
}

/**
 * An operation along one axis. Before opset 13 it saw a matrix of the axes before `axis` and all others, and the default axis was
 * `before`; since then it sees the axis alone, by default the last.
 */
export const flattenedBefore13 =
  (f: (x: Node, axis: number) => Node, before: number): Operator =>
  call => {
    const x = call.input(0)
    const old = call.version < 13
    const axis = normalizeAxis(call.label, call.int('axis', old ? before : -1), Math.max(x.shape.length, 1))
    return old ? reshape(f(asMatrix(x, axis), 1), x.shape) : f(x, axis)
  }
