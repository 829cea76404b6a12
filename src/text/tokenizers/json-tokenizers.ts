import { FormatError } from '../../core/errors.ts'
import { isRecord, quote } from '../../io/json.ts'
import type { Tokenizer, TokenizerJSON } from '../tokenizer.ts'
import type { SpecialSetup } from './added-tokens.ts'
import { Merges } from './bpe-merges.ts'
import { byteSymbols } from './byte-alphabet.ts'
import { ByteBpeTokenizer, type ByteBpeSetup } from './byte-bpe.ts'
import { normalizerOf } from './json-normalizer.ts'
import { specialsOf } from './json-special.ts'
import { PieceBpe } from './piece-bpe.ts'
import { cutsAtSpaces, type LeadingSpaces, SentencePieceTokenizer, spaceSign } from './sentence-piece.ts'
import { byteIdsOf } from './unknown-text.ts'
import { UnigramLattice } from './unigram-lattice.ts'
import { vocabularyMap } from './vocabulary-files.ts'
import { WordPieceTokenizer } from './word-piece.ts'
import { patternSplitter } from './word-splitter.ts'
import { WordTokenizer } from './word-tokenizer.ts'

type Part = Readonly<Record<string, unknown>>

/** A document whose model has been checked. */
interface Source {
  readonly doc: TokenizerJSON
  readonly model: Part
  readonly config: Part
  readonly where: string
}

const isPart = (value: unknown, type: string): value is Part => isRecord(value) && value.type === type
const isAbsent = (value: unknown): boolean => value === null || value === undefined
const isOff = (value: unknown): boolean => isAbsent(value) || value === false || value === '' || value === 0

/** The parts of a sequence, or the one part, or none. */
const partsOf = (part: unknown, list: string): readonly unknown[] => {
  if (isAbsent(part)) return []
  const parts = isPart(part, 'Sequence') ? part[list] : [part]
  return Array.isArray(parts) ? parts : [part]
}

const mergesOf = ({ model, where }: Source): [string, string][] => {
  const list = model.merges
  if (!Array.isArray(list)) throw wrong(where, `model.merges is ${quote(list)}; a list was expected`)
  return list.map((merge, rank) => {
    const parts = typeof merge === 'string' ? merge.split(' ') : merge
    const [left, right, ...more]: readonly unknown[] = Array.isArray(parts) ? parts : []
    if (typeof left === 'string' && typeof right === 'string' && more.length === 0) return [left, right]
    throw wrong(where, `model.merges has ${quote(merge)} at ${rank}; two tokens were expected`)
  })
}

const wrong = (where: string, what: string): FormatError =>
  new FormatError(`${where}: ${what}. Download or save tokenizer.json again.`)

/** How byte-level words are cut: GPT-2's way, not at all, by a pattern; undefined where otherwise. */
const bytePattern = (
  part: unknown,
): { pattern: NonNullable<ByteBpeSetup['pattern']> | null; addPrefixSpace: boolean } | undefined => {
  const parts = partsOf(part, 'pretokenizers')
  const bytes = parts.at(-1)
  if (!isPart(bytes, 'ByteLevel') || parts.length > 2) return undefined
  const addPrefixSpace = bytes.add_prefix_space !== false
  if (parts.length === 1) return { pattern: bytes.use_regex === false ? null : 'gpt2', addPrefixSpace }
  const split = parts[0]
  if (!isPart(split, 'Split') || split.behavior !== 'Isolated' || split.invert === true) return undefined
  const source = isRecord(split.pattern) ? split.pattern.Regex : undefined
  if (typeof source !== 'string' || bytes.use_regex !== false || addPrefixSpace || !patternSplitter(source))
    return undefined
  return { pattern: { source }, addPrefixSpace }
}

const isPlainBpe = ({ model }: Source): boolean =>
  model.type === 'BPE' && [model.dropout, model.continuing_subword_prefix, model.end_of_word_suffix].every(isOff)

const byteLevel = (source: Source): Tokenizer | undefined => {
  const { doc, model, config, where } = source
  const cut = bytePattern(doc.pre_tokenizer)
  const [decoder, ...more] = partsOf(doc.decoder, 'decoders')
  const normalize = normalizerOf(doc.normalizer)
  if (!cut || !normalize || more.length > 0 || !isPart(decoder, 'ByteLevel')) return undefined
  if (!isPlainBpe(source) || !isOff(model.byte_fallback)) return undefined
  const vocab = vocabularyMap(model.vocab, where, 'model.vocab')
  const special = specialsOf(doc, config, vocab, where)
  // A vocabulary that was trained without all bytes leaves those out that it has not.
  if (!special || !byteSymbols.every(symbol => vocab.has(symbol))) return undefined
  return new ByteBpeTokenizer({
    vocab,
    merges: mergesOf(source),
    special,
    ...cut,
    ...(isAbsent(doc.normalizer) ? {} : { normalize }),
    ignoreMerges: model.ignore_merges === true,
    where,
  })
}

