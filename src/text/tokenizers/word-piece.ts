import { ArgumentError, FormatError } from '../../core/errors.ts'
import type { TokenizerJSON } from '../tokenizer.ts'
import { type SpecialSetup, specialsFirst } from './added-tokens.ts'
import { type BertTextOptions, bertNormalize, bertWords } from './bert-text.ts'
import { type LearnedMerge, learnMerges } from './bpe-trainer.ts'
import type { IdList } from './id-list.ts'
import { VocabularyTokenizer } from './vocabulary-tokenizer.ts'
import { WordCache } from './word-cache.ts'
import { countWords, type Texts } from './word-counts.ts'

export interface WordPieceTrainOptions extends BertTextOptions {
  /** Tokens in all: special ones, characters and what is learned. */
  readonly vocabSize: number
  /** A pair that comes less often is not merged. Default 0. */
  readonly minFrequency?: number
  /** Only this many characters, the most frequent, become tokens; words with others are unknown. Default 1000. */
  readonly maxCharacters?: number
  /** They take the first ids. Default `[PAD] [UNK] [CLS] [SEP] [MASK]`; `[UNK]` must be among them. */
  readonly specialTokens?: readonly string[]
  /** Told each merge when it is learned, with how often its pair came: to show how a vocabulary grows. */
  readonly onMerge?: (merge: LearnedMerge) => void
}

export interface WordPieceSetup extends BertTextOptions {
  /** Ids by token. */
  readonly vocab: ReadonlyMap<string, number>
  /** The token for a word that has no pieces. Default `[UNK]`. */
  readonly unkToken?: string
  /** What a piece within a word begins with. Default `##`. */
  readonly prefix?: string
  /** A word of more characters is unknown. Default 100. */
  readonly maxWordLength?: number
  /** Whether decoding closes up punctuation and contractions. Default true. */
  readonly cleanup?: boolean
  readonly special?: SpecialSetup
  /** What messages name. */
  readonly where?: string
}

const bertSpecials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']

/**
 * WordPiece, as BERT has it: text is normalized and cut into words and punctuation, and each word into the longest pieces that the
 * vocabulary has, from left to right. Case, accents and spaces that normalizing loses do not come back.
 *
 * @example
 * const tokenizer = WordPieceTokenizer.train('low lower lowest', { vocabSize: 30 })
 * tokenizer.decode(tokenizer.encode('Lowest'), { skipSpecialTokens: true })
 *
 * Source: Wu et al. 2016, "Google's Neural Machine Translation System", section 4.1; Devlin et al. 2019, "BERT", section 3. Checked
 * against Hugging Face `tokenizers` 0.23.
 */
export class WordPieceTokenizer extends VocabularyTokenizer {
  readonly #setup: WordPieceSetup
  readonly #unknown: number
  /** Pieces that begin a word, and those within one without their prefix. */
  readonly #first = new Map<string, number>()
  readonly #inner = new Map<string, number>()
  readonly #longest: number
  readonly #cache = new WordCache()

  /** @throws FormatError where the vocabulary has no token for what is unknown. */
  constructor(setup: WordPieceSetup) {
    const { vocab, unkToken = '[UNK]', prefix = '##', where = 'WordPieceTokenizer' } = setup
    const tokens: string[] = []
    for (const [token, id] of vocab) tokens[id] = token
    const unkId = vocab.get(unkToken)
    if (unkId === undefined) {
      throw new FormatError(
        `${where}: the vocabulary has no ${JSON.stringify(unkToken)}, the token for words that it has no pieces for. Give a WordPiece vocabulary, such as BERT's vocab.txt.`,
        { token: unkToken },
      )
    }
    super(tokens, { ...setup.special, unkId })
    let longest = 0
    for (const [token, id] of vocab) {
      this.#first.set(token, id)
      if (token.startsWith(prefix)) this.#inner.set(token.slice(prefix.length), id)
      longest = Math.max(longest, token.length)
    }
    this.#setup = setup
    this.#unknown = unkId
    this.#longest = longest
  }

