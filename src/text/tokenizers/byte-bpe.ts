import { ArgumentError, FormatError } from '../../core/errors.ts'
import { quote } from '../../io/json.ts'
import type { TokenizerJSON } from '../tokenizer.ts'
import { type SpecialSetup, specialsFirst } from './added-tokens.ts'
import { Merges } from './bpe-merges.ts'
import { type LearnedMerge, learnMerges } from './bpe-trainer.ts'
import { byteSymbols, fromByteSymbols } from './byte-alphabet.ts'
import { decodePieces } from './byte-pieces.ts'
import type { IdList } from './id-list.ts'
import { VocabularyTokenizer } from './vocabulary-tokenizer.ts'
import { WordCache } from './word-cache.ts'
import { countWords, type Texts } from './word-counts.ts'
import { gpt2Splitter, noSplitter, patternSplitter, type WordSplitter } from './word-splitter.ts'

export interface ByteBpeTrainOptions {
  /** Tokens in all: special ones, the 256 bytes and what is learned; fewer where the text has no more pairs. */
  readonly vocabSize: number
  /** A pair that comes less often is not merged. Default 0: every pair may be. */
  readonly minFrequency?: number
  /** They take the first ids. Default `<|endoftext|>` alone. */
  readonly specialTokens?: readonly string[]
  /** Told each merge when it is learned, with how often its pair came: to show how a vocabulary grows. */
  readonly onMerge?: (merge: LearnedMerge) => void
}

export interface ByteBpeSetup {
  /** Ids by token, tokens written in the symbols of bytes. */
  readonly vocab: ReadonlyMap<string, number>
  /** Pairs of tokens in the order they are merged. */
  readonly merges: readonly (readonly [string, string])[]
  readonly special?: SpecialSetup
  /** Where words end: GPT-2's way, nowhere (null), or by a pattern as tokenizer.json has it. */
  readonly pattern?: 'gpt2' | null | { readonly source: string }
  /** What a text is made into first; a tokenizer that has it comes from a document, which says it. */
  readonly normalize?: (text: string) => string
  /** Whether a text that begins without a space is given one. Default false. */
  readonly addPrefixSpace?: boolean
  /** Whether a word that is a token is taken whole, whatever the merges say. Default false. */
  readonly ignoreMerges?: boolean
  /** What messages name. */
  readonly where?: string
}

/**
 * Byte-level byte-pair encoding, as GPT-2 has it: text is cut into words, words into UTF-8 bytes, and pairs are merged in the order in
 * which they were learned. Every text has ids and comes back from them as it was; half of a surrogate pair, which UTF-8 cannot hold,
 * comes back as U+FFFD.
 *
 * @example
 * const tokenizer = ByteBpeTokenizer.train('low lower lowest', { vocabSize: 260, specialTokens: [] })
 * tokenizer.decode(tokenizer.encode('slow'))
 *
 * Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2; Sennrich et al. 2016. Checked
 * against Hugging Face `tokenizers` 0.23 and tiktoken.
 */
export class ByteBpeTokenizer extends VocabularyTokenizer {
  readonly #merges: Merges
  readonly #setup: ByteBpeSetup
  readonly #byteIds: Int32Array
  readonly #split: WordSplitter
  readonly #whole: ReadonlyMap<string, number> | undefined
  readonly #cache = new WordCache()
  #scratch = new Uint8Array(256)
  #bytes: (Uint8Array | undefined)[] = []

  /** Pairs of tokens in the order in which they are merged. */
  readonly merges: readonly (readonly [string, string])[]

