import type { Shot } from '../../kit/lab.ts'

/** The tokenizers of gradus/text that learn from a text. */
export const kinds = ['bpe', 'wordpiece', 'unigram', 'word', 'char', 'byte'] as const
export type Kind = (typeof kinds)[number]
export const kindNames: Readonly<Record<string, string>> = {
  none: 'nothing',
  bpe: 'byte pairs (BPE)',
  wordpiece: 'WordPiece',
  unigram: 'unigram',
  word: 'words',
  char: 'characters',
  byte: 'bytes',
}

/** Characters that are cut into tokens and shown. */
export const shownCharacters = 2000
/** Merges that are listed. */
export const listed = 400

/** A token of the text. */
export interface Piece {
  readonly id: number
  /** As the vocabulary writes it: `Ġthe`, `##ing`, `▁the`. */
  readonly token: string
  /** What it stands for; hexadecimal where its bytes are no whole characters. */
  readonly text: string
  readonly bytes: readonly number[]
  /** `bytes` are part of a character; `special` stands for no text: what is unknown, for example. */
  readonly kind: 'text' | 'bytes' | 'special'
}

/** What a step learned, or the next would. */
export interface Merge {
  readonly rank: number
  /** Two tokens that become one; null where it is not made of two. */
  readonly pair: readonly [string, string] | null
  readonly token: string
  readonly text: string
  /** How often the pair came when it was merged. */
  readonly count: number | null
  /** ln p of a unigram piece. */
  readonly score: number | null
}

/** A text cut by one tokenizer. */
export interface Cut {
  readonly name: string
  readonly vocabSize: number
  readonly pieces: readonly Piece[]
  readonly unknown: number
  /** What its ids are decoded to. */
  readonly decoded: string
  /** Why the text cannot be cut, in a sentence. */
  readonly wrong: string | null
}

export interface TokenizerShot extends Shot {
  /** The text that is cut. */
  readonly text: string
  readonly characters: number
  readonly bytes: number
  readonly main: Cut
  readonly other: Cut | null
  /** Those learned so far, the last {@link listed} of them; of a model that does not grow, its pieces now. */
  readonly merges: readonly Merge[]
  readonly count: number
  /** Steps done. */
  readonly learned: number
  readonly growing: boolean
  /** Steps after which the text is shown as it is cut: fewer than were learned where somebody looks back. */
  readonly after: number
  /** Whether one can look back. */
  readonly stepwise: boolean
  readonly next: Merge | null
}