  /**
   * Learns pieces from text: those of byte-pair merges of its words' characters, in which a character within a word is another than one
   * that begins it.
   *
   * @param texts one text, or several, at whose ends words end.
   * @throws ArgumentError where `[UNK]` is not among the special tokens; DataError where there is no text.
   */
  static train(texts: Texts, options: WordPieceTrainOptions): WordPieceTokenizer {
    const {
      vocabSize,
      minFrequency = 0,
      maxCharacters = 1000,
      specialTokens = bertSpecials,
      onMerge,
      ...text
    } = options
    const where = 'WordPieceTokenizer.train'
    const added = specialsFirst(where, specialTokens)
    if (!specialTokens.includes('[UNK]')) {
      throw new ArgumentError(
        `${where}: the special tokens ${JSON.stringify(specialTokens)} lack [UNK], which stands for what is unknown. Add it.`,
      )
    }
    const counts = countWords(where, texts, (part, word) => bertWords(bertNormalize(part, text), word))
    const alphabet = frequentCharacters(counts, maxCharacters)
    const inner = new Set<string>()
    for (const word of counts.keys()) for (const c of [...word].slice(1)) if (alphabet.has(c)) inner.add(`##${c}`)
    const tokens = [...specialTokens, ...[...alphabet].sort(byCode), ...[...inner].sort(byCode)]
    if (!(vocabSize >= tokens.length)) {
      throw new ArgumentError(
        `${where}: vocabSize ${vocabSize} has no room for the ${tokens.length} characters and special tokens. Give more, or a smaller maxCharacters than ${maxCharacters}.`,
        { vocabSize },
      )
    }
    const idOf = new Map(tokens.map((token, id) => [token, id]))
    const words = Array.from(counts.keys(), word =>
      Int32Array.from([...word].flatMap((c, i) => idOf.get(i > 0 ? `##${c}` : c) ?? [])),
    )
    const join = (left: string, right: string): string => left + (right.startsWith('##') ? right.slice(2) : right)
    learnMerges({ words, counts: [...counts.values()], tokens, vocabSize, minFrequency, join, onMerge })
    const vocab = new Map(tokens.map((token, id) => [token, id]))
    return new WordPieceTokenizer({ ...text, vocab, special: { added, ...bertTemplate(vocab) }, where })
  }

  protected override encodePiece(piece: string, _first: boolean, out: IdList): void {
    const cache = this.#cache
    bertWords(bertNormalize(piece, this.#setup), word => {
      const known = cache.get(word)
      if (typeof known === 'number') out.push(known)
      else if (known) out.pushAll(known)
      else {
        const ids = this.#encodeWord(word)
        cache.set(word, ids)
        out.pushAll(ids)
      }
    })
  }

  /** The longest pieces from left to right; the unknown token alone where they do not reach the end. */
  #encodeWord(word: string): Int32Array {
    const { maxWordLength = 100 } = this.#setup
    if (word.length > maxWordLength && [...word].length > maxWordLength) return Int32Array.of(this.#unknown)
    const ids: number[] = []
    for (let at = 0; at < word.length; ) {
      const pieces = at === 0 ? this.#first : this.#inner
      let end = Math.min(word.length, at + this.#longest)
      let id = pieces.get(word.slice(at, end))
      while (id === undefined && --end > at) id = pieces.get(word.slice(at, end))
      if (id === undefined) return Int32Array.of(this.#unknown)
      ids.push(id)
      at = end
    }
    return Int32Array.from(ids)
  }

  protected override textOf(ids: readonly number[]): string {
    const { prefix = '##', cleanup = true } = this.#setup
    return ids
      .map((id, i) => {
        const token = this.tokens[id]!
        const text = i === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`
        return cleanup ? tidy(text) : text
      })
      .join('')
  }

  protected override document(): TokenizerJSON {
    const { lowercase = true, stripAccents, cleanText = true, splitChinese = true, cleanup = true } = this.#setup
    const { unkToken = '[UNK]', prefix = '##', maxWordLength = 100 } = this.#setup
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: this.added.toJSON(),
      normalizer: {
        type: 'BertNormalizer',
        clean_text: cleanText,
        handle_chinese_chars: splitChinese,
        strip_accents: stripAccents ?? null,
        lowercase,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: this.added.template(id => this.tokens[id]),
      decoder: { type: 'WordPiece', prefix, cleanup },
      model: {
        type: 'WordPiece',
        unk_token: unkToken,
        continuing_subword_prefix: prefix,
        max_input_chars_per_word: maxWordLength,
        vocab: this.vocabJSON(),
      },
    }
  }
}

/** What BERT puts around a text, where the vocabulary has it. */
export const bertTemplate = (vocab: ReadonlyMap<string, number>): SpecialSetup => {
  const [cls, sep] = [vocab.get('[CLS]'), vocab.get('[SEP]')]
  return cls === undefined || sep === undefined ? {} : { prefix: [cls], suffix: [sep] }
}

/** Spaces that English writes not, each piece by itself as Hugging Face's decoder has it. */
const tidy = (text: string): string =>
  text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re")

const byCode = (a: string, b: string): number => {
  const [x, y] = [[...a], [...b]]
  for (let i = 0; i < Math.min(x.length, y.length); i++)
    if (x[i] !== y[i]) return x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!
  return x.length - y.length
}

/** The most frequent characters of words; of equally frequent ones the lower code points. */
export const frequentCharacters = (counts: ReadonlyMap<string, number>, most: number): Set<string> => {
  const found = new Map<string, number>()
  for (const [word, count] of counts) for (const c of word) found.set(c, (found.get(c) ?? 0) + count)
  const ranked = [...found].sort(([a, x], [b, y]) => y - x || byCode(a, b))
  return new Set(ranked.slice(0, most).map(([c]) => c))
}
