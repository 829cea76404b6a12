import type { DType, TypedArray } from '../core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { checkShape, type Shape, show, sizeOf } from '../core/shape.ts'
import { Generator, permutation } from '../tensor/random.ts'

/** Values of all examples, one after another: `shape` is `[N, ...item]`. */
export interface Column<Item extends Shape = Shape, D extends DType = DType> {
  readonly dtype: D
  readonly shape: readonly [number, ...Item]
  readonly data: TypedArray<D>
}

/**
 * Examples in memory: inputs `x` and targets `y`, example i of one belonging to example i of the other. Parts share the memory
 * of the whole where they can; nobody writes it.
 */
export class Dataset<X extends Column = Column, Y extends Column = Column> {
  readonly x: X
  readonly y: Y
  /** Number of examples. */
  readonly length: number

  constructor(x: X, y: Y) {
    if (x.shape[0] !== y.shape[0]) {
      throw new ShapeError(
        `dataset: x has ${x.shape[0]} examples and y ${y.shape[0]}. The first axis of both counts the examples: x is ${show(x.shape)}, y is ${show(y.shape)}.`,
        { x: x.shape, y: y.shape },
      )
    }
    this.x = x
    this.y = y
    this.length = x.shape[0]
  }

  /** Examples `start` to `end − 1`; negative positions count from the end, as in arrays. Not copied. */
  slice(start: number, end?: number): Dataset<X, Y> {
    return new Dataset(rows(this.x, start, end), rows(this.y, start, end))
  }

  /** The examples at the given positions, in that order. Copied. */
  take(positions: ArrayLike<number>): Dataset<X, Y> {
    return new Dataset(gather(this.x, positions), gather(this.y, positions))
  }

  /**
   * Two parts: the first `share` of the examples, and the rest. With a seed the examples are shuffled before (and copied).
   *
   * @param share of the first part, above 0 and below 1; `round(share · length)` examples
   * @throws ArgumentError if a part would be empty
   * @example const [first, rest] = train.split(0.9, { seed: 0 })
   */
  split(share: number, options: { readonly seed?: number } = {}): readonly [first: Dataset<X, Y>, rest: Dataset<X, Y>] {
    const count = Math.round(share * this.length)
    if (!(share > 0 && share < 1 && count > 0 && count < this.length)) {
      throw new ArgumentError(
        `split: a share of ${share} leaves a part of ${this.length} examples empty. It must be above 0 and below 1; slice() takes numbers of examples.`,
        { share, length: this.length },
      )
    }
    const all = options.seed === undefined ? this : this.take(permutation(this.length, new Generator(options.seed)))
    return [all.slice(0, count), all.slice(count)]
  }
}

const itemSize = (column: Column): number => sizeOf(column.shape.slice(1))

const rows = <C extends Column>(column: C, start: number, end?: number): C => {
  const [from, to] = bounds(column.shape[0], start, end)
  const size = itemSize(column)
  const data = column.data.subarray(from * size, to * size)
  return { dtype: column.dtype, shape: [to - from, ...column.shape.slice(1)], data } as Column as C
}

const bounds = (length: number, start: number, end = length): [number, number] => {
  const at = (position: number): number => {
    if (!Number.isInteger(position))
      throw new ArgumentError(`slice: positions must be whole numbers; got ${position}.`, { position })
    return Math.min(Math.max(position < 0 ? position + length : position, 0), length)
  }
  const from = at(start)
  return [from, Math.max(from, at(end))]
}

/** Items at the given positions, one after another in memory of their own. */
export const gather = <C extends Column>(column: C, positions: ArrayLike<number>): C => {
  const size = itemSize(column)
  const { data } = column
  const n = positions.length
  const out = new (data.constructor as new (length: number) => TypedArray)(n * size)
  for (let i = 0; i < n; i++) {
    const position = positions[i]!
    if (!(Number.isInteger(position) && position >= 0 && position < column.shape[0])) {
      throw new ArgumentError(
        `take: there is no example ${position} among ${column.shape[0]}. Positions count from 0.`,
        { position },
      )
    }
    if (size === 1) out[i] = data[position]!
    else (out as Float32Array).set(data.subarray(position * size, (position + 1) * size) as Float32Array, i * size)
  }
  return { dtype: column.dtype, shape: [n, ...column.shape.slice(1)], data: out } as Column as C
}

/** What a column may be made of: a typed array alone is one number an example. */
export type Values =
  | TypedArray
  | { readonly data: TypedArray; readonly shape: readonly [number, ...number[]]; readonly dtype?: DType }

type DTypeOf<A> = A extends Float32Array
  ? 'float32'
  : A extends Float64Array
    ? 'float64'
    : A extends Int32Array
      ? 'int32'
      : A extends BigInt64Array
        ? 'int64'
        : A extends Uint8Array
          ? 'uint8'
          : DType
type ItemOf<S> = S extends readonly [number, ...infer Item extends readonly number[]] ? Readonly<Item> : Shape
/** The column that given values become. */
export type ColumnOf<V extends Values> = V extends { readonly data: infer A; readonly shape: infer S }
  ? Column<ItemOf<S>, V extends { readonly dtype: infer D extends DType } ? D : DTypeOf<A>>
  : Column<readonly [], DTypeOf<V>>

const column = (name: string, values: Values): Column => {
  const given = 'data' in values ? values : { data: values, shape: [values.length] as const }
  const own = dtypeOf(name, given.data)
  const dtype = 'dtype' in given && given.dtype !== undefined ? given.dtype : own
  if (dtype !== own && !(dtype === 'bool' && own === 'uint8')) {
    throw new DTypeError(
      `dataset: ${name} says ${dtype}, but its data is ${given.data.constructor.name}, which is ${own}. Leave dtype out, or convert the data.`,
      { dtype },
    )
  }
  checkShape(`dataset: ${name}`, given.shape)
  if (given.shape.length === 0) {
    throw new ShapeError(`dataset: ${name} is a single number. Its first axis must count the examples: [N, ...].`)
  }
  if (given.data.length !== sizeOf(given.shape)) {
    throw new ShapeError(
      `dataset: ${name} has ${given.data.length} values, which do not fill ${show(given.shape)}: that takes ${sizeOf(given.shape)}.`,
      { shape: given.shape },
    )
  }
  return { dtype, shape: given.shape, data: given.data }
}

const dtypeOf = (name: string, data: TypedArray): DType => {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Float64Array) return 'float64'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof BigInt64Array) return 'int64'
  if (data instanceof Uint8Array) return 'uint8'
  throw new DTypeError(
    `dataset: ${name} must be a Float32Array, Float64Array, Int32Array, BigInt64Array or Uint8Array; got ${(data as object | null)?.constructor?.name ?? data}.`,
  )
}

/**
 * A data set from typed arrays, which are kept, not copied. A typed array alone has one number an example; with `shape`, whose
 * first axis counts the examples, anything else.
 *
 * @throws ShapeError if values do not fill their shape, or x and y differ in length
 * @example
 * const data = dataset({ x: { data: pixels, shape: [100, 28, 28] }, y: labels })
 */
export const dataset = <const X extends Values, const Y extends Values>(columns: {
  readonly x: X
  readonly y: Y
}): Dataset<ColumnOf<X>, ColumnOf<Y>> =>
  new Dataset(column('x', columns.x) as ColumnOf<X>, column('y', columns.y) as ColumnOf<Y>)
