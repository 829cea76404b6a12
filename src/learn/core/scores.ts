import type { Dense } from '../../ops/matrix-kernels.ts'

/** The share of rows, weighted, whose class is right. */
export const accuracyOfCodes = (truth: Int32Array, codes: Int32Array, weights?: Float64Array): number => {
  let right = 0
  let total = 0
  for (let i = 0; i < truth.length; i++) {
    const weight = weights ? weights[i]! : 1
    total += weight
    if (truth[i] === codes[i]) right += weight
  }
  return right / total
}

/**
 * `R² = 1 − Σ w (y − ŷ)² / Σ w (y − ȳ)²`, the plain mean over several targets. A constant target gives 1 when it is met exactly and
 * 0 otherwise, as in scikit-learn.
 */
export const r2 = (Y: Dense, predicted: Dense, weights?: Float64Array): number => {
  const { rows, columns } = Y
  let sum = 0
  for (let j = 0; j < columns; j++) {
    let total = 0
    let mean = 0
    for (let i = 0; i < rows; i++) {
      const w = weights ? weights[i]! : 1
      total += w
      mean += w * Y.data[i * columns + j]!
    }
    mean /= total
    let residual = 0
    let spread = 0
    for (let i = 0; i < rows; i++) {
      const w = weights ? weights[i]! : 1
      const y = Y.data[i * columns + j]!
      residual += w * (y - predicted.data[i * columns + j]!) ** 2
      spread += w * (y - mean) ** 2
    }
    sum += spread === 0 ? (residual === 0 ? 1 : 0) : 1 - residual / spread
  }
  return sum / columns
}
