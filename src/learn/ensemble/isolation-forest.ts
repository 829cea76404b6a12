import { aNumber, anInteger, aWord, defineOptions, either } from '../../core/options.ts'
import { ArgumentError } from '../../core/errors.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineOutlierDetector } from '../core/define.ts'
import { randomState } from '../core/rules.ts'
import { takeDense } from '../core/take-rows.ts'
import { weightedQuantile } from '../dummy/weighted-quantile.ts'
import { columnsOf } from '../trees/columns.ts'
import { grow } from '../trees/grow.ts'
import { meanCriterion } from '../trees/number-criterion.ts'
import { bootstrap, nEstimators } from '../trees/options.ts'
import { depthsOf, leavesOf, singles, type Tree } from '../trees/tree.ts'
import { drawnCounts } from './grow-forest.ts'
import { takeColumns } from './members.ts'

const euler = 0.5772156649015329

const all = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i)

/** The mean depth at which a search in a random tree of n rows ends. */
const meanDepth = (n: number): number => {
  if (n <= 1) return 0
  if (n === 2) return 1
  return 2 * (Math.log(n - 1) + euler) - (2 * (n - 1)) / n
}

interface Isolated {
  readonly estimators: readonly Tree[]
  readonly estimatorsFeatures: readonly Int32Array[]
  readonly maxSamples: number
}

/** `−2^(−E[depth] / c(n))`: near −1 for rows that few splits set apart. */
const scores = ({ estimators, estimatorsFeatures, maxSamples }: Isolated, X: Dense): Float64Array => {
  const sums = new Float64Array(X.rows)
  for (const [t, tree] of estimators.entries()) {
    const own = takeColumns(X, estimatorsFeatures[t]!)
    const depths = depthsOf(tree)
    const reach = Float64Array.from(depths, (depth, node) => depth + meanDepth(tree.nNodeSamples[node]!))
    for (const [i, node] of leavesOf(tree, singles(own), own.columns).entries()) sums[i]! += reach[node]!
  }
  const usual = estimators.length * meanDepth(maxSamples)
  return sums.map(sum => -(2 ** -(usual === 0 ? 1 : sum / usual)))
}

/**
 * Rows that random splits set apart after few steps are outliers: trees are grown on few rows each with features and thresholds drawn,
 * and the mean depth of a row tells how ordinary it is.
 *
 * `contamination` is the share of outliers expected; `auto` takes the paper's bound. The model has `estimators`, `estimatorsFeatures`,
 * `maxSamples` and `offset`, and the verbs `scoreSamples` (from −1 to 0, low for outliers), `decisionFunction` (that less the offset: below 0
 * for outliers) and `predict` (1 or −1).
 *
 * @throws ArgumentError if more rows are asked for than there are
 * @example
 * const model = await isolationForest({ contamination: 0.05, randomState: 0 }).fit(X)
 * await model.predict(X) // 1 ordinary, -1 outlier
 *
 * Source: Liu, Ting & Zhou 2008.
 */
export const isolationForest = defineOutlierDetector({
  name: 'isolationForest',
  summary: 'Rows that random splits set apart after few steps are outliers: the score is −2^(−E[depth] / c(n)).',
  source: 'Liu, Ting & Zhou 2008',
  missing: 'allowed',
  options: defineOptions({
    nEstimators: nEstimators(100),
    maxSamples: either([aWord(['auto']), anInteger({ min: 1 }), aNumber({ above: 0, below: 1 })], {
      default: 'auto',
      help: 'rows drawn for each tree, or their share; auto: 256 at most',
    }),
    maxFeatures: either([anInteger({ min: 1 }), aNumber({ above: 0, max: 1 }), aWord(['all'])], {
      default: 'all',
      help: 'features drawn for each tree, or their share below 1',
    }),
    contamination: either([aWord(['auto']), aNumber({ above: 0, max: 0.5 })], {
      default: 'auto',
      help: 'the share of outliers expected',
    }),
    bootstrap: bootstrap(false),
    randomState,
  }),
  fit: ({ X, random }, { nEstimators, maxSamples: wanted, maxFeatures, contamination, bootstrap: again }) => {
    const { rows, columns } = X
    if (typeof wanted === 'number' && wanted > rows)
      throw new ArgumentError(`isolationForest: maxSamples is ${wanted}, and X has ${rows} rows. Pass at most as many.`)
    const maxSamples =
      wanted === 'auto' ? Math.min(256, rows) : wanted < 1 ? Math.max(1, Math.floor(wanted * rows)) : wanted
    const width =
      maxFeatures === 'all'
        ? columns
        : maxFeatures < 1
          ? Math.max(1, Math.floor(maxFeatures * columns))
          : Math.min(columns, maxFeatures)
    const estimators: Tree[] = []
    const estimatorsFeatures: Int32Array[] = []
    for (let t = 0; t < nEstimators; t++) {
      const features = width < columns ? random.sample(columns, width) : all(columns)
      const counts = again ? drawnCounts(random, rows, maxSamples) : new Float64Array(rows).fill(1)
      const drawn = again ? all(rows).filter(i => counts[i]! > 0) : random.sample(rows, maxSamples)
      const own = takeColumns(takeDense(X, drawn), features)
      const weights = Float64Array.from(drawn, row => counts[row]!)
      // Targets drawn at random: every split is as good as another.
      const targets = weights.map(() => random.uniform())
      estimatorsFeatures.push(features)
      estimators.push(
        grow(columnsOf(own, 'no'), weights, {
          criterion: meanCriterion(targets, weights, false),
          growth: {
            maxDepth: Math.ceil(Math.log2(Math.max(maxSamples, 2))),
            minSamplesSplit: 2,
            minSamplesLeaf: 1,
            minWeightLeaf: 0,
            maxFeatures: 1,
            maxLeafNodes: null,
            minImpurityDecrease: 0,
            randomSplits: true,
            directions: undefined,
          },
          random,
        }),
      )
    }
    const isolated: Isolated = { estimators, estimatorsFeatures, maxSamples }
    const offset = contamination === 'auto' ? -0.5 : weightedQuantile(scores(isolated, X), contamination)
    return { ...isolated, offset }
  },
  methods: {
    scoreSamples: ({ state }, X: Dense) => scores(state, X),
    decisionFunction: ({ state }, X: Dense) => scores(state, X).map(score => score - state.offset),
    predict: ({ state }, X: Dense) => Int32Array.from(scores(state, X), score => (score < state.offset ? -1 : 1)),
  },
})
