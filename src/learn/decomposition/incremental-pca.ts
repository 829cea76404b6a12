import { ArgumentError } from '../../core/errors.ts'
import { aFlag, anInteger, defineOptions, either, nothing } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { takeDense } from '../core/take-rows.ts'
import { columnMeans } from '../linear/design.ts'
import { product } from '../numeric/product.ts'
import { svd } from '../numeric/svd.ts'
import { firstRows, flipRows, lessMeans, scaleColumns } from './pca.ts'

const stacked = (parts: readonly Dense[]): Dense => {
  const columns = parts[0]!.columns
  const out = dense(
    parts.reduce((sum, part) => sum + part.rows, 0),
    columns,
  )
  let at = 0
  for (const part of parts) {
    out.data.set(part.data, at)
    at += part.data.length
  }
  return out
}

/** Sizes of batches: all of one size, and a rest that is too small joins the last. */
const batches = (rows: number, size: number, least: number): (readonly [number, number])[] => {
  const out: [number, number][] = []
  for (let start = 0; start < rows; ) {
    const end = start + size
    if (end + least > rows) {
      out.push([start, rows])
      break
    }
    out.push([start, end])
    start = end
  }
  return out
}

/**
 * Principal components from batches of rows, one after the other: memory for a batch and the components only, and nearly those of `pca`.
 *
 * The model has `components`, `explainedVariance`, `explainedVarianceRatio`, `singularValues`, `mean`, `variance`, `noiseVariance`.
 *
 * @throws ArgumentError for more components than columns or rows of a batch
 * @example
 * const reduced = await incrementalPCA({ nComponents: 2, batchSize: 20 }).fitTransform(X)
 *
 * Source: Ross et al. 2008; Levy & Lindenbaum 2000.
 */
export const incrementalPCA = defineTransformer({
  name: 'incrementalPCA',
  summary: 'Principal components from one batch of rows after the other.',
  source: 'Ross et al. 2008; Levy & Lindenbaum 2000',
  options: defineOptions({
    nComponents: either([nothing, anInteger({ min: 1 })], { default: null, help: 'how many directions; null for all' }),
    whiten: either([aFlag], { default: false, help: 'whether each component is brought to variance 1' }),
    batchSize: either([nothing, anInteger({ min: 1 })], {
      default: null,
      help: 'rows of a batch; null for 5 times the columns',
    }),
  }),
  fit: ({ X }, { nComponents, batchSize }) => {
    const { rows: N, columns: F } = X
    const size = batchSize ?? 5 * F
    const k = nComponents ?? Math.min(N, F)
    if (k > Math.min(N, F))
      throw new ArgumentError(
        `incrementalPCA.fit: nComponents is ${k}; of ${N} rows and ${F} columns there are at most ${Math.min(N, F)}.`,
      )
    if (size < k && size < N)
      throw new ArgumentError(
        `incrementalPCA.fit: nComponents is ${k} and batchSize ${size}. A batch needs at least as many rows as there are components.`,
      )
    let seen = 0
    let mean = new Float64Array(F)
    let variance = new Float64Array(F)
    let components: Dense | undefined
    let singularValues = new Float64Array(0)
    let all = new Float64Array(0)
    for (const [start, end] of batches(N, size, nComponents === null ? 0 : k)) {
      const batch = takeDense(
        X,
        Array.from({ length: end - start }, (_, i) => start + i),
      )
      const n = batch.rows
      const own = columnMeans(batch)
      const total = seen + n
      const nextMean = new Float64Array(F)
      const nextVariance = new Float64Array(F)
      for (let j = 0; j < F; j++) {
        nextMean[j] = (mean[j]! * seen + own[j]! * n) / total
        let square = 0
        for (let i = 0; i < n; i++) square += (batch.data[i * F + j]! - own[j]!) ** 2
        nextVariance[j] = (variance[j]! * seen + square + ((seen * n) / total) * (mean[j]! - own[j]!) ** 2) / total
      }
      let rows = lessMeans(batch, own)
      if (components) {
        const scaled = { ...components, data: components.data.slice() }
        for (let c = 0; c < scaled.rows; c++) for (let j = 0; j < F; j++) scaled.data[c * F + j]! *= singularValues[c]!
        const correction = dense(1, F)
        for (let j = 0; j < F; j++) correction.data[j] = Math.sqrt((seen / total) * n) * (mean[j]! - own[j]!)
        rows = stacked([scaled, rows, correction])
      }
      const { s, vt } = svd(rows)
      components = flipRows(firstRows(vt, Math.min(k, vt.rows)))
      singularValues = Float64Array.from(s.subarray(0, components.rows))
      all = Float64Array.from(s, x => (x * x) / Math.max(1, total - 1))
      mean = nextMean
      variance = nextVariance
      seen = total
    }
    const spread = variance.reduce((a, b) => a + b, 0) * seen
    const rest = all.subarray(components!.rows)
    return {
      components: components!,
      singularValues,
      explainedVariance: all.slice(0, components!.rows),
      explainedVarianceRatio: Float64Array.from(singularValues, x => (spread === 0 ? 0 : (x * x) / spread)),
      mean,
      variance,
      noiseVariance: k === N || k === F || rest.length === 0 ? 0 : rest.reduce((a, b) => a + b, 0) / rest.length,
    }
  },
  methods: {
    transform: async ({ state, options }, X: Dense) => {
      const out = await product(lessMeans(X, state.mean), state.components, { transposeB: true })
      if (options.whiten)
        scaleColumns(
          out,
          state.explainedVariance.map(v => 1 / Math.sqrt(Math.max(v, Number.EPSILON))),
        )
      return out
    },
    inverseTransform: async ({ state, options }, X: Dense) => {
      const scaled = { ...X, data: X.data.slice() }
      if (options.whiten) scaleColumns(scaled, state.explainedVariance.map(Math.sqrt))
      const out = await product(scaled, state.components)
      for (let i = 0; i < out.rows; i++)
        for (let j = 0; j < out.columns; j++) out.data[i * out.columns + j]! += state.mean[j]!
      return out
    },
  },
  functions: {
    featureNamesOut: ({ state }) => Array.from({ length: state.components.rows }, (_, k) => `incrementalpca${k}`),
  },
})
