import type { MergeTree } from './linkage.ts'

// The part of HDBSCAN that chooses clusters from a tree of merges. Names follow the paper: λ = 1 / distance.

/** A row or cluster that leaves a cluster at a λ. Clusters are numbered from N, the root. */
export interface Leaving {
  readonly parent: number
  readonly child: number
  readonly lambda: number
  readonly size: number
}

const sizesOf = ({ children }: MergeTree, N: number): Int32Array => {
  const sizes = new Int32Array(2 * N - 1).fill(1, 0, N)
  for (let i = 0; i < N - 1; i++) sizes[N + i] = sizes[children[2 * i]!]! + sizes[children[2 * i + 1]!]!
  return sizes
}

/** The tree in which only splits into two parts of at least `least` rows make new clusters; other rows just leave. */
export const condense = (tree: MergeTree, N: number, least: number): Leaving[] => {
  const { children, distances } = tree
  const sizes = sizesOf(tree, N)
  const out: Leaving[] = []
  const leave = (node: number, parent: number, lambda: number): void => {
    const stack = [node]
    while (stack.length > 0) {
      const at = stack.pop()!
      if (at < N) out.push({ parent, child: at, lambda, size: 1 })
      else stack.push(children[2 * (at - N) + 1]!, children[2 * (at - N)]!)
    }
  }
  let next = N + 1
  const queue: (readonly [node: number, cluster: number])[] = [[2 * N - 2, N]]
  for (let q = 0; q < queue.length; q++) {
    const [node, cluster] = queue[q]!
    if (node < N) {
      out.push({ parent: cluster, child: node, lambda: Infinity, size: 1 })
      continue
    }
    const [left, right] = [children[2 * (node - N)]!, children[2 * (node - N) + 1]!]
    const lambda = distances[node - N]! > 0 ? 1 / distances[node - N]! : Infinity
    const [big, small] = [sizes[left]! >= least, sizes[right]! >= least]
    for (const [child, stays] of [
      [left, big],
      [right, small],
    ] as const) {
      if (!stays) leave(child, cluster, lambda)
      else if (big && small) {
        out.push({ parent: cluster, child: next, lambda, size: sizes[child]! })
        queue.push([child, next++])
      } else queue.push([child, cluster])
    }
  }
  return out
}

/** λ at which each cluster is born, the stability Σ (λ − birth) · size, and the last λ of each cluster, by number less N. */
const lifetimes = (tree: readonly Leaving[], N: number, count: number) => {
  const birth = new Float64Array(count)
  for (const { child, lambda } of tree) if (child >= N) birth[child - N] = lambda
  const stability = new Float64Array(count)
  const death = new Float64Array(count)
  for (const { parent, lambda, size } of tree) {
    const at = parent - N
    death[at] = Math.max(death[at]!, lambda)
    if (lambda !== birth[at]) stability[at]! += (lambda - birth[at]!) * size
  }
  return { birth, stability, death }
}

export interface Choice {
  readonly method: 'eom' | 'leaf'
  /** Clusters born at a smaller distance are not split off. */
  readonly epsilon: number
  readonly allowSingleCluster: boolean
  readonly maxClusterSize: number | null
}

interface Clusters {
  readonly parents: Int32Array
  readonly children: number[][]
  readonly sizes: Int32Array
  readonly birth: Float64Array
  readonly stability: Float64Array
}

const below = (children: readonly number[][], cluster: number): number[] => {
  const found = [cluster]
  for (let q = 0; q < found.length; q++) found.push(...children[found[q]!]!)
  return found
}

