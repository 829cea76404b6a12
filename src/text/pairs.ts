import { DataError } from '../core/errors.ts'

/** A text and what it is to become. */
export interface Pair {
  readonly source: string
  readonly target: string
}

/** A source with everything that it may become. */
export interface Example {
  readonly source: string
  readonly targets: readonly string[]
}

/** Without white space at the ends, and with one space where there is some: what can be compared. */
export const plainSpaces = (text: string): string => text.trim().replace(/\s+/gu, ' ')

/**
 * The pairs of a text with one on each line, source and target separated by a tab; further columns do not count, and neither do empty
 * lines. White space becomes single spaces.
 *
 * @throws DataError naming the first line that is no pair, or where there is none
 * @example
 * const { parsePairs } = await import('gradus/text')
 * parsePairs('Go.\tVa !\nRun!\tCours !', 'pairs.tsv').length // 2
 */
export const parsePairs = (content: string, where: string): Pair[] => {
  const pairs: Pair[] = []
  for (const [i, line] of content.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const [source = '', target = ''] = line.split('\t').map(plainSpaces)
    if (source === '' || target === '') {
      const shown = JSON.stringify(line.length > 60 ? `${line.slice(0, 59)}…` : line)
      throw new DataError(
        `${where}: line ${i + 1} is ${shown}, which is no pair. Expected a source, a tab and a target on each line.`,
        { line: i + 1 },
      )
    }
    pairs.push({ source, target })
  }
  if (pairs.length === 0)
    throw new DataError(`${where}: has no pairs. Give lines of a source, a tab and a target.`, { where })
  return pairs
}

/** Pairs by their source, in the order in which sources come first. */
export const examplesOf = (pairs: readonly Pair[]): Example[] => {
  const bySource = new Map<string, string[]>()
  for (const { source, target } of pairs) {
    const targets = bySource.get(source) ?? []
    if (!targets.includes(target)) targets.push(target)
    bySource.set(source, targets)
  }
  return [...bySource].map(([source, targets]) => ({ source, targets }))
}

/** Every source with every one of its targets. */
export const pairsOf = (examples: readonly Example[]): Pair[] =>
  examples.flatMap(({ source, targets }) => targets.map(target => ({ source, target })))
