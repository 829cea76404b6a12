import { ArgumentError } from '../../core/errors.ts'
import { anInteger, aFlag, aNumber, aWord, defineOptions, either, integer, nothing, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { Generator } from '../../tensor/random.ts'
import { defineTransformer } from '../core/define.ts'
import type { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { columnMeans } from '../linear/design.ts'
import { gram, product } from '../numeric/product.ts'
import { randomizedSvd } from '../numeric/randomized-svd.ts'
import { svd } from '../numeric/svd.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { inferDimension } from './infer-dimension.ts'

/** Rows less the means of their columns. */
export const lessMeans = ({ rows, columns, data }: Dense, mean: Float64Array): Dense => {
  const out = new Float64Array(data.length)
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < columns; j++, at++) out[at] = data[at]! - mean[j]!
  return { rows, columns, data: out }
}

/** Rows turned so that the entry of largest magnitude of each is positive: scikit-learn's signs. */
export const flipRows = ({ rows, columns, data }: Dense): Dense => {
  const out = data.slice()
  for (let k = 0; k < rows; k++) {
    let top = 0
    for (let j = 0; j < columns; j++) if (Math.abs(data[k * columns + j]!) > Math.abs(top)) top = data[k * columns + j]!
    if (top < 0) for (let j = 0; j < columns; j++) out[k * columns + j] = -out[k * columns + j]!
  }
  return { rows, columns, data: out }
}

export const firstRows = ({ columns, data }: Dense, count: number): Dense => ({
  rows: count,
  columns,
  data: data.slice(0, count * columns),
})

interface Spectrum {
  /** Variances along all directions that were found, descending. */
  readonly variance: Float64Array
  /** The directions, one a row. */
  readonly directions: Dense
}

/** Directions of largest variance from the covariance matrix: quick where there are many more rows than columns. */
const fromCovariance = async (X: Dense, mean: Float64Array): Promise<Spectrum> => {
  const { rows: N, columns: F } = X
  const C = await gram(X)
  for (let i = 0; i < F; i++)
    for (let j = 0; j < F; j++) C.data[i * F + j] = (C.data[i * F + j]! - N * mean[i]! * mean[j]!) / Math.max(1, N - 1)
  const { values, vectors } = symmetricEigen(C)
  const directions = dense(F, F)
  const variance = new Float64Array(F)
  for (let k = 0; k < F; k++) {
    const from = F - 1 - k
    variance[k] = Math.max(0, values[from]!)
    for (let j = 0; j < F; j++) directions.data[k * F + j] = vectors.data[j * F + from]!
  }
  return { variance, directions }
}

const fromSingularValues = (X: Dense, mean: Float64Array): Spectrum => {
  const { s, vt } = svd(lessMeans(X, mean))
  return { variance: s.map(x => (x * x) / Math.max(1, X.rows - 1)), directions: vt }
}

const fromRandom = async (
  X: Dense,
  mean: Float64Array,
  { count, random, power }: { readonly count: number; readonly random: Random; readonly power: number | 'auto' },
): Promise<Spectrum> => {
  const centred = lessMeans(X, mean)
  const { s, vt } = await randomizedSvd(centred, count, {
    generator: new Generator(random.seed()),
    ...(power === 'auto' ? {} : { nIter: power }),
  })
  return { variance: s.map(x => (x * x) / Math.max(1, X.rows - 1)), directions: vt }
}

type Components = number | 'mle' | null

const kept = ({ variance }: Spectrum, asked: Components, total: number, rows: number): number => {
  if (asked === null) return variance.length
  if (asked === 'mle') return inferDimension(variance, rows)
  if (asked >= 1) return asked
  let sum = 0
  for (let k = 0; k < variance.length; k++) {
    sum += variance[k]! / total
    if (sum > asked) return k + 1
  }
  return variance.length
}

/**
 * Principal component analysis: rows less their mean, in the directions of largest variance, which are at right angles. `nComponents` is how
 * many, or a share of the variance to keep, or `'mle'` (Minka 2000); all unless given.
 *
 * The model has `components` [k, F], `explainedVariance` [k], `explainedVarianceRatio`, `singularValues`, `mean` [F], `noiseVariance`, and
 * `transform`, `inverseTransform`, `score` (mean log-likelihood), `scoreSamples`, `covariance()`.
 *
 * @throws ArgumentError for more components than rows or columns
 * @example
 * const reduced = await pca({ nComponents: 2 }).fitTransform(X)
 * reduced.shape // [60, 2]
 *
 * Source: Pearson 1901; Hotelling 1933; Halko, Martinsson & Tropp 2011 (randomised); Tipping & Bishop 1999 (likelihood).
 */
export const pca = defineTransformer({
  name: 'pca',
  summary: 'Rows in the directions of largest variance, which are at right angles: principal components.',
  source: 'Pearson 1901; Hotelling 1933; Tipping & Bishop 1999; Halko, Martinsson & Tropp 2011',
  options: defineOptions({
    nComponents: either([nothing, anInteger({ min: 1 }), aNumber({ above: 0, below: 1 }), aWord(['mle'])], {
      default: null,
      help: 'how many directions, or the share of the variance to keep, or mle to infer it; null for all',
    }),
    whiten: either([aFlag], { default: false, help: 'whether each component is brought to variance 1' }),
    svdSolver: oneOf(['auto', 'full', 'covarianceEigh', 'randomized'], {
      default: 'auto',
      help: 'how directions are found; auto chooses by the sizes as scikit-learn does',
    }),
    iteratedPower: either([aWord(['auto']), anInteger({ min: 0 })], {
      default: 'auto',
      help: 'how often the randomised solver applies the matrix',
    }),
    nOversamples: integer({
      min: 1,
      default: 10,
      help: 'directions that the randomised solver keeps beyond those asked for',
    }),
    randomState,
  }),
  fit: async ({ X, random }, { nComponents, svdSolver, iteratedPower }) => {
    const { rows: N, columns: F } = X
    const most = Math.min(N, F)
    if (typeof nComponents === 'number' && nComponents > most) {
      throw new ArgumentError(
        `pca.fit: nComponents is ${nComponents}; of ${N} rows and ${F} columns there are at most ${most}.`,
        { nComponents },
      )
    }
    if (nComponents === 'mle' && N < F)
      throw new ArgumentError(`pca.fit: nComponents "mle" needs as many rows as columns; there are ${N} and ${F}.`)
    const mean = columnMeans(X)
    const solver = svdSolver === 'auto' ? solverFor({ N, F, nComponents }) : svdSolver
    const count = typeof nComponents === 'number' && nComponents >= 1 ? nComponents : most
    const spectrum =
      solver === 'covarianceEigh'
        ? await fromCovariance(X, mean)
        : solver === 'full'
          ? fromSingularValues(X, mean)
          : await fromRandom(X, mean, { count, random, power: iteratedPower })
    const all = {
      variance: spectrum.variance.slice(0, most),
      directions: firstRows(spectrum.directions, Math.min(most, spectrum.directions.rows)),
    }
    const total = solver === 'randomized' ? totalVariance(X, mean) : all.variance.reduce((a, b) => a + b, 0)
    const k = kept(all, nComponents, total, N)
    const explainedVariance = all.variance.slice(0, k)
    const own = explainedVariance.reduce((a, b) => a + b, 0)
    return {
      components: flipRows(firstRows(all.directions, k)),
      explainedVariance,
      explainedVarianceRatio: explainedVariance.map(x => (total === 0 ? 0 : x / total)),
      singularValues: explainedVariance.map(x => Math.sqrt(x * Math.max(0, N - 1))),
      mean,
      nComponents: k,
      noiseVariance: k < most ? Math.max(0, total - own) / (most - k) : 0,
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
      if (X.columns !== state.nComponents)
        throw new ArgumentError(
          `pca.inverseTransform: X has ${X.columns} columns; there are ${state.nComponents} components.`,
        )
      const scaled = { ...X, data: X.data.slice() }
      if (options.whiten) scaleColumns(scaled, state.explainedVariance.map(Math.sqrt))
      const out = await product(scaled, state.components)
      for (let i = 0; i < out.rows; i++)
        for (let j = 0; j < out.columns; j++) out.data[i * out.columns + j]! += state.mean[j]!
      return out
    },
    scoreSamples: ({ state }, X: Dense) => logLikelihood(state, X),
    score: ({ state }, X: Dense) => logLikelihood(state, X).reduce((a, b) => a + b, 0) / X.rows,
  },
  functions: {
    /** The covariance [F, F] that the model stands for: along the components as found, the noise across. */
    covariance: ({ state }) => modelCovariance(state),
    featureNamesOut: ({ state }) => Array.from({ length: state.nComponents }, (_, k) => `pca${k}`),
  },
})

const solverFor = ({
  N,
  F,
  nComponents,
}: {
  readonly N: number
  readonly F: number
  readonly nComponents: Components
}): 'full' | 'covarianceEigh' | 'randomized' => {
  if (F <= 1000 && N >= 10 * F) return 'covarianceEigh'
  if (Math.max(N, F) <= 500 || nComponents === 'mle') return 'full'
  return typeof nComponents === 'number' && nComponents >= 1 && nComponents < 0.8 * Math.min(N, F)
    ? 'randomized'
    : 'full'
}

const totalVariance = ({ rows, columns, data }: Dense, mean: Float64Array): number => {
  let sum = 0
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < columns; j++, at++) sum += (data[at]! - mean[j]!) ** 2
  return sum / Math.max(1, rows - 1)
}

