import type { Columns } from './columns.ts'

/**
 * The rows of a growing tree's nodes, each node's side by side. Either every column keeps them in its own order, so that nothing is
 * sorted while the tree grows, or there is one list, sorted anew for each column that is looked at.
 */
export class NodeRows {
  readonly count: number
  /** Whether every column has a list of its own. */
  readonly everyColumn: boolean
  private readonly columns: Columns
  /** The first list: rows of a node in whatever order. */
  readonly some: Int32Array
  private readonly lists: Int32Array
  private readonly spare: Int32Array
  private readonly goesLeft: Uint8Array
  private readonly sorted: Int32Array
  private readonly bits: Uint32Array
  /** Where the rows of the latest sorting lie. */
  order: Int32Array

  constructor(columns: Columns, weights: Float64Array, everyColumn: boolean) {
    this.columns = columns
    this.everyColumn = everyColumn
    const { rows, columns: F, order } = columns
    let count = 0
    for (let i = 0; i < rows; i++) if (weights[i]! > 0) count++
    this.count = count
    this.lists = new Int32Array(everyColumn ? count * F : count)
    for (let j = 0, to = 0; j < (everyColumn ? F : 1); j++) {
      const from = j * rows
      for (let i = 0; i < rows; i++) {
        const row = everyColumn ? order[from + i]! : i
        if (weights[row]! > 0) this.lists[to++] = row
      }
    }
    this.some = this.lists.subarray(0, count)
    this.spare = new Int32Array(count)
    this.goesLeft = new Uint8Array(rows)
    this.sorted = new Int32Array(everyColumn ? 0 : count)
    this.bits = new Uint32Array(everyColumn ? 0 : (rows + 31) >>> 5)
    this.order = this.lists
  }

  /** Puts a node's rows in `order`, ascending by a column, NaN last. @returns the place of the first */
  sort(feature: number, from: number, to: number): number {
    if (this.everyColumn) return feature * this.count + from
    this.order = this.sorted
    const { rows, order, place } = this.columns
    const base = feature * rows
    const n = to - from
    const { sorted, lists } = this
    if (n * 24 > rows) this.sortByBits(base, from, to)
    else {
      for (let p = 0; p < n; p++) sorted[p] = place[base + lists[from + p]!]!
      if (n > 24) sorted.subarray(0, n).sort()
      else insertionSort(sorted, n)
      for (let p = 0; p < n; p++) sorted[p] = order[base + sorted[p]!]!
    }
    return 0
  }
  /** Different whole numbers, many of all there are: a mark for each, and the marks read in order. */
  private sortByBits(base: number, from: number, to: number): void {
    const { bits, lists, sorted } = this
    const { order, place } = this.columns
    let low = bits.length
    let high = 0
    for (let p = from; p < to; p++) {
      const rank = place[base + lists[p]!]!
      const word = rank >>> 5
      bits[word]! |= 1 << (rank & 31)
      if (word < low) low = word
      if (word > high) high = word
    }
    let k = 0
    for (let word = low; word <= high; word++) {
      let left = bits[word]!
      while (left !== 0) {
        const bit = left & -left
        sorted[k++] = order[base + word * 32 + 31 - Math.clz32(bit)]!
        left ^= bit
      }
      bits[word] = 0
    }
  }

  /** Marks the rows that a split sends left. */
  mark(feature: number, threshold: number, missingLeft: boolean, from: number, to: number): void {
    const { lists, goesLeft } = this
    const { values, rows } = this.columns
    const base = feature * rows
    for (let p = from; p < to; p++) {
      const row = lists[p]!
      const x = values[base + row]!
      goesLeft[row] = x <= threshold || (Number.isNaN(x) && missingLeft) ? 1 : 0
    }
  }
  /** Parts one column's list of a node by the marks. */
  part(list: number, from: number, to: number): void {
    const { lists, goesLeft, spare } = this
    const base = list * this.count
    const end = base + to
    let left = base + from
    let right = 0
    for (let p = left; p < end; p++) {
      const row = lists[p]!
      const goes = goesLeft[row]!
      lists[left] = row
      spare[right] = row
      left += goes
      right += 1 - goes
    }
    for (let p = 0; p < right; p++) lists[left + p] = spare[p]!
  }
  /** Parts all other lists. */
  partOthers(from: number, to: number): void {
    if (this.everyColumn) for (let j = 1; j < this.columns.columns; j++) this.part(j, from, to)
  }
}

const insertionSort = (values: Int32Array, n: number): void => {
  for (let i = 1; i < n; i++) {
    const value = values[i]!
    let j = i - 1
    while (j >= 0 && values[j]! > value) {
      values[j + 1] = values[j]!
      j--
    }
    values[j + 1] = value
  }
}
