import { ArgumentError, ShapeError } from '../core/errors.ts'
import { broadcastShapes, sameShape, type Shape, show, sizeOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { add, arange, cast, constant, less, logicalOr, greaterEqual, mul, where } from './arithmetic.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { broadcastTo, reshape, transpose } from './broadcast.ts'
import { gather, indexDTypes } from './indexing.ts'
import { sliceAxis } from './movement.ts'
import { type ScatterReduction, scatterRows } from './scatter.ts'

// Positions on several axes become one on these axes flattened. A position that does not exist on its axis becomes one that does not
// exist on the flattened axis either, so that the engine refuses it.

/** Positions, a tensor for each axis, as int32 positions in the axes flattened. */
const flatten = (positions: readonly Node[], sizes: Shape): Node => {
  let flat = constant(0, 'int32')
  let outside: Node | null = null
  for (const [k, given] of positions.entries()) {
    const [zero, n] = [constant(0, given.dtype), constant(sizes[k]!, given.dtype)]
    const fromFront = where(less(given, zero), add(given, n), given)
    const missing = logicalOr(less(fromFront, zero), greaterEqual(fromFront, n))
    outside = outside ? logicalOr(outside, missing) : missing
    flat = add(mul(flat, constant(sizes[k]!, 'int32')), cast(fromFront, 'int32'))
  }
  return outside ? where(outside, constant(sizeOf(sizes), 'int32'), flat) : flat
}

/** The last axis of an index tensor `[..., K]` as K tensors `[...]`. */
const columnsOf = (indices: Node): Node[] => {
  const last = indices.shape.length - 1
  return Array.from({ length: indices.shape[last]! }, (_, k) =>
    reshape(sliceAxis(indices, last, k, k + 1), indices.shape.slice(0, -1)),
  )
}
const requireTuples = (where: string, x: Node, indices: Node, room: number): void => {
  requireDType(where, indices.dtype, indexDTypes)
  const depth = indices.shape[indices.shape.length - 1]
  if (depth !== undefined && depth >= 1 && depth <= room) return
  throw new ShapeError(
    `${where}: indices are ${show(indices.shape)} and x is ${show(x.shape)}. The last axis of the indices must hold 1 to ${room} positions, one for each axis of x.`,
    { indices: indices.shape, x: x.shape },
  )
}

/**
 * Elements, or slices, at positions on several axes: `out[b..., i...] = x[b..., indices[b..., i..., :], ...]` (ONNX's `GatherND`).
 *
 * **Shape** x: `[...B, N₁, ..., N_K, ...rest]`, indices: int32 `[...B, ...I, K]` → `[...B, ...I, ...rest]`, with `batchDims` axes in B.
 */
export const gatherND = (x: Node, indices: Node, batchDims = 0): Node => {
  if (!Number.isInteger(batchDims) || batchDims < 0 || batchDims >= Math.min(x.shape.length, indices.shape.length)) {
    throw new ArgumentError(
      `gatherND: batchDims must be a whole number of at least 0 and below the axes of x ${show(x.shape)} and of the indices ${show(indices.shape)}; got ${batchDims}.`,
      { batchDims },
    )
  }
  requireTuples('gatherND', x, indices, x.shape.length - batchDims)
  const batch = x.shape.slice(0, batchDims)
  if (!sameShape(batch, indices.shape.slice(0, batchDims))) {
    throw new ShapeError(
      `gatherND: the first ${batchDims} axes of x ${show(x.shape)} and of the indices ${show(indices.shape)} differ. They are the batch and must be equal.`,
      { x: x.shape, indices: indices.shape, batchDims },
    )
  }
  const columns = columnsOf(indices)
  const end = batchDims + columns.length
  const asked = indices.shape.slice(0, -1)
  const count = sizeOf(batch)
  const rows = reshape(
    arange(count, 'int32'),
    asked.map((_, i) => (i < batchDims ? batch[i]! : 1)),
  )
  const own = batchDims === 0 ? columns : [broadcastTo(rows, asked), ...columns]
  const sizes = [...(batchDims === 0 ? [] : [count]), ...x.shape.slice(batchDims, end)]
  const rest = x.shape.slice(end)
  return reshape(gather(reshape(x, [sizeOf(sizes), ...rest]), flatten(own, sizes)), [...asked, ...rest])
}

export interface ScatterNDOptions {
  /** What becomes of an update and the element at its place. Default `none`: the update stays, the last one of a place. */
  readonly reduction?: ScatterReduction
}
/**
 * x with updates put where `gatherND` with the same indices would read (ONNX's `ScatterND`).
 *
 * **Shape** x: `[N₁, ..., N_K, ...rest]`, indices: int32 `[...I, K]`, updates: `[...I, ...rest]` → that of x.
 */
export const scatterND = (x: Node, indices: Node, updates: Node, options: ScatterNDOptions = {}): Node => {
  requireTuples('scatterND', x, indices, x.shape.length)
  requireSameDType('scatterND', x, updates)
  const columns = columnsOf(indices)
  const rest = x.shape.slice(columns.length)
  const expected = [...indices.shape.slice(0, -1), ...rest]
  if (!sameShape(updates.shape, expected)) {
    throw new ShapeError(
      `scatterND: updates are ${show(updates.shape)}. For x ${show(x.shape)} and indices ${show(indices.shape)} they must be ${show(expected)}.`,
      { expected, got: updates.shape },
    )
  }
  return putFlat(x, columns, updates, options.reduction ?? 'none')
}

/** Updates `[...I, ...rest]` at positions `[...I]` on the first axes. */
const putFlat = (x: Node, columns: readonly Node[], updates: Node, reduction: ScatterReduction): Node => {
  const sizes = x.shape.slice(0, columns.length)
  const rest = x.shape.slice(columns.length)
  const flat = flatten(columns, sizes)
  const count = sizeOf(flat.shape)
  const rows = scatterRows(
    reshape(x, [sizeOf(sizes), ...rest]),
    reshape(flat, [count]),
    reshape(updates, [count, ...rest]),
    reduction,
  )
  return reshape(rows, x.shape)
}

/** An index of NumPy's: a tensor of positions for an axis, or null for the whole axis. */
export type IndexTuple = readonly (Node | null)[]

interface Located {
  /** The axes with positions first. */
  readonly permutation: readonly number[]
  readonly columns: readonly Node[]
  /** Where the axes of the positions stand in the result. */
  readonly at: number
  readonly asked: Shape
}
const locate = (where: string, x: Node, index: IndexTuple): Located => {
  if (index.length > x.shape.length) {
    throw new ShapeError(
      `${where}: got ${index.length} indices for ${show(x.shape)}. Pass at most ${x.shape.length}, one for each axis.`,
      { x: x.shape, indices: index.length },
    )
  }
  const axes = index.flatMap((i, axis) => (i ? [axis] : []))
  const given = index.filter(i => i !== null)
  if (given.length === 0)
    throw new ArgumentError(`${where}: no index is given. Pass a tensor of positions for some axis.`)
  for (const i of given) requireDType(where, i.dtype, indexDTypes)
  const asked = given.map(i => i.shape).reduce((a, b) => broadcastShapes(where, a, b))
  const others = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]))
  // NumPy's rule: positions on neighbouring axes stay where these were, others come first.
  const together = axes.every((axis, k) => axis === axes[0]! + k)
  return {
    permutation: [...axes, ...others],
    columns: given.map(i => broadcastTo(i, asked)),
    at: together ? axes[0]! : 0,
    asked,
  }
}
/** Axes `[...asked, ...others]` as NumPy orders them, `[...others before, ...asked, ...others after]`; `from` undoes it. */
const ordering = ({ at, asked }: Located, ndim: number): number[] => {
  const axes = Array.from({ length: ndim }, (_, i) => i)
  const positions = axes.slice(0, asked.length)
  const others = axes.slice(asked.length)
  return [...others.slice(0, at), ...positions, ...others.slice(at)]
}
const inverse = (permutation: readonly number[]): number[] => permutation.map((_, i) => permutation.indexOf(i))

