import { ArgumentError } from '../../core/errors.ts'
import { aNumber, aWord, defineOptions, either, flag, type Infer, integer, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineEmbedding } from '../core/define.ts'
import type { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { columnMeans } from '../linear/design.ts'
import { svd } from '../numeric/svd.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { gram } from '../numeric/product.ts'
import { flipRows, lessMeans } from '../decomposition/pca.ts'
import { nearestRows, squaredDistances } from './nearest-rows.ts'
import { conditionalProbabilities } from './perplexity.ts'
import { SpaceTree } from './quad-tree.ts'
import { barnesHutGradient, type Descent, exactGradient, joint } from './tsne-gradient.ts'

export const tsneOptions = defineOptions({
  nComponents: integer({ min: 1, default: 2, help: 'axes of the embedding; up to 3 with barnesHut' }),
  perplexity: number({ above: 0, default: 30, help: 'about how many neighbours each row has' }),
  earlyExaggeration: number({
    min: 1,
    default: 12,
    help: 'how much stronger neighbours pull in the first 250 iterations',
  }),
  learningRate: either([aWord(['auto']), aNumber({ above: 0 })], {
    default: 'auto',
    help: 'length of a step; auto: N / earlyExaggeration / 4, at least 50',
  }),
  maxIter: integer({ min: 250, default: 1000, help: 'the most iterations' }),
  nIterWithoutProgress: integer({
    min: 1,
    default: 300,
    help: 'iterations without a smaller divergence after which it stops',
  }),
  minGradNorm: number({ min: 0, default: 1e-7, help: 'it stops when the gradient is shorter' }),
  metric: oneOf(['euclidean', 'precomputed'], {
    default: 'euclidean',
    help: 'how far rows are apart; precomputed: X holds all distances',
  }),
  init: oneOf(['pca', 'random'], {
    default: 'pca',
    help: 'where points start: the first principal components, or at random',
  }),
  method: oneOf(['barnesHut', 'exact'], {
    default: 'barnesHut',
    help: 'whether far points act together, or all pairs count',
  }),
  angle: number({
    min: 0,
    max: 1,
    default: 0.5,
    help: 'how wide a box may look and still act as one; smaller is more exact',
  }),
  rounded: flag({
    help: 'round the start and the probabilities of neighbours to single precision: machines whose exp and log differ in the last bit then find the same plane',
  }),
  randomState,
})
export type TsneSettings = Infer<typeof tsneOptions>

/**
 * t-SNE: points of a plane (or of space) whose neighbourhoods are those of the rows. It makes Kullback and Leibler's divergence of
 * neighbour probabilities small, by gradient descent with momentum; far points act together (Barnes & Hut), or all pairs with `method: 'exact'`.
 * Distances between clusters mean little.
 *
 * The model has `embedding` [N, nComponents], `klDivergence` (nats), `nIter` and `learningRateUsed`.
 *
 * @throws ArgumentError for a perplexity that is not below the number of rows
 * @example
 * const points = await tsne({ perplexity: 5, maxIter: 250, randomState: 0 }).fitTransform(X)
 * points.shape // [60, 2]
 *
 * Source: van der Maaten & Hinton 2008; van der Maaten 2014; Belkina et al. 2019 (the learning rate); Kobak & Berens 2019 (the start).
 */
export const tsne = defineEmbedding({
  name: 'tsne',
  summary: 'Points of a plane whose neighbourhoods are those of the rows: t-SNE.',
  source: 'van der Maaten & Hinton 2008; van der Maaten 2014',
  minRows: 2,
  options: tsneOptions,
  fit: async ({ X, random }, options) => {
    const { walk, learningRateUsed } = await beginTsne('tsne.fit', { X, random }, options)
    let next = walk.next()
    while (!next.done) next = walk.next()
    const { Y, divergence, nIter } = next.value
    return {
      embedding: { rows: X.rows, columns: options.nComponents, data: Y },
      klDivergence: divergence,
      nIter,
      learningRateUsed,
    }
  },
})

/** The start of a descent: `walk` does an iteration at a time. Shared by `fit` and {@link tsneSteps}, so that both give the same points. */
export const beginTsne = async (
  where: string,
  { X, random }: { readonly X: Dense; readonly random: Random },
  options: TsneSettings,
  watchEvery = 0,
) => {
  const { nComponents: d, perplexity, method, metric, init } = options
  const N = X.rows
  if (perplexity >= N)
    throw new ArgumentError(`${where}: perplexity is ${perplexity}, and there are ${N} rows. It must be smaller.`)
  if (method === 'barnesHut' && d > 3)
    throw new ArgumentError(`${where}: method "barnesHut" draws up to 3 axes; got ${d}. Take "exact".`)
  if (metric === 'precomputed' && (X.rows !== X.columns || init === 'pca')) {
    throw new ArgumentError(`${where}: metric "precomputed" needs all distances, [N, N], and init "random".`)
  }
  const slope = method === 'exact' ? await exactDescent(X, options) : await treeDescent(X, options)
  const found = init === 'pca' ? await principalStart(X, d) : randomStart(N, d, random)
  const start = options.rounded ? found.map(Math.fround) : found
  const rate = options.learningRate === 'auto' ? Math.max(N / options.earlyExaggeration / 4, 50) : options.learningRate
  const walk = descent(start, slope, { ...options, rate, degrees: Math.max(d - 1, 1), watchEvery })
  return { walk, learningRateUsed: rate }
}

const randomStart = (N: number, d: number, random: Random): Float64Array =>
  Float64Array.from({ length: N * d }, () => 1e-4 * random.normal())

/** Principal components, the first with the deviation 1e-4. */
const principalStart = async (X: Dense, d: number): Promise<Float64Array> => {
  const centred = lessMeans(X, columnMeans(X))
  const directions = X.columns <= X.rows ? await leading(centred, d) : svd(centred).vt
  const own = flipRows({
    ...directions,
    rows: Math.min(d, directions.rows),
    data: directions.data.slice(0, Math.min(d, directions.rows) * X.columns),
  })
  const out = new Float64Array(X.rows * d)
  for (let i = 0; i < X.rows; i++) {
    for (let c = 0; c < own.rows; c++) {
      let sum = 0
      for (let j = 0; j < X.columns; j++) sum += centred.data[i * X.columns + j]! * own.data[c * X.columns + j]!
      out[i * d + c] = sum
    }
  }
  let square = 0
  for (let i = 0; i < X.rows; i++) square += out[i * d]! ** 2
  const scale = 1e-4 / (Math.sqrt(square / X.rows) || 1)
  return out.map(x => x * scale)
}

const leading = async (centred: Dense, d: number): Promise<Dense> => {
  const { vectors } = symmetricEigen(await gram(centred))
  const F = vectors.rows
  const out = dense(Math.min(d, F), F)
  for (let c = 0; c < out.rows; c++) for (let j = 0; j < F; j++) out.data[c * F + j] = vectors.data[j * F + F - 1 - c]!
  return out
}

interface Moment {
  readonly gradient: Float64Array
  readonly exaggeration: number
  readonly degrees: number
  readonly wantDivergence: boolean
  readonly watch: boolean
}
type Slope = (Y: Float64Array, moment: Moment) => Descent

const exactDescent = async (
  X: Dense,
  { nComponents: d, perplexity, metric, rounded }: TsneSettings,
): Promise<Slope> => {
  const N = X.rows
  const D = metric === 'precomputed' ? { ...X, data: X.data.map(x => x * x) } : await squaredDistances(X)
  const others = new Float64Array(N * (N - 1))
  for (let i = 0, at = 0; i < N; i++) for (let j = 0; j < N; j++) if (i !== j) others[at++] = D.data[i * N + j]!
  const conditional = conditionalProbabilities(others, N - 1, perplexity)
  const P = new Float64Array(N * N)
  let total = 0
  for (let i = 0, at = 0; i < N; i++) {
    for (let j = 0; j < N; j++) {
      if (i === j) continue
      P[i * N + j]! += conditional[at]!
      P[j * N + i]! += conditional[at]!
      total += 2 * conditional[at]!
      at++
    }
  }
  for (let k = 0; k < P.length; k++) {
    const p = Math.max(P[k]! / total, Number.EPSILON)
    P[k] = rounded ? Math.fround(p) : p
  }
  return (Y, moment) => exactGradient(P, Y, { d, ...moment })
}

const treeDescent = async (
  X: Dense,
  { nComponents: d, perplexity, metric, angle, rounded }: TsneSettings,
): Promise<Slope> => {
  const N = X.rows
  const k = Math.min(N - 1, Math.floor(3 * perplexity + 1))
  const { indices, squared } = metric === 'precomputed' ? nearestOfDistances(X, k) : await nearestRows(X, k)
  const exact = joint(N, k, indices, conditionalProbabilities(squared, k, perplexity))
  const affinities = rounded ? { ...exact, p: exact.p.map(Math.fround) } : exact
  const tree = new SpaceTree(d)
  return (Y, moment) => barnesHutGradient(tree, affinities, Y, { angle, ...moment })
}

const nearestOfDistances = (
  { rows: N, data }: Dense,
  k: number,
): { readonly indices: Int32Array; readonly squared: Float64Array } => {
  const indices = new Int32Array(N * k)
  const squared = new Float64Array(N * k)
  for (let i = 0; i < N; i++) {
    const order = Array.from({ length: N }, (_, j) => j)
      .filter(j => j !== i)
      .sort((a, b) => data[i * N + a]! - data[i * N + b]!)
    for (let c = 0; c < k; c++) {
      indices[i * k + c] = order[c]!
      squared[i * k + c] = data[i * N + order[c]!]! ** 2
    }
  }
  return { indices, squared }
}

interface Steps {
  readonly rate: number
  readonly earlyExaggeration: number
  readonly maxIter: number
  readonly nIterWithoutProgress: number
  readonly minGradNorm: number
  readonly degrees: number
  /** After how many iterations the divergence is told to who watches; 0: never. What is found does not depend on it. */
  readonly watchEvery: number
}

/** An iteration that was done. */
export interface Moved {
  /** The points now: the next iteration changes them. */
  readonly Y: Float64Array
  /** The divergence before the points moved, without exaggeration; NaN where it was not watched. */
  readonly divergence: number
  readonly exaggerated: boolean
}

/** Iterations with neighbours pulling stronger, and between two looks at the divergence. */
const [early, between] = [250, 50]

/** Gradient descent with momentum and a gain of its own for each coordinate (Jacobs 1988). */
function* descent(
  start: Float64Array,
  slope: Slope,
  { rate, earlyExaggeration, maxIter, nIterWithoutProgress, minGradNorm, degrees, watchEvery }: Steps,
): Generator<Moved, { readonly Y: Float64Array; readonly divergence: number; readonly nIter: number }> {
  const Y = start.slice()
  const gradient = new Float64Array(Y.length)
  let divergence = Number.NaN
  let nIter = 0
  for (const [from, to, exaggeration, momentum] of [
    [0, Math.min(early, maxIter), earlyExaggeration, 0.5],
    [Math.min(early, maxIter), maxIter, 1, 0.8],
  ] as const) {
    const update = new Float64Array(Y.length)
    const gains = new Float64Array(Y.length).fill(1)
    let best = Infinity
    let bestAt = from
    for (let i = from; i < to; i++) {
      const look = (i + 1) % between === 0 || i === to - 1
      const watch = watchEvery > 0 && (i + 1) % watchEvery === 0
      const found = slope(Y, { gradient, exaggeration, degrees, wantDivergence: look, watch })
      nIter = i + 1
      let square = 0
      for (let a = 0; a < Y.length; a++) {
        const g = gradient[a]!
        gains[a] = Math.max(0.01, update[a]! * g < 0 ? gains[a]! + 0.2 : gains[a]! * 0.8)
        const own = g * gains[a]!
        update[a] = momentum * update[a]! - rate * own
        Y[a]! += update[a]!
        square += own * own
      }
      yield { Y, divergence: found.watched, exaggerated: from === 0 }
      if (!look) continue
      divergence = found.divergence
      if (divergence < best) {
        best = divergence
        bestAt = i
      } else if (i - bestAt > nIterWithoutProgress) break
      if (Math.sqrt(square) <= minGradNorm) break
    }
  }
  return { Y, divergence, nIter }
}
