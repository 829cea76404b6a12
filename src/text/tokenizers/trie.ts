import { PairTable } from './pair-table.ts'

/** Pieces by their code units, to find those that a text has at a place. */
export class Trie {
  private readonly next: PairTable
  /** The piece that ends at a node, or -1. */
  private readonly ends: number[] = [-1]

  constructor(expected = 8) {
    this.next = new PairTable(expected)
  }

  /** A piece that comes again keeps its first number. */
  add(piece: string, id: number): void {
    let node = 0
    for (let i = 0; i < piece.length; i++) {
      let to = this.next.get(node, piece.charCodeAt(i))
      if (to < 0) {
        to = this.ends.length
        this.ends.push(-1)
        this.next.set(node, piece.charCodeAt(i), to)
      }
      node = to
    }
    if (this.ends[node] === -1) this.ends[node] = id
  }

  /** The node after a code unit, or -1; 0 is where pieces begin. */
  step(node: number, unit: number): number {
    return this.next.get(node, unit)
  }

  /** The number of the piece that ends at a node, or -1. */
  endAt(node: number): number {
    return this.ends[node]!
  }
}
