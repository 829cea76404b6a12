import { ArgumentError } from '../core/errors.ts'
import { type BleuTokenizer, bleuTokenizers, countRuns, withoutEnd } from './bleu-tokens.ts'

/** What a sentence may be compared with: one reference, or several. */
export type References = string | readonly string[]

export interface BleuOptions {
  /** How texts become tokens, under sacrebleu's names: `13a` (NIST's for Latin scripts), `intl`, `char`, or `none`: at white space. Default `13a`. */
  readonly tokenize?: BleuTokenizer
  /** Whether letters are compared without their case. Default false. */
  readonly lowercase?: boolean
  /** The longest run of tokens that counts. Default 4. */
  readonly maxOrder?: number
  /**
   * What stands for a precision of 0: `exp` halves from one such order to the next, `floor` counts `smoothValue` of a match, `add-k` adds
   * it to all orders above 1, `none` leaves 0. Default `exp`. Source: Chen & Cherry 2014, methods 3, 1 and 2.
   */
  readonly smoothing?: 'exp' | 'floor' | 'add-k' | 'none'
  /** For `floor` (0.1) and `add-k` (1). */
  readonly smoothValue?: number
  /** Leave out orders that the texts are too short for. Default false for a corpus, true for a sentence. */
  readonly effectiveOrder?: boolean
}

export interface BleuScore {
  /** From 0 to 100. */
  readonly score: number
  /** Per order, in percent, smoothed. */
  readonly precisions: readonly number[]
  readonly brevityPenalty: number
  /** Tokens of all hypotheses, and of the references nearest to them in length. */
  readonly hypothesisLength: number
  readonly referenceLength: number
}

/** Sums over sentences: matches and runs per order, and lengths. */
interface Tally {
  readonly matches: number[]
  readonly runs: number[]
  hypothesis: number
  reference: number
}

const listOf = (references: References): readonly string[] =>
  typeof references === 'string' ? [references] : references

/** Throws unless there is a list of references, none empty, for each hypothesis. */
export const requirePairs = (
  where: string,
  hypotheses: readonly string[],
  references: readonly References[],
): readonly (readonly string[])[] => {
  if (hypotheses.length !== references.length || hypotheses.length === 0) {
    throw new ArgumentError(
      `${where}: there are ${hypotheses.length} hypotheses and references for ${references.length}. Give at least one hypothesis, and for each one its reference or a list of them.`,
      { hypotheses: hypotheses.length, references: references.length },
    )
  }
  const lists = references.map(listOf)
  const empty = lists.findIndex(list => list.length === 0)
  if (empty >= 0)
    throw new ArgumentError(`${where}: hypothesis ${empty} has no reference. Give at least one, or leave it out.`, {
      index: empty,
    })
  return lists
}

const addSentence = (
  tally: Tally,
  hypothesis: readonly string[],
  references: readonly (readonly string[])[],
  maxOrder: number,
): void => {
  // Of references as near in length, the shorter counts.
  const nearest = references
    .map(({ length }) => length)
    .reduce((best, length) => {
      const [gap, least] = [Math.abs(length - hypothesis.length), Math.abs(best - hypothesis.length)]
      return gap < least || (gap === least && length < best) ? length : best
    })
  tally.hypothesis += hypothesis.length
  tally.reference += nearest
  for (let order = 1; order <= maxOrder; order++) {
    const most = new Map<string, number>()
    for (const reference of references)
      for (const [run, count] of countRuns(reference, order, ' ')) most.set(run, Math.max(count, most.get(run) ?? 0))
    for (const [run, count] of countRuns(hypothesis, order, ' '))
      tally.matches[order - 1]! += Math.min(count, most.get(run) ?? 0)
    tally.runs[order - 1]! += Math.max(0, hypothesis.length - order + 1)
  }
}

