import { normalizeAxis, type Shape, show, sizeOf, stridesOf } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { broadcastTo, reshape } from '../../ops/broadcast.ts'
import { gather, takeAlongAxis } from '../../ops/indexing.ts'
import { sliceAxis } from '../../ops/movement.ts'
import { type ScatterReduction, scatterAlongAxis, scatterRows } from '../../ops/scatter.ts'
import type { Call, Operator, Operators } from './call.ts'
import { held, int64s } from './known.ts'
import { alongAxis, num, upTo, withSize } from './nodes.ts'

/** Cuts `x` to the sizes of `shape` on all axes but one. */
const cutTo = (x: Node, shape: Shape, axis: number): Node =>
  shape.reduce((y, n, i) => (i === axis || n >= y.shape[i]! ? y : sliceAxis(y, i, 0, n)), x)

const gatherElements: Operator = call => {
  const [x, indices] = [call.input(0), call.input(1)]
  const axis = normalizeAxis(call.label, call.int('axis', 0), x.shape.length)
  if (indices.shape.length !== x.shape.length)
    call.fail(`has indices ${show(indices.shape)} for ${show(x.shape)}`, 'They must have as many axes.')
  return takeAlongAxis(cutTo(x, indices.shape, axis), indices, axis)
}

/** Indices along an axis counted from the front, as int64. */
const counted = (indices: Node, size: number): Node => {
  const wide = ar.cast(indices, 'int64')
  return ar.where(ar.less(wide, num(0, wide)), ar.add(wide, num(size, wide)), wide)
}

/**
 * Tuples of indices as positions in the flattened leading axes `sizes`: `[..., k]` → `[...]`.
 */
const flatPositions = (indices: Node, sizes: Shape): Node => {
  const strides = stridesOf(sizes)
  const parts = sizes.map((n, i) => {
    const one = sliceAxis(indices, indices.shape.length - 1, i, i + 1)
    const at = counted(one, n)
    return ar.mul(at, num(strides[i]!, at))
  })
  const total = parts.reduce((a, b) => ar.add(a, b))
  return reshape(total, indices.shape.slice(0, -1))
}

const gatherNd: Operator = call => {
  const [x, indices] = [call.input(0), call.input(1)]
  const batch = call.int('batch_dims', 0)
  const depth = indices.shape[indices.shape.length - 1] ?? 0
  if (depth < 1 || batch < 0 || batch + depth > x.shape.length)
    call.fail(`has indices ${show(indices.shape)} for ${show(x.shape)}`, 'Their last axis names axes of the data.')
  const lead = x.shape.slice(0, batch)
  const rows = sizeOf(lead)
  const sizes = x.shape.slice(batch, batch + depth)
  const inner = x.shape.slice(batch + depth)
  const tuples = reshape(indices, [rows, sizeOf(indices.shape.slice(batch, -1)), depth])
  const within = flatPositions(tuples, sizes)
  const starts = alongAxis(ar.arange(rows, 'int64', 0, sizeOf(sizes)), 0, 2)
  const flat = gather(reshape(x, [rows * sizeOf(sizes), ...inner]), ar.add(within, starts), 0)
  return reshape(flat, [...lead, ...indices.shape.slice(batch, -1), ...inner])
}

const reductionOf = (call: Call): ScatterReduction =>
  call.choice('reduction', ['none', 'add', 'mul', 'max', 'min'], 'none')

/** Updates for a part of the other axes fill the part's place in the whole. */
const scatterElements: Operator = call => {
  const [x, indices, updates] = [call.input(0), call.input(1), call.input(2)]
  const axis = normalizeAxis(call.label, call.int('axis', 0), x.shape.length)
  const how = reductionOf(call)
  const part = cutTo(x, indices.shape, axis)
  const changed = scatterAlongAxis(part, indices, updates, axis, how)
  return part === x ? changed : placed(x, changed)
}
/** `x` with its first corner replaced by `corner`. */
const placed = (x: Node, corner: Node): Node => {
  const strides = stridesOf(x.shape)
  const offsets = corner.shape
    .map((n, i) => alongAxis(ar.arange(n, 'int64', 0, strides[i]!), i, corner.shape.length))
    .reduce((a, b) => ar.add(a, b))
  const flat = scatterRows(
    reshape(x, [-1]),
    reshape(broadcastTo(offsets, corner.shape), [-1]),
    reshape(corner, [-1]),
    'none',
  )
  return reshape(flat, x.shape)
}

