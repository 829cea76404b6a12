import type { Random } from '../../core/random.ts'
import {
  binAt,
  countAt,
  findCategories,
  findOrdered,
  gainAt,
  gradientAt,
  hessianAt,
  leastHessian,
  missingAt,
  type SplitFeature,
  type SplitRules,
  leafValue,
  width,
  wordsAt,
} from './find-split.ts'
import { Node, type Span } from './histogram-node.ts'
import type { HistogramTree } from './histogram-tree.ts'
import { type Parting, plainParting, plainSums, strideOf, type Sums, wasmParting, wasmSums } from './kernels.ts'
import { partOfRange, type Team } from './team.ts'

/** How trees grow. */
export interface HistogramGrowth {
  readonly learningRate: number
  readonly maxLeafNodes: number | null
  readonly maxDepth: number | null
  readonly minSamplesLeaf: number
  readonly l2: number
  /** Share of the features that each split looks at. */
  readonly maxFeatures: number
  readonly directions: readonly number[] | undefined
  /** Sets of features that may meet in one branch. */
  readonly interactions: readonly (readonly number[])[] | undefined
}

/** What the members of a team share while trees grow. */
export interface Workspace {
  readonly rows: number
  readonly columns: number
  /** [columns, rows] */
  readonly bins: Uint8Array
  /** Rows, each node's side by side. */
  readonly partition: Int32Array
  readonly leftSpare: Int32Array
  readonly rightSpare: Int32Array
  /** Gradient and hessian, side by side, of the rows of the node that is summed, in the order of `partition`. */
  readonly pairs: Float32Array
  /** Where each member sums: [size, columns, places, stride]. */
  readonly scratch: Float64Array
  /** The memory that all of it lies in, where there is one. */
  readonly memory: WebAssembly.Memory | undefined
  /** How many rows of each member's part went left. */
  readonly counts: Int32Array
  /** [2, columns, width]: the best split on each feature of both children. */
  readonly found: Float64Array
  readonly binCounts: Int32Array
  readonly missing: Int32Array
  readonly categorical: Int32Array
  /** Bins a feature has, the last for missing values. */
  readonly places: number
  readonly constant: boolean
}

/** Grows trees one after another. Every member of the team runs it and comes to the same trees. */
export class HistogramGrower {
  private readonly work: Workspace
  private readonly growth: HistogramGrowth
  private readonly team: Team
  private readonly random: Random
  private readonly own: Int32Array
  /** Of features that are equally good the first in this order is taken: categorical ones come first, as in scikit-learn. */
  private readonly turns: Int32Array
  private readonly features: readonly SplitFeature[]
  private readonly rules: SplitRules
  private readonly stride: number
  private readonly scratch: Float64Array
  private readonly sums: Sums
  private readonly parting: Parting
  private readonly free: Float64Array[] = []
  private nodes: Node[] = []
  leaves: Node[] = []

  constructor(work: Workspace, growth: HistogramGrowth, team: Team, random: Random) {
    this.work = work
    this.growth = growth
    this.team = team
    this.random = random
    const { columns, places, constant } = work
    const [first, last] = partOfRange(team, columns)
    this.own = Int32Array.from({ length: last - first }, (_, i) => first + i)
    const all = Array.from({ length: columns }, (_, j) => j)
    this.turns = Int32Array.from(all.sort((a, b) => work.categorical[b]! - work.categorical[a]! || a - b))
    this.stride = strideOf(constant)
    const room = columns * places * this.stride
    this.scratch = work.scratch.subarray(team.rank * room, team.rank * room + this.own.length * places * this.stride)
    const { memory } = work
    const arrays = {
      out: this.scratch,
      bins: work.bins.subarray(first * work.rows, last * work.rows),
      rows: work.partition,
      pairs: work.pairs,
      rowCount: work.rows,
      places,
      constant,
    }
    this.sums = memory ? wasmSums(arrays, memory) : plainSums(arrays)
    const parts = { bins: work.bins, rows: work.partition, left: work.leftSpare, right: work.rightSpare }
    this.parting = memory ? wasmParting(parts, memory) : plainParting(parts)
    this.features = Array.from({ length: columns }, (_, j) => ({
      at: (j - first) * places * this.stride,
      bins: work.binCounts[j]!,
      missing: work.missing[j] === 1,
      direction: growth.directions?.[j] ?? 0,
    }))
    this.rules = { minSamplesLeaf: growth.minSamplesLeaf, l2: growth.l2, constant, missingBin: places - 1 }
  }

