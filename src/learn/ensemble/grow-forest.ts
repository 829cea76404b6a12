import { Random } from '../core/random.ts'
import type { Columns } from '../trees/columns.ts'
import { criterionOf, type CriterionName } from '../trees/criteria.ts'
import { type Growth, grow } from '../trees/grow.ts'
import { pruned } from '../trees/pruning.ts'
import type { Tree } from '../trees/tree.ts'

/** What all trees of a forest have in common, in a form that threads can be sent. */
export interface SharedForest {
  readonly columns: Columns
  readonly y: Int32Array | Float64Array
  readonly weights: Float64Array | undefined
  readonly K: number
  readonly criterion: CriterionName
  readonly growth: Growth
  /** Share of all weight that each leaf must have. */
  readonly minWeightFractionLeaf: number
  readonly ccpAlpha: number
  /** Rows drawn with repetition for each tree; 0 takes all as they are. */
  readonly draws: number
}

/** How often each row was drawn; the first numbers of a tree's stream. */
export const drawnCounts = (random: Random, rows: number, draws: number): Float64Array => {
  const counts = new Float64Array(rows)
  for (let i = 0; i < draws; i++) counts[random.integer(rows)]!++
  return counts
}

/** The task of a thread: one tree from its seed. */
export const run = (shared: SharedForest, seed: number): Tree => {
  const { columns, y, K, criterion, growth, ccpAlpha, draws, minWeightFractionLeaf } = shared
  const random = new Random(seed)
  const weights = draws > 0 ? drawnCounts(random, columns.rows, draws) : new Float64Array(columns.rows).fill(1)
  if (shared.weights) for (let i = 0; i < weights.length; i++) weights[i]! *= shared.weights[i]!
  const minWeightLeaf = minWeightFractionLeaf === 0 ? 0 : minWeightFractionLeaf * weights.reduce((a, b) => a + b, 0)
  const tree = grow(columns, weights, {
    criterion: criterionOf(criterion, y, { weights, K }),
    growth: { ...growth, minWeightLeaf },
    random,
  })
  return ccpAlpha > 0 ? pruned(tree, ccpAlpha) : tree
}
