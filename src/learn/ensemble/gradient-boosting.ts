import { aFlag, aNumber, anInteger, defineOptions, either, type Infer, nothing, number } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import type { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { takeDense, takeTarget } from '../core/take-rows.ts'
import { shuffleSplit, stratifiedShuffleSplit } from '../split/shuffle-split.ts'
import { columnsOf } from '../trees/columns.ts'
import { type Growth, grow } from '../trees/grow.ts'
import { meanCriterion } from '../trees/number-criterion.ts'
import { ccpAlpha, growthOf, maxFeatures, nEstimators, stopping } from '../trees/options.ts'
import { pruned } from '../trees/pruning.ts'
import { addValues, importances, leaf, leavesOf, normalized, singles, type Tree } from '../trees/tree.ts'
import type { GradientLoss } from './gradient-losses.ts'

export const gradientOptions = {
  learningRate: number({ min: 0, default: 0.1, help: 'what each tree is multiplied with' }),
  nEstimators: nEstimators(100),
  subsample: number({ above: 0, max: 1, default: 1, help: 'share of the rows drawn for each tree' }),
  ...stopping,
  maxDepth: either([nothing, anInteger({ min: 1 })], {
    default: 3,
    help: 'the deepest leaf; null for as deep as it goes',
  }),
  maxFeatures: maxFeatures(null),
  ccpAlpha,
  zeroInit: either([aFlag], { default: false, help: 'whether to begin with scores of 0 instead of the best constant' }),
  validationFraction: number({
    above: 0,
    below: 1,
    default: 0.1,
    help: 'share of the rows kept back for nIterNoChange',
  }),
  nIterNoChange: either([nothing, anInteger({ min: 1 })], {
    default: null,
    help: 'stop when rows kept back were no longer predicted better for so many rounds; null never stops early',
  }),
  tol: either([aNumber({ min: 0 })], { default: 1e-4, help: 'how much better a round must be' }),
  randomState,
} as const

const declared = defineOptions(gradientOptions)
type GradientOptions = Infer<typeof declared>

/** What a boosted model remembers. */
export interface GradientState {
  /** K trees a round. */
  readonly estimators: readonly (readonly Tree[])[]
  readonly nEstimators: number
  readonly featureImportances: Float64Array
  /** [nEstimators] the mean loss on the rows learned from. */
  readonly trainScore: Float64Array
  /** [nEstimators] how much each round lowered it on the rows left out; empty without subsample. */
  readonly oobImprovement: Float64Array
  readonly _start: Float64Array
}

interface GradientProblem {
  readonly X: Dense
  readonly y: Float64Array
  readonly weights: Float64Array
  readonly random: Random
}

const all = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i)

const startOf = (loss: GradientLoss, { y, weights }: GradientProblem, zero: boolean): Float64Array =>
  zero ? new Float64Array(loss.K) : loss.start(y, weights)

const filled = (start: Float64Array, rows: number): Float64Array => {
  const scores = new Float64Array(start.length * rows)
  for (const [k, value] of start.entries()) scores.fill(value, k * rows, (k + 1) * rows)
  return scores
}

/** Sets the leaves' values to the best ones for the loss. */
const improveLeaves = (
  tree: Tree,
  leaves: Int32Array,
  chosen: Int32Array,
  loss: GradientLoss,
  at: Omit<Parameters<NonNullable<GradientLoss['leaf']>>[0], 'rows'>,
): void => {
  if (!loss.leaf) return
  const counts = new Int32Array(tree.feature.length + 1)
  for (const row of chosen) counts[leaves[row]! + 1]!++
  for (let node = 0; node < tree.feature.length; node++) counts[node + 1]! += counts[node]!
  const places = counts.slice()
  const rows = new Int32Array(chosen.length)
  for (const row of chosen) rows[places[leaves[row]!]!++] = row
  for (let node = 0; node < tree.feature.length; node++) {
    if (tree.childrenLeft[node] === leaf && counts[node + 1]! > counts[node]!)
      tree.value.data[node] = loss.leaf({ ...at, rows: rows.subarray(counts[node]!, counts[node + 1]!) })
  }
}

