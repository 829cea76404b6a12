import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, number, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import type { Problem } from '../core/definition.ts'
import { fitIntercept, maxIter, tol } from '../core/rules.ts'
import { timesVector } from '../numeric/product.ts'
import { type Family, gammaFamily, poissonFamily, tweedieFamily } from './families.ts'
import { newton } from './newton.ts'

const shared = {
  alpha: number({ min: 0, default: 1, help: 'strength of the penalty on squared coefficients' }),
  fitIntercept,
  maxIter: maxIter(100),
  tol: tol(1e-4),
} as const

interface Settings {
  readonly alpha: number
  readonly fitIntercept: boolean
  readonly maxIter: number
  readonly tol: number
}

/** Every target must be one that the family can have. */
export const checkTargets = (y: Float64Array, family: Family, where: string): void => {
  const wrong = y.findIndex(value => !family.allows(value))
  if (wrong >= 0)
    throw new ArgumentError(`${where}: y is ${y[wrong]} at row ${wrong}; this family needs ${family.needs}.`, {
      row: wrong,
    })
}

const fitFamily = (
  where: string,
  family: Family,
  { X, y, sampleWeight }: Problem<'dense', 'number'>,
  { alpha, fitIntercept, maxIter, tol }: Settings,
) => {
  checkTargets(y, family, where)
  const { coef, intercept, nIter } = newton(X, y, family, {
    weights: sampleWeight,
    penalty: alpha,
    fitIntercept,
    maxIter,
    tolerance: tol,
  })
  return { coef, intercept, nIter }
}

const means = (
  { coef, intercept }: { readonly coef: Float64Array; readonly intercept: number },
  X: Dense,
  family: Family,
): Float64Array => timesVector(X, coef).map(eta => family.mean(eta + intercept))

const losses = 'The loss is the mean of half the deviance plus `α/2 ‖w‖²`.'
const source = 'Nelder & Wedderburn 1972; McCullagh & Nelder 1989'

/**
 * Poisson regression for counts and rates: `E y = exp(X w + b)`. The loss is the mean of half the deviance plus `α/2 ‖w‖²`, minimised by
 * Newton's method. The model has `coef`, `intercept` and `nIter`.
 *
 * @throws ArgumentError for a target below 0
 * @example
 * const model = await poissonRegressor({ alpha: 0 }).fit([[0], [1], [2]], [1, 2, 4])
 *
 * Source: Nelder & Wedderburn 1972; McCullagh & Nelder 1989.
 */
export const poissonRegressor = defineRegressor({
  name: 'poissonRegressor',
  summary: `Counts with the mean exp(Xw + b) and variance equal to it. ${losses}`,
  source,
  sampleWeight: true,
  options: defineOptions(shared),
  fit: (problem, options) => fitFamily('poissonRegressor.fit', poissonFamily, problem, options),
  methods: { predict: ({ state }, X: Dense) => means(state, X, poissonFamily) },
})

/**
 * Gamma regression for positive amounts: `E y = exp(X w + b)`, the spread in proportion to the mean. The model has `coef`, `intercept`
 * and `nIter`.
 *
 * @throws ArgumentError for a target that is not above 0
 * @example
 * const model = await gammaRegressor({ alpha: 0 }).fit(X, amounts)
 *
 * Source: Nelder & Wedderburn 1972; McCullagh & Nelder 1989.
 */
export const gammaRegressor = defineRegressor({
  name: 'gammaRegressor',
  summary: `Positive amounts with the mean exp(Xw + b) and a spread in proportion to it. ${losses}`,
  source,
  sampleWeight: true,
  options: defineOptions(shared),
  fit: (problem, options) => fitFamily('gammaRegressor.fit', gammaFamily, problem, options),
  methods: { predict: ({ state }, X: Dense) => means(state, X, gammaFamily) },
})

const linkOf = ({ power, link }: { readonly power: number; readonly link: 'auto' | 'identity' | 'log' }): Family =>
  tweedieFamily(power, link === 'auto' ? (power <= 0 ? 'identity' : 'log') : link)

/**
 * Regression with variance `μ^power`: 0 normal, 1 Poisson, between 1 and 2 amounts that are often exactly 0, 2 gamma, 3 inverse Gaussian.
 * The model has `coef`, `intercept` and `nIter`.
 *
 * @throws ArgumentError for a power between 0 and 1 (there is no such family), and for targets the family cannot have
 * @example
 * const model = await tweedieRegressor({ power: 1.5 }).fit(X, claims)
 *
 * Source: Jørgensen 1987.
 */
export const tweedieRegressor = defineRegressor({
  name: 'tweedieRegressor',
  summary: `Amounts with the variance μ^power: normal, Poisson, compound, gamma or inverse Gaussian. ${losses}`,
  source: 'Jørgensen 1987',
  sampleWeight: true,
  options: defineOptions({
    power: number({
      default: 0,
      help: 'the power of the mean that the variance is in proportion to; not between 0 and 1',
    }),
    link: oneOf(['auto', 'identity', 'log'], {
      default: 'auto',
      help: 'how the mean follows from Xw + b; auto: identity up to power 0, else log',
    }),
    ...shared,
  }),
  fit: (problem, options) => {
    if (options.power > 0 && options.power < 1) {
      throw new ArgumentError(
        `tweedieRegressor: power must not be between 0 and 1, where no such distribution exists; got ${options.power}.`,
      )
    }
    return fitFamily('tweedieRegressor.fit', linkOf(options), problem, options)
  },
  methods: { predict: ({ state, options }, X: Dense) => means(state, X, linkOf(options)) },
})
