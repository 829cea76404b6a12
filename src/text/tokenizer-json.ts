import { Tokenizer as HuggingFace } from '@huggingface/tokenizers'
import { ArgumentError, DataError, FormatError } from '../core/errors.ts'
import { isRecord, quote } from '../io/json.ts'
import { CharTokenizer } from './char-tokenizer.ts'
import type { DecodeOptions, EncodeOptions, Tokenizer, TokenizerJSON } from './tokenizer.ts'
import { rolesOf } from './tokenizers/json-special.ts'
import { ownTokenizer } from './tokenizers/json-tokenizers.ts'
import { idLimitOf } from './tokenizers/vocabulary-files.ts'

const isId = (value: unknown, limit: number): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < limit

type Model = Record<string, unknown> & { readonly type: string }

/** The kind of a model whose document is from before the kind was written down. */
const guessType = (model: Readonly<Record<string, unknown>>): string => {
  if (Array.isArray(model.vocab)) return 'Unigram'
  if ('merges' in model) return 'BPE'
  return 'continuing_subword_prefix' in model ? 'WordPiece' : 'WordLevel'
}

/** The document with its model, after what a damaged one could do harm with is checked. */
const checkDocument = (doc: unknown, where: string): { doc: Record<string, unknown>; model: Model } => {
  const wrong = (what: string): FormatError =>
    new FormatError(`${where}: ${what}. Download or save tokenizer.json again.`)
  if (!isRecord(doc)) throw wrong(`the document is ${quote(doc)}; an object was expected`)
  if (!isRecord(doc.model)) throw wrong(`model is ${quote(doc.model)}; an object with a vocab was expected`)
  const model = { ...doc.model, type: doc.model.type ?? guessType(doc.model) } as Model
  const { type, vocab } = model
  if (!['BPE', 'WordPiece', 'WordLevel', 'Unigram'].includes(type)) {
    throw wrong(`model.type is ${quote(type)}; BPE, WordPiece, WordLevel or Unigram was expected`)
  }
  if (type === 'Unigram') {
    if (!Array.isArray(vocab)) throw wrong(`model.vocab is ${quote(vocab)}; a list of [token, score] was expected`)
    const bad = vocab.find(entry => typeof entry?.[0] !== 'string' || typeof entry[1] !== 'number')
    if (bad !== undefined) throw wrong(`model.vocab has ${quote(bad)}; [token, score] was expected`)
    const { unk_id: unknown } = model
    if (unknown !== undefined && unknown !== null && !isId(unknown, vocab.length))
      throw wrong(`model.unk_id is ${quote(unknown)}; the place of a token in model.vocab was expected`)
  } else {
    if (!isRecord(vocab)) throw wrong(`model.vocab is ${quote(vocab)}; an object of ids by token was expected`)
    const tokens = new Map<unknown, string>()
    const idLimit = idLimitOf(Object.keys(vocab).length)
    for (const [token, id] of Object.entries(vocab)) {
      if (!isId(id, idLimit)) {
        throw wrong(`model.vocab has ${quote(id)} under ${quote(token)}; a whole number below ${idLimit} was expected`)
      }
      const other = tokens.get(id)
      if (other !== undefined)
        throw wrong(`model.vocab has the id ${id} under both ${quote(other)} and ${quote(token)}`)
      tokens.set(id, token)
    }
  }
  if (Object.keys(vocab).length === 0) throw wrong('model.vocab is empty; one token at least was expected')
  const added = doc.added_tokens ?? []
  if (!Array.isArray(added)) throw wrong(`added_tokens is ${quote(added)}; a list was expected`)
  const limit = idLimitOf(Object.keys(vocab).length + added.length)
  const bad = added.find(token => !isRecord(token) || typeof token.content !== 'string' || !isId(token.id, limit))
  if (bad !== undefined) throw wrong(`added_tokens has ${quote(bad)}; an object of content and id was expected`)
  return { doc: doc.added_tokens === added ? doc : { ...doc, added_tokens: added }, model }
}

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === '' ||
  (Array.isArray(value) && value.length === 0)

/** The symbols, where the document says what `CharTokenizer.toJSON` does: code points are tokens, and nothing else happens. */
const charSymbols = (doc: Readonly<Record<string, unknown>>, model: Model): string[] | undefined => {
  const { type, vocab, ignore_merges: _, ...rest } = model
  const { added_tokens, normalizer, pre_tokenizer, post_processor, decoder } = doc
  const plain = [added_tokens, normalizer, pre_tokenizer, post_processor, ...Object.values(rest)].every(isNothing)
  if (type !== 'BPE' || !plain || !isRecord(decoder) || decoder.type !== 'Fuse') return undefined
  const symbols: string[] = []
  for (const [symbol, id] of Object.entries(vocab as Record<string, number>)) symbols[id] = symbol
  const whole = Array.from(symbols).every(symbol => symbol !== undefined && /^\P{Cs}$/su.test(symbol))
  return whole ? symbols : undefined
}