  /** A tree of these gradients; afterwards `leaves` tells which rows of `partition` are in which. */
  grow(gradients: Float32Array, hessians: Float32Array): void {
    const { work, team } = this
    this.nodes = []
    this.leaves = []
    this.startPartition(gradients, hessians)
    const histogram = this.sum(0, work.rows, undefined, undefined)
    const [gradient, hessian] = this.totals(histogram)
    const root = this.node({ from: 0, to: work.rows, depth: 0, gradient, hessian, value: 0 })
    root.histogram = histogram
    const { interactions } = this.growth
    if (interactions) {
      root.sets = interactions.map((_, s) => s)
      root.allowed = this.allowedBy(root.sets)
    }
    const open: Node[] = []
    if (work.rows < 2 * this.growth.minSamplesLeaf || hessian < leastHessian) this.leaves.push(root)
    else {
      this.seek(root, 0)
      team.meet()
      this.choose(root, 0, open)
    }
    while (open.length > 0) {
      let best = 0
      for (let i = 1; i < open.length; i++) if (open[i]!.split![gainAt]! > open[best]!.split![gainAt]!) best = i
      const [node] = open.splice(best, 1)
      this.split(node!, open, gradients, hessians)
    }
    for (const node of this.nodes) this.release(node)
    for (const leaf of this.leaves) leaf.value *= this.growth.learningRate
  }

  /** All rows in their order, and their gradients. */
  private startPartition(gradients: Float32Array, hessians: Float32Array): void {
    const { work, team } = this
    const [from, to] = partOfRange(team, work.rows)
    for (let i = from; i < to; i++) work.partition[i] = i
    gather(work, gradients, hessians, from, to)
    team.meet()
  }

  private node(span: Span): Node {
    const node = new Node(this.nodes.length, span)
    this.nodes.push(node)
    return node
  }
  private release(node: Node): void {
    if (node.histogram) this.free.push(node.histogram)
    node.histogram = undefined
  }

  /** The histograms of this member's features over some rows; those of the parent, if given, become what is left of them. */
  private sum(
    from: number,
    to: number,
    allowed: Uint8Array | undefined,
    parent: Float64Array | undefined,
  ): Float64Array {
    const { own, scratch, sums } = this
    scratch.fill(0)
    // Piece by piece: rows and gradients of a piece stay near for all features.
    for (let start = from; start < to; start += piece) {
      const stop = Math.min(to, start + piece)
      if (!allowed) sums(0, own.length, start, stop)
      else for (let k = 0; k < own.length; k++) if (allowed[own[k]!] === 1) sums(k, 1, start, stop)
    }
    const out = this.free.pop() ?? new Float64Array(scratch.length)
    out.set(scratch)
    if (parent) for (let i = 0; i < out.length; i++) parent[i]! -= out[i]!
    return out
  }
  /** The sums over all rows, from the first feature's histogram, which the first member has. */
  private totals(histogram: Float64Array): readonly [gradient: number, hessian: number] {
    const { work, stride, team } = this
    const { found } = work
    if (team.rank === 0) {
      let gradient = 0
      let hessian = 0
      for (let b = 0; b < work.places; b++) {
        gradient += histogram[b * stride]!
        hessian += histogram[b * stride + 1]!
      }
      found[0] = gradient
      found[1] = hessian
    }
    team.meet()
    const totals = [found[0]!, found[1]!] as const
    team.meet()
    return totals
  }

  /** The best split of a node on each of this member's features, for all to see. */
  private seek(node: Node, child: number): void {
    const { work, own, features, rules } = this
    const { found, columns, categorical } = work
    for (let k = 0; k < own.length; k++) {
      const j = own[k]!
      const to = (child * columns + j) * width
      found[to + gainAt] = -1
      if (node.allowed && node.allowed[j] === 0) continue
      const look = categorical[j] === 1 ? findCategories : findOrdered
      look(node.histogram!, features[j]!, node, rules, found, to)
    }
  }
  /** Takes the best of what all have found: the node waits for its turn, or is a leaf. */
  private choose(node: Node, child: number, open: Node[]): void {
    const { found, columns } = this.work
    const looked = this.drawn(node)
    let best = -1
    let gain = 0
    for (const j of this.turns) {
      const own = found[(child * columns + j) * width + gainAt]!
      if (own > gain && (!looked || looked[j] === 1)) {
        best = j
        gain = own
      }
    }
    if (best < 0) {
      this.leaves.push(node)
      this.release(node)
      return
    }
    const at = (child * columns + best) * width
    node.feature = best
    node.split = found.slice(at, at + width)
    open.push(node)
  }
  /** The features that a split may look at, where only a share does. */
  private drawn(node: Node): Uint8Array | undefined {
    const { maxFeatures } = this.growth
    const { columns } = this.work
    if (maxFeatures >= 1) return undefined
    const allowed = Array.from({ length: columns }, (_, j) => j).filter(j => !node.allowed || node.allowed[j] === 1)
    const looked = new Uint8Array(columns)
    const count = Math.max(1, Math.ceil(maxFeatures * allowed.length))
    for (const k of this.random.sample(allowed.length, count)) looked[allowed[k]!] = 1
    return looked
  }

