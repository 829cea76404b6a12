import { ArgumentError } from '../../core/errors.ts'
import { anInteger, aNumber, defineOptions, either, integer, nothing, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineEmbedding } from '../core/define.ts'
import { kernelMatrix } from '../numeric/kernels.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { nearestRows } from './nearest-rows.ts'

/** Each row and its nearest as a symmetric matrix of 0, ½ and 1, a row being its own first neighbour. */
export const neighbourAffinity = async (X: Dense, k: number): Promise<Dense> => {
  const N = X.rows
  const A = dense(N, N)
  const { indices } = await nearestRows(X, k - 1)
  for (let i = 0; i < N; i++) {
    A.data[i * N + i] = 1
    for (let c = 0; c < k - 1; c++) {
      const j = indices[i * (k - 1) + c]!
      A.data[i * N + j]! += 0.5
      A.data[j * N + i]! += 0.5
    }
  }
  return A
}

/**
 * Eigenvectors of the normalised graph Laplacian with the lowest eigenvalues, over the square roots of the degrees; signs by the entry of
 * largest magnitude.
 *
 * @param skip how many of the lowest are left out: 1 for the constant one
 */
export const laplacianVectors = (A: Dense, count: number, skip: number): Dense => {
  const N = A.rows
  const root = new Float64Array(N)
  for (let i = 0; i < N; i++) {
    let degree = 0
    for (let j = 0; j < N; j++) if (i !== j) degree += A.data[i * N + j]!
    root[i] = Math.sqrt(degree) || 1
  }
  const L = dense(N, N)
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) L.data[i * N + j] = i === j ? 1 : -A.data[i * N + j]! / (root[i]! * root[j]!)
  }
  const { vectors } = symmetricEigen(L)
  const out = dense(N, count)
  for (let c = 0; c < count; c++) {
    let top = 0
    for (let i = 0; i < N; i++) {
      const x = vectors.data[i * N + c + skip]! / root[i]!
      out.data[i * count + c] = x
      if (Math.abs(x) > Math.abs(top)) top = x
    }
    if (top < 0) for (let i = 0; i < N; i++) out.data[i * count + c] = -out.data[i * count + c]!
  }
  return out
}

/**
 * Spectral embedding (Laplacian eigenmaps): points near each other where rows are joined in a graph of likeness.
 *
 * The model has `embedding` [N, nComponents] and `affinityMatrix` [N, N].
 *
 * @throws ArgumentError for as many components or neighbours as rows
 * @example
 * const points = await spectralEmbedding({ affinity: 'rbf', gamma: 0.1 }).fitTransform(X)
 *
 * Source: Belkin & Niyogi 2003.
 */
export const spectralEmbedding = defineEmbedding({
  name: 'spectralEmbedding',
  summary: 'Points near each other where rows are joined in a graph of likeness.',
  source: 'Belkin & Niyogi 2003',
  minRows: 3,
  options: defineOptions({
    nComponents: integer({ min: 1, default: 2, help: 'axes of the embedding' }),
    affinity: oneOf(['nearestNeighbors', 'rbf', 'precomputed'], {
      default: 'nearestNeighbors',
      help: 'how alike rows are; precomputed: X says it',
    }),
    gamma: either([nothing, aNumber({ above: 0 })], { default: null, help: 'width of rbf; null for 1 / columns' }),
    nNeighbors: either([nothing, anInteger({ min: 1 })], {
      default: null,
      help: 'neighbours of each row; null for a tenth of the rows',
    }),
  }),
  fit: async ({ X }, { nComponents, affinity, gamma, nNeighbors }) => {
    const N = X.rows
    if (nComponents >= N)
      throw new ArgumentError(
        `spectralEmbedding.fit: nComponents is ${nComponents}, and there are ${N} rows. It must be smaller.`,
      )
    const k = nNeighbors ?? Math.max(Math.floor(N / 10), 1)
    if (affinity === 'nearestNeighbors' && k > N)
      throw new ArgumentError(`spectralEmbedding.fit: nNeighbors is ${k}, and there are ${N} rows.`)
    if (affinity === 'precomputed' && X.rows !== X.columns)
      throw new ArgumentError(`spectralEmbedding.fit: an affinity must be square; X is [${N}, ${X.columns}].`)
    const A =
      affinity === 'precomputed'
        ? X
        : affinity === 'rbf'
          ? await kernelMatrix(X, X, { kernel: 'rbf', gamma: gamma ?? 1 / X.columns, degree: 3, coef0: 0 })
          : await neighbourAffinity(X, k)
    return { embedding: laplacianVectors(A, nComponents, 1), affinityMatrix: A }
  },
})