const wordPiece = ({ doc, model, config, where }: Source): Tokenizer | undefined => {
  const { normalizer, pre_tokenizer, decoder } = doc
  if (model.type !== 'WordPiece' || !isPart(normalizer, 'BertNormalizer') || !isPart(pre_tokenizer, 'BertPreTokenizer'))
    return undefined
  const { unk_token: unkToken, continuing_subword_prefix: prefix, max_input_chars_per_word: maxWordLength } = model
  if (!isPart(decoder, 'WordPiece') || typeof unkToken !== 'string' || decoder.prefix !== prefix) return undefined
  const vocab = vocabularyMap(model.vocab, where, 'model.vocab')
  const special = specialsOf(doc, config, vocab, where)
  if (!special || typeof prefix !== 'string') return undefined
  const { lowercase, strip_accents: accents, clean_text: clean, handle_chinese_chars: chinese } = normalizer
  return new WordPieceTokenizer({
    vocab,
    unkToken,
    prefix,
    maxWordLength: typeof maxWordLength === 'number' ? maxWordLength : 100,
    lowercase: lowercase !== false,
    ...(typeof accents === 'boolean' && { stripAccents: accents }),
    cleanText: clean !== false,
    splitChinese: chinese !== false,
    cleanup: decoder.cleanup !== false,
    special,
    where,
  })
}

const wordLevel = ({ doc, model, config, where }: Source): Tokenizer | undefined => {
  const { normalizer, pre_tokenizer, decoder } = doc
  const { unk_token: unkToken } = model
  const lowercase = isPart(normalizer, 'Lowercase')
  if (model.type !== 'WordLevel' || !isPart(pre_tokenizer, 'Whitespace') || !isAbsent(decoder)) return undefined
  if (typeof unkToken !== 'string' || !(lowercase || isAbsent(normalizer))) return undefined
  const vocab = vocabularyMap(model.vocab, where, 'model.vocab')
  const special = specialsOf(doc, config, vocab, where)
  return special && vocab.has(unkToken) ? new WordTokenizer({ vocab, unkToken, lowercase, special, where }) : undefined
}

/** How spaces become `▁` and where the text is cut at them. */
interface Spaces {
  readonly normalize: (text: string, first: boolean) => string
  readonly cut: 'spaces' | 'safely'
}

const spacesOf = (doc: TokenizerJSON): Spaces | undefined => {
  const normalize = normalizerOf(doc.normalizer)
  if (!normalize) return undefined
  const parts = [...partsOf(doc.pre_tokenizer, 'pretokenizers')]
  const words = isPart(parts[0], 'WhitespaceSplit') ? parts.shift() : undefined
  const [part, ...more] = parts
  if (more.length > 0) return undefined
  // Gemma's cut at spaces finds none, as the normalizer has made them `▁`.
  const idle = isPart(part, 'Split') && isRecord(part.pattern) && part.pattern.String === ' '
  if ((isAbsent(part) || (idle && normalize(' ') === spaceSign)) && !words) return { normalize, cut: 'safely' }
  if (!isPart(part, 'Metaspace') || part.replacement !== spaceSign) return undefined
  const scheme = part.prepend_scheme ?? (part.add_prefix_space === false ? 'never' : 'always')
  if (words && scheme !== 'always') return undefined
  return {
    normalize: (text, first) => {
      const normal = words
        ? normalize(text)
            .split(/\p{White_Space}+/u)
            .filter(Boolean)
            .join(' ')
        : normalize(text)
      const spaced = normal.replaceAll(' ', spaceSign)
      const wants = scheme === 'always' || (scheme === 'first' && first)
      return wants && spaced !== '' && !spaced.startsWith(spaceSign) ? spaceSign + spaced : spaced
    },
    cut: part.split === false ? 'safely' : 'spaces',
  }
}

