import type { Dense } from '../../ops/matrix-kernels.ts'
import type { Random } from '../core/random.ts'

export interface ElasticNetPenalty {
  /** Weight of `Σ |w|`, times the number of rows. */
  readonly l1: number
  /** Weight of `½ Σ w²`, times the number of rows. */
  readonly l2: number
}

export interface DescentOptions extends ElasticNetPenalty {
  readonly positive: boolean
  readonly maxIter: number
  /** The duality gap at which it stops, as a share of ‖y‖². */
  readonly tolerance: number
  /** Draws the order of coordinates; without it they come in turn. */
  readonly random?: Random | undefined
  /** Where to start; default 0. */
  readonly start?: Float64Array
}

export interface Descent {
  readonly w: Float64Array
  readonly nIter: number
  readonly dualGap: number
}

/** Columns one after another, so that a coordinate's numbers lie together. */
export const columnMajor = ({ rows, columns, data }: Dense): Float64Array => {
  const out = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!
  return out
}

/**
 * The w with the least `½ ‖y − X w‖² + l1 Σ|w| + ½ l2 Σ w²`, coordinate by coordinate.
 *
 * Source: Friedman, Hastie & Tibshirani 2010, section 2; the duality gap is that of Kim et al. 2007.
 *
 * @param columns X column by column, `F` times `N` numbers
 */
export const coordinateDescent = (columns: Float64Array, y: Float64Array, options: DescentOptions): Descent => {
  const N = y.length
  const F = columns.length / N
  const { l1, l2, positive, maxIter, tolerance, random } = options
  const w = options.start?.slice() ?? new Float64Array(F)
  const residual = y.slice()
  const square = new Float64Array(F)
  for (let j = 0; j < F; j++) {
    const at = j * N
    let sum = 0
    for (let i = 0; i < N; i++) sum += columns[at + i]! * columns[at + i]!
    square[j] = sum
    const own = w[j]!
    if (own !== 0) for (let i = 0; i < N; i++) residual[i]! -= own * columns[at + i]!
  }
  let yy = 0
  for (let i = 0; i < N; i++) yy += y[i]! * y[i]!
  const goal = tolerance * yy
  let gap = Infinity
  for (let round = 1; round <= maxIter; round++) {
    let largest = 0
    let moved = 0
    for (let turn = 0; turn < F; turn++) {
      const j = random ? random.integer(F) : turn
      if (square[j] === 0) continue
      const at = j * N
      const before = w[j]!
      let dot = 0
      for (let i = 0; i < N; i++) dot += columns[at + i]! * residual[i]!
      dot += before * square[j]!
      const shrunk = positive ? Math.max(dot - l1, 0) : Math.sign(dot) * Math.max(Math.abs(dot) - l1, 0)
      const after = shrunk / (square[j]! + l2)
      if (after !== before) {
        const step = before - after
        for (let i = 0; i < N; i++) residual[i]! += step * columns[at + i]!
        w[j] = after
      }
      moved = Math.max(moved, Math.abs(after - before))
      largest = Math.max(largest, Math.abs(after))
    }
    // The gap costs a pass over all columns: it is looked at only when steps have become small.
    if (largest === 0 || moved / largest < tolerance || round === maxIter) {
      gap = dualityGap(columns, y, { w, residual, l1, l2, positive })
      if (gap <= goal) return { w, nIter: round, dualGap: gap }
    }
  }
  return { w, nIter: maxIter, dualGap: gap }
}

interface Point extends ElasticNetPenalty {
  readonly w: Float64Array
  readonly residual: Float64Array
  readonly positive: boolean
}

const dualityGap = (columns: Float64Array, y: Float64Array, { w, residual, l1, l2, positive }: Point): number => {
  const N = y.length
  let steepest = positive ? -Infinity : 0
  for (let j = 0; j < w.length; j++) {
    const at = j * N
    let dot = -l2 * w[j]!
    for (let i = 0; i < N; i++) dot += columns[at + i]! * residual[i]!
    steepest = Math.max(steepest, positive ? dot : Math.abs(dot))
  }
  let rr = 0
  let ry = 0
  for (let i = 0; i < N; i++) {
    rr += residual[i]! * residual[i]!
    ry += residual[i]! * y[i]!
  }
  let ww = 0
  let sum = 0
  for (const value of w) {
    ww += value * value
    sum += Math.abs(value)
  }
  const scale = steepest > l1 ? l1 / steepest : 1
  const base = steepest > l1 ? 0.5 * (rr + rr * scale * scale) : rr
  return base + l1 * sum - scale * ry + 0.5 * l2 * (1 + scale * scale) * ww
}
