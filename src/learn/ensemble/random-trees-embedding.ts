import { defineOptions } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { nJobs, randomState } from '../core/rules.ts'
import { nEstimators, stopping } from '../trees/options.ts'
import { growForest, leafIndicators } from './forest.ts'

/**
 * A code of 0 and 1 for each row: which leaf it falls into in each of many trees grown at random, without targets. Rows that lie near one
 * another share leaves; linear methods on the code can separate what they could not before.
 *
 * The transform is a sparse matrix [N, leaves of all trees] with nEstimators ones a row. The model has `estimators`.
 *
 * @example
 * const code = await randomTreesEmbedding({ nEstimators: 10, randomState: 0 }).fitTransform(X)
 *
 * Source: Geurts, Ernst & Wehenkel 2006; Moosmann, Triggs & Jurie 2006.
 */
export const randomTreesEmbedding = defineTransformer({
  name: 'randomTreesEmbedding',
  summary: 'Which leaf each row falls into in each of many trees grown at random, as a sparse code of 0 and 1.',
  source: 'Geurts, Ernst & Wehenkel 2006; Moosmann, Triggs & Jurie 2006',
  options: defineOptions({
    nEstimators: nEstimators(100),
    ...stopping,
    maxDepth: { ...stopping.maxDepth, default: 5 },
    randomState,
    nJobs,
  }),
  fit: async ({ X, random }, options) => {
    const y = Float64Array.from({ length: X.rows }, () => random.uniform())
    const { forest } = await growForest(
      'randomTreesEmbedding',
      { X, y, weights: undefined, K: 1, random, randomSplits: true },
      {
        ...options,
        criterion: 'squaredError',
        maxFeatures: 1,
        ccpAlpha: 0,
        bootstrap: false,
        maxSamples: null,
        oobScore: false,
      },
    )
    return { estimators: forest.estimators }
  },
  methods: { transform: ({ state }, X: Dense) => leafIndicators(state.estimators, X) },
})
