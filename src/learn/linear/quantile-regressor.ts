import { defineOptions, number } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { fitIntercept } from '../core/rules.ts'
import { predictLinear } from './design.ts'
import { solveQuantileProgram } from './quantile-program.ts'

/**
 * Quantile regression: a linear function below which a share `q` of the targets lies. It has the least mean of `q r₊ + (1 − q) r₋` over the
 * residuals, plus `α ‖w‖₁`; with `q` 0.5 and `α` 0 the least absolute deviations.
 *
 * The model has `coef` [F], `intercept` and `nIter`.
 *
 * @example
 * const model = await quantileRegressor({ quantile: 0.9, alpha: 0 }).fit(X, y)
 *
 * Source: Koenker & Bassett 1978; solved as in Portnoy & Koenker 1997.
 */
export const quantileRegressor = defineRegressor({
  name: 'quantileRegressor',
  summary: 'A linear function below which a given share of the targets lies, by linear programming.',
  source: 'Koenker & Bassett 1978; Portnoy & Koenker 1997',
  sampleWeight: true,
  options: defineOptions({
    quantile: number({ above: 0, below: 1, default: 0.5, help: 'the share of targets below the prediction' }),
    alpha: number({ min: 0, default: 1, help: 'strength of the penalty on absolute coefficients' }),
    fitIntercept,
  }),
  fit: ({ X, y, sampleWeight }, { quantile, alpha, fitIntercept }) => {
    const F = X.columns
    const P = F + (fitIntercept ? 1 : 0)
    const rows = Array.from(y.keys()).filter(i => !sampleWeight || sampleWeight[i]! > 0)
    const N = rows.length
    const weight = Float64Array.from(rows, i => (sampleWeight ? sampleWeight[i]! : 1))
    const total = weight.reduce((a, b) => a + b, 0)
    // A penalty is a residual too: that of a row which is 1 at one coefficient, with the target 0.
    const extra = alpha > 0 ? F : 0
    const A = dense(N + extra, P)
    const target = new Float64Array(N + extra)
    const above = new Float64Array(N + extra).fill(alpha * total)
    const below = new Float64Array(N + extra).fill(alpha * total)
    for (const [at, i] of rows.entries()) {
      A.data.set(X.data.subarray(i * F, (i + 1) * F), at * P)
      if (fitIntercept) A.data[at * P + F] = 1
      target[at] = y[i]!
      above[at] = quantile * weight[at]!
      below[at] = (1 - quantile) * weight[at]!
    }
    for (let j = 0; j < extra; j++) A.data[(N + j) * P + j] = 1
    const { w, nIter } = solveQuantileProgram({ X: A, y: target, above, below })
    return { coef: w.slice(0, F), intercept: fitIntercept ? w[F]! : 0, nIter }
  },
  methods: { predict: ({ state }, X: Dense) => predictLinear(state, X) },
})
