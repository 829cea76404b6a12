import { ArgumentError } from '../../core/errors.ts'
import { ticks } from '../../draw/curves.ts'
import { frame, groupColors } from '../../draw/frame.ts'
import { attributes, element, escaped } from '../../draw/markup.ts'
import { type AnyModel, fitOf, isModel } from '../core/model.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'

export interface DendrogramOptions {
  readonly title?: string
  /** The names of the rows, in their order; by default their numbers. */
  readonly labels?: readonly string[]
  /** Merges at this distance or more are grey, those below in a colour a cluster; by default where the model's clusters are cut. */
  readonly colorThreshold?: number
}

interface Tree {
  readonly children: Dense
  readonly distances: Float64Array
  readonly nLeaves: number
  readonly nClusters: number
}

const treeIn = (model: AnyModel): Tree => {
  const state = isModel(model) ? (fitOf(model).state as Partial<Tree>) : {}
  if (state.children && state.distances && state.nLeaves !== undefined && state.nLeaves > 1) return state as Tree
  throw new ArgumentError(
    'dendrogram: a fitted model with a tree of at least two leaves is needed. Pass one of agglomerativeClustering or featureAgglomeration.',
  )
}

const grey = '#8a8f98'
const most = 60

/** Where each node lies: its place across, and the merge's distance. Leaves stand in the order of the tree. */
const places = ({ children, nLeaves }: Tree): { readonly across: Float64Array; readonly order: number[] } => {
  const across = new Float64Array(2 * nLeaves - 1)
  const order: number[] = []
  const stack = [2 * nLeaves - 2]
  while (stack.length > 0) {
    const node = stack.pop()!
    if (node < nLeaves) {
      across[node] = order.length
      order.push(node)
    } else stack.push(children.data[2 * (node - nLeaves) + 1]!, children.data[2 * (node - nLeaves)]!)
  }
  for (let i = 0; i < nLeaves - 1; i++)
    across[nLeaves + i] = (across[children.data[2 * i]!]! + across[children.data[2 * i + 1]!]!) / 2
  return { across, order }
}

/** The colour of each merge: one for all below a merge that is cut. */
const colours = ({ children, distances, nLeaves }: Tree, threshold: number, order: readonly number[]): string[] => {
  const top = new Int32Array(2 * nLeaves - 1).fill(-1)
  for (let i = nLeaves - 2; i >= 0; i--) {
    const node = nLeaves + i
    if (distances[i]! >= threshold) continue
    if (top[node]! < 0) top[node] = node
    for (const child of [children.data[2 * i]!, children.data[2 * i + 1]!]) top[child] = top[node]!
  }
  const numbers = new Map<number, number>()
  for (const leaf of order) if (top[leaf]! >= 0 && !numbers.has(top[leaf]!)) numbers.set(top[leaf]!, numbers.size)
  return Array.from({ length: nLeaves - 1 }, (_, i) => {
    const group = numbers.get(top[nLeaves + i]!)
    return group === undefined ? grey : groupColors[group % groupColors.length]!
  })
}

/**
 * The tree of merges of an {@link agglomerativeClustering} as an SVG picture: rows along the bottom, each merge as a bracket at its
 * distance. Names of rows are written up to 60 of them.
 *
 * @throws ArgumentError for a model without a tree, and for other than a name a row
 * @example
 * const model = await agglomerativeClustering({ nClusters: 2 }).fit([[0], [1], [10], [11]])
 * dendrogram(model, { labels: ['a', 'b', 'c', 'd'] }).startsWith('<svg') // true
 */
export const dendrogram = (model: AnyModel, options: DendrogramOptions = {}): string => {
  const tree = treeIn(model)
  const { children, distances, nLeaves: N, nClusters } = tree
  const names = options.labels ?? Array.from({ length: N }, (_, i) => String(i))
  if (names.length !== N)
    throw new ArgumentError(`dendrogram: labels has ${names.length} names, and the tree ${N} rows. Pass one a row.`)
  const cut = nClusters > 1 ? distances[N - nClusters]! : Infinity
  const { across, order } = places(tree)
  const colour = colours(tree, options.colorThreshold ?? cut, order)
  const high = distances.reduce((a, b) => Math.max(a, b), 0) || 1
  const width = Math.min(1400, Math.max(460, 130 + 18 * N))
  // Room for the distances on the left and for the names below.
  const [left, bottom] = [(N * 62) / (width - 100), (high * (N > most ? 8 : 74)) / 300]
  const { xAt, yAt, around } = frame({
    title: options.title ?? 'Merges',
    x: [-0.6 - left, N - 0.4],
    y: [-bottom, high * 1.04],
    width,
    height: 420,
    axes: false,
  })
  const levels = ticks(0, high).map(distance => {
    const y = yAt(distance).toFixed(1)
    const line = { x1: xAt(-0.6).toFixed(1), x2: xAt(N - 0.4).toFixed(1), y1: y, y2: y }
    const text = { x: (xAt(-0.6) - 6).toFixed(1), y: (yAt(distance) + 4).toFixed(1), 'text-anchor': 'end' }
    return (
      `<line${attributes({ ...line, stroke: 'currentColor', 'stroke-opacity': 0.15 })}/>` +
      element('text', { ...text, fill: 'currentColor' }, String(Number(distance.toPrecision(6))))
    )
  })
  const heightOf = (node: number): number => (node < N ? 0 : distances[node - N]!)
  const brackets = Array.from(distances, (distance, i) => {
    const [a, b] = [children.data[2 * i]!, children.data[2 * i + 1]!]
    const at = (node: number): string => `${xAt(across[node]!).toFixed(1)},${yAt(heightOf(node)).toFixed(1)}`
    const level = yAt(distance).toFixed(1)
    const points = `${at(a)} ${xAt(across[a]!).toFixed(1)},${level} ${xAt(across[b]!).toFixed(1)},${level} ${at(b)}`
    return `<polyline${attributes({ points, fill: 'none', stroke: colour[i]!, 'stroke-width': N > 200 ? 1 : 1.6, 'stroke-linejoin': 'round' })}/>`
  })
  const leaves =
    N > most
      ? []
      : order.map((leaf, place) => {
          const [x, y] = [xAt(place), yAt(0) + 8]
          const name = names[leaf]!.length > 14 ? `${names[leaf]!.slice(0, 13)}…` : names[leaf]!
          return element(
            'text',
            {
              x: (x + 3.5).toFixed(1),
              y: y.toFixed(1),
              'text-anchor': 'end',
              'font-size': 10,
              fill: 'currentColor',
              transform: `rotate(-60 ${(x + 3.5).toFixed(1)} ${y.toFixed(1)})`,
            },
            escaped(name),
          )
        })
  return around(...levels, ...brackets, ...leaves)
}
