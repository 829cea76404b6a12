import { ArgumentError } from '../../core/errors.ts'
import { aList, aNumber, defineOptions, either, nothing, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { digamma, lbeta, lgamma } from '../../stats/special/index.ts'
import { defineDensityEstimator } from '../core/define.ts'
import { Random } from '../core/random.ts'
import { columnMeans } from '../linear/design.ts'
import { requireCount } from '../neighbors/require-count.ts'
import {
  type Covariances,
  type CovarianceType,
  inverses,
  logDeterminants,
  logGaussians,
  type Moments,
  momentsOf,
  normalizeRows,
  plusRow,
  precisionsOf,
} from './components.ts'
import { fitMixture, mixtureOptions } from './fit-mixture.ts'
import { drawMixture, meanOf, mixtureVerbs } from './mixture-verbs.ts'

type PriorType = 'dirichletProcess' | 'dirichletDistribution'

/** What is believed before the rows are seen. */
interface Priors {
  readonly concentration: number
  readonly type: PriorType
  readonly meanPrecision: number
  readonly mean: Float64Array
  readonly degreesOfFreedom: number
  /** In the form of one covariance. */
  readonly covariance: Float64Array
}

interface Parameters {
  /** The two parameters of each beta distribution (process), or those of the Dirichlet distribution alone. */
  readonly concentrations: readonly Float64Array[]
  readonly meanPrecision: Float64Array
  readonly means: Dense
  readonly degreesOfFreedom: Float64Array
  readonly covariances: Covariances
  readonly precisionsCholesky: Covariances
}
interface Fitted {
  readonly state: Omit<Parameters, 'covariances' | 'concentrations'> & {
    readonly weightConcentration: readonly Float64Array[]
  }
  readonly options: { readonly covarianceType: CovarianceType }
}

const concentrationsOf = (nk: Float64Array, { type, concentration }: Priors): Float64Array[] => {
  if (type === 'dirichletDistribution') return [nk.map(n => concentration + n)]
  const rest = new Float64Array(nk.length)
  for (let k = nk.length - 2; k >= 0; k--) rest[k] = rest[k + 1]! + nk[k + 1]!
  return [nk.map(n => 1 + n), rest.map(n => concentration + n)]
}

/** E[ln πₖ]. */
const logWeights = ([a, b]: readonly Float64Array[]): Float64Array => {
  const first = a!
  if (!b) {
    const total = digamma(first.reduce((x, y) => x + y, 0))
    return first.map(value => digamma(value) - total)
  }
  let before = 0
  return first.map((value, k) => {
    const sum = digamma(value + b[k]!)
    const own = digamma(value) - sum + before
    before += digamma(b[k]!) - sum
    return own
  })
}
/** E[πₖ]. */
const meanWeights = ([a, b]: readonly Float64Array[]): Float64Array => {
  let left = 1
  const shares = b
    ? a!.map((value, k) => {
        const own = (value / (value + b[k]!)) * left
        left *= b[k]! / (value + b[k]!)
        return own
      })
    : a!
  const total = shares.reduce((x, y) => x + y, 0)
  return shares.map(share => share / total)
}

/** Covariances between what the rows say and what was believed. */
const posteriorCovariances = (
  { nk, means, covariances }: Moments,
  type: CovarianceType,
  {
    priors,
    meanPrecision,
    degrees,
  }: { readonly priors: Priors; readonly meanPrecision: Float64Array; readonly degrees: Float64Array },
): Covariances => {
  const [K, F] = [means.rows, means.columns]
  const apart = (k: number, j: number): number => means.data[k * F + j]! - priors.mean[j]!
  const pull = (k: number): number => priors.meanPrecision / meanPrecision[k]!
  const total = nk.reduce((a, b) => a + b, 0)
  const matrix = (at: (i: number, j: number) => number): Dense =>
    dense(
      F,
      F,
      Float64Array.from({ length: F * F }, (_, place) => at(Math.floor(place / F), place % F)),
    )
  if (type === 'full') {
    return (covariances as readonly Dense[]).map((c, k) =>
      matrix(
        (i, j) =>
          (priors.covariance[i * F + j]! + nk[k]! * (c.data[i * F + j]! + pull(k) * apart(k, i) * apart(k, j))) /
          degrees[k]!,
      ),
    )
  }
  if (type === 'tied') {
    return matrix((i, j) => {
      let outer = 0
      for (let k = 0; k < K; k++) outer += (nk[k]! / meanPrecision[k]!) * apart(k, i) * apart(k, j)
      const own = (covariances as Dense).data[i * F + j]! * (total / K)
      return (priors.covariance[i * F + j]! + own + (priors.meanPrecision / K) * outer) / degrees[0]!
    })
  }
  if (type === 'diag') {
    return dense(
      K,
      F,
      (covariances as Dense).data.map((variance, at) => {
        const [k, j] = [Math.floor(at / F), at % F]
        return (priors.covariance[j]! + nk[k]! * (variance + pull(k) * apart(k, j) ** 2)) / degrees[k]!
      }),
    )
  }
  return (covariances as Float64Array).map((variance, k) => {
    let square = 0
    for (let j = 0; j < F; j++) square += apart(k, j) ** 2 / F
    return (priors.covariance[0]! + nk[k]! * (variance + pull(k) * square)) / degrees[k]!
  })
}

const maximizeWith = (moments: Moments, type: CovarianceType, priors: Priors, where: string): Parameters => {
  const { nk, means: xk } = moments
  const [K, F] = [xk.rows, xk.columns]
  const total = nk.reduce((a, b) => a + b, 0)
  const meanPrecision = nk.map(n => priors.meanPrecision + n)
  const means = dense(
    K,
    F,
    xk.data.map((x, at) => {
      const k = Math.floor(at / F)
      return (priors.meanPrecision * priors.mean[at % F]! + nk[k]! * x) / meanPrecision[k]!
    }),
  )
  const degrees = nk.map(n => priors.degreesOfFreedom + (type === 'tied' ? total / K : n))
  const covariances = posteriorCovariances(moments, type, { priors, meanPrecision, degrees })
  return {
    concentrations: concentrationsOf(nk, priors),
    meanPrecision,
    means,
    degreesOfFreedom: degrees,
    covariances,
    precisionsCholesky: precisionsOf(covariances, type, where),
  }
}

/** E[ln p(x, k)] for each row and component. */
const joint = ({ state, options }: Fitted, X: Dense): Dense => {
  const { weightConcentration, means, precisionsCholesky, degreesOfFreedom, meanPrecision } = state
  const F = X.columns
  const weights = logWeights(weightConcentration)
  const extra = weights.map((weight, k) => {
    const degrees = degreesOfFreedom[k]!
    let logLambda = F * Math.log(2)
    for (let j = 0; j < F; j++) logLambda += digamma(0.5 * (degrees - j))
    return weight - 0.5 * F * Math.log(degrees) + 0.5 * (logLambda - F / meanPrecision[k]!)
  })
  return plusRow(logGaussians(X, means, precisionsCholesky, options.covarianceType), extra)
}

/** The bound of the evidence, but for constants. */
const evidence = (
  { concentrations, meanPrecision, degreesOfFreedom, precisionsCholesky, means }: Parameters,
  type: CovarianceType,
  logResp: Dense,
): number => {
  const [K, F] = [means.rows, means.columns]
  const logDet = logDeterminants(precisionsCholesky, type, K, F)
  let bound = 0
  for (let at = 0; at < logResp.data.length; at++) {
    const log = logResp.data[at]!
    if (log > -700) bound -= Math.exp(log) * log
  }
  for (let k = 0; k < K; k++) {
    const degrees = degreesOfFreedom[k]!
    let wishart = degrees * (logDet[k]! - 0.5 * F * Math.log(degrees)) + degrees * F * 0.5 * Math.log(2)
    for (let j = 0; j < F; j++) wishart += lgamma(0.5 * (degrees - j))
    bound += wishart - 0.5 * F * Math.log(meanPrecision[k]!)
  }
  const [a, b] = concentrations
  if (b) for (let k = 0; k < K; k++) bound += lbeta(a![k]!, b[k]!)
  else {
    bound -= lgamma(a!.reduce((x, y) => x + y, 0))
    for (const value of a!) bound += lgamma(value)
  }
  return bound
}

/** The covariance of the rows, in the form of one component's. */
const covariancePriorOf = (X: Dense, type: CovarianceType): Float64Array => {
  const [N, F] = [X.rows, X.columns]
  const mean = columnMeans(X)
  const matrix = new Float64Array(F * F)
  for (let i = 0; i < N; i++)
    for (let a = 0; a < F; a++)
      for (let b = 0; b <= a; b++)
        matrix[a * F + b]! += ((X.data[i * F + a]! - mean[a]!) * (X.data[i * F + b]! - mean[b]!)) / Math.max(1, N - 1)
  for (let a = 0; a < F; a++) for (let b = 0; b < a; b++) matrix[b * F + a] = matrix[a * F + b]!
  if (type === 'full' || type === 'tied') return matrix
  const variances = Float64Array.from({ length: F }, (_, j) => matrix[j * F + j]!)
  return type === 'diag' ? variances : Float64Array.of(meanOf(variances))
}

const verbs = mixtureVerbs(joint)

/**
 * A mixture of normal distributions with priors on its weights, means and covariances, fitted by variational inference. Components that are
 * not needed get weights near 0, so that `nComponents` is but the most.
 *
 * The model has `weights` [K], `means` [K, F], `covariances`, `precisions` and `precisionsCholesky` (forms as of
 * {@link gaussianMixture}), `meanPrecision` and `degreesOfFreedom` [K], `weightConcentration` (the two parameters of the stick-breaking
 * beta distributions, or those of the Dirichlet distribution), `labels` [N], `converged`, `nIter` and `lowerBound`; its verbs are those of
 * gaussianMixture but for bic and aic.
 *
 * @throws ShapeError for fewer rows than components; ArgumentError for priors that do not fit
 * @example
 * const model = await bayesianGaussianMixture({ nComponents: 3, randomState: 0 }).fit([[0], [1], [2], [10], [11], [12]])
 * model.weights.shape // [3]
 *
 * Source: Attias 2000; Blei & Jordan 2006; Bishop 2006, section 10.2.
 */
export const bayesianGaussianMixture = defineDensityEstimator({
  name: 'bayesianGaussianMixture',
  summary: 'p(x) = Σₖ πₖ N(x; μₖ, Σₖ) with priors, by variational inference; components that are not needed fade.',
  source: 'Attias 2000; Blei & Jordan 2006',
  options: defineOptions({
    ...mixtureOptions,
    weightConcentrationPriorType: oneOf(['dirichletProcess', 'dirichletDistribution'], {
      default: 'dirichletProcess',
      help: 'weights by breaking a stick, or by a Dirichlet distribution',
    }),
    weightConcentrationPrior: either([nothing, aNumber({ above: 0 })], {
      default: null,
      help: 'the smaller, the fewer components; null: 1 / nComponents',
    }),
    meanPrecisionPrior: either([nothing, aNumber({ above: 0 })], {
      default: null,
      help: 'how many rows the prior of the means counts; null: 1',
    }),
    meanPrior: either([nothing, aList(aNumber())], { default: null, help: 'the prior mean; null: that of the rows' }),
    degreesOfFreedomPrior: either([nothing, aNumber({ above: 0 })], {
      default: null,
      help: 'how many rows the prior of the covariances counts, above F − 1; null: F',
    }),
  }),
  fit: (problem, options) => {
    const where = 'bayesianGaussianMixture.fit'
    const { X } = problem
    const { covarianceType: type, regCovar, nComponents } = options
    const F = X.columns
    const { meanPrior, degreesOfFreedomPrior } = options
    if (meanPrior && meanPrior.length !== F)
      throw new ArgumentError(
        `${where}: meanPrior has ${meanPrior.length} values and X has ${F} columns. Pass one a column.`,
      )
    if (degreesOfFreedomPrior !== null && degreesOfFreedomPrior <= F - 1) {
      throw new ArgumentError(
        `${where}: degreesOfFreedomPrior must be above ${F - 1}, the number of features less 1; got ${degreesOfFreedomPrior}.`,
      )
    }
    const priors: Priors = {
      concentration: options.weightConcentrationPrior ?? 1 / nComponents,
      type: options.weightConcentrationPriorType,
      meanPrecision: options.meanPrecisionPrior ?? 1,
      mean: meanPrior ? Float64Array.from(meanPrior) : columnMeans(X),
      degreesOfFreedom: degreesOfFreedomPrior ?? F,
      covariance: covariancePriorOf(X, type),
    }
    const maximize = (resp: Dense): Parameters => maximizeWith(momentsOf(X, resp, type, regCovar), type, priors, where)
    const { parameters, ...found } = fitMixture<Parameters>(where, problem, options, {
      begin: maximize,
      maximize,
      expect: ({ concentrations, ...state }) => {
        const logResp = joint({ state: { ...state, weightConcentration: concentrations }, options }, X)
        return { norm: meanOf(normalizeRows(logResp)), logResp }
      },
      bound: (state, logResp) => evidence(state, type, logResp),
    })
    const { concentrations, ...rest } = parameters
    return {
      ...rest,
      weights: meanWeights(concentrations),
      weightConcentration: concentrations,
      precisions: inverses(parameters.precisionsCholesky, type),
      ...found,
      _seed: problem.random.seed(),
    }
  },
  methods: verbs,
  functions: {
    sample: ({ state, options }, count = 1, { randomState = state._seed }: { readonly randomState?: number } = {}) =>
      drawMixture(
        { ...state, type: options.covarianceType },
        requireCount('bayesianGaussianMixture.sample', count),
        new Random(randomState),
      ),
  },
})
