import { DataError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { text, texts, type Infer, defineOptions } from '../core/options.ts'
import { readTable } from '../data/table/read-table.ts'
import { BooleanColumn, type TableColumn, TextColumn } from '../data/table/column.ts'
import type { Table } from '../data/table/table.ts'

/** Which part of a table is what. */
export const tableOptions = defineOptions({
  data: text({
    required: true,
    placeholder: 'FILE',
    help: 'CSV, TSV, JSON Lines or Parquet file with a row for each example',
  }),
  target: text({ placeholder: 'COLUMN', help: 'the column to predict' }),
  features: texts({
    default: [],
    placeholder: 'COLUMN',
    help: 'a column to predict from, several times; all others unless given',
  }),
  drop: texts({ default: [], placeholder: 'COLUMN', help: 'a column to leave out, several times' }),
  text: text({ placeholder: 'COLUMN', help: 'predict from the words of this one column' }),
  decimal: text({ placeholder: 'CHAR', help: 'what stands before the fraction of numbers, where that is no point: ,' }),
  delimiter: text({ placeholder: 'CHAR', help: 'what stands between fields; told from the file unless given' }),
})
export type TableOptions = Infer<typeof tableOptions>

/** Rows to learn from or to judge. */
export interface TableData {
  readonly X: Table | readonly string[]
  /** Absent where no target is named, or the file lacks it and `needTarget` is not set. */
  readonly y: Float64Array | readonly string[] | readonly boolean[] | undefined
  readonly rows: number
  /** Positions in the file's table of the rows kept. */
  readonly kept: Int32Array
  readonly notes: readonly string[]
}

const column = (
  table: Table,
  name: string,
  { data, option }: { readonly data: string; readonly option: string },
): string => {
  if (table.has(name)) return name
  const near = nearest(name, table.names)
  throw new DataError(
    `${data}: there is no column ${JSON.stringify(name)} (${option}). ${near ? `Did you mean ${near}?` : `Its columns are ${table.names.slice(0, 12).join(', ')}${table.names.length > 12 ? ', …' : ''}.`}`,
    { name },
  )
}

/** Reads a table and takes it apart; what the reader left out is in the notes. @throws DataError where a column is missing or empty */
export const readTableData = async (
  o: TableOptions,
  { needTarget }: { readonly needTarget: boolean },
): Promise<TableData> => {
  const table = await readTable(o.data, {
    ...(o.delimiter === undefined ? {} : { delimiter: o.delimiter }),
    ...(o.decimal === undefined ? {} : { decimal: o.decimal as ',' }),
  })
  const notes = [...(table.report?.notes ?? [])].map(note => `${o.data}: ${note}`)
  if (table.rowCount === 0) throw new DataError(`${o.data}: has no rows. Give a table with at least one.`)
  const target =
    o.target === undefined || (!needTarget && !table.has(o.target))
      ? undefined
      : column(table, o.target, { data: o.data, option: '--target' })
  const named = o.features.map(name => column(table, name, { data: o.data, option: '--features' }))
  const dropped = new Set(
    needTarget ? o.drop.map(name => column(table, name, { data: o.data, option: '--drop' })) : o.drop,
  )
  const names = (named.length > 0 ? named : table.names).filter(name => name !== target && !dropped.has(name))
  const kept =
    target === undefined ? all(table.rowCount) : all(table.rowCount).filter(row => !table.column(target).isMissing(row))
  if (kept.length < table.rowCount)
    notes.push(`${o.data}: left out ${table.rowCount - kept.length} rows without a value of ${target}`)
  if (kept.length === 0)
    throw new DataError(`${o.data}: ${target} has no value in any row. Name another column with --target.`)
  const rows = kept.length === table.rowCount ? table : table.take(kept)
  const y = target === undefined ? undefined : targetValues(rows.column(target))
  if (o.text !== undefined) {
    const words = rows.column(column(table, o.text, { data: o.data, option: '--text' }))
    if (!(words instanceof TextColumn))
      throw new DataError(
        `${o.data}: column ${JSON.stringify(o.text)} holds no words. Name a column of texts with --text.`,
      )
    return { X: words.toArray().map(cell => String(cell ?? '')), y, rows: kept.length, kept, notes }
  }
  if (names.length === 0)
    throw new DataError(`${o.data}: no column is left to predict from. Name some with --features.`)
  return { X: rows.select(names), y, rows: kept.length, kept, notes }
}

/** Numbers, words, or true and false as themselves. */
const targetValues = (column: TableColumn): Float64Array | string[] | boolean[] =>
  column instanceof BooleanColumn ? (column.toArray() as boolean[]) : (column.values() as Float64Array | string[])

const all = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i)

/** What must be done to columns before most estimators take them. */
export interface ColumnKinds {
  readonly numbers: readonly string[]
  readonly words: readonly string[]
  readonly missing: boolean
}
export const columnKinds = (table: Table): ColumnKinds => {
  const isWord = (name: string): boolean => table.column(name) instanceof TextColumn
  const hasMissing = (name: string): boolean => {
    const one = table.column(name)
    for (let row = 0; row < one.length; row++) if (one.isMissing(row)) return true
    return false
  }
  return {
    numbers: table.names.filter(name => !isWord(name)),
    words: table.names.filter(isWord),
    missing: table.names.some(hasMissing),
  }
}
