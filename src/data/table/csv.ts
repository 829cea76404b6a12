import { nearest } from '../../core/nearest.ts'
import { ArgumentError, FormatError } from '../../core/errors.ts'
import { ByteTable } from './byte-table.ts'
import { NumberColumn } from './column.ts'
import { CsvCursor } from './csv-cursor.ts'
import { type CsvFormat, type CsvOptions, csvFormat } from './csv-options.ts'
import { type ReadAs, type Rows, readRows } from './csv-rows.ts'
import { type FoundColumn, finishTexts } from './csv-texts.ts'
import { parseDecimal } from './decimal.ts'
import { distinctNames, makeReport, type TableReport } from './report.ts'
import { Table } from './table.ts'
import { notText, toUtf8, utf8Text, withLastBreak } from './text-bytes.ts'

const encoder = new TextEncoder()
/** Rows from which the types of columns are guessed; a wrong guess costs a pass over the file. */
const sampled = 1000
const candidates = [',', ';', '\t', '|'].map(c => c.charCodeAt(0))

/** The fields of the row that the cursor is at. */
const readRow = (cursor: CsvCursor, limit: number): Uint8Array[] => {
  const fields: Uint8Array[] = []
  do {
    cursor.read()
    if (fields.length === limit) {
      throw new FormatError(
        `${cursor.where}: the first row has more than ${limit} fields. Check the delimiter, or pass a larger { maxColumns }.`,
        { maxColumns: limit },
      )
    }
    fields.push(cursor.field.slice(cursor.from, cursor.to))
  } while (!cursor.ended)
  return fields
}

/** How many fields the first row has, and how many of the first rows have as many, if the delimiter is this. */
const tryDelimiter = (bytes: Uint8Array, format: CsvFormat, delimiter: number): { fields: number; alike: number } => {
  const cursor = new CsvCursor(bytes, '', format, delimiter)
  const counts: number[] = []
  try {
    while (counts.length < 20 && cursor.nextRow()) {
      let fields = 0
      do {
        cursor.read()
        fields++
      } while (!cursor.ended)
      counts.push(fields)
    }
  } catch {
    // The reading proper tells what is wrong.
  }
  return { fields: counts[0] ?? 0, alike: counts.filter(n => n === counts[0]).length }
}

/** The delimiter that cuts most of the first rows alike, and into most fields. */
const findDelimiter = (bytes: Uint8Array, format: CsvFormat): number => {
  const usual = candidates.filter(c => c !== format.decimal && c !== format.quote && c !== format.comment)
  const tried = usual
    .map(delimiter => ({ delimiter, ...tryDelimiter(bytes, format, delimiter) }))
    .filter(({ fields }) => fields > 1)
    .sort((a, b) => b.alike - a.alike || b.fields - a.fields)
  return tried[0]?.delimiter ?? usual[0]!
}

interface Header {
  readonly names: readonly string[]
  readonly renamed: TableReport['renamed']
}

/** The names of the columns; the cursor goes to the first row of values. */
const readHeader = (cursor: CsvCursor, format: CsvFormat): Header => {
  const { bytes, where } = cursor
  if (!cursor.nextRow()) {
    throw new FormatError(`${where}: is empty: it has no row. Check that it was written to its end.`, {})
  }
  const { pos, line } = cursor
  const first = readRow(cursor, format.maxColumns)
  const isNumber = (field: Uint8Array) => !Number.isNaN(parseDecimal(field, 0, field.length, format.decimal))
  const has = format.header === 'auto' ? !first.some(isNumber) : format.header
  if (!has) {
    cursor.pos = pos
    cursor.line = line
  }
  const { names: given } = format
  if (given && given.length !== first.length) {
    throw new ArgumentError(
      `${where}: ${given.length} names are given and the first row has ${first.length} fields. Pass one name for each.`,
      { names: given.length, fields: first.length },
    )
  }
  const written = first.map((field, i) => {
    if (given) return given[i]!
    if (!has) return `x${i}`
    const text = utf8Text(field)
    if (text === undefined) throw notText(bytes, where)
    return text
  })
  return distinctNames(written)
}

const known = (
  names: readonly string[],
  wanted: readonly string[],
  { where, option }: { where: string; option: string },
): Set<number> => {
  const positions = new Map(names.map((name, i) => [name, i]))
  return new Set(
    wanted.map(name => {
      const position = positions.get(name)
      if (position !== undefined) return position
      const near = nearest(name, names)
      throw new ArgumentError(
        `${where}: ${option} has ${JSON.stringify(name)}, which is no column. ${near ? `Did you mean ${JSON.stringify(near)}?` : `There are ${names.length} columns, from ${JSON.stringify(names[0])} to ${JSON.stringify(names.at(-1))}.`}`,
        { name },
      )
    }),
  )
}

const missingTable = ({ missing }: CsvFormat): ByteTable => {
  const table = new ByteTable()
  for (const word of missing) {
    const bytes = encoder.encode(word)
    table.intern(bytes, 0, bytes.length)
  }
  return table
}

/** Room for the rows to come, from the length of those seen: never more than the bytes can hold. */
const guessCapacity = (
  sample: Rows,
  { bytes, width, sampleBytes }: { bytes: number; width: number; sampleBytes: number },
): number => {
  const seen = sample.rows + sample.tooFew + sample.tooMany
  return Math.ceil(Math.min(bytes / Math.max(1, width), seen === 0 ? 0 : (1.02 * bytes * seen) / sampleBytes)) + 1
}

