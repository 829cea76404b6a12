import type { KernelRows } from './kernel-rows.ts'

/**
 * `min ½ αᵀ Q α + pᵀ α` with `yᵀ α` as it is at the start and `0 ≤ α ≤ C`, `Q = y yᵀ ∘ K`. Each variable stands for a row of the kernel: several
 * may stand for one.
 */
export interface SmoProblem {
  readonly kernel: KernelRows
  /** The kernel's row of each variable. */
  readonly rows: Int32Array
  /** 1 or -1. */
  readonly y: Int8Array
  readonly p: Float64Array
  readonly C: Float64Array
  /** Where α starts. */
  readonly start: Float64Array
  readonly tol: number
  readonly maxIter: number
  /** Whether `Σ α` stays as it is too: only pairs of one sign are moved (ν machines). */
  readonly nu?: boolean
}

export interface SmoSolution {
  readonly alpha: Float64Array
  readonly rho: number
  /** Half the sum of the two thresholds of a ν machine. */
  readonly r: number
  readonly nIter: number
  readonly converged: boolean
}

const tiny = 1e-12

/**
 * Sequential minimal optimisation: two variables at a time, the first that violates the conditions most, the second with which the objective falls
 * most.
 *
 * Source: Platt 1998; Fan, Chen & Lin 2005 (the working set); Chang & Lin 2011, section 4.
 */
export const smo = ({ kernel, rows, y, p, C, start, tol, maxIter, nu = false }: SmoProblem): SmoSolution => {
  const n = rows.length
  const alpha = start.slice()
  const gradient = p.slice()
  const diagonal = Float64Array.from(rows, row => kernel.diagonal[row]!)
  const row = signedRows(kernel, rows, y)
  for (let i = 0; i < n; i++) {
    if (alpha[i] === 0) continue
    const Q = row(i)
    for (let j = 0; j < n; j++) gradient[j]! += alpha[i]! * Q[j]!
  }
  let nIter = 0
  let converged = false
  for (; nIter < maxIter; nIter++) {
    const pair = nu
      ? pairOfOneSign({ alpha, gradient, diagonal, y, C, row, tol })
      : worstPair({ alpha, gradient, diagonal, y, C, row, tol })
    if (!pair) {
      converged = true
      break
    }
    const [i, j] = pair
    const Qi = row(i)
    const Qj = row(j)
    const curvature = Math.max(diagonal[i]! + diagonal[j]! - 2 * y[i]! * y[j]! * Qi[j]!, tiny)
    const [oldI, oldJ] = [alpha[i]!, alpha[j]!]
    const [Ci, Cj] = [C[i]!, C[j]!]
    if (y[i] !== y[j]) {
      const step = (-gradient[i]! - gradient[j]!) / curvature
      const difference = oldI - oldJ
      alpha[i] = oldI + step
      alpha[j] = oldJ + step
      if (difference > 0) {
        if (alpha[j]! < 0) {
          alpha[j] = 0
          alpha[i] = difference
        }
      } else if (alpha[i]! < 0) {
        alpha[i] = 0
        alpha[j] = -difference
      }
      if (difference > Ci - Cj) {
        if (alpha[i]! > Ci) {
          alpha[i] = Ci
          alpha[j] = Ci - difference
        }
      } else if (alpha[j]! > Cj) {
        alpha[j] = Cj
        alpha[i] = Cj + difference
      }
    } else {
      const step = (gradient[i]! - gradient[j]!) / curvature
      const sum = oldI + oldJ
      alpha[i] = oldI - step
      alpha[j] = oldJ + step
      if (sum > Ci) {
        if (alpha[i]! > Ci) {
          alpha[i] = Ci
          alpha[j] = sum - Ci
        }
      } else if (alpha[j]! < 0) {
        alpha[j] = 0
        alpha[i] = sum
      }
      if (sum > Cj) {
        if (alpha[j]! > Cj) {
          alpha[j] = Cj
          alpha[i] = sum - Cj
        }
      } else if (alpha[i]! < 0) {
        alpha[i] = 0
        alpha[j] = sum
      }
    }
    const di = alpha[i]! - oldI
    const dj = alpha[j]! - oldJ
    for (let t = 0; t < n; t++) gradient[t]! += di * Qi[t]! + dj * Qj[t]!
  }
  const { rho, r } = nu ? thresholds(alpha, gradient, y, C) : { rho: threshold(alpha, gradient, y, C), r: 0 }
  return { alpha, rho, r, nIter, converged }
}

interface State {
  readonly alpha: Float64Array
  readonly gradient: Float64Array
  readonly diagonal: Float64Array
  readonly y: Int8Array
  readonly C: Float64Array
  readonly row: (i: number) => Float64Array
  readonly tol: number
}

/** Numbers of rows of Q that are kept. */
const keptNumbers = 2 ** 24

