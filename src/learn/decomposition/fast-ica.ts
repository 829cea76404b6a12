import { ArgumentError } from '../../core/errors.ts'
import { anInteger, aWord, defineOptions, either, integer, nothing, number, oneOf } from '../../core/options.ts'
import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { randomState, tol } from '../core/rules.ts'
import { columnMeans } from '../linear/design.ts'
import { pinv } from '../numeric/least-squares.ts'
import { productSync } from '../numeric/product.ts'
import { svd } from '../numeric/svd.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { lessMeans } from './pca.ts'

type Contrast = 'logcosh' | 'exp' | 'cube'

/** The contrast at each place, and the mean of its derivative over each row. */
const contrast = (name: Contrast, alpha: number, Y: Dense): { readonly g: Dense; readonly slope: Float64Array } => {
  const g = dense(Y.rows, Y.columns)
  const slope = new Float64Array(Y.rows)
  for (let c = 0; c < Y.rows; c++) {
    let sum = 0
    for (let i = 0; i < Y.columns; i++) {
      const at = c * Y.columns + i
      const x = Y.data[at]!
      if (name === 'logcosh') {
        const t = Math.tanh(alpha * x)
        g.data[at] = t
        sum += alpha * (1 - t * t)
      } else if (name === 'exp') {
        const e = Math.exp((-x * x) / 2)
        g.data[at] = x * e
        sum += (1 - x * x) * e
      } else {
        g.data[at] = x ** 3
        sum += 3 * x * x
      }
    }
    slope[c] = sum / Y.columns
  }
  return { g, slope }
}

/** `(W Wᵀ)^(−1/2) W`: rows at right angles, none before the others. */
const decorrelated = (W: Dense): Dense => {
  const { values, vectors } = symmetricEigen(productSync(W, W, { transposeB: true }))
  const scaled = dense(vectors.rows, vectors.columns)
  for (let i = 0; i < vectors.rows; i++) {
    for (let j = 0; j < vectors.columns; j++)
      scaled.data[i * vectors.columns + j] =
        vectors.data[i * vectors.columns + j]! / Math.sqrt(Math.max(values[j]!, Number.MIN_VALUE))
  }
  return productSync(productSync(scaled, vectors, { transposeB: true }), W)
}

interface Search {
  readonly fun: Contrast
  readonly alpha: number
  readonly maxIter: number
  readonly tol: number
}

const parallel = (
  X: Dense,
  start: Dense,
  { fun, alpha, maxIter, tol }: Search,
): { readonly W: Dense; readonly nIter: number } => {
  const k = start.rows
  let W = decorrelated(start)
  for (let round = 1; round <= maxIter; round++) {
    const { g, slope } = contrast(fun, alpha, productSync(W, X))
    const next = productSync(g, X, { transposeB: true })
    for (let c = 0; c < k; c++)
      for (let j = 0; j < k; j++)
        next.data[c * k + j] = next.data[c * k + j]! / X.columns - slope[c]! * W.data[c * k + j]!
    const turned = decorrelated(next)
    let change = 0
    for (let c = 0; c < k; c++) {
      let dot = 0
      for (let j = 0; j < k; j++) dot += turned.data[c * k + j]! * W.data[c * k + j]!
      change = Math.max(change, Math.abs(Math.abs(dot) - 1))
    }
    W = turned
    if (change < tol) return { W, nIter: round }
  }
  return { W, nIter: maxIter }
}

/** One direction after the other, each at right angles to those before. */
const deflation = (
  X: Dense,
  start: Dense,
  { fun, alpha, maxIter, tol }: Search,
): { readonly W: Dense; readonly nIter: number } => {
  const k = start.rows
  const W = dense(k, k)
  let nIter = 0
  for (let c = 0; c < k; c++) {
    let w = orthonormal(start.data.slice(c * k, (c + 1) * k), W, c)
    for (let round = 1; round <= maxIter; round++) {
      nIter = Math.max(nIter, round)
      const { g, slope } = contrast(fun, alpha, productSync({ rows: 1, columns: k, data: w }, X))
      const moved = productSync(g, X, { transposeB: true }).data.map((x, j) => x / X.columns - slope[0]! * w[j]!)
      const next = orthonormal(moved, W, c)
      let dot = 0
      for (let j = 0; j < k; j++) dot += next[j]! * w[j]!
      w = next
      if (Math.abs(Math.abs(dot) - 1) < tol) break
    }
    W.data.set(w, c * k)
  }
  return { W, nIter }
}

const orthonormal = (w: Float64Array, W: Dense, count: number): Float64Array => {
  const k = w.length
  const out = w.slice()
  for (let c = 0; c < count; c++) {
    let dot = 0
    for (let j = 0; j < k; j++) dot += w[j]! * W.data[c * k + j]!
    for (let j = 0; j < k; j++) out[j]! -= dot * W.data[c * k + j]!
  }
  const length = Math.hypot(...out) || 1
  return out.map(x => x / length)
}

