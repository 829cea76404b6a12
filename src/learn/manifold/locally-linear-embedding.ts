import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, integer, number } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineEmbedding } from '../core/define.ts'
import { productSync } from '../numeric/product.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { choleskySolve } from '../numeric/triangular.ts'
import { nearestRows } from './nearest-rows.ts'

/** How each row is made up of its neighbours: weights that add to 1 with the least error, [N, k]. */
const barycentres = (X: Dense, indices: Int32Array, k: number, reg: number): Float64Array => {
  const { rows: N, columns: F, data } = X
  const out = new Float64Array(N * k)
  for (let i = 0; i < N; i++) {
    const Z = dense(k, F)
    for (let c = 0; c < k; c++)
      for (let f = 0; f < F; f++) Z.data[c * F + f] = data[indices[i * k + c]! * F + f]! - data[i * F + f]!
    const G = productSync(Z, Z, { transposeB: true })
    let trace = 0
    for (let c = 0; c < k; c++) trace += G.data[c * k + c]!
    for (let c = 0; c < k; c++) G.data[c * k + c]! += trace > 0 ? reg * trace : reg
    const w = choleskySolve(G, { rows: k, columns: 1, data: new Float64Array(k).fill(1) }).data
    const sum = w.reduce((a, b) => a + b, 0)
    for (let c = 0; c < k; c++) out[i * k + c] = w[c]! / sum
  }
  return out
}

/**
 * Locally linear embedding: points that are made up of their neighbours as the rows are.
 *
 * The model has `embedding` [N, nComponents] and `reconstructionError`.
 *
 * @throws ArgumentError for nNeighbors that is not below the number of rows
 * @example
 * const points = await locallyLinearEmbedding({ nNeighbors: 10 }).fitTransform(X)
 *
 * Source: Roweis & Saul 2000.
 */
export const locallyLinearEmbedding = defineEmbedding({
  name: 'locallyLinearEmbedding',
  summary: 'Points that are made up of their neighbours as the rows are.',
  source: 'Roweis & Saul 2000',
  minRows: 2,
  options: defineOptions({
    nNeighbors: integer({ min: 1, default: 5, help: 'neighbours of each row' }),
    nComponents: integer({ min: 1, default: 2, help: 'axes of the embedding' }),
    reg: number({
      above: 0,
      default: 1e-3,
      help: 'what is added to the diagonal of each neighbourhood, as a share of its trace',
    }),
  }),
  fit: async ({ X }, { nNeighbors, nComponents: d, reg }) => {
    const N = X.rows
    if (nNeighbors >= N)
      throw new ArgumentError(
        `locallyLinearEmbedding.fit: nNeighbors is ${nNeighbors}, and there are ${N} rows. It must be smaller.`,
      )
    if (d >= N)
      throw new ArgumentError(
        `locallyLinearEmbedding.fit: nComponents is ${d}, and there are ${N} rows. It must be smaller.`,
      )
    const { indices } = await nearestRows(X, nNeighbors)
    const W = barycentres(X, indices, nNeighbors, reg)
    const A = dense(N, N)
    for (let i = 0; i < N; i++) {
      A.data[i * N + i] = 1
      for (let c = 0; c < nNeighbors; c++) A.data[i * N + indices[i * nNeighbors + c]!]! -= W[i * nNeighbors + c]!
    }
    const { values, vectors } = symmetricEigen(productSync(A, A, { transposeA: true }))
    const embedding = dense(N, d)
    // The lowest eigenvalue is 0, of the constant vector.
    for (let i = 0; i < N; i++) for (let c = 0; c < d; c++) embedding.data[i * d + c] = vectors.data[i * N + c + 1]!
    return { embedding, reconstructionError: values.slice(1, d + 1).reduce((a, b) => a + b, 0) }
  },
})
