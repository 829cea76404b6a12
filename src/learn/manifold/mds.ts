import { ArgumentError } from '../../core/errors.ts'
import { aFlag, defineOptions, either, integer, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineEmbedding } from '../core/define.ts'
import type { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { poolAdjacentViolators } from '../linear/isotonic-regression.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { squaredDistances } from './nearest-rows.ts'

const distancesOf = async (X: Dense, metric: 'euclidean' | 'precomputed', where: string): Promise<Dense> => {
  if (metric === 'precomputed') {
    if (X.rows !== X.columns)
      throw new ArgumentError(`${where}: distances must be square; X is [${X.rows}, ${X.columns}].`)
    return X
  }
  const D = await squaredDistances(X)
  return { ...D, data: D.data.map(Math.sqrt) }
}

/** Points whose distances are nearest to the given ones by the products behind them: eigenvectors of the doubly centred squares (Torgerson 1952). */
export const classicalScaling = (D: Dense, k: number): { readonly points: Dense; readonly values: Float64Array } => {
  const N = D.rows
  const B = dense(N, N)
  const row = new Float64Array(N)
  let all = 0
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) row[i]! += D.data[i * N + j]! ** 2 / N
    all += row[i]! / N
  }
  for (let i = 0; i < N; i++)
    for (let j = 0; j < N; j++) B.data[i * N + j] = -0.5 * (D.data[i * N + j]! ** 2 - row[i]! - row[j]! + all)
  const { values, vectors } = symmetricEigen(B)
  const points = dense(N, k)
  const own = new Float64Array(k)
  for (let c = 0; c < Math.min(k, N); c++) {
    own[c] = values[N - 1 - c]!
    const scale = Math.sqrt(Math.max(0, own[c]!))
    for (let i = 0; i < N; i++) points.data[i * k + c] = scale * vectors.data[i * N + N - 1 - c]!
  }
  return { points, values: own }
}

/** Distances of points, [N, N]. */
const between = ({ rows: N, columns: k, data }: Dense): Dense => {
  const out = dense(N, N)
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < i; j++) {
      let sum = 0
      for (let c = 0; c < k; c++) sum += (data[i * k + c]! - data[j * k + c]!) ** 2
      out.data[i * N + j] = out.data[j * N + i] = Math.sqrt(sum)
    }
  }
  return out
}

interface Smacof {
  readonly metric: boolean
  readonly maxIter: number
  readonly eps: number
}

/**
 * Moves points so that the stress `Σ (dᵢⱼ − δᵢⱼ)²` falls in each step (Guttman's transform); without `metric` the δ may be any rising
 * function of the dissimilarities.
 *
 * Source: de Leeuw 1977; Kruskal 1964.
 */
const smacof = (
  given: Dense,
  start: Dense,
  { metric, maxIter, eps }: Smacof,
): { readonly points: Dense; readonly stress: number; readonly nIter: number } => {
  const N = given.rows
  const k = start.columns
  let points = start
  let target = given
  let before = Infinity
  let stress = 0
  let nIter = 0
  const pairs = metric ? [] : risingPairs(given)
  for (nIter = 1; nIter <= maxIter; nIter++) {
    const d = between(points)
    if (!metric) target = disparities(d, pairs, N)
    stress = 0
    let size = 0
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < i; j++) {
        stress += (d.data[i * N + j]! - target.data[i * N + j]!) ** 2
        size += d.data[i * N + j]! ** 2
      }
    }
    const next = dense(N, k)
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < N; j++) {
        if (i === j) continue
        const ratio = target.data[i * N + j]! / (d.data[i * N + j]! || 1e-5)
        for (let c = 0; c < k; c++)
          next.data[i * k + c]! += (ratio * (points.data[i * k + c]! - points.data[j * k + c]!)) / N
      }
    }
    points = next
    const share = size === 0 ? 0 : stress / size
    if (before - share < eps) break
    before = share
  }
  const d = between(points)
  stress = 0
  for (let i = 0; i < N; i++) for (let j = 0; j < i; j++) stress += (d.data[i * N + j]! - target.data[i * N + j]!) ** 2
  return { points, stress, nIter: Math.min(nIter, maxIter) }
}

/** Pairs by rising dissimilarity. */
const risingPairs = ({ rows: N, data }: Dense): number[] => {
  const pairs: number[] = []
  for (let i = 0; i < N; i++) for (let j = 0; j < i; j++) pairs.push(i * N + j)
  return pairs.sort((a, b) => data[a]! - data[b]!)
}