/** Multiplies each column in place. */
export const scaleColumns = ({ rows, columns, data }: Dense, factors: Float64Array): void => {
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[i * columns + j]! *= factors[j]!
}

interface Found {
  readonly components: Dense
  readonly explainedVariance: Float64Array
  readonly mean: Float64Array
  readonly noiseVariance: number
}

const modelCovariance = ({ components, explainedVariance, noiseVariance }: Found): Dense => {
  const { rows: k, columns: F, data } = components
  const out = dense(F, F)
  for (let c = 0; c < k; c++) {
    const extra = explainedVariance[c]! - noiseVariance
    if (extra <= 0) continue
    for (let i = 0; i < F; i++)
      for (let j = 0; j < F; j++) out.data[i * F + j]! += extra * data[c * F + i]! * data[c * F + j]!
  }
  for (let i = 0; i < F; i++) out.data[i * F + i]! += noiseVariance
  return out
}

/** Gaussian log-density under the probabilistic model (Tipping & Bishop 1999, equation 4). */
const logLikelihood = ({ components, explainedVariance, mean, noiseVariance }: Found, X: Dense): Float64Array => {
  const { rows: k, columns: F } = components
  // Directions without noise of their own (all are kept): each counts with its own variance.
  const noise = noiseVariance > 0 ? noiseVariance : Number.EPSILON
  let logDeterminant = (F - k) * Math.log(noise)
  for (const v of explainedVariance) logDeterminant += Math.log(Math.max(v, Number.EPSILON))
  const centred = lessMeans(X, mean)
  return Float64Array.from({ length: X.rows }, (_, i) => {
    let rest = 0
    for (let j = 0; j < F; j++) rest += centred.data[i * F + j]! ** 2
    let quadratic = 0
    for (let c = 0; c < k; c++) {
      let along = 0
      for (let j = 0; j < F; j++) along += centred.data[i * F + j]! * components.data[c * F + j]!
      quadratic += along ** 2 / Math.max(explainedVariance[c]!, Number.EPSILON)
      rest -= along ** 2
    }
    if (k < F) quadratic += Math.max(0, rest) / noise
    return -0.5 * (quadratic + logDeterminant + F * Math.log(2 * Math.PI))
  })
}
