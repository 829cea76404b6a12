import { ArgumentError } from '../../core/errors.ts'
import { anInteger, defineOptions, either, integer, nothing, number } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineEmbedding } from '../core/define.ts'
import { randomState } from '../core/rules.ts'
import { nearestRows } from './nearest-rows.ts'

const nested = ({ rows, columns, data }: Dense): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)))

/**
 * UMAP: points whose graph of neighbours is, as a fuzzy set, that of the rows. Quicker than t-SNE on many rows, and keeps more of what is far.
 * The layout is the library umap-js's; the neighbours are exact, from here.
 *
 * The model has `embedding` [N, nComponents].
 *
 * @throws ArgumentError for nNeighbors that is not below the number of rows
 * @example
 * const points = await umap({ nNeighbors: 8, nEpochs: 50, randomState: 0 }).fitTransform(X)
 *
 * Source: McInnes, Healy & Melville 2018.
 */
export const umap = defineEmbedding({
  name: 'umap',
  summary: 'Points whose graph of neighbours is, as a fuzzy set, that of the rows: UMAP.',
  source: 'McInnes, Healy & Melville 2018',
  minRows: 3,
  options: defineOptions({
    nNeighbors: integer({ min: 2, default: 15, help: 'neighbours of each row' }),
    nComponents: integer({ min: 1, default: 2, help: 'axes of the embedding' }),
    minDist: number({ min: 0, default: 0.1, help: 'how close points may come' }),
    spread: number({ above: 0, default: 1, help: 'how wide clusters are' }),
    nEpochs: either([nothing, anInteger({ min: 1 })], {
      default: null,
      help: 'passes over the graph; null: by the number of rows',
    }),
    learningRate: number({ above: 0, default: 1, help: 'the first length of a step' }),
    negativeSampleRate: integer({ min: 0, default: 5, help: 'strangers that each neighbour is set against' }),
    repulsionStrength: number({ min: 0, default: 1, help: 'how hard strangers push' }),
    localConnectivity: number({ min: 1, default: 1, help: 'neighbours that count in full' }),
    setOpMixRatio: number({
      min: 0,
      max: 1,
      default: 1,
      help: 'union (1) or intersection (0) of the neighbourhoods of two rows',
    }),
    randomState,
  }),
  fit: async ({ X, random }, { nNeighbors, nEpochs, ...options }) => {
    if (nNeighbors >= X.rows)
      throw new ArgumentError(
        `umap.fit: nNeighbors is ${nNeighbors}, and there are ${X.rows} rows. It must be smaller.`,
      )
    const { randomState: _, ...own } = options
    const { UMAP } = await import('umap-js')
    const layout = new UMAP({
      ...own,
      nNeighbors,
      ...(nEpochs === null ? {} : { nEpochs }),
      random: () => random.uniform(),
    })
    // A row is its own first neighbour there.
    const { indices, squared } = await nearestRows(X, nNeighbors - 1)
    const k = nNeighbors - 1
    const knn = Array.from({ length: X.rows }, (_, i) => [i, ...indices.subarray(i * k, (i + 1) * k)])
    const distances = Array.from({ length: X.rows }, (_, i) => [
      0,
      ...squared.subarray(i * k, (i + 1) * k).map(Math.sqrt),
    ])
    layout.setPrecomputedKNN(knn, distances)
    const points = layout.fit(nested(X))
    return { embedding: { rows: X.rows, columns: options.nComponents, data: Float64Array.from(points.flat()) } }
  },
})
