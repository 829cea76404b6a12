import type { Dense } from '../../ops/matrix-kernels.ts'
import type { DotProduct, ExpSineSquared, Kernel, LeafKernel, Matern, RationalQuadratic, Rbf } from './kernels.ts'
import { freeNames } from './theta.ts'

// What kernels are worth between rows, and how that changes with the logarithms of what is not fixed.

/** Values [N, M], and of each element of theta the derivatives [N, M] by it. */
export interface KernelValues {
  readonly values: Float64Array
  readonly gradients: readonly Float64Array[]
}

/** Rows, and other rows, or none for the same. */
interface Pairs {
  readonly X: Dense
  readonly Y: Dense | null
  readonly gradients: boolean
}

const sizeOf = ({ X, Y }: Pairs): number => X.rows * (Y ?? X).rows
const filled = (size: number, value: number): Float64Array => new Float64Array(size).fill(value)

/** `Σ (x − y)²` of each pair of rows, over all columns. */
const squaredDistances = ({ X, Y }: Pairs): Float64Array => {
  const other = Y ?? X
  const [N, M, F] = [X.rows, other.rows, X.columns]
  const [a, b] = [X.data, other.data]
  const out = new Float64Array(N * M)
  for (let i = 0, at = 0; i < N; i++)
    for (let j = 0; j < M; j++, at++) {
      let sum = 0
      for (let f = 0; f < F; f++) {
        const difference = a[i * F + f]! - b[j * F + f]!
        sum += difference * difference
      }
      out[at] = sum
    }
  return out
}

/** Columns over their lengths. */
const scaledBy = ({ rows, columns, data }: Dense, lengths: number | readonly number[]): Dense => {
  const each = typeof lengths === 'number' ? null : lengths
  const out = new Float64Array(data.length)
  for (let at = 0; at < out.length; at++) out[at] = data[at]! / (each ? each[at % columns]! : (lengths as number))
  return { rows, columns, data: out }
}

const column = ({ rows, columns, data }: Dense, f: number): Dense => ({
  rows,
  columns: 1,
  data: Float64Array.from({ length: rows }, (_, i) => data[i * columns + f]!),
})

/** Of a kernel of squared distances d over lengths: its values, and minus twice its slope by d, from which all derivatives follow. */
const shapes: Readonly<Record<string, readonly [value: (d: number) => number, slope: (d: number) => number]>> = {
  rbf: [d => Math.exp(-0.5 * d), d => Math.exp(-0.5 * d)],
  'matern 0.5': [d => Math.exp(-Math.sqrt(d)), d => (d === 0 ? 0 : Math.exp(-Math.sqrt(d)) / Math.sqrt(d))],
  'matern 1.5': [d => (1 + Math.sqrt(3 * d)) * Math.exp(-Math.sqrt(3 * d)), d => 3 * Math.exp(-Math.sqrt(3 * d))],
  'matern 2.5': [
    d => (1 + Math.sqrt(5 * d) + (5 / 3) * d) * Math.exp(-Math.sqrt(5 * d)),
    d => (5 / 3) * (1 + Math.sqrt(5 * d)) * Math.exp(-Math.sqrt(5 * d)),
  ],
}

const stationary = (kernel: Rbf | Matern, pairs: Pairs): KernelValues => {
  const [value, slope] = shapes[kernel.kind === 'rbf' ? 'rbf' : `matern ${kernel.nu}`]!
  const X = scaledBy(pairs.X, kernel.lengthScale)
  const Y = pairs.Y && scaledBy(pairs.Y, kernel.lengthScale)
  const scaled = { ...pairs, X, Y }
  const d = squaredDistances(scaled)
  const values = d.map(value)
  if (!pairs.gradients || freeNames(kernel).length === 0) return { values, gradients: [] }
  const slopes = d.map(slope)
  if (typeof kernel.lengthScale === 'number') return { values, gradients: [slopes.map((s, k) => s * d[k]!)] }
  const gradients = kernel.lengthScale.map((_, f) => {
    const own = squaredDistances({ ...scaled, X: column(X, f), Y: Y && column(Y, f) })
    for (let k = 0; k < own.length; k++) own[k]! *= slopes[k]!
    return own
  })
  return { values, gradients }
}

/** The derivatives of those that are not fixed, by name. */
const free = (kernel: LeafKernel, all: Readonly<Record<string, () => Float64Array>>): Float64Array[] =>
  freeNames(kernel).map(name => all[name]!())

const rationalQuadratic = (kernel: RationalQuadratic, pairs: Pairs): KernelValues => {
  const { alpha, lengthScale } = kernel
  const d = squaredDistances(pairs)
  for (let k = 0; k < d.length; k++) d[k]! /= lengthScale * lengthScale
  const base = d.map(x => 1 + x / (2 * alpha))
  const values = base.map(b => b ** -alpha)
  if (!pairs.gradients) return { values, gradients: [] }
  return {
    values,
    gradients: free(kernel, {
      alpha: () => values.map((v, k) => v * (-alpha * Math.log(base[k]!) + d[k]! / (2 * base[k]!))),
      lengthScale: () => values.map((v, k) => (v * d[k]!) / base[k]!),
    }),
  }
}