/** Of each branch the clusters whose stability together is largest. */
const byExcessOfMass = ({ children, sizes, stability }: Clusters, choice: Choice): Set<number> => {
  const count = children.length
  const chosen = new Set(Array.from({ length: count }, (_, c) => c))
  if (!choice.allowSingleCluster) chosen.delete(0)
  const most = choice.maxClusterSize ?? Infinity
  for (let c = count - 1; c >= (choice.allowSingleCluster ? 0 : 1); c--) {
    const inner = children[c]!.reduce((sum, child) => sum + stability[child]!, 0)
    if (inner > stability[c]! || sizes[c]! > most) {
      chosen.delete(c)
      stability[c] = inner
    } else for (const other of below(children, c)) if (other !== c) chosen.delete(other)
  }
  return chosen
}

/** Clusters that are born below a distance give way to the first of those that contain them which is not. */
const widened = (chosen: Set<number>, clusters: Clusters, { epsilon, allowSingleCluster }: Choice): Set<number> => {
  const out = new Set<number>()
  const covered = new Set<number>()
  for (const cluster of chosen) {
    if (1 / clusters.birth[cluster]! >= epsilon) {
      out.add(cluster)
      continue
    }
    if (covered.has(cluster)) continue
    let at = cluster
    for (;;) {
      const parent = clusters.parents[at]!
      if (parent <= 0) {
        if (allowSingleCluster) at = 0
        break
      }
      at = parent
      if (1 / clusters.birth[at]! > epsilon) break
    }
    out.add(at)
    for (const other of below(clusters.children, at)) if (other !== at) covered.add(other)
  }
  return out
}

/** The cluster of each row, -1 for noise, and how surely it belongs there. */
export const chooseClusters = (
  tree: readonly Leaving[],
  N: number,
  choice: Choice,
): { readonly labels: Int32Array; readonly probabilities: Float64Array } => {
  const count = tree.reduce((most, { parent }) => Math.max(most, parent), N) - N + 1
  const parents = new Int32Array(count).fill(-1)
  const children: number[][] = Array.from({ length: count }, () => [])
  const sizes = new Int32Array(count)
  sizes[0] = N
  for (const { parent, child, size } of tree) {
    if (child < N) continue
    parents[child - N] = parent - N
    children[parent - N]!.push(child - N)
    sizes[child - N] = size
  }
  const { birth, stability, death } = lifetimes(tree, N, count)
  const clusters: Clusters = { parents, children, sizes, birth, stability }
  let chosen: Set<number>
  if (choice.method === 'eom') chosen = byExcessOfMass(clusters, choice)
  else {
    const leaves = Array.from(children.keys()).filter(c => c > 0 && children[c]!.length === 0)
    chosen = new Set(leaves.length > 0 ? leaves : choice.allowSingleCluster ? [0] : [])
  }
  if (choice.epsilon > 0 && count > 1 && !(chosen.size === 1 && chosen.has(0)))
    chosen = widened(chosen, clusters, choice)
  return label(tree, N, { chosen, parents, death, epsilon: choice.epsilon })
}

interface Chosen {
  readonly chosen: Set<number>
  readonly parents: Int32Array
  readonly death: Float64Array
  readonly epsilon: number
}
const label = (tree: readonly Leaving[], N: number, { chosen, parents, death, epsilon }: Chosen) => {
  const order = [...chosen].sort((a, b) => a - b)
  const numbers = new Map(order.map((cluster, i) => [cluster, i]))
  const labels = new Int32Array(N).fill(-1)
  const probabilities = new Float64Array(N)
  const alone = chosen.has(0)
  // Of a single cluster only the rows that stay long enough are members.
  const enough = epsilon > 0 ? 1 / epsilon : death[0]!
  for (const { parent, child, lambda } of tree) {
    if (child >= N) continue
    let cluster = parent - N
    while (cluster > 0 && !chosen.has(cluster)) cluster = parents[cluster]!
    if (!chosen.has(cluster) || (alone && cluster === 0 && lambda < enough)) continue
    labels[child] = numbers.get(cluster)!
    const last = death[cluster]!
    probabilities[child] = last === 0 || lambda === Infinity ? 1 : Math.min(lambda, last) / last
  }
  return { labels, probabilities }
}
