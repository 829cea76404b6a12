import { ArgumentError, ShapeError } from '../../core/errors.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'

/** Who rated what: users and items are whole numbers from 0. */
export interface Ratings {
  readonly user: Int32Array
  readonly item: Int32Array
}

/** The two columns of rows [user, item]. @throws ShapeError, ArgumentError where they are not such */
export const readPairs = ({ rows, columns, data }: Dense, where: string): Ratings => {
  if (columns !== 2) throw new ShapeError(`${where}: X must have two columns, user and item; it has ${columns}.`)
  const wrong = data.findIndex(x => !Number.isInteger(x) || x < 0 || x >= 2 ** 31)
  if (wrong >= 0) {
    throw new ArgumentError(
      `${where}: ${wrong % 2 === 0 ? 'user' : 'item'} is ${data[wrong]} at row ${Math.floor(wrong / 2)}. Number users and items from 0, as with ordinalEncoder().`,
    )
  }
  return {
    user: Int32Array.from({ length: rows }, (_, i) => data[2 * i]!),
    item: Int32Array.from({ length: rows }, (_, i) => data[2 * i + 1]!),
  }
}

export const countOf = (numbers: Int32Array): number => numbers.reduce((most, x) => Math.max(most, x), -1) + 1

/** Positions of the ratings of each user (or item): those of `k` stand from `start[k]` to `start[k + 1]`. */
export const groupedBy = (
  numbers: Int32Array,
  count: number,
): { readonly start: Int32Array; readonly places: Int32Array } => {
  const start = new Int32Array(count + 1)
  for (const k of numbers) start[k + 1]!++
  for (let k = 0; k < count; k++) start[k + 1]! += start[k]!
  const next = start.slice(0, count)
  const places = new Int32Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) places[next[numbers[i]!]!++] = i
  return { start, places }
}
