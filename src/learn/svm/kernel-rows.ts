import { ArgumentError } from '../../core/errors.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { type KernelName, kernelMatrix } from '../numeric/kernels.ts'

export type KernelFunction = (x: Float64Array, y: Float64Array) => number
export interface SvmKernel {
  readonly kernel: KernelName | 'precomputed' | KernelFunction
  readonly gamma: number
  readonly degree: number
  readonly coef0: number
}

/** γ from what was asked: `scale` is 1 / (columns · variance of all numbers), `auto` 1 / columns. */
export const gammaOf = (gamma: 'scale' | 'auto' | number, { columns, data }: Dense): number => {
  if (typeof gamma === 'number') return gamma
  if (gamma === 'auto') return 1 / columns
  let mean = 0
  for (let i = 0; i < data.length; i++) mean += data[i]! / data.length
  let square = 0
  for (let i = 0; i < data.length; i++) square += (data[i]! - mean) ** 2
  const variance = square / data.length
  return variance === 0 ? 1 : 1 / (columns * variance)
}

/** The kernel of each row of X with each of Y. */
export const kernelBetween = async (X: Dense, Y: Dense, { kernel, ...rest }: SvmKernel): Promise<Dense> => {
  if (kernel === 'precomputed') return X
  if (typeof kernel !== 'function') return kernelMatrix(X, Y, { kernel, ...rest })
  const out = dense(X.rows, Y.rows)
  const row = ({ columns, data }: Dense, i: number): Float64Array => data.subarray(i * columns, (i + 1) * columns)
  for (let i = 0; i < X.rows; i++) {
    for (let j = 0; j < Y.rows; j++) {
      const value = kernel(row(X, i), row(Y, j))
      if (!Number.isFinite(value))
        throw new ArgumentError(`kernel: the function gave ${value} for two rows. It must give a finite number.`)
      out.data[i * Y.rows + j] = value
    }
  }
  return out
}

/** Rows of a kernel matrix as a solver asks for them. */
export interface KernelRows {
  readonly size: number
  readonly diagonal: Float64Array
  row(i: number): Float64Array
}

/** All rows at once where that is up to 256 MiB; beyond, rows are computed when asked for and the last used are kept. */
const largestWhole = 5800

export const kernelRows = async (X: Dense, kernel: SvmKernel): Promise<KernelRows> => {
  if (X.rows <= largestWhole || typeof kernel.kernel === 'function' || kernel.kernel === 'precomputed') {
    const K = await kernelBetween(X, X, kernel)
    return wholeKernel(K)
  }
  return cachedKernel(X, kernel as SvmKernel & { readonly kernel: KernelName })
}

export const wholeKernel = (K: Dense): KernelRows => ({
  size: K.rows,
  diagonal: Float64Array.from({ length: K.rows }, (_, i) => K.data[i * K.rows + i]!),
  row: i => K.data.subarray(i * K.rows, (i + 1) * K.rows),
})

const cachedKernel = (
  X: Dense,
  { kernel, gamma, degree, coef0 }: SvmKernel & { readonly kernel: KernelName },
): KernelRows => {
  const { rows: N, columns: F, data } = X
  const norms = new Float64Array(N)
  for (let i = 0; i < N; i++) for (let f = 0; f < F; f++) norms[i]! += data[i * F + f]! ** 2
  const between = (i: number, j: number): number => {
    let dot = 0
    if (kernel === 'laplacian') {
      for (let f = 0; f < F; f++) dot += Math.abs(data[i * F + f]! - data[j * F + f]!)
      return Math.exp(-gamma * dot)
    }
    for (let f = 0; f < F; f++) dot += data[i * F + f]! * data[j * F + f]!
    if (kernel === 'rbf') return Math.exp(-gamma * Math.max(0, norms[i]! + norms[j]! - 2 * dot))
    if (kernel === 'poly') return (gamma * dot + coef0) ** degree
    if (kernel === 'sigmoid') return Math.tanh(gamma * dot + coef0)
    return kernel === 'cosine' ? dot / (Math.sqrt(norms[i]! * norms[j]!) || 1) : dot
  }
  const kept = new Map<number, Float64Array>()
  const most = Math.max(2, Math.floor(2 ** 25 / N))
  return {
    size: N,
    diagonal: Float64Array.from({ length: N }, (_, i) => between(i, i)),
    row: i => {
      let row = kept.get(i)
      if (row) kept.delete(i)
      else {
        if (kept.size >= most) kept.delete(kept.keys().next().value!)
        row = new Float64Array(N)
        for (let j = 0; j < N; j++) row[j] = between(i, j)
      }
      kept.set(i, row)
      return row
    },
  }
}
