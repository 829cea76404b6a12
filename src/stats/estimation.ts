import { ArgumentError, DataError } from '../core/errors.ts'
import { dense, luFactors, luSolve, identity, product, transposed } from '../ops/matrix-kernels.ts'
import { fromArray } from '../tensor/creation.ts'
import { hessian, jacobian } from '../tensor/derivatives.ts'
import { concat } from '../tensor/functions.ts'
import { evaluate, compile, valueAndGrad } from '../tensor/transforms.ts'
import { Tensor } from '../tensor/tensor.ts'
import { sizeOf } from '../core/shape.ts'
import { minimize } from './minimize.ts'
import { normalInverse } from './special/normal.ts'
import { type Constraints, type Layout, layoutOf, type ModelParameters } from './transforms.ts'
import { hostTensor, matrix, tensorOf, type Values } from './values.ts'

/** ln of the density of the data under a model: of each example, or of all together. */
export type LogDensity = (parameters: ModelParameters, data: Tensor) => Tensor

export interface EstimationOptions {
  /** Where the search begins, by parameter's name. */
  readonly init: Readonly<Record<string, Values>>
  /** What keeps a parameter inside its range. */
  readonly constraints?: Constraints
  /** Most steps of the search, by default 500. */
  readonly maxIter?: number
  /** The search ends where no derivative (of the objective by the free numbers) is above this, times the objective where that is above 1. */
  readonly tolerance?: number
}

/** What a search found. */
export interface Estimate {
  readonly parameters: ModelParameters
  /** ln of the likelihood (with a prior: of the posterior, up to its constant) there. */
  readonly logDensity: number
  /** Of each parameter, from the observed information: the roots of the diagonal of `covariance`. */
  readonly standardErrors: ModelParameters
  /** `[k, k]` over all parameters' elements in order: the inverse of the matrix of second derivatives of −ln density. */
  readonly covariance: Tensor
  /** Ends of each parameter's interval `estimate ± z · standard error`. */
  readonly confidenceInterval: (
    level?: number,
  ) => Readonly<Record<string, { readonly low: Tensor; readonly high: Tensor }>>
  readonly iterations: number
  readonly converged: boolean
}

const defaults = { maxIter: 500, tolerance: 1e-8 }

const estimate = async (
  where: string,
  objective: (parameters: ModelParameters) => Tensor,
  { init, constraints, maxIter = defaults.maxIter, tolerance = defaults.tolerance }: EstimationOptions,
): Promise<Estimate> => {
  const layout = layoutOf(where, init, constraints)
  const cost = (free: Tensor): Tensor => objective(layout.unpack(free)).sum().neg() as Tensor
  const compiled = compile((free: Tensor) => valueAndGrad(cost)(free))
  const at = async (x: Float64Array) => {
    const { value, gradient } = await compiled(fromArray(x, [layout.size], 'float64') as Tensor)
    return { value: Number(await value.item()), gradient: (await gradient.data()) as Float64Array }
  }
  const first = await at(layout.start)
  if (!Number.isFinite(first.value)) {
    throw new ArgumentError(
      `${where}: the log-density is ${-first.value} where the search begins. Pass an init under which the data are possible.`,
    )
  }
  const found = await minimize(at, layout.start, { maxIter, tolerance })
  const free = fromArray(found.x, [layout.size], 'float64') as Tensor
  const parameters = layout.unpack(free)
  const flat = (x: Tensor): Tensor =>
    concat(
      Object.values(layout.unpack(x)).map(p => p.reshape([-1])),
      0,
    ) as Tensor
  const information = hessian(cost)(free)
  const slopes = jacobian(flat)(free) as Tensor
  await evaluate(...Object.values(parameters), information, slopes)
  const covariance = await inverseInformation(where, information, slopes)
  const standardErrors = errorsOf(layout, covariance)
  return {
    parameters,
    logDensity: -found.value,
    standardErrors,
    covariance: matrix(covariance),
    confidenceInterval: (level = 0.95) => intervals(where, parameters, standardErrors, level),
    iterations: found.iterations,
    converged: found.converged,
  }
}

