import type { ColumnType, TableColumn } from './column.ts'

/** A cell of a file. */
export interface CellPlace {
  readonly line: number
  readonly text: string
}

/** What a reader did with a file, so that nothing is left out or changed silently. */
export interface TableReport {
  /** The file, as messages name it. */
  readonly source: string
  readonly rows: number
  readonly columns: readonly { readonly name: string; readonly type: ColumnType; readonly missing: number }[]
  /** Rows left out for having too few or too many fields, and the lines of the first few. */
  readonly dropped: { readonly tooFew: number; readonly tooMany: number; readonly lines: readonly number[] }
  /** Rows with too few fields that were filled up with missing values. */
  readonly filled: number
  readonly emptyLines: number
  readonly comments: number
  /** Fields with something between their closing quote and their end, which was taken as part of them, and the line of the first. */
  readonly looseQuotes: { readonly count: number; readonly line: number } | undefined
  /** Names that came twice or were empty, and what they became. */
  readonly renamed: readonly { readonly from: string; readonly to: string; readonly position: number }[]
  /** Columns of text in which most cells are numbers: how many are not, and the first of them. */
  readonly notNumbers: readonly {
    readonly column: string
    readonly count: number
    readonly first: readonly CellPlace[]
  }[]
  /** Texts that a spreadsheet would take for formulas: they begin with =, +, - or @. */
  readonly formulas: readonly {
    readonly column: string
    readonly count: number
    readonly first: readonly CellPlace[]
  }[]
  /** Whole numbers beyond 2^53 that lost their last digits. */
  readonly rounded: readonly { readonly column: string; readonly count: number }[]
  /** All of the above that deserves a look, as sentences. */
  readonly notes: readonly string[]
}

type Findings = Partial<Omit<TableReport, 'source' | 'rows' | 'columns' | 'notes'>>

const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
const places = (first: readonly CellPlace[]): string =>
  first
    .map(({ line, text }) => `${JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text)} in line ${line}`)
    .join(', ')

const sentences = (report: Omit<TableReport, 'notes'>): string[] => {
  const { dropped, filled, emptyLines, comments, looseQuotes, renamed, notNumbers, formulas, rounded } = report
  const { tooFew, tooMany, lines } = dropped
  const ragged = tooFew + tooMany
  return [
    ...(ragged > 0
      ? [
          `${plural(ragged, 'row')} left out: ${tooFew} with too few fields and ${tooMany} with too many (line ${lines.join(', ')}${ragged > lines.length ? ', ...' : ''}).`,
        ]
      : []),
    ...(filled > 0 ? [`${plural(filled, 'row')} with too few fields filled up with missing values.`] : []),
    ...(emptyLines > 0 ? [`${plural(emptyLines, 'empty line')} left out.`] : []),
    ...(comments > 0 ? [`${plural(comments, 'comment')} left out.`] : []),
    ...(looseQuotes
      ? [
          `${plural(looseQuotes.count, 'field')} with something after the closing quote (first in line ${looseQuotes.line}).`,
        ]
      : []),
    ...renamed.map(
      ({ from, to, position }) =>
        `Column ${position + 1}, named ${JSON.stringify(from)}, became ${JSON.stringify(to)}.`,
    ),
    ...notNumbers.map(
      ({ column, count, first }) =>
        `Column ${JSON.stringify(column)} is text because of ${plural(count, 'cell')}: ${places(first)}.`,
    ),
    ...formulas.map(
      ({ column, count, first }) =>
        `Column ${JSON.stringify(column)} has ${plural(count, 'cell')} that a spreadsheet would take for formulas: ${places(first)}.`,
    ),
    ...rounded.map(
      ({ column, count }) =>
        `Column ${JSON.stringify(column)} has ${plural(count, 'whole number')} beyond 2^53 that lost digits; { text: [${JSON.stringify(column)}] } keeps them.`,
    ),
  ]
}

/** The report of a reader; what it does not find is empty. */
export const makeReport = (source: string, columns: readonly TableColumn[], findings: Findings = {}): TableReport => {
  const report = {
    source,
    rows: columns[0]?.length ?? 0,
    columns: columns.map(column => ({
      name: column.name,
      type: column.type as ColumnType,
      missing: countMissing(column),
    })),
    dropped: { tooFew: 0, tooMany: 0, lines: [] },
    filled: 0,
    emptyLines: 0,
    comments: 0,
    looseQuotes: undefined,
    renamed: [],
    notNumbers: [],
    formulas: [],
    rounded: [],
    ...findings,
  }
  return { ...report, notes: sentences(report) }
}

/** How many cells of a column are missing. */
export const countMissing = (column: TableColumn): number => {
  let count = 0
  for (let row = 0; row < column.length; row++) if (column.isMissing(row)) count++
  return count
}

/** Names made distinct: the second `x` becomes `x.1`, an empty name `Unnamed: 3`, as pandas does. */
export const distinctNames = (given: readonly string[]): { names: string[]; renamed: TableReport['renamed'] } => {
  const taken = new Set(given)
  const seen = new Set<string>()
  const counts = new Map<string, number>()
  const renamed: { from: string; to: string; position: number }[] = []
  const names = given.map((from, position) => {
    let to = from === '' ? `Unnamed: ${position}` : from
    if (seen.has(to) || (from === '' && taken.has(to))) {
      const base = to
      let n = counts.get(base) ?? 0
      do to = `${base}.${++n}`
      while (taken.has(to) || seen.has(to))
      counts.set(base, n)
    }
    seen.add(to)
    if (to !== from) renamed.push({ from, to, position })
    return to
  })
  return { names, renamed }
}
