import type { Dense } from '../../ops/matrix-kernels.ts'
import { reducedMetric, type NeighborMetric, type Reduced } from './metric.ts'
import type { Nearest } from './nearest.ts'

/**
 * A tree of rows: each node halves its rows at the median of their widest column. Node i has the children 2i + 1 and 2i + 2. A node of a
 * k-d tree knows the box of its rows, one of a ball tree their mean and how far the farthest is.
 */
export interface Tree {
  readonly kind: 'kdTree' | 'ballTree'
  /** The rows in the order of the leaves, and their numbers. */
  readonly data: Float64Array
  readonly order: Int32Array
  readonly columns: number
  /** Where the rows of a node begin and end. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** `[nodes, 2 F]`: the lowest and highest of each column; `[nodes, F + 1]`: the middle and the radius. */
  readonly bounds: Float64Array
}

/** Puts the row of rank `middle` in its place, lower ones before it (Hoare 1961). */
const select = (keys: Float64Array, order: Int32Array, [from, to]: readonly [number, number], middle: number): void => {
  let [low, high] = [from, to - 1]
  while (low < high) {
    const pivot = keys[order[(low + high) >> 1]!]!
    let [i, j] = [low, high]
    while (i <= j) {
      while (keys[order[i]!]! < pivot) i++
      while (keys[order[j]!]! > pivot) j--
      if (i > j) break
      const held = order[i]!
      order[i++] = order[j]!
      order[j--] = held
    }
    if (middle <= j) high = j
    else if (middle >= i) low = i
    else return
  }
}

/** Builds the tree of the rows. */
export const buildTree = (
  { rows: N, columns: F, data }: Dense,
  kind: Tree['kind'],
  { leafSize, metric, p }: { readonly leafSize: number; readonly metric: NeighborMetric; readonly p: number },
): Tree => {
  const levels = Math.max(0, Math.ceil(Math.log2(N / leafSize)))
  const nodes = 2 ** (levels + 1) - 1
  const [starts, ends] = [new Int32Array(nodes), new Int32Array(nodes)]
  const order = Int32Array.from({ length: N }, (_, i) => i)
  const keys = new Float64Array(N)
  const [low, high] = [new Float64Array(F), new Float64Array(F)]
  const boxes = new Float64Array(nodes * 2 * F)
  ends[0] = N
  for (let node = 0; node < nodes; node++) {
    const [from, to] = [starts[node]!, ends[node]!]
    low.fill(Infinity)
    high.fill(-Infinity)
    for (let r = from; r < to; r++)
      for (let j = 0, at = order[r]! * F; j < F; j++, at++) {
        const x = data[at]!
        if (x < low[j]!) low[j] = x
        if (x > high[j]!) high[j] = x
      }
    boxes.set(low, node * 2 * F)
    boxes.set(high, node * 2 * F + F)
    const child = 2 * node + 1
    if (child >= nodes) continue
    let widest = 0
    for (let j = 1; j < F; j++) if (high[j]! - low[j]! > high[widest]! - low[widest]!) widest = j
    for (let r = from; r < to; r++) keys[order[r]!] = data[order[r]! * F + widest]!
    const middle = (from + to) >> 1
    select(keys, order, [from, to], middle)
    starts[child] = from
    ends[child] = middle
    starts[child + 1] = middle
    ends[child + 1] = to
  }
  const sorted = new Float64Array(N * F)
  for (let r = 0; r < N; r++) sorted.set(data.subarray(order[r]! * F, (order[r]! + 1) * F), r * F)
  const tree = { kind, data: sorted, order, columns: F, starts, ends, bounds: boxes }
  return kind === 'kdTree' ? tree : { ...tree, bounds: ballsOf(tree, reducedMetric(metric, p)) }
}

const ballsOf = ({ data, columns: F, starts, ends }: Tree, { between, finish }: Reduced): Float64Array => {
  const out = new Float64Array(starts.length * (F + 1))
  const middle = new Float64Array(F)
  for (let node = 0; node < starts.length; node++) {
    const [from, to] = [starts[node]!, ends[node]!]
    middle.fill(0)
    for (let r = from; r < to; r++) for (let j = 0; j < F; j++) middle[j]! += data[r * F + j]! / (to - from)
    let radius = 0
    for (let r = from; r < to; r++) radius = Math.max(radius, finish(between(data, r * F, middle, 0, F)))
    out.set(middle, node * (F + 1))
    // A little more than rounding takes off.
    out[node * (F + 1) + F] = radius * (1 + 1e-14)
  }
  return out
}

