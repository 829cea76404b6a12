import type { Dense } from '../../../ops/matrix-kernels.ts'
import { Random } from '../../core/random.ts'
import { type Binning, fillBins, thresholdsOf } from './bins.ts'
import { HistogramGrower, type HistogramGrowth, type Workspace } from './grow-histogram.ts'
import { addTree, binnedRows, type HistogramTree } from './histogram-tree.ts'
import { type BoostingLoss, type LossChoice, lossOf, type Scores } from './losses.ts'
import { member, partOfRange, type Team } from './team.ts'

/** What all members of a team are given; its arrays are in memory that all of them share. */
export interface SharedBoost {
  readonly size: number
  readonly control: Int32Array
  readonly X: Dense
  readonly y: Float64Array
  readonly weights: Float64Array | undefined
  /** Rows that tell when to stop, or nothing: then those learned from do. */
  readonly validation:
    | { readonly X: Dense; readonly y: Float64Array; readonly weights: Float64Array | undefined }
    | undefined
  readonly loss: LossChoice
  readonly growth: HistogramGrowth
  readonly work: Workspace
  /** [K, rows] */
  readonly scores: Float64Array
  readonly validationScores: Float64Array
  readonly gradients: Float32Array
  readonly hessians: Float32Array
  /** [columns, maxBins]: where features are cut, or the categories; so many of each are in `thresholdCounts`. */
  readonly thresholds: Float64Array
  readonly thresholdCounts: Int32Array
  readonly maxBins: number
  /** The rows that bins are made from; all without it. */
  readonly rowsForBins: Int32Array | undefined
  readonly binWeights: Float64Array | undefined
  readonly maxIter: number
  readonly earlyStopping: boolean
  readonly nIterNoChange: number
  readonly tol: number
  readonly seed: number
}

export interface Boosted {
  /** A list of K trees for each round. */
  readonly trees: readonly (readonly HistogramTree[])[]
  readonly baseline: Float64Array
  readonly thresholds: readonly Float64Array[]
  /** The mean loss before the first round and after each; only with early stopping. */
  readonly trainScore: Float64Array
  readonly validationScore: Float64Array
}

/** Each member makes the bins of its features. */
const makeBins = (shared: SharedBoost, team: Team): void => {
  const { X, work, maxBins, thresholds, thresholdCounts, rowsForBins: only, binWeights } = shared
  const { rows, columns } = X
  const [first, last] = partOfRange(team, columns)
  for (let column = first; column < last; column++) {
    const categorical = work.categorical[column] === 1
    // The categories are there already.
    const own = categorical
      ? thresholds.slice(column * maxBins, column * maxBins + thresholdCounts[column]!)
      : thresholdsOf(X.data, { rows, columns, column, only, weights: binWeights }, maxBins)
    thresholds.set(own, column * maxBins)
    thresholdCounts[column] = own.length
    work.binCounts[column] = own.length + (categorical ? 0 : 1)
    const bins = work.bins.subarray(column * rows, (column + 1) * rows)
    fillBins(X.data, { rows, columns, column }, { thresholds: own, categorical }, maxBins, bins)
    work.missing[column] = bins.includes(maxBins) ? 1 : 0
  }
  team.meet()
}

/** What is added up round after round. */
class Boosting {
  private readonly shared: SharedBoost
  private readonly team: Team
  private readonly loss: BoostingLoss
  private readonly train: Scores
  private readonly held: Scores | undefined
  private readonly binning: readonly Binning[]
  private readonly grower: HistogramGrower
  private readonly rowsHeld: ReturnType<typeof binnedRows> | undefined
  readonly trees: HistogramTree[][] = []
  readonly baseline: Float64Array
  readonly trainScore: number[] = []
  readonly validationScore: number[] = []

