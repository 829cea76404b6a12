import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { applyLeft, blockReflector, blockSize, reflection } from './block-reflector.ts'

/** `A = Q T Qᵀ`, T with a diagonal and the elements beside it, Q as reflections. */
export interface Tridiagonal {
  readonly diagonal: Float64Array
  /** Element i stands beside diagonal elements i and i + 1. */
  readonly off: Float64Array
  /** X becomes `Q X`. */
  applyQ(x: Dense): void
}

/** What a step leaves to be subtracted from rows 0 to `size` − 1: `v wᵀ + w vᵀ`. */
interface Update {
  readonly v: Float64Array
  readonly w: Float64Array
}

/** Row i up to its diagonal, less the update; `p` gathers the product with `u`, whose elements end before `size`. One pass over memory. */
const updateAndMultiply = (
  a: Float64Array,
  n: number,
  size: number,
  { v, w }: Update,
  u: Float64Array,
  p: Float64Array,
) => {
  for (let i = 0; i < size; i++) {
    const [vi, wi, ui] = [v[i]!, w[i]!, u[i]!]
    const at = i * n
    let total = 0
    for (let j = 0; j < i; j++) {
      const x = a[at + j]! - vi * w[j]! - wi * v[j]!
      a[at + j] = x
      total += x * u[j]!
      p[j]! += x * ui
    }
    const x = a[at + i]! - 2 * vi * wi
    a[at + i] = x
    p[i]! += total + x * ui
  }
}

/**
 * Reduces a symmetric matrix, of which the lower triangle is read, from its last row upwards (Golub & Van Loan 2013, section 8.3.1): the
 * update of one step and the product of the next go over the matrix together.
 */
export const tridiagonalize = (matrix: Dense): Tridiagonal => {
  const n = matrix.rows
  const a = matrix.data.slice()
  const diagonal = new Float64Array(n)
  const off = new Float64Array(Math.max(0, n - 1))
  const tau = new Float64Array(n)
  let last: Update = { v: new Float64Array(n), w: new Float64Array(n) }
  for (let i = n - 1; i > 0; i--) {
    const row = a.subarray(i * n, i * n + i + 1)
    for (let j = 0; j <= i; j++) row[j]! -= last.v[i]! * last.w[j]! + last.w[i]! * last.v[j]!
    diagonal[i] = row[i]!
    const found = reflection(row, [0, i], i - 1)
    off[i - 1] = found.beta
    tau[i] = found.tau
    const u = new Float64Array(n)
    u.set(row.subarray(0, i))
    const p = new Float64Array(n)
    updateAndMultiply(a, n, i, last, u, p)
    let inner = 0
    for (let j = 0; j < i; j++) inner += p[j]! * u[j]!
    const half = (found.tau * found.tau * inner) / 2
    for (let j = 0; j < i; j++) p[j] = found.tau * p[j]! - half * u[j]!
    last = { v: u, w: p }
  }
  if (n > 0) diagonal[0] = a[0]! - 2 * last.v[0]! * last.w[0]!
  return { diagonal, off, applyQ: x => applyReflections(a, n, tau, x) }
}

/** Row i of `a` holds the vector of reflection i in its first i elements. The first to be applied are the shortest. */
const applyReflections = (a: Float64Array, n: number, tau: Float64Array, x: Dense): void => {
  for (let first = 1; first < n; first += blockSize) {
    const end = Math.min(first + blockSize, n)
    const v = dense(end - first, end - 1)
    const taus = new Float64Array(end - first)
    for (let i = first; i < end; i++) {
      // The longest comes first in the product.
      const k = end - 1 - i
      v.data.set(a.subarray(i * n, i * n + i), k * v.columns)
      taus[k] = tau[i]!
    }
    applyLeft(blockReflector(v, taus), x)
  }
}
