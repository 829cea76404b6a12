import { type DType, isFloat } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { broadcastShapes, normalizeAxes, sameShape, type Shape, show, sizeOf, stridesOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { apply, computeDType } from './apply.ts'
import { broadcastStrides, walk } from './walk.ts'

// Repeating and summing are each other's gradients, and everything that broadcasts needs both, so they stand together.

const reshapeOp: Op<{ shape: Shape }> = {
  name: 'reshape',
  anyDType: true,
  formula: 'the same elements in row-major order under other sizes',
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  vjp: (g, [x]) => [reshape(g, x!.shape)],
  kernel: ([x], out) => out.data.set(x!.data),
  batch: ([x], _batched, { shape }) => reshape(x!, [x!.shape[0]!, ...shape]),
  lower: (b, [x], out) => b.op('Reshape', [x!.name, b.ints(out.shape)], { allowzero: 1 }),
  checks: {
    samples: [
      { inputs: [{ shape: [2, 6] }], attrs: { shape: [3, 4] } },
      { inputs: [{ shape: [] }], attrs: { shape: [1, 1] } },
      { inputs: [{ shape: [0, 3] }], attrs: { shape: [3, 0, 2] } },
      { inputs: [{ shape: [4], dtype: 'bool' }], attrs: { shape: [2, 2] } },
    ],
  },
}
/** Same elements, other sizes. One size may be -1: it is what is left. */
export const reshape = (x: Node, shape: Shape): Node => {
  const unknown = shape.filter(n => n === -1).length
  let target = shape
  if (unknown === 1) {
    const known = shape.reduce((p, n) => (n === -1 ? p : p * n), 1)
    const rest = sizeOf(x.shape) / known
    if (Number.isInteger(rest)) target = shape.map(n => (n === -1 ? rest : n))
  }
  const bad = target.some(n => !Number.isInteger(n) || n < 0)
  if (bad || sizeOf(target) !== sizeOf(x.shape)) {
    throw new ShapeError(
      `reshape: cannot view ${show(x.shape)} (${sizeOf(x.shape)} elements) as ${show(shape)}. The sizes must multiply to ${sizeOf(x.shape)}; one of them may be -1.`,
      { from: x.shape, to: shape },
    )
  }
  return sameShape(target, x.shape) ? x : apply(reshapeOp, [x], { shape: [...target] })
}

const broadcastToOp: Op<{ shape: Shape }> = {
  name: 'broadcastTo',
  formula: 'out[..., i, ...] = x[..., 0, ...] along repeated axes',
  infer: ([x], { shape }) => {
    const fits = x!.shape.length <= shape.length && sameShape(broadcastShapes('broadcastTo', x!.shape, shape), shape)
    if (!fits) {
      throw new ShapeError(
        `broadcastTo: ${show(x!.shape)} does not broadcast to ${show(shape)}. Only axes of size 1 can be repeated.`,
        { from: x!.shape, to: shape },
      )
    }
    return { shape, dtype: x!.dtype }
  },
  vjp: (g, [x]) => [sumTo(g, x!.shape)],
  kernel: ([x], out) =>
    walk(out.shape, [broadcastStrides(x!.shape, out.shape)], (offsets, i) => {
      out.data[i] = x!.data[offsets[0]!]!
    }),
  batch: ([x], _batched, { shape }) => {
    const [size, ...rest] = x!.shape
    const aligned = reshape(x!, [size!, ...new Array<number>(shape.length - rest.length).fill(1), ...rest])
    return broadcastTo(aligned, [size!, ...shape])
  },
  lower: (b, [x], out) => b.op('Expand', [x!.name, b.ints(out.shape)]),
  checks: {
    samples: [
      { inputs: [{ shape: [3, 1] }], attrs: { shape: [2, 3, 4] } },
      { inputs: [{ shape: [] }], attrs: { shape: [2] } },
      { inputs: [{ shape: [1, 2] }], attrs: { shape: [0, 2] } },
      { inputs: [{ shape: [1], dtype: 'int32', domain: [-5, 5] }], attrs: { shape: [3] } },
    ],
  },
}
/** Repeats axes of size 1 (and new leading axes) to reach `shape`. */
export const broadcastTo = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : apply(broadcastToOp, [x], { shape: [...shape] })

export type ReduceAttrs = { readonly axes: readonly number[]; readonly keepDims: boolean }

/** The shape left when `axes` are reduced. */
export const reducedShape = (shape: Shape, { axes, keepDims }: ReduceAttrs): Shape =>
  keepDims ? shape.map((n, i) => (axes.includes(i) ? 1 : n)) : shape.filter((_, i) => !axes.includes(i))

/** Strides that send each element of `shape` to its element of the reduction. */
export const reduceStrides = (shape: Shape, axes: readonly number[]): number[] =>
  broadcastStrides(reducedShape(shape, { axes, keepDims: true }), shape)

/** A cotangent of a reduction, repeated over the axes that were reduced. */
export const unreduce = (g: Node, x: Node, { axes }: ReduceAttrs): Node =>
  broadcastTo(reshape(g, reducedShape(x.shape, { axes, keepDims: true })), x.shape)

/** Narrow integers sum in the wide one; floats and wide integers keep their dtype. */
const sumDType = (dtype: DType): DType => (isFloat(dtype) || dtype === 'uint64' ? dtype : computeDType(dtype))

const sumOp: Op<ReduceAttrs> = {
  name: 'sum',
  formula: 'Σ xᵢ over the axes',
  infer: ([x], attrs) => ({ shape: reducedShape(x!.shape, attrs), dtype: sumDType(x!.dtype) }),
  vjp: (g, [x], _out, attrs) => [unreduce(g, x!, attrs)],
  batch: ([x], _batched, attrs) => apply(sumOp, [x!], { ...attrs, axes: attrs.axes.map(a => a + 1) }),
  kernel: ([x], out, { axes }) => {
    const sums = new Float64Array(out.data.length)
    walk(x!.shape, [reduceStrides(x!.shape, axes)], (offsets, i) => {
      sums[offsets[0]!]! += x!.data[i]!
    })
    out.data.set(sums)
  },
  lower: (b, [x], out, { axes, keepDims }) => {
    const columns = sizeOf(x!.shape.slice(axes.length))
    const rows = sizeOf(x!.shape) / columns
    // Over the leading axes (the gradient of a bias) a product with a row of ones takes about half of ReduceSum's time.
    const tall = b.fixedSizes && columns >= 8 && rows >= 8 && rows <= 65_536
    if (out.dtype === 'float32' && axes.every((a, i) => a === i) && tall) {
      const ones = b.constant(new Array<number>(rows).fill(1), out.dtype)
      const matrix = x!.shape.length === 2 ? x!.name : b.op('Reshape', [x!.name, b.ints([rows, columns])])
      const total = b.op('MatMul', [ones, matrix])
      return out.shape.length === 1 ? total : b.op('Reshape', [total, b.ints(out.shape)])
    }
    const name = x!.dtype === out.dtype ? x!.name : b.cast(x!.name, out.dtype)
    return b.op('ReduceSum', [name, b.ints(axes)], { keepdims: keepDims ? 1 : 0 })
  },
  checks: {
    samples: [
      { inputs: [{ shape: [2, 3, 4] }], attrs: { axes: [0, 2], keepDims: false } },
      { inputs: [{ shape: [3, 4] }], attrs: { axes: [0], keepDims: true } },
      { inputs: [{ shape: [3, 5] }], attrs: { axes: [1], keepDims: false } },
      { inputs: [{ shape: [2, 5, 9] }], attrs: { axes: [0, 1], keepDims: true } },
      { inputs: [{ shape: [0, 3] }], attrs: { axes: [0], keepDims: false } },
      { inputs: [{ shape: [6], dtype: 'bool' }], attrs: { axes: [0], keepDims: false } },
      { inputs: [{ shape: [2, 3], dtype: 'int32', domain: [-9, 9] }], attrs: { axes: [1], keepDims: false } },
    ],
  },
}
export interface ReduceOptions {
  /** Keep reduced axes with size 1. Default false. */
  readonly keepDims?: boolean
}
/** Sum over axes (all by default). Sums of bool and of integers under 32 bits are int32, of uint32 int64. */
export const sum = (x: Node, axes?: number | readonly number[], options: ReduceOptions = {}): Node => {
  const list = normalizeAxes('sum', axes, x.shape.length)
  if (list.length === 0 && sumDType(x.dtype) === x.dtype) return x
  return apply(sumOp, [x], { axes: list, keepDims: options.keepDims ?? false })
}

/** Sums a broadcast result back to `shape`: the gradient of broadcasting. */
export const sumTo = (x: Node, shape: Shape): Node => {
  if (sameShape(x.shape, shape)) return x
  const lead = x.shape.length - shape.length
  const axes = x.shape.flatMap((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : []))
  return reshape(sum(x, axes), shape)
}

const permutationError = (permutation: readonly number[], ndim: number): never => {
  throw new ArgumentError(
    `transpose: ${show(permutation)} is not a permutation of ${ndim} axes. Name each axis from 0 to ${ndim - 1} once.`,
    { permutation, ndim },
  )
}

const transposeOp: Op<{ permutation: readonly number[] }> = {
  name: 'transpose',
  anyDType: true,
  formula: 'out axis i is axis permutation[i] of x',
  infer: ([x], { permutation }) => ({ shape: permutation.map(p => x!.shape[p]!), dtype: x!.dtype }),
  vjp: (g, _inputs, _out, { permutation }) => [
    transpose(
      g,
      permutation.map((_, i) => permutation.indexOf(i)),
    ),
  ],
  kernel: ([x], out, { permutation }) => {
    const strides = stridesOf(x!.shape)
    const turned = permutation.map(p => strides[p]!)
    walk(out.shape, [turned], (offsets, i) => {
      out.data[i] = x!.data[offsets[0]!]!
    })
  },
  batch: ([x], _batched, { permutation }) => transpose(x!, [0, ...permutation.map(p => p + 1)]),
  lower: (b, [x], _out, { permutation }) => b.op('Transpose', [x!.name], { perm: permutation }),
  checks: {
    samples: [
      { inputs: [{ shape: [2, 3, 4] }], attrs: { permutation: [2, 0, 1] } },
      { inputs: [{ shape: [3, 1] }], attrs: { permutation: [1, 0] } },
      { inputs: [{ shape: [0, 2] }], attrs: { permutation: [1, 0] } },
      { inputs: [{ shape: [2, 3], dtype: 'uint8', domain: [0, 9] }], attrs: { permutation: [1, 0] } },
    ],
  },
}
/** Reorders axes; without a permutation the last two are swapped. */
export const transpose = (x: Node, permutation?: readonly number[]): Node => {
  const ndim = x.shape.length
  if (permutation === undefined && ndim < 2) {
    throw new ShapeError(
      `transpose: ${show(x.shape)} has fewer than two axes to swap. Pass a matrix, or reshape first.`,
      {
        shape: x.shape,
      },
    )
  }
  const axes = Array.from({ length: ndim }, (_, i) => i)
  const asked = permutation ?? [...axes.slice(0, -2), ndim - 1, ndim - 2]
  const order = asked.map(p => (p < 0 ? p + ndim : p))
  if (order.length !== ndim || axes.some(i => !order.includes(i))) permutationError(asked, ndim)
  return order.every((p, i) => p === i) ? x : apply(transposeOp, [x], { permutation: order })
}

export const broadcastOps: readonly Op[] = [reshapeOp, broadcastToOp, sumOp, transposeOp] as unknown as readonly Op[]
