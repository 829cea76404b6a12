import type { Random } from '../core/random.ts'
import type { Columns } from './columns.ts'
import { type Criterion, epsilon } from './criterion.ts'
import { NodeRows } from './node-rows.ts'
import { noSplit, type Search, type Split } from './search.ts'
import { leaf, preorder, reordered, type Tree } from './tree.ts'

/** How a tree grows, in numbers: shares have become counts. */
export interface Growth {
  readonly maxDepth: number
  readonly minSamplesSplit: number
  readonly minSamplesLeaf: number
  readonly minWeightLeaf: number
  /** Features looked at for each split. */
  readonly maxFeatures: number
  /** With it the node that gains most is split first. */
  readonly maxLeafNodes: number | null
  readonly minImpurityDecrease: number
  /** Thresholds are drawn instead of sought. */
  readonly randomSplits: boolean
  /** 1, 0 or −1 for each feature. */
  readonly directions: ArrayLike<number> | undefined
}

const grown = <A extends Float64Array | Int32Array>(values: A, size: number): A => {
  const larger = new (values.constructor as new (size: number) => A)(size)
  larger.set(values)
  return larger
}

/** A tree that grows: its nodes, and the search for the next split. */
class Grower {
  private readonly columns: Columns
  private readonly criterion: Criterion
  private readonly growth: Growth
  private readonly random: Random | undefined
  private readonly rows: NodeRows
  private readonly features: Int32Array
  private readonly search: Search
  private readonly best = noSplit()
  count = 0
  private from = new Int32Array(64)
  private to = new Int32Array(64)
  private depth = new Int32Array(64)
  left = new Int32Array(64)
  right = new Int32Array(64)
  private feature = new Int32Array(64)
  private missing = new Int32Array(64)
  private threshold = new Float64Array(64)
  private weight = new Float64Array(64)
  private impurity = new Float64Array(64)
  private lower = new Float64Array(64)
  private upper = new Float64Array(64)
  private stats: Float64Array
  private measures: { weight: Float64Array; impurity: Float64Array; stats: Float64Array }

  constructor(
    columns: Columns,
    weights: Float64Array,
    criterion: Criterion,
    growth: Growth,
    random: Random | undefined,
  ) {
    this.columns = columns
    this.criterion = criterion
    this.growth = growth
    this.random = random
    const F = columns.columns
    // Sorting anew pays where few of the features are looked at.
    this.rows = new NodeRows(columns, weights, columns.place.length === 0 && columns.order.length > 0)
    this.features = Int32Array.from({ length: F }, (_, j) => j)
    this.stats = new Float64Array(64 * criterion.size)
    this.measures = { weight: this.weight, impurity: this.impurity, stats: this.stats }
    this.search = {
      values: columns.values,
      offset: 0,
      feature: 0,
      order: this.rows.order,
      from: 0,
      end: 0,
      stop: 0,
      missingLeft: false,
      weight: 0,
      stats: this.stats,
      minSamples: growth.minSamplesLeaf,
      minWeight: growth.minWeightLeaf,
      direction: 0,
      lower: -Infinity,
      upper: Infinity,
      best: this.best,
    }
    this.add(0, this.rows.count, 0, -Infinity, Infinity)
  }

  private add(from: number, to: number, depth: number, lower: number, upper: number): number {
    const node = this.count++
    if (node === this.from.length) this.enlarge(2 * node)
    this.from[node] = from
    this.to[node] = to
    this.depth[node] = depth
    this.left[node] = leaf
    this.right[node] = leaf
    this.feature[node] = -2
    this.threshold[node] = -2
    this.lower[node] = lower
    this.upper[node] = upper
    this.criterion.measure(this.rows.some, from, to, this.measures, node)
    return node
  }
  private enlarge(size: number): void {
    for (const key of ['from', 'to', 'depth', 'left', 'right', 'feature', 'missing'] as const)
      this[key] = grown(this[key], size)
    for (const key of ['threshold', 'weight', 'impurity', 'lower', 'upper'] as const) this[key] = grown(this[key], size)
    this.stats = grown(this.stats, size * this.criterion.size)
    this.measures = { weight: this.weight, impurity: this.impurity, stats: this.stats }
  }

  private mayHaveSplit(node: number): boolean {
    const { maxDepth, minSamplesSplit, minSamplesLeaf, minWeightLeaf } = this.growth
    const n = this.to[node]! - this.from[node]!
    return (
      this.depth[node]! < maxDepth &&
      n >= minSamplesSplit &&
      n >= 2 * minSamplesLeaf &&
      this.weight[node]! >= 2 * minWeightLeaf &&
      this.impurity[node]! > epsilon
    )
  }