/** Boosting with exact trees: each fitted to the negative gradient of the loss, its leaves set to their best values. */
export const boostGradients = (
  where: string,
  given: GradientProblem,
  options: GradientOptions,
  { loss, classes }: { readonly loss: GradientLoss; readonly classes: boolean },
): GradientState => {
  const { problem, held } = parted(given, options, classes)
  const { X, y, weights, random } = problem
  const { rows: n, columns: F } = X
  const rows = singles(X)
  const columns = columnsOf(X, 'order')
  const start = startOf(loss, problem, options.zeroInit)
  const scores = filled(start, n)
  const heldScores = held && filled(start, held.X.rows)
  const heldRows = held && singles(held.X)
  const residuals = new Float64Array(n)
  const count = Math.max(1, Math.floor(options.subsample * n))
  const estimators: Tree[][] = []
  const trainScore: number[] = []
  const oobImprovement: number[] = []
  const recent = new Float64Array(options.nIterNoChange ?? 0).fill(Infinity)
  for (let t = 0; t < options.nEstimators; t++) {
    const chosen = count < n ? random.sample(n, count).sort() : all(n)
    const own = new Float64Array(n)
    for (const row of chosen) own[row] = weights[row]!
    const weight = own.reduce((a, b) => a + b, 0)
    const growth: Growth = growthOf(where, options, { rows: n, columns: F, weight, randomSplits: false })
    const left = count < n ? lossOn(loss, y, scores, weights, own) : 0
    loss.prepare?.(y, scores, weights)
    const before = loss.K > 1 ? scores.slice() : scores
    const trees: Tree[] = []
    for (let k = 0; k < loss.K; k++) {
      loss.residuals(y, before, k, residuals)
      const draws = growth.maxFeatures < F
      const grown = grow(columns, own, {
        criterion: meanCriterion(residuals, own, false),
        growth,
        random: draws ? random : undefined,
      })
      const tree = options.ccpAlpha > 0 ? pruned(grown, options.ccpAlpha) : grown
      const leaves = leavesOf(tree, rows, F)
      improveLeaves(tree, leaves, chosen, loss, { y, scores, residuals, weights })
      for (let i = 0; i < n; i++) scores[k * n + i]! += options.learningRate * tree.value.data[leaves[i]!]!
      if (heldScores) {
        const m = held.X.rows
        addValues(tree, heldRows!, F, heldScores.subarray(k * m, (k + 1) * m), options.learningRate)
      }
      trees.push(tree)
    }
    estimators.push(trees)
    trainScore.push(loss.mean(y, scores, own))
    if (count < n) oobImprovement.push(left - lossOn(loss, y, scores, weights, own))
    if (!heldScores) continue
    const now = loss.mean(held.y, heldScores, held.weights)
    if (!recent.some(old => now + options.tol < old)) break
    recent[t % recent.length] = now
  }
  return {
    estimators,
    nEstimators: estimators.length,
    featureImportances: meanImportances(estimators, F),
    trainScore: Float64Array.from(trainScore),
    oobImprovement: Float64Array.from(oobImprovement),
    _start: start,
  }
}

/** The loss on the rows that were not drawn. */
const lossOn = (
  loss: GradientLoss,
  y: Float64Array,
  scores: Float64Array,
  weights: Float64Array,
  drawn: Float64Array,
): number =>
  loss.mean(
    y,
    scores,
    weights.map((w, i) => (drawn[i] === 0 ? w : 0)),
  )

const meanImportances = (estimators: readonly (readonly Tree[])[], F: number): Float64Array => {
  const sum = new Float64Array(F)
  for (const trees of estimators)
    for (const tree of trees) {
      if (tree.feature.length === 1) continue
      for (const [j, value] of importances(tree, F, false).entries()) sum[j]! += value
    }
  return normalized(sum)
}

const parted = (problem: GradientProblem, { nIterNoChange, validationFraction }: GradientOptions, classes: boolean) => {
  if (nIterNoChange === null) return { problem, held: undefined }
  const { X, y, weights, random } = problem
  const cut = { nSplits: 1, testSize: validationFraction, randomState: random.seed() }
  const splitter = classes ? stratifiedShuffleSplit(cut) : shuffleSplit(cut)
  const [split] = [...splitter.split(X.rows, classes ? { y } : {})]
  const part = (rows: Int32Array): GradientProblem => ({
    X: takeDense(X, rows),
    y: takeTarget(y, rows),
    weights: takeTarget(weights, rows),
    random,
  })
  return { problem: part(split!.train), held: part(split!.test) }
}

/** The scores after each round, [K, rows] in one array that goes on changing. */
export function* gradientStages(state: GradientState, X: Dense, learningRate: number): Iterable<Float64Array> {
  const rows = singles(X)
  const scores = filled(state._start, X.rows)
  for (const trees of state.estimators) {
    for (const [k, tree] of trees.entries())
      addValues(tree, rows, X.columns, scores.subarray(k * X.rows, (k + 1) * X.rows), learningRate)
    yield scores
  }
}
export const gradientScores = (state: GradientState, X: Dense, learningRate: number): Float64Array => {
  let last = new Float64Array(0)
  for (const scores of gradientStages(state, X, learningRate)) last = scores as typeof last
  return last
}

/** The leaf of each row in each tree [N, nEstimators · K]. */
export const gradientLeaves = ({ estimators }: GradientState, X: Dense): Dense => {
  const rows = singles(X)
  const trees = estimators.flat()
  const out = dense(X.rows, trees.length)
  for (const [t, tree] of trees.entries())
    for (const [i, node] of leavesOf(tree, rows, X.columns).entries()) out.data[i * trees.length + t] = node
  return out
}
