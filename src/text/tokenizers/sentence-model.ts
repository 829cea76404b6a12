import { FormatError } from '../../core/errors.ts'
import type { TokenizerJSON } from '../tokenizer.ts'
import type { AddedToken } from './added-tokens.ts'
import { base64 } from './base64.ts'
import { Charsmap } from './charsmap.ts'
import { escapePattern } from './escape-pattern.ts'
import { mergesOfScores, PieceBpe, type Segmenter } from './piece-bpe.ts'
import { bpeModel, sentenceDocument, unigramDocument } from './sentence-documents.ts'
import { cutsAtSpaces, SentencePieceTokenizer, spaceSign } from './sentence-piece.ts'
import { pieceType, readSentenceProto, type SentenceProto } from './sentence-proto.ts'
import { sentenceText } from './sentence-text.ts'
import { byteIdsOf } from './unknown-text.ts'
import { UnigramLattice } from './unigram-lattice.ts'

/** A pattern of the symbols that stay whole, longest first; undefined where there are none. */
const frozenPattern = (symbols: readonly string[]): RegExp | undefined =>
  symbols.length === 0
    ? undefined
    : new RegExp(
        [...symbols]
          .sort((a, b) => b.length - a.length)
          .map(escapePattern)
          .join('|'),
        'gu',
      )

/** Leaves frozen symbols whole and gives what is between to another segmenter. */
const around = (inner: Segmenter, frozen: RegExp, idOf: ReadonlyMap<string, number>): Segmenter => ({
  segment(text, out) {
    let at = 0
    for (const { index, 0: found } of text.matchAll(frozen)) {
      if (index > at) inner.segment(text.slice(at, index), out)
      out.push(idOf.get(found)!)
      at = index + found.length
    }
    if (at < text.length) inner.segment(text.slice(at), out)
  },
})

interface Parts {
  readonly segmenter: Segmenter
  readonly cut: 'nowhere' | 'runs'
  readonly document: (added: SentencePieceTokenizer) => TokenizerJSON
}

interface Known {
  readonly proto: SentenceProto
  readonly unkId: number | undefined
  readonly byteIds: Int32Array | undefined
  readonly frozen: RegExp | undefined
  readonly normalizers: readonly object[]
}

/** Pieces of some types, holes in place of the others. */
const piecesOf = ({ pieces, types }: SentenceProto, ...wanted: readonly number[]): (string | undefined)[] =>
  pieces.map((piece, id) => (wanted.includes(types[id]!) ? piece : undefined))

const bytePairs = ({ proto, unkId, byteIds, frozen, normalizers }: Known): Parts => {
  const { userDefined, normal, unused } = pieceType
  const usable = piecesOf(proto, normal, unused)
  const { symbols, merges, pairs, partsOf } = mergesOfScores({
    pieces: usable,
    scores: proto.scores,
    withCharacters: true,
  })
  const leftOut = new Map([...partsOf].filter(([id]) => proto.types[id] === unused))
  const inner = new PieceBpe({ symbols, limit: usable.length, merges, unkId, byteIds, unused: leftOut })
  const users = new Map(piecesOf(proto, userDefined).flatMap((piece, id) => (piece === undefined ? [] : [[piece, id]])))
  return {
    segmenter: frozen ? around(inner, frozen, users) : inner,
    cut: !frozen && cutsAtSpaces(usable, spaceSign) ? 'runs' : 'nowhere',
    document: ({ added, tokens }) =>
      sentenceDocument({
        added,
        tokens,
        normalizers,
        dummyPrefix: proto.dummyPrefix,
        model: bpeModel(
          tokens,
          pairs.filter(pair => pair.every(part => symbols.get(part)! < usable.length)),
          { unkId, bytes: byteIds !== undefined },
        ),
      }),
  }
}

const likeliest = ({ proto, unkId, byteIds, normalizers }: Known): Parts => {
  const pieces = piecesOf(proto, pieceType.normal, pieceType.userDefined)
  const most = proto.scores.reduce(
    (max, score, id) => (proto.types[id] === pieceType.normal ? Math.max(max, score) : max),
    -Infinity,
  )
  // A symbol of the user's always wins.
  const scores = proto.scores.map((score, id) =>
    proto.types[id] === pieceType.userDefined
      ? new TextEncoder().encode(pieces[id]).length * Math.max(most, -1e9) - 0.1
      : score,
  )
  return {
    segmenter: new UnigramLattice({ pieces, scores, unkId, byteIds, float32: true }),
    cut: 'nowhere',
    document: ({ added, tokens }) =>
      unigramDocument({
        added,
        tokens,
        normalizers,
        dummyPrefix: proto.dummyPrefix,
        scores,
        unkId,
        bytes: byteIds !== undefined,
      }),
  }
}

