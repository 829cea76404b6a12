import type { DType } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { normalizeAxis, sameShape, type Shape, show, stridesOf } from '../core/shape.ts'
import { gather } from '../ops/indexing.ts'
import { reshape, transpose } from '../ops/broadcast.ts'
import { fromArray } from './creation.ts'
import { Tensor } from './tensor.ts'

// Results whose shape depends on values: these read the values first, and so wait. A compiled function cannot hold them.

const indicesOf = (positions: readonly number[]): Tensor<readonly [number], 'int32'> =>
  fromArray(Int32Array.from(positions), [positions.length], 'int32')

const positionsWhere = (values: ArrayLike<number | bigint>): number[] => {
  const found: number[] = []
  for (let i = 0; i < values.length; i++) if (Number(values[i]) !== 0) found.push(i)
  return found
}

/** int32 indices `[n, ndim]` of the elements other than 0, in row-major order (NumPy's `argwhere`). */
export const nonzero = async (x: Tensor): Promise<Tensor<readonly [number, number], 'int32'>> => {
  const found = positionsWhere(await x.data())
  const strides = stridesOf(x.shape)
  const rows = found.flatMap(at => strides.map((s, axis) => Math.floor(at / s) % x.shape[axis]!))
  return fromArray(Int32Array.from(rows), [found.length, x.ndim], 'int32')
}

/** The elements where the mask is true, in row-major order, as a vector. Differentiable by x. */
export const maskedSelect = async <D extends DType>(
  x: Tensor<Shape, D>,
  mask: Tensor<Shape, 'bool'>,
): Promise<Tensor<readonly [number], D>> => {
  if (mask.dtype !== 'bool')
    throw new DTypeError(`maskedSelect: the mask is ${mask.dtype}. It must be bool: compare, such as x.greater(0).`)
  if (!sameShape(x.shape, mask.shape)) {
    throw new ShapeError(
      `maskedSelect: the mask is ${show(mask.shape)} and x ${show(x.shape)}. They must have one shape: use mask.broadcastTo(x.shape).`,
      { mask: mask.shape, x: x.shape },
    )
  }
  const places = indicesOf(positionsWhere(await mask.data()))
  return new Tensor(gather(reshape(x.node, [-1]), places.node))
}

/** The slices along an axis (the first by default) where a mask `[n]` is true. Differentiable by x. */
export const compress = async <D extends DType>(
  x: Tensor<Shape, D>,
  mask: Tensor<Shape, 'bool'>,
  axis = 0,
): Promise<Tensor<Shape, D>> => {
  const at = normalizeAxis('compress', axis, x.ndim)
  if (mask.ndim !== 1 || mask.shape[0] !== x.shape[at]) {
    throw new ShapeError(
      `compress: the mask is ${show(mask.shape)} and axis ${at} of x ${show(x.shape)} has size ${x.shape[at]}. The mask must be [${x.shape[at]}].`,
      { mask: mask.shape, x: x.shape },
    )
  }
  const places = indicesOf(positionsWhere(await mask.data()))
  return new Tensor(gather(x.node, places.node, at))
}

export interface UniqueOptions {
  /** Slices along this axis are compared as wholes. Default: all elements, of the tensor as a vector. */
  readonly axis?: number
  /** In ascending order, else in order of first occurrence. Default true. */
  readonly sorted?: boolean
}
export interface Unique<D extends DType> {
  /** The distinct elements, or slices. Differentiable by x. */
  readonly values: Tensor<Shape, D>
  /** int32: where each occurs first. */
  readonly indices: Tensor<readonly [number], 'int32'>
  /** int32: the position in `values` of each element (slice) of x. */
  readonly inverse: Tensor<readonly [number], 'int32'>
  /** int32: how often each occurs. */
  readonly counts: Tensor<readonly [number], 'int32'>
}

type Row = readonly (number | bigint)[]
/** In order element by element; NaN stands after all numbers. */
const compareRows = (a: Row, b: Row): number => {
  for (const [i, x] of a.entries()) {
    const y = b[i]!
    if (x < y) return -1
    if (x > y) return 1
    if (x !== y) {
      const lost = Number(Number.isNaN(x)) - Number(Number.isNaN(y))
      if (lost !== 0) return lost
    }
  }
  return 0
}

/** Distinct elements, or slices along an axis, with their places and counts (ONNX's `Unique`). NaN equals NaN here, and stands last. */
export const unique = async <D extends DType>(
  x: Tensor<Shape, D>,
  { axis, sorted = true }: UniqueOptions = {},
): Promise<Unique<D>> => {
  if (axis === undefined && x.ndim !== 1)
    return unique(new Tensor<Shape, D>(reshape(x.node, [-1])), { axis: 0, sorted })
  const at = normalizeAxis('unique', axis ?? 0, x.ndim)
  const front = [at, ...x.shape.flatMap((_, i) => (i === at ? [] : [i]))]
  const values = await new Tensor<Shape, D>(transpose(x.node, front)).data()
  const n = x.shape[at]!
  const width = n === 0 ? 0 : values.length / n
  const rows = Array.from({ length: n }, (_, i): Row => [...values.subarray(i * width, (i + 1) * width)])
  // −0 and 0 are equal.
  const keys = rows.map(row => row.map(v => (v === 0 ? '0' : String(v))).join())
  const firsts = [...new Map([...keys.entries()].reverse().map(([i, key]) => [key, i] as const)).values()]
  const order = sorted ? firsts.sort((a, b) => compareRows(rows[a]!, rows[b]!)) : firsts.sort((a, b) => a - b)
  const placeOf = new Map(order.map((first, place) => [keys[first]!, place]))
  const inverse = keys.map(key => placeOf.get(key)!)
  const counts = order.map(() => 0)
  for (const place of inverse) counts[place]!++
  const indices = indicesOf(order)
  return {
    values: new Tensor(gather(x.node, indices.node, at)),
    indices,
    inverse: indicesOf(inverse),
    counts: indicesOf(counts),
  }
}
