import { ArgumentError } from '../../core/errors.ts'
import type { DType } from '../../core/dtype.ts'
import type { Shape } from '../../core/shape.ts'
import { BooleanColumn, NumberColumn, type TableColumn, TextColumn } from '../../data/table/column.ts'
import { Table } from '../../data/table/table.ts'
import { fromArray } from '../../tensor/creation.ts'
import { Tensor } from '../../tensor/tensor.ts'
import { type SplitOptions, splitIndices } from './shuffle-split.ts'

type TypedArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Uint32Array
/** What can be split by rows: a tensor on its first axis, a table, a column, a list, or a typed array. */
export type Splittable = Tensor | Table | TableColumn | readonly unknown[] | TypedArray

/** The same kind of thing with other rows. */
type Part<T> =
  T extends Tensor<infer S, infer D extends DType>
    ? S extends readonly [number, ...infer R extends Shape]
      ? Tensor<readonly [number, ...R], D>
      : Tensor<Shape, D>
    : T extends readonly (infer E)[]
      ? E[]
      : T
/** Both parts of each thing, in their order. */
type Parts<T extends readonly Splittable[]> = T extends readonly [infer F, ...infer R extends readonly Splittable[]]
  ? [Part<F>, Part<F>, ...Parts<R>]
  : []

const isColumn = (x: unknown): x is TableColumn =>
  x instanceof NumberColumn || x instanceof BooleanColumn || x instanceof TextColumn

const rowsOf = (x: Splittable, i: number): number => {
  if (x instanceof Table) return x.rowCount
  if (!(x instanceof Tensor)) return x.length
  if (x.ndim > 0) return x.shape[0]!
  throw new ArgumentError(`trainTestSplit: argument ${i} is a tensor without axes. It needs rows.`)
}

/** The rows with these numbers. */
export const takeRows = <T extends Splittable>(x: T, rows: Int32Array): Part<T> => {
  if (x instanceof Tensor) return x.gather(fromArray(rows, [rows.length], 'int32')) as unknown as Part<T>
  if (x instanceof Table || isColumn(x)) return x.take(rows) as Part<T>
  if (Array.isArray(x)) return Array.from(rows, i => x[i]) as Part<T>
  const array = x as TypedArray
  const out = new (array.constructor as new (length: number) => TypedArray)(rows.length)
  for (const [k, i] of rows.entries()) out[k] = array[i]!
  return out as Part<T>
}

/**
 * Splits things of as many rows into rows to learn from and rows to test on, by default a random quarter.
 *
 * @throws ArgumentError for other numbers of rows, and where a side would have no row
 *
 * @example
 * const [XTrain, XTest, yTrain, yTest] = trainTestSplit([X, y], { testSize: 0.2, stratify: y, randomState: 0 })
 */
export const trainTestSplit = <const T extends readonly [Splittable, ...Splittable[]]>(
  things: T,
  options: SplitOptions = {},
): Parts<T> => {
  const n = rowsOf(things[0], 0)
  for (const [i, x] of things.entries()) {
    if (rowsOf(x, i) === n) continue
    throw new ArgumentError(
      `trainTestSplit: argument 0 has ${n} rows and argument ${i} ${rowsOf(x, i)}. All need as many.`,
      { index: i },
    )
  }
  const { train, test } = splitIndices(n, options, 'trainTestSplit')
  return things.flatMap(x => [takeRows(x, train), takeRows(x, test)]) as Parts<T>
}
