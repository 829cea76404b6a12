import { defineOptions, number, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { fitIntercept } from '../core/rules.ts'
import { centred, coefficients, predictLinear } from './design.ts'
import { ridgeSolve } from './ridge-solver.ts'

export const alpha = number({ min: 0, default: 1, help: 'strength of the penalty' })

export const ridgeOptions = {
  alpha,
  fitIntercept,
  solver: oneOf(['auto', 'cholesky', 'svd'], {
    default: 'auto',
    help: 'Cholesky factors of the normal equations, or singular values; auto takes Cholesky unless alpha is 0',
  }),
} as const

/**
 * Ridge regression: the `w` and `b` with the least `Σ (y − X w − b)² + α ‖w‖²`. The intercept is not penalised.
 *
 * The model has `coef` [F] (or [M, F] for several targets) and `intercept`.
 *
 * @example
 * const model = await ridge({ alpha: 1 }).fit([[0], [1], [2]], [0, 1, 2])
 * await model.coef.toArray() // [0.667]
 *
 * Source: Hoerl & Kennard 1970.
 */
export const ridge = defineRegressor({
  name: 'ridge',
  summary: 'Least squares with a penalty on the squared length of the coefficients: ‖y − Xw‖² + α‖w‖².',
  source: 'Hoerl & Kennard 1970',
  target: 'numbers',
  sampleWeight: true,
  options: defineOptions(ridgeOptions),
  fit: ({ X, y, sampleWeight, single }, { alpha, fitIntercept, solver }) => {
    const problem = centred(X, y, { fitIntercept, weights: sampleWeight })
    return coefficients(ridgeSolve(problem.X, problem.Y, alpha, solver), problem, single)
  },
  methods: { predict: ({ state }, X: Dense) => predictLinear(state, X) },
})
