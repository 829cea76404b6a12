import { isPair, kindAt, space } from './char-kinds.ts'

/** Where the piece of a text that begins at `at` ends. Pieces are words to the tokenizer: no token goes beyond one. */
export type WordSplitter = (text: string, at: number) => number

const apostrophe = 39

/** Where `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` ends, or -1. */
const contraction = (text: string, at: number): number => {
  const first = text.charCodeAt(at + 1)
  if (first === 115 || first === 116 || first === 109 || first === 100) return at + 2
  const second = text.charCodeAt(at + 2)
  if ((first === 114 || first === 118) && second === 101) return at + 3
  return first === 108 && second === 108 ? at + 3 : -1
}

/**
 * GPT-2's pattern, `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, by hand: several times as fast as the
 * regular expression, and `\s` is Unicode's white space, which JavaScript's is not (U+0085, U+FEFF).
 */
export const gpt2Splitter: WordSplitter = (text, at) => {
  const length = text.length
  const first = text.charCodeAt(at)
  if (first === apostrophe) {
    const end = contraction(text, at)
    if (end >= 0) return end
  }
  let i = first === 32 && at + 1 < length && kindAt(text, at + 1) !== space ? at + 1 : at
  const kind = kindAt(text, i)
  do i += isPair(text, i) ? 2 : 1
  while (i < length && kindAt(text, i) === kind)
  // A word takes the last space before it along.
  return kind === space && i < length && i - at > 1 ? i - 1 : i
}

/** All of it at once. */
export const noSplitter: WordSplitter = text => text.length

/**
 * The splitter of a pattern as tokenizer.json has it: what matches and what lies between are pieces.
 *
 * @returns undefined where the pattern is not one that JavaScript can carry out as meant.
 */
export const patternSplitter = (source: string): WordSplitter | undefined => {
  const pattern = javascriptPattern(source)
  if (!pattern) return undefined
  let lastText = ''
  let start = -1
  let end = -1
  return (text, at) => {
    // The match that ended the piece before, while the same text is walked.
    if (text !== lastText || start < at) {
      pattern.lastIndex = at
      let match = pattern.exec(text)
      if (match?.[0] === '') match = null
      lastText = text
      start = match ? match.index : text.length
      end = match ? pattern.lastIndex : text.length
    }
    return start > at ? start : end
  }
}

/** A pattern of tokenizer.json for JavaScript; undefined where it is none there. */
export const javascriptPattern = (source: string): RegExp | undefined => {
  try {
    return new RegExp(translated(source), 'gu')
  } catch {
    return undefined
  }
}

const textStart = '(?<![^])'
const textEnd = '(?![^])'

/** Anchors as Oniguruma means them: `^` and `$` are at line feeds too, `\A` and `\z` at the text's ends alone. */
const anchored = (source: string): string => {
  let out = ''
  let inClass = false
  for (let i = 0; i < source.length; i++) {
    const c = source[i]!
    const pair = c === '\\' ? source.slice(i, i + 2) : c
    if (pair.length === 2) i++
    if (pair === '[') inClass = true
    else if (pair === ']') inClass = false
    if (inClass) out += pair
    else if (pair === '^') out += `(?<=\\n|${textStart})`
    else if (pair === '$') out += `(?=\\n|${textEnd})`
    else if (pair === '\\A') out += textStart
    else if (pair === '\\z') out += textEnd
    else out += pair
  }
  return out
}

/** Oniguruma's notation as JavaScript's: white space is Unicode's, `(?i:...)` is spelled out, possessive quantifiers are ordinary. */
const translated = (source: string): string => {
  const spelled = source.replaceAll(/\(\?i:([^()\\[\]]*)\)/g, (_, body: string) => {
    const both = body.replaceAll(/[a-z]/gi, c => {
      const long = c.toLowerCase() === 's' ? '\u017f' : ''
      return `[${c.toLowerCase()}${c.toUpperCase()}${long}]`
    })
    return `(?:${both})`
  })
  return anchored(spelled)
    .replaceAll(/\\s/g, '\\p{White_Space}')
    .replaceAll(/\\S/g, '\\P{White_Space}')
    .replaceAll(/([?+*]|\{\d+(?:,\d*)?\})\+/g, '$1')
    .replaceAll(/\\([' "#%&,:;<=>@`~_-])/g, (all, c: string) => (c === '-' ? all : c))
}
