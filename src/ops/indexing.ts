import { type DType, isFloat } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { normalizeAxis, sameShape, type Shape, show, stridesOf } from '../core/shape.ts'
import type { Node, TensorType } from '../graph/node.ts'
import type { NdArray, Op } from '../graph/op.ts'
import { add, arange, cast, constant, equal, fullLike, less, where } from './arithmetic.ts'
import { apply, requireDType, requireSameDType } from './apply.ts'
import { allBatched, moveAxis } from './batch-axes.ts'
import { reshape, transpose } from './broadcast.ts'
import { expandDims } from './movement.ts'
import { splitAt, walk } from './walk.ts'

/** What may stand as an index. */
export const indexDTypes: readonly DType[] = ['int32', 'int64']

/** A position counted from the front; throws where it does not exist. */
const position = (where: string, index: number, n: number): number => {
  if (index < -n || index >= n) {
    throw new ArgumentError(
      `${where}: index ${index} does not exist on an axis of size ${n}. ${n === 0 ? 'The axis has no positions.' : `Allowed: ${-n} to ${n - 1}.`}`,
      { index, size: n },
    )
  }
  return index < 0 ? index + n : index
}

type AxisAttrs = { readonly axis: number }
const gatheredShape = (x: Shape, indices: Shape, axis: number): Shape => [
  ...x.slice(0, axis),
  ...indices,
  ...x.slice(axis + 1),
]

/** Of `[B, ..., n, ...]`, with n at `axis` after the first: the rows of all examples, `[B n, ...]`. */
const flatRows = (x: Node, axis: number): { flat: Node; n: number } => {
  const front = moveAxis(x, axis + 1, 1)
  const [size, n, ...rest] = front.shape
  return { flat: reshape(front, [size! * n!, ...rest]), n: n! }
}
/** Indices `[B, ...]` into n rows each, as indices into the rows of all examples. */
const apartRows = (indices: Node, n: number): Node => {
  const { dtype, shape } = indices
  const fromFront = where(less(indices, constant(0, dtype)), add(indices, constant(n, dtype)), indices)
  const starts = arange(shape[0]!, dtype, 0, n)
  return add(fromFront, reshape(starts, [shape[0]!, ...shape.slice(1).map(() => 1)]))
}
/** `[B, count axes, before axes, ...]` with the count axes moved behind the first `before` ones, and back. */
const moveBehind = (x: Node, count: number, before: number): Node => {
  const at = (i: number): number => i + 1
  const axes = x.shape.slice(1).map((_, i) => at(i))
  return transpose(x, [0, ...axes.slice(count, count + before), ...axes.slice(0, count), ...axes.slice(count + before)])
}
const moveBefore = (x: Node, count: number, before: number): Node => {
  const axes = x.shape.slice(1).map((_, i) => i + 1)
  return transpose(x, [
    0,
    ...axes.slice(before, before + count),
    ...axes.slice(0, before),
    ...axes.slice(before + count),
  ])
}

