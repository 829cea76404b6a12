import { DataError } from '../core/errors.ts'
import { dense, type Dense } from '../ops/matrix-kernels.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { studentTails } from './distributions/location-scale.ts'
import { normalTails } from './special/normal.ts'
import { type Numbers, matrix, matrixOf, pairsOf, type Rows } from './values.ts'

/** A coefficient from −1 to 1, and how likely one as far from 0 is where the two are independent. */
export interface Correlation {
  readonly statistic: number
  readonly pValue: number
}

/** Ranks from 1; equal values share the mean of theirs. */
export const ranks = (x: ArrayLike<number>): Float64Array => {
  const order = Array.from({ length: x.length }, (_, i) => i).sort((a, b) => x[a]! - x[b]!)
  const out = new Float64Array(x.length)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to + 1 < order.length && x[order[to + 1]!] === x[order[from]!]) to++
    for (let i = from; i <= to; i++) out[order[i]!] = (from + to) / 2 + 1
    from = to + 1
  }
  return out
}

const centred = (x: Float64Array): Float64Array => {
  let mean = 0
  for (const v of x) mean += v / x.length
  return x.map(v => v - mean)
}
const pearson = (where: string, x: Float64Array, y: Float64Array): number => {
  const [a, b] = [centred(x), centred(y)]
  let [xy, xx, yy] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    xy += a[i]! * b[i]!
    xx += a[i]! ** 2
    yy += b[i]! ** 2
  }
  if (xx === 0 || yy === 0)
    throw new DataError(
      `${where}: all values of ${xx === 0 ? 'x' : 'y'} are equal. A correlation needs some that differ.`,
    )
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)))
}
/** P(|T| ≥ |t|) of `t = r √((n − 2)/(1 − r²))`. */
const pearsonP = (r: number, n: number): number => {
  if (n === 2) return 1
  const t = Math.abs(r) * Math.sqrt((n - 2) / ((1 - r) * (1 + r)))
  return 2 * studentTails(t, n - 2).upper
}

/**
 * Pearson's correlation, `r = Σ(x − x̄)(y − ȳ) / √(Σ(x − x̄)² Σ(y − ȳ)²)`, with the p-value of a t test, exact for normal data.
 *
 * @throws DataError where all values of one are equal
 */
export const pearsonCorrelation = (x: Numbers, y: Numbers): Correlation => {
  const [a, b] = pairsOf('pearsonCorrelation', x, y)
  const statistic = pearson('pearsonCorrelation', a, b)
  return { statistic, pValue: pearsonP(statistic, a.length) }
}
/** Spearman's correlation: Pearson's of the ranks; equal values share theirs. */
export const spearmanCorrelation = (x: Numbers, y: Numbers): Correlation => {
  const [a, b] = pairsOf('spearmanCorrelation', x, y)
  const statistic = pearson('spearmanCorrelation', ranks(a), ranks(b))
  return { statistic, pValue: pearsonP(statistic, a.length) }
}

const groupSizes = (x: Float64Array): number[] => {
  const counts = new Map<number, number>()
  for (const v of x) counts.set(v, (counts.get(v) ?? 0) + 1)
  return [...counts.values()]
}
/** Shares of permutations of n with up to c inversions, exactly (Kendall 1970). */
const kendallExact = (n: number, concordantLess: number): number => {
  const c = Math.min(concordantLess, (n * (n - 1)) / 2 - concordantLess)
  // Shares of the inversions 0 … c, a value at a time.
  let shares = new Float64Array(c + 1)
  shares[0] = 1
  for (let j = 2; j <= n; j++) {
    const next = new Float64Array(c + 1)
    let window = 0
    for (let k = 0; k <= c; k++) {
      window += shares[k]! - (k >= j ? shares[k - j]! : 0)
      next[k] = window / j
    }
    shares = next
  }
  let total = 0
  for (const s of shares) total += s
  return Math.min(1, 2 * total)
}

/**
 * Kendall's τ-b, `(C − D) / √((C + D + Tx)(C + D + Ty))`: pairs in the same order less those in opposite order, equal ones allowed for.
 *
 * The p-value is exact to 33 values without equal ones (or where nearly all pairs agree), else normal with the correction for equal values.
 *
 * @throws DataError where all values of one are equal
 *
 * Source: Kendall 1970; checked against SciPy 1.17 `kendalltau`.
 */