/** The part of the package's tokenizer that is used. */
interface Library {
  encode(text: string, options?: { add_special_tokens?: boolean }): { ids: (number | undefined)[]; tokens: string[] }
  decode(ids: number[], options: { clean_up_tokenization_spaces: boolean; skip_special_tokens?: boolean }): string
  id_to_token(id: number): string | undefined
  get_vocab(): Map<string, number>
}

/** Any tokenizer.json, by the package `@huggingface/tokenizers`. */
class LibraryTokenizer implements Tokenizer {
  readonly vocabSize: number
  readonly bosId: number | undefined
  readonly eosId: number | undefined
  readonly unkId: number | undefined
  readonly padId: number | undefined
  readonly specialTokens: ReadonlyMap<string, number>
  readonly #library: Library
  readonly #doc: TokenizerJSON

  constructor(library: Library, doc: TokenizerJSON, config: Readonly<Record<string, unknown>>) {
    let last = -1
    const vocab = library.get_vocab()
    for (const id of vocab.values()) last = Math.max(last, id)
    this.vocabSize = last + 1
    const { bosId, eosId, unkId, padId } = rolesOf(config, token => vocab.get(token))
    this.bosId = bosId
    this.eosId = eosId
    this.unkId = unkId
    this.padId = padId
    const added = (doc.added_tokens ?? []) as readonly { content: string; id: number; special?: boolean }[]
    this.specialTokens = new Map(added.filter(token => token.special).map(({ content, id }) => [content, id]))
    this.#library = library
    this.#doc = doc
  }

  tokenOf(id: number): string | undefined {
    return this.#library.id_to_token(id)
  }

  encode(text: string, { specialTokens = true }: EncodeOptions = {}): Int32Array {
    const { ids, tokens } = this.#library.encode(text, { add_special_tokens: specialTokens })
    return Int32Array.from(ids, (id, i) => {
      if (id === undefined) {
        throw new DataError(
          `tokenizer.encode: ${quote(tokens[i])} is not in the vocabulary, and the tokenizer has no token for what is unknown. Take it out of the text.`,
          { token: tokens[i] },
        )
      }
      return id
    })
  }

  decode(ids: ArrayLike<number>, { skipSpecialTokens = false }: DecodeOptions = {}): string {
    const list = Array.from(ids)
    const bad = list.findIndex(id => this.#library.id_to_token(id) === undefined)
    if (bad >= 0) {
      throw new ArgumentError(
        `tokenizer.decode: id ${list[bad]} at index ${bad} stands for no token; ids are 0 to ${this.vocabSize - 1}. Use the tokenizer that the ids were made with.`,
        { id: list[bad], index: bad },
      )
    }
    return list.length === 0
      ? ''
      : this.#library.decode(list, { clean_up_tokenization_spaces: false, skip_special_tokens: skipSpecialTokens })
  }

  toJSON(): TokenizerJSON {
    return this.#doc
  }
}

/**
 * The tokenizer of a tokenizer.json document: our own where the document is of a form that we cover (characters, words, byte-level BPE,
 * WordPiece, pieces of sentences by BPE or Unigram), else that of the package `@huggingface/tokenizers`. Special tokens are added as the
 * document says; truncation and padding are not done.
 *
 * @param doc the document, parsed.
 * @param where what messages name: the file.
 * @param config the tokenizer_config.json beside it, which says which token begins, ends, is unknown and fills up.
 * @throws FormatError when it is no tokenizer.json, or asks for what the package cannot do.
 */
export const tokenizerFromJSON = (
  doc: unknown,
  where = 'tokenizer.json',
  config: Readonly<Record<string, unknown>> = {},
): Tokenizer => {
  const { doc: checked, model } = checkDocument(doc, where)
  const symbols = charSymbols(checked, model)
  if (symbols) return new CharTokenizer(symbols)
  const own = ownTokenizer(checked, model, config, where)
  if (own) return own
  const empty = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null }
  try {
    const library: Library = new HuggingFace({ ...empty, ...checked, model }, { unk_token: model.unk_token })
    const { ids } = library.encode('a') // parts that the constructor does not look into fail here
    if (ids[0] !== undefined) library.decode([ids[0]], { clean_up_tokenization_spaces: false })
    return new LibraryTokenizer(library, doc as TokenizerJSON, config)
  } catch (error) {
    const cause = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    throw new FormatError(
      `${where}: the tokenizer cannot be made: ${cause}. Download or save tokenizer.json again; if it is sound, it asks for what the package @huggingface/tokenizers cannot do.`,
      {},
      error,
    )
  }
}
