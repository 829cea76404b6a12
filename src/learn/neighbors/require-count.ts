import { ArgumentError } from '../../core/errors.ts'

/** A number of rows to draw, checked. */
export const requireCount = (where: string, count: number): number => {
  if (Number.isSafeInteger(count) && count >= 1) return count
  throw new ArgumentError(`${where}: the number of rows must be an integer of at least 1; got ${count}.`)
}