  /** @throws FormatError where a byte has no token, or a merge names one that is not there. */
  constructor(setup: ByteBpeSetup) {
    const { vocab, merges, where = 'ByteBpeTokenizer', pattern = 'gpt2' } = setup
    const tokens: string[] = []
    for (const [token, id] of vocab) tokens[id] = token
    super(tokens, setup.special)
    const idOf = (token: string, what: () => string): number => {
      const id = vocab.get(token)
      if (id !== undefined) return id
      throw new FormatError(
        `${where}: the vocabulary has no ${quote(token)}, ${what()}. Vocabulary and merges must be of one tokenizer.`,
        { token },
      )
    }
    this.#setup = setup
    this.merges = merges
    this.#byteIds = Int32Array.from(byteSymbols, (symbol, byte) =>
      idOf(symbol, () => `the symbol of the byte 0x${byte.toString(16).padStart(2, '0')}`),
    )
    this.#merges = new Merges(merges.length)
    merges.forEach(([left, right], rank) => {
      const what = (): string => `which merge ${rank} (${quote(`${left} ${right}`)}) needs`
      this.#merges.add(idOf(left, what), idOf(right, what), idOf(left + right, what), rank)
    })
    const split = pattern === null ? noSplitter : pattern === 'gpt2' ? gpt2Splitter : patternSplitter(pattern.source)
    if (!split) {
      throw new FormatError(`${where}: the pattern ${quote(setup.pattern)} is none that JavaScript can carry out.`)
    }
    this.#split = split
    this.#whole = setup.ignoreMerges ? vocab : undefined
  }

  /**
   * Learns merges from text. The same text and options give the same merges, those of Hugging Face's `BpeTrainer` with all 256 bytes
   * as initial alphabet.
   *
   * @param texts one text, or several, at whose ends words end; `linesOf(text)` gives lines, as Hugging Face reads files.
   * @throws ArgumentError where the vocabulary has no room for the bytes; DataError where there is no text.
   */
  static train(
    texts: Texts,
    { vocabSize, minFrequency = 0, specialTokens = ['<|endoftext|>'], onMerge }: ByteBpeTrainOptions,
  ): ByteBpeTokenizer {
    const where = 'ByteBpeTokenizer.train'
    const added = specialsFirst(where, specialTokens)
    if (!(vocabSize >= added.length + 256)) {
      throw new ArgumentError(
        `${where}: vocabSize ${vocabSize} has no room for the 256 bytes and ${added.length} special tokens. Give at least ${added.length + 256}.`,
        { vocabSize },
      )
    }
    const counts = countWords(where, texts, (text, word) => {
      for (let at = 0; at < text.length; ) {
        const end = gpt2Splitter(text, at)
        word(text.slice(at, end))
        at = end
      }
    })
    const tokens = [...specialTokens, ...[...byteSymbols].sort()]
    const idOf = new Map(tokens.map((token, id) => [token, id]))
    const byteIds = byteSymbols.map(symbol => idOf.get(symbol)!)
    const encoder = new TextEncoder()
    const words = Array.from(counts.keys(), word => Int32Array.from(encoder.encode(word), byte => byteIds[byte]!))
    const pairs = learnMerges({
      words,
      counts: [...counts.values()],
      tokens,
      vocabSize,
      minFrequency,
      join: (a, b) => a + b,
      onMerge,
    })
    const vocab = new Map(tokens.map((token, id) => [token, id]))
    const merges = pairs.map(([left, right]) => [tokens[left]!, tokens[right]!] as const)
    return new ByteBpeTokenizer({ vocab, merges, special: { added }, where })
  }

  protected override encodePiece(piece: string, _first: boolean, out: IdList): void {
    const cache = this.#cache
    const split = this.#split
    const { addPrefixSpace, normalize } = this.#setup
    const normal = normalize ? normalize(piece) : piece
    const text = addPrefixSpace && normal !== '' && !normal.startsWith(' ') ? ` ${normal}` : normal
    for (let at = 0; at < text.length; ) {
      const end = split(text, at)
      const word = text.slice(at, end)
      const known = cache.get(word)
      if (typeof known === 'number') out.push(known)
      else if (known) out.pushAll(known)
      else {
        const ids = this.#encodeWord(word)
        cache.set(word, ids)
        out.pushAll(ids)
      }
      at = end
    }
  }

  #encodeWord(word: string): Int32Array {
    if (this.#scratch.length < 3 * word.length) this.#scratch = new Uint8Array(6 * word.length)
    const bytes = this.#scratch.subarray(0, encoder.encodeInto(word, this.#scratch).written)
    if (this.#whole) {
      const id = this.#whole.get(Array.from(bytes, byte => byteSymbols[byte]!).join(''))
      if (id !== undefined) return Int32Array.of(id)
    }
    const ids = new Int32Array(bytes.length)
    for (let i = 0; i < bytes.length; i++) ids[i] = this.#byteIds[bytes[i]!]!
    return ids.slice(0, this.#merges.apply(ids, ids.length))
  }

  protected override textOf(ids: readonly number[]): string {
    return decodePieces(ids, id => {
      this.#bytes[id] ??= fromByteSymbols(this.tokens[id]!)
      return this.#bytes[id]
    })
  }

  protected override document(): TokenizerJSON {
    const { merges, pattern = 'gpt2', addPrefixSpace = false, ignoreMerges = false } = this.#setup
    const bytes = { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: false }
    const split =
      typeof pattern === 'object' && pattern
        ? { type: 'Split', pattern: { Regex: pattern.source }, behavior: 'Isolated', invert: false }
        : null
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: this.added.toJSON(),
      normalizer: null,
      pre_tokenizer: split
        ? { type: 'Sequence', pretokenizers: [split, bytes] }
        : { ...bytes, use_regex: pattern === 'gpt2' },
      post_processor: this.added.template(id => this.tokens[id]),
      decoder: { ...bytes, use_regex: true },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: ignoreMerges,
        vocab: this.vocabJSON(),
        merges: merges.map(([left, right]) => [left, right]),
      },
    }
  }
}

const encoder = new TextEncoder()
