import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { gramSync, productSync, timesVector, transposeTimesVector } from '../numeric/product.ts'
import { choleskyBackSolve, choleskyLogDeterminant, solveTriangular } from '../numeric/triangular.ts'
import { factorOf, triangularInverse } from './factors.ts'
import { kernelBetween, kernelDiagonal, kernelOf } from './kernel-values.ts'
import type { Kernel } from './kernels.ts'
import type { Evidence } from './maximize.ts'

// Two classes by a function f with p(1 | f) = 1 / (1 + e^−f): the posterior of f is taken as normal about its mode.

export interface Binary {
  readonly X: Dense
  /** 0 or 1 a row. */
  readonly y: Float64Array
  readonly maxIter: number
}

/** The mode of the posterior, and what follows from it. */
interface Mode {
  readonly evidence: number
  readonly probability: Float64Array
  /** √W, W = π (1 − π). */
  readonly root: Float64Array
  /** L of `I + √W K √W`. */
  readonly factor: Dense
  /** K⁻¹ f. */
  readonly a: Float64Array
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
/** `−ln(1 / (1 + e^−x))`. */
const loss = (x: number): number => Math.max(0, -x) + Math.log1p(Math.exp(-Math.abs(x)))

/** Newton's steps to the mode (Rasmussen & Williams 2006, algorithm 3.1). */
const modeOf = (K: Dense, { y, maxIter }: Binary): Mode => {
  const N = y.length
  let f: Float64Array = new Float64Array(N)
  let found: Mode | undefined
  for (let iteration = 0; iteration < maxIter; iteration++) {
    const probability = f.map(sigmoid)
    const root = probability.map(p => Math.sqrt(p * (1 - p)))
    const B = dense(N, N)
    for (let i = 0, at = 0; i < N; i++)
      for (let j = 0; j < N; j++, at++) B.data[at] = root[i]! * K.data[at]! * root[j]! + (i === j ? 1 : 0)
    const factor = factorOf(B)
    const b = f.map((value, i) => root[i]! ** 2 * value + y[i]! - probability[i]!)
    const inner = timesVector(K, b).map((value, i) => value * root[i]!)
    const back = choleskyBackSolve(factor, dense(N, 1, inner)).data
    const a = b.map((value, i) => value - root[i]! * back[i]!)
    f = timesVector(K, a)
    let evidence = -0.5 * choleskyLogDeterminant(factor)
    for (let i = 0; i < N; i++) evidence -= 0.5 * a[i]! * f[i]! + loss(y[i] === 1 ? f[i]! : -f[i]!)
    const last = found !== undefined && evidence - found.evidence < 1e-10
    found = { evidence, probability, root, factor, a }
    if (last) break
  }
  return found!
}

const squareOf = (values: Float64Array, N: number): Dense => dense(N, N, values)

/** The logarithm of the evidence in Laplace's approximation, and its derivatives (the same, algorithm 5.1). */
export const laplaceEvidence =
  (binary: Binary): Evidence =>
  (kernel, gradient) => {
    const { X, y } = binary
    const N = y.length
    const { values, gradients } = kernelOf(kernel, X, gradient !== undefined)
    const K = squareOf(values, N)
    const { evidence, probability, root, factor, a } = modeOf(K, binary)
    if (!gradient) return evidence
    const inverse = triangularInverse(factor)
    const R = gramSync(inverse)
    const scaled = dense(N, N)
    for (let i = 0, at = 0; i < N; i++)
      for (let j = 0; j < N; j++, at++) {
        R.data[at]! *= root[i]! * root[j]!
        scaled.data[at] = root[i]! * values[at]!
      }
    const C = productSync(inverse, scaled)
    const variance = Float64Array.from({ length: N }, (_, i) => values[i * N + i]!)
    for (let at = 0; at < C.data.length; at++) variance[at % N]! -= C.data[at]! ** 2
    const s2 = variance.map((v, i) => {
      const p = probability[i]!
      return -0.5 * v * p * (1 - p) * (1 - 2 * p)
    })
    const residual = y.map((value, i) => value - probability[i]!)
    for (const [k, change] of gradients.entries()) {
      let sum = 0
      for (let i = 0, at = 0; i < N; i++)
        for (let j = 0; j < N; j++, at++) sum += 0.5 * (a[i]! * a[j]! - R.data[at]!) * change[at]!
      const b = timesVector(squareOf(change, N), residual)
      const back = timesVector(K, timesVector(R, b))
      for (let i = 0; i < N; i++) sum += s2[i]! * (b[i]! - back[i]!)
      gradient[k] = sum
    }
    return evidence
  }

/** What is kept of a mode to predict by. */
export interface Machine {
  readonly kernel: Kernel
  /** y − π. */
  readonly residual: Float64Array
  readonly root: Float64Array
  /** L of `I + √W K √W`. */
  readonly factor: Dense
}

export const machineOf = (kernel: Kernel, binary: Binary): Machine => {
  const K = squareOf(kernelOf(kernel, binary.X).values, binary.y.length)
  const { probability, root, factor } = modeOf(K, binary)
  return { kernel, residual: binary.y.map((value, i) => value - probability[i]!), root, factor }
}

/** Mean and variance of f at rows (algorithm 3.2). */
const latent = (
  { kernel, residual, root, factor }: Machine,
  XTrain: Dense,
  X: Dense,
): { readonly mean: Float64Array; readonly variance: Float64Array } => {
  const between = kernelBetween(kernel, XTrain, X)
  const mean = transposeTimesVector(between, residual)
  const M = X.rows
  for (let at = 0; at < between.data.length; at++) between.data[at]! *= root[Math.floor(at / M)]!
  const told = solveTriangular(factor, between).data
  const variance = kernelDiagonal(kernel, X)
  for (let at = 0; at < told.length; at++) variance[at % M]! -= told[at]! ** 2
  return { mean, variance: variance.map(v => Math.max(0, v)) }
}

/** `∫ σ(f) N(f; μ, s²) df` by the trapezoidal rule, whose error falls as e^(−2π² / (s h)) with the step h. */
export const meanSigmoid = (mean: number, variance: number): number => {
  const s = Math.sqrt(variance)
  const h = Math.min(0.25, 0.8 / s)
  const steps = Math.ceil(8.5 / h)
  let [sum, weights] = [0, 0]
  for (let k = -steps; k <= steps; k++) {
    const z = k * h
    const weight = Math.exp(-0.5 * z * z)
    weights += weight
    sum += weight * sigmoid(mean + s * z)
  }
  return sum / weights
}

/** The probability of the class 1 at rows. */
export const probabilities = (machine: Machine, XTrain: Dense, X: Dense): Float64Array => {
  const { mean, variance } = latent(machine, XTrain, X)
  return mean.map((m, i) => meanSigmoid(m, variance[i]!))
}
