import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import type { Random } from '../core/random.ts'
import { cholesky, choleskyBackSolve, choleskyLogDeterminant, solveTriangular } from '../numeric/triangular.ts'

// A Gaussian process over the unit cube that says where the next trial promises most.

const matern = (a: Float64Array, b: Float64Array, length: number): number => {
  let square = 0
  for (let i = 0; i < a.length; i++) square += (a[i]! - b[i]!) ** 2
  const r = (Math.sqrt(5) * Math.sqrt(square)) / length
  return (1 + r + (r * r) / 3) * Math.exp(-r)
}

interface Process {
  readonly points: readonly Float64Array[]
  readonly length: number
  readonly factor: Dense
  readonly alpha: Float64Array
  readonly evidence: number
}

const processOf = (points: readonly Float64Array[], values: Float64Array, length: number, noise: number): Process => {
  const n = points.length
  const K = dense(n, n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) K.data[i * n + j] = matern(points[i]!, points[j]!, length) + (i === j ? noise : 0)
  const factor = cholesky(K)
  const alpha = choleskyBackSolve(factor, { rows: n, columns: 1, data: values }).data
  let fit = 0
  for (let i = 0; i < n; i++) fit += values[i]! * alpha[i]!
  return { points, length, factor, alpha, evidence: -0.5 * fit - 0.5 * choleskyLogDeterminant(factor) }
}

const predict = (
  { points, length, factor, alpha }: Process,
  x: Float64Array,
): { readonly mean: number; readonly deviation: number } => {
  const k = Float64Array.from(points, point => matern(point, x, length))
  let mean = 0
  for (let i = 0; i < k.length; i++) mean += k[i]! * alpha[i]!
  const v = solveTriangular(factor, { rows: k.length, columns: 1, data: k }).data
  let variance = 1
  for (const value of v) variance -= value * value
  return { mean, deviation: Math.sqrt(Math.max(variance, 1e-12)) }
}

const density = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)
/** The normal distribution function (Abramowitz & Stegun 1964, 26.2.17; error below 7.5e-8). */
const below = (z: number): number => {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const tail =
    density(z) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return z > 0 ? 1 - tail : tail
}

/**
 * The point of the unit cube whose expected improvement over the best value so far is largest, among random ones and neighbours of the
 * best. The process has a Matérn 5/2 kernel whose length has the highest evidence.
 *
 * Source: Jones, Schonlau & Welch 1998; Snoek, Larochelle & Adams 2012.
 */
export const mostPromising = (
  points: readonly Float64Array[],
  scores: readonly number[],
  random: Random,
): Float64Array => {
  const usable = scores.flatMap((score, i) => (Number.isFinite(score) ? [i] : []))
  const size = points[0]!.length
  if (usable.length < 2) return Float64Array.from({ length: size }, () => random.uniform())
  const known = usable.map(i => points[i]!)
  const values = Float64Array.from(usable, i => scores[i]!)
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const spread = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) || 1
  const standard = values.map(value => (value - mean) / spread)
  const process = [0.1, 0.2, 0.4, 0.8, 1.6]
    .map(length => processOf(known, standard, length * Math.sqrt(size), 1e-3))
    .reduce((a, b) => (b.evidence > a.evidence ? b : a))
  const best = Math.max(...standard)
  const top = known[standard.indexOf(best)]!
  let winner = top
  let most = -Infinity
  for (let k = 0; k < 1000; k++) {
    const near = k % 4 === 3
    const x = Float64Array.from({ length: size }, (_, i) =>
      near ? Math.min(1, Math.max(0, top[i]! + 0.1 * random.normal())) : random.uniform(),
    )
    const found = predict(process, x)
    const gain = found.mean - best - 0.01
    const z = gain / found.deviation
    const improvement = gain * below(z) + found.deviation * density(z)
    if (improvement > most) {
      most = improvement
      winner = x
    }
  }
  return winner
}
