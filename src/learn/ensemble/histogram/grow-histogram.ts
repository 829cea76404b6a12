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
import type { HistogramTree } from './histogram-tree.ts'
import { subtract, sumBoth, sumGradients } from './kernels.ts'
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
  /** Gradients and hessians of the rows of the node that is summed, in the order of `partition`. */
  readonly orderedGradients: Float32Array
  readonly orderedHessians: Float32Array
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

interface Node {
  readonly id: number
  readonly from: number
  readonly to: number
  readonly depth: number
  readonly gradient: number
  readonly hessian: number
  value: number
  lower: number
  upper: number
  histogram: Float64Array | undefined
  split: Float64Array | undefined
  feature: number
  left: Node | undefined
  right: Node | undefined
  allowed: Uint8Array | undefined
  sets: readonly number[] | undefined
  missingLeft: boolean
  readonly count: number
}

/** Grows trees one after another. Every member of the team runs it and comes to the same trees. */
export class HistogramGrower {
  private readonly work: Workspace
  private readonly growth: HistogramGrowth
  private readonly team: Team
  private readonly random: Random
  private readonly own: Int32Array
  private readonly features: readonly SplitFeature[]
  private readonly rules: SplitRules
  private readonly stride: number
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
    this.stride = constant ? 2 : 3
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
    const histogram = this.sum(0, work.rows, undefined, work.partition, work.orderedGradients, work.orderedHessians)
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
    work.orderedGradients.set(gradients.subarray(from, to), from)
    if (!work.constant) work.orderedHessians.set(hessians.subarray(from, to), from)
    team.meet()
  }

  private node(about: Pick<Node, 'from' | 'to' | 'depth' | 'gradient' | 'hessian' | 'value'>): Node {
    const node: Node = {
      ...about,
      id: this.nodes.length,
      count: about.to - about.from,
      lower: -Infinity,
      upper: Infinity,
      histogram: undefined,
      split: undefined,
      feature: -2,
      left: undefined,
      right: undefined,
      allowed: undefined,
      sets: undefined,
      missingLeft: false,
    }
    this.nodes.push(node)
    return node
  }
  private release(node: Node): void {
    if (node.histogram) this.free.push(node.histogram)
    node.histogram = undefined
  }

  /** The histograms of this member's features over some rows. */
  private sum(
    from: number,
    to: number,
    allowed: Uint8Array | undefined,
    rows: Int32Array,
    gradients: Float32Array,
    hessians: Float32Array,
  ): Float64Array {
    const { work, own, stride } = this
    const out = this.free.pop() ?? new Float64Array(own.length * work.places * stride)
    out.fill(0)
    for (let k = 0; k < own.length; k++) {
      const j = own[k]!
      if (allowed && allowed[j] === 0) continue
      const at = k * work.places * stride
      if (work.constant) sumGradients(out, at, work.bins, j * work.rows, rows, from, to, gradients)
      else sumBoth(out, at, work.bins, j * work.rows, rows, from, to, gradients, hessians)
    }
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
        hessian += histogram[b * stride + stride - 1]!
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
    for (let j = 0; j < columns; j++) {
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
    small.histogram = this.sum(
      small.from,
      small.to,
      small.allowed,
      work.partition,
      work.orderedGradients,
      work.orderedHessians,
    )
    subtract(node.histogram!, small.histogram, 0, small.histogram.length)
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
    const left =
      work.categorical[node.feature] === 1
        ? partCategories(work, column, split.subarray(wordsAt, width), from, to)
        : partOrdered(work, column, split[binAt]!, node.missingLeft && work.missing[node.feature] === 1, from, to)
    counts[team.rank] = left
    team.meet()
    let leftTo = node.from
    let rightTo = node.from + split[countAt]!
    for (let r = 0; r < team.rank; r++) {
      const [c, d] = partOfRange({ ...team, rank: r }, node.count)
      leftTo += counts[r]!
      rightTo += d - c - counts[r]!
    }
    partition.set(leftSpare.subarray(from, from + left), leftTo)
    const right = to - from - left
    partition.set(rightSpare.subarray(from, from + right), rightTo)
    if (ordered !== 'none') {
      const start = ordered === 'left' ? leftTo : rightTo
      const end = start + (ordered === 'left' ? left : right)
      gather(gradients, partition, work.orderedGradients, start, end)
      if (!work.constant) gather(hessians, partition, work.orderedHessians, start, end)
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

const gather = (from: Float32Array, rows: Int32Array, to: Float32Array, start: number, end: number): void => {
  for (let p = start; p < end; p++) to[p] = from[rows[p]!]!
}

/** Rows of bins up to `bin` into the left spare, the others into the right, both from place `from` on. @returns how many went left */
const partOrdered = (
  { partition, leftSpare, rightSpare, bins, places }: Workspace,
  column: number,
  bin: number,
  missingLeft: boolean,
  from: number,
  to: number,
): number => {
  const missing = missingLeft ? places - 1 : -1
  let left = from
  let right = from
  for (let p = from; p < to; p++) {
    const row = partition[p]!
    const own = bins[column + row]!
    leftSpare[left] = row
    rightSpare[right] = row
    const goes = own <= bin || own === missing ? 1 : 0
    left += goes
    right += 1 - goes
  }
  return left - from
}
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
