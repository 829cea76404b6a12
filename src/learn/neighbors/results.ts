import { fromArray, tensor } from '../../tensor/creation.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Csr } from '../core/sparse.ts'
import type { Neighbors, Within } from './search.ts'

/** The nearest rows of each row: `[Q, k]` each, the nearest first. */
export interface NearestRows {
  readonly distances: Tensor<readonly [number, number], 'float64'>
  readonly indices: Tensor<readonly [number, number], 'int32'>
}
/** The rows near each row, the nearest first: a tensor a row. */
export interface RowsWithin {
  readonly distances: readonly Tensor<readonly [number], 'float64'>[]
  readonly indices: readonly Tensor<readonly [number], 'int32'>[]
}

export const nearestRows = ({ distances, indices }: Neighbors, rows: number): NearestRows => {
  const shape = [rows, distances.length / rows] as [number, number]
  return { distances: fromArray(distances, shape, 'float64'), indices: fromArray(indices, shape, 'int32') }
}
export const rowsWithin = ({ indptr, distances, indices }: Within): RowsWithin => {
  const each = <T>(part: (from: number, to: number) => T): T[] =>
    Array.from({ length: indptr.length - 1 }, (_, i) => part(indptr[i]!, indptr[i + 1]!))
  return {
    distances: each((from, to) => tensor(distances.slice(from, to))) as RowsWithin['distances'],
    indices: each((from, to) => tensor(indices.slice(from, to))) as RowsWithin['indices'],
  }
}

export type GraphMode = 'connectivity' | 'distance'

/** A graph of neighbours as a sparse matrix: 1 or the distance for each neighbour. */
export const graphOf = (
  { indices, distances, indptr }: Neighbors & { readonly indptr?: Int32Array },
  { rows, columns, mode }: { readonly rows: number; readonly columns: number; readonly mode: GraphMode },
): Csr => {
  const starts = indptr ?? Int32Array.from({ length: rows + 1 }, (_, i) => (i * indices.length) / rows)
  const out: Csr = {
    rows,
    columns,
    indptr: starts,
    indices: new Int32Array(indices.length),
    data: new Float64Array(indices.length),
  }
  for (let i = 0; i < rows; i++) {
    const from = starts[i]!
    const order = Array.from({ length: starts[i + 1]! - from }, (_, c) => from + c).sort(
      (a, b) => indices[a]! - indices[b]!,
    )
    for (const [c, at] of order.entries()) {
      out.indices[from + c] = indices[at]!
      out.data[from + c] = mode === 'distance' ? distances[at]! : 1
    }
  }
  return out
}
