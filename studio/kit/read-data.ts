import { DataError } from 'gradus'
import { parseCsv, parseJsonTable, parseParquet, type Table } from 'gradus/data'
import type { DataKind, OwnData } from './lab.ts'

/** Somebody's own data as bytes. */
export interface RawData {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Beyond this a page gets no answer any more; nothing is sampled silently, so it is refused. */
export const maxBytes = 500_000_000

/** Reads a table (CSV, TSV, JSON Lines, Parquet) or a text. @throws DataError in one sentence that names the file */
export const readData = async (kind: DataKind, { name, bytes }: RawData): Promise<OwnData> => {
  if (bytes.length > maxBytes) {
    throw new DataError(
      `${name}: has ${Math.round(bytes.length / 1e6)} MB; a page takes at most ${maxBytes / 1e6}. Give a part of it, or use the command line.`,
    )
  }
  if (bytes.length === 0) throw new DataError(`${name}: is empty. Give a file with something in it.`)
  return kind === 'text' ? { name, text: readText(name, bytes) } : { name, table: await readTable(name, bytes) }
}

const readText = (name: string, bytes: Uint8Array): string => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch {}
  throw new DataError(`${name}: is not a text in UTF-8. Give a plain text file.`)
}

const readTable = async (name: string, bytes: Uint8Array): Promise<Table> => {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? 'csv'
  if (ending === 'parquet') return parseParquet(bytes, {}, name)
  if (!['csv', 'tsv', 'txt', 'json', 'jsonl'].includes(ending)) {
    throw new DataError(`${name}: is no table that can be read here. Give CSV, TSV, JSON Lines or Parquet.`)
  }
  const text = readText(name, bytes)
  if (ending === 'json' || ending === 'jsonl') return parseJsonTable(text, {}, name)
  return parseCsv(bytes, ending === 'tsv' ? { delimiter: '\t' } : {}, name)
}