/** Every column read as what it turns out to be: a sample, a pass over all rows, and one more for wrong guesses. */
const readColumns = (cursor: CsvCursor, format: CsvFormat, names: readonly string[]) => {
  const { where, pos, line, bytes, emptyLines, comments, looseQuotes } = cursor
  const missing = missingTable(format)
  const wanted = format.columns ? known(names, format.columns, { where, option: 'columns' }) : undefined
  const keep = known(names, format.text, { where, option: 'text' })
  let readAs = names.map((_, c): ReadAs => (wanted && !wanted.has(c) ? 'skip' : keep.has(c) ? 'text' : 'number'))
  const pass = (capacity: number, limit = Infinity): Rows => {
    Object.assign(cursor, { pos, line, emptyLines, comments, looseQuotes })
    return readRows(cursor, format, { readAs, capacity, missing, limit })
  }
  const sample = pass(16, sampled)
  readAs = readAs.map((kind, c) => (sample.broken.has(c) ? 'text' : kind))
  const main = pass(
    guessCapacity(sample, { bytes: bytes.length - pos, width: names.length, sampleBytes: cursor.pos - pos }),
  )
  const { texts, broken } = main
  if (broken.size > 0) {
    readAs = readAs.map((_, c) => (broken.has(c) ? 'text' : 'skip'))
    const again = pass(main.rows)
    for (const c of broken) texts[c] = again.texts[c]!
  }
  return { main, keep }
}

const requireRows = ({ where }: CsvCursor, { rows, tooFew, tooMany }: Rows, width: number): void => {
  if (rows > 0 || tooFew + tooMany === 0) return
  throw new FormatError(
    `${where}: all ${tooFew + tooMany} rows have another number of fields than the ${width} of the first. Check the delimiter, or pass { header: false } or { ragged: 'fill' }.`,
    { width },
  )
}

/** The columns that were read, each of the type it turned out to have. */
const finishColumns = (
  names: readonly string[],
  { rows, texts, numbers }: Rows,
  { decimal, keep, notText }: { decimal: number; keep: ReadonlySet<number>; notText: () => Error },
): FoundColumn[] =>
  names.flatMap((name, c): FoundColumn[] => {
    const cells = texts[c]
    if (cells) return [finishTexts(name, cells, { rows, keep: keep.has(c), decimal, notText })]
    const data = numbers[c]
    if (!data) return []
    // Memory for rows that did not come is given back where it is much.
    const own = data.length > 1.1 * rows + 16 ? data.slice(0, rows) : data.subarray(0, rows)
    return [{ column: new NumberColumn(name, own) }]
  })

/**
 * The table that CSV text holds. Each column gets the narrowest type that fits all its cells: numbers, truth values (`True`, `TRUE`,
 * `true` and their opposites), else text. Rows with a wrong number of fields are left out unless `ragged` says otherwise; this
 * and whatever else deserves a look is in the table's `report`.
 *
 * @param source text, or the bytes of a file
 * @param where what messages name: the file
 * @throws FormatError naming the line where the text is not CSV: a quote that does not end, bytes that are not in the encoding; where
 * it has no row, or goes beyond a limit; ArgumentError for options that do not fit
 * @example
 * const { parseCsv } = await import('gradus/data')
 * const table = parseCsv('height,name\n1.7,Ada\n1.8,Alan\n')
 * table.column('name').values() // ['Ada', 'Alan']
 * Source: RFC 4180; types and missing words checked against pandas 3.0.6.
 */
export const parseCsv = (source: string | Uint8Array, options: CsvOptions = {}, where = 'parseCsv'): Table => {
  const format = csvFormat(where, options)
  const raw = typeof source === 'string' ? encoder.encode(source) : toUtf8(source, where, format.encoding)
  const bytes = withLastBreak(raw)
  const cursor = new CsvCursor(bytes, where, format, format.delimiter ?? findDelimiter(bytes, format))
  const { names, renamed } = readHeader(cursor, format)
  const { main, keep } = readColumns(cursor, format, names)
  const { tooFew, tooMany, filled } = main
  requireRows(cursor, main, names.length)
  const found = finishColumns(names, main, { decimal: format.decimal, keep, notText: () => notText(bytes, where) })
  const columns = found.map(({ column }) => column)
  const report = makeReport(where, columns, {
    dropped: { tooFew, tooMany, lines: main.raggedLines },
    filled,
    emptyLines: cursor.emptyLines,
    comments: cursor.comments,
    renamed,
    notNumbers: found.flatMap(({ column, notNumbers }) => (notNumbers ? [{ column: column.name, ...notNumbers }] : [])),
    formulas: found.flatMap(({ column, formulas }) => (formulas ? [{ column: column.name, ...formulas }] : [])),
    rounded: [...main.rounded].filter(([c]) => !main.broken.has(c)).map(([c, count]) => ({ column: names[c]!, count })),
    looseQuotes: cursor.looseQuotes > 0 ? { count: cursor.looseQuotes, line: cursor.looseLine } : undefined,
  })
  return new Table(columns, report)
}
