import { ArgumentError } from '../../core/errors.ts'
import { specialsFirst, type SpecialSetup } from './added-tokens.ts'
import { normalizerOf } from './json-normalizer.ts'
import { unigramDocument } from './sentence-documents.ts'
import { SentencePieceTokenizer, spaceSign } from './sentence-piece.ts'
import { UnigramLattice } from './unigram-lattice.ts'
import { learnPieces } from './unigram-trainer.ts'
import { byteIdsOf, byteToken } from './unknown-text.ts'
import { wellFormed } from './well-formed.ts'
import { countWords, type Texts } from './word-counts.ts'

export interface UnigramTrainOptions {
  /** Tokens in all: special ones, bytes, characters and what is learned; fewer where the text gives no more. */
  readonly vocabSize: number
  /** Characters in a piece at most. Default 16. */
  readonly maxPieceLength?: number
  /** The share of the text whose characters become tokens; rarer ones are unknown. Default 0.9995, as in SentencePiece. */
  readonly characterCoverage?: number
  /** Whether what is unknown is written in bytes, for which there are 256 tokens then. Default false. */
  readonly byteFallback?: boolean
  /** Whether text is put into NFKC and every run of white space becomes one space. Default true. */
  readonly normalize?: boolean
  /** Pieces to begin with, of which those that help least are taken out. Default 20 times `vocabSize`. */
  readonly seedSize?: number
  /** They take the first ids. Default `<unk> <s> </s>`; `<unk>` must be among them. */
  readonly specialTokens?: readonly string[]
}

export interface UnigramSetup {
  /** Tokens with their ln p, by id. */
  readonly pieces: readonly (readonly [token: string, score: number])[]
  readonly unkId: number
  readonly byteFallback?: boolean
  readonly normalize?: boolean
  readonly special?: SpecialSetup
}

const steps = [{ type: 'Nmt' }, { type: 'NFKC' }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }]
const normalizer = normalizerOf({ type: 'Sequence', normalizers: steps })!

/** A text as pieces are cut from it: a space before each word, written `▁`. */
const prepare = (text: string, normalize: boolean): string => {
  const spaced = (normalize ? normalizer(text) : text).replaceAll(' ', spaceSign)
  return spaced === '' || spaced.startsWith(spaceSign) ? spaced : spaceSign + spaced
}

/**
 * A unigram language model of pieces: of all ways to cut a text into pieces that with the highest product of probabilities is taken.
 *
 * @example
 * const tokenizer = UnigramTokenizer.train('low lower lowest low', { vocabSize: 20 })
 * tokenizer.decode(tokenizer.encode('lower')) // 'lower'
 *
 * Source: Kudo 2018, "Subword Regularization: Improving Neural Network Translation Models with Multiple Subword Candidates".
 */
export class UnigramTokenizer extends SentencePieceTokenizer {
  constructor({ pieces, unkId, byteFallback = false, normalize = true, special }: UnigramSetup) {
    const tokens = pieces.map(([token]) => token)
    const scores = Float64Array.from(pieces, ([, score]) => score)
    const ids = new Map(tokens.map((token, id) => [token, id]))
    const byteIds = byteFallback ? byteIdsOf(token => ids.get(token)) : undefined
    super({
      tokens,
      segmenter: new UnigramLattice({ pieces: tokens, scores, unkId, byteIds }),
      space: spaceSign,
      normalize: text => prepare(text, normalize),
      cut: 'spaces',
      byteIds,
      leading: 'token',
      special: { ...special, unkId },
      toJSON: ({ added }) =>
        unigramDocument({
          added,
          tokens,
          normalizers: normalize ? steps : [],
          dummyPrefix: true,
          scores,
          unkId,
          bytes: byteIds !== undefined,
        }),
    })
  }

  /**
   * Learns pieces from text.
   *
   * @param texts one text, or several, at whose ends words end.
   * @throws ArgumentError where `<unk>` is not among the special tokens, or the vocabulary has no room for the characters; DataError
   * where there is no text.
   */
  static train(texts: Texts, options: UnigramTrainOptions): UnigramTokenizer {
    const { vocabSize, maxPieceLength = 16, characterCoverage = 0.9995, byteFallback = false } = options
    const { normalize = true, seedSize = 20 * vocabSize, specialTokens = ['<unk>', '<s>', '</s>'] } = options
    const where = 'UnigramTokenizer.train'
    const added = specialsFirst(where, specialTokens)
    const unkId = specialTokens.indexOf('<unk>')
    if (unkId < 0)
      throw new ArgumentError(
        `${where}: the special tokens ${JSON.stringify(specialTokens)} lack <unk>, which stands for what is unknown. Add it.`,
      )
    if (!(characterCoverage > 0 && characterCoverage <= 1))
      throw new ArgumentError(`${where}: characterCoverage must be above 0 and at most 1; got ${characterCoverage}.`)
    const all = countWords(where, texts, (text, word) => {
      for (const found of prepare(wellFormed(text), normalize).match(words) ?? []) word(found)
    })
    const { counts, characters } = covered(all, characterCoverage)
    const bytes = byteFallback ? Array.from({ length: 256 }, (_, byte) => byteToken(byte)) : []
    const fixed = added.length + bytes.length
    if (!(vocabSize >= fixed + characters))
      throw new ArgumentError(
        `${where}: vocabSize ${vocabSize} has no room for ${characters} characters and ${fixed} special tokens and bytes. Give at least ${fixed + characters}, or a smaller characterCoverage.`,
        { vocabSize },
      )
    const learned = learnPieces({ counts, size: vocabSize - fixed, maxLength: maxPieceLength, seedSize })
    const pieces = [
      ...[...specialTokens, ...bytes].map(token => [token, 0] as const),
      ...learned.pieces.map((piece, i) => [piece, learned.scores[i]!] as const),
    ]
    return new UnigramTokenizer({ pieces, unkId, byteFallback, normalize, special: { added } })
  }
}

const words = /\u2581[^\u2581]*/g

/** Words without the characters that are too rare, at which they are cut; and how many characters are left. */
const covered = (
  counts: ReadonlyMap<string, number>,
  coverage: number,
): { readonly counts: ReadonlyMap<string, number>; readonly characters: number } => {
  const found = new Map<string, number>()
  let total = 0
  for (const [word, count] of counts)
    for (const c of word) {
      found.set(c, (found.get(c) ?? 0) + count)
      total += count
    }
  const kept = new Set<string>()
  let sum = 0
  for (const [c, count] of [...found].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))) {
    if (sum >= coverage * total && kept.size > 0) break
    kept.add(c)
    sum += count
  }
  if (kept.size === found.size) return { counts, characters: kept.size }
  const parts = new Map<string, number>()
  for (const [word, count] of counts) {
    const marked = Array.from(word, c => (kept.has(c) ? c : '\0')).join('')
    for (const part of marked.split('\0')) if (part !== '') parts.set(part, (parts.get(part) ?? 0) + count)
  }
  return { counts: parts, characters: kept.size }
}
