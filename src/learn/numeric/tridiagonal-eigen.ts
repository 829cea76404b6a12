import { type Dense, dense, identity } from '../../ops/matrix-kernels.ts'
import { productSync } from './product.ts'
import { secularRoot } from './secular.ts'

/** Eigenvalues and vectors, which are the rows. */
export interface RowEigen {
  readonly values: Float64Array
  readonly rows: Dense
}

/** Problems up to this size are solved by iteration. */
const small = 32

/** `x, y = c x + s y, c y − s x`. */
const rotate = (x: Float64Array, y: Float64Array, c: number, s: number): void => {
  for (let i = 0; i < x.length; i++) {
    const u = x[i]!
    const v = y[i]!
    x[i] = c * u + s * v
    y[i] = c * v - s * u
  }
}
const rowOf = ({ columns, data }: Dense, i: number): Float64Array => data.subarray(i * columns, (i + 1) * columns)

/** By the implicit QL method with Wilkinson's shifts (Golub & Van Loan 2013, section 8.3; EISPACK's imtql2); in no order. */
const byIteration = (diagonal: Float64Array, off: Float64Array): RowEigen => {
  const n = diagonal.length
  const d = diagonal.slice()
  const e = new Float64Array(n)
  e.set(off)
  const rows = identity(n)
  for (let first = 0; first < n; first++) {
    for (let round = 0; round < 60; round++) {
      let m = first
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++
      if (m === first) break
      const half = (d[first + 1]! - d[first]!) / (2 * e[first]!)
      const length = Math.hypot(half, 1)
      let g = d[m]! - d[first]! + e[first]! / (half + (half < 0 ? -length : length))
      let [s, c, p] = [1, 1, 0]
      let i = m - 1
      for (; i >= first; i--) {
        const f = s * e[i]!
        const b = c * e[i]!
        const r = Math.hypot(f, g)
        e[i + 1] = r
        if (r === 0) {
          d[i + 1]! -= p
          e[m] = 0
          break
        }
        s = f / r
        c = g / r
        const shifted = d[i + 1]! - p
        const t = (d[i]! - shifted) * s + 2 * c * b
        p = s * t
        d[i + 1] = shifted + p
        g = c * t - b
        for (let j = 0, at = i * n; j < n; j++, at++) {
          const x = rows.data[at + n]!
          const y = rows.data[at]!
          rows.data[at + n] = c * x + s * y
          rows.data[at] = c * y - s * x
        }
      }
      if (i >= first) continue
      d[first]! -= p
      e[first] = g
      e[m] = 0
    }
  }
  return { values: d, rows }
}

/** Which columns of a vector are not 0: those of the first half, of the second, or all. */
type Part = 'first' | 'second' | 'both'

/** Two halves joined, before the update of rank one is solved. */
interface Joined {
  readonly d: Float64Array
  readonly z: Float64Array
  readonly rows: Dense
  readonly parts: Part[]
}

/**
 * Takes out the eigenpairs that stay as they are to rounding: those with nothing of z, and of two with nearly the same value one, after z is
 * turned into the other. Returns the rest, ascending.
 */
const deflated = ({ d, z, rows, parts }: Joined, rho: number): { kept: number[]; settled: number[] } => {
  const order = Array.from(d.keys()).sort((i, j) => d[i]! - d[j]!)
  const tolerance = 8 * Number.EPSILON * [...d, ...z].reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  const [kept, settled]: [number[], number[]] = [[], []]
  let before = -1
  for (const i of order) {
    if (rho * Math.abs(z[i]!) <= tolerance) {
      settled.push(i)
      continue
    }
    if (before >= 0) {
      const length = Math.hypot(z[i]!, z[before]!)
      const [c, s] = [z[i]! / length, -z[before]! / length]
      if (Math.abs((d[i]! - d[before]!) * c * s) <= tolerance) {
        z[i] = length
        z[before] = 0
        if (parts[i] !== parts[before]) parts[i] = parts[before] = 'both'
        rotate(rowOf(rows, before), rowOf(rows, i), c, s)
        const [x, y] = [d[before]!, d[i]!]
        d[before] = x * c * c + y * s * s
        d[i] = x * s * s + y * c * c
        settled.push(before)
      } else kept.push(before)
    }
    before = i
  }
  if (before >= 0) kept.push(before)
  return { kept, settled }
}