const gatherOp: Op<AxisAttrs> = {
  name: 'gather',
  anyDType: true,
  formula: 'out[..., i, ...] = x[..., indices[i], ...]',
  infer: ([x, indices], { axis }) => {
    requireDType('gather', indices!.dtype, indexDTypes)
    return { shape: gatheredShape(x!.shape, indices!.shape, axis), dtype: x!.dtype }
  },
  vjp: (g, [x, indices], _out, { axis }) => [
    apply(scatterAddOp, [fullLike(x!, 0), indices!, g], { axis, product: true }),
    null,
  ],
  batch: ([x, indices], [xBatched, indicesBatched], { axis }) => {
    if (!indicesBatched) return gather(x!, indices!, axis + 1)
    // Rows of all examples on one axis, each example's indices moved to its own.
    if (!xBatched) return moveAxis(gather(x!, indices!, axis), axis, 0)
    const rows = flatRows(x!, axis)
    const picked = gather(rows.flat, apartRows(indices!, rows.n), 0)
    return moveBehind(picked, indices!.shape.length - 1, axis)
  },
  kernel: ([x, indices], out, { axis }) => {
    const { outer, n, inner } = splitAt(x!.shape, axis)
    const count = indices!.data.length
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < count; k++) {
        const from = (o * n + position('gather', indices!.data[k]!, n)) * inner
        for (let i = 0; i < inner; i++) out.data[(o * count + k) * inner + i] = x!.data[from + i]!
      }
    }
  },
  lower: (b, [x, indices], _out, { axis }) => b.op('Gather', [x!.name, indices!.name], { axis }),
  checks: {
    samples: [
      { inputs: [{ shape: [5, 3] }, { shape: [2, 2], dtype: 'int32', domain: [0, 4] }], attrs: { axis: 0 } },
      { inputs: [{ shape: [2, 4, 3] }, { shape: [3], dtype: 'int32', domain: [-4, 3] }], attrs: { axis: 1 } },
      { inputs: [{ shape: [4] }, { shape: [], dtype: 'int32', domain: [0, 3] }], attrs: { axis: 0 } },
      { inputs: [{ shape: [3, 2] }, { shape: [4], dtype: 'int64', domain: [0, 2] }], attrs: { axis: 0 } },
    ],
  },
}
/** Rows (or slices along `axis`) picked by an integer tensor of any shape. Negative indices count from the end. */
export const gather = (x: Node, indices: Node, axis = 0): Node =>
  apply(gatherOp, [x, indices], { axis: normalizeAxis('gather', axis, x.shape.length) })

/** `product`: few rows may be summed by a matrix product, which is faster; one infinite update then spoils its whole column. */
type ScatterAttrs = AxisAttrs & { readonly product: boolean }
const scatterAddOp: Op<ScatterAttrs> = {
  name: 'scatterAdd',
  formula: 'out = x; out[..., indices[i], ...] += updates[..., i, ...]',
  infer: ([x, indices, updates], { axis }) => {
    requireDType('scatterAdd', indices!.dtype, indexDTypes)
    requireSameDType('scatterAdd', x!, updates!)
    const expected = gatheredShape(x!.shape, indices!.shape, axis)
    if (!sameShape(expected, updates!.shape)) {
      throw new ShapeError(
        `scatterAdd: updates are ${show(updates!.shape)}. For x ${show(x!.shape)} and indices ${show(indices!.shape)} on axis ${axis} they must be ${show(expected)}.`,
        { expected, got: updates!.shape },
      )
    }
    return { shape: x!.shape, dtype: x!.dtype }
  },
  vjp: (g, [, indices], _out, { axis }) => [g, null, gather(g, indices!, axis)],
  batch: (inputs, batched, { axis, product }) => {
    if (!batched[1]) {
      const [x, updates] = allBatched([inputs[0]!, inputs[2]!], [batched[0]!, batched[2]!])
      return apply(scatterAddOp, [x!, inputs[1]!, updates!], { axis: axis + 1, product })
    }
    const [x, indices, updates] = allBatched(inputs, batched)
    const { flat, n } = flatRows(x!, axis)
    const moved = moveBefore(updates!, indices!.shape.length - 1, axis)
    const sums = apply(scatterAddOp, [flat, apartRows(indices!, n), moved], { axis: 0, product: false })
    return moveBehind(reshape(sums, [x!.shape[0]!, n, ...flat.shape.slice(1)]), 1, axis)
  },
  kernel: ([x, indices, updates], out, { axis }) => {
    const { outer, n, inner } = splitAt(x!.shape, axis)
    const count = indices!.data.length
    out.data.set(x!.data)
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < count; k++) {
        const to = (o * n + position('scatterAdd', indices!.data[k]!, n)) * inner
        for (let i = 0; i < inner; i++) out.data[to + i]! += updates!.data[(o * count + k) * inner + i]!
      }
    }
  },
  lower: (b, [x, indices, updates], _out, { axis, product }) => {
    const { outer, inner, n } = splitAt(x!.shape, axis)
    const count = indices!.shape.reduce((p, m) => p * m, 1)
    // Few rows: a product with the one-hot matrix of the indices is faster than scattering element by element.
    if (product && outer === 1 && n <= 512 && isFloat(x!.dtype) && count > 0 && x!.shape.length > 0) {
      const flatIndices = b.op('Reshape', [indices!.name, b.ints([1, count])])
      const places = b.constant(
        Array.from({ length: n }, (_, i) => i),
        indices!.dtype,
      )
      // Reading the places at the indices counts negative ones from the end, and refuses those outside.
      const at = b.op('Gather', [places, flatIndices])
      const hot = b.cast(b.op('Equal', [b.op('Reshape', [places, b.ints([n, 1])]), at]), x!.dtype)
      const sums = b.op('MatMul', [hot, b.op('Reshape', [updates!.name, b.ints([count, inner])], { allowzero: 1 })])
      return b.op('Add', [x!.name, b.op('Reshape', [sums, b.ints(x!.shape)], { allowzero: 1 })])
    }
    // As [outer, n, inner] every index applies to a whole row; ScatterElements wants it spelled out for each element.
    const flat = b.op('Reshape', [x!.name, b.ints([outer, n, inner])], { allowzero: 1 })
    const rows = b.op('Expand', [
      b.op('Reshape', [indices!.name, b.ints([1, count, 1])], { allowzero: 1 }),
      b.ints([outer, count, inner]),
    ])
    const values = b.op('Reshape', [updates!.name, b.ints([outer, count, inner])], { allowzero: 1 })
    const sum = b.op('ScatterElements', [flat, rows, values], { axis: 1, reduction: 'add' })
    return b.op('Reshape', [sum, b.ints(x!.shape)], { allowzero: 1 })
  },
  checks: {
    samples: [
      {
        inputs: [{ shape: [5, 3] }, { shape: [2, 3], dtype: 'int32', domain: [-5, 4] }, { shape: [2, 3, 3] }],
        attrs: { axis: 0, product: true },
      },
      {
        inputs: [{ shape: [5, 3] }, { shape: [2, 2], dtype: 'int32', domain: [0, 4] }, { shape: [2, 2, 3] }],
        attrs: { axis: 0, product: false },
      },
      {
        inputs: [{ shape: [2, 3, 2] }, { shape: [4], dtype: 'int32', domain: [-3, 2] }, { shape: [2, 4, 2] }],
        attrs: { axis: 1, product: false },
      },
      {
        inputs: [{ shape: [3] }, { shape: [], dtype: 'int32', domain: [0, 2] }, { shape: [] }],
        attrs: { axis: 0, product: false },
      },
    ],
  },
}
/** Adds slices to the places that `gather` with the same indices would read; repeated indices add up. */
export const scatterAdd = (x: Node, indices: Node, updates: Node, axis = 0): Node =>
  apply(scatterAddOp, [x, indices, updates], {
    axis: normalizeAxis('scatterAdd', axis, x.shape.length),
    product: false,
  })

