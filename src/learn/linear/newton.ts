import { ArgumentError } from '../../core/errors.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { productSync, timesVector, transposeTimesVector } from '../numeric/product.ts'
import { leastSquares } from '../numeric/least-squares.ts'
import { choleskySolve } from '../numeric/triangular.ts'
import type { Family } from './families.ts'

export interface NewtonOptions {
  readonly weights: Float64Array | undefined
  /** `½ wᵀ P w` is added to the mean loss; [P, P], or a number for the same on all but the intercept. */
  readonly penalty: Dense | number
  readonly fitIntercept: boolean
  readonly maxIter: number
  /** It stops when no element of the gradient is larger. */
  readonly tolerance: number
}

export interface NewtonFit {
  readonly coef: Float64Array
  readonly intercept: number
  readonly nIter: number
  /** Weighted mean of half the deviance. */
  readonly loss: number
}

/**
 * A generalised linear model by Newton's steps (iteratively reweighted least squares), each halved until the loss falls.
 *
 * The loss is the weighted mean of half the deviance plus the penalty.
 *
 * Source: Nelder & Wedderburn 1972; McCullagh & Nelder 1989, section 2.5.
 */
export const newton = (X: Dense, y: Float64Array, family: Family, options: NewtonOptions): NewtonFit => {
  const { rows: N, columns: F } = X
  const { weights, penalty, fitIntercept, maxIter, tolerance } = options
  const size = F + (fitIntercept ? 1 : 0)
  let total = 0
  let mean = 0
  for (let i = 0; i < N; i++) {
    const w = weights ? weights[i]! : 1
    total += w
    mean += w * y[i]!
  }
  const share = Float64Array.from({ length: N }, (_, i) => (weights ? weights[i]! : 1) / total)
  let theta: Float64Array = new Float64Array(size)
  if (fitIntercept) theta[F] = family.link(mean / total)
  else if (family.link === family.mean) theta.fill(0)

  const etaOf = (t: Float64Array): Float64Array => {
    const eta = timesVector(X, t.subarray(0, F))
    if (fitIntercept) for (let i = 0; i < N; i++) eta[i]! += t[F]!
    return eta
  }
  const penaltyTimes = (t: Float64Array): Float64Array => {
    if (typeof penalty === 'number') return t.map((x, j) => (j < F ? penalty * x : 0))
    const out = new Float64Array(size)
    out.set(timesVector(penalty, t.subarray(0, F)))
    return out
  }
  const lossOf = (t: Float64Array, eta: Float64Array): number => {
    let sum = 0
    for (let i = 0; i < N; i++) if (share[i]! > 0) sum += share[i]! * family.loss(y[i]!, eta[i]!)
    const P = penaltyTimes(t)
    for (let j = 0; j < size; j++) sum += 0.5 * t[j]! * P[j]!
    return sum
  }

  let eta = etaOf(theta)
  let loss = lossOf(theta, eta)
  if (!Number.isFinite(loss)) {
    // An identity link needs positive means to start from.
    throw new ArgumentError(
      `generalised linear model: the loss is ${loss} where iterations start. Take link "log", or fit an intercept.`,
    )
  }
  let nIter = 0
  for (; nIter < maxIter; nIter++) {
    const slope = Float64Array.from({ length: N }, (_, i) =>
      share[i]! > 0 ? share[i]! * family.slope(y[i]!, eta[i]!) : 0,
    )
    const gradient = penaltyTimes(theta)
    const byCoef = transposeTimesVector(X, slope)
    for (let j = 0; j < F; j++) gradient[j]! += byCoef[j]!
    if (fitIntercept) gradient[F]! += slope.reduce((a, b) => a + b, 0)
    if (gradient.every(g => Math.abs(g) <= tolerance)) break
    const curvature = Float64Array.from({ length: N }, (_, i) =>
      share[i]! > 0 ? share[i]! * family.curvature(y[i]!, eta[i]!) : 0,
    )
    const step = solve(hessian(X, curvature, { penalty, fitIntercept }), gradient)
    let factor = 1
    let next = theta
    let nextEta = eta
    let nextLoss = Infinity
    for (let halvings = 0; halvings < 40; halvings++, factor /= 2) {
      next = theta.map((x, j) => x - factor * step[j]!)
      nextEta = etaOf(next)
      nextLoss = lossOf(next, nextEta)
      if (nextLoss <= loss + 1e-15 * Math.abs(loss)) break
    }
    if (!(nextLoss <= loss + 1e-15 * Math.abs(loss))) break
    theta = next
    eta = nextEta
    loss = nextLoss
  }
  const P = penaltyTimes(theta)
  const own = loss - 0.5 * theta.reduce((a, x, j) => a + x * P[j]!, 0)
  return { coef: theta.slice(0, F), intercept: fitIntercept ? theta[F]! : 0, nIter, loss: own }
}

/** `Xᵀ diag(c) X + P`, with a row and column for the intercept. */
export const hessian = (
  X: Dense,
  curvature: Float64Array,
  { penalty, fitIntercept }: { readonly penalty: Dense | number; readonly fitIntercept: boolean },
): Dense => {
  const { rows: N, columns: F } = X
  const scaled = dense(N, F)
  for (let i = 0; i < N; i++) for (let j = 0; j < F; j++) scaled.data[i * F + j] = curvature[i]! * X.data[i * F + j]!
  const inner = productSync(X, scaled, { transposeA: true })
  const size = F + (fitIntercept ? 1 : 0)
  const H = dense(size, size)
  for (let j = 0; j < F; j++)
    for (let k = 0; k < F; k++)
      H.data[j * size + k] =
        inner.data[j * F + k]! + (typeof penalty === 'number' ? (j === k ? penalty : 0) : penalty.data[j * F + k]!)
  if (!fitIntercept) return H
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < F; j++) {
      H.data[j * size + F]! += scaled.data[i * F + j]!
      H.data[F * size + j]! += scaled.data[i * F + j]!
    }
    H.data[F * size + F]! += curvature[i]!
  }
  return H
}

/** The step of Newton's method; where the curvature is singular, the shortest. */
export const solve = (H: Dense, gradient: Float64Array): Float64Array => {
  const right = { rows: gradient.length, columns: 1, data: gradient }
  try {
    return choleskySolve(H, right).data
  } catch {
    return leastSquares(H, right).x.data
  }
}