/** What a decoder of pieces does with spaces at the beginning; undefined where it does more. */
const leadingOf = (decoder: unknown): LeadingSpaces | undefined => {
  const parts = partsOf(decoder, 'decoders').filter(part => !isPart(part, 'ByteFallback') && !isPart(part, 'Fuse'))
  const [first, second, ...more] = parts
  if (isPart(first, 'Metaspace') && first.replacement === spaceSign && second === undefined)
    return first.prepend_scheme === 'never' || first.add_prefix_space === false ? 'none' : 'token'
  const back = isPart(first, 'Replace') && isRecord(first.pattern) && first.pattern.String === spaceSign
  if (!back || first.content !== ' ' || more.length > 0) return undefined
  if (second === undefined) return 'none'
  return isPart(second, 'Strip') && second.content === ' ' && second.start === 1 && second.stop === 0
    ? 'one'
    : undefined
}

/** What both kinds of sentence pieces share. */
const sentencePieces = (
  source: Source,
  tokens: readonly (string | undefined)[],
  make: (special: SpecialSetup, byteIds: Int32Array | undefined) => PieceBpe | UnigramLattice,
): Tokenizer | undefined => {
  const { doc, model, config, where } = source
  const spaces = spacesOf(doc)
  const leading = leadingOf(doc.decoder)
  const ids = new Map(tokens.flatMap((token, id) => (token === undefined ? [] : [[token, id]])))
  const special = specialsOf(doc, config, ids, where)
  if (!spaces || !leading || !special) return undefined
  const byteIds = model.byte_fallback === true ? byteIdsOf(token => ids.get(token)) : undefined
  const unkId = special.unkId ?? unknownOf(model, ids)
  return new SentencePieceTokenizer({
    tokens,
    segmenter: make({ ...special, unkId }, byteIds),
    space: spaceSign,
    normalize: spaces.normalize,
    cut: spaces.cut === 'spaces' ? 'spaces' : cutsAtSpaces(tokens, spaceSign) ? 'runs' : 'nowhere',
    byteIds,
    leading,
    special: { ...special, unkId },
    toJSON: () => doc,
  })
}

const unknownOf = ({ unk_token: token, unk_id: id }: Part, ids: ReadonlyMap<string, number>): number | undefined =>
  typeof id === 'number' ? id : typeof token === 'string' ? ids.get(token) : undefined

const characterBpe = (source: Source): Tokenizer | undefined => {
  const { model, where } = source
  if (!isPlainBpe(source) || model.ignore_merges === true) return undefined
  const vocab = vocabularyMap(model.vocab, where, 'model.vocab')
  const tokens: string[] = []
  for (const [token, id] of vocab) tokens[id] = token
  return sentencePieces(source, tokens, ({ unkId }, byteIds) => {
    const merges = new Merges(16)
    mergesOf(source).forEach(([left, right], rank) => {
      const ids = [left, right, left + right].map(token => vocab.get(token))
      if (ids.includes(undefined))
        throw wrong(where, `merge ${rank}, ${quote([left, right])}, needs tokens that model.vocab has not`)
      merges.add(ids[0]!, ids[1]!, ids[2]!, rank)
    })
    const own = unkIdOf(model, vocab) ?? unkId
    return new PieceBpe({
      symbols: vocab,
      limit: tokens.length,
      merges,
      unkId: own,
      byteIds,
      fuse: model.fuse_unk === true,
    })
  })
}

const unkIdOf = ({ unk_token: token }: Part, vocab: ReadonlyMap<string, number>): number | undefined =>
  typeof token === 'string' ? vocab.get(token) : undefined

const unigram = (source: Source): Tokenizer | undefined => {
  const { model } = source
  if (model.type !== 'Unigram' || !Array.isArray(model.vocab)) return undefined
  const entries = model.vocab as readonly (readonly [string, number])[]
  const { unk_id: unkId } = model
  if (!Number.isInteger(unkId) || !entries[unkId as number] || !entries.every(([, score]) => Number.isFinite(score)))
    return undefined
  const pieces = entries.map(([piece]) => piece)
  const scores = Float64Array.from(entries, ([, score]) => score)
  return sentencePieces(
    source,
    pieces,
    (_, byteIds) => new UnigramLattice({ pieces, scores, unkId: unkId as number, byteIds }),
  )
}

/**
 * Our own tokenizer of a tokenizer.json, several times as fast as the package's: byte-level BPE, WordPiece, words, BPE of characters with
 * bytes for what is unknown, and Unigram, each in the forms that models come in. Undefined for other documents.
 *
 * @throws FormatError where vocabulary and merges do not belong together
 */
export const ownTokenizer = (doc: TokenizerJSON, model: Part, config: Part, where: string): Tokenizer | undefined => {
  const source = { doc, model, config, where }
  for (const make of [byteLevel, wordPiece, wordLevel, characterBpe, unigram]) {
    const made = make(source)
    if (made) return made
  }
  return undefined
}
