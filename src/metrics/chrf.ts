import { ArgumentError } from '../core/errors.ts'
import { type References, requirePairs } from './bleu.ts'
import { countRuns, splitWords } from './bleu-tokens.ts'

export interface ChrfOptions {
  /** The longest run of characters that counts. Default 6. */
  readonly charOrder?: number
  /** The longest run of words that counts: 0 is chrF, 2 is chrF++. Default 0. */
  readonly wordOrder?: number
  /** How much more recall counts than precision. Default 2. */
  readonly beta?: number
  /** Whether letters are compared without their case. Default false. */
  readonly lowercase?: boolean
}

type Orders = readonly ReadonlyMap<string, number>[]
/** Per order: runs of the hypothesis, of the reference, and of both. */
type Counts = readonly (readonly [hypothesis: number, reference: number, both: number])[]

const punctuation = new Set('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~')
/** Words with a mark at the end, or else at the beginning, cut off. */
const wordsOf = (text: string): string[] =>
  splitWords(text).flatMap(word => {
    const symbols = Array.from(word)
    if (symbols.length === 1) return word
    if (punctuation.has(symbols.at(-1)!)) return [symbols.slice(0, -1).join(''), symbols.at(-1)!]
    if (punctuation.has(symbols[0]!)) return [symbols[0]!, symbols.slice(1).join('')]
    return word
  })

const ordersOf = (text: string, charOrder: number, wordOrder: number): Orders => {
  const symbols = Array.from(splitWords(text).join(''))
  const words = wordOrder > 0 ? wordsOf(text) : []
  return [
    ...Array.from({ length: charOrder }, (_, n) => countRuns(symbols, n + 1, '')),
    ...Array.from({ length: wordOrder }, (_, n) => countRuns(words, n + 1, ' ')),
  ]
}

const totalOf = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0)

const compare = (hypothesis: Orders, reference: Orders): Counts =>
  hypothesis.map((runs, n) => {
    const others = reference[n]!
    let both = 0
    for (const [run, count] of runs) both += Math.min(count, others.get(run) ?? 0)
    return [others.size > 0 ? totalOf(runs) : 0, totalOf(others), both]
  })

/** Fβ of the precision and recall averaged over the orders that both have. */
const fScore = (counts: Counts, beta: number): number => {
  const used = counts.filter(([hypothesis, reference]) => hypothesis > 0 && reference > 0)
  if (used.length === 0) return 0
  const precision = used.reduce((sum, [hypothesis, , both]) => sum + both / hypothesis, 0) / used.length
  const recall = used.reduce((sum, [, reference, both]) => sum + both / reference, 0) / used.length
  if (precision + recall === 0) return 0
  return (100 * (1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall)
}

/**
 * chrF of translations against references: the F score of the runs of up to 6 characters that they share, white space left out. From 0 to
 * 100. Of several references the one with the best score counts.
 *
 * @throws ArgumentError where a hypothesis has no reference
 * @example
 * chrf(['the cat sat'], ['the cats sat']) // 68.66
 *
 * Source: Popović 2015, equation 1 (chrF++: Popović 2017); numbers as sacrebleu 2.6.
 */
export const chrf = (
  hypotheses: readonly string[],
  references: readonly References[],
  { charOrder = 6, wordOrder = 0, beta = 2, lowercase = false }: ChrfOptions = {},
): number => {
  for (const [name, value, least] of [
    ['charOrder', charOrder, 0],
    ['wordOrder', wordOrder, 0],
  ] as const)
    if (!Number.isInteger(value) || value < least)
      throw new ArgumentError(`chrf: ${name} must be a whole number of at least ${least}; got ${value}.`, { value })
  if (charOrder + wordOrder === 0)
    throw new ArgumentError('chrf: charOrder and wordOrder are both 0, so nothing is compared. Raise one of them.')
  const lists = requirePairs('chrf', hypotheses, references)
  const prepare = (text: string): Orders => ordersOf(lowercase ? text.toLowerCase() : text, charOrder, wordOrder)
  let sums: Counts = Array.from({ length: charOrder + wordOrder }, () => [0, 0, 0] as const)
  for (const [i, hypothesis] of hypotheses.entries()) {
    const own = prepare(hypothesis)
    const each = lists[i]!.map(reference => compare(own, prepare(reference)))
    const best = each.reduce((a, b) => (fScore(b, beta) > fScore(a, beta) ? b : a))
    sums = sums.map(([h, r, m], n) => [h + best[n]![0], r + best[n]![1], m + best[n]![2]])
  }
  return fScore(sums, beta)
}