/**
 * `x[i₀, i₁, ...]` with tensors of positions, as NumPy has it: the tensors broadcast against each other, and null takes a whole axis.
 * Their axes stand where the indexed axes were if those are neighbours, else first. Negative positions count from the end.
 */
export const takeAt = (x: Node, index: IndexTuple): Node => {
  const found = locate('takeAt', x, index)
  const first = transpose(x, found.permutation)
  const sizes = first.shape.slice(0, found.columns.length)
  const rest = first.shape.slice(found.columns.length)
  const taken = gather(reshape(first, [sizeOf(sizes), ...rest]), flatten(found.columns, sizes))
  return transpose(taken, ordering(found, taken.shape.length))
}

export interface IndexPutOptions {
  /** Add the values to what is there, repeated places adding up. Default false: the last value of a place stays. */
  readonly accumulate?: boolean
}
/**
 * x with `values` at `x[i₀, i₁, ...]` (NumPy's assignment, PyTorch's `index_put`). The values broadcast to the shape that `takeAt` with
 * the same index has.
 */
export const indexPut = (x: Node, index: IndexTuple, values: Node, options: IndexPutOptions = {}): Node => {
  requireSameDType('indexPut', x, values)
  const found = locate('indexPut', x, index)
  const first = transpose(x, found.permutation)
  const rest = first.shape.slice(found.columns.length)
  const order = ordering(found, found.asked.length + rest.length)
  const natural = [...found.asked, ...rest]
  const target = order.map(axis => natural[axis]!)
  const fits =
    values.shape.length <= target.length && sameShape(broadcastShapes('indexPut', values.shape, target), target)
  if (!fits) {
    throw new ShapeError(
      `indexPut: values are ${show(values.shape)} and the places ${show(target)}. The values must broadcast to the places.`,
      { values: values.shape, places: target },
    )
  }
  const updates = transpose(broadcastTo(values, target), inverse(order))
  const put = putFlat(first, found.columns, updates, options.accumulate ? 'add' : 'none')
  return transpose(put, inverse(found.permutation))
}

/** `value` where the mask is true, else x; the mask broadcasts to x. These places get no gradient. */
export const maskedFill = (x: Node, mask: Node, value: number): Node => {
  requireDType('maskedFill', mask.dtype, ['bool'])
  if (!sameShape(broadcastShapes('maskedFill', x.shape, mask.shape), x.shape)) {
    throw new ShapeError(
      `maskedFill: the mask is ${show(mask.shape)} and x ${show(x.shape)}. The mask must broadcast to x.`,
      { mask: mask.shape, x: x.shape },
    )
  }
  return where(mask, constant(value, x.dtype, 'maskedFill'), x)
}
