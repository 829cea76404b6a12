import { type Dense, dense } from '../../ops/matrix-kernels.ts'

/** `ln Σ exp(xᵢ)` of the elements from `from` to `to` − 1, without overflow; −∞ of none. */
export const logSumExp = (x: ArrayLike<number>, from = 0, to = x.length): number => {
  let most = -Infinity
  for (let i = from; i < to; i++) if (!(x[i]! <= most)) most = x[i]!
  // Of infinities, and of NaN, that is the answer.
  if (!Number.isFinite(most)) return most
  let total = 0
  for (let i = from; i < to; i++) total += Math.exp(x[i]! - most)
  return most + Math.log(total)
}

/** {@link logSumExp} of each row. */
export const logSumExpRows = ({ rows, columns, data }: Dense): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => logSumExp(data, i * columns, (i + 1) * columns))

/** `exp(x) / Σ exp(x)` within each row. */
export const softmaxRows = ({ rows, columns, data }: Dense): Dense => {
  const out = dense(rows, columns)
  for (let i = 0; i < rows; i++) {
    const [from, to] = [i * columns, (i + 1) * columns]
    let most = -Infinity
    for (let k = from; k < to; k++) most = Math.max(most, data[k]!)
    let total = 0
    for (let k = from; k < to; k++) {
      const x = Math.exp(data[k]! - most)
      out.data[k] = x
      total += x
    }
    for (let k = from; k < to; k++) out.data[k]! /= total
  }
  return out
}
