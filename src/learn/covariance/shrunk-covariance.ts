import { defineOptions, number } from '../../core/options.ts'
import { defineDensityEstimator } from '../core/define.ts'
import { assumeCentered, gaussianOf, gaussianVerbs, locationOf } from './covariance-model.ts'
import { covarianceAbout, ledoitWolfShrinkage, oasShrinkage, shrunk } from './moments.ts'

/**
 * The covariance drawn towards a sphere, `(1 − s) Σ + s · tr(Σ)/F · I` with s = `shrinkage`: it has an inverse for few rows too.
 *
 * The model has `location`, `covariance` and `precision`; verbs as {@link empiricalCovariance} has them.
 *
 * @throws ShapeError for fewer than 2 rows
 * @example
 * const model = await shrunkCovariance({ shrinkage: 0.5 }).fit([[0, 0], [2, 2]])
 * await model.covariance.toArray() // [[1, 0.5], [0.5, 1]]
 *
 * Source: Friedman 1989.
 */
export const shrunkCovariance = defineDensityEstimator({
  name: 'shrunkCovariance',
  summary: 'The covariance drawn towards a sphere, (1 − s) Σ + s tr(Σ)/F I.',
  source: 'Friedman 1989',
  minRows: 2,
  options: defineOptions({
    shrinkage: number({ min: 0, max: 1, default: 0.1, help: 'the share of the sphere' }),
    assumeCentered,
  }),
  fit: ({ X }, options) => {
    const location = locationOf(X, options.assumeCentered)
    return gaussianOf(location, shrunk(covarianceAbout(X, location), options.shrinkage))
  },
  methods: gaussianVerbs,
})

/**
 * Ledoit and Wolf's covariance: `(1 − s) Σ + s · tr(Σ)/F · I` with the s of least expected squared error, whatever the distribution.
 *
 * The model has `shrinkage` besides `location`, `covariance` and `precision`; verbs as {@link empiricalCovariance} has them.
 *
 * @throws ShapeError for fewer than 2 rows
 * @example
 * const model = await ledoitWolf().fit([[1, 2, 0], [2, 1, 1], [0, 3, 2], [4, 1, 1]])
 * model.shrinkage // a number from 0 to 1
 *
 * Source: Ledoit & Wolf 2004.
 */
export const ledoitWolf = defineDensityEstimator({
  name: 'ledoitWolf',
  summary: 'The covariance drawn towards a sphere by the share of least expected squared error.',
  source: 'Ledoit & Wolf 2004',
  minRows: 2,
  options: defineOptions({ assumeCentered }),
  fit: ({ X }, options) => {
    const location = locationOf(X, options.assumeCentered)
    const covariance = covarianceAbout(X, location)
    const shrinkage = ledoitWolfShrinkage(X, location, covariance)
    return { shrinkage, ...gaussianOf(location, shrunk(covariance, shrinkage)) }
  },
  methods: gaussianVerbs,
})

/**
 * Oracle approximating shrinkage: as {@link ledoitWolf}, with a share that is nearer the best one for normal rows.
 *
 * The model has `shrinkage` besides `location`, `covariance` and `precision`; verbs as {@link empiricalCovariance} has them.
 *
 * @throws ShapeError for fewer than 2 rows
 * @example
 * const model = await oas().fit([[1, 2, 0], [2, 1, 1], [0, 3, 2], [4, 1, 1]])
 * model.shrinkage // a number from 0 to 1
 *
 * Source: Chen, Wiesel, Eldar & Hero 2010, equation 23.
 */
export const oas = defineDensityEstimator({
  name: 'oas',
  summary: 'The covariance drawn towards a sphere by the share that is best for normal rows.',
  source: 'Chen, Wiesel, Eldar & Hero 2010',
  minRows: 2,
  options: defineOptions({ assumeCentered }),
  fit: ({ X }, options) => {
    const location = locationOf(X, options.assumeCentered)
    const covariance = covarianceAbout(X, location)
    const shrinkage = oasShrinkage(X.rows, covariance)
    return { shrinkage, ...gaussianOf(location, shrunk(covariance, shrinkage)) }
  },
  methods: gaussianVerbs,
})