/** The least reduced distance of a row to the rows of a node, or a little less. */
export type NodeBound = (x: Float64Array, at: number, node: number) => number

/** How near a node can be. */
export const nodeBound = ({ kind, bounds, columns: F }: Tree, { p, between, finish, begin }: Reduced): NodeBound => {
  if (kind === 'ballTree') {
    return (x, at, node) => {
      const first = node * (F + 1)
      const apart = finish(between(x, at, bounds, first, F)) * (1 - 1e-14) - bounds[first + F]!
      return apart > 0 ? begin(apart) : 0
    }
  }
  if (p === 2) {
    return (x, at, node) => {
      const first = node * 2 * F
      let total = 0
      for (let j = 0; j < F; j++) {
        const value = x[at + j]!
        const low = bounds[first + j]! - value
        const high = value - bounds[first + F + j]!
        const apart = low > 0 ? low : high > 0 ? high : 0
        total += apart * apart
      }
      return total
    }
  }
  return (x, at, node) => {
    const first = node * 2 * F
    let total = 0
    for (let j = 0; j < F; j++) {
      const value = x[at + j]!
      const apart = Math.max(0, bounds[first + j]! - value, value - bounds[first + F + j]!)
      total = p === Infinity ? Math.max(total, apart) : total + (p === 1 ? apart : apart ** p)
    }
    return total
  }
}

// Nodes still to be looked at, one a level, and how near they are: no search calls another.
const stack = new Int32Array(64)
const near = new Float64Array(64)

/** Puts the rows nearest to the row at `at` of x into `nearest`. */
export const treeNearest = (
  tree: Tree,
  { x, at }: { readonly x: Float64Array; readonly at: number },
  nearest: Nearest,
  { bound, between }: { readonly bound: NodeBound; readonly between: Reduced['between'] },
): void => {
  const { starts, ends, data, order, columns: F } = tree
  const nodes = starts.length
  let depth = 0
  stack[depth] = 0
  near[depth++] = bound(x, at, 0)
  while (depth > 0) {
    const node = stack[--depth]!
    // An equal distance counts: of rows equally near the lower number comes first.
    if (near[depth]! > nearest.worst) continue
    const child = 2 * node + 1
    if (child >= nodes) {
      for (let r = starts[node]!; r < ends[node]!; r++) {
        const distance = between(x, at, data, r * F, F)
        if (distance <= nearest.worst) nearest.add(distance, order[r]!)
      }
      continue
    }
    const [left, right] = [bound(x, at, child), bound(x, at, child + 1)]
    const first = left <= right ? child : child + 1
    stack[depth] = first === child ? child + 1 : child
    near[depth++] = Math.max(left, right)
    stack[depth] = first
    near[depth++] = Math.min(left, right)
  }
}

/** What a search within a radius finds, one row after the other. */
export interface Found {
  add(distance: number, row: number): void
}

/** Adds the rows within a reduced distance. */
export const treeWithin = (
  tree: Tree,
  { x, at, limit }: { readonly x: Float64Array; readonly at: number; readonly limit: number },
  found: Found,
  { bound, between }: { readonly bound: NodeBound; readonly between: Reduced['between'] },
): void => {
  const { starts, ends, data, order, columns: F } = tree
  const nodes = starts.length
  let depth = 0
  stack[depth++] = 0
  while (depth > 0) {
    const node = stack[--depth]!
    if (bound(x, at, node) > limit) continue
    const child = 2 * node + 1
    if (child < nodes) {
      stack[depth++] = child + 1
      stack[depth++] = child
      continue
    }
    for (let r = starts[node]!; r < ends[node]!; r++) {
      const distance = between(x, at, data, r * F, F)
      if (distance <= limit) found.add(distance, order[r]!)
    }
  }
}