/** `J H⁻¹ Jᵀ`: of the free numbers brought to the parameters. */
const inverseInformation = async (where: string, information: Tensor, slopes: Tensor) => {
  const n = information.shape[0]!
  const factors = luFactors(dense(n, n, (await information.data()) as Float64Array))
  if (factors.singularAt >= 0) {
    throw new DataError(
      `${where}: the log-density is flat in some direction at the estimate, so the data do not determine all parameters. Leave one out, or add a prior.`,
    )
  }
  const inverse = dense(n, n, luSolve(factors, identity(n)))
  const j = dense(slopes.shape[0]!, n, (await slopes.data()) as Float64Array)
  return product(product(j, inverse), transposed(j))
}
const errorsOf = (
  layout: Layout,
  covariance: { readonly columns: number; readonly data: Float64Array },
): ModelParameters => {
  let at = 0
  return Object.fromEntries(
    layout.names.map(name => {
      const shape = layout.shapes[name]!
      const values = Float64Array.from({ length: sizeOf(shape) }, () => {
        const i = at++
        return Math.sqrt(Math.max(0, covariance.data[i * covariance.columns + i]!))
      })
      return [name, hostTensor(values, shape, 'float64')]
    }),
  )
}
const intervals = (where: string, parameters: ModelParameters, errors: ModelParameters, level: number) => {
  if (!(level > 0 && level < 1))
    throw new ArgumentError(`${where}: level must be a number above 0 and below 1; got ${level}.`)
  const z = -normalInverse((1 - level) / 2)
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      { low: value.sub(errors[name]!.mul(z)) as Tensor, high: value.add(errors[name]!.mul(z)) as Tensor },
    ]),
  )
}

/**
 * The parameters under which the data are most probable, with standard errors from the observed information.
 *
 * The search is BFGS on free numbers: logarithms of what is above 0, log-odds of what lies between 0 and 1, broken sticks for probabilities.
 *
 * @param logDensity built of tensor operations; its result is summed
 * @param data a tensor, or numbers (as float64)
 * @throws ArgumentError where the data are impossible at `init`, and DataError where they do not determine the parameters
 * @example
 * const fit = await stats.maximumLikelihood(
 *   ({ rate }, x) => stats.poisson({ rate: rate! }).logProb(x),
 *   [2, 4, 3],
 *   { init: { rate: 1 }, constraints: { rate: 'positive' } },
 * )
 * Math.round(Number(await fit.parameters.rate!.item())) // 3
 *
 * Source: Efron & Hinkley 1978 (observed information); Nocedal & Wright 2006 (the search).
 */
export const maximumLikelihood = (
  logDensity: LogDensity,
  data: Values,
  options: EstimationOptions,
): Promise<Estimate> => {
  const x = data instanceof Tensor ? data : tensorOf(data, 'float64')
  return estimate('maximumLikelihood', parameters => logDensity(parameters, x), options)
}

/**
 * The parameters with the highest posterior density: likelihood times prior, in the parameters as they are named (the constraints' change of
 * variable does not count). Standard errors are those of the normal distribution with the same curvature (Laplace's approximation).
 *
 * @param options.logPrior ln of the prior density of the parameters; it is summed
 */
export const maximumAPosteriori = (
  logDensity: LogDensity,
  data: Values,
  { logPrior, ...options }: EstimationOptions & { readonly logPrior: (parameters: ModelParameters) => Tensor },
): Promise<Estimate> => {
  const x = data instanceof Tensor ? data : tensorOf(data, 'float64')
  const objective = (p: ModelParameters): Tensor => logDensity(p, x).sum().add(logPrior(p).sum()) as Tensor
  return estimate('maximumAPosteriori', objective, options)
}