export const kendallCorrelation = (x: Numbers, y: Numbers): Correlation => {
  const [a, b] = pairsOf('kendallCorrelation', x, y)
  const n = a.length
  let [score, discordant] = [0, 0]
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const sign = Math.sign(a[i]! - a[j]!) * Math.sign(b[i]! - b[j]!)
      score += sign
      if (sign < 0) discordant++
    }
  const [gx, gy] = [groupSizes(a), groupSizes(b)]
  const all = (n * (n - 1)) / 2
  const tied = (g: number[], f: (t: number) => number): number => g.reduce((s, t) => s + f(t), 0)
  const [tx, ty] = [tied(gx, t => (t * (t - 1)) / 2), tied(gy, t => (t * (t - 1)) / 2)]
  if (tx === all || ty === all)
    throw new DataError(
      `kendallCorrelation: all values of ${tx === all ? 'x' : 'y'} are equal. A correlation needs some that differ.`,
    )
  const statistic = Math.max(-1, Math.min(1, score / Math.sqrt(all - tx) / Math.sqrt(all - ty)))
  if (tx === 0 && ty === 0 && (n <= 33 || Math.min(discordant, all - discordant) <= 1))
    return { statistic, pValue: kendallExact(n, discordant) }
  const m = n * (n - 1)
  const [x0, y0] = [tied(gx, t => t * (t - 1) * (t - 2)), tied(gy, t => t * (t - 1) * (t - 2))]
  const [x1, y1] = [tied(gx, t => t * (t - 1) * (2 * t + 5)), tied(gy, t => t * (t - 1) * (2 * t + 5))]
  const variance = (m * (2 * n + 5) - x1 - y1) / 18 + (2 * tx * ty) / m + (x0 * y0) / (9 * m * (n - 2))
  return { statistic, pValue: 2 * normalTails(Math.abs(score) / Math.sqrt(variance)).upper }
}

const covarianceOf = (x: Dense, ddof: number): Dense => {
  const { rows: n, columns: k, data } = x
  const means = new Float64Array(k)
  for (let i = 0; i < n; i++) for (let j = 0; j < k; j++) means[j]! += data[i * k + j]! / n
  const out = dense(k, k)
  for (let i = 0; i < n; i++)
    for (let a = 0; a < k; a++) {
      const d = data[i * k + a]! - means[a]!
      for (let b = 0; b <= a; b++) out.data[a * k + b]! += d * (data[i * k + b]! - means[b]!)
    }
  for (let a = 0; a < k; a++)
    for (let b = 0; b <= a; b++) {
      out.data[a * k + b]! /= n - ddof
      out.data[b * k + a] = out.data[a * k + b]!
    }
  return out
}

/**
 * The covariances of columns, `Σ(xᵢₐ − x̄ₐ)(xᵢᵦ − x̄ᵦ) / (n − ddof)`.
 *
 * **Shape** x: `[N, F]` → `[F, F]`.
 *
 * @param options.ddof 1 by default, for covariances without bias
 */
export const covariance = (x: Rows, { ddof = 1 }: { readonly ddof?: number } = {}): Tensor => {
  const values = matrixOf('covariance', 'x', x)
  if (values.rows <= ddof)
    throw new DataError(`covariance: x has ${values.rows} rows. It needs more than ${ddof}.`, { rows: values.rows })
  return matrix(covarianceOf(values, ddof))
}

/**
 * The correlations of columns with each other.
 *
 * **Shape** x: `[N, F]` → `[F, F]`, 1 on the diagonal.
 *
 * @param options.method `pearson` (default), `spearman` or `kendall`
 */
export const correlation = (
  x: Rows,
  { method = 'pearson' }: { readonly method?: 'pearson' | 'spearman' | 'kendall' } = {},
): Tensor => {
  const { rows, columns: k, data } = matrixOf('correlation', 'x', x)
  const of = { pearson: pearsonCorrelation, spearman: spearmanCorrelation, kendall: kendallCorrelation }[method]
  const column = (j: number): Float64Array => Float64Array.from({ length: rows }, (_, i) => data[i * k + j]!)
  const out = dense(k, k)
  for (let a = 0; a < k; a++)
    for (let b = 0; b <= a; b++) {
      const r = a === b ? 1 : of(column(a), column(b)).statistic
      out.data[a * k + b] = r
      out.data[b * k + a] = r
    }
  return matrix(out)
}