/** The rising function of the dissimilarities nearest to the distances, brought to their size. */
const disparities = (d: Dense, pairs: readonly number[], N: number): Dense => {
  const fitted = poolAdjacentViolators(
    pairs.map(at => d.data[at]!),
    new Float64Array(pairs.length).fill(1),
  )
  const size = (values: ArrayLike<number>): number => {
    let sum = 0
    for (let i = 0; i < values.length; i++) sum += values[i]! ** 2
    return sum
  }
  const scale = Math.sqrt((N * (N - 1)) / 2 / (size(fitted) || 1))
  const out = dense(N, N)
  for (const [place, at] of pairs.entries()) {
    const [i, j] = [Math.floor(at / N), at % N]
    out.data[i * N + j] = out.data[j * N + i] = fitted[place]! * scale
  }
  return out
}

/**
 * Multidimensional scaling: points whose distances are nearest to those of the rows, by the least stress from several starts; with
 * `metricMds: false` only the order of distances counts.
 *
 * The model has `embedding` [N, nComponents], `stress`, `nIter` and `dissimilarityMatrix`.
 *
 * @example
 * const points = await mds({ randomState: 0, nInit: 1 }).fitTransform(X)
 *
 * Source: Torgerson 1952; Kruskal 1964; de Leeuw 1977.
 */
export const mds = defineEmbedding({
  name: 'mds',
  summary: 'Points whose distances are nearest to those of the rows: multidimensional scaling.',
  source: 'Torgerson 1952; Kruskal 1964; de Leeuw 1977',
  options: defineOptions({
    nComponents: integer({ min: 1, default: 2, help: 'axes of the embedding' }),
    metric: oneOf(['euclidean', 'precomputed'], {
      default: 'euclidean',
      help: 'how far rows are apart; precomputed: X holds all distances',
    }),
    metricMds: either([aFlag], { default: true, help: 'whether distances count, or only their order' }),
    init: oneOf(['random', 'classical'], { default: 'random', help: 'where points start' }),
    nInit: integer({ min: 1, default: 4, help: 'random starts, of which the best is taken' }),
    maxIter: integer({ min: 1, default: 300, help: 'the most iterations of a start' }),
    eps: number({
      min: 0,
      default: 1e-6,
      help: 'a start is done when the stress falls by less, relative to the squared distances',
    }),
    randomState,
  }),
  fit: async ({ X, random }, { nComponents, metric, metricMds, init, nInit, maxIter, eps }) => {
    const D = await distancesOf(X, metric, 'mds.fit')
    const starts =
      init === 'classical'
        ? [classicalScaling(D, nComponents).points]
        : Array.from({ length: nInit }, () => anywhere(D.rows, nComponents, random))
    const found = starts
      .map(start => smacof(D, start, { metric: metricMds, maxIter, eps }))
      .reduce((a, b) => (b.stress < a.stress ? b : a))
    return { embedding: found.points, stress: found.stress, nIter: found.nIter, dissimilarityMatrix: D }
  },
})

const anywhere = (N: number, k: number, random: Random): Dense => ({
  rows: N,
  columns: k,
  data: Float64Array.from({ length: N * k }, () => random.uniform()),
})

/**
 * Classical scaling: points from the eigenvectors of the doubly centred squared distances; of Euclidean distances, the principal components.
 *
 * The model has `embedding` [N, nComponents], `eigenvalues` and `dissimilarityMatrix`.
 *
 * @example
 * const points = await classicalMDS().fitTransform(X)
 *
 * Source: Torgerson 1952; Gower 1966.
 */
export const classicalMDS = defineEmbedding({
  name: 'classicalMDS',
  summary: 'Points from the eigenvectors of the doubly centred squared distances.',
  source: 'Torgerson 1952; Gower 1966',
  options: defineOptions({
    nComponents: integer({ min: 1, default: 2, help: 'axes of the embedding' }),
    metric: oneOf(['euclidean', 'precomputed'], {
      default: 'euclidean',
      help: 'how far rows are apart; precomputed: X holds all distances',
    }),
  }),
  fit: async ({ X }, { nComponents, metric }) => {
    const D = await distancesOf(X, metric, 'classicalMDS.fit')
    const { points, values } = classicalScaling(D, nComponents)
    return { embedding: points, eigenvalues: values, dissimilarityMatrix: D }
  },
})
