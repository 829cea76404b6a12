import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { productSync } from './product.ts'

// Products of reflections H = I − τ v vᵀ gathered as I − Vᵀ T V, so that they are applied by matrix products.
// Source: Schreiber & Van Loan 1989, "A storage-efficient WY representation for products of Householder transformations".

/** How many reflections are gathered. */
export const blockSize = 32

/** `H₁ H₂ … = I − Vᵀ T V`: the rows of V are the vectors, T is upper triangular. */
export interface BlockReflector {
  readonly v: Dense
  readonly t: Dense
}

export const blockReflector = (v: Dense, tau: ArrayLike<number>): BlockReflector => {
  const n = v.rows
  const inner = productSync(v, v, { transposeB: true }).data
  const t = dense(n, n)
  for (let j = 0; j < n; j++) {
    t.data[j * n + j] = tau[j]!
    for (let i = 0; i < j; i++) {
      let total = 0
      for (let k = i; k < j; k++) total += t.data[i * n + k]! * inner[k * n + j]!
      t.data[i * n + j] = -tau[j]! * total
    }
  }
  return { v, t }
}

const subtract = (from: Dense, part: Dense): void => {
  for (let i = 0; i < part.data.length; i++) from.data[i]! -= part.data[i]!
}

/** X becomes `H₁ H₂ … X`; of X only as many rows are touched as the vectors are long. */
export const applyLeft = ({ v, t }: BlockReflector, x: Dense): void => {
  const top = dense(v.columns, x.columns, x.data.subarray(0, v.columns * x.columns))
  subtract(top, productSync(v, productSync(t, productSync(v, top)), { transposeA: true }))
}

/** X becomes `X H₁ H₂ …`, or with `transpose` `X (H₁ H₂ …)ᵀ`. */
export const applyRight = ({ v, t }: BlockReflector, x: Dense, transpose = false): void => {
  const inner = productSync(productSync(x, v, { transposeB: true }), t, { transposeB: transpose })
  subtract(x, productSync(inner, v))
}

/**
 * The reflection that turns x into (β, 0, …): v, which takes the place of x, has a 1 where `lead` is; LAPACK's dlarfg. The vector is the
 * part of `x` from `from` to `to`; `lead` is one of its places.
 */
export const reflection = (
  x: Float64Array,
  [from, to]: readonly [number, number],
  lead: number,
): { readonly beta: number; readonly tau: number } => {
  let most = 0
  for (let i = from; i < to; i++) if (i !== lead) most = Math.max(most, Math.abs(x[i]!))
  const alpha = x[lead]!
  x[lead] = 1
  if (most === 0) return { beta: alpha, tau: 0 }
  let total = 0
  for (let i = from; i < to; i++) if (i !== lead) total += (x[i]! / most) ** 2
  const length = Math.hypot(alpha, most * Math.sqrt(total))
  const beta = alpha > 0 ? -length : length
  for (let i = from; i < to; i++) if (i !== lead) x[i]! /= alpha - beta
  return { beta, tau: (beta - alpha) / beta }
}
