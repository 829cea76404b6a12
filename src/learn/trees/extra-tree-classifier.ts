import { defineOptions, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { classWeight, randomState } from '../core/rules.ts'
import { rowWeights } from '../core/weights.ts'
import { classesCriterion } from './criteria.ts'
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
 * const model = await extraTreeClassifier({ maxDepth: 2, randomState: 0 }).fit([[0], [1], [2], [3]], ['a', 'a', 'b', 'b'])
 * await model.predict([[0.5]]) // ['a']
 *
 * Source: Geurts, Ernst & Wehenkel 2006.
 */
export const extraTreeClassifier = defineClassifier({
  name: 'extraTreeClassifier',
  summary: 'A decision tree whose thresholds are drawn at random and the best of them taken.',
  source: 'Geurts, Ernst & Wehenkel 2006',
  sampleWeight: true,
  missing: 'allowed',
  oneClass: true,
  options: defineOptions({
    criterion: classesCriterion,
    splitter: oneOf(['best', 'random'], {
      default: 'random',
      help: 'whether thresholds are sought or drawn',
    }),
    ...stopping,
    maxFeatures: maxFeatures('sqrt'),
    classWeight,
    ccpAlpha,
    monotonicCst,
    randomState,
  }),
  fit: (problem, options) => {
    const { X, y, classCount: K, random } = problem
    const weights = rowWeights(problem, options.classWeight, 'extraTreeClassifier')
    return fitTree('extraTreeClassifier', { X, y, weights, K, random }, options)
  },
  methods: {
    predictProba: ({ state }, X: Dense) => leafValues(state.tree, X),
    ...treeMethods,
  },
})
