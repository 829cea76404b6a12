import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import type { Random } from '../core/random.ts'
import { takeDense } from '../core/take-rows.ts'
import { productSync } from '../numeric/product.ts'
import { svd } from '../numeric/svd.ts'

/** The column of each row's largest value. */
const argmax = ({ rows, columns, data }: Dense): Int32Array =>
  Int32Array.from({ length: rows }, (_, i) => {
    let best = 0
    for (let k = 1; k < columns; k++) if (data[i * columns + k]! > data[i * columns + best]!) best = k
    return best
  })

/** Rows that differ most from each other: each has the longest part that is not along those before (pivots of a QR factorization). */
const pivots = ({ rows: N, columns: K, data }: Dense): Int32Array => {
  const rest = data.slice()
  return Int32Array.from({ length: K }, () => {
    let [best, longest] = [0, -1]
    for (let i = 0; i < N; i++) {
      let length = 0
      for (let k = 0; k < K; k++) length += rest[i * K + k]! ** 2
      if (length > longest) [best, longest] = [i, length]
    }
    const along = rest.slice(best * K, (best + 1) * K).map(x => x / (Math.sqrt(longest) || 1))
    for (let i = 0; i < N; i++) {
      let part = 0
      for (let k = 0; k < K; k++) part += rest[i * K + k]! * along[k]!
      for (let k = 0; k < K; k++) rest[i * K + k]! -= part * along[k]!
    }
    return best
  })
}

/**
 * Clusters from eigenvectors by a pivoted QR factorization: no start is drawn.
 *
 * Source: Damle, Minden & Ying 2019.
 */
export const clusterQr = (vectors: Dense): Int32Array => {
  const { u, vt } = svd(transposed(takeDense(vectors, pivots(vectors))))
  const turned = productSync(vectors, productSync(u, vt))
  return argmax(dense(turned.rows, turned.columns, turned.data.map(Math.abs)))
}

/**
 * Clusters from eigenvectors by the rotation that brings them nearest to one 1 a row.
 *
 * Source: Yu & Shi 2003.
 */
export const discretize = (vectors: Dense, random: Random): Int32Array => {
  const { rows: N, columns: K } = vectors
  const unit = dense(N, K, vectors.data.slice())
  for (let i = 0; i < N; i++) {
    let length = 0
    for (let k = 0; k < K; k++) length += unit.data[i * K + k]! ** 2
    for (let k = 0; k < K; k++) unit.data[i * K + k]! /= Math.sqrt(length) || 1
  }
  let rotation = startingRotation(unit, random)
  let [labels, last] = [new Int32Array(N), 0]
  for (let step = 0; step < 30; step++) {
    labels = argmax(productSync(unit, rotation)) as Int32Array<ArrayBuffer>
    const sums = dense(K, K)
    for (let i = 0; i < N; i++) for (let k = 0; k < K; k++) sums.data[labels[i]! * K + k]! += unit.data[i * K + k]!
    const { u, s, vt } = svd(sums)
    const cut = 2 * (N - s.reduce((a, b) => a + b, 0))
    if (step > 0 && Math.abs(cut - last) < 1e-12 * N) break
    last = cut
    rotation = productSync(transposed(vt), transposed(u))
  }
  return labels
}

/** Columns that are rows as orthogonal to each other as there are, the first one drawn. */
const startingRotation = (unit: Dense, random: Random): Dense => {
  const { rows: N, columns: K } = unit
  const out = dense(K, K)
  const along = new Float64Array(N)
  let row = random.integer(N)
  for (let c = 0; c < K; c++) {
    for (let k = 0; k < K; k++) out.data[k * K + c] = unit.data[row * K + k]!
    for (let i = 0; i < N; i++) {
      let inner = 0
      for (let k = 0; k < K; k++) inner += unit.data[i * K + k]! * out.data[k * K + c]!
      along[i]! += Math.abs(inner)
    }
    row = along.reduce((best, value, i) => (value < along[best]! ? i : best), 0)
  }
  return out
}