  /** Splits a node in two, where that is allowed and pays. @returns how much weighted impurity it takes away, or −1 */
  split(node: number): number {
    if (!this.mayHaveSplit(node)) return -1
    const from = this.from[node]!
    const to = this.to[node]!
    const best = this.seek(node)
    if (best.feature < 0 || best.count === 0 || best.count === to - from) return -1
    const { rows, growth } = this
    rows.mark(best.feature, best.threshold, best.missingLeft, from, to)
    rows.part(0, from, to)
    const middle = from + best.count
    const depth = this.depth[node]! + 1
    const left = this.add(from, middle, depth, this.lower[node]!, this.upper[node]!)
    const right = this.add(middle, to, depth, this.lower[node]!, this.upper[node]!)
    const gain =
      this.weight[node]! * this.impurity[node]! -
      this.weight[left]! * this.impurity[left]! -
      this.weight[right]! * this.impurity[right]!
    if (gain / this.weight[0]! + epsilon < growth.minImpurityDecrease) {
      this.count -= 2
      // The other lists still have the old order, and none is read again.
      return -1
    }
    this.bound(best.feature, left, right)
    this.left[node] = left
    this.right[node] = right
    this.feature[node] = best.feature
    this.threshold[node] = best.threshold
    this.missing[node] = best.missingLeft ? 1 : 0
    if (this.mayHaveSplit(left) || this.mayHaveSplit(right)) rows.partOthers(from, to)
    return gain
  }
  /** What is right of a split on a feature with a direction stays above (below) what is left of it. */
  private bound(feature: number, left: number, right: number): void {
    const direction = this.growth.directions?.[feature] ?? 0
    if (direction === 0) return
    const { measures, criterion } = this
    const middle =
      (this.bounded(criterion.level(measures, left), left) + this.bounded(criterion.level(measures, right), right)) / 2
    const [low, high] = direction > 0 ? [left, right] : [right, left]
    this.upper[low] = middle
    this.lower[high] = middle
  }
  private bounded(value: number, node: number): number {
    return Math.min(Math.max(value, this.lower[node]!), this.upper[node]!)
  }

  private seek(node: number): Split {
    const { best, search, criterion, features, growth, random } = this
    const F = features.length
    const from = this.from[node]!
    const to = this.to[node]!
    best.score = -Infinity
    best.feature = -1
    best.count = 0
    search.weight = this.weight[node]!
    const at = node * criterion.size
    search.stats = criterion.size === 1 ? this.stats.subarray(at, at + 1) : this.stats.subarray(at, at + criterion.size)
    search.lower = this.lower[node]!
    search.upper = this.upper[node]!
    criterion.enter?.(this.rows.some, from, to)
    const look = growth.randomSplits ? this.drawSplit : this.scanFeature
    if (growth.maxFeatures >= F) {
      // All are looked at: only the one that wins a tie is a matter of chance.
      const first = random ? random.integer(F) : 0
      for (let k = 0; k < F; k++) look.call(this, (first + k) % F, from, to)
      return best
    }
    // As in scikit-learn, constant features count, but the search goes on until one is not constant.
    let constant = 0
    for (let k = 0; k < F && (k < growth.maxFeatures || k <= constant); k++) {
      const j = k + random!.integer(F - k)
      const feature = features[j]!
      features[j] = features[k]!
      features[k] = feature
      if (!look.call(this, feature, from, to)) constant++
    }
    return best
  }

  /** @returns whether the feature has different values in the node */
  private scanFeature(feature: number, from: number, to: number): boolean {
    const { search, rows, columns, criterion } = this
    const first = rows.sort(feature, from, to)
    const { values } = columns
    const offset = feature * columns.rows
    const order = rows.order
    const stop = first + to - from
    let end = stop
    if (columns.missing[feature] === 1) {
      while (end > first && Number.isNaN(values[offset + order[end - 1]!]!)) end--
      if (end === first) return false
    }
    if (end === stop && values[offset + order[stop - 1]!]! <= Math.fround(values[offset + order[first]!]! + 1e-7))
      return false
    search.order = order
    search.feature = feature
    search.offset = offset
    search.from = first
    search.end = end
    search.stop = stop
    search.direction = this.growth.directions?.[feature] ?? 0
    search.missingLeft = false
    criterion.scan(search)
    if (end === stop) return true
    search.missingLeft = true
    criterion.scan(search)
    return true
  }

