/**
 * Distinct byte strings numbered in the order of their first appearance: a text is made once for each, not once for each cell.
 */
export class ByteTable {
  private slots = new Int32Array(8).fill(-1)
  private hashes = new Int32Array(4)
  private ends = new Float64Array(4)
  private arena = new Uint8Array(16)
  size = 0

  private start(code: number): number {
    return code === 0 ? 0 : this.ends[code - 1]!
  }

  private equals(code: number, bytes: Uint8Array, from: number, to: number): boolean {
    const { arena } = this
    let at = this.start(code)
    if (this.ends[code]! - at !== to - from) return false
    while (from < to) if (arena[at++] !== bytes[from++]) return false
    return true
  }

  /** The slot where these bytes are, or would be. */
  private slot(hash: number, bytes: Uint8Array, from: number, to: number): number {
    const { slots, hashes } = this
    const mask = slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const code = slots[slot]!
      if (code < 0 || (hashes[code] === hash && this.equals(code, bytes, from, to))) return slot
      slot = (slot + 1) & mask
    }
  }

  /** The number of these bytes, or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    return this.slots[this.slot(hashOf(bytes, from, to), bytes, from, to)]!
  }

  /** The number of these bytes, a new one (the old `size`) where they have none yet. */
  intern(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOf(bytes, from, to)
    const slot = this.slot(hash, bytes, from, to)
    const found = this.slots[slot]!
    if (found >= 0) return found
    const code = this.size++
    this.slots[slot] = code
    if (code === this.hashes.length) {
      this.hashes = grown(this.hashes, new Int32Array(2 * code))
      this.ends = grown(this.ends, new Float64Array(2 * code))
    }
    const begin = this.start(code)
    const end = begin + to - from
    if (end > this.arena.length) this.arena = grown(this.arena, new Uint8Array(Math.max(end, 2 * this.arena.length)))
    this.arena.set(bytes.subarray(from, to), begin)
    this.hashes[code] = hash
    this.ends[code] = end
    if (2 * this.size > this.slots.length) this.rehash()
    return code
  }

  /** The bytes with a number; they must not be written. */
  bytes(code: number): Uint8Array {
    return this.arena.subarray(this.start(code), this.ends[code])
  }

  /** Whether all bytes are ASCII other than NUL: then the text of each is a piece of the text of all. */
  get isAscii(): boolean {
    const end = this.start(this.size)
    for (let i = 0; i < end; i++) if ((this.arena[i]! - 1) >>> 0 > 126) return false
    return true
  }

  /** All bytes one after another, and where those of a number begin and end. */
  get all(): Uint8Array {
    return this.arena.subarray(0, this.start(this.size))
  }
  span(code: number): readonly [from: number, to: number] {
    return [this.start(code), this.ends[code]!]
  }

  private rehash(): void {
    const slots = new Int32Array(2 * this.slots.length).fill(-1)
    const mask = slots.length - 1
    for (let code = 0; code < this.size; code++) {
      const hash = this.hashes[code]!
      let slot = (hash ^ (hash >>> 15)) & mask
      while (slots[slot]! >= 0) slot = (slot + 1) & mask
      slots[slot] = code
    }
    this.slots = slots
  }
}

const grown = <A extends Int32Array | Float64Array | Uint8Array>(old: A, larger: A): A => {
  larger.set(old)
  return larger
}

/** FNV-1a. Source: Fowler, Noll & Vo, IETF draft-eastlake-fnv. */
const hashOf = (bytes: Uint8Array, from: number, to: number): number => {
  let hash = 0x811c9dc5 | 0
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash
}