/** Throws unless indices are integers and match `x` on all axes but one. */
export const requireAligned = (where: string, x: TensorType, indices: TensorType, axis: number): void => {
  requireDType(where, indices.dtype, indexDTypes)
  const same = x.shape.length === indices.shape.length && indices.shape.every((n, i) => i === axis || n === x.shape[i])
  if (same) return
  throw new ShapeError(
    `${where}: indices are ${show(indices.shape)} and x is ${show(x.shape)}. All axes but axis ${axis} must be equal.`,
    { x: x.shape, indices: indices.shape, axis },
  )
}
/** Visits each element of `indices` with its own offset and the offset in `x` that it points to along `axis`. */
export const visitAlong = (
  where: string,
  x: Shape,
  indices: NdArray,
  axis: number,
  visit: (at: number, i: number) => void,
): void => {
  const strides = stridesOf(x)
  const along = strides[axis]!
  walk(indices.shape, [strides.map((s, i) => (i === axis ? 0 : s))], ([base], i) => {
    visit(base! + position(where, indices.data[i]!, x[axis]!) * along, i)
  })
}

const takeAlongAxisOp: Op<AxisAttrs> = {
  name: 'takeAlongAxis',
  anyDType: true,
  formula: 'out[..., i, ...] = x[..., indices[..., i, ...], ...]',
  infer: ([x, indices], { axis }) => {
    requireAligned('takeAlongAxis', x!, indices!, axis)
    return { shape: indices!.shape, dtype: x!.dtype }
  },
  vjp: (g, [x, indices], _out, { axis }) => [scatterAddAlongAxis(fullLike(x!, 0), indices!, g, axis), null],
  batch: (inputs, batched, { axis }) => apply(takeAlongAxisOp, allBatched(inputs, batched), { axis: axis + 1 }),
  kernel: ([x, indices], out, { axis }) =>
    visitAlong('takeAlongAxis', x!.shape, indices!, axis, (at, i) => {
      out.data[i] = x!.data[at]!
    }),
  lower: (b, [x, indices], _out, { axis }) => b.op('GatherElements', [x!.name, indices!.name], { axis }),
  checks: {
    samples: [
      { inputs: [{ shape: [3, 4] }, { shape: [3, 2], dtype: 'int32', domain: [-4, 3] }], attrs: { axis: 1 } },
      { inputs: [{ shape: [3, 2, 2] }, { shape: [5, 2, 2], dtype: 'int32', domain: [0, 2] }], attrs: { axis: 0 } },
    ],
  },
}
/** One element per index along `axis` (NumPy's `take_along_axis`, PyTorch's `gather`). */
export const takeAlongAxis = (x: Node, indices: Node, axis = -1): Node =>
  apply(takeAlongAxisOp, [x, indices], { axis: normalizeAxis('takeAlongAxis', axis, x.shape.length) })

