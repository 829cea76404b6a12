import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, integer, oneOf } from '../../core/options.ts'
import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import { fillNormal } from '../../core/philox.ts'
import { Generator } from '../../tensor/random.ts'
import { defineTransformer } from '../core/define.ts'
import { randomState } from '../core/rules.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { rowsTimes } from '../linear/rows.ts'
import { csrTimes, csrTransposeTimes } from '../numeric/csr.ts'
import { product } from '../numeric/product.ts'
import { qr } from '../numeric/qr.ts'
import { randomizedSvd } from '../numeric/randomized-svd.ts'
import { svd } from '../numeric/svd.ts'
import { firstRows, flipRows } from './pca.ts'

/** Largest singular values of sparse rows by a random subspace (Halko, Martinsson & Tropp 2011). */
const sparseSvd = async (
  X: Rows,
  count: number,
  { seed, nIter, nOversamples }: { readonly seed: number; readonly nIter: number; readonly nOversamples: number },
): Promise<{ readonly s: Float64Array; readonly vt: Dense }> => {
  if (!isCsr(X)) return randomizedSvd(X, count, { generator: new Generator(seed), nIter, nOversamples })
  const width = Math.min(count + nOversamples, X.rows, X.columns)
  const start = dense(X.columns, width)
  new Generator(seed).draw<Float64Array>(start.data.length, fillNormal)(start.data)
  let q = qr(csrTimes(X, start)).q
  for (let round = 0; round < nIter; round++) q = qr(csrTimes(X, qr(csrTransposeTimes(X, q)).q)).q
  const { s, vt } = svd(transposed(csrTransposeTimes(X, q)))
  return { s: s.slice(0, count), vt: firstRows(vt, count) }
}

/** All singular values, from the smaller of `XᵀX` and `X Xᵀ` of dense rows. */
const exactSvd = (X: Dense, count: number): { readonly s: Float64Array; readonly vt: Dense } => {
  const { s, vt } = svd(X)
  return { s: s.slice(0, count), vt: firstRows(vt, count) }
}

const columnVariances = (X: Rows): number => {
  const [N, F] = [X.rows, X.columns]
  const sum = new Float64Array(F)
  const square = new Float64Array(F)
  if (isCsr(X)) {
    for (let k = 0; k < X.data.length; k++) {
      sum[X.indices[k]!]! += X.data[k]!
      square[X.indices[k]!]! += X.data[k]! ** 2
    }
  } else {
    for (let i = 0, at = 0; i < N; i++) {
      for (let j = 0; j < F; j++, at++) {
        sum[j]! += X.data[at]!
        square[j]! += X.data[at]! ** 2
      }
    }
  }
  let total = 0
  for (let j = 0; j < F; j++) total += square[j]! / N - (sum[j]! / N) ** 2
  return total
}

/**
 * The largest singular values of the rows as they are, without taking off the mean: for sparse rows, whose zeros it keeps. On counts or
 * TF-IDF of words it is latent semantic analysis.
 *
 * The model has `components` [k, F], `singularValues`, `explainedVariance`, `explainedVarianceRatio`, `transform` and `inverseTransform`.
 *
 * @throws ArgumentError for more components than columns
 * @example
 * const reduced = await truncatedSVD({ nComponents: 2, randomState: 0 }).fitTransform(X)
 *
 * Source: Deerwester et al. 1990; Halko, Martinsson & Tropp 2011.
 */
export const truncatedSVD = defineTransformer({
  name: 'truncatedSVD',
  summary: 'The largest singular values of rows as they are, sparse ones too: latent semantic analysis.',
  source: 'Deerwester et al. 1990; Halko, Martinsson & Tropp 2011',
  input: 'sparse',
  options: defineOptions({
    nComponents: integer({ min: 1, default: 2, help: 'how many directions' }),
    algorithm: oneOf(['randomized', 'exact'], {
      default: 'randomized',
      help: 'by a random subspace, or exactly (dense rows)',
    }),
    nIter: integer({ min: 0, default: 5, help: 'how often the rows are applied to the random subspace' }),
    nOversamples: integer({ min: 0, default: 10, help: 'directions of the subspace beyond those asked for' }),
    randomState,
  }),
  fit: async ({ X, random }, { nComponents, algorithm, nIter, nOversamples }) => {
    const most = Math.min(X.rows, X.columns)
    if (nComponents > most)
      throw new ArgumentError(
        `truncatedSVD.fit: nComponents is ${nComponents}; of ${X.rows} rows and ${X.columns} columns there are at most ${most}.`,
      )
    if (algorithm === 'exact' && isCsr(X))
      throw new ArgumentError(
        'truncatedSVD.fit: algorithm "exact" needs dense rows. Take "randomized", or put denseTransformer() before it.',
      )
    const { s, vt } =
      algorithm === 'exact'
        ? exactSvd(X as Dense, nComponents)
        : await sparseSvd(X, nComponents, { seed: random.seed(), nIter, nOversamples })
    const components = flipRows(vt)
    const scores = rowsTimes(X, transposed(components))
    const explainedVariance = new Float64Array(nComponents)
    for (let k = 0; k < nComponents; k++) {
      let sum = 0
      let square = 0
      for (let i = 0; i < X.rows; i++) {
        sum += scores.data[i * nComponents + k]!
        square += scores.data[i * nComponents + k]! ** 2
      }
      explainedVariance[k] = square / X.rows - (sum / X.rows) ** 2
    }
    const total = columnVariances(X)
    return {
      components,
      singularValues: s,
      explainedVariance,
      explainedVarianceRatio: explainedVariance.map(v => (total > 0 ? v / total : 0)),
    }
  },
  methods: {
    transform: ({ state }, X: Rows) => rowsTimes(X, transposed(state.components)),
    inverseTransform: ({ state }, X: Dense) => product(X, state.components),
  },
  functions: {
    featureNamesOut: ({ state }) => Array.from({ length: state.components.rows }, (_, k) => `truncatedsvd${k}`),
  },
})
