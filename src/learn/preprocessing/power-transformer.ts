import { ArgumentError } from '../../core/errors.ts'
import { aFlag, defineOptions, either, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { requireWidth, standardised, unstandardised } from './affine.ts'
import { columnMoments, isConstant } from './moments.ts'
import { sameNames } from './names-out.ts'
import { likeliestPower, powers } from './powers.ts'

/**
 * Columns made more like a normal distribution by a power of maximal likelihood. Yeo and Johnson: `((x + 1)^λ − 1) / λ` for x ≥ 0 and
 * `−((1 − x)^(2 − λ) − 1) / (2 − λ)` below; Box and Cox: `(x^λ − 1) / λ` for positive numbers. Then, unless `standardize` is false, of mean 0 and
 * variance 1. NaN does not count and stays.
 *
 * The model has `lambdas` [F], and `mean` and `scale` [F] where it standardises.
 *
 * @throws ArgumentError for `boxCox` and numbers that are not positive
 * @example
 * const model = await powerTransformer().fit([[1], [2], [4], [90]])
 * await (await model.transform([[3]])).toArray()
 *
 * Source: Yeo & Johnson 2000; Box & Cox 1964.
 */
export const powerTransformer = defineTransformer({
  name: 'powerTransformer',
  summary: 'Columns made more like a normal distribution by a power of maximal likelihood.',
  source: 'Yeo & Johnson 2000; Box & Cox 1964',
  missing: 'allowed',
  options: defineOptions({
    method: oneOf(['yeoJohnson', 'boxCox'], {
      default: 'yeoJohnson',
      help: 'the family of powers; boxCox takes positive numbers only',
    }),
    standardize: either([aFlag], { default: true, help: 'whether columns get the mean 0 and the variance 1' }),
  }),
  fit: ({ X }, { method, standardize }) => {
    requirePositive('powerTransformer.fit', X, method)
    const { count, mean, variance } = columnMoments(X)
    const lambdas = Float64Array.from({ length: X.columns }, (_, j) => {
      const constant = isConstant(variance[j]!, mean[j]!, count[j]!)
      // A column that does not vary stays as it is.
      return constant || count[j] === 0 ? 1 : likeliestPower(columnOf(X, j), method)
    })
    if (!standardize) return { lambdas, mean: null, scale: null }
    const after = columnMoments(raised(X, lambdas, method))
    const scale = after.variance.map((v, j) => (isConstant(v, after.mean[j]!, after.count[j]!) ? 1 : Math.sqrt(v)))
    return { lambdas, mean: after.mean, scale }
  },
  methods: {
    transform: ({ state, options }, X: Dense): Dense => {
      requirePositive('powerTransformer.transform', X, options.method)
      return standardised(raised(X, state.lambdas, options.method), state.mean, state.scale) as Dense
    },
    inverseTransform: ({ state, options, nFeaturesIn }, X: Dense): Dense => {
      requireWidth('powerTransformer.inverseTransform', X, nFeaturesIn)
      const out = unstandardised(X, state.mean, state.scale) as Dense
      const { inverse } = powers[options.method]
      for (let k = 0; k < out.data.length; k++) out.data[k] = inverse(out.data[k]!, state.lambdas[k % X.columns]!)
      return out
    },
  },
  functions: sameNames,
})

const columnOf = ({ rows, columns, data }: Dense, j: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[i * columns + j]!).filter(x => !Number.isNaN(x))

const raised = (X: Dense, lambdas: Float64Array, method: keyof typeof powers): Dense => {
  const { forward } = powers[method]
  return { ...X, data: X.data.map((x, k) => forward(x, lambdas[k % X.columns]!)) }
}

const requirePositive = (where: string, { data, columns }: Dense, method: string): void => {
  const at = method === 'boxCox' ? data.findIndex(x => x <= 0) : -1
  if (at < 0) return
  throw new ArgumentError(
    `${where}: X is ${data[at]} at row ${Math.floor(at / columns)}, column ${at % columns}. boxCox takes positive numbers; pass { method: "yeoJohnson" }.`,
  )
}
