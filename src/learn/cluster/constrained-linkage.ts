import type { Dense } from '../../ops/matrix-kernels.ts'
import type { Csr } from '../core/sparse.ts'
import { reducedMetric, type NeighborMetric } from '../neighbors/metric.ts'
import type { Linkage, MergeTree } from './linkage.ts'

interface Edge {
  readonly distance: number
  readonly a: number
  readonly b: number
}
const before = (x: Edge, y: Edge): boolean =>
  x.distance < y.distance || (x.distance === y.distance && (x.a < y.a || (x.a === y.a && x.b < y.b)))

/** The least edge first. */
class Heap {
  private readonly items: Edge[] = []
  push(edge: Edge): void {
    const { items } = this
    let at = items.length
    items.push(edge)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(edge, items[parent]!)) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = edge
  }
  pop(): Edge | undefined {
    const { items } = this
    const top = items[0]
    const last = items.pop()
    if (items.length === 0 || !last) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child++
      if (!before(items[child]!, last)) break
      items[at] = items[child]!
      at = child
    }
    items[at] = last
    return top
  }
}

export interface ConstrainedOptions {
  readonly linkage: Linkage
  readonly metric: NeighborMetric
}

/**
 * Merges of rows of which only those connected in a graph may merge. Parts of the graph that nothing connects are first connected by the
 * nearest of their rows.
 */
export const constrainedTree = (X: Dense, graph: Csr, { linkage, metric }: ConstrainedOptions): MergeTree => {
  const [N, F] = [X.rows, X.columns]
  const { between, finish } = reducedMetric(metric, 2)
  const rowDistance = (i: number, j: number): number => finish(between(X.data, i * F, X.data, j * F, F))
  const near: (Map<number, number> | null)[] = Array.from({ length: N }, () => new Map())
  const connect = (i: number, j: number): void => {
    if (i === j) return
    const distance = rowDistance(i, j)
    near[i]!.set(j, distance)
    near[j]!.set(i, distance)
  }
  for (let i = 0; i < N; i++)
    for (let c = graph.indptr[i]!; c < graph.indptr[i + 1]!; c++) if (graph.data[c] !== 0) connect(i, graph.indices[c]!)
  for (const [i, j] of bridges(near as Map<number, number>[], rowDistance)) connect(i, j)
  const heap = new Heap()
  for (const [i, neighbors] of near.entries())
    for (const [j, distance] of neighbors!) if (j < i) heap.push({ distance, a: j, b: i })
  const sizes = new Float64Array(2 * N - 1).fill(1, 0, N)
  const sums: (Float64Array | null)[] = Array.from({ length: N }, (_, i) => X.data.slice(i * F, (i + 1) * F))
  const children = new Int32Array(2 * (N - 1))
  const distances = new Float64Array(N - 1)
  for (let step = 0; step < N - 1; ) {
    const { a, b, distance } = heap.pop()!
    if (!near[a] || !near[b]) continue
    const node = N + step
    children.set([a, b], 2 * step)
    distances[step++] = distance
    sizes[node] = sizes[a]! + sizes[b]!
    const sum = sums[a]!.map((x, j) => x + sums[b]![j]!)
    sums.push(sum)
    const merged = new Map<number, number>()
    for (const other of new Set([...near[a]!.keys(), ...near[b]!.keys()])) {
      if (other === a || other === b) continue
      const value =
        linkage === 'ward'
          ? wardDistance(sum, sizes[node]!, sums[other]!, sizes[other]!)
          : joined(near[a]!.get(other), near[b]!.get(other), { linkage, na: sizes[a]!, nb: sizes[b]! })
      merged.set(other, value)
      near[other]!.delete(a)
      near[other]!.delete(b)
      near[other]!.set(node, value)
      heap.push({ distance: value, a: other, b: node })
    }
    near.push(merged)
    near[a] = null
    near[b] = null
    sums[a] = null
    sums[b] = null
  }
  return { children, distances }
}

interface Parts {
  readonly linkage: Linkage
  readonly na: number
  readonly nb: number
}
/** The distance to a pair of which perhaps only one is connected. */
const joined = (da: number | undefined, db: number | undefined, { linkage, na, nb }: Parts): number => {
  if (da === undefined || db === undefined) return (da ?? db)!
  if (linkage === 'single') return Math.min(da, db)
  return linkage === 'complete' ? Math.max(da, db) : (na * da + nb * db) / (na + nb)
}

/** `√(2 nₐ n_b / (nₐ + n_b)) ‖μₐ − μ_b‖`. */
const wardDistance = (a: Float64Array, na: number, b: Float64Array, nb: number): number => {
  let total = 0
  for (let j = 0; j < a.length; j++) total += (a[j]! / na - b[j]! / nb) ** 2
  return Math.sqrt(((2 * na * nb) / (na + nb)) * total)
}

/** For parts that nothing connects, the nearest pair of rows of every two of them. */
const bridges = (
  near: readonly Map<number, number>[],
  distance: (i: number, j: number) => number,
): (readonly [number, number])[] => {
  const N = near.length
  const part = new Int32Array(N).fill(-1)
  const members: number[][] = []
  for (let first = 0; first < N; first++) {
    if (part[first]! >= 0) continue
    const stack = [first]
    const own: number[] = []
    part[first] = members.length
    while (stack.length > 0) {
      const i = stack.pop()!
      own.push(i)
      for (const j of near[i]!.keys()) {
        if (part[j]! >= 0) continue
        part[j] = members.length
        stack.push(j)
      }
    }
    members.push(own)
  }
  const found: (readonly [number, number])[] = []
  for (let p = 0; p < members.length; p++)
    for (let q = 0; q < p; q++) {
      let [best, pair]: [number, readonly [number, number]] = [Infinity, [0, 0]]
      for (const i of members[p]!)
        for (const j of members[q]!) {
          const apart = distance(i, j)
          if (apart < best) [best, pair] = [apart, [i, j]]
        }
      found.push(pair)
    }
  return found
}
