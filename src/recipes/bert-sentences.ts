import { fillUniform } from '../core/philox.ts'
import { DataError } from '../core/errors.ts'
import type { Generator } from '../tensor/random.ts'
import type { Tokenizer } from '../text/tokenizer.ts'

/** A text's tokens, and where its sentences begin. */
export interface Sentences {
  readonly tokens: Int32Array
  /** One more than there are sentences: the last is the end. */
  readonly starts: Int32Array
}

/**
 * The sentences of a text. Lines of a paragraph belong together, an empty line ends it; a sentence ends behind a full stop and the like, where
 * white space follows.
 */
export const sentencesOf = (text: string): string[] =>
  text
    .split(/\r?\n[^\S\n]*\r?\n/)
    .flatMap(paragraph =>
      paragraph
        .replace(/\s+/g, ' ')
        .trim()
        .split(/(?<=[.!?…][\p{Pe}\p{Pf}"']*) /u),
    )
    .filter(sentence => sentence !== '')

/** A text's sentences as tokens; those without any are left out. */
export const tokenSentences = (text: string, tokenizer: Tokenizer): Sentences => {
  const parts = sentencesOf(text)
    .map(sentence => tokenizer.encode(sentence, { specialTokens: false }))
    .filter(({ length }) => length > 0)
  const starts = new Int32Array(parts.length + 1)
  for (const [i, part] of parts.entries()) starts[i + 1] = starts[i]! + part.length
  const tokens = new Int32Array(starts.at(-1)!)
  for (const [i, part] of parts.entries()) tokens.set(part, starts[i])
  return { tokens, starts }
}

/** What a model of pairs reads: a text, what stands after it, and whether that is from elsewhere. */
export interface SentencePair {
  readonly first: Int32Array
  readonly second: Int32Array
  readonly elsewhere: boolean
}

/** @throws DataError where a text has too few sentences to take a second one from elsewhere */
export const requireSentences = (where: string, { starts }: Sentences): void => {
  if (starts.length >= 4) return
  throw new DataError(
    `${where} has ${starts.length - 1} sentences, too few to tell whether one follows another. Give a longer text, or --no-nsp.`,
    { sentences: starts.length - 1 },
  )
}

/** Sentences from one on, until so many tokens are reached; at least one. */
const stretch = ({ starts }: Sentences, from: number, tokens: number): number => {
  let to = from + 1
  while (to < starts.length - 1 && starts[to]! - starts[from]! < tokens) to++
  return to
}

/**
 * Two texts of sentences, at most `room` tokens long together: half the time the second follows the first, else it is from a random place.
 *
 * Source: Devlin et al. 2019, appendix A.2; where a text is cut in two as their `create_pretraining_data.py` does.
 */
export const drawPair = (sentences: Sentences, room: number, source: Generator): SentencePair => {
  const { tokens, starts } = sentences
  const count = starts.length - 1
  const [at, cut, coin, place] = uniforms(4, source) as [number, number, number, number]
  // The last sentence has none that follows.
  const from = Math.floor(at * (count - 1))
  const end = Math.max(stretch(sentences, from, room), from + 2)
  const middle = from + 1 + Math.floor(cut * (end - from - 1))
  const elsewhere = coin < 0.5
  const after = elsewhere ? otherPlace(place, count, middle) : middle
  const first = tokens.subarray(starts[from]!, starts[middle]!)
  const to = elsewhere ? stretch(sentences, after, Math.max(1, room - first.length)) : end
  return { first, second: tokens.subarray(starts[after]!, starts[to]!), elsewhere }
}

/** Any sentence but the one that follows. */
const otherPlace = (unit: number, count: number, next: number): number => {
  const place = Math.floor(unit * (count - 1))
  return place >= next ? place + 1 : place
}

/** Numbers from 0 to below 1. */
export const uniforms = (count: number, source: Generator): number[] => {
  const unit = new Float64Array(count)
  source.draw<Float64Array>(count, fillUniform)(unit)
  return [...unit]
}
