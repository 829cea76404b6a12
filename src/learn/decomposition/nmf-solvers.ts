import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import { productSync } from '../numeric/product.ts'
import type { Factors } from './nmf-init.ts'

export interface NmfPenalty {
  readonly l1W: number
  readonly l1H: number
  readonly l2W: number
  readonly l2H: number
}
export interface NmfSettings extends NmfPenalty {
  readonly beta: number
  readonly maxIter: number
  readonly tol: number
  /** Whether H is changed too, or only W sought for it. */
  readonly both: boolean
}

/** Each number of W in turn to where the squared error is least; the sum of how far they had to go. */
const sweep = (W: Dense, gram: Dense, XHt: Dense): number => {
  const { rows, columns: k, data } = W
  let violation = 0
  for (let t = 0; t < k; t++) {
    const hessian = gram.data[t * k + t]!
    for (let i = 0; i < rows; i++) {
      let gradient = -XHt.data[i * k + t]!
      for (let r = 0; r < k; r++) gradient += gram.data[t * k + r]! * data[i * k + r]!
      const own = data[i * k + t]!
      violation += Math.abs(own === 0 ? Math.min(0, gradient) : gradient)
      if (hessian !== 0) data[i * k + t] = Math.max(own - gradient / hessian, 0)
    }
  }
  return violation
}

const side = (X: Dense, W: Dense, Ht: Dense, { l1, l2 }: { readonly l1: number; readonly l2: number }): number => {
  const gram = productSync(Ht, Ht, { transposeA: true })
  const XHt = productSync(X, Ht)
  for (let t = 0; t < gram.rows; t++) gram.data[t * gram.rows + t]! += l2
  if (l1 !== 0) for (let i = 0; i < XHt.data.length; i++) XHt.data[i]! -= l1
  return sweep(W, gram, XHt)
}

/**
 * Coordinate descent on the squared error. W and H are changed in place.
 *
 * Source: Cichocki & Phan 2009 (hierarchical alternating least squares).
 */
export const coordinateDescentNmf = (
  X: Dense,
  { W, H }: Factors,
  { maxIter, tol, both, l1W, l1H, l2W, l2H }: NmfSettings,
): number => {
  const Ht = transposed(H)
  const Xt = both ? transposed(X) : X
  let first = 0
  let nIter = 0
  while (nIter < maxIter) {
    nIter++
    let violation = side(X, W, Ht, { l1: l1W, l2: l2W })
    if (both) violation += side(Xt, Ht, W, { l1: l1H, l2: l2H })
    if (nIter === 1) first = violation
    if (first === 0 || violation / first <= tol) break
  }
  H.data.set(transposed(Ht).data)
  return nIter
}

const tiny = 2 ** -52

/** The β-divergence of X from W H: 2 half the squared error, 1 Kullback and Leibler's, 0 Itakura and Saito's. */
export const betaDivergence = (X: Dense, { W, H }: Factors, beta: number): number => {
  const WH = productSync(W, H).data
  let sum = 0
  for (let i = 0; i < WH.length; i++) {
    const x = X.data[i]!
    const y = beta === 2 ? WH[i]! : Math.max(WH[i]!, tiny)
    if (beta === 2) sum += 0.5 * (x - y) ** 2
    else if (beta === 1) sum += (x > tiny ? x * Math.log(x / y) : 0) - x + y
    else if (beta === 0) sum += x / y - Math.log(x / y) - 1
    else sum += (x ** beta + (beta - 1) * y ** beta - beta * x * y ** (beta - 1)) / (beta * (beta - 1))
  }
  return sum
}

/** One multiplicative step of the left factor of `X ≈ A B`, in place. */
const multiply = (
  X: Dense,
  A: Dense,
  B: Dense,
  { beta, gamma, l1, l2 }: { readonly beta: number; readonly gamma: number; readonly l1: number; readonly l2: number },
): void => {
  let numerator: Dense
  let denominator: Dense
  if (beta === 2) {
    numerator = productSync(X, B, { transposeB: true })
    denominator = productSync(A, productSync(B, B, { transposeB: true }))
  } else {
    const AB = productSync(A, B)
    const above = dense(AB.rows, AB.columns)
    const below = dense(AB.rows, AB.columns)
    for (let i = 0; i < AB.data.length; i++) {
      const y = Math.max(AB.data[i]!, tiny)
      above.data[i] = X.data[i]! * y ** (beta - 2)
      below.data[i] = beta === 1 ? 1 : y ** (beta - 1)
    }
    numerator = productSync(above, B, { transposeB: true })
    denominator = productSync(below, B, { transposeB: true })
  }
  for (let i = 0; i < A.data.length; i++) {
    const under = denominator.data[i]! + l1 + l2 * A.data[i]!
    const factor = numerator.data[i]! / (under === 0 ? tiny : under)
    A.data[i]! *= gamma === 1 ? factor : factor ** gamma
  }
}

/**
 * Multiplicative updates for any β-divergence. W and H are changed in place.
 *
 * Source: Lee & Seung 2001; Févotte & Idier 2011.
 */
export const multiplicativeNmf = (
  X: Dense,
  { W, H }: Factors,
  { beta, maxIter, tol, both, l1W, l1H, l2W, l2H }: NmfSettings,
): number => {
  const gamma = beta < 1 ? 1 / (2 - beta) : beta > 2 ? 1 / (beta - 1) : 1
  const root = (): number => Math.sqrt(Math.max(0, 2 * betaDivergence(X, { W, H }, beta)))
  const first = root()
  let before = first
  const Xt = transposed(X)
  for (let nIter = 1; nIter <= maxIter; nIter++) {
    multiply(X, W, H, { beta, gamma, l1: l1W, l2: l2W })
    if (beta < 1) for (let i = 0; i < W.data.length; i++) if (W.data[i]! < tiny) W.data[i] = 0
    if (both) {
      const Ht = transposed(H)
      multiply(Xt, Ht, transposed(W), { beta, gamma, l1: l1H, l2: l2H })
      H.data.set(transposed(Ht).data)
      if (beta <= 1) for (let i = 0; i < H.data.length; i++) if (H.data[i]! < tiny) H.data[i] = 0
    }
    if (tol > 0 && nIter % 10 === 0) {
      const now = root()
      if ((before - now) / first < tol) return nIter
      before = now
    }
  }
  return maxIter
}