const scoreOf = (
  tally: Tally,
  { smoothing = 'exp', smoothValue, effectiveOrder }: BleuOptions,
  maxOrder: number,
): BleuScore => {
  const { hypothesis, reference } = tally
  const brevityPenalty = hypothesis >= reference ? 1 : hypothesis > 0 ? Math.exp(1 - reference / hypothesis) : 0
  const precisions = new Array<number>(maxOrder).fill(0)
  const result = (score: number): BleuScore => ({
    score,
    precisions,
    brevityPenalty,
    hypothesisLength: hypothesis,
    referenceLength: reference,
  })
  if (!tally.matches.some(count => count > 0)) return result(0)
  const value = smoothValue ?? (smoothing === 'floor' ? 0.1 : 1)
  let halved = 1
  let orders = maxOrder
  for (let n = 0; n < maxOrder; n++) {
    const added = smoothing === 'add-k' && n > 0 ? value : 0
    const [matches, runs] = [tally.matches[n]! + added, tally.runs[n]! + added]
    if (runs === 0) break
    if (effectiveOrder) orders = n + 1
    if (matches > 0) precisions[n] = (100 * matches) / runs
    else if (smoothing === 'exp') {
      halved *= 2
      precisions[n] = 100 / (halved * runs)
    } else if (smoothing === 'floor') precisions[n] = (100 * value) / runs
  }
  const counted = precisions.slice(0, orders)
  if (counted.includes(0)) return result(0)
  return result(brevityPenalty * Math.exp(counted.reduce((sum, p) => sum + Math.log(p), 0) / orders))
}

const measure = (
  where: string,
  hypotheses: readonly string[],
  references: readonly References[],
  options: BleuOptions,
): BleuScore => {
  const { tokenize = '13a', lowercase = false, maxOrder = 4 } = options
  if (!Object.hasOwn(bleuTokenizers, tokenize)) {
    throw new ArgumentError(
      `${where}: tokenize is ${JSON.stringify(tokenize)}. Choose ${Object.keys(bleuTokenizers).join(', ')}.`,
      { tokenize },
    )
  }
  if (!Number.isInteger(maxOrder) || maxOrder < 1)
    throw new ArgumentError(`${where}: maxOrder must be a whole number of at least 1; got ${maxOrder}.`, { maxOrder })
  const lists = requirePairs(where, hypotheses, references)
  const cut = (line: string): string[] => bleuTokenizers[tokenize](withoutEnd(lowercase ? line.toLowerCase() : line))
  const zeros = (): number[] => new Array<number>(maxOrder).fill(0)
  const tally: Tally = { matches: zeros(), runs: zeros(), hypothesis: 0, reference: 0 }
  for (const [i, hypothesis] of hypotheses.entries()) addSentence(tally, cut(hypothesis), lists[i]!.map(cut), maxOrder)
  return scoreOf(tally, options, maxOrder)
}

/**
 * BLEU of translations against references: `BP · exp(Σ ln pₙ / 4)`, with `pₙ` the share of the hypotheses' runs of n tokens that a reference
 * has too, and the brevity penalty `BP = exp(1 − r/h)` where the hypotheses' length h is below the references' r. From 0 to 100, counted
 * over all sentences together; comparable only with scores of the same tokenizer.
 *
 * @param references for each hypothesis one reference, or a list of them
 * @throws ArgumentError where a hypothesis has no reference
 * @example
 * bleu(['the cat sat on the mat'], ['the cat sat on a mat']).score // 53.73
 *
 * Source: Papineni et al. 2002, section 2.3; tokens, smoothing and numbers as sacrebleu 2.6 (Post 2018).
 */
export const bleu = (
  hypotheses: readonly string[],
  references: readonly References[],
  options: BleuOptions = {},
): BleuScore => measure('bleu', hypotheses, references, options)

/** BLEU of one sentence; orders that it is too short for are left out unless told otherwise. */
export const sentenceBleu = (hypothesis: string, references: References, options: BleuOptions = {}): BleuScore =>
  measure('sentenceBleu', [hypothesis], [references], { effectiveOrder: true, ...options })
