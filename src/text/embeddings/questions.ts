import { FormatError } from '../../core/errors.ts'
import { quote } from '../../io/json.ts'
import { spearmanCorrelation } from '../../stats/index.ts'
import { combined, type Embeddings } from './embeddings.ts'

/** Questions of a kind: a is to b as c is to d. */
export interface QuestionSection {
  readonly section: string
  readonly questions: readonly (readonly [string, string, string, string])[]
}

/**
 * Questions as the file `questions-words.txt` of word2vec has them: lines `: name` that begin a section, and lines of four words.
 *
 * @throws FormatError naming the line that is neither
 */
export const parseQuestions = (text: string, where: string): QuestionSection[] => {
  const sections: { section: string; questions: [string, string, string, string][] }[] = []
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '') continue
    if (line.startsWith(':')) {
      sections.push({ section: line.slice(1).trim(), questions: [] })
      continue
    }
    const words = line.split(/\s+/)
    if (words.length !== 4)
      throw new FormatError(
        `${where}: line ${i + 1} has ${words.length} words: ${quote(line)}. A question is four words, and a section begins with a line such as ": capitals".`,
        { line: i + 1 },
      )
    if (sections.length === 0) sections.push({ section: '', questions: [] })
    sections.at(-1)!.questions.push(words as [string, string, string, string])
  }
  if (sections.every(({ questions }) => questions.length === 0))
    throw new FormatError(`${where}: has no questions. Give lines of four words.`, { where })
  return sections
}

export interface SectionScore {
  readonly section: string
  /** Questions whose words are all known, and how many of them were answered rightly. */
  readonly asked: number
  readonly correct: number
  /** Questions with an unknown word; they are not asked. */
  readonly unknown: number
}

export interface AnswerOptions {
  /** Default `add`. */
  readonly method?: 'add' | 'mul'
  /** Answers are sought among so many words, the first; questions about others are unknown. Default 300,000. */
  readonly maxWords?: number
  /** Whether Athens and athens are one word: the first in the table. Default true. */
  readonly ignoreCase?: boolean
}

/** Rows of cosines that are kept for the next questions, in numbers: 256 MB. */
const keptNumbers = 2 ** 25

/**
 * How many questions a table answers: the word with the best score for b − a + c, those three left out, is d. Rightly answered means
 * that the first word is d; there is no second guess.
 *
 * Source: Mikolov, Yih & Zweig 2013, "Linguistic regularities in continuous space word representations", section 4; checked against
 * gensim 4.2 (`evaluate_word_analogies`).
 */
export const answerQuestions = (
  table: Embeddings,
  sections: readonly QuestionSection[],
  { method = 'add', maxWords = 300_000, ignoreCase = true }: AnswerOptions = {},
): SectionScore[] => {
  const among = Math.min(maxWords, table.words.length)
  const fold = (word: string): string => (ignoreCase ? word.toUpperCase() : word)
  const places = new Map<string, number>()
  for (let i = among - 1; i >= 0; i--) places.set(fold(table.words[i]!), i)
  const keptRows = Math.max(4, Math.floor(keptNumbers / table.words.length))
  const rows = new Map<number, Float64Array>()
  const rowOf = (place: number): Float64Array => {
    const known = rows.get(place)
    if (known) return known
    if (rows.size >= keptRows) rows.delete(rows.keys().next().value!)
    const row = table.similarities(table.words[place]!)
    rows.set(place, row)
    return row
  }
  const answer = (a: number, b: number, c: number): number => {
    const scores = combined([rowOf(b), rowOf(c), rowOf(a)], 2, method)
    const left = new Set([a, b, c].map(place => fold(table.words[place]!)))
    let best = -1
    for (let i = 0; i < among; i++)
      if ((best < 0 || scores[i]! > scores[best]!) && !left.has(fold(table.words[i]!))) best = i
    return best
  }
  return sections.map(({ section, questions }) => {
    let [correct, unknown] = [0, 0]
    for (const words of questions) {
      const found = words.map(word => places.get(fold(word)))
      if (found.includes(undefined)) {
        unknown += 1
        continue
      }
      const [a, b, c, d] = found as [number, number, number, number]
      if (answer(a, b, c) === d) correct += 1
    }
    return { section, asked: questions.length - unknown, correct, unknown }
  })
}

/** Pairs of words and how similar people found them. */
export type SimilarityPair = readonly [a: string, b: string, score: number]

/** Pairs as WordSim-353 and its like have them: two words and a number between tabs, commas or spaces; lines from # are passed over. */
export const parseSimilarities = (text: string, where: string): SimilarityPair[] => {
  const pairs: SimilarityPair[] = []
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const [a, b, score, ...rest] = line.split(/[\t,; ]+/)
    const value = Number(score)
    if (a && b && score && rest.length === 0 && Number.isFinite(value)) pairs.push([a, b, value])
    else if (pairs.length > 0 || i > 0)
      throw new FormatError(`${where}: line ${i + 1} is ${quote(line)}. Expected two words and a number.`, {
        line: i + 1,
      })
  }
  if (pairs.length < 2) throw new FormatError(`${where}: has ${pairs.length} pairs. Give at least two.`, { where })
  return pairs
}

/**
 * Spearman's correlation of the cosines of pairs of words with people's judgement. Words are sought as they are, then in lower case.
 *
 * @throws DataError where fewer than two pairs are known
 * Source: Finkelstein et al. 2001 (WordSim-353).
 */
export const correlateSimilarities = (
  table: Embeddings,
  pairs: readonly SimilarityPair[],
): { readonly correlation: number; readonly asked: number; readonly unknown: number } => {
  const known = (word: string): string => (table.has(word) ? word : word.toLowerCase())
  const found = pairs
    .map(([a, b, score]) => [known(a), known(b), score] as const)
    .filter(([a, b]) => table.has(a) && table.has(b))
  const cosines = found.map(([a, b]) => table.similarity(a, b))
  const { statistic } = spearmanCorrelation(
    cosines,
    found.map(([, , score]) => score),
  )
  return { correlation: statistic, asked: found.length, unknown: pairs.length - found.length }
}
