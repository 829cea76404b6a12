import { defineOptions } from '../../core/options.ts'
import { defineDensityEstimator } from '../core/define.ts'
import { assumeCentered, gaussianOf, gaussianVerbs, locationOf } from './covariance-model.ts'
import { covarianceAbout } from './moments.ts'

/**
 * The covariance of greatest likelihood, `Σ = 1/N Σᵢ (xᵢ − μ)(xᵢ − μ)ᵀ`.
 *
 * The model has `location` [F], `covariance` and `precision` [F, F] (the inverse, or where there is none the pseudoinverse); `mahalanobis`
 * gives `(x − μ)ᵀ Σ⁻¹ (x − μ)`, `scoreSamples` ln N(x; μ, Σ) in nats (of a covariance without an inverse: within the directions that vary)
 * and `score` its mean.
 *
 * @throws ShapeError for fewer than 2 rows
 * @example
 * const model = await empiricalCovariance().fit([[0, 0], [2, 2], [0, 2], [2, 0]])
 * await model.covariance.toArray() // [[1, 0], [0, 1]]
 *
 * Source: Anderson 2003, section 3.2.
 */
export const empiricalCovariance = defineDensityEstimator({
  name: 'empiricalCovariance',
  summary: 'The covariance of greatest likelihood, Σ = 1/N Σᵢ (xᵢ − μ)(xᵢ − μ)ᵀ.',
  source: 'Anderson 2003, section 3.2',
  minRows: 2,
  options: defineOptions({ assumeCentered }),
  fit: ({ X }, options) => {
    const location = locationOf(X, options.assumeCentered)
    return gaussianOf(location, covarianceAbout(X, location))
  },
  methods: gaussianVerbs,
})
