import { DataError } from '../../core/errors.ts'

/** What a tokenizer is trained on: one text, or many, between which no word goes on. */
export type Texts = string | Iterable<string>

/** Each text by itself; a string is one text. */
export const textsOf = (texts: Texts): Iterable<string> => (typeof texts === 'string' ? [texts] : texts)

/**
 * How often each word comes, words being what `split` calls `word` with.
 *
 * @throws DataError where there is none.
 */
export const countWords = (
  where: string,
  texts: Texts,
  split: (text: string, word: (word: string) => void) => void,
): Map<string, number> => {
  const counts = new Map<string, number>()
  const add = (word: string): void => void counts.set(word, (counts.get(word) ?? 0) + 1)
  for (const text of textsOf(texts)) split(text, add)
  if (counts.size === 0) throw new DataError(`${where}: the text has no words. Give a text to learn from.`)
  return counts
}

/** The lines of a text with their endings, as Hugging Face's `tokenizers` reads the files it trains on. */
export const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []
