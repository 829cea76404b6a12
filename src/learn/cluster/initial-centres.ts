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
export const search = (sums: Float64Array, value: number): number => {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}

/** One start on its way: the rows chosen, each row's squared distance to the nearest of them, and its weighted sums. */
interface Seeding {
  readonly random: Random
  readonly chosen: Int32Array
  readonly nearest: Float64Array
  readonly sums: Float64Array
  readonly drawn: Int32Array
}

const drawCandidates = ({ random, nearest, sums, drawn }: Seeding, weights: Float64Array | undefined): void => {
  let total = 0
  for (let i = 0; i < nearest.length; i++) {
    total += weights ? weights[i]! * nearest[i]! : nearest[i]!
    sums[i] = total
  }
  for (let t = 0; t < drawn.length; t++) drawn[t] = search(sums, random.uniform() * total)
}

interface Measured {
  readonly norms: Float64Array
  /** Products of the candidates of all starts with the rows, `[candidates, N]`, those of this start from `first` on. */
  readonly inner: Float64Array
  readonly first: number
  readonly weights: Float64Array | undefined
}
/** Chooses the candidate after which the sum of the distances is least. */
const takeBest = ({ chosen, nearest, drawn }: Seeding, c: number, measured: Measured): void => {
  const { norms, inner, first, weights } = measured
  const [N, trials] = [nearest.length, c === 0 ? 1 : drawn.length]
  let [best, least] = [0, Infinity]
  for (let t = 0; t < trials; t++) {
    const own = norms[drawn[t]!]!
    // A row that was drawn is at no distance from itself, whatever rounding says.
    inner[(first + t) * N + drawn[t]!] = own
    let potential = 0
    for (let i = 0, at = (first + t) * N; i < N; i++, at++) {
      const apart = own + norms[i]! - 2 * inner[at]!
      const near = apart < nearest[i]! ? (apart > 0 ? apart : 0) : nearest[i]!
      inner[at] = near
      potential += weights ? weights[i]! * near : near
    }
    if (potential < least) [best, least] = [t, potential]
  }
  chosen[c] = drawn[best]!
  nearest.set(inner.subarray((first + best) * N, (first + best + 1) * N))
}

/**
 * k-means++ with the best of 2 + ln k candidates for each centre: a row is drawn in proportion to its weight times its squared distance to
 * the centres so far. Gives the numbers of the rows for each of several starts, side by side, so that one product serves all.
 *
 * Source: Arthur & Vassilvitskii 2007.
 */
export const kMeansPlusPlus = (
  X: Dense,
  count: number,
  randoms: readonly Random[],
  weights?: Float64Array,
): Int32Array[] => {
  const N = X.rows
  const norms = squaredNorms(X)
  const trials = 2 + Math.floor(Math.log(count))
  const even = weights ?? new Float64Array(N).fill(1)
  const starts = randoms.map(
    (random): Seeding => ({
      random,
      chosen: new Int32Array(count),
      nearest: new Float64Array(N).fill(Infinity),
      sums: new Float64Array(N),
      drawn: new Int32Array(trials).fill(random.weighted(even)),
    }),
  )
  const width = trials * starts.length
  const candidates = new Int32Array(width)
  for (let c = 0; c < count; c++) {
    for (const [s, start] of starts.entries()) {
      if (c > 0) drawCandidates(start, weights)
      candidates.set(start.drawn, s * trials)
    }
    const inner = productSync(takeDense(X, candidates), X, { transposeB: true }).data
    for (const [s, start] of starts.entries()) takeBest(start, c, { norms, inner, first: s * trials, weights })
  }
  return starts.map(({ chosen }) => chosen)
}

/** Different rows, drawn in proportion to their weights. */
export const randomRows = (N: number, count: number, random: Random, weights?: Float64Array): Int32Array => {
  const left = weights ? weights.slice() : new Float64Array(N).fill(1)
  return Int32Array.from({ length: count }, () => {
    const row = random.weighted(left)
    left[row] = 0
    return row
  })
}
