import { defineOptions, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { randomState } from '../core/rules.ts'
import { numberCriterion } from './criteria.ts'
import { fitTree, leafValues, treeMethods } from './fit-tree.ts'
import { ccpAlpha, maxFeatures, monotonicCst, stopping } from './options.ts'

/**
 * A regression tree: splits `x_j ≤ t` one after the other, each the one that lowers `Σ (y − ȳ)²` most; a leaf predicts its mean.
 * Rows without a value (NaN) go to the side that suits better.
 *
 * `maxDepth`, `minSamplesLeaf` and `ccpAlpha` keep it from learning noise. Features are compared in single precision. Where two splits are
 * equally good, the first feature's is taken, unless `maxFeatures` or the splitter draws.
 *
 * The model has `tree` (flat arrays, node by node), `featureImportances` [F], `depth` and `nLeaves`, the verbs `apply` (the leaf of each
 * row) and `decisionPath`; `exportText` and `exportSvg` show it.
 *
 * @example
 * const model = await decisionTreeRegressor({ maxDepth: 2 }).fit([[0], [1], [2], [3]], [1, 1, 5, 5])
 * await (await model.predict([[0.5]])).toArray() // [1]
 *
 * Source: Breiman, Friedman, Olshen & Stone 1984.
 */
export const decisionTreeRegressor = defineRegressor({
  name: 'decisionTreeRegressor',
  summary: 'Splits x_j ≤ t, each the one that lowers Σ (y − ȳ)² (or another criterion) most; a leaf predicts its mean.',
  source: 'Breiman, Friedman, Olshen & Stone 1984',
  sampleWeight: true,
  missing: 'allowed',
  options: defineOptions({
    criterion: numberCriterion,
    splitter: oneOf(['best', 'random'], {
      default: 'best',
      help: 'whether thresholds are sought or drawn',
    }),
    ...stopping,
    maxFeatures: maxFeatures(null),
    ccpAlpha,
    monotonicCst,
    randomState,
  }),
  fit: ({ X, y, sampleWeight: weights, random }, options) =>
    fitTree('decisionTreeRegressor', { X, y, weights, K: 1, random }, options),
  methods: {
    predict: ({ state }, X: Dense) => leafValues(state.tree, X).data,
    ...treeMethods,
  },
})
