import { ArgumentError } from '../../core/errors.ts'
import { type Dense, dense, identity, transposed } from '../../ops/matrix-kernels.ts'
import { logSumExp } from '../numeric/log-sum-exp.ts'
import { productSync } from '../numeric/product.ts'
import { cholesky, solveTriangular } from '../numeric/triangular.ts'

export const covarianceTypes = ['full', 'tied', 'diag', 'spherical'] as const
export type CovarianceType = (typeof covarianceTypes)[number]

/** A matrix a component, one for all, a row of variances a component, or a variance a component. */
export type Covariances = readonly Dense[] | Dense | Float64Array

/** Weight, mean and covariance of each component's rows, as responsibilities share the rows out. */
export interface Moments {
  readonly nk: Float64Array
  readonly means: Dense
  readonly covariances: Covariances
}

/** Rows less a mean, each times a factor. */
const spread = (X: Dense, mean: Float64Array, factor: (row: number) => number): Dense => {
  const F = X.columns
  const out = dense(X.rows, F)
  for (let i = 0; i < X.rows; i++) {
    const w = factor(i)
    for (let j = 0; j < F; j++) out.data[i * F + j] = w * (X.data[i * F + j]! - mean[j]!)
  }
  return out
}

/** What responsibilities [N, K] say of the components; `regCovar` is added to each variance. */
export const momentsOf = (X: Dense, resp: Dense, type: CovarianceType, regCovar: number): Moments => {
  const [N, F, K] = [X.rows, X.columns, resp.columns]
  const nk = new Float64Array(K).fill(10 * Number.EPSILON)
  for (let i = 0; i < N; i++) for (let k = 0; k < K; k++) nk[k]! += resp.data[i * K + k]!
  const means = productSync(resp, X, { transposeA: true })
  for (let k = 0; k < K; k++) for (let j = 0; j < F; j++) means.data[k * F + j]! /= nk[k]!
  return { nk, means, covariances: covariancesOf({ X, resp, type, regCovar, nk, means }) }
}

interface Shared {
  readonly X: Dense
  readonly resp: Dense
  readonly type: CovarianceType
  readonly regCovar: number
  readonly nk: Float64Array
  readonly means: Dense
}
const covariancesOf = ({ X, resp, type, regCovar, nk, means }: Shared): Covariances => {
  const [N, F, K] = [X.rows, X.columns, resp.columns]
  const meanOf = (k: number): Float64Array => means.data.subarray(k * F, (k + 1) * F)
  if (type === 'full' || type === 'tied') {
    const each = Array.from({ length: K }, (_, k) => {
      const part = spread(X, meanOf(k), i => Math.sqrt(resp.data[i * K + k]!))
      return productSync(part, part, { transposeA: true })
    })
    if (type === 'full') return each.map((c, k) => regularized(c, nk[k]!, regCovar))
    const sum = dense(F, F)
    for (const { data } of each) for (let at = 0; at < data.length; at++) sum.data[at]! += data[at]!
    return regularized(
      sum,
      nk.reduce((a, b) => a + b, 0),
      regCovar,
    )
  }
  const variances = dense(K, F)
  for (let i = 0; i < N; i++)
    for (let k = 0; k < K; k++) {
      const w = resp.data[i * K + k]!
      if (w === 0) continue
      for (let j = 0; j < F; j++) {
        const difference = X.data[i * F + j]! - means.data[k * F + j]!
        variances.data[k * F + j]! += w * difference * difference
      }
    }
  for (let k = 0; k < K; k++)
    for (let j = 0; j < F; j++) variances.data[k * F + j] = variances.data[k * F + j]! / nk[k]! + regCovar
  if (type === 'diag') return variances
  return Float64Array.from({ length: K }, (_, k) => {
    let total = 0
    for (let j = 0; j < F; j++) total += variances.data[k * F + j]!
    return total / F
  })
}
const regularized = (c: Dense, divisor: number, regCovar: number): Dense => {
  const out = dense(
    c.rows,
    c.columns,
    c.data.map(x => x / divisor),
  )
  for (let j = 0; j < c.rows; j++) out.data[j * c.rows + j]! += regCovar
  return out
}

