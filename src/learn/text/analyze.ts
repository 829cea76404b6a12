import { aFlag, aWord, defineOptions, either, type Infer, type Meaning, nothing, oneOf } from '../../core/options.ts'
import { aRange } from '../preprocessing/ranges.ts'
import { englishFunctionWords } from './function-words.ts'

const words: Meaning<readonly string[]> = {
  kind: 'list',
  expected: 'a list of words',
  accepts: (value): value is readonly string[] =>
    Array.isArray(value) && value.length > 0 && value.every(item => typeof item === 'string' && item !== ''),
  fromText: text => text.split(','),
  placeholder: 'WORDS',
}
const aPattern: Meaning<string> = {
  kind: 'text',
  expected: 'a regular expression with at most one group, as text',
  accepts: (value): value is string => typeof value === 'string' && groupsOf(value) <= 1,
  fromText: text => text,
  placeholder: 'PATTERN',
}
/** How many groups an expression captures; infinitely many if it is none. */
const groupsOf = (pattern: string): number => {
  try {
    return new RegExp(`${pattern}|`, 'u').exec('')!.length - 1
  } catch {
    return Infinity
  }
}
const wordRuns = '[\\p{L}\\p{N}_]{2,}'

/** The options of how a text becomes terms. */
export const textOptions = {
  analyzer: oneOf(['word', 'char', 'charWb'], {
    default: 'word',
    help: 'whether terms are words, characters, or characters within words with a space on either side',
  }),
  ngramRange: either([aRange({ min: 1, whole: true, equal: true })], {
    default: [1, 1],
    help: 'the least and the largest number of words or characters in a term',
  }),
  lowercase: either([aFlag], { default: true, help: 'whether capitals become small letters' }),
  stripAccents: either([nothing, aWord(['ascii', 'unicode'])], {
    default: null,
    help: 'whether accents are taken off; ascii leaves out what has no Latin letter',
  }),
  tokenPattern: either([aPattern], {
    default: wordRuns,
    help: 'what a word is; by default two or more letters, digits or underscores',
  }),
  stopWords: either([nothing, aWord(['english']), words], {
    default: null,
    help: 'words that are left out: a list, or English function words',
  }),
}
const declared = defineOptions(textOptions)
export type TextOptions = Infer<typeof declared>

/** Splits a text into its terms. */
export type Analyzer = (text: string) => readonly string[]

const withoutAccents = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '')
const onlyAscii = (text: string): string =>
  text
    .normalize('NFKD')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what is not ASCII is meant.
    .replace(/[^\x00-\x7f]/g, '')

const plainAscii = /^[\x20-\x7e\s]*$/

/** All runs of `low` to `high` items, shorter ones first. */
const runs = (items: readonly string[], low: number, high: number, glue: string): string[] => {
  const out: string[] = []
  for (let n = low; n <= Math.min(high, items.length); n++)
    for (let i = 0; i + n <= items.length; i++) out.push(n === 1 ? items[i]! : items.slice(i, i + n).join(glue))
  return out
}

const characters = (text: string, low: number, high: number): string[] => {
  const even = text.replace(/\s\s+/g, ' ')
  return runs(plainAscii.test(even) ? even.split('') : [...even], low, high, '')
}
const charactersOfWords = (text: string, low: number, high: number): string[] => {
  const out: string[] = []
  for (const word of text.split(/\s+/)) {
    if (word === '') continue
    const letters = [' ', ...word, ' ']
    for (let n = low; n <= high; n++) {
      // A word that is shorter than the run counts once.
      if (n >= letters.length) {
        out.push(letters.join(''))
        break
      }
      for (let i = 0; i + n <= letters.length; i++) out.push(letters.slice(i, i + n).join(''))
    }
  }
  return out
}

/** The way from a text to terms that the options describe. */
export const analyzerOf = (options: TextOptions): Analyzer => {
  const { analyzer, ngramRange, lowercase, stripAccents, tokenPattern, stopWords } = options
  const [low, high] = ngramRange as readonly [number, number]
  const prepared = (text: string): string => {
    const small = lowercase ? text.toLowerCase() : text
    return stripAccents === null ? small : stripAccents === 'ascii' ? onlyAscii(small) : withoutAccents(small)
  }
  if (analyzer === 'char') return text => characters(prepared(text), low, high)
  if (analyzer === 'charWb') return text => charactersOfWords(prepared(text), low, high)
  const stop = stopWords === null ? undefined : stopWords === 'english' ? englishFunctionWords : new Set(stopWords)
  const tokens = tokenizer(tokenPattern)
  return text => {
    const all = tokens(prepared(text))
    const kept = stop ? all.filter(word => !stop.has(word)) : all
    return low === 1 && high === 1 ? kept : runs(kept, low, high, ' ')
  }
}

const tokenizer = (pattern: string): Analyzer => {
  const expression = new RegExp(pattern, 'gu')
  if (groupsOf(pattern) === 0) {
    // The same words in plain ASCII, found several times faster.
    const quick = pattern === wordRuns ? /[A-Za-z0-9_]{2,}/g : expression
    return text => text.match(plainAscii.test(text) ? quick : expression) ?? []
  }
  return text => Array.from(text.matchAll(expression), match => match[1] ?? '')
}