/** What a tokenizer's folder says beside its model. */
export interface SentenceModelOptions {
  /** Whether a text gets `<s>` before it and `</s>` after it. Default false: SentencePiece puts nothing around a text. */
  readonly addBos?: boolean
  readonly addEos?: boolean
}

/**
 * The tokenizer of a model file of SentencePiece, of unigram or byte-pair type: with its normalization, its symbols of the user's and its
 * bytes for what is unknown. Control symbols that are written in a text are text; decoded they are nothing.
 *
 * @param where what messages name: the file.
 * @throws FormatError where the bytes are no such model, or one of words or characters
 *
 * Source: google/sentencepiece 0.2, against which it was checked.
 */
export const tokenizerFromSentencePiece = (
  bytes: Uint8Array,
  where: string,
  { addBos = false, addEos = false }: SentenceModelOptions = {},
): SentencePieceTokenizer => {
  const proto = readSentenceProto(bytes, where)
  if (proto.modelType !== 1 && proto.modelType !== 2)
    throw new FormatError(
      `${where}: is a model of type ${proto.modelType}; 1 (unigram) or 2 (bpe) was expected. Train it with --model_type=unigram or bpe.`,
      { type: proto.modelType },
    )
  return new SentencePieceTokenizer(setupOf(proto, where, { addBos, addEos }))
}

const charsmapOf = ({ charsmap }: SentenceProto, where: string): Charsmap | undefined => {
  if (!charsmap) return undefined
  const map = Charsmap.from(charsmap)
  if (!map) throw new FormatError(`${where}: its table of characters is damaged. Download it again.`)
  return map
}

type Setup = ConstructorParameters<typeof SentencePieceTokenizer>[0]

/** How pieces with types and scores cut a text. */
export const setupOf = (
  proto: SentenceProto,
  where: string,
  { addBos, addEos, controlInText = false }: SentenceModelOptions & { readonly controlInText?: boolean },
): Setup => {
  const { pieces, types } = proto
  const ofType = (type: number): number[] => types.flatMap((t, id) => (t === type ? [id] : []))
  const [unkId] = ofType(pieceType.unknown)
  const control = ofType(pieceType.control)
  const users = ofType(pieceType.userDefined)
  const charsmap = charsmapOf(proto, where)
  const byteIds = proto.byteFallback ? byteIdsOf(idsByToken(proto, pieceType.byte)) : undefined
  const frozen = frozenPattern(users.map(id => pieces[id]!).filter(piece => piece !== ''))
  const normalizers = charsmap ? [{ type: 'Precompiled', precompiled_charsmap: base64(charsmap.blob) }] : []
  const known: Known = { proto, unkId, byteIds, frozen, normalizers: [...normalizers, ...spaceSteps(proto)] }
  const { segmenter, cut, document } = proto.modelType === 2 ? bytePairs(known) : likeliest(known)
  const role = (id: number): number | undefined => (types[id] === pieceType.control ? id : undefined)
  const [bosId, eosId, padId] = [role(proto.bosId), role(proto.eosId), role(proto.padId)]
  const added: AddedToken[] = [...(unkId === undefined ? [] : [unkId]), ...control].map(id => ({
    id,
    content: pieces[id]!,
    inText: controlInText && id !== unkId,
  }))
  const setup: Setup = {
    tokens: pieces,
    segmenter,
    space: spaceSign,
    normalize: text =>
      sentenceText(text, {
        charsmap,
        dummyPrefix: proto.dummyPrefix,
        removeExtraSpaces: proto.removeExtraSpaces,
        spacesAtEnd: proto.spacesAtEnd,
        frozen,
      }),
    cut,
    byteIds,
    control: controlInText ? new Set() : new Set(control),
    unkText: proto.unkText,
    leading: proto.removeExtraSpaces ? 'sentence-all' : proto.dummyPrefix ? 'sentence-one' : 'none',
    special: {
      added,
      prefix: addBos && bosId !== undefined ? [bosId] : [],
      suffix: addEos && eosId !== undefined ? [eosId] : [],
      bosId,
      eosId,
      unkId,
      padId,
    },
    toJSON: tokenizer => document(tokenizer),
  }
  return setup
}

const idsByToken = ({ pieces, types }: SentenceProto, type: number): ((token: string) => number | undefined) => {
  const ids = new Map(pieces.flatMap((piece, id) => (types[id] === type ? [[piece, id] as const] : [])))
  return token => ids.get(token)
}

/** The steps of tokenizer.json that drop spaces. */
const spaceSteps = ({ removeExtraSpaces }: SentenceProto): object[] =>
  removeExtraSpaces
    ? [
        { type: 'Replace', pattern: { Regex: '\\A +| +\\z' }, content: '' },
        { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
      ]
    : []