  private split(node: Node, open: Node[], gradients: Float32Array, hessians: Float32Array): void {
    const { work, growth, team } = this
    const split = node.split!
    const leftCount = split[countAt]!
    const leftIsSmall = leftCount < node.count - leftCount
    const middle = node.from + leftCount
    const depth = node.depth + 1
    const leftG = split[gradientAt]!
    const leftH = split[hessianAt]!
    const value = (g: number, h: number): number => leafValue(g, h, growth.l2, node.lower, node.upper)
    const left = this.node({
      from: node.from,
      to: middle,
      depth,
      gradient: leftG,
      hessian: leftH,
      value: value(leftG, leftH),
    })
    const rightG = node.gradient - leftG
    const rightH = node.hessian - leftH
    const right = this.node({
      from: middle,
      to: node.to,
      depth,
      gradient: rightG,
      hessian: rightH,
      value: value(rightG, rightH),
    })
    node.left = left
    node.right = right
    node.missingLeft = work.missing[node.feature] === 1 ? split[missingAt] === 1 : left.count > right.count
    this.bound(node, left, right)
    const leavesThen = this.leaves.length + open.length + 2
    const full = growth.maxLeafNodes !== null && leavesThen === growth.maxLeafNodes
    const ends = (child: Node): boolean => full || depth === growth.maxDepth || child.count < 2 * growth.minSamplesLeaf
    const goOn = !ends(left) || !ends(right)
    this.part(node, goOn ? (leftIsSmall ? 'left' : 'right') : 'none', gradients, hessians)
    for (const child of [left, right]) if (ends(child)) this.leaves.push(child)
    if (full) this.leaves.push(...open.splice(0))
    if (!goOn) {
      this.release(node)
      return
    }
    this.meetInteractions(node, left, right)
    const [small, large] = leftIsSmall ? [left, right] : [right, left]
    small.histogram = this.sum(small.from, small.to, small.allowed, node.histogram)
    large.histogram = node.histogram
    node.histogram = undefined
    const children = [left, right].filter(child => !ends(child))
    for (const [i, child] of children.entries()) this.seek(child, i)
    team.meet()
    for (const [i, child] of children.entries()) this.choose(child, i, open)
    for (const child of [left, right]) if (ends(child)) this.release(child)
  }
  /** Bounds of values, where features have directions. */
  private bound({ feature, lower, upper }: Node, left: Node, right: Node): void {
    for (const child of [left, right]) {
      child.lower = lower
      child.upper = upper
    }
    const direction = this.growth.directions?.[feature] ?? 0
    if (direction === 0) return
    const middle = (left.value + right.value) / 2
    const [low, high] = direction > 0 ? [left, right] : [right, left]
    low.upper = middle
    high.lower = middle
  }
  private allowedBy(sets: readonly number[]): Uint8Array {
    const allowed = new Uint8Array(this.work.columns)
    for (const s of sets) for (const j of this.growth.interactions![s]!) allowed[j] = 1
    return allowed
  }
  private meetInteractions(node: Node, left: Node, right: Node): void {
    const { interactions } = this.growth
    if (!interactions) return
    const sets = node.sets!.filter(s => interactions[s]!.includes(node.feature))
    const allowed = this.allowedBy(sets)
    for (const child of [left, right]) {
      child.sets = sets
      child.allowed = allowed
    }
  }

