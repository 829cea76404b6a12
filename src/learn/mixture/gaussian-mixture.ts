import { ArgumentError } from '../../core/errors.ts'
import { aList, aNumber, defineOptions, either, nothing } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { aMatrix, matrixOf } from '../cluster/initial-centres.ts'
import { defineDensityEstimator } from '../core/define.ts'
import { Random } from '../core/random.ts'
import { requireCount } from '../neighbors/require-count.ts'
import {
  type Covariances,
  type CovarianceType,
  inverses,
  logGaussians,
  momentsOf,
  normalizeRows,
  plusRow,
  precisionsOf,
} from './components.ts'
import { fitMixture, mixtureOptions } from './fit-mixture.ts'
import { drawMixture, meanOf, mixtureVerbs } from './mixture-verbs.ts'

interface Parameters {
  readonly weights: Float64Array
  readonly means: Dense
  readonly covariances: Covariances
  readonly precisionsCholesky: Covariances
}
interface Fitted {
  readonly state: Omit<Parameters, 'covariances'>
  readonly options: { readonly covarianceType: CovarianceType }
}

const joint = ({ state, options }: Fitted, X: Dense): Dense =>
  plusRow(logGaussians(X, state.means, state.precisionsCholesky, options.covarianceType), state.weights.map(Math.log))
const verbs = mixtureVerbs(joint)

/** How many numbers a mixture is free to choose. */
const freedom = ({ rows: K, columns: F }: Dense, type: CovarianceType): number => {
  const covariance = { full: (K * F * (F + 1)) / 2, tied: (F * (F + 1)) / 2, diag: K * F, spherical: K }[type]
  return covariance + K * F + K - 1
}

const given = (values: readonly number[], K: number): Float64Array => {
  const total = values.reduce((a, b) => a + b, 0)
  if (values.length === K && Math.abs(total - 1) < 1e-8) return Float64Array.from(values)
  throw new ArgumentError(
    `gaussianMixture.fit: weightsInit must have ${K} values with the sum 1; got ${values.length} with the sum ${total}.`,
  )
}
const givenMeans = (rows: readonly (readonly number[])[], K: number, F: number): Dense => {
  const means = matrixOf(rows)
  if (means.rows === K && means.columns === F) return means
  throw new ArgumentError(
    `gaussianMixture.fit: meansInit is [${means.rows}, ${means.columns}]; with ${K} components and ${F} features it must be [${K}, ${F}].`,
  )
}

/**
 * A mixture of normal distributions, `p(x) = Σₖ πₖ N(x; μₖ, Σₖ)`, of the largest likelihood that expectation and maximization reach.
 *
 * The model has `weights` [K], `means` [K, F], `covariances`, `precisions` and `precisionsCholesky` (U with Σ⁻¹ = U Uᵀ): a list of K
 * matrices (`'full'`), a matrix (`'tied'`), [K, F] (`'diag'`) or [K] (`'spherical'`); `labels` [N], `converged`, `nIter` and `lowerBound`.
 * `predict` and `predictProba` give components, `scoreSamples` ln p(x), `score` its mean, `bic` and `aic` what to choose K by (lower is
 * better), and `sample(count)` new rows and their components.
 *
 * @throws ShapeError for fewer rows than components; ArgumentError where a component collapses, and for starts that do not fit
 * @example
 * const model = await gaussianMixture({ nComponents: 2, randomState: 0 }).fit([[0], [1], [2], [10], [11], [12]])
 * await model.weights.toArray() // [0.5, 0.5]
 *
 * Source: Dempster, Laird & Rubin 1977.
 */
export const gaussianMixture = defineDensityEstimator({
  name: 'gaussianMixture',
  summary: 'p(x) = Σₖ πₖ N(x; μₖ, Σₖ) of the largest likelihood, by expectation and maximization.',
  source: 'Dempster, Laird & Rubin 1977; Schwarz 1978 (BIC); Akaike 1974 (AIC)',
  options: defineOptions({
    ...mixtureOptions,
    weightsInit: either([nothing, aList(aNumber({ min: 0 }))], { default: null, help: 'weights to begin with' }),
    meansInit: either([nothing, aMatrix], { default: null, help: 'means to begin with, rows of numbers' }),
  }),
  fit: (problem, options) => {
    const where = 'gaussianMixture.fit'
    const { X } = problem
    const { covarianceType: type, regCovar, nComponents: K, weightsInit, meansInit } = options
    const starts = {
      ...(weightsInit ? { weights: given(weightsInit, K) } : {}),
      ...(meansInit ? { means: givenMeans(meansInit, K, X.columns) } : {}),
    }
    const maximize = (resp: Dense): Parameters => {
      const { nk, means, covariances } = momentsOf(X, resp, type, regCovar)
      const total = nk.reduce((a, b) => a + b, 0)
      return {
        weights: nk.map(n => n / total),
        means,
        covariances,
        precisionsCholesky: precisionsOf(covariances, type, where),
      }
    }
    const { parameters, ...found } = fitMixture<Parameters>(where, problem, options, {
      begin: resp => ({ ...maximize(resp), ...starts }),
      maximize,
      expect: state => {
        const logResp = joint({ state, options }, X)
        return { norm: meanOf(normalizeRows(logResp)), logResp }
      },
      bound: (_, __, norm) => norm,
    })
    const precisions = inverses(parameters.precisionsCholesky, type)
    return { ...parameters, precisions, ...found, _seed: problem.random.seed() }
  },
  methods: {
    ...verbs,
    bic: (fit, X: Dense): number =>
      -2 * verbs.score(fit, X) * X.rows + freedom(fit.state.means, fit.options.covarianceType) * Math.log(X.rows),
    aic: (fit, X: Dense): number =>
      -2 * verbs.score(fit, X) * X.rows + 2 * freedom(fit.state.means, fit.options.covarianceType),
  },
  functions: {
    sample: ({ state, options }, count = 1, { randomState = state._seed }: { readonly randomState?: number } = {}) =>
      drawMixture(
        { ...state, type: options.covarianceType },
        requireCount('gaussianMixture.sample', count),
        new Random(randomState),
      ),
  },
})
