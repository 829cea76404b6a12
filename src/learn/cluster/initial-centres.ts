import type { Meaning } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import type { Random } from '../core/random.ts'
import { takeDense } from '../core/take-rows.ts'
import { productSync } from '../numeric/product.ts'

/** Rows of numbers, such as centres to begin with. */
export const aMatrix: Meaning<readonly (readonly number[])[]> = {
  kind: 'value',
  expected: 'a list of rows of numbers',
  accepts: (value): value is readonly (readonly number[])[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      row =>
        Array.isArray(row) && row.length > 0 && row.length === value[0].length && row.every(x => Number.isFinite(x)),
    ),
  fromText: text => {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  },
  placeholder: 'JSON',
}

/** Rows of numbers as a matrix. */
export const matrixOf = (rows: readonly (readonly number[])[]): Dense =>
  dense(rows.length, rows[0]!.length, Float64Array.from(rows.flat()))

export const squaredNorms = ({ rows, columns, data }: Dense): Float64Array => {
  const out = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let total = 0
    for (let k = i * columns; k < (i + 1) * columns; k++) total += data[k]! * data[k]!
    out[i] = total
  }
  return out
}

/** The first place of ascending sums that is above a number. */
const search = (sums: Float64Array, value: number): number => {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * k-means++ with the best of 2 + ln k candidates for each centre: a row is drawn in proportion to its weight times its squared distance to
 * the centres so far. Gives the numbers of the rows.
 *
 * Source: Arthur & Vassilvitskii 2007.
 */
export const kMeansPlusPlus = (X: Dense, count: number, random: Random, weights?: Float64Array): Int32Array => {
  const { rows: N, columns: F } = X
  const norms = squaredNorms(X)
  const trials = 2 + Math.floor(Math.log(count))
  const chosen = new Int32Array(count)
  chosen[0] = random.weighted(weights ?? new Float64Array(N).fill(1))
  const nearest = new Float64Array(N).fill(Infinity)
  const sums = new Float64Array(N)
  const drawn = new Int32Array(trials)
  for (let c = 0; c < count; c++) {
    if (c > 0) {
      let total = 0
      for (let i = 0; i < N; i++) {
        total += weights ? weights[i]! * nearest[i]! : nearest[i]!
        sums[i] = total
      }
      for (let t = 0; t < trials; t++) drawn[t] = search(sums, random.uniform() * total)
    } else drawn[0] = chosen[0]!
    const some = c > 0 ? trials : 1
    const candidates = takeDense(X, drawn.subarray(0, some))
    const inner = productSync(candidates, dense(N, F, X.data), { transposeB: true }).data
    let [best, least] = [0, Infinity]
    for (let t = 0; t < some; t++) {
      const at = t * N
      const own = norms[drawn[t]!]!
      let potential = 0
      for (let i = 0; i < N; i++) {
        const apart = Math.max(0, own + norms[i]! - 2 * inner[at + i]!)
        const near = Math.min(nearest[i]!, apart)
        inner[at + i] = near
        potential += weights ? weights[i]! * near : near
      }
      // A row that was drawn is at no distance from itself, whatever rounding says.
      inner[at + drawn[t]!] = 0
      if (potential < least) [best, least] = [t, potential]
    }
    chosen[c] = drawn[best]!
    nearest.set(inner.subarray(best * N, (best + 1) * N))
  }
  return chosen
}

/** Different rows, drawn in proportion to their weights. */
export const randomRows = (N: number, count: number, random: Random, weights?: Float64Array): Int32Array => {
  if (!weights) return random.sample(N, count)
  const left = weights.slice()
  return Int32Array.from({ length: count }, () => {
    const row = random.weighted(left)
    left[row] = 0
    return row
  })
}