  /** A threshold drawn between the least and the largest value, judged by the impurity of both sides. */
  private drawSplit(feature: number, from: number, to: number): boolean {
    const { rows, columns, criterion, growth, best, measures } = this
    const random = this.random!
    const { values } = columns
    const offset = feature * columns.rows
    const list = rows.some
    let low = Infinity
    let high = -Infinity
    let missing = 0
    for (let p = from; p < to; p++) {
      const x = values[offset + list[p]!]!
      if (Number.isNaN(x)) missing++
      else {
        if (x < low) low = x
        if (x > high) high = x
      }
    }
    if (missing === to - from || (missing === 0 && high <= Math.fround(low + 1e-7))) return false
    let threshold = low + random.uniform() * (high - low)
    if (threshold >= high) threshold = low
    const missingLeft = missing > 0 && random.integer(2) === 1
    rows.mark(feature, threshold, missingLeft, from, to)
    rows.part(0, from, to)
    let middle = from
    while (middle < to && goesLeft(values[offset + list[middle]!]!, threshold, missingLeft)) middle++
    const count = middle - from
    if (count < Math.max(1, growth.minSamplesLeaf) || to - middle < Math.max(1, growth.minSamplesLeaf)) return true
    // The two places after the last node serve as scratch.
    if (this.count + 2 > this.from.length) this.enlarge(2 * this.from.length)
    const { count: at } = this
    criterion.measure(list, from, middle, this.measures, at)
    criterion.measure(list, middle, to, this.measures, at + 1)
    const left = this.measures.weight[at]!
    const right = this.measures.weight[at + 1]!
    if (left < growth.minWeightLeaf || right < growth.minWeightLeaf) return true
    const direction = growth.directions?.[feature] ?? 0
    const levels = [criterion.level(this.measures, at), criterion.level(this.measures, at + 1)] as const
    if (measures && growth.directions && this.breaks(direction, levels)) return true
    const score = -left * this.measures.impurity[at]! - right * this.measures.impurity[at + 1]!
    if (score > best.score) {
      best.score = score
      best.feature = feature
      best.threshold = threshold
      best.missingLeft = missing > 0 ? missingLeft : 2 * count > to - from
      best.count = count
    }
    return true
  }
  private breaks(direction: number, [left, right]: readonly [number, number]): boolean {
    const { lower, upper } = this.search
    return left < lower || left > upper || right < lower || right > upper || (left - right) * direction > 0
  }

  tree(order: ArrayLike<number>): Tree {
    const { count, criterion, measures } = this
    const K = criterion.size
    const data = new Float64Array(count * K)
    for (let node = 0; node < count; node++) {
      criterion.values(measures, node, data, node * K)
      if (this.growth.directions) this.bind(data, node, K)
    }
    const all: Tree = {
      childrenLeft: this.left.subarray(0, count),
      childrenRight: this.right.subarray(0, count),
      feature: this.feature.subarray(0, count),
      threshold: this.threshold.subarray(0, count),
      missingGoToLeft: this.missing.subarray(0, count),
      impurity: this.impurity.subarray(0, count),
      nNodeSamples: this.to.subarray(0, count).map((to, node) => to - this.from[node]!),
      weightedNNodeSamples: this.weight.subarray(0, count),
      value: { rows: count, columns: K, data },
    }
    return reordered(all, order, () => true)
  }
  /** A node's value within its bounds: the number, or the share of the second class. */
  private bind(data: Float64Array, node: number, K: number): void {
    const at = node * K + K - 1
    data[at] = this.bounded(data[at]!, node)
    if (K === 2) data[at - 1] = 1 - data[at]!
  }
}

const goesLeft = (x: number, threshold: number, missingLeft: boolean): boolean =>
  x <= threshold || (Number.isNaN(x) && missingLeft)

/** Grows a tree on the rows of weight above 0. Without `random`, features are looked at in their order, and all of them. */
export const grow = (
  columns: Columns,
  weights: Float64Array,
  {
    criterion,
    growth,
    random,
  }: { readonly criterion: Criterion; readonly growth: Growth; readonly random: Random | undefined },
): Tree => {
  const grower = new Grower(columns, weights, criterion, growth, random)
  if (growth.maxLeafNodes !== null) return bestFirst(grower, growth.maxLeafNodes)
  const stack = [0]
  while (stack.length > 0) {
    const node = stack.pop()!
    if (grower.split(node) >= 0) stack.push(grower.right[node]!, grower.left[node]!)
  }
  const { left, right, count } = grower
  return grower.tree(
    preorder({ childrenLeft: left.subarray(0, count), childrenRight: right.subarray(0, count) }, () => true),
  )
}

interface Candidate {
  readonly node: number
  readonly gain: number
}

/** Splits the node that gains most, until there are so many leaves. Splits are found when a node comes to be, and kept if its turn comes. */
const bestFirst = (grower: Grower, maxLeafNodes: number): Tree => {
  const open: Candidate[] = []
  const offer = (node: number): void => {
    const gain = grower.split(node)
    if (gain >= 0) open.push({ node, gain })
  }
  const kept: number[] = [0]
  const inner = new Set<number>()
  offer(0)
  for (let leaves = 1; leaves < maxLeafNodes && open.length > 0; leaves++) {
    let best = 0
    for (let i = 1; i < open.length; i++) if (open[i]!.gain > open[best]!.gain) best = i
    const { node } = open.splice(best, 1)[0]!
    const left = grower.left[node]!
    const right = grower.right[node]!
    inner.add(node)
    kept.push(left, right)
    offer(left)
    offer(right)
  }
  const tree = grower.tree(Array.from({ length: grower.count }, (_, i) => i))
  return reordered(tree, kept, node => inner.has(node))
}