const scatterAddAlongAxisOp: Op<AxisAttrs> = {
  name: 'scatterAddAlongAxis',
  formula: 'out = x; out[..., indices[..., i, ...], ...] += updates[..., i, ...]',
  infer: ([x, indices, updates], { axis }) => {
    requireAligned('scatterAddAlongAxis', x!, indices!, axis)
    requireSameDType('scatterAddAlongAxis', x!, updates!)
    if (!sameShape(indices!.shape, updates!.shape)) {
      throw new ShapeError(
        `scatterAddAlongAxis: updates are ${show(updates!.shape)} and indices ${show(indices!.shape)}. They must have one shape.`,
      )
    }
    return { shape: x!.shape, dtype: x!.dtype }
  },
  vjp: (g, [, indices], _out, { axis }) => [g, null, takeAlongAxis(g, indices!, axis)],
  batch: (inputs, batched, { axis }) => apply(scatterAddAlongAxisOp, allBatched(inputs, batched), { axis: axis + 1 }),
  kernel: ([x, indices, updates], out, { axis }) => {
    out.data.set(x!.data)
    visitAlong('scatterAddAlongAxis', x!.shape, indices!, axis, (at, i) => {
      out.data[at]! += updates!.data[i]!
    })
  },
  lower: (b, [x, indices, updates], _out, { axis }) =>
    b.op('ScatterElements', [x!.name, indices!.name, updates!.name], { axis, reduction: 'add' }),
  checks: {
    samples: [
      {
        inputs: [{ shape: [3, 4] }, { shape: [3, 2], dtype: 'int32', domain: [0, 3] }, { shape: [3, 2] }],
        attrs: { axis: 1 },
      },
      {
        inputs: [{ shape: [3, 2] }, { shape: [5, 2], dtype: 'int32', domain: [-3, 2] }, { shape: [5, 2] }],
        attrs: { axis: 0 },
      },
    ],
  },
}
/** Adds each update at its index along `axis`; repeated indices add up (PyTorch's `scatter_add`). */
export const scatterAddAlongAxis = (x: Node, indices: Node, updates: Node, axis = -1): Node =>
  apply(scatterAddAlongAxisOp, [x, indices, updates], {
    axis: normalizeAxis('scatterAddAlongAxis', axis, x.shape.length),
  })

/** 1 at the index and 0 elsewhere, along a new last axis of `depth`; an index outside gives a row of zeros. */
export const oneHot = (indices: Node, depth: number, dtype: DType = 'float32'): Node => {
  requireDType('oneHot', indices.dtype, indexDTypes)
  if (!Number.isInteger(depth) || depth < 1) {
    throw new ArgumentError(`oneHot: depth must be a whole number of at least 1; got ${depth}.`, { depth })
  }
  return cast(equal(expandDims(indices, indices.shape.length), arange(depth, indices.dtype)), dtype)
}

export const indexingOps: readonly Op[] = [
  gatherOp,
  scatterAddOp,
  takeAlongAxisOp,
  scatterAddAlongAxisOp,
] as unknown as readonly Op[]
