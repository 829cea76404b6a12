import { defineOptions, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { classWeight, randomState } from '../core/rules.ts'
import { rowWeights } from '../core/weights.ts'
import { classesCriterion } from './criteria.ts'
import { fitTree, leafValues, treeMethods } from './fit-tree.ts'
import { ccpAlpha, maxFeatures, monotonicCst, stopping } from './options.ts'

/**
 * A decision tree: splits `x_j ≤ t` one after the other, each the one that lowers the impurity of the classes most.
 * Rows without a value (NaN) go to the side that suits better.
 *
 * `maxDepth`, `minSamplesLeaf` and `ccpAlpha` keep it from learning noise. Features are compared in single precision. Where two splits are
 * equally good, the first feature's is taken, unless `maxFeatures` or the splitter draws.
 *
 * The model has `tree` (flat arrays, node by node), `featureImportances` [F], `depth` and `nLeaves`, the verbs `apply` (the leaf of each
 * row) and `decisionPath`; `exportText` and `exportSvg` show it.
 *
 * @example
 * const model = await decisionTreeClassifier({ maxDepth: 2 }).fit([[0], [1], [2], [3]], ['a', 'a', 'b', 'b'])
 * await model.predict([[0.5]]) // ['a']
 *
 * Source: Breiman, Friedman, Olshen & Stone 1984.
 */
export const decisionTreeClassifier = defineClassifier({
  name: 'decisionTreeClassifier',
  summary: 'Splits x_j ≤ t, each the one that lowers the Gini impurity 1 − Σ p_k² (or entropy) most.',
  source: 'Breiman, Friedman, Olshen & Stone 1984',
  sampleWeight: true,
  missing: 'allowed',
  oneClass: true,
  options: defineOptions({
    criterion: classesCriterion,
    splitter: oneOf(['best', 'random'], {
      default: 'best',
      help: 'whether thresholds are sought or drawn',
    }),
    ...stopping,
    maxFeatures: maxFeatures(null),
    classWeight,
    ccpAlpha,
    monotonicCst,
    randomState,
  }),
  fit: (problem, options) => {
    const { X, y, classCount: K, random } = problem
    const weights = rowWeights(problem, options.classWeight, 'decisionTreeClassifier')
    return fitTree('decisionTreeClassifier', { X, y, weights, K, random }, options)
  },
  methods: {
    predictProba: ({ state }, X: Dense) => leafValues(state.tree, X),
    ...treeMethods,
  },
})
