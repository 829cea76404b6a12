import type { Edge, GraphNode } from './shot.ts'

/** A node's place: columns from left to right, rows from top to bottom, in units of a node. */
export interface Place {
  readonly column: number
  readonly row: number
}
export interface Layout {
  readonly places: readonly Place[]
  readonly columns: number
  readonly rows: number
}

/** Values flow from left to right. Operands stand in the order in which they are written, and a node at the height of their middle. */
export const layout = (
  nodes: readonly Pick<GraphNode, 'kind'>[],
  edges: readonly Pick<Edge, 'from' | 'to'>[],
): Layout => {
  const column = columnsOf(nodes.length, edges)
  const row = new Array<number>(nodes.length).fill(0)
  // Leaves come in the order of the text: nodes are numbered by it.
  let next = 0
  for (let i = 0; i < nodes.length; i++) {
    const operands = edges.filter(edge => edge.to === i).map(edge => row[edge.from]!)
    row[i] = operands.length === 0 ? next++ : operands.reduce((sum, at) => sum + at, 0) / operands.length
  }
  const columns = Math.max(...column) + 1
  for (let c = 0; c < columns; c++)
    spread(
      row,
      nodes.map((_, i) => i).filter(i => column[i] === c),
    )
  const top = Math.min(...row)
  const places = row.map((at, i) => ({ column: column[i]!, row: at - top }))
  return { places, columns, rows: Math.max(...places.map(place => place.row)) + 1 }
}

/** Operations as far left as their operands allow, and what is given just before its first use. */
const columnsOf = (count: number, edges: readonly Pick<Edge, 'from' | 'to'>[]): number[] => {
  const column = new Array<number>(count).fill(0)
  const operands = (i: number) => edges.filter(edge => edge.to === i)
  for (let i = 0; i < count; i++)
    for (const { from } of operands(i)) column[i] = Math.max(column[i]!, column[from]! + 1)
  for (let i = 0; i < count; i++) {
    const uses = edges.filter(edge => edge.from === i).map(edge => column[edge.to]!)
    if (operands(i).length === 0 && uses.length > 0) column[i] = Math.min(...uses) - 1
  }
  return column
}

/** Pushes nodes of a column apart, up and down alike. */
const spread = (row: number[], column: readonly number[]): void => {
  const sorted = [...column].sort((a, b) => row[a]! - row[b]! || a - b)
  const before = sorted.map(i => row[i]!)
  for (let k = 1; k < sorted.length; k++) row[sorted[k]!] = Math.max(row[sorted[k]!]!, row[sorted[k - 1]!]! + 1)
  const pushed = sorted.reduce((sum, i, k) => sum + row[i]! - before[k]!, 0) / (sorted.length || 1)
  for (const i of sorted) row[i]! -= pushed
}
