import { ArgumentError, DataError } from '../core/errors.ts'
import type { Tokenizer, TokenizerJSON } from './tokenizer.ts'

const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff

/** A symbol for a message: `"é" (U+00E9)`; the number alone where there is nothing to see. */
const describe = (code: number): string => {
  const number = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  const symbol = String.fromCodePoint(code)
  const printed = JSON.stringify(symbol)
  const invisible = /[\p{C}\p{M}\p{Z}]/u.test(symbol) && symbol !== ' ' && printed[1] !== '\\'
  return invisible || isSurrogate(code) ? number : `${printed} (${number})`
}

/**
 * A tokenizer whose symbols are Unicode code points, each with its place in `symbols` as id: decoding what was encoded gives the text
 * back, to the last space and line ending.
 */
export class CharTokenizer implements Tokenizer {
  /**
   * What belongs in the `tokenizer_config.json` beside the document: without it, libraries may tidy spaces before punctuation away
   * when they decode.
   */
  static readonly config: TokenizerJSON = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
  }

  readonly symbols: readonly string[]
  readonly #ids: ReadonlyMap<number, number>

  /** @throws ArgumentError unless each symbol is one code point and comes once. */
  constructor(symbols: readonly string[]) {
    const ids = new Map<number, number>()
    for (const [id, symbol] of symbols.entries()) {
      const code = symbol.codePointAt(0) ?? 0xd800
      if (String.fromCodePoint(code) !== symbol || isSurrogate(code)) {
        throw new ArgumentError(
          `CharTokenizer: symbol ${id} is ${JSON.stringify(symbol)}. Each symbol must be one Unicode character.`,
          { symbol, id },
        )
      }
      if (ids.has(code)) {
        throw new ArgumentError(
          `CharTokenizer: the symbol ${describe(code)} comes twice, as ${ids.get(code)} and ${id}. Give each symbol once.`,
          { symbol, id },
        )
      }
      ids.set(code, id)
    }
    this.symbols = [...symbols]
    this.#ids = ids
  }

  /**
   * The tokenizer of every symbol in `text`, sorted by code point.
   *
   * @throws DataError when the text is empty or has half of a surrogate pair, which stands for no character.
   */
  static train(text: string): CharTokenizer {
    const codes = new Set<number>()
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i)!
      if (isSurrogate(code)) {
        throw new DataError(
          `CharTokenizer.train: index ${i} of the text has half of a surrogate pair (${describe(code)}), which is no character. Read the text as UTF-8, or call text.toWellFormed().`,
          { index: i },
        )
      }
      if (code > 0xffff) i++
      codes.add(code)
    }
    if (codes.size === 0) {
      throw new DataError('CharTokenizer.train: the text is empty. Give a text that has every symbol to be learned.')
    }
    return new CharTokenizer([...codes].sort((a, b) => a - b).map(code => String.fromCodePoint(code)))
  }

  get vocabSize(): number {
    return this.symbols.length
  }

  /** @throws DataError at the first symbol that the tokenizer does not have. */
  encode(text: string): Int32Array {
    const ids = new Int32Array(text.length)
    let n = 0
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i)!
      const id = this.#ids.get(code)
      if (id === undefined) {
        throw new DataError(
          `CharTokenizer.encode: the symbol ${describe(code)} at index ${i} of the text is not among the ${this.vocabSize} of this tokenizer. Take it out of the text, or train the tokenizer (and the model) on a text that has it.`,
          { symbol: String.fromCodePoint(code), index: i },
        )
      }
      ids[n++] = id
      if (code > 0xffff) i++
    }
    return ids.slice(0, n)
  }

  /** @throws ArgumentError at the first id that stands for no symbol. */
  decode(ids: ArrayLike<number>): string {
    return Array.from(ids, (id, i) => {
      const symbol = this.symbols[id]
      if (symbol === undefined) {
        throw new ArgumentError(
          `CharTokenizer.decode: id ${id} at index ${i} stands for no symbol; ids are 0 to ${this.vocabSize - 1}. Use the tokenizer that the ids were made with.`,
          { id, index: i },
        )
      }
      return symbol
    }).join('')
  }

  /**
   * A byte-pair document without merges, so that every code point is a token, and whose decoder joins them. Python's `tokenizers` leaves
   * symbols out that it does not have, where `encode` throws.
   */
  toJSON(): TokenizerJSON {
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(this.symbols.map((symbol, id) => [symbol, id])),
        merges: [],
      },
    }
  }
}