const scatterNd: Operator = call => {
  const [x, indices, updates] = [call.input(0), call.input(1), call.input(2)]
  const depth = indices.shape[indices.shape.length - 1] ?? 0
  if (depth < 1 || depth > x.shape.length)
    call.fail(`has indices ${show(indices.shape)} for ${show(x.shape)}`, 'Their last axis names axes of the data.')
  const sizes = x.shape.slice(0, depth)
  const inner = x.shape.slice(depth)
  const rows = reshape(flatPositions(indices, sizes), [-1])
  const flat = scatterRows(
    reshape(x, [sizeOf(sizes), ...inner]),
    rows,
    reshape(updates, [rows.shape[0]!, ...inner]),
    reductionOf(call),
  )
  return reshape(flat, x.shape)
}

const oneHot: Operator = call => {
  const [indices, depth, values] = [call.input(0), call.number(1), call.input(2)]
  const axis = normalizeAxis(call.label, call.int('axis', -1), indices.shape.length + 1)
  const at = ar.cast(indices, 'int64')
  const spread = reshape(counted(at, depth), [...at.shape.slice(0, axis), 1, ...at.shape.slice(axis)])
  const hit = ar.equal(spread, alongAxis(ar.arange(depth, 'int64'), axis, at.shape.length + 1))
  const [off, on] = [0, 1].map(i => reshape(sliceAxis(values, 0, i, i + 1), []))
  return ar.where(hit, on!, off!)
}

/** Positions of elements other than zero, one column each. They must be known while the graph is built: their number is a size. */
const nonZero: Operator = call => {
  const { data, shape } = call.known(0)
  const flat = Array.from(data).flatMap((v, i) => (v === 0 ? [] : [i]))
  const strides = stridesOf(shape)
  const rows = shape.map((n, a) => flat.map(i => Math.floor(i / strides[a]!) % n))
  return held(rows.flat(), [shape.length, flat.length], 'int64')
}

const compress: Operator = call => {
  const x = call.input(0)
  const kept = call.values(1).flatMap((v, i) => (v === 0 ? [] : [i]))
  if (!call.has('axis')) return gather(reshape(x, [-1]), int64s(kept), 0)
  return gather(x, int64s(kept), normalizeAxis(call.label, call.int('axis'), x.shape.length))
}

/** Distinct slices of known values in order of value or of coming; where each came first, which each is, and how often it came. */
const unique: Operator = call => {
  const x = call.input(0)
  const flat = !call.has('axis')
  const y = flat ? reshape(x, [-1]) : x
  const axis = flat ? 0 : normalizeAxis(call.label, call.int('axis'), x.shape.length)
  const array = call.known(0)
  const n = y.shape[axis]!
  const slices = slicesAlong(Array.from(array.data), y.shape, axis)
  const groups = groupEqual(slices, n)
  const order = upTo(groups.length)
  if (call.flag('sorted', true)) order.sort((a, b) => compareLists(slices(groups[a]![0]!), slices(groups[b]![0]!)))
  const places = new Array<number>(n)
  for (const [rank, g] of order.entries()) for (const i of groups[g]!) places[i] = rank
  const firsts = order.map(g => groups[g]![0]!)
  return [gather(y, int64s(firsts), axis), int64s(firsts), int64s(places), int64s(order.map(g => groups[g]!.length))]
}
const slicesAlong = (data: readonly number[], shape: Shape, axis: number): ((i: number) => number[]) => {
  const inner = sizeOf(shape.slice(axis + 1))
  const n = shape[axis]!
  return i => data.filter((_, at) => Math.floor(at / inner) % n === i)
}
const groupEqual = (slices: (i: number) => number[], n: number): number[][] => {
  const groups = new Map<string, number[]>()
  for (let i = 0; i < n; i++) {
    const key = slices(i).join()
    const group = groups.get(key)
    if (group) group.push(i)
    else groups.set(key, [i])
  }
  return [...groups.values()]
}
const compareLists = (a: readonly number[], b: readonly number[]): number => {
  const i = a.findIndex((v, k) => v !== b[k])
  return i < 0 ? 0 : a[i]! - b[i]!
}

