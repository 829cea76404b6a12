import { defineOptions, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { randomState } from '../core/rules.ts'
import { numberCriterion } from './criteria.ts'
import { fitTree, leafValues, treeMethods } from './fit-tree.ts'
import { ccpAlpha, maxFeatures, monotonicCst, stopping } from './options.ts'

/**
 * A decision tree whose thresholds are drawn: of one random threshold for each of some features the best is taken. Less exact alone, a good part of a forest.
 * Rows without a value (NaN) go to the side that suits better.
 *
 * `maxDepth`, `minSamplesLeaf` and `ccpAlpha` keep it from learning noise. Features are compared in single precision. Where two splits are
 * equally good, the first feature's is taken, unless `maxFeatures` or the splitter draws.
 *
 * The model has `tree` (flat arrays, node by node), `featureImportances` [F], `depth` and `nLeaves`, the verbs `apply` (the leaf of each
 * row) and `decisionPath`; `exportText` and `exportSvg` show it.
 *
 * @example
 * const model = await extraTreeRegressor({ maxDepth: 2, randomState: 0 }).fit([[0], [1], [2], [3]], [1, 1, 5, 5])
 * await (await model.predict([[0.5]])).toArray() // [1]
 *
 * Source: Geurts, Ernst & Wehenkel 2006.
 */
export const extraTreeRegressor = defineRegressor({
  name: 'extraTreeRegressor',
  summary: 'A decision tree whose thresholds are drawn at random and the best of them taken.',
  source: 'Geurts, Ernst & Wehenkel 2006',
  sampleWeight: true,
  missing: 'allowed',
  options: defineOptions({
    criterion: numberCriterion,
    splitter: oneOf(['best', 'random'], {
      default: 'random',
      help: 'whether thresholds are sought or drawn',
    }),
    ...stopping,
    maxFeatures: maxFeatures(null),
    ccpAlpha,
    monotonicCst,
    randomState,
  }),
  fit: ({ X, y, sampleWeight: weights, random }, options) =>
    fitTree('extraTreeRegressor', { X, y, weights, K: 1, random }, options),
  methods: {
    predict: ({ state }, X: Dense) => leafValues(state.tree, X).data,
    ...treeMethods,
  },
})
