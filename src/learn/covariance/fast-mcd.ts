import type { Dense } from '../../ops/matrix-kernels.ts'
import type { Random } from '../core/random.ts'
import { takeDense } from '../core/take-rows.ts'
import { columnMeans } from '../linear/design.ts'
import { covarianceAbout, precisionOf, squaredMahalanobis } from './moments.ts'

// The rows whose covariance has the least determinant: concentration steps from many starts (Rousseeuw & Van Driessen 1999).

interface Candidate {
  readonly location: Float64Array
  readonly covariance: Dense
  /** ln det; −∞ where the rows lie in fewer directions. */
  readonly logDeterminant: number
  readonly rows: Int32Array
}

const candidateOf = (X: Dense, rows: Int32Array): Candidate & { readonly precision: Dense } => {
  const part = takeDense(X, rows)
  const location = columnMeans(part)
  const covariance = covarianceAbout(part, location)
  const { precision, rank, logDeterminant } = precisionOf(covariance)
  return {
    location,
    covariance,
    precision,
    logDeterminant: rank < X.columns ? -Infinity : logDeterminant,
    rows,
  }
}

/** The places of the `count` least values, of equal ones the first. */
const least = (values: Float64Array, count: number): Int32Array => {
  const limit = values.slice().sort()[count - 1]!
  const out = new Int32Array(count)
  let at = 0
  for (let i = 0; i < values.length && at < count; i++) if (values[i]! < limit) out[at++] = i
  for (let i = 0; i < values.length && at < count; i++) if (values[i] === limit) out[at++] = i
  return out.sort()
}

/** Concentration: the rows nearest the location make the next one, and the determinant falls until it rests. */
const concentrate = (X: Dense, h: number, start: Int32Array, steps: number): Candidate => {
  let now = candidateOf(X, start)
  let previous = start.length === h ? now.logDeterminant : Infinity
  for (let step = 0; step < steps; step++) {
    if (now.logDeterminant === -Infinity && now.rows.length === h) break
    const next = candidateOf(X, least(squaredMahalanobis(X, now.location, now.precision), h))
    now = next
    if (!(next.logDeterminant < previous)) break
    previous = next.logDeterminant
  }
  return now
}

/** Enough for any concentration. */
const toTheEnd = 100

/** Rows that span all directions, as few as may be from F + 1 on, at random. */
const spanning = (X: Dense, random: Random): Int32Array => {
  const order = random.permutation(X.rows)
  let count = Math.min(X.rows, X.columns + 1)
  while (count < X.rows && candidateOf(X, order.slice(0, count)).logDeterminant === -Infinity) count++
  return order.slice(0, count)
}

const best = (candidates: readonly Candidate[], count: number): Candidate[] =>
  [...candidates]
    .sort((a, b) => (a.logDeterminant < b.logDeterminant ? -1 : a.logDeterminant > b.logDeterminant ? 1 : 0))
    .slice(0, count)

/** Two steps from each of many starts: small ones, which may be free of outliers, and large ones, which are steady, in turn. */
const screened = (X: Dense, h: number, trials: number, random: Random): Candidate[] =>
  best(
    Array.from({ length: trials }, (_, trial) =>
      concentrate(X, h, trial % 2 === 0 ? spanning(X, random) : random.sample(X.rows, h), 2),
    ),
    10,
  )

const trialsInAll = 200
/** More rows than these are screened in parts. */
const large = 600
const partRows = 300

/** The `h` values in a row, sorted, of the least variance: exact for one feature (Rousseeuw & Leroy 1987, chapter 4). */
const shortestPart = ({ data }: Dense, h: number): Int32Array => {
  const order = Int32Array.from(data.keys()).sort((i, j) => data[i]! - data[j]! || i - j)
  const middle = data[order[order.length >> 1]!]!
  let [sum, square] = [0, 0]
  let [first, most] = [0, Infinity]
  for (let i = 0; i < order.length; i++) {
    const x = data[order[i]!]! - middle
    sum += x
    square += x * x
    if (i >= h) {
      const out = data[order[i - h]!]! - middle
      sum -= out
      square -= out * out
    }
    if (i < h - 1) continue
    const variance = square / h - (sum / h) ** 2
    if (variance < most) {
      most = variance
      first = i - h + 1
    }
  }
  return order.slice(first, first + h).sort()
}

/** The `h` rows whose covariance has the least determinant, as far as found, ascending. */
export const fastMcd = (X: Dense, h: number, random: Random): Int32Array => {
  if (h === X.rows) return Int32Array.from({ length: h }, (_, i) => i)
  if (X.columns === 1) return shortestPart(X, h)
  if (X.rows <= large) return finished(X, h, screened(X, h, trialsInAll, random))
  const parts = Math.min(5, Math.floor(X.rows / partRows))
  const chosen = random.sample(X.rows, parts * partRows)
  const partOf = (from: number, to: number): Dense => takeDense(X, chosen.slice(from, to))
  const share = (count: number): number => Math.max(X.columns + 1, Math.ceil((count * h) / X.rows))
  const found = Array.from({ length: parts }, (_, p) => {
    const from = p * partRows
    const own = screened(partOf(from, from + partRows), share(partRows), Math.ceil(trialsInAll / parts), random)
    return own.map(({ rows }) => rows.map(i => from + i))
  }).flat()
  const pooled = partOf(0, chosen.length)
  const merged = best(
    found.map(rows => concentrate(pooled, share(chosen.length), rows, 2)),
    10,
  )
  return finished(
    X,
    h,
    merged.map(one => ({ ...one, rows: one.rows.map(i => chosen[i]!) })),
  )
}

const finished = (X: Dense, h: number, candidates: readonly Candidate[]): Int32Array =>
  best(
    candidates.map(({ rows }) => concentrate(X, h, rows, toTheEnd)),
    1,
  )[0]!.rows
