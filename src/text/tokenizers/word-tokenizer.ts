import { ArgumentError, FormatError } from '../../core/errors.ts'
import type { TokenizerJSON } from '../tokenizer.ts'
import { type SpecialSetup, specialsFirst } from './added-tokens.ts'
import type { IdList } from './id-list.ts'
import { VocabularyTokenizer } from './vocabulary-tokenizer.ts'
import { countWords, type Texts } from './word-counts.ts'

export interface WordTrainOptions {
  /** Tokens in all, special ones included: the most frequent words are taken. Default: every word. */
  readonly vocabSize?: number
  /** A word that comes less often is unknown. Default 1. */
  readonly minFrequency?: number
  /** Default false. */
  readonly lowercase?: boolean
  /** They take the first ids. Default `<unk>` alone, which must be among them. */
  readonly specialTokens?: readonly string[]
}

export interface WordSetup {
  /** Ids by word. */
  readonly vocab: ReadonlyMap<string, number>
  /** The token for other words. Default `<unk>`. */
  readonly unkToken?: string
  readonly lowercase?: boolean
  readonly special?: SpecialSetup
  readonly where?: string
}

/** Runs of letters, digits, marks and underscores, and runs of what is neither that nor white space. */
const words =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu

/**
 * Words and runs of punctuation as tokens; what the vocabulary has not is the unknown token. Decoding puts a space between tokens.
 *
 * @example
 * const tokenizer = WordTokenizer.train('a rose is a rose')
 * tokenizer.encode('a red rose').length // 3
 */
export class WordTokenizer extends VocabularyTokenizer {
  readonly #setup: WordSetup
  readonly #unknown: number

  /** @throws FormatError where the vocabulary has no token for what is unknown. */
  constructor(setup: WordSetup) {
    const { vocab, unkToken = '<unk>', where = 'WordTokenizer' } = setup
    const unkId = vocab.get(unkToken)
    if (unkId === undefined) {
      throw new FormatError(
        `${where}: the vocabulary has no ${JSON.stringify(unkToken)}, the token for other words. Add it, or name another as unkToken.`,
        { token: unkToken },
      )
    }
    const tokens: string[] = []
    for (const [token, id] of vocab) tokens[id] = token
    super(tokens, { ...setup.special, unkId })
    this.#setup = setup
    this.#unknown = unkId
  }

  /**
   * Takes the words of text, the most frequent first and equally frequent ones in order of their code units.
   *
   * @throws ArgumentError where `<unk>` is not among the special tokens; DataError where there are no words.
   */
  static train(
    texts: Texts,
    { vocabSize, minFrequency = 1, lowercase = false, specialTokens = ['<unk>'] }: WordTrainOptions = {},
  ): WordTokenizer {
    const where = 'WordTokenizer.train'
    const added = specialsFirst(where, specialTokens)
    if (!specialTokens.includes('<unk>')) {
      throw new ArgumentError(
        `${where}: the special tokens ${JSON.stringify(specialTokens)} lack <unk>, which stands for other words. Add it.`,
      )
    }
    const room = (vocabSize ?? Number.POSITIVE_INFINITY) - added.length
    if (!(room >= 1)) {
      throw new ArgumentError(
        `${where}: vocabSize ${vocabSize} has no room for a word beside ${added.length} special tokens. Give at least ${added.length + 1}.`,
        { vocabSize },
      )
    }
    const counts = countWords(where, texts, (text, word) => splitWords(lowercase ? text.toLowerCase() : text, word))
    const ranked = [...counts]
      .filter(([word, count]) => count >= minFrequency && !specialTokens.includes(word))
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    const tokens = [...specialTokens, ...ranked.slice(0, room).map(([word]) => word)]
    return new WordTokenizer({
      vocab: new Map(tokens.map((word, id) => [word, id])),
      lowercase,
      special: { added },
      where,
    })
  }

  protected override encodePiece(text: string, _first: boolean, out: IdList): void {
    const { vocab, lowercase } = this.#setup
    splitWords(lowercase ? text.toLowerCase() : text, word => out.push(vocab.get(word) ?? this.#unknown))
  }

  protected override textOf(ids: readonly number[]): string {
    return ids.map(id => this.tokens[id]).join(' ')
  }

  protected override document(): TokenizerJSON {
    const { unkToken = '<unk>', lowercase } = this.#setup
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: this.added.toJSON(),
      normalizer: lowercase ? { type: 'Lowercase' } : null,
      pre_tokenizer: { type: 'Whitespace' },
      post_processor: this.added.template(id => this.tokens[id]),
      decoder: null,
      model: { type: 'WordLevel', vocab: this.vocabJSON(), unk_token: unkToken },
    }
  }
}

const splitWords = (text: string, word: (word: string) => void): void => {
  for (const [found] of text.matchAll(words)) word(found)
}
