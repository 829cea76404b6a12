import { type Dense, dense, identity, transposed } from '../../ops/matrix-kernels.ts'
import { largest, requireFinite } from './finite.ts'
import { productSync } from './product.ts'
import { complement, qr } from './qr.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

/** `A = U diag(s) Vᵀ`, s descending. */
export interface Svd {
  /** `[m, k]`, k = min(m, n). */
  readonly u: Dense
  readonly s: Float64Array
  /** `[k, n]`. */
  readonly vt: Dense
}

const rowOf = ({ columns, data }: Dense, i: number): Float64Array => data.subarray(i * columns, (i + 1) * columns)
const rowsFrom = ({ rows, columns, data }: Dense, from: number, to = rows): Dense =>
  dense(to - from, columns, data.subarray(from * columns, to * columns))
const square = (x: Float64Array): number => {
  let total = 0
  for (let i = 0; i < x.length; i++) total += x[i]! * x[i]!
  return total
}

/** Turns each pair of rows (with those of `v`) that is not at right angles; whether there was any. */
const sweep = (b: Dense, v: Dense, tolerance: number): boolean => {
  const { rows: k, columns: m } = b
  const squares = Float64Array.from({ length: k }, (_, i) => square(rowOf(b, i)))
  const inner = productSync(b, b, { transposeB: true }).data
  let turned = false
  for (let p = 0; p < k - 1; p++)
    for (let q = p + 1; q < k; q++) {
      const limit = tolerance * Math.sqrt(squares[p]! * squares[q]!)
      // These are the products from before the sweep: what other turns make of them the next sweep finds.
      if (Math.abs(inner[p * k + q]!) <= limit) continue
      const [x, y] = [rowOf(b, p), rowOf(b, q)]
      let dot = 0
      for (let i = 0; i < m; i++) dot += x[i]! * y[i]!
      if (!(Math.abs(dot) > limit)) continue
      turned = true
      const zeta = (squares[q]! - squares[p]!) / (2 * dot)
      const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta))
      const c = 1 / Math.hypot(1, t)
      turn(x, y, c, c * t)
      turn(rowOf(v, p), rowOf(v, q), c, c * t)
      squares[p] = square(x)
      squares[q] = square(y)
    }
  return turned
}
const turn = (x: Float64Array, y: Float64Array, c: number, s: number): void => {
  for (let i = 0; i < x.length; i++) {
    const a = x[i]!
    const b = y[i]!
    x[i] = c * a - s * b
    y[i] = s * a + c * b
  }
}

const addTo = (to: Dense, part: Dense): void => {
  for (let i = 0; i < part.data.length; i++) to.data[i]! += part.data[i]!
}

/** Turns the rows from `from` on among each other to the eigenvectors of their products, the longest first. */
const turnToEigenvectors = (b: Dense, v: Dense, from: number): void => {
  const part = rowsFrom(b, from)
  const scale = largest(part) || 1
  const unit = dense(
    part.rows,
    part.columns,
    part.data.map(x => x / scale),
  )
  const { vectors } = symmetricEigen(productSync(unit, unit, { transposeB: true }))
  const k = part.rows
  const turns = dense(k, k)
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) turns.data[i * k + j] = vectors.data[j * k + k - 1 - i]!
  for (const x of [b, v]) {
    const own = rowsFrom(x, from)
    own.data.set(productSync(turns, own).data)
  }
}

/** Turns the rows before `from`, which are long, and those after it, to right angles: by angles so small that their squares vanish. */
const separate = (b: Dense, v: Dense, from: number): void => {
  const [long, short] = [rowsFrom(b, 0, from), rowsFrom(b, from)]
  const angles = productSync(short, long, { transposeB: true })
  for (let j = 0; j < from; j++) {
    const length = square(rowOf(long, j))
    for (let i = 0; i < short.rows; i++) angles.data[i * from + j]! /= -length
  }
  for (const x of [b, v]) {
    const [first, second] = [rowsFrom(x, 0, from), rowsFrom(x, from)]
    const back = productSync(angles, second, { transposeA: true })
    addTo(second, productSync(angles, first))
    for (let i = 0; i < back.data.length; i++) back.data[i] = -back.data[i]!
    addTo(first, back)
  }
}

/** A product of rows tells nothing of those this much shorter than the longest. */
const resolved = 1e-4

/**
 * Turns rows (and those of `v`) to right angles and returns how many there are before those that are rounding only: group by group of
 * like length by eigenvectors, which leaves little to Jacobi's turns.
 */
