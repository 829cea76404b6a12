import { FormatError } from '../../core/errors.ts'
import { defineOptions, type Given, integer } from '../../core/options.ts'
import { columnFrom } from './column.ts'
import { makeReport } from './report.ts'
import { Table } from './table.ts'
import { notText, utf8Text } from './text-bytes.ts'

const jsonOptions = defineOptions({
  maxColumns: integer({ default: 100_000, min: 1, help: 'columns refused beyond this number' }),
  maxCells: integer({ default: 2 ** 28, min: 1, help: 'cells of a table; more are refused' }),
})
export type JsonTableOptions = Given<typeof jsonOptions>

type JsonRecord = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const cut = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text)

const parse = (text: string, place: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new FormatError(`${place} is not JSON: ${(error as Error).message.replace(/\s+/g, ' ')}. Mend it.`, {}, error)
  }
}

/** The records of JSON text: of a list, or one in each line. */
const records = (text: string, where: string): { found: JsonRecord[]; emptyLines: number } => {
  const found: JsonRecord[] = []
  if (/^\s*\[/.test(text)) {
    const list = parse(text, `${where}:`) as unknown[]
    for (const [i, record] of list.entries()) {
      if (isRecord(record)) found.push(record)
      else
        throw new FormatError(
          `${where}: element ${i} is ${cut(JSON.stringify(record))}; a record such as {"x": 1} was expected. Name the values.`,
          { index: i },
        )
    }
    return { found, emptyLines: 0 }
  }
  let emptyLines = 0
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') {
      emptyLines++
      continue
    }
    const record = parse(line, `${where}: line ${i + 1}`)
    if (!isRecord(record))
      throw new FormatError(
        `${where}: line ${i + 1} is ${cut(line)}; a record such as {"x": 1} was expected. Name the values.`,
        { line: i + 1 },
      )
    found.push(record)
  }
  return { found, emptyLines }
}

/**
 * The table that JSON text holds: a list of records, or a record in each line (JSON Lines). The keys become columns in the order of
 * their first appearance, null and absent keys missing values; lists and records within a cell become text in JSON.
 *
 * @param where what messages name: the file
 * @throws FormatError naming the line that is not JSON or no record, or a limit that is passed
 * @example
 * const { parseJsonTable } = await import('gradus/data')
 * const table = parseJsonTable('{"x": 1, "name": "Ada"}\n{"x": 2}\n')
 * table.column('name').toArray() // ["Ada", null]
 */
export const parseJsonTable = (
  source: string | Uint8Array,
  options: JsonTableOptions = {},
  where = 'parseJsonTable',
): Table => {
  const { maxColumns, maxCells } = jsonOptions.validate(where, options)
  const text = typeof source === 'string' ? source : utf8Text(source)
  if (text === undefined) throw notText(source as Uint8Array, where)
  const { found, emptyLines } = records(text.replace(/^\uFEFF/, ''), where)
  if (found.length === 0)
    throw new FormatError(`${where}: is empty: it has no record. Check that it was written to its end.`)
  const names = new Set<string>()
  for (const record of found) {
    for (const name of Object.keys(record)) names.add(name)
    if (names.size > maxColumns || names.size * found.length > maxCells) {
      throw new FormatError(
        `${where}: the ${found.length} records have more than ${names.size - 1} different keys, beyond { maxColumns: ${maxColumns} } or { maxCells: ${maxCells} }. Pass larger ones if that is right.`,
        { maxColumns, maxCells },
      )
    }
  }
  const columns = [...names].map(name => {
    const values = found.map(record => (Object.hasOwn(record, name) ? record[name] : null))
    return columnFrom(name, values)
  })
  return new Table(columns, makeReport(where, columns, { emptyLines }))
}
