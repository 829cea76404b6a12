import { ArgumentError } from '../../core/errors.ts'
import { parseCsv } from './csv.ts'
import type { CsvOptions } from './csv-options.ts'
import { type JsonTableOptions, parseJsonTable } from './json-table.ts'
import { type ParquetOptions, parseParquet } from './parquet.ts'
import { type Contents, readContents, type TableSource } from './source.ts'
import type { Table } from './table.ts'

export type TableFormat = 'csv' | 'json' | 'parquet'
/** Options of a reader, and the format where neither name nor contents tell it. */
export type ReadTableOptions = { readonly format?: TableFormat } & (CsvOptions | JsonTableOptions | ParquetOptions)

const byExtension: Readonly<Record<string, TableFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  txt: 'csv',
  json: 'json',
  jsonl: 'json',
  ndjson: 'json',
  parquet: 'parquet',
}

/** The format, from the first bytes where they say it, else from the name; CSV where nothing does. */
const formatOf = ({ name, bytes }: Contents): TableFormat => {
  if (bytes[0] === 80 && bytes[1] === 65 && bytes[2] === 82 && bytes[3] === 49) return 'parquet'
  const extension = /\.([a-z]+)(\.gz)?$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  const named = byExtension[extension]
  if (named) return named
  const first = bytes.find(byte => byte > 32)
  return first === 123 || first === 91 ? 'json' : 'csv'
}

/** Reads CSV (or another delimiter) from a file, an address, bytes or a text, as {@link parseCsv} does. */
export const readCsv = async (source: TableSource, options: CsvOptions = {}): Promise<Table> => {
  const { name, bytes } = await readContents(source, 'readCsv')
  return parseCsv(bytes, /\.(tsv|tab)(\.gz)?$/i.test(name) ? { delimiter: '\t', ...options } : options, name)
}

/**
 * Reads a table: CSV and the like, JSON Lines or a JSON list of records, or Parquet, told by the contents and the name.
 *
 * @param source a path (in Node), an address, bytes, a `File` or `Blob`; a text with a line break is the contents themselves. gzip is unpacked.
 * @param options of the reader of that format; `format` names it where it cannot be told
 * @returns the table; what was left out or renamed is in its `report`
 * @throws DataError where it cannot be read; FormatError where it is not as its format says; ArgumentError for a wrong option
 * @example
 * const { readTable } = await import('gradus/data')
 * const table = await readTable('height;name\n1,7;Ada\n1,8;Alan;Turing\n', { decimal: ',' })
 * table.column('height').toArray() // [1.7]
 * table.report!.dropped.lines // [3]
 */
export const readTable = async (source: TableSource, options: ReadTableOptions = {}): Promise<Table> => {
  const { format: given, ...rest } = options
  if (given !== undefined && !Object.values(byExtension).includes(given))
    throw new ArgumentError(`readTable: format must be one of csv, json, parquet; got ${JSON.stringify(given)}.`, {
      format: given,
    })
  const contents = await readContents(source, 'readTable')
  const { name, bytes } = contents
  const format = given ?? formatOf(contents)
  if (format === 'parquet') return parseParquet(bytes, rest as ParquetOptions, name)
  if (format === 'json') return parseJsonTable(bytes, rest as JsonTableOptions, name)
  const tabs = /\.(tsv|tab)(\.gz)?$/i.test(name)
  return parseCsv(bytes, tabs ? { delimiter: '\t', ...(rest as CsvOptions) } : (rest as CsvOptions), name)
}
