/** Whole numbers from 0 on by pairs of whole numbers, in flat memory: open addressing, no more than half full. */
export class PairTable {
  size = 0
  private mask: number
  private left: Int32Array
  private right: Int32Array
  private values: Int32Array

  /** @param expected how many pairs there will be about; the table grows beyond. */
  constructor(expected = 8) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(16, 2 * expected)))
    this.mask = capacity - 1
    this.left = new Int32Array(capacity).fill(-1)
    this.right = new Int32Array(capacity)
    this.values = new Int32Array(capacity)
  }

  /** The number under a pair, or -1. */
  get(a: number, b: number): number {
    const { left, right, mask } = this
    for (let at = slotOf(a, b) & mask; ; at = (at + 1) & mask) {
      const found = left[at]!
      if (found === a && right[at] === b) return this.values[at]!
      if (found === -1) return -1
    }
  }

  set(a: number, b: number, value: number): void {
    if (2 * (this.size + 1) > this.left.length) this.grow()
    const { left, right, mask } = this
    let at = slotOf(a, b) & mask
    while (left[at] !== -1 && !(left[at] === a && right[at] === b)) at = (at + 1) & mask
    if (left[at] === -1) this.size++
    left[at] = a
    right[at] = b
    this.values[at] = value
  }

  private grow(): void {
    const { left, right, values } = this
    const capacity = 2 * left.length
    this.mask = capacity - 1
    this.left = new Int32Array(capacity).fill(-1)
    this.right = new Int32Array(capacity)
    this.values = new Int32Array(capacity)
    this.size = 0
    for (let at = 0; at < left.length; at++) if (left[at] !== -1) this.set(left[at]!, right[at]!, values[at]!)
  }
}

const slotOf = (a: number, b: number): number => {
  const h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77)
  return h ^ (h >>> 15)
}
