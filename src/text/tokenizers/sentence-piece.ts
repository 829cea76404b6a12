import type { TokenizerJSON } from '../tokenizer.ts'
import type { SpecialSetup } from './added-tokens.ts'
import { IdList } from './id-list.ts'
import type { Segmenter } from './piece-bpe.ts'
import { VocabularyTokenizer } from './vocabulary-tokenizer.ts'
import { wellFormed } from './well-formed.ts'
import { WordCache } from './word-cache.ts'

/** SentencePiece's sign for a space, U+2581. */
export const spaceSign = '\u2581'

/**
 * What of the spaces before a text is dropped: one at its beginning; those of the first token; what SentencePiece drops, one or all before
 * anything else; the one that follows `<s>`; or nothing.
 */
export type LeadingSpaces = 'one' | 'token' | 'sentence-one' | 'sentence-all' | 'after-bos' | 'none'

export interface SentencePieceSetup {
  /** Tokens by id. */
  readonly tokens: readonly (string | undefined)[]
  readonly segmenter: Segmenter
  /** What stands for a space in tokens. */
  readonly space: string
  /** A text as the pieces are written, spaces as `space`; `first` where it begins the whole text. */
  readonly normalize: (text: string, first: boolean) => string
  /** Where the text may be cut before it is segmented: nowhere, before each run of spaces, or before each space. */
  readonly cut: 'nowhere' | 'runs' | 'spaces'
  /** Ids of the 256 bytes, where they have tokens. */
  readonly byteIds?: ArrayLike<number> | undefined
  /** Tokens that stand for no text when decoded. */
  readonly control?: ReadonlySet<number>
  /** What the unknown token is decoded to. Default: the token itself. */
  readonly unkText?: string
  readonly leading: LeadingSpaces
  readonly special?: SpecialSetup
  readonly toJSON: (tokenizer: SentencePieceTokenizer) => TokenizerJSON
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of bytes; each byte that is part of no character is U+FFFD. */
const textOfBytes = (bytes: readonly number[]): string => {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    try {
      text += decoder.decode(Uint8Array.from(bytes.slice(at, at + length)))
      at += Math.min(length, bytes.length - at)
    } catch {
      text += '\ufffd'
      at++
    }
  }
  return text
}

/**
 * Pieces of sentences, in which a space is written `▁` and belongs to what follows: the tokenizers of SentencePiece, of Llama and of
 * llama2.c. How a text is cut is the segmenter's: byte pairs, or the most likely pieces.
 *
 * Source: Kudo and Richardson 2018, "SentencePiece: A simple and language independent subword tokenizer". Checked against sentencepiece
 * 0.2 and Hugging Face `tokenizers` 0.23.
 */
export class SentencePieceTokenizer extends VocabularyTokenizer {
  readonly #setup: SentencePieceSetup
  readonly #cache = new WordCache()
  readonly #byteOf = new Map<number, number>()
  readonly #texts: (string | undefined)[] = []

  constructor(setup: SentencePieceSetup) {
    super(setup.tokens, setup.special)
    this.#setup = setup
    for (let byte = 0; setup.byteIds && byte < 256; byte++) this.#byteOf.set(setup.byteIds[byte]!, byte)
  }

  protected override encodePiece(piece: string, first: boolean, out: IdList): void {
    const { normalize, segmenter, cut, space } = this.#setup
    const text = normalize(wellFormed(piece), first)
    if (cut === 'nowhere') {
      segmenter.segment(text, out)
      return
    }
    for (let at = 0; at < text.length; ) {
      let start = at + 1
      if (cut === 'runs') {
        start = at
        while (text.startsWith(space, start)) start++
      }
      const found = text.indexOf(space, start)
      const end = found < 0 ? text.length : found
      this.#encodeWord(text.slice(at, end), out)
      at = end
    }
  }

  #encodeWord(word: string, out: IdList): void {
    const known = this.#cache.get(word)
    if (typeof known === 'number') out.push(known)
    else if (known) out.pushAll(known)
    else {
      const list = new IdList()
      this.#setup.segmenter.segment(word, list)
      const ids = list.toArray()
      this.#cache.set(word, ids)
      out.pushAll(ids)
    }
  }

  protected override textOf(ids: readonly number[]): string {
    const { leading } = this.#setup
    let text = ''
    let bytes: number[] = []
    let seen = false // a leading space has been dropped where only one is
    for (const [i, id] of ids.entries()) {
      const byte = this.#byteOf.get(id)
      if (byte !== undefined) {
        bytes.push(byte)
        continue
      }
      if (bytes.length > 0) text += textOfBytes(bytes)
      bytes = []
      let piece = this.#textOfToken(id)
      if (leading === 'token' && i === 0) piece = piece.replaceAll(' ', '')
      else if (leading === 'after-bos') piece = i > 0 && ids[i - 1] === this.bosId ? piece.replace(/^ /, '') : piece
      else if (leading.startsWith('sentence') && text === '' && !seen && id !== this.unkId && piece.startsWith(' ')) {
        piece = piece.slice(1)
        seen = leading === 'sentence-one'
      }
      text += piece
    }
    if (bytes.length > 0) text += textOfBytes(bytes)
    return leading === 'one' && text.startsWith(' ') ? text.slice(1) : text
  }

  #textOfToken(id: number): string {
    const known = this.#texts[id]
    if (known !== undefined) return known
    const { control, unkText, space } = this.#setup
    const token = this.tokens[id]!
    const text = control?.has(id)
      ? ''
      : id === this.unkId && unkText !== undefined
        ? unkText
        : token.replaceAll(space, ' ')
    this.#texts[id] = text
    return text
  }

  protected override document(): TokenizerJSON {
    return this.#setup.toJSON(this)
  }
}

/** Whether pieces hold a space only at their beginning, so that a text may be cut before spaces. */
export const cutsAtSpaces = (pieces: readonly (string | undefined)[], space: string): boolean =>
  pieces.some(piece => piece === space) && !pieces.some(piece => piece !== undefined && isWithin(piece, space))

const isWithin = (piece: string, space: string): boolean => {
  let at = 0
  while (piece.startsWith(space, at)) at++
  return piece.includes(space, at)
}