const orthogonalize = (b: Dense, v: Dense): number => {
  const n = b.rows
  const noise = 4 * Math.sqrt(n) * Number.EPSILON
  let [from, longest] = [0, 0]
  while (from < n) {
    turnToEigenvectors(b, v, from)
    const lengths = Array.from({ length: n - from }, (_, i) => Math.sqrt(square(rowOf(b, from + i))))
    if (from === 0) longest = lengths[0]!
    const end = lengths.findIndex(x => x < resolved * lengths[0]! || x <= noise * longest)
    if (end < 0) {
      from = n
      break
    }
    from += end
    if (from === 0 || lengths[end]! <= noise * longest) break
    separate(b, v, from)
  }
  const [good, turned] = [rowsFrom(b, 0, from), rowsFrom(v, 0, from)]
  for (let round = 0; round < 60 && sweep(good, turned, Number.EPSILON * Math.sqrt(n)); round++);
  return from
}

/** Of a matrix with at least as many rows as columns. */
const tall = (a: Dense): Svd => {
  const n = a.columns
  if (n === 0) return { u: dense(a.rows, 0), s: new Float64Array(0), vt: dense(0, 0) }
  const factors = a.rows > n ? qr(a) : null
  const b = transposed(factors?.r ?? a)
  const vt = identity(n)
  const rank = orthogonalize(b, vt)
  return sorted(b, vt, rank, factors?.q ?? null)
}

/** The rows of `b` scaled to length 1, their lengths descending; those from `rank` on replaced by any at right angles to the others. */
const sorted = (b: Dense, vt: Dense, rank: number, q: Dense | null): Svd => {
  const n = b.rows
  const lengths = Float64Array.from({ length: n }, (_, k) => Math.sqrt(square(rowOf(b, k))))
  const byLength = (i: number, j: number): number => lengths[j]! - lengths[i]!
  const places = [...lengths.keys()]
  const order = [...places.slice(0, rank).sort(byLength), ...places.slice(rank).sort(byLength)]
  const [left, right] = [dense(n, n), dense(n, n)]
  for (const [k, from] of order.entries()) {
    rowOf(right, k).set(rowOf(vt, from))
    const [row, own] = [rowOf(left, k), rowOf(b, from)]
    if (k < rank) for (let i = 0; i < n; i++) row[i] = own[i]! / lengths[from]!
  }
  if (rank < n) rowsFrom(left, rank).data.set(complement(rowsFrom(left, 0, rank)).data)
  const u = q ? productSync(q, left, { transposeB: true }) : transposed(left)
  return { u, s: Float64Array.from(order, k => lengths[k]!), vt: right }
}

/**
 * The singular value decomposition `A = U diag(s) Vᵀ`, thin; singular values are exact to about 2⁻⁵² of the largest.
 *
 * **Shape** a: `[m, n]` → u `[m, k]`, s `[k]` descending, vt `[k, n]`, k = min(m, n). Signs are as they come: see {@link svdFlip}.
 *
 * @throws ArgumentError for NaN and infinity
 *
 * Source: one-sided Jacobi turns (Hestenes 1958; Golub & Van Loan 2013, section 8.6.3) after a QR step and from the eigenvectors of `Aᵀ A`.
 */
export const svd = (a: Dense): Svd => {
  requireFinite('svd', a)
  if (a.rows < a.columns) {
    const { u, s, vt } = svd(transposed(a))
    return { u: transposed(vt), s, vt: transposed(u) }
  }
  const scale = largest(a) || 1
  const { u, s, vt } = tall(
    dense(
      a.rows,
      a.columns,
      a.data.map(x => x / scale),
    ),
  )
  return { u, s: s.map(x => x * scale), vt }
}

/**
 * Makes the signs of singular vectors the same each time: the largest element of each column of U, or with `byV` of each row of Vᵀ, is
 * positive. As scikit-learn's `svd_flip`.
 */
export const svdFlip = ({ u, s, vt }: Svd, { byV = false }: { readonly byV?: boolean } = {}): Svd => {
  const [flippedU, flippedV] = [dense(u.rows, u.columns, u.data.slice()), dense(vt.rows, vt.columns, vt.data.slice())]
  for (let k = 0; k < s.length; k++) {
    let top = 0
    const look = (x: number): void => {
      if (Math.abs(x) > Math.abs(top)) top = x
    }
    if (byV) for (let j = 0; j < vt.columns; j++) look(vt.data[k * vt.columns + j]!)
    else for (let i = 0; i < u.rows; i++) look(u.data[i * u.columns + k]!)
    if (top >= 0) continue
    for (let i = 0; i < u.rows; i++) flippedU.data[i * u.columns + k]! *= -1
    for (let j = 0; j < vt.columns; j++) flippedV.data[k * vt.columns + j]! *= -1
  }
  return { u: flippedU, s, vt: flippedV }
}
