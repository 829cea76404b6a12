import { ArgumentError } from '../../core/errors.ts'
import { anInteger, aNumber, defineOptions, either, flag, integer, nothing, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { type KernelSettings, kernelMatrix, kernelNames } from '../numeric/kernels.ts'
import { product } from '../numeric/product.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { choleskySolve } from '../numeric/triangular.ts'

interface Settings {
  readonly kernel: KernelSettings['kernel'] | 'precomputed'
  readonly gamma: number | null
  readonly degree: number
  readonly coef0: number
}

const kernelOf = (X: Dense, Y: Dense, { kernel, gamma, degree, coef0 }: Settings): Promise<Dense> | Dense =>
  kernel === 'precomputed' ? X : kernelMatrix(X, Y, { kernel, gamma: gamma ?? 1 / X.columns, degree, coef0 })

const means = ({ rows, columns, data }: Dense): Float64Array => {
  const out = new Float64Array(columns)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j]! += data[i * columns + j]! / rows
  return out
}

/** A kernel as that of vectors less their mean over the rows fitted on: `K − 1K − K1 + 1K1`. */
const centred = ({ rows, columns, data }: Dense, columnMean: Float64Array, overall: number): Dense => {
  const out = dense(rows, columns)
  for (let i = 0; i < rows; i++) {
    let mean = 0
    for (let j = 0; j < columns; j++) mean += data[i * columns + j]! / columns
    for (let j = 0; j < columns; j++)
      out.data[i * columns + j] = data[i * columns + j]! - mean - columnMean[j]! + overall
  }
  return out
}

/**
 * Principal components in the space of a kernel: curved directions of the rows themselves.
 *
 * The model has `eigenvalues` [k], `eigenvectors` [N, k], `transform`, and with `fitInverseTransform` an approximate `inverseTransform`.
 *
 * @throws ArgumentError from `inverseTransform` where it was not asked for
 * @example
 * const flat = await kernelPCA({ nComponents: 2, kernel: 'rbf', gamma: 0.1 }).fitTransform(X)
 *
 * Source: Schölkopf, Smola & Müller 1998; Bakır, Weston & Schölkopf 2004 (the way back).
 */
export const kernelPCA = defineTransformer({
  name: 'kernelPCA',
  summary: 'Principal components in the space of a kernel.',
  source: 'Schölkopf, Smola & Müller 1998; Bakır, Weston & Schölkopf 2004',
  options: defineOptions({
    nComponents: either([nothing, anInteger({ min: 1 })], {
      default: null,
      help: 'how many; null for all that are not 0',
    }),
    kernel: oneOf([...kernelNames, 'precomputed'], {
      default: 'linear',
      help: 'how alike two rows are; precomputed: X is the kernel already',
    }),
    gamma: either([nothing, aNumber({ above: 0 })], {
      default: null,
      help: 'width of rbf, poly, sigmoid and laplacian; null for 1 / columns',
    }),
    degree: integer({ min: 1, default: 3, help: 'power of poly' }),
    coef0: number({ default: 1, help: 'constant of poly and sigmoid' }),
    alpha: number({ above: 0, default: 1, help: 'penalty of the ridge regression that is the way back' }),
    fitInverseTransform: flag({ help: 'whether to learn the way back' }),
    removeZeroEig: flag({ help: 'whether components of variance 0 are left out' }),
  }),
  fit: async ({ X }, options) => {
    if (options.kernel === 'precomputed' && X.rows !== X.columns) {
      throw new ArgumentError(`kernelPCA.fit: a kernel must be square; X is [${X.rows}, ${X.columns}].`)
    }
    if (options.kernel === 'precomputed' && options.fitInverseTransform) {
      throw new ArgumentError(
        'kernelPCA.fit: there is no way back from a kernel of unknown rows. Leave out fitInverseTransform.',
      )
    }
    const K = await kernelOf(X, X, options)
    const columnMean = means(K)
    const overall = columnMean.reduce((a, b) => a + b, 0) / columnMean.length
    const { values, vectors } = symmetricEigen(centred(K, columnMean, overall))
    const N = X.rows
    const most = Math.min(N, options.nComponents ?? N)
    const order = Array.from({ length: most }, (_, k) => N - 1 - k)
    const limit = Math.max(...values) * 1e-12
    const positive = order.map(k => (values[k]! > limit ? values[k]! : 0))
    const keep = order.filter((_, i) => positive[i]! > 0 || !(options.removeZeroEig || options.nComponents === null))
    const eigenvalues = Float64Array.from(keep, k => (values[k]! > limit ? values[k]! : 0))
    const eigenvectors = dense(N, keep.length)
    for (let i = 0; i < N; i++)
      for (const [c, k] of keep.entries()) eigenvectors.data[i * keep.length + c] = vectors.data[i * N + k]!
    const state = {
      eigenvalues,
      eigenvectors,
      _X: options.kernel === 'precomputed' ? undefined : X,
      _columnMean: columnMean,
      _overall: overall,
    }
    if (!options.fitInverseTransform) return { ...state, _dual: undefined, _embedded: undefined }
    const embedded = dense(N, keep.length)
    for (let i = 0; i < N; i++)
      for (let c = 0; c < keep.length; c++)
        embedded.data[i * keep.length + c] = eigenvectors.data[i * keep.length + c]! * Math.sqrt(eigenvalues[c]!)
    const back = await kernelOf(embedded, embedded, { ...options, gamma: options.gamma ?? 1 / X.columns })
    for (let i = 0; i < N; i++) back.data[i * N + i]! += options.alpha
    return { ...state, _dual: choleskySolve(back, X), _embedded: embedded }
  },
  methods: {
    transform: async ({ state, options, nFeaturesIn }, X: Dense) => {
      const K = await kernelOf(X, state._X ?? X, { ...options, gamma: options.gamma ?? 1 / nFeaturesIn })
      const scaled = dense(state.eigenvectors.rows, state.eigenvalues.length)
      const k = state.eigenvalues.length
      for (let i = 0; i < scaled.rows; i++) {
        for (let c = 0; c < k; c++)
          scaled.data[i * k + c] =
            state.eigenvalues[c]! > 0 ? state.eigenvectors.data[i * k + c]! / Math.sqrt(state.eigenvalues[c]!) : 0
      }
      return product(centred(K, state._columnMean, state._overall), scaled)
    },
    inverseTransform: async ({ state, options, nFeaturesIn }, X: Dense) => {
      if (!state._dual || !state._embedded) {
        throw new ArgumentError(
          'kernelPCA.inverseTransform: the way back was not learned. Fit with { fitInverseTransform: true }.',
        )
      }
      return product(
        await kernelOf(X, state._embedded, { ...options, gamma: options.gamma ?? 1 / nFeaturesIn }),
        state._dual,
      )
    },
  },
  functions: {
    featureNamesOut: ({ state }) => Array.from({ length: state.eigenvalues.length }, (_, k) => `kernelpca${k}`),
  },
})
