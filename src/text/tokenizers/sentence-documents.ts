import type { TokenizerJSON } from '../tokenizer.ts'
import type { AddedTokens } from './added-tokens.ts'
import { spaceSign } from './sentence-piece.ts'

/** What of a tokenizer of sentence pieces goes into its tokenizer.json. */
export interface SentenceDocument {
  readonly added: AddedTokens
  readonly tokens: readonly (string | undefined)[]
  /** Steps before the spaces are written as `▁`. */
  readonly normalizers?: readonly object[]
  /** Whether a text is given a space at its beginning. */
  readonly dummyPrefix: boolean
  readonly model: object
}

const sequence = (type: 'normalizers' | 'decoders', parts: readonly object[]): object | null =>
  parts.length < 2 ? (parts[0] ?? null) : { type: 'Sequence', [type]: parts }

/** The tokenizer.json that Llama's conversion makes of pieces: spaces become `▁` as the text is normalized, nothing is cut before. */
export const sentenceDocument = (doc: SentenceDocument): TokenizerJSON => {
  const { added, tokens, normalizers = [], dummyPrefix, model } = doc
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: spaceSign }
  const prefix = dummyPrefix ? [{ type: 'Prepend', prepend: spaceSign }] : []
  const strip = dummyPrefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []
  const back = { type: 'Replace', pattern: { String: spaceSign }, content: ' ' }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.toJSON(),
    normalizer: sequence('normalizers', [...normalizers, ...prefix, spaces]),
    pre_tokenizer: null,
    post_processor: added.template(id => tokens[id]),
    decoder: sequence('decoders', [back, { type: 'ByteFallback' }, { type: 'Fuse' }, ...strip]),
    model,
  }
}

/** Ids by token; of tokens that come twice the first. */
export const vocabularyOf = (tokens: readonly (string | undefined)[]): Record<string, number> => {
  const vocab: Record<string, number> = Object.create(null)
  tokens.forEach((token, id) => {
    if (token !== undefined) vocab[token] ??= id
  })
  return vocab
}

/** A byte-pair model whose unknown characters are bytes, or the unknown token. */
export const bpeModel = (
  tokens: readonly (string | undefined)[],
  merges: readonly (readonly [string, string])[],
  { unkId, bytes }: { readonly unkId: number | undefined; readonly bytes: boolean },
): object => ({
  type: 'BPE',
  dropout: null,
  unk_token: unkId === undefined ? null : tokens[unkId],
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: true,
  byte_fallback: bytes,
  ignore_merges: false,
  vocab: vocabularyOf(tokens),
  merges,
})

export interface UnigramDocument extends Omit<SentenceDocument, 'model'> {
  readonly scores: ArrayLike<number>
  readonly unkId: number | undefined
  readonly bytes: boolean
}

/** The tokenizer.json of the likeliest pieces: words are cut before spaces, which are `▁`. */
export const unigramDocument = (doc: UnigramDocument): TokenizerJSON => {
  const { added, tokens, normalizers = [], dummyPrefix, scores, unkId, bytes } = doc
  const spaces = {
    type: 'Metaspace',
    replacement: spaceSign,
    prepend_scheme: dummyPrefix ? 'always' : 'never',
    split: true,
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.toJSON(),
    normalizer: sequence('normalizers', normalizers),
    pre_tokenizer: spaces,
    post_processor: added.template(id => tokens[id]),
    decoder: bytes ? { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, spaces] } : spaces,
    model: {
      type: 'Unigram',
      unk_id: unkId ?? null,
      vocab: tokens.map((token, id) => [token ?? '', scores[id]!]),
      byte_fallback: bytes,
    },
  }
}
