import { PairTable } from './pair-table.ts'

/** A merge as it is learned. */
export interface LearnedMerge {
  readonly left: string
  readonly right: string
  /** The token that the two become; another merge may have made it before. */
  readonly token: string
  /** How often the pair came then. */
  readonly count: number
}

export interface BpeTraining {
  /** Words as ids of their characters or bytes, each distinct one once. */
  readonly words: readonly Int32Array[]
  /** How often each word comes. */
  readonly counts: readonly number[]
  /** The tokens to begin with; learned ones are added. */
  readonly tokens: string[]
  readonly vocabSize: number
  /** A pair that comes less often is not merged. */
  readonly minFrequency: number
  /** The name of two tokens in one. */
  readonly join: (left: string, right: string) => string
  /** Told each merge when it is learned. */
  readonly onMerge?: ((merge: LearnedMerge) => void) | undefined
}

/** A pair of tokens with the words that it was found in, and how often it came when it was put in the queue. */
interface Candidate {
  readonly slot: number
  count: number
  readonly places: readonly number[]
}

/**
 * Learns merges: again and again the most frequent pair of neighbours becomes a token; of equally frequent ones the pair with the lower
 * ids. Counts are kept up to date where a merge changes them, so that a merge costs what it touches. The order and the ties are those
 * of Hugging Face's `tokenizers`, and so are the merges.
 *
 * @returns the merges in order, as ids; `tokens` has their names.
 *
 * Source: Sennrich, Haddow and Birch 2016, "Neural Machine Translation of Rare Words with Subword Units", algorithm 1.
 */
export const learnMerges = ({
  words,
  counts,
  tokens,
  vocabSize,
  minFrequency,
  join,
  onMerge,
}: BpeTraining): [number, number][] => {
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const pairs = new PairCounts()
  const lengths = Int32Array.from(words, word => word.length)
  for (let w = 0; w < words.length; w++) {
    const word = words[w]!
    for (let i = 0; i + 1 < word.length; i++) pairs.add(word[i]!, word[i + 1]!, counts[w]!, w)
  }
  const queue = new CandidateQueue(pairs)
  pairs.takeNew(candidate => queue.push(candidate))
  const merges: [number, number][] = []
  while (ids.size < vocabSize) {
    const top = queue.pop()
    if (!top) break
    const count = pairs.counts[top.slot]!
    if (top.count !== count) {
      top.count = count
      queue.push(top)
      continue
    }
    if (count < Math.max(1, minFrequency)) break
    const left = pairs.lefts[top.slot]!
    const right = pairs.rights[top.slot]!
    const token = join(tokens[left]!, tokens[right]!)
    // Two pairs may make the same token: a + bc and ab + c.
    const id = ids.get(token) ?? tokens.length
    if (id === tokens.length) {
      tokens.push(token)
      ids.set(token, id)
    }
    merges.push([left, right])
    onMerge?.({ left: tokens[left]!, right: tokens[right]!, token, count })
    for (const w of top.places) lengths[w] = mergeWord(words[w]!, lengths[w]!, left, right, id, pairs, counts[w]!, w)
    pairs.takeNew(candidate => queue.push(candidate))
  }
  return merges
}

/** Puts `id` in place of a pair throughout a word, counts the neighbours anew and returns the word's new length. */
const mergeWord = (
  word: Int32Array,
  length: number,
  left: number,
  right: number,
  id: number,
  pairs: PairCounts,
  count: number,
  w: number,
): number => {
  let to = 0
  for (let i = 0; i < length; i++, to++) {
    if (word[i] !== left || i + 1 >= length || word[i + 1] !== right) {
      word[to] = word[i]!
      continue
    }
    if (to > 0) {
      pairs.subtract(word[to - 1]!, left, count)
      pairs.add(word[to - 1]!, id, count, w)
    }
    if (i + 2 < length) {
      pairs.subtract(right, word[i + 2]!, count)
      pairs.add(id, word[i + 2]!, count, w)
    }
    word[to] = id
    i++
  }
  return to
}

/** How often each pair comes, and in which words it was found since last asked. */
class PairCounts {
  readonly lefts: number[] = []
  readonly rights: number[] = []
  readonly counts: number[] = []
  private readonly slots = new PairTable(4096)
  private places: (number[] | undefined)[] = []
  private fresh: number[] = []

  add(left: number, right: number, count: number, word: number): void {
    const slot = this.slotOf(left, right)
    this.counts[slot]! += count
    const places = this.places[slot]
    if (!places) {
      this.places[slot] = [word]
      this.fresh.push(slot)
    } else if (places.at(-1) !== word) places.push(word) // words are walked in order
  }

  subtract(left: number, right: number, count: number): void {
    this.counts[this.slotOf(left, right)]! -= count
  }

  /** The pairs found since last asked, as candidates. */
  takeNew(take: (candidate: Candidate) => void): void {
    for (const slot of this.fresh) {
      const count = this.counts[slot]!
      if (count > 0) take({ slot, count, places: this.places[slot]! })
      this.places[slot] = undefined
    }
    this.fresh = []
  }

  private slotOf(left: number, right: number): number {
    let slot = this.slots.get(left, right)
    if (slot < 0) {
      slot = this.counts.length
      this.slots.set(left, right, slot)
      this.lefts.push(left)
      this.rights.push(right)
      this.counts.push(0)
      this.places.push(undefined)
    }
    return slot
  }
}

/** The most frequent pair first, and of equally frequent ones the one with the lower ids. */
class CandidateQueue {
  private readonly heap: Candidate[] = []
  private readonly pairs: PairCounts

  constructor(pairs: PairCounts) {
    this.pairs = pairs
  }

  push(candidate: Candidate): void {
    const { heap } = this
    let i = heap.length
    heap.push(candidate)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.isBefore(candidate, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = candidate
  }

  pop(): Candidate | undefined {
    const { heap } = this
    const top = heap[0]
    const last = heap.pop()
    if (heap.length === 0 || !last) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && this.isBefore(heap[child + 1]!, heap[child]!)) child++
      if (this.isBefore(last, heap[child]!)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
    return top
  }

  private isBefore(a: Candidate, b: Candidate): boolean {
    if (a.count !== b.count) return a.count > b.count
    const { lefts, rights } = this.pairs
    const [left, other] = [lefts[a.slot]!, lefts[b.slot]!]
    return left !== other ? left < other : rights[a.slot]! < rights[b.slot]!
  }
}