  constructor(shared: SharedBoost, team: Team) {
    this.shared = shared
    this.team = team
    const { X, y, weights, validation, work, maxBins, scores } = shared
    this.loss = lossOf(shared.loss)
    this.binning = Array.from({ length: X.columns }, (_, j) => ({
      thresholds: shared.thresholds.slice(j * maxBins, j * maxBins + shared.thresholdCounts[j]!),
      categorical: work.categorical[j] === 1,
    }))
    this.baseline = this.loss.start(y, weights)
    this.train = { y, weights, scores, rows: X.rows }
    const [from, to] = partOfRange(team, X.rows)
    for (const [k, start] of this.baseline.entries()) scores.fill(start, k * X.rows + from, k * X.rows + to)
    if (validation) {
      const rows = validation.X.rows
      this.rowsHeld = binnedRows(validation.X, this.binning)
      this.held = { y: validation.y, weights: validation.weights, scores: shared.validationScores, rows }
      if (team.rank === 0)
        for (const [k, start] of this.baseline.entries()) shared.validationScores.fill(start, k * rows, (k + 1) * rows)
    }
    this.grower = new HistogramGrower(work, shared.growth, team, new Random(shared.seed))
    team.meet()
    if (shared.earlyStopping) this.judge()
  }

  round(): void {
    const { shared, team, loss, grower, train } = this
    const { gradients, hessians, scores } = shared
    const { rows } = train
    const [from, to] = partOfRange(team, rows)
    loss.fill(train, from, to, gradients, hessians)
    team.meet()
    const trees: HistogramTree[] = []
    for (let k = 0; k < loss.K; k++) {
      const part = <A extends Float32Array | Float64Array>(all: A): A =>
        (loss.K === 1 ? all : all.subarray(k * rows, (k + 1) * rows)) as A
      grower.grow(part(gradients), part(hessians))
      if (loss.leaf) this.bestConstants(loss)
      trees.push(grower.tree(this.binning.map(({ thresholds }) => thresholds)))
      grower.addTo(scores, k * rows)
      team.meet()
    }
    this.trees.push(trees)
    this.follow(trees)
  }
  private bestConstants({ leaf }: BoostingLoss): void {
    const { y, weights, scores } = this.train
    const { partition } = this.shared.work
    for (const node of this.grower.leaves) {
      const rows = partition.subarray(node.from, node.to)
      const residuals = Float64Array.from(rows, row => y[row]! - scores[row]!)
      const own = weights && Float64Array.from(rows, row => weights[row]!)
      node.value = this.shared.growth.learningRate * leaf!(residuals, own)
    }
    // The scores that the residuals are of must be read before they change.
    this.team.meet()
  }
  private follow(trees: readonly HistogramTree[]): void {
    const { held, rowsHeld, team } = this
    if (held) {
      const [from, to] = partOfRange(team, held.rows)
      for (const [k, tree] of trees.entries()) addTree(tree, rowsHeld!, held.scores, from, to, k * held.rows)
      team.meet()
    }
    if (this.shared.earlyStopping) this.judge()
  }
  private judge(): void {
    const { loss, train, held } = this
    this.trainScore.push(-loss.mean(train))
    if (held) this.validationScore.push(-loss.mean(held))
    // Nobody goes on before all have read the scores.
    this.team.meet()
  }

  /** Whether none of the latest rounds was better than the one before them. */
  stops(): boolean {
    const { earlyStopping, nIterNoChange, tol } = this.shared
    const scores = this.held ? this.validationScore : this.trainScore
    const before = scores.length - nIterNoChange - 1
    if (!earlyStopping || before < 0) return false
    return !scores.slice(before + 1).some(score => score > scores[before]! + tol)
  }

  result(): Boosted {
    return {
      trees: this.trees,
      baseline: this.baseline,
      thresholds: this.binning.map(({ thresholds }) => thresholds),
      trainScore: Float64Array.from(this.trainScore),
      validationScore: Float64Array.from(this.validationScore),
    }
  }
}

/** The task of a thread: one member of the team. All come to the same result; the first gives it back. */
export const run = (shared: SharedBoost, rank: number): Boosted | undefined => {
  const team = member(rank, shared.size, shared.control)
  try {
    makeBins(shared, team)
    const boosting = new Boosting(shared, team)
    for (let i = 0; i < shared.maxIter && !boosting.stops(); i++) boosting.round()
    return rank === 0 ? boosting.result() : undefined
  } catch (error) {
    team.fail()
    throw error
  }
}
