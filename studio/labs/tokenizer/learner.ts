import {
  ByteBpeTokenizer,
  ByteTokenizer,
  CharTokenizer,
  fromByteSymbols,
  type LearnedMerge,
  linesOf,
  type Tokenizer,
  UnigramTokenizer,
  WordPieceTokenizer,
  WordTokenizer,
} from 'gradus/text'
import type { Kind, Merge } from './shot.ts'

/** A tokenizer that can be seen after each of its steps. */
export interface Learner {
  /** Steps that there are. */
  readonly steps: number
  at(step: number): Tokenizer
  /** What step 1, 2, … learns; of a unigram model, its pieces after so many steps, the likeliest first. */
  merge(rank: number, after: number): Merge
  /** How many there are after so many steps. */
  count(after: number): number
  /** Whether what was learned stays. */
  readonly growing: boolean
}

const growing = { growing: true, count: (after: number): number => after } as const

export interface LearnerOptions {
  readonly lowercase: boolean
  readonly byteFallback: boolean
}

/** Above so many characters a unigram model is learned once, not anew for each size. */
const unigramAnew = 5000
/** More tokens than any text here gives. */
const enough = 1_000_000

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Bytes in hexadecimal, between them spaces that no line ends at and that are not the text's. */
export const hex = (bytes: Iterable<number>): string =>
  Array.from(bytes, byte => byte.toString(16).toUpperCase().padStart(2, '0')).join('\u00a0')
/** The text of bytes, or null where they are no whole characters. */
export const textOf = (bytes: Uint8Array): string | null => {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}
/** What a token of byte pairs says. */
const said = (symbols: string): string => {
  const bytes = fromByteSymbols(symbols)
  return textOf(bytes) ?? hex(bytes)
}

const merged = (rank: number, { left, right, token, count }: LearnedMerge, text: string): Merge => ({
  rank,
  pair: [left, right],
  token,
  text,
  count,
  score: null,
})

/** Learns once; what it is after some steps is its first merges. */
const bytePairs = (text: string): Learner => {
  const merges: LearnedMerge[] = []
  const { tokens } = ByteBpeTokenizer.train(linesOf(text), {
    vocabSize: enough,
    specialTokens: [],
    onMerge: merge => merges.push(merge),
  })
  const start = tokens.slice(0, 256) as string[]
  return {
    ...growing,
    steps: merges.length,
    at(step) {
      const some = merges.slice(0, step)
      const names = new Set([...start, ...some.map(({ token }) => token)])
      const vocab = new Map([...names].map((token, id) => [token, id]))
      return new ByteBpeTokenizer({ vocab, merges: some.map(({ left, right }) => [left, right]) })
    },
    merge: rank => merged(rank, merges[rank - 1]!, said(merges[rank - 1]!.token)),
  }
}

/** Its vocabulary grows as that of byte pairs does; pairs are of characters. */
const wordPieces = (text: string, lowercase: boolean): Learner => {
  const merges: LearnedMerge[] = []
  const whole = WordPieceTokenizer.train(linesOf(text), {
    vocabSize: enough,
    maxCharacters: 10_000,
    lowercase,
    specialTokens: ['[UNK]'],
    onMerge: merge => merges.push(merge),
  })
  const start = whole.vocabSize - new Set(merges.map(({ token }) => token)).size
  return {
    ...growing,
    steps: merges.length,
    at(step) {
      const size = start + new Set(merges.slice(0, step).map(({ token }) => token)).size
      const vocab = new Map(whole.tokens.slice(0, size).map((token, id) => [token!, id]))
      return new WordPieceTokenizer({ vocab, lowercase, special: { added: whole.added.list } })
    },
    merge: rank => merged(rank, merges[rank - 1]!, merges[rank - 1]!.token.replace(/^##/, '')),
  }
}

const piece = (rank: number, token: string, score: number | null): Merge => ({
  rank,
  pair: null,
  token,
  text: token.replaceAll('▁', ' '),
  count: null,
  score,
})

/** Of all sizes from the characters alone to every piece that is found. Each size is learned anew: a larger one need not hold the smaller. */
const unigram = (text: string, byteFallback: boolean): Learner => {
  const train = (vocabSize: number): UnigramTokenizer =>
    UnigramTokenizer.train(linesOf(text), {
      vocabSize,
      seedSize: 20_000,
      characterCoverage: 1,
      byteFallback,
      specialTokens: ['<unk>'],
    })
  const whole = train(enough)
  const special = 1 + (byteFallback ? 256 : 0)
  const single = whole.tokens.slice(special).filter(token => [...token!].length === 1).length
  const start = special + single
  const all = whole.vocabSize - start
  const stepwise = text.length <= unigramAnew
  const known = new Map<number, UnigramTokenizer>()
  const at = (step: number): UnigramTokenizer => {
    const size = start + (stepwise ? step : step > 0 ? all : 0)
    const found = known.get(size) ?? train(size)
    known.set(size, found)
    return found
  }
  const longer = (after: number): (readonly [string, number])[] => {
    const { vocab } = at(after).toJSON().model as { readonly vocab: readonly (readonly [string, number])[] }
    return vocab.slice(special).filter(([token]) => [...token].length > 1)
  }
  return {
    growing: false,
    steps: stepwise ? all : Math.min(1, all),
    at,
    merge: (rank, after) => piece(rank, ...longer(after)[rank - 1]!),
    count: after => longer(after).length,
  }
}

/** The most frequent words first. */
const words = (text: string): Learner => {
  const whole = WordTokenizer.train(linesOf(text))
  return {
    ...growing,
    steps: whole.vocabSize - 1,
    at: step => WordTokenizer.train(linesOf(text), { vocabSize: 1 + step }),
    merge: rank => piece(rank, whole.tokens[rank]!, null),
  }
}

/** A tokenizer that learns nothing step by step. */
export const fixed = (tokenizer: Tokenizer): Learner => {
  const merges = tokenizer instanceof ByteBpeTokenizer ? tokenizer.merges : []
  return {
    growing: true,
    count: () => merges.length,
    steps: 0,
    at: () => tokenizer,
    merge(rank) {
      const [left, right] = merges[rank - 1]!
      return { rank, pair: [left, right], token: left + right, text: said(left + right), count: null, score: null }
    },
  }
}

/** Learns from a text. @throws DataError for a text without words */
export const learnerOf = (kind: Kind, text: string, { lowercase, byteFallback }: LearnerOptions): Learner => {
  switch (kind) {
    case 'bpe':
      return bytePairs(text)
    case 'wordpiece':
      return wordPieces(text, lowercase)
    case 'unigram':
      return unigram(text, byteFallback)
    case 'word':
      return words(text)
    case 'char':
      return fixed(CharTokenizer.train(text))
    case 'byte':
      return fixed(new ByteTokenizer([]))
  }
}
