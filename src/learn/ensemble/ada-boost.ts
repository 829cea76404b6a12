import { type Dense, dense } from '../../ops/matrix-kernels.ts'

/** Of votes for two classes those for the second, less those for the first. */
export const decisions = ({ rows, data }: Dense): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[2 * i + 1]! - data[2 * i]!)

/** Shares of classes from votes: their softmax over K − 1 (for two classes of half the difference). */
export const sharesOf = ({ rows, columns: K, data }: Dense): Dense => {
  const out = dense(rows, K)
  const scale = K === 2 ? 1 : 1 / (K - 1)
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let k = 0; k < K; k++) {
      out.data[i * K + k] = Math.exp(scale * data[i * K + k]!)
      sum += out.data[i * K + k]!
    }
    for (let k = 0; k < K; k++) out.data[i * K + k]! /= sum
  }
  return out
}
