import { PairTable } from './pair-table.ts'

/** Pairs of tokens that become one, each with a rank: of those in a word the lowest comes first, and of equal ones the leftmost. */
export class Merges {
  private readonly slots: PairTable
  private readonly ranks: number[] = []
  private readonly results: number[] = []

  constructor(expected = 8) {
    this.slots = new PairTable(expected)
  }

  /** A pair that comes again takes the later rank, as in Hugging Face's `tokenizers`. */
  add(left: number, right: number, result: number, rank: number): void {
    const known = this.slots.get(left, right)
    const slot = known < 0 ? this.ranks.length : known
    this.slots.set(left, right, slot)
    this.ranks[slot] = rank
    this.results[slot] = result
  }

  /** Merges the first `length` of `word`, in place; returns how many tokens are left. */
  apply(word: Int32Array, length: number): number {
    return length > 96 ? this.applyToLong(word, length) : this.applyToShort(word, length)
  }

  /** By looking for the best pair again and again: without rivals for words of ordinary length. */
  private applyToShort(word: Int32Array, length: number): number {
    const { ranks, results } = this
    const found = shortSlots
    for (let i = 0; i + 1 < length; i++) found[i] = this.slots.get(word[i]!, word[i + 1]!)
    let left = length
    while (left > 1) {
      let best = -1
      let rank = Number.POSITIVE_INFINITY
      for (let i = 0; i + 1 < left; i++) {
        const slot = found[i]!
        if (slot >= 0 && ranks[slot]! < rank) {
          rank = ranks[slot]!
          best = i
        }
      }
      if (best < 0) break
      word[best] = results[found[best]!]!
      left--
      word.copyWithin(best + 1, best + 2, left + 1)
      found.copyWithin(best + 1, best + 2, left)
      if (best > 0) found[best - 1] = this.slots.get(word[best - 1]!, word[best]!)
      if (best + 1 < left) found[best] = this.slots.get(word[best]!, word[best + 1]!)
    }
    return left
  }

  /** By a heap of candidates over a linked list: a word of a million characters takes seconds, not days. */
  private applyToLong(word: Int32Array, length: number): number {
    const next = Int32Array.from({ length }, (_, i) => i + 1)
    const before = Int32Array.from({ length }, (_, i) => i - 1)
    const heap = new MergeHeap()
    const propose = (at: number): void => {
      const second = next[at]!
      if (second >= length) return
      const slot = this.slots.get(word[at]!, word[second]!)
      if (slot >= 0) heap.push(this.ranks[slot]!, at, slot)
    }
    for (let i = 0; i + 1 < length; i++) propose(i)
    while (heap.size > 0) {
      const { at, slot } = heap.pop()
      const second = next[at]!
      // Out of date where one of the two has been merged since.
      if (word[at] === -1 || second >= length || this.slots.get(word[at]!, word[second]!) !== slot) continue
      word[at] = this.results[slot]!
      word[second] = -1
      const after = next[second]!
      next[at] = after
      if (after < length) before[after] = at
      if (before[at]! >= 0) propose(before[at]!)
      propose(at)
    }
    let left = 0
    for (let at = 0; at < length; at = next[at]!) word[left++] = word[at]!
    return left
  }
}

const shortSlots = new Int32Array(96)

/** The least rank first, and of equal ones the leftmost. */
class MergeHeap {
  size = 0
  private readonly ranks: number[] = []
  private readonly places: number[] = []
  private readonly slots: number[] = []

  push(rank: number, at: number, slot: number): void {
    let i = this.size++
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.isBefore(rank, at, parent)) break
      this.move(parent, i)
      i = parent
    }
    this.put(i, rank, at, slot)
  }

  pop(): { readonly at: number; readonly slot: number } {
    const top = { at: this.places[0]!, slot: this.slots[0]! }
    const last = --this.size
    if (last > 0) {
      const [rank, at, slot] = [this.ranks[last]!, this.places[last]!, this.slots[last]!]
      let i = 0
      for (;;) {
        let child = 2 * i + 1
        if (child >= last) break
        if (child + 1 < last && this.isBefore(this.ranks[child + 1]!, this.places[child + 1]!, child)) child++
        if (this.isBefore(rank, at, child)) break
        this.move(child, i)
        i = child
      }
      this.put(i, rank, at, slot)
    }
    return top
  }

  private isBefore(rank: number, at: number, i: number): boolean {
    return rank < this.ranks[i]! || (rank === this.ranks[i] && at < this.places[i]!)
  }

  private move(from: number, to: number): void {
    this.put(to, this.ranks[from]!, this.places[from]!, this.slots[from]!)
  }

  private put(i: number, rank: number, at: number, slot: number): void {
    this.ranks[i] = rank
    this.places[i] = at
    this.slots[i] = slot
  }
}
