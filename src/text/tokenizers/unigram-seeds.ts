import { PairTable } from './pair-table.ts'

export interface SeedOptions {
  /** Characters in a piece at most. */
  readonly maxLength: number
  /** Pieces of more than one character at most. */
  readonly most: number
}

export interface Seeds {
  readonly pieces: string[]
  readonly counts: number[]
  /** How many of the first pieces are single characters. */
  readonly characters: number
}

/** Stretches of one length: which stands at each place of the text, and how often each comes. */
interface Level {
  readonly at: Int32Array
  readonly counts: Float64Array
  /** The place where each first stands. */
  readonly first: Int32Array
}

/**
 * Pieces to begin with: every character, and of the stretches of words that come twice or more those with the highest count times length.
 * A stretch that is never followed by another character than one is left out for the longer one.
 *
 * Stretches of n characters are pairs of stretches of n - 1 that overlap, so that a level costs one pass over the text.
 */
export const seedPieces = (counts: ReadonlyMap<string, number>, { maxLength, most }: SeedOptions): Seeds => {
  // Words one after the other, with -1 between them.
  const text: string[] = []
  const weights: number[] = []
  for (const [word, count] of counts) {
    for (const c of word) {
      text.push(c)
      weights.push(count)
    }
    text.push('')
    weights.push(0)
  }
  let level = characterLevel(text, weights)
  const pieces = Array.from(level.first, at => text[at]!)
  const found = [...level.counts]
  const characters = pieces.length
  const longer: { readonly piece: string; readonly count: number; readonly rank: number }[] = []
  for (let length = 2; length <= maxLength; length++) {
    const next = longerLevel(level, weights)
    if (length > 2) collect(level, next, length - 1, text, longer)
    level = next
    if (next.counts.length === 0) break
    if (length === maxLength) collect(level, undefined, length, text, longer)
  }
  longer.sort((a, b) => b.rank - a.rank || (a.piece < b.piece ? -1 : 1))
  for (const { piece, count } of longer.slice(0, most)) {
    pieces.push(piece)
    found.push(count)
  }
  return { pieces, counts: found, characters }
}

const characterLevel = (text: readonly string[], weights: readonly number[]): Level => {
  const ids = new Map<string, number>()
  const [counts, first]: [number[], number[]] = [[], []]
  const at = Int32Array.from(text, (c, i) => {
    if (c === '') return -1
    let id = ids.get(c)
    if (id === undefined) {
      id = ids.size
      ids.set(c, id)
      counts.push(0)
      first.push(i)
    }
    counts[id]! += weights[i]!
    return id
  })
  return { at, counts: Float64Array.from(counts), first: Int32Array.from(first) }
}

const longerLevel = ({ at }: Level, weights: readonly number[]): Level => {
  const ids = new PairTable(1024)
  const [counts, first]: [number[], number[]] = [[], []]
  const next = new Int32Array(at.length).fill(-1)
  for (let i = 0; i + 1 < at.length; i++) {
    const [left, right] = [at[i]!, at[i + 1]!]
    if (left < 0 || right < 0) continue
    let id = ids.get(left, right)
    if (id < 0) {
      id = counts.length
      ids.set(left, right, id)
      counts.push(0)
      first.push(i)
    }
    counts[id]! += weights[i]!
    next[i] = id
  }
  // What comes once is in nothing that comes twice.
  for (let i = 0; i < next.length; i++) if (next[i]! >= 0 && counts[next[i]!]! < 2) next[i] = -1
  return { at: next, counts: Float64Array.from(counts), first: Int32Array.from(first) }
}

const collect = (
  { counts, first }: Level,
  next: Level | undefined,
  length: number,
  text: readonly string[],
  into: { piece: string; count: number; rank: number }[],
): void => {
  const followed = new Float64Array(counts.length)
  if (next) {
    // `next` has only places where this level had one, so that its beginnings are stretches of this level.
    const levelAt = levelOf(first, counts.length)
    for (let id = 0; id < next.counts.length; id++) {
      const left = levelAt.get(next.first[id]!)
      if (left !== undefined) followed[left] = Math.max(followed[left]!, next.counts[id]!)
    }
  }
  for (let id = 0; id < counts.length; id++) {
    const count = counts[id]!
    if (count < 2 || followed[id] === count) continue
    into.push({ piece: text.slice(first[id]!, first[id]! + length).join(''), count, rank: count * length })
  }
}

/** Stretches by the place where they first stand: one that always goes on the same way first stands where the longer one does. */
const levelOf = (first: Int32Array, size: number): Map<number, number> => {
  const places = new Map<number, number>()
  for (let id = 0; id < size; id++) places.set(first[id]!, id)
  return places
}