/** Rows of `Q = y yᵀ ∘ K` for the variables, gathered when first asked for. */
const signedRows = (kernel: KernelRows, rows: Int32Array, y: Int8Array): ((i: number) => Float64Array) => {
  const n = rows.length
  const kept: (Float64Array | undefined)[] = new Array(n)
  let numbers = 0
  return i => {
    const known = kept[i]
    if (known) return known
    if (numbers + n > keptNumbers) {
      kept.fill(undefined)
      numbers = 0
    }
    const K = kernel.row(rows[i]!)
    const Q = new Float64Array(n)
    const own = y[i]!
    for (let t = 0; t < n; t++) Q[t] = own * y[t]! * K[rows[t]!]!
    kept[i] = Q
    numbers += n
    return Q
  }
}

/** The pair to move, or nothing when the conditions hold to the tolerance. */
const worstPair = ({ alpha, gradient, diagonal, y, C, row, tol }: State): readonly [number, number] | undefined => {
  const n = alpha.length
  let top = -Infinity
  let i = -1
  for (let t = 0; t < n; t++) {
    if (y[t] === 1) {
      if (alpha[t]! < C[t]! && -gradient[t]! >= top) {
        top = -gradient[t]!
        i = t
      }
    } else if (alpha[t]! > 0 && gradient[t]! >= top) {
      top = gradient[t]!
      i = t
    }
  }
  if (i < 0) return undefined
  const Q = row(i)
  const own = diagonal[i]!
  const twice = 2 * y[i]!
  let low = -Infinity
  let best = Infinity
  let j = -1
  for (let t = 0; t < n; t++) {
    const positive = y[t] === 1
    if (positive ? alpha[t]! <= 0 : alpha[t]! >= C[t]!) continue
    const value = positive ? gradient[t]! : -gradient[t]!
    if (value > low) low = value
    const gain = top + value
    if (gain <= 0) continue
    const curvature = own + diagonal[t]! - (positive ? twice : -twice) * Q[t]!
    const fall = -(gain * gain) / (curvature > 0 ? curvature : tiny)
    if (fall <= best) {
      best = fall
      j = t
    }
  }
  return top + low < tol || j < 0 ? undefined : [i, j]
}

/** The same among variables of one sign. */
const pairOfOneSign = ({ alpha, gradient, diagonal, y, C, row, tol }: State): readonly [number, number] | undefined => {
  const n = alpha.length
  const top = [-Infinity, -Infinity]
  const at = [-1, -1]
  for (let t = 0; t < n; t++) {
    const side = y[t] === 1 ? 0 : 1
    const value = side === 0 ? -gradient[t]! : gradient[t]!
    if ((side === 0 ? alpha[t]! < C[t]! : alpha[t]! > 0) && value >= top[side]!) {
      top[side] = value
      at[side] = t
    }
  }
  const low = [-Infinity, -Infinity]
  let best = Infinity
  let pair: readonly [number, number] | undefined
  for (const side of [0, 1]) {
    const i = at[side]!
    const Q = i < 0 ? undefined : row(i)
    for (let t = 0; t < n; t++) {
      if ((y[t] === 1 ? 0 : 1) !== side || (side === 0 ? alpha[t]! <= 0 : alpha[t]! >= C[t]!)) continue
      const value = side === 0 ? gradient[t]! : -gradient[t]!
      low[side] = Math.max(low[side]!, value)
      const gain = top[side]! + value
      if (!Q || !(gain > 0)) continue
      const curvature = diagonal[i]! + diagonal[t]! - 2 * Q[t]!
      const fall = -(gain * gain) / (curvature > 0 ? curvature : tiny)
      if (fall <= best) {
        best = fall
        pair = [i, t]
      }
    }
  }
  return Math.max(top[0]! + low[0]!, top[1]! + low[1]!) < tol ? undefined : pair
}

/** ρ: the mean of `y G` over variables between their bounds, else the middle of what the others allow. */
const threshold = (alpha: Float64Array, gradient: Float64Array, y: Int8Array, C: Float64Array): number => {
  let upper = Infinity
  let lower = -Infinity
  let sum = 0
  let free = 0
  for (let t = 0; t < alpha.length; t++) {
    const value = y[t]! * gradient[t]!
    if (alpha[t]! >= C[t]!) {
      if (y[t] === -1) upper = Math.min(upper, value)
      else lower = Math.max(lower, value)
    } else if (alpha[t]! <= 0) {
      if (y[t] === 1) upper = Math.min(upper, value)
      else lower = Math.max(lower, value)
    } else {
      free++
      sum += value
    }
  }
  return free > 0 ? sum / free : (upper + lower) / 2
}

const thresholds = (
  alpha: Float64Array,
  gradient: Float64Array,
  y: Int8Array,
  C: Float64Array,
): { readonly rho: number; readonly r: number } => {
  const one = (sign: number): number => {
    let [upper, lower, sum, free] = [Infinity, -Infinity, 0, 0]
    for (let t = 0; t < alpha.length; t++) {
      if (y[t] !== sign) continue
      if (alpha[t]! >= C[t]!) lower = Math.max(lower, gradient[t]!)
      else if (alpha[t]! <= 0) upper = Math.min(upper, gradient[t]!)
      else {
        free++
        sum += gradient[t]!
      }
    }
    return free > 0 ? sum / free : (upper + lower) / 2
  }
  const [r1, r2] = [one(1), one(-1)]
  return { rho: (r1 - r2) / 2, r: (r1 + r2) / 2 }
}
