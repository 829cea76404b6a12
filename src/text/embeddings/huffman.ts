/** The inner nodes that lead to a word, from the root, and which way each goes on: 0 or 1. */
export interface Codes {
  /** Word w's nodes are `nodes[start[w]]` to `nodes[start[w + 1] - 1]`. */
  readonly start: Int32Array
  readonly nodes: Int32Array
  readonly turns: Uint8Array
}

/**
 * The Huffman codes of words by their counts, frequent ones first: V − 1 inner nodes, and short codes for frequent words.
 *
 * Source: Huffman 1952; with two queues, since the counts come in order.
 */
export const huffmanCodes = (counts: ArrayLike<number>): Codes => {
  const size = counts.length
  const weight = new Float64Array(2 * size)
  const parent = new Int32Array(2 * size)
  const turn = new Uint8Array(2 * size)
  for (let i = 0; i < size; i++) weight[i] = counts[i]!
  // The rarest word not taken, and the oldest, that is lightest, inner node not taken.
  let [word, inner] = [size - 1, size]
  for (let made = size; made < 2 * size - 1; made++) {
    const lightest = (): number => (word >= 0 && (inner >= made || weight[word]! < weight[inner]!) ? word-- : inner++)
    const [a, b] = [lightest(), lightest()]
    weight[made] = weight[a]! + weight[b]!
    parent[a] = made
    parent[b] = made
    turn[b] = 1
  }
  const root = 2 * size - 2
  const start = new Int32Array(size + 1)
  const nodes: number[] = []
  const turns: number[] = []
  for (let w = 0; w < size; w++) {
    const [path, ways]: [number[], number[]] = [[], []]
    for (let node = w; node !== root; node = parent[node]!) {
      path.push(parent[node]! - size)
      ways.push(turn[node]!)
    }
    nodes.push(...path.reverse())
    turns.push(...ways.reverse())
    start[w + 1] = nodes.length
  }
  return { start, nodes: Int32Array.from(nodes), turns: Uint8Array.from(turns) }
}