/**
 * Independent component analysis: sources as far from normal as can be, of which the features are sums. Found by Newton's steps on a contrast
 * after whitening.
 *
 * The model has `components` [k, F] (unmixing), `mixing` [F, k], `mean`, `whitening` and `nIter`; `transform` gives the sources.
 *
 * @throws ArgumentError for more components than rows or columns
 * @example
 * const sources = await fastICA({ nComponents: 2, randomState: 0 }).fitTransform(X)
 *
 * Source: Hyvärinen & Oja 2000.
 */
export const fastICA = defineTransformer({
  name: 'fastICA',
  summary: 'Independent sources, as far from normal as can be, of which the features are sums.',
  source: 'Hyvärinen & Oja 2000',
  options: defineOptions({
    nComponents: either([nothing, anInteger({ min: 1 })], { default: null, help: 'how many sources; null for all' }),
    algorithm: oneOf(['parallel', 'deflation'], {
      default: 'parallel',
      help: 'all sources at once, or one after the other',
    }),
    whiten: oneOf(['unitVariance', 'arbitraryVariance'], { default: 'unitVariance', help: 'the scale of the sources' }),
    fun: oneOf(['logcosh', 'exp', 'cube'], {
      default: 'logcosh',
      help: 'the contrast: how far from normal is measured',
    }),
    alpha: number({ min: 1, max: 2, default: 1, help: 'the constant of logcosh' }),
    maxIter: integer({ min: 1, default: 200, help: 'the most iterations' }),
    tol: tol(1e-4),
    whitenSolver: either([aWord(['svd', 'eigh'])], {
      default: 'svd',
      help: 'how rows are whitened: by singular values, or by the covariance for many rows',
    }),
    randomState,
  }),
  minRows: 2,
  fit: ({ X, random }, { nComponents, algorithm, whiten, fun, alpha, maxIter, tol, whitenSolver }) => {
    const { rows: N, columns: F } = X
    const most = Math.min(N, F)
    const k = nComponents ?? most
    if (k > most)
      throw new ArgumentError(
        `fastICA.fit: nComponents is ${k}; of ${N} rows and ${F} columns there are at most ${most}.`,
      )
    const mean = columnMeans(X)
    const centred = lessMeans(X, mean)
    const { lengths, directions } = whitenSolver === 'svd' ? bySingularValues(centred) : byCovariance(centred)
    const whitening = dense(k, F)
    for (let c = 0; c < k; c++) {
      const sign = directions.data[c * F]! < 0 ? -1 : 1
      for (let j = 0; j < F; j++) whitening.data[c * F + j] = (sign * directions.data[c * F + j]!) / (lengths[c]! || 1)
    }
    const white = productSync(whitening, centred, { transposeB: true })
    for (let i = 0; i < white.data.length; i++) white.data[i]! *= Math.sqrt(N)
    const start = { rows: k, columns: k, data: Float64Array.from({ length: k * k }, () => random.normal()) }
    const { W, nIter } = (algorithm === 'parallel' ? parallel : deflation)(white, start, { fun, alpha, maxIter, tol })
    if (whiten === 'unitVariance') {
      const S = productSync(productSync(W, whitening), centred, { transposeB: true })
      for (let c = 0; c < k; c++) {
        let square = 0
        for (let i = 0; i < N; i++) square += S.data[c * N + i]! ** 2 / N
        const deviation = Math.sqrt(square) || 1
        for (let j = 0; j < k; j++) W.data[c * k + j]! /= deviation
      }
    }
    const components = productSync(W, whitening)
    return { components, mixing: pinv(components), mean, whitening, nIter }
  },
  methods: {
    transform: ({ state }, X: Dense) => productSync(lessMeans(X, state.mean), state.components, { transposeB: true }),
    inverseTransform: ({ state }, X: Dense) => {
      const out = productSync(X, state.mixing, { transposeB: true })
      for (let i = 0; i < out.rows; i++)
        for (let j = 0; j < out.columns; j++) out.data[i * out.columns + j]! += state.mean[j]!
      return out
    },
  },
  functions: {
    featureNamesOut: ({ state }) => Array.from({ length: state.components.rows }, (_, k) => `fastica${k}`),
  },
})

const bySingularValues = (X: Dense): { readonly lengths: Float64Array; readonly directions: Dense } => {
  const { s, vt } = svd(X)
  return { lengths: s, directions: vt }
}
const byCovariance = (X: Dense): { readonly lengths: Float64Array; readonly directions: Dense } => {
  const { values, vectors } = symmetricEigen(productSync(X, X, { transposeA: true }))
  const F = values.length
  const rows = transposed(vectors)
  const directions = dense(F, F)
  for (let c = 0; c < F; c++) directions.data.set(rows.data.subarray((F - 1 - c) * F, (F - c) * F), c * F)
  return {
    lengths: Float64Array.from({ length: F }, (_, c) => Math.sqrt(Math.max(values[F - 1 - c]!, 10 * Number.EPSILON))),
    directions,
  }
}
