import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { squaredNorms } from '../numeric/kernels.ts'
import { product } from '../numeric/product.ts'

export interface NearestRows {
  readonly k: number
  /** [N, k], each row by ascending distance. */
  readonly indices: Int32Array
  /** Squared distances, [N, k]. */
  readonly squared: Float64Array
}

/** Squared Euclidean distances of all rows, [N, N]; 0 on the diagonal. */
export const squaredDistances = async (X: Dense): Promise<Dense> => {
  const N = X.rows
  const D = await product(X, X, { transposeB: true })
  const norms = squaredNorms(X)
  for (let i = 0, at = 0; i < N; i++)
    for (let j = 0; j < N; j++, at++) D.data[at] = i === j ? 0 : Math.max(0, norms[i]! + norms[j]! - 2 * D.data[at]!)
  return D
}

/** The k nearest other rows of each row, by all distances: a block of rows at a time. */
export const nearestRows = async (X: Dense, k: number): Promise<NearestRows> => {
  const { rows: N, columns: F, data } = X
  const indices = new Int32Array(N * k)
  const squared = new Float64Array(N * k)
  const norms = squaredNorms(X)
  const block = Math.max(1, Math.min(N, Math.floor(4_000_000 / N)))
  for (let from = 0; from < N; from += block) {
    const to = Math.min(N, from + block)
    const D = await product(dense(to - from, F, data.subarray(from * F, to * F)), X, { transposeB: true })
    for (let i = from; i < to; i++) {
      const row = D.data.subarray((i - from) * N, (i - from + 1) * N)
      for (let j = 0; j < N; j++) row[j] = Math.max(0, norms[i]! + norms[j]! - 2 * row[j]!)
      nearestInRow(row, i, { k, indices, squared })
    }
  }
  return { k, indices, squared }
}

/** The k smallest of a row but its own, through a heap with the largest of them on top. */
const nearestInRow = (row: Float64Array, own: number, { k, indices, squared }: NearestRows): void => {
  const at = own * k
  let count = 0
  const sift = (): void => {
    let hole = 0
    const d = squared[at]!
    const j = indices[at]!
    for (;;) {
      let child = 2 * hole + 1
      if (child >= k) break
      if (child + 1 < k && squared[at + child + 1]! > squared[at + child]!) child++
      if (squared[at + child]! <= d) break
      squared[at + hole] = squared[at + child]!
      indices[at + hole] = indices[at + child]!
      hole = child
    }
    squared[at + hole] = d
    indices[at + hole] = j
  }
  for (let j = 0; j < row.length; j++) {
    if (j === own) continue
    const d = row[j]!
    if (count < k) {
      // Fill, largest upwards.
      let hole = count++
      while (hole > 0) {
        const parent = (hole - 1) >> 1
        if (squared[at + parent]! >= d) break
        squared[at + hole] = squared[at + parent]!
        indices[at + hole] = indices[at + parent]!
        hole = parent
      }
      squared[at + hole] = d
      indices[at + hole] = j
    } else if (d < squared[at]!) {
      squared[at] = d
      indices[at] = j
      sift()
    }
  }
  const order = Array.from({ length: k }, (_, c) => c).sort(
    (a, b) => squared[at + a]! - squared[at + b]! || indices[at + a]! - indices[at + b]!,
  )
  const sortedD = order.map(c => squared[at + c]!)
  const sortedJ = order.map(c => indices[at + c]!)
  squared.set(sortedD, at)
  indices.set(sortedJ, at)
}