/** U with `Σ⁻¹ = U Uᵀ`, in the form of the covariances: `1 / σ` where these are variances. */
export const precisionsCholeskyOf = (covariances: Covariances, where: string): Covariances => {
  const one = (c: Dense): Dense => {
    try {
      return transposed(solveTriangular(cholesky(c), identity(c.rows)))
    } catch {
      throw degenerate(where)
    }
  }
  const root = (variance: number): number => {
    if (!(variance > 0)) throw degenerate(where)
    return 1 / Math.sqrt(variance)
  }
  if (covariances instanceof Float64Array) return covariances.map(root)
  if ('rows' in covariances) return covariances
  return covariances.map(one)
}
/** As {@link precisionsCholeskyOf}, told apart by the type where a matrix may be either. */
export const precisionsOf = (covariances: Covariances, type: CovarianceType, where: string): Covariances => {
  if (type === 'tied') return (precisionsCholeskyOf([covariances as Dense], where) as readonly Dense[])[0]!
  if (type !== 'diag') return precisionsCholeskyOf(covariances, where)
  const { rows, columns, data } = covariances as Dense
  return dense(rows, columns, precisionsCholeskyOf(data, where) as Float64Array)
}
const degenerate = (where: string): ArgumentError =>
  new ArgumentError(
    `${where}: a component has collapsed to fewer dimensions than there are features. Take fewer components, a larger regCovar, or other features.`,
  )

/** `Σ⁻¹` from U. */
export const inverses = (u: Covariances, type: CovarianceType): Covariances => {
  const one = (m: Dense): Dense => productSync(m, m, { transposeB: true })
  if (u instanceof Float64Array) return u.map(x => x * x)
  if (type === 'tied') return one(u as Dense)
  if ('rows' in u)
    return dense(
      u.rows,
      u.columns,
      u.data.map(x => x * x),
    )
  return (u as readonly Dense[]).map(one)
}

/** U of one component as a full matrix, or its diagonal. */
export const factorOf = (u: Covariances, type: CovarianceType, k: number, F: number): Dense | Float64Array => {
  if (u instanceof Float64Array) return new Float64Array(F).fill(u[k]!)
  if (type === 'tied') return u as Dense
  if ('rows' in u) return u.data.subarray(k * F, (k + 1) * F)
  return (u as readonly Dense[])[k]!
}

/** `ln det U` of each component. */
export const logDeterminants = (u: Covariances, type: CovarianceType, K: number, F: number): Float64Array =>
  Float64Array.from({ length: K }, (_, k) => {
    const factor = factorOf(u, type, k, F)
    let total = 0
    for (let j = 0; j < F; j++) total += Math.log(factor instanceof Float64Array ? factor[j]! : factor.data[j * F + j]!)
    return total
  })

/** `ln N(x; μₖ, Σₖ)` for each row and component: [N, K]. */
export const logGaussians = (X: Dense, means: Dense, u: Covariances, type: CovarianceType): Dense => {
  const [N, F, K] = [X.rows, X.columns, means.rows]
  const logDet = logDeterminants(u, type, K, F)
  const out = dense(N, K)
  const constant = -0.5 * F * Math.log(2 * Math.PI)
  for (let k = 0; k < K; k++) {
    const factor = factorOf(u, type, k, F)
    const apart = spread(X, means.data.subarray(k * F, (k + 1) * F), () => 1)
    const turned = factor instanceof Float64Array ? apart : productSync(apart, factor)
    for (let i = 0; i < N; i++) {
      let total = 0
      for (let j = 0; j < F; j++) {
        const value = turned.data[i * F + j]! * (factor instanceof Float64Array ? factor[j]! : 1)
        total += value * value
      }
      out.data[i * K + k] = constant - 0.5 * total + logDet[k]!
    }
  }
  return out
}

/** From `ln p(x, k)`: `ln p(x)`, and `ln p(k | x)` in its place. */
export const normalizeRows = (joint: Dense): Float64Array => {
  const K = joint.columns
  return Float64Array.from({ length: joint.rows }, (_, i) => {
    const norm = logSumExp(joint.data, i * K, (i + 1) * K)
    for (let k = 0; k < K; k++) joint.data[i * K + k]! -= norm
    return norm
  })
}

/** Adds ln weights to each row. */
export const plusRow = (m: Dense, row: Float64Array): Dense => {
  const K = m.columns
  for (let i = 0; i < m.rows; i++) for (let k = 0; k < K; k++) m.data[i * K + k]! += row[k]!
  return m
}
