/** White space as Python's `str.split` has it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python takes the separators U+001C to U+001F for white space
const space = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u
const trailing = new RegExp(`${space.source}$`, 'u')
const words = (line: string): string[] => line.split(space).filter(word => word !== '')

const entities: readonly (readonly [string, string])[] = [
  ['&quot;', '"'],
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
]

/** The tokens of NIST's mteval-v13a: punctuation stands alone, but for points and commas within numbers. */
const tokens13a = (line: string): string[] => {
  let text = line.replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ')
  for (const [entity, symbol] of entities) text = text.replaceAll(entity, symbol)
  return words(
    ` ${text} `
      .replace(/([{-~[-` -&(-+:-@/])/gu, ' $1 ')
      .replace(/([^0-9])([.,])/gu, '$1 $2 ')
      .replace(/([.,])([^0-9])/gu, ' $1 $2')
      .replace(/([0-9])(-)/gu, '$1 $2 '),
  )
}

/** The tokens of NIST's mteval-v14 with international tokenization: Unicode's punctuation and symbols stand alone. */
const tokensInternational = (line: string): string[] =>
  words(
    line
      .replace(/(\P{N})(\p{P})/gu, '$1 $2 ')
      .replace(/(\p{P})(\P{N})/gu, ' $1 $2')
      .replace(/(\p{S})/gu, ' $1 '),
  )

/** How a text is cut into tokens, under sacrebleu's names. */
export const bleuTokenizers = {
  '13a': tokens13a,
  intl: tokensInternational,
  char: (line: string): string[] => Array.from(line).filter(symbol => !space.test(symbol)),
  none: words,
} as const
export type BleuTokenizer = keyof typeof bleuTokenizers

export const withoutEnd = (line: string): string => line.replace(trailing, '')
export const splitWords = words

/** How often each run of `order` parts comes, by the parts joined. */
export const countRuns = (parts: readonly string[], order: number, joint: string): Map<string, number> => {
  const counts = new Map<string, number>()
  for (let i = 0; i + order <= parts.length; i++) {
    const run = parts.slice(i, i + order).join(joint)
    counts.set(run, (counts.get(run) ?? 0) + 1)
  }
  return counts
}