/** Eigenpairs of `diag(d) + ρ z zᵀ`; row k is vector k. By z as it would have to be for the roots found (Gu & Eisenstat 1994). */
const rankOneUpdate = (d: Float64Array, z: Float64Array, rho: number): RowEigen => {
  const n = d.length
  const rows = dense(n, n)
  const values = Float64Array.from(d, (_, k) => secularRoot(d, z, rho, k, rowOf(rows, k)))
  const exact = Float64Array.from(z, (x, i) => {
    let square = -rows.data[i * n + i]!
    for (let k = 0; k < n; k++) if (k !== i) square *= rows.data[k * n + i]! / (d[i]! - d[k]!)
    return Math.sqrt(Math.abs(square)) * (x < 0 ? -1 : 1)
  })
  for (let k = 0; k < n; k++) {
    const row = rowOf(rows, k)
    let total = 0
    for (let i = 0; i < n; i++) {
      row[i] = exact[i]! / row[i]!
      total += row[i]! ** 2
    }
    const length = Math.sqrt(total)
    for (let i = 0; i < n; i++) row[i]! /= length
  }
  return { values, rows }
}

/** The kept rows combined, columns `from` to `to`, of which only the rows in `members` have any. */
const combined = (
  u: Dense,
  { rows }: Joined,
  kept: readonly number[],
  members: readonly number[],
  [from, to]: readonly [number, number],
): Dense => {
  const width = members.length
  const factors = dense(u.rows, width)
  for (let k = 0; k < u.rows; k++)
    for (let c = 0; c < width; c++) factors.data[k * width + c] = u.data[k * u.columns + members[c]!]!
  const own = dense(width, to - from)
  for (const [c, i] of members.entries()) own.data.set(rowOf(rows, kept[i]!).subarray(from, to), c * (to - from))
  return productSync(factors, own)
}

/** The eigenpairs of two halves tied by the element `beta`. */
const merged = (first: RowEigen, second: RowEigen, beta: number): RowEigen => {
  const [n1, n2] = [first.values.length, second.values.length]
  const n = n1 + n2
  const sign = beta < 0 ? -1 : 1
  const rows = dense(n, n)
  const z = new Float64Array(n)
  for (let i = 0; i < n1; i++) {
    rows.data.set(rowOf(first.rows, i), i * n)
    z[i] = first.rows.data[i * n1 + n1 - 1]! * Math.SQRT1_2
  }
  for (let i = 0; i < n2; i++) {
    rows.data.set(rowOf(second.rows, i), (n1 + i) * n + n1)
    z[n1 + i] = sign * second.rows.data[i * n2]! * Math.SQRT1_2
  }
  const parts = Array.from({ length: n }, (_, i): Part => (i < n1 ? 'first' : 'second'))
  const joined: Joined = { d: Float64Array.from([...first.values, ...second.values]), z, rows, parts }
  const rho = 2 * Math.abs(beta)
  const { kept, settled } = deflated(joined, rho)
  const take = (x: Float64Array): Float64Array => Float64Array.from(kept, i => x[i]!)
  const update = rankOneUpdate(take(joined.d), take(z), rho)
  const within = (part: Part): number[] => [...kept.keys()].filter(i => [part, 'both'].includes(parts[kept[i]!]!))
  const left = combined(update.rows, joined, kept, within('first'), [0, n1])
  const right = combined(update.rows, joined, kept, within('second'), [n1, n])
  const found = [
    ...settled.map(i => ({ value: joined.d[i]!, write: (out: Float64Array) => out.set(rowOf(rows, i)) })),
    ...kept.map((_, k) => ({
      value: update.values[k]!,
      write: (out: Float64Array) => {
        out.set(rowOf(left, k))
        out.set(rowOf(right, k), n1)
      },
    })),
  ].sort((a, b) => a.value - b.value)
  const out = dense(n, n)
  for (const [k, { write }] of found.entries()) write(rowOf(out, k))
  return { values: Float64Array.from(found, f => f.value), rows: out }
}

/**
 * Eigenvalues and vectors of the symmetric matrix with this diagonal and these elements beside it, by divide and conquer; of a matrix of one
 * small part in no order, else ascending. The elements should be near 1 in size.
 *
 * Source: Cuppen 1981; Gu & Eisenstat 1995; deflation as in LAPACK's dlaed2.
 */
export const tridiagonalEigen = (diagonal: Float64Array, off: Float64Array): RowEigen => {
  const n = diagonal.length
  if (n <= small) return byIteration(diagonal, off)
  const half = n >> 1
  const beta = off[half - 1]!
  const d = diagonal.slice()
  d[half - 1]! -= Math.abs(beta)
  d[half]! -= Math.abs(beta)
  const first = tridiagonalEigen(d.subarray(0, half), off.subarray(0, half - 1))
  return merged(first, tridiagonalEigen(d.subarray(half), off.subarray(half)), beta)
}
