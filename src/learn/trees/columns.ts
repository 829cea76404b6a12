import type { Dense } from '../../ops/matrix-kernels.ts'

/**
 * Features column by column in single precision, as scikit-learn compares them, with the rows of each column in ascending order (NaN
 * last). Trees of a forest share it.
 */
export interface Columns {
  readonly rows: number
  readonly columns: number
  /** [columns, rows] */
  readonly values: Float32Array
  /** [columns, rows]: the rows of each column in ascending order of its values; empty where nothing is sorted. */
  readonly order: Int32Array
  /** [columns, rows]: the place of each row in that order; empty where it is not asked for. */
  readonly place: Int32Array
  /** Whether a column has NaN. */
  readonly missing: Uint8Array
}

/** What of {@link Columns} is needed: nothing sorted (random splits), the order, or also its inverse. */
export type Sorted = 'no' | 'order' | 'places'

export const columnsOf = ({ rows, columns, data }: Dense, sorted: Sorted): Columns => {
  const values = new Float32Array(rows * columns)
  const missing = new Uint8Array(columns)
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i < rows; i++) {
      const x = data[i * columns + j]!
      values[j * rows + i] = x
      if (Number.isNaN(x)) missing[j] = 1
    }
  }
  const order = new Int32Array(sorted === 'no' ? 0 : rows * columns)
  const place = new Int32Array(sorted === 'places' ? rows * columns : 0)
  if (sorted !== 'no') {
    const sort = sorter(rows)
    for (let j = 0; j < columns; j++) sort(values.subarray(j * rows, (j + 1) * rows), order.subarray(j * rows))
  }
  if (sorted === 'places') {
    for (let j = 0; j < columns; j++) {
      const at = j * rows
      for (let k = 0; k < rows; k++) place[at + order[at + k]!] = k
    }
  }
  return { rows, columns, values, order, place, missing }
}

/** The bits of single-precision numbers as unsigned integers in the same order; NaN is the largest. */
const keysOf = (values: Float32Array, keys: Uint32Array): void => {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!
    const b = bits[i]!
    // −0 is 0.
    keys[i] = Number.isNaN(x) ? 0xffffffff : x === 0 ? 0x80000000 : b & 0x80000000 ? ~b : b | 0x80000000
  }
}

const digits = 11
const buckets = 1 << digits

/** Sorts columns of `rows` values by three passes of 11 bits; rows of equal values stay in their order. */
const sorter = (rows: number): ((values: Float32Array, order: Int32Array) => void) => {
  const keys = new Uint32Array(rows)
  const spare = new Int32Array(rows)
  const starts = new Uint32Array(buckets)
  const pass = (shift: number, from: Int32Array | undefined, to: Int32Array): void => {
    starts.fill(0)
    for (let i = 0; i < rows; i++) starts[(keys[i]! >>> shift) & (buckets - 1)]!++
    let sum = 0
    for (let b = 0; b < buckets; b++) {
      const count = starts[b]!
      starts[b] = sum
      sum += count
    }
    for (let i = 0; i < rows; i++) {
      const row = from ? from[i]! : i
      to[starts[(keys[row]! >>> shift) & (buckets - 1)]!++] = row
    }
  }
  return (values, order) => {
    keysOf(values, keys)
    pass(0, undefined, order)
    pass(digits, order, spare)
    pass(2 * digits, spare, order)
  }
}