const trilu: Operator = call => {
  const x = call.input(0)
  const [rows, columns] = x.shape.slice(-2) as [number, number]
  if (columns === undefined) call.fail(`takes ${show(x.shape)}`, 'A matrix, or a batch of them, was expected.')
  const k = call.number(1, 0)
  const [i, j] = [reshape(ar.arange(rows, 'int64', k), [rows, 1]), ar.arange(columns, 'int64')]
  const kept = call.flag('upper', true) ? ar.lessEqual(i, j) : ar.greaterEqual(i, j)
  return ar.where(kept, x, x.dtype === 'bool' ? ar.constant(0, 'bool') : num(0, x))
}

const eyeLike: Operator = call => {
  const { shape, dtype } = call.input(0)
  if (shape.length !== 2) call.fail(`takes ${show(shape)}`, 'A matrix was expected.')
  const k = call.int('k', 0)
  const [i, j] = [reshape(ar.arange(shape[0]!, 'int64', k), [-1, 1]), ar.arange(shape[1]!, 'int64')]
  return ar.cast(ar.equal(i, j), call.dtype('dtype', dtype))
}

/** Each sequence turned round up to its length; what lies behind stays. */
const reverseSequence: Operator = call => {
  const x = call.input(0)
  const [batch, time] = [call.int('batch_axis', 1), call.int('time_axis', 0)]
  const n = x.shape[time] ?? call.fail(`has time_axis ${time}`, 'It must be an axis of the input.')
  const at = (length: Node): Node => {
    const t = alongAxis(ar.arange(n, 'int64'), time, x.shape.length)
    const turned = ar.sub(ar.sub(length, num(1, length)), t)
    return ar.where(ar.less(t, length), turned, t)
  }
  const lengths = alongAxis(ar.cast(call.input(1), 'int64'), batch, x.shape.length)
  return takeAlongAxis(x, broadcastTo(at(lengths), x.shape), time)
}

/** A cache with new rows written from each sequence's position on. */
const tensorScatter: Operator = call => {
  const [past, update] = [call.input(0), call.input(1)]
  const ndim = past.shape.length
  const axis = normalizeAxis(call.label, call.int('axis', -2), ndim)
  const circular = call.choice('mode', ['linear', 'circular'], 'linear') === 'circular'
  const size = past.shape[axis]!
  const steps = alongAxis(ar.arange(update.shape[axis]!, 'int64'), axis, ndim)
  const starts = call.optional(2)
  const from = starts ? ar.add(alongAxis(ar.cast(starts, 'int64'), 0, ndim), steps) : steps
  const at = circular ? ar.sub(from, ar.mul(num(size, from), floorOver(from, size))) : from
  return scatterAlongAxis(
    past,
    broadcastTo(at, withSize(update.shape, axis, update.shape[axis]!)),
    update,
    axis,
    'none',
  )
}
const floorOver = (x: Node, n: number): Node => ar.cast(ar.greaterEqual(x, num(n, x)), x.dtype)

export const indexingOperators: Operators = {
  Gather: call => gather(call.input(0), call.input(1), call.int('axis', 0)),
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  OneHot: oneHot,
  NonZero: nonZero,
  Compress: compress,
  Unique: unique,
  Trilu: trilu,
  EyeLike: eyeLike,
  ReverseSequence: reverseSequence,
  TensorScatter: tensorScatter,
}
