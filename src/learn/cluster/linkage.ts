import type { Dense } from '../../ops/matrix-kernels.ts'

export const linkages = ['ward', 'complete', 'average', 'single'] as const
export type Linkage = (typeof linkages)[number]

/** A tree of merges, in the order of their distances: row i joins two nodes into node N + i; nodes below N are rows. */
export interface MergeTree {
  /** `[N − 1, 2]`, the lower number first. */
  readonly children: Int32Array
  readonly distances: Float64Array
}

/** A merge by two rows that are in the two parts. */
interface Merge {
  readonly a: number
  readonly b: number
  readonly distance: number
}

/**
 * Merges of all rows by their distances `[N, N]`, which is overwritten: along chains of nearest neighbours, whose ends are nearest to each
 * other and so merge whatever the others do.
 *
 * Source: Murtagh 1983; Lance & Williams 1967 (distances to a merged pair); Müllner 2011.
 */
export const chainMerges = ({ rows: N, data: d }: Dense, linkage: Linkage): Merge[] => {
  const sizes = new Float64Array(N).fill(1)
  const chain = new Int32Array(N)
  const merges: Merge[] = []
  let length = 0
  for (let step = 0; step < N - 1; step++) {
    if (length === 0) {
      chain[0] = sizes.findIndex(size => size > 0)
      length = 1
    }
    let [near, least] = [-1, Infinity]
    for (;;) {
      const x = chain[length - 1]!
      // Of equal distances the one before in the chain is taken, so that it ends.
      near = length > 1 ? chain[length - 2]! : -1
      least = near >= 0 ? d[x * N + near]! : Infinity
      for (let i = 0, at = x * N; i < N; i++, at++) {
        if (sizes[i] === 0 || i === x) continue
        if (d[at]! < least) {
          least = d[at]!
          near = i
        }
      }
      if (near < 0) near = sizes.findIndex((size, i) => size > 0 && i !== x)
      if (length > 1 && near === chain[length - 2]) break
      chain[length++] = near
    }
    const [a, b] = [Math.min(chain[length - 1]!, near), Math.max(chain[length - 1]!, near)]
    length -= 2
    merges.push({ a, b, distance: least })
    merge(d, N, { a, b, sizes, linkage, between: least })
    sizes[b]! += sizes[a]!
    sizes[a] = 0
  }
  return merges.sort((one, two) => one.distance - two.distance)
}

interface Pair {
  readonly a: number
  readonly b: number
  readonly sizes: Float64Array
  readonly linkage: Linkage
  readonly between: number
}
/** Distances of all others to the pair, which takes the place of b. */
const merge = (d: Float64Array, N: number, { a, b, sizes, linkage, between }: Pair): void => {
  const [na, nb] = [sizes[a]!, sizes[b]!]
  for (let i = 0; i < N; i++) {
    const ni = sizes[i]!
    if (ni === 0 || i === a || i === b) continue
    const [da, db] = [d[a * N + i]!, d[b * N + i]!]
    let value = da
    if (linkage === 'single') value = Math.min(da, db)
    else if (linkage === 'complete') value = Math.max(da, db)
    else if (linkage === 'average') value = (na * da + nb * db) / (na + nb)
    else {
      const square = ((na + ni) * da * da + (nb + ni) * db * db - ni * between * between) / (na + nb + ni)
      value = Math.sqrt(Math.max(0, square))
    }
    d[b * N + i] = value
    d[i * N + b] = value
  }
}

/** Merges in ascending order of distance as a tree of numbered nodes. */
export const treeOf = (merges: readonly Merge[], N: number): MergeTree => {
  const parent = Int32Array.from({ length: 2 * N - 1 }, (_, i) => i)
  const root = (node: number): number => {
    let at = node
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!
      at = parent[at]!
    }
    return at
  }
  const children = new Int32Array(2 * (N - 1))
  const distances = new Float64Array(N - 1)
  for (const [i, { a, b, distance }] of merges.entries()) {
    const [x, y] = [root(a), root(b)]
    children[2 * i] = Math.min(x, y)
    children[2 * i + 1] = Math.max(x, y)
    distances[i] = distance
    parent[x] = N + i
    parent[y] = N + i
  }
  return { children, distances }
}

/** The cluster of each row when the last merges are undone: clusters are numbered by their first rows. */
export const cutTree = ({ children }: MergeTree, N: number, nClusters: number): Int32Array => {
  const top = new Int32Array(2 * N - 1).fill(-1)
  // From the last merge that is kept downwards each node passes its own name on.
  for (let i = N - 1 - nClusters; i >= 0; i--) {
    const node = N + i
    if (top[node]! < 0) top[node] = node
    top[children[2 * i]!] = top[node]!
    top[children[2 * i + 1]!] = top[node]!
  }
  const numbers = new Map<number, number>()
  return Int32Array.from({ length: N }, (_, i) => {
    const name = top[i]! < 0 ? i : top[i]!
    if (!numbers.has(name)) numbers.set(name, numbers.size)
    return numbers.get(name)!
  })
}
