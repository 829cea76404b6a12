import { ArgumentError } from '../../core/errors.ts'

/** A distribution over 0 … V − 1 from which a draw takes two random words: a place, and whether its own or its alias counts. */
export interface AliasTable {
  /** The chance of a place's own number, times 2^32. */
  readonly own: Float64Array
  readonly alias: Int32Array
}

/**
 * A table of the distribution `p(i) ∝ weightᵢ`, exact to 2^-32: each of V places holds at most two numbers.
 *
 * @throws ArgumentError unless there are weights, none negative or not finite, and one above 0
 * Source: Walker 1977; the construction is that of Vose, "A linear algorithm for generating random numbers with a given
 * distribution", IEEE Transactions on Software Engineering 17(9), 1991.
 */
export const aliasTable = (weights: ArrayLike<number>): AliasTable => {
  const size = weights.length
  let total = 0
  for (let i = 0; i < size; i++) total += weights[i]!
  const bad = Array.prototype.findIndex.call(weights, (w: number) => !(w >= 0 && w < Number.POSITIVE_INFINITY))
  if (bad >= 0 || !(total > 0 && total < Number.POSITIVE_INFINITY))
    throw new ArgumentError(
      `aliasTable: weights must be 0 or more, and one above 0; got ${bad >= 0 ? weights[bad] : `a sum of ${total}`}.`,
    )
  const own = Float64Array.from(weights, w => (w * size) / total)
  const alias = Int32Array.from(weights, (_, i) => i)
  const [less, more]: [number[], number[]] = [[], []]
  for (let i = 0; i < size; i++) (own[i]! < 1 ? less : more).push(i)
  while (less.length > 0 && more.length > 0) {
    const [small, large] = [less.pop()!, more.at(-1)!]
    alias[small] = large
    own[large]! -= 1 - own[small]!
    if (own[large]! < 1) less.push(more.pop()!)
  }
  // What is left is 1 but for rounding.
  for (const i of [...less, ...more]) own[i] = 1
  for (let i = 0; i < size; i++) own[i]! *= 2 ** 32
  return { own, alias }
}
