import { betaTails, gammaUpper } from '../../stats/special/index.ts'
import { ArgumentError } from '../../core/errors.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { csrTransposeTimes } from '../numeric/csr.ts'
import { productSync } from '../numeric/product.ts'
import { columnMoments } from '../preprocessing/moments.ts'

/** How much each column has to do with the target, and how probable so much would be by chance. */
export interface ColumnScores {
  readonly scores: Float64Array
  /** Nothing where the measure has none. */
  readonly pvalues: Float64Array | null
}

const transposeTimes = (X: Rows, Y: Dense): Dense =>
  isCsr(X) ? csrTransposeTimes(X, Y) : productSync(X, Y, { transposeA: true })

const membership = (codes: ArrayLike<number>, K: number): Dense => {
  const out = dense(codes.length, K)
  for (let i = 0; i < codes.length; i++) out.data[i * K + codes[i]!] = 1
  return out
}

/** The upper tail of Fisher's F distribution. */
const fUpper = (a: number, b: number, f: number): number => {
  if (Number.isNaN(f)) return Number.NaN
  if (f === Infinity) return 0
  return betaTails(b / 2, a / 2, b / (b + a * f), (a * f) / (b + a * f)).lower
}

/** `(X − mean)` of dense rows, whose squares lose no digits; sparse rows as they are. */
const centred = (X: Rows): Rows => {
  if (isCsr(X)) return X
  const { mean } = columnMoments(X)
  return { ...X, data: X.data.map((x, k) => x - mean[k % X.columns]!) }
}

/** Variance between the classes over that within them: `F = (Σ n_k (m_k − m)² / (K − 1)) / (Σ (x − m_k)² / (N − K))`. */
export const analysisOfVariance = (X: Rows, codes: ArrayLike<number>, K: number): ColumnScores => {
  const rows = centred(X)
  const N = X.rows
  const sums = transposeTimes(rows, membership(codes, K))
  const squares = transposeTimes({ ...rows, data: rows.data.map(x => x * x) }, membership(codes, K))
  const counts = new Float64Array(K)
  for (let i = 0; i < N; i++) counts[codes[i]!]!++
  const scores = new Float64Array(X.columns)
  for (let j = 0; j < X.columns; j++) {
    let sum = 0
    let square = 0
    let between = 0
    for (let k = 0; k < K; k++) {
      const s = sums.data[j * K + k]!
      sum += s
      square += squares.data[j * K + k]!
      between += (s * s) / counts[k]!
    }
    between -= (sum * sum) / N
    const within = square - (sum * sum) / N - between
    scores[j] = between / (K - 1) / (within / (N - K))
  }
  return { scores, pvalues: scores.map(f => fUpper(K - 1, N - K, f)) }
}

/** `Σ (observed − expected)² / expected` of the sums of each column within the classes. */
export const chiSquared = (where: string, X: Rows, codes: ArrayLike<number>, K: number): ColumnScores => {
  const below = X.data.findIndex(x => x < 0)
  if (below >= 0)
    throw new ArgumentError(`${where}: chi2 compares counts, and X holds ${X.data[below]}. No number may be below 0.`)
  const observed = transposeTimes(X, membership(codes, K))
  const share = new Float64Array(K)
  for (let i = 0; i < X.rows; i++) share[codes[i]!]! += 1 / X.rows
  const scores = new Float64Array(X.columns)
  for (let j = 0; j < X.columns; j++) {
    let total = 0
    for (let k = 0; k < K; k++) total += observed.data[j * K + k]!
    for (let k = 0; k < K; k++) {
      const expected = share[k]! * total
      scores[j]! += (observed.data[j * K + k]! - expected) ** 2 / expected
    }
  }
  return { scores, pvalues: scores.map(x => (Number.isNaN(x) ? x : gammaUpper((K - 1) / 2, x / 2))) }
}

/** Pearson's correlation of each column with y; 0 for a constant. */
export const correlationsWith = (X: Rows, y: Float64Array): Float64Array => {
  const { mean, variance } = columnMoments(X)
  const N = y.length
  const middle = y.reduce((a, b) => a + b, 0) / N
  const away = y.map(v => v - middle)
  const length = Math.sqrt(away.reduce((a, b) => a + b * b, 0))
  const products = transposeTimes(X, dense(N, 1, away)).data
  // Of centred targets the mean of a column has no part but by rounding, which is taken off.
  const rest = away.reduce((a, b) => a + b, 0)
  return products.map((p, j) => {
    const norm = Math.sqrt(variance[j]! * N) * length
    const r = (p - mean[j]! * rest) / norm
    return Number.isFinite(r) ? Math.min(1, Math.max(-1, r)) : 0
  })
}

/** `F = r² / (1 − r²) · (N − 2)` of the correlation of each column with y. */
export const regressionScores = (X: Rows, y: Float64Array): ColumnScores => {
  const scores = correlationsWith(X, y).map(r => {
    const f = ((r * r) / (1 - r * r)) * (y.length - 2)
    return f === Infinity ? Number.MAX_VALUE : f
  })
  return {
    scores,
    pvalues: scores.map(f => (f === Number.MAX_VALUE ? 0 : fUpper(1, y.length - 2, f))),
  }
}
