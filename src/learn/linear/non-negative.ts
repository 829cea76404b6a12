import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { leastSquares } from '../numeric/least-squares.ts'
import { transposeTimesVector } from '../numeric/product.ts'

const column = ({ rows, columns, data }: Dense, j: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[i * columns + j]!)

const selected = ({ rows, columns, data }: Dense, keep: readonly number[]): Dense => {
  const out = dense(rows, keep.length)
  for (let i = 0; i < rows; i++)
    for (const [k, j] of keep.entries()) out.data[i * keep.length + k] = data[i * columns + j]!
  return out
}

/** The w ≥ 0 with the least ‖X w − y‖, target by target, by active sets (Lawson & Hanson 1974, chapter 23). */
export const nonNegativeLeastSquares = (X: Dense, Y: Dense): Dense => {
  const out = dense(X.columns, Y.columns)
  for (let m = 0; m < Y.columns; m++) {
    const w = oneTarget(X, column(Y, m))
    for (let j = 0; j < X.columns; j++) out.data[j * Y.columns + m] = w[j]!
  }
  return out
}

const oneTarget = (X: Dense, y: Float64Array): Float64Array => {
  const F = X.columns
  let w = new Float64Array(F)
  const active = new Set<number>()
  const limit = 1e-12 * Math.max(...transposeTimesVector(X, y).map(Math.abs), 1e-300)
  for (let round = 0; round < 3 * F + 10; round++) {
    const residual = y.slice()
    for (let i = 0; i < X.rows; i++) for (let j = 0; j < F; j++) residual[i]! -= X.data[i * F + j]! * w[j]!
    const gradient = transposeTimesVector(X, residual)
    let enter = -1
    for (let j = 0; j < F; j++)
      if (!active.has(j) && gradient[j]! > limit && (enter < 0 || gradient[j]! > gradient[enter]!)) enter = j
    if (enter < 0) return w
    active.add(enter)
    for (;;) {
      const keep = [...active].sort((a, b) => a - b)
      const { x } = leastSquares(selected(X, keep), { rows: y.length, columns: 1, data: y })
      const next = new Float64Array(F)
      for (const [k, j] of keep.entries()) next[j] = x.data[k]!
      const below = keep.filter(j => next[j]! <= 0)
      if (below.length === 0) {
        w = next
        break
      }
      const step = Math.min(...below.map(j => w[j]! / (w[j]! - next[j]!)))
      for (let j = 0; j < F; j++) w[j]! += step * (next[j]! - w[j]!)
      for (const j of keep) if (w[j]! <= 1e-15) active.delete(j)
      for (let j = 0; j < F; j++) if (!active.has(j)) w[j] = 0
      if (active.size === 0) break
    }
  }
  return w
}
