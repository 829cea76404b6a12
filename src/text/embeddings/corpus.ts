import { DataError } from '../../core/errors.ts'

export interface CorpusOptions {
  /** Words that occur less often are left out. Default 5. */
  readonly minCount?: number
  /** At most so many words, the most frequent. Without it, all. */
  readonly maxWords?: number | undefined
  /**
   * `words`: runs of letters, digits and apostrophes, in lower case; `spaces`: what stands between white space, as it is, which suits
   * texts that are split already. Default `words`.
   */
  readonly split?: 'words' | 'spaces'
  /** Where a window ends: at an empty line (`paragraphs`) or at the end of each line (`lines`). Default `paragraphs`. */
  readonly sentences?: 'paragraphs' | 'lines'
}

/** Texts as numbers of words. */
export interface Corpus {
  /** The most frequent first; of equally frequent ones, the first in the text. */
  readonly words: readonly string[]
  readonly counts: readonly number[]
  /** The known words of the texts, in order. */
  readonly ids: Int32Array
  /** Where sentences end: sentence i is `ids[ends[i - 1]]` to `ids[ends[i] - 1]`. */
  readonly ends: Int32Array
  /** Words of the texts, unknown ones too. */
  readonly total: number
}

/** A sentence that is longer is cut, as in the original program. */
export const longestSentence = 1000

const pattern = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu

/** The words of a text, as a corpus finds them. */
export const splitWords = (text: string, split: 'words' | 'spaces' = 'words'): string[] => {
  if (split === 'spaces') return text.split(/\s+/).filter(word => word !== '')
  return text.toLowerCase().replaceAll('’', "'").match(pattern) ?? []
}

/**
 * Counts the words of texts and writes the texts as numbers.
 *
 * @throws DataError where no word occurs `minCount` times, or only one does
 */
export const corpusOf = (texts: Iterable<string>, options: CorpusOptions = {}): Corpus => {
  const { minCount = 5, maxWords, split = 'words', sentences = 'paragraphs' } = options
  const numberOf = new Map<string, number>()
  const names: string[] = []
  const counted: number[] = []
  let raw = new Int32Array(1 << 16)
  let length = 0
  let total = 0
  const push = (id: number): void => {
    if (length === raw.length) {
      const larger = new Int32Array(2 * raw.length)
      larger.set(raw)
      raw = larger
    }
    raw[length++] = id
  }
  for (const text of texts) {
    for (const part of text.split(sentences === 'lines' ? /\r?\n/ : /\r?\n[^\S\n]*\r?\n\s*/)) {
      for (const word of splitWords(part, split)) {
        let id = numberOf.get(word)
        if (id === undefined) {
          id = names.length
          numberOf.set(word, id)
          names.push(word)
          counted.push(0)
        }
        counted[id]! += 1
        total += 1
        push(id)
      }
      push(-1)
    }
  }
  const kept = [...names.keys()]
    .filter(id => counted[id]! >= minCount)
    .sort((a, b) => counted[b]! - counted[a]! || a - b)
    .slice(0, maxWords)
  if (kept.length < 2) {
    const most = counted.reduce((a, b) => Math.max(a, b), 0)
    throw new DataError(
      `word2vec: ${kept.length === 0 ? 'no word occurs' : 'only one word occurs'} ${minCount} times in a text of ${total} words; the most frequent one occurs ${most} times. Give more text, or a smaller minCount.`,
      { words: total, minCount },
    )
  }
  const place = new Int32Array(names.length).fill(-1)
  for (const [i, id] of kept.entries()) place[id] = i
  return {
    words: kept.map(id => names[id]!),
    counts: kept.map(id => counted[id]!),
    ...renumbered(raw.subarray(0, length), place),
    total,
  }
}

/** The known words by their new numbers, and the ends of sentences, which −1 stands for. */
const renumbered = (raw: Int32Array, place: Int32Array): Pick<Corpus, 'ids' | 'ends'> => {
  const ids = new Int32Array(raw.length)
  const ends: number[] = []
  let count = 0
  let begin = 0
  for (const id of raw) {
    const known = id < 0 ? -1 : place[id]!
    if (known >= 0) ids[count++] = known
    if ((id < 0 && count > begin) || count - begin === longestSentence) {
      ends.push(count)
      begin = count
    }
  }
  return { ids: ids.slice(0, count), ends: Int32Array.from(ends) }
}
