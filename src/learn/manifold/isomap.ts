import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, integer } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { nearestRows, squaredDistances } from './nearest-rows.ts'
import { connectedParts, graphOf, neighbourEdges, shortestFrom } from './neighbour-graph.ts'

/**
 * Isomap: points whose distances are the lengths of the shortest ways through neighbours, so that a curved sheet comes out flat. Parts that
 * no way connects are joined where they are nearest.
 *
 * The model has `embedding` [N, nComponents], `eigenvalues`, `distMatrix` [N, N]; `transform` places new rows by their neighbours.
 *
 * @throws ArgumentError for nNeighbors that is not below the number of rows
 * @example
 * const points = await isomap({ nNeighbors: 10 }).fitTransform(X)
 *
 * Source: Tenenbaum, de Silva & Langford 2000.
 */
export const isomap = defineTransformer({
  name: 'isomap',
  summary: 'Points whose distances are the shortest ways through neighbours.',
  source: 'Tenenbaum, de Silva & Langford 2000',
  minRows: 2,
  options: defineOptions({
    nNeighbors: integer({ min: 1, default: 5, help: 'neighbours of each row' }),
    nComponents: integer({ min: 1, default: 2, help: 'axes of the embedding' }),
  }),
  fit: async ({ X }, { nNeighbors, nComponents: k }) => {
    const N = X.rows
    if (nNeighbors >= N)
      throw new ArgumentError(`isomap.fit: nNeighbors is ${nNeighbors}, and there are ${N} rows. It must be smaller.`)
    const edges = neighbourEdges(await nearestRows(X, nNeighbors), N)
    let graph = graphOf(N, edges)
    const { part, count } = connectedParts(graph)
    if (count > 1) graph = graphOf(N, [...edges, ...bridges(await squaredDistances(X), part, count)])
    const D = dense(N, N)
    for (let i = 0; i < N; i++) D.data.set(shortestFrom(graph, i), i * N)
    const mean = new Float64Array(N)
    let all = 0
    const G = dense(N, N)
    for (let i = 0; i < N; i++) for (let j = 0; j < N; j++) mean[j]! += (-0.5 * D.data[i * N + j]! ** 2) / N
    for (let j = 0; j < N; j++) all += mean[j]! / N
    for (let i = 0; i < N; i++)
      for (let j = 0; j < N; j++) G.data[i * N + j] = -0.5 * D.data[i * N + j]! ** 2 - mean[i]! - mean[j]! + all
    const { values, vectors } = symmetricEigen(G)
    const eigenvalues = Float64Array.from({ length: k }, (_, c) => Math.max(0, values[N - 1 - c] ?? 0))
    const embedding = dense(N, k)
    for (let i = 0; i < N; i++)
      for (let c = 0; c < Math.min(k, N); c++)
        embedding.data[i * k + c] = vectors.data[i * N + N - 1 - c]! * Math.sqrt(eigenvalues[c]!)
    return { embedding, eigenvalues, distMatrix: D, _X: X, _mean: mean, _all: all }
  },
  methods: {
    transform: async ({ state, options }, X: Dense): Promise<Dense> => {
      const { _X: own, distMatrix, embedding, eigenvalues, _mean: mean, _all: all } = state
      const N = own.rows
      const k = eigenvalues.length
      const out = dense(X.rows, k)
      for (let i = 0; i < X.rows; i++) {
        // The shortest way to each row fitted on begins at one of the nearest.
        const near = nearestTo(X, i, own, options.nNeighbors)
        const g = new Float64Array(N).fill(Infinity)
        for (const [j, distance] of near)
          for (let n = 0; n < N; n++) g[n] = Math.min(g[n]!, distance + distMatrix.data[j * N + n]!)
        let average = 0
        for (let n = 0; n < N; n++) {
          g[n] = -0.5 * g[n]! ** 2
          average += g[n]! / N
        }
        for (let c = 0; c < k; c++) {
          if (eigenvalues[c]! <= 0) continue
          let sum = 0
          for (let n = 0; n < N; n++) sum += (g[n]! - mean[n]! - average + all) * embedding.data[n * k + c]!
          out.data[i * k + c] = sum / eigenvalues[c]!
        }
      }
      return out
    },
  },
  functions: {
    featureNamesOut: ({ state }) => Array.from({ length: state.eigenvalues.length }, (_, c) => `isomap${c}`),
  },
})

/** The nearest rows of `own` to one row, with their distances. */
const nearestTo = (X: Dense, row: number, own: Dense, k: number): (readonly [number, number])[] => {
  const F = X.columns
  const distances = Array.from({ length: own.rows }, (_, j): readonly [number, number] => {
    let sum = 0
    for (let f = 0; f < F; f++) sum += (X.data[row * F + f]! - own.data[j * F + f]!) ** 2
    return [j, Math.sqrt(sum)]
  })
  return distances.sort((a, b) => a[1] - b[1]).slice(0, k)
}

/** The shortest edge between each two parts. */
const bridges = ({ rows: N, data }: Dense, part: Int32Array, count: number): [number, number, number][] => {
  const best = new Map<number, [number, number, number]>()
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < i; j++) {
      if (part[i] === part[j]) continue
      const key = Math.min(part[i]!, part[j]!) * count + Math.max(part[i]!, part[j]!)
      const length = Math.sqrt(data[i * N + j]!)
      if (length < (best.get(key)?.[2] ?? Infinity)) best.set(key, [i, j, length])
    }
  }
  return [...best.values()]
}
