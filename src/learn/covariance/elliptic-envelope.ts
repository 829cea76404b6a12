import { defineOptions, number } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineOutlierDetector } from '../core/define.ts'
import { weightedQuantile } from '../dummy/weighted-quantile.ts'
import { mahalanobis } from './covariance-model.ts'
import { robustGaussian, robustOptions } from './min-cov-det.ts'

/**
 * Outliers of normal rows: those furthest from the robust mean by the robust covariance of {@link minCovDet},
 * `(x − μ)ᵀ Σ⁻¹ (x − μ) > −offset`, where `contamination` of the rows lie.
 *
 * The model has `offset` and what minCovDet's has; `scoreSamples` is minus the squared distance, `decisionFunction` it less the offset
 * (negative for outliers), `predict` 1 or -1.
 *
 * @throws ShapeError for fewer than 2 rows; ArgumentError where the rows that would count are all equal
 * @example
 * const model = await ellipticEnvelope({ contamination: 0.2, randomState: 0 }).fit([[0, 0], [1, 0], [0, 1], [1, 1.5], [0.5, 0.2], [90, 90]])
 * await (await model.predict([[0.5, 0.5], [80, 90]])).toArray() // [1, -1]
 *
 * Source: Rousseeuw & Van Driessen 1999.
 */
export const ellipticEnvelope = defineOutlierDetector({
  name: 'ellipticEnvelope',
  summary: 'Outliers are the rows furthest from a robust mean by a robust covariance.',
  source: 'Rousseeuw & Van Driessen 1999',
  minRows: 2,
  options: defineOptions({
    contamination: number({ above: 0, max: 0.5, default: 0.1, help: 'the share of outliers' }),
    ...robustOptions,
  }),
  fit: (problem, options) => {
    const state = robustGaussian(problem, options, 'ellipticEnvelope.fit')
    const negative = state.dist.map(square => -square)
    return { ...state, offset: weightedQuantile(negative, options.contamination) }
  },
  methods: {
    scoreSamples: ({ state }, X: Dense): Float64Array => mahalanobis(state, X).map(square => -square),
    decisionFunction: ({ state }, X: Dense): Float64Array =>
      mahalanobis(state, X).map(square => -square - state.offset),
    predict: ({ state }, X: Dense): Int32Array =>
      Int32Array.from(mahalanobis(state, X), square => (-square - state.offset >= 0 ? 1 : -1)),
    mahalanobis: ({ state }, X: Dense): Float64Array => mahalanobis(state, X),
  },
})
