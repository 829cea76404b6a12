import { Merges } from './bpe-merges.ts'
import type { IdList } from './id-list.ts'
import { Trie } from './trie.ts'
import { UnknownText, type UnknownSetup } from './unknown-text.ts'

/** Cuts a text into pieces of a vocabulary. */
export interface Segmenter {
  segment(text: string, out: IdList): void
}

/** Stands for a character that takes part in no piece. */
const none = 0x7fffffff

export interface PieceBpeSetup extends UnknownSetup {
  /** Ids of characters and pieces; those from `limit` on are characters that only occur in pieces. */
  readonly symbols: ReadonlyMap<string, number>
  readonly limit: number
  readonly merges: Merges
  /** Pieces that may not be the outcome, with the two that each is made of. */
  readonly unused?: ReadonlyMap<number, readonly [number, number]>
}

/** Byte-pair encoding of characters: of the pairs that make a piece the best is merged, again and again. */
export class PieceBpe implements Segmenter {
  private readonly setup: PieceBpeSetup
  private readonly unknown: UnknownText
  private readonly characters = new Map<number, string>()

  constructor(setup: PieceBpeSetup) {
    this.setup = setup
    this.unknown = new UnknownText(setup)
    for (const [symbol, id] of setup.symbols) if (id >= setup.limit) this.characters.set(id, symbol)
  }

  segment(text: string, out: IdList): void {
    const { symbols, merges, limit } = this.setup
    const ids = new Int32Array(text.length)
    const strangers: string[] = []
    let n = 0
    for (const character of text) {
      const id = symbols.get(character)
      ids[n++] = id ?? none
      if (id === undefined) strangers.push(character)
    }
    const length = merges.apply(ids, n)
    let next = 0
    let follows = false
    for (let i = 0; i < length; i++) {
      const id = ids[i]!
      const character = id === none ? strangers[next++]! : id >= limit ? this.characters.get(id)! : undefined
      if (character !== undefined) this.unknown.push(character, follows, out)
      else this.push(id, out)
      follows = character !== undefined
    }
  }

  private push(id: number, out: IdList): void {
    const parts = this.setup.unused?.get(id)
    if (!parts) out.push(id)
    for (const part of parts ?? []) {
      const character = this.characters.get(part)
      if (character === undefined) this.push(part, out)
      else this.unknown.push(character, false, out)
    }
  }
}

export interface ScoredPieces {
  /** The pieces that merges may make, by id; holes are left alone. */
  readonly pieces: readonly (string | undefined)[]
  readonly scores: ArrayLike<number>
  /** Whether characters that are no pieces take part in merges, as in SentencePiece. */
  readonly withCharacters: boolean
}

/** A merge of two pieces, as it may be written down. */
export type MergePair = readonly [left: string, right: string]

/**
 * The merges of a vocabulary with scores: any two pieces that make a third, ranked by its score. Equal scores are of equal rank, so that
 * the leftmost comes first.
 */
export const mergesOfScores = ({
  pieces,
  scores,
  withCharacters,
}: ScoredPieces): {
  readonly symbols: Map<string, number>
  readonly merges: Merges
  /** In order of rank. */
  readonly pairs: MergePair[]
  /** The two pieces that each piece is last made of. */
  readonly partsOf: Map<number, readonly [number, number]>
} => {
  const symbols = new Map<string, number>()
  pieces.forEach((piece, id) => {
    if (piece !== undefined && piece !== '' && !symbols.has(piece)) symbols.set(piece, id)
  })
  if (withCharacters) {
    let id = pieces.length
    for (const piece of [...symbols.keys()]) for (const c of piece) if (!symbols.has(c)) symbols.set(c, id++)
  }
  const trie = new Trie(symbols.size)
  for (const [symbol, id] of symbols) trie.add(symbol, id)
  const ranked = [...symbols.values()].filter(id => id < pieces.length).sort((a, b) => scores[b]! - scores[a]!)
  const merges = new Merges(symbols.size)
  const pairs: MergePair[] = []
  const partsOf = new Map<number, readonly [number, number]>()
  let rank = -1
  let score = Number.NaN
  for (const id of ranked) {
    if (scores[id] !== score) rank++
    score = scores[id]!
    const piece = pieces[id]!
    // Only beginnings that are pieces themselves are looked at, so that a long piece costs no square of its length.
    for (let node = 0, i = 0; i + 1 < piece.length; i++) {
      node = trie.step(node, piece.charCodeAt(i))
      const left = trie.endAt(node)
      if (left < 0) continue
      const right = symbols.get(piece.slice(i + 1))
      if (right === undefined) continue
      merges.add(left, right, id, rank)
      pairs.push([piece.slice(0, i + 1), piece.slice(i + 1)])
      partsOf.set(id, [left, right])
    }
  }
  return { symbols, merges, pairs, partsOf }
}