  /** Parts the rows of a node; gradients of the child that is summed next are put in its order. Each member parts a piece of the rows. */
  private part(node: Node, ordered: 'left' | 'right' | 'none', gradients: Float32Array, hessians: Float32Array): void {
    const { work, team } = this
    const { partition, leftSpare, rightSpare, counts } = work
    const split = node.split!
    const [a, b] = partOfRange(team, node.count)
    const from = node.from + a
    const to = node.from + b
    const column = node.feature * work.rows
    const missing = node.missingLeft && work.missing[node.feature] === 1 ? work.places - 1 : noBin
    const left =
      work.categorical[node.feature] === 1
        ? partCategories(work, column, split.subarray(wordsAt, width), from, to)
        : this.parting(column, split[binAt]!, missing, from, to)
    counts[team.rank] = left
    team.meet()
    let leftTo = node.from
    let rightTo = node.from + split[countAt]!
    for (let r = 0; r < team.rank; r++) leftTo += counts[r]!
    rightTo += from - node.from - (leftTo - node.from)
    const right = to - from - left
    copy(leftSpare, from, from + left, partition, leftTo)
    copy(rightSpare, from, from + right, partition, rightTo)
    if (ordered !== 'none') {
      const start = ordered === 'left' ? leftTo : rightTo
      const end = start + (ordered === 'left' ? left : right)
      gather(work, gradients, hessians, start, end)
    }
    team.meet()
  }

  /** Adds the leaves' values to the scores of their rows; each member does a piece of the rows. */
  addTo(scores: Float64Array, at: number): void {
    const { partition, rows } = this.work
    const [first, last] = partOfRange(this.team, rows)
    for (const { from, to, value } of this.leaves) {
      const end = Math.min(to, last)
      for (let p = Math.max(from, first); p < end; p++) scores[at + partition[p]!]! += value
    }
  }

  /** The tree with thresholds in the features' own numbers. */
  tree(thresholds: readonly Float64Array[]): HistogramTree {
    const { nodes, work } = this
    const n = nodes.length
    const ints = (of: (node: Node) => number): Int32Array => Int32Array.from(nodes, of)
    const words: number[] = []
    const categoryPlace = new Int32Array(n).fill(-1)
    for (const [i, node] of nodes.entries()) {
      if (!node.left || work.categorical[node.feature] !== 1) continue
      categoryPlace[i] = words.length
      words.push(...node.split!.subarray(wordsAt, width))
    }
    return {
      childrenLeft: ints(node => node.left?.id ?? -1),
      childrenRight: ints(node => node.right?.id ?? -1),
      feature: ints(node => (node.left ? node.feature : -2)),
      threshold: Float64Array.from(nodes, node =>
        node.left && work.categorical[node.feature] !== 1
          ? (thresholds[node.feature]![node.split![binAt]!] ?? Infinity)
          : -2,
      ),
      missingGoToLeft: ints(node => (node.missingLeft ? 1 : 0)),
      value: Float64Array.from(nodes, node => node.value),
      gain: Float64Array.from(nodes, node => (node.left ? node.split![gainAt]! : 0)),
      nNodeSamples: ints(node => node.count),
      categoryPlace,
      categories: Uint32Array.from(words),
    }
  }
}

/** Rows of a piece are summed feature after feature before the next. */
const piece = 4096

/** Puts gradients and hessians beside the rows of the partition; hessians of 1 are there. */
const gather = (
  { partition, pairs, constant }: Workspace,
  gradients: Float32Array,
  hessians: Float32Array,
  from: number,
  to: number,
): void => {
  if (constant) {
    for (let p = from; p < to; p++) pairs[2 * p] = gradients[partition[p]!]!
    return
  }
  for (let p = from; p < to; p++) {
    const row = partition[p]!
    pairs[2 * p] = gradients[row]!
    pairs[2 * p + 1] = hessians[row]!
  }
}

/** Short pieces one by one, long ones at once. */
const copy = (source: Int32Array, from: number, to: number, target: Int32Array, at: number): void => {
  if (to - from > 256) target.set(source.subarray(from, to), at)
  else for (let p = from; p < to; p++) target[at + p - from] = source[p]!
}

/** A bin that no row is in. */
const noBin = 1 << 20

/** Parts rows by the bits of their categories. @returns how many went left */
const partCategories = (
  { partition, leftSpare, rightSpare, bins }: Workspace,
  column: number,
  words: Float64Array,
  from: number,
  to: number,
): number => {
  const bits = Uint32Array.from(words)
  let left = from
  let right = from
  for (let p = from; p < to; p++) {
    const row = partition[p]!
    const own = bins[column + row]!
    leftSpare[left] = row
    rightSpare[right] = row
    const goes = (bits[own >>> 5]! >>> (own & 31)) & 1
    left += goes
    right += 1 - goes
  }
  return left - from
}
