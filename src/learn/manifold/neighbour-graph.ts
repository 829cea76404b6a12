import type { NearestRows } from './nearest-rows.ts'

/** Edges of a graph with lengths: those of node `i` stand from `start[i]` to `start[i + 1]`. */
export interface Graph {
  readonly start: Int32Array
  readonly to: Int32Array
  readonly length: Float64Array
}

/** Edges in both directions. */
export const graphOf = (N: number, edges: readonly (readonly [from: number, to: number, length: number])[]): Graph => {
  const seen = new Map<number, number>()
  for (const [a, b, length] of edges) {
    for (const key of [a * N + b, b * N + a]) seen.set(key, Math.min(length, seen.get(key) ?? Infinity))
  }
  const start = new Int32Array(N + 1)
  for (const key of seen.keys()) start[Math.floor(key / N) + 1]!++
  for (let i = 0; i < N; i++) start[i + 1]! += start[i]!
  const next = start.slice(0, N)
  const to = new Int32Array(seen.size)
  const length = new Float64Array(seen.size)
  for (const [key, value] of seen) {
    const i = Math.floor(key / N)
    const at = next[i]!++
    to[at] = key - i * N
    length[at] = value
  }
  return { start, to, length }
}

/** Each row with its nearest, by their distances. */
export const neighbourEdges = ({ k, indices, squared }: NearestRows, N: number): [number, number, number][] => {
  const edges: [number, number, number][] = []
  for (let i = 0; i < N; i++)
    for (let c = 0; c < k; c++) edges.push([i, indices[i * k + c]!, Math.sqrt(squared[i * k + c]!)])
  return edges
}

/** The part of the graph that each node is in, numbered from 0. */
export const connectedParts = ({ start, to }: Graph): { readonly part: Int32Array; readonly count: number } => {
  const N = start.length - 1
  const part = new Int32Array(N).fill(-1)
  let count = 0
  for (let root = 0; root < N; root++) {
    if (part[root]! >= 0) continue
    const open = [root]
    part[root] = count
    while (open.length > 0) {
      const i = open.pop()!
      for (let e = start[i]!; e < start[i + 1]!; e++) {
        if (part[to[e]!]! >= 0) continue
        part[to[e]!] = count
        open.push(to[e]!)
      }
    }
    count++
  }
  return { part, count }
}

/** Lengths of the shortest ways from one node to all (Dijkstra 1959), through a heap. */
export const shortestFrom = ({ start, to, length }: Graph, source: number): Float64Array => {
  const N = start.length - 1
  const best = new Float64Array(N).fill(Infinity)
  best[source] = 0
  const heap: number[] = [source]
  const key: number[] = [0]
  const up = (from: number): void => {
    let hole = from
    const [node, value] = [heap[hole]!, key[hole]!]
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      if (key[parent]! <= value) break
      heap[hole] = heap[parent]!
      key[hole] = key[parent]!
      hole = parent
    }
    heap[hole] = node
    key[hole] = value
  }
  const down = (): void => {
    let hole = 0
    const [node, value] = [heap[0]!, key[0]!]
    for (;;) {
      let child = 2 * hole + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && key[child + 1]! < key[child]!) child++
      if (key[child]! >= value) break
      heap[hole] = heap[child]!
      key[hole] = key[child]!
      hole = child
    }
    heap[hole] = node
    key[hole] = value
  }
  while (heap.length > 0) {
    const node = heap[0]!
    const distance = key[0]!
    const [last, lastKey] = [heap.pop()!, key.pop()!]
    if (heap.length > 0) {
      heap[0] = last
      key[0] = lastKey
      down()
    }
    if (distance > best[node]!) continue
    for (let e = start[node]!; e < start[node + 1]!; e++) {
      const way = distance + length[e]!
      if (way >= best[to[e]!]!) continue
      best[to[e]!] = way
      heap.push(to[e]!)
      key.push(way)
      up(heap.length - 1)
    }
  }
  return best
}
