import type { TokenizerJSON } from '../tokenizer.ts'
import { byteSymbols } from './byte-alphabet.ts'
import { ByteBpeTokenizer } from './byte-bpe.ts'
import { decodePieces } from './byte-pieces.ts'
import type { IdList } from './id-list.ts'
import { VocabularyTokenizer } from './vocabulary-tokenizer.ts'

const encoder = new TextEncoder()
const single = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte))

/**
 * The 256 bytes of UTF-8 as ids, each byte its own; special tokens, if any, from 256 on. Nothing is learned, and every text comes back as
 * it was, but that half of a surrogate pair becomes U+FFFD.
 *
 * @example
 * new ByteTokenizer().encode('é').length // 2
 */
export class ByteTokenizer extends VocabularyTokenizer {
  constructor(specialTokens: readonly string[] = []) {
    super(byteSymbols, { added: specialTokens.map((content, i) => ({ id: 256 + i, content })) })
  }

  protected override encodePiece(text: string, _first: boolean, out: IdList): void {
    out.pushAll(encoder.encode(text))
  }

  protected override textOf(ids: readonly number[]): string {
    return decodePieces(ids, id => single[id] ?? encoder.encode(this.tokens[id]))
  }

  protected override document(): TokenizerJSON {
    const vocab = new Map(this.tokens.map((token, id) => [token!, id]))
    return new ByteBpeTokenizer({ vocab, merges: [], pattern: null, special: { added: this.added.list } }).toJSON()
  }
}