const expSineSquared = (kernel: ExpSineSquared, pairs: Pairs): KernelValues => {
  const { lengthScale, periodicity } = kernel
  const angles = squaredDistances(pairs).map(d => (Math.PI * Math.sqrt(d)) / periodicity)
  const square = lengthScale * lengthScale
  const values = angles.map(a => Math.exp((-2 * Math.sin(a) ** 2) / square))
  if (!pairs.gradients) return { values, gradients: [] }
  return {
    values,
    gradients: free(kernel, {
      lengthScale: () => values.map((v, k) => ((4 * Math.sin(angles[k]!) ** 2) / square) * v),
      periodicity: () =>
        values.map((v, k) => ((4 * angles[k]! * Math.cos(angles[k]!) * Math.sin(angles[k]!)) / square) * v),
    }),
  }
}

const dotProduct = (kernel: DotProduct, pairs: Pairs): KernelValues => {
  const { X } = pairs
  const other = pairs.Y ?? X
  const [M, F] = [other.rows, X.columns]
  const square = kernel.sigma0 * kernel.sigma0
  const values = filled(sizeOf(pairs), square)
  for (let i = 0, at = 0; i < X.rows; i++)
    for (let j = 0; j < M; j++, at++) {
      let sum = 0
      for (let f = 0; f < F; f++) sum += X.data[i * F + f]! * other.data[j * F + f]!
      values[at]! += sum
    }
  if (!pairs.gradients) return { values, gradients: [] }
  return { values, gradients: free(kernel, { sigma0: () => filled(values.length, 2 * square) }) }
}

const diagonal = (pairs: Pairs, value: number): Float64Array => {
  const out = new Float64Array(sizeOf(pairs))
  const N = pairs.X.rows
  if (!pairs.Y) for (let i = 0; i < N; i++) out[i * N + i] = value
  return out
}

const evaluate = (kernel: Kernel, pairs: Pairs): KernelValues => {
  switch (kernel.kind) {
    case 'rbf':
    case 'matern':
      return stationary(kernel, pairs)
    case 'rationalQuadratic':
      return rationalQuadratic(kernel, pairs)
    case 'expSineSquared':
      return expSineSquared(kernel, pairs)
    case 'dotProduct':
      return dotProduct(kernel, pairs)
    case 'constantKernel': {
      const values = filled(sizeOf(pairs), kernel.constantValue)
      return { values, gradients: pairs.gradients ? free(kernel, { constantValue: () => values.slice() }) : [] }
    }
    case 'whiteKernel': {
      const values = diagonal(pairs, kernel.noiseLevel)
      return { values, gradients: pairs.gradients ? free(kernel, { noiseLevel: () => values.slice() }) : [] }
    }
    default: {
      const parts = kernel.kernels.map(one => evaluate(one, pairs))
      return parts.reduce(kernel.kind === 'sumKernel' ? sum : times)
    }
  }
}

const sum = (a: KernelValues, b: KernelValues): KernelValues => ({
  values: a.values.map((x, k) => x + b.values[k]!),
  gradients: [...a.gradients, ...b.gradients],
})
const multiplied = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, k) => x * b[k]!)
const times = (a: KernelValues, b: KernelValues): KernelValues => ({
  values: multiplied(a.values, b.values),
  gradients: [
    ...a.gradients.map(gradient => multiplied(gradient, b.values)),
    ...b.gradients.map(gradient => multiplied(gradient, a.values)),
  ],
})

/** The kernel of each row of X with each other, [N, N], and with `gradients` its derivatives by theta. */
export const kernelOf = (kernel: Kernel, X: Dense, gradients = false): KernelValues =>
  evaluate(kernel, { X, Y: null, gradients })

/** The kernel of each row of X with each of Y, which are others, [N, M]. */
export const kernelBetween = (kernel: Kernel, X: Dense, Y: Dense): Dense => ({
  rows: X.rows,
  columns: Y.rows,
  data: evaluate(kernel, { X, Y, gradients: false }).values,
})

/** The kernel of each row with itself. */
export const kernelDiagonal = (kernel: Kernel, X: Dense): Float64Array => {
  switch (kernel.kind) {
    case 'constantKernel':
      return filled(X.rows, kernel.constantValue)
    case 'whiteKernel':
      return filled(X.rows, kernel.noiseLevel)
    case 'dotProduct':
      return Float64Array.from({ length: X.rows }, (_, i) => {
        let total = kernel.sigma0 ** 2
        for (let at = i * X.columns; at < (i + 1) * X.columns; at++) total += X.data[at]! ** 2
        return total
      })
    case 'sumKernel':
    case 'productKernel': {
      const parts = kernel.kernels.map(one => kernelDiagonal(one, X))
      const add = kernel.kind === 'sumKernel'
      return parts.reduce((a, b) => a.map((x, i) => (add ? x + b[i]! : x * b[i]!)))
    }
    default:
      return filled(X.rows, 1)
  }
}
