import { ArgumentError, DataError, FormatError } from '../core/errors.ts'
import { isRecord } from '../io/json.ts'
import { plainSpaces } from './pairs.ts'
import type { Tokenizer, TokenizerJSON } from './tokenizer.ts'

export interface PieceTrainOptions {
  /** A piece that comes less often is unknown. Default 1. */
  readonly minCount?: number
}

const pattern = ' ?[\\p{L}\\p{M}\\p{N}]+| ?[^\\s\\p{L}\\p{M}\\p{N}]+'
const pieces = new RegExp(pattern, 'gu')
const unknown = ' <unk>'
/** Every word begins with a space, the first one too: a word is one piece wherever it stands. */
const piecesOf = (text: string): string[] => ` ${plainSpaces(text)}`.match(pieces) ?? []

/**
 * Words and runs of punctuation as tokens, each with the space before it: decoding gives the text back as it was written, but for white
 * space other than single spaces. What the vocabulary has not is the unknown token, id 0.
 *
 * @example
 * const { PieceTokenizer } = await import('gradus/text')
 * const tokenizer = PieceTokenizer.train(["Don't go!", 'Go on.'])
 * tokenizer.encode("Don't go on.").length // 6
 * tokenizer.decode(tokenizer.encode("Don't go on.")) === "Don't go on."
 */
export class PieceTokenizer implements Tokenizer {
  readonly #pieces: readonly string[]
  readonly #ids: ReadonlyMap<string, number>
  readonly unkId = 0

  /** @param known pieces in the order of their ids, from 1 on */
  constructor(known: readonly string[]) {
    this.#pieces = [unknown, ...known]
    this.#ids = new Map(this.#pieces.map((piece, id) => [piece, id]))
  }

  /** The tokenizer of the pieces in texts, the most frequent first. @throws DataError where there are none */
  static train(texts: Iterable<string>, { minCount = 1 }: PieceTrainOptions = {}): PieceTokenizer {
    const counts = new Map<string, number>()
    for (const text of texts) for (const piece of piecesOf(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1)
    const known = [...counts]
      .filter(([, count]) => count >= minCount)
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .map(([piece]) => piece)
    if (known.length === 0) {
      throw new DataError(
        `PieceTokenizer.train: no word comes ${minCount === 1 ? 'at all' : `${minCount} times`} in the texts. Give longer texts, or a smaller minCount.`,
        { minCount },
      )
    }
    return new PieceTokenizer(known)
  }

  get vocabSize(): number {
    return this.#pieces.length
  }

  encode(text: string): Int32Array {
    return Int32Array.from(piecesOf(text), piece => this.#ids.get(piece) ?? this.unkId)
  }

  /** @throws ArgumentError at the first id that stands for no piece */
  decode(ids: ArrayLike<number>): string {
    const text = Array.from(ids, (id, i) => {
      const piece = this.#pieces[id]
      if (piece !== undefined) return piece
      throw new ArgumentError(
        `PieceTokenizer.decode: id ${id} at index ${i} stands for no token; ids are 0 to ${this.vocabSize - 1}. Use the tokenizer that the ids were made with.`,
        { id, index: i },
      )
    }).join('')
    return text.startsWith(' ') ? text.slice(1) : text
  }

  tokenOf(id: number): string | undefined {
    return this.#pieces[id]
  }

  /** Python's `tokenizers` reads it to the same ids and texts. */
  toJSON(): TokenizerJSON {
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
          { type: 'Strip', strip_left: true, strip_right: true },
          { type: 'Prepend', prepend: ' ' },
        ],
      },
      pre_tokenizer: { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
      post_processor: null,
      decoder: {
        type: 'Sequence',
        decoders: [{ type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }],
      },
      model: { type: 'WordLevel', vocab: Object.fromEntries(this.#ids), unk_token: unknown },
    }
  }

  /** The tokenizer of a document that `toJSON` gave, or null where it is another kind. @throws FormatError for a damaged one */
  static fromJSON(doc: unknown, where = 'tokenizer.json'): PieceTokenizer | null {
    if (!isRecord(doc) || !isRecord(doc.model) || doc.model.type !== 'WordLevel') return null
    const split = isRecord(doc.pre_tokenizer) && isRecord(doc.pre_tokenizer.pattern) ? doc.pre_tokenizer.pattern : {}
    if (split.Regex !== pattern) return null
    const found: string[] = []
    if (isRecord(doc.model.vocab)) for (const [piece, id] of Object.entries(doc.model.vocab)) found[Number(id)] = piece
    if (found[0] !== unknown || Array.from(found).some(piece => piece === undefined)) {
      throw new FormatError(
        `${where}: model.vocab does not give the ids 0 to ${found.length - 1} once each, ${JSON.stringify(unknown)} first. Save the tokenizer again.`,
      )
    }
    return new PieceTokenizer(found.slice(1))
  }
}
