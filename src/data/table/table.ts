import { ArgumentError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { fromArray } from '../../tensor/creation.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import {
  BooleanColumn,
  type Cell,
  columnFrom,
  missingBoolean,
  NumberColumn,
  type TableColumn,
  TextColumn,
  textColumn,
} from './column.ts'
import { type CsvWriteOptions, writeCsv } from './csv-write.ts'
import { type Aggregate, aggregateColumns, compareCells, countValues, describeColumns } from './describe.ts'
import type { TableReport } from './report.ts'
import { formatTable } from './table-text.ts'

/** One row, by the names of the columns. */
export type Row = Readonly<Record<string, Cell>>
type Predicate = (row: Row, position: number) => boolean
/** Values of a column in any form: null, undefined and NaN are missing. */
export type CellValues = TableColumn | ArrayLike<number | bigint | boolean | string | Date | null | undefined>

const list = (names: readonly string[]): string =>
  names.length > 8
    ? `${names
        .slice(0, 8)
        .map(n => JSON.stringify(n))
        .join(', ')}, ...`
    : names.map(n => JSON.stringify(n)).join(', ')

const isColumn = (value: unknown): value is TableColumn =>
  value instanceof NumberColumn || value instanceof BooleanColumn || value instanceof TextColumn

const toColumn = (name: string, values: CellValues): TableColumn =>
  isColumn(values) ? values.renamed(name) : columnFrom(name, values)

/**
 * Columns of equal length, each of one type: numbers (NaN is missing), truth values or texts. Iterating gives the columns. A table does not change: what would
 * change it gives a new one, which shares the columns that stay as they are.
 *
 * @example
 * const { Table } = await import('gradus/data')
 * const table = Table.from({ height: [1.7, 1.8, null], name: ['Ada', 'Alan', 'Grace'] })
 * table.dropMissing().column('name').values() // ['Ada', 'Alan']
 */
export class Table {
  private readonly list: readonly TableColumn[]
  readonly names: readonly string[]
  readonly rowCount: number
  /** What the reader had to say about the file; a table made otherwise has none. */
  readonly report: TableReport | undefined
  private readonly places: ReadonlyMap<string, number>

  /** @throws ArgumentError when a name comes twice or lengths differ. */
  constructor(columns: readonly TableColumn[], report?: TableReport) {
    this.list = columns
    this.names = columns.map(column => column.name)
    this.rowCount = columns[0]?.length ?? 0
    this.report = report
    this.places = new Map(this.names.map((name, i) => [name, i]))
    for (const [i, { name, length }] of columns.entries()) {
      if (this.places.get(name) !== i) {
        throw new ArgumentError(`Table: two columns are named ${JSON.stringify(name)}. Give each a name of its own.`, {
          name,
        })
      }
      if (length !== this.rowCount) {
        throw new ArgumentError(
          `Table: column ${JSON.stringify(name)} has ${length} values and ${JSON.stringify(this.names[0])} has ${this.rowCount}. All columns need as many.`,
          { name, length },
        )
      }
    }
  }

  /**
   * A table from columns, from values by name, or from records, whose keys become the columns: a record without a key has a missing value there.
   * Types are found as in a file: numbers, truth values, else text.
   */
  static from(
    data: Readonly<Record<string, CellValues>> | readonly TableColumn[] | readonly Readonly<Record<string, unknown>>[],
  ): Table {
    if (!Array.isArray(data)) {
      return new Table(
        Object.entries(data as Record<string, CellValues>).map(([name, values]) => toColumn(name, values)),
      )
    }
    if (data.length > 0 && data.every(isColumn)) return new Table(data)
    const records = data as readonly Record<string, unknown>[]
    const names = new Set(records.flatMap(record => Object.keys(record)))
    return new Table(
      [...names].map(name =>
        columnFrom(
          name,
          records.map(record => (Object.hasOwn(record, name) ? record[name] : null)),
        ),
      ),
    )
  }

  /** The columns in order. */
  [Symbol.iterator](): IterableIterator<TableColumn> {
    return this.list.values()
  }

  private place(where: string, name: string): number {
    const place = this.places.get(name)
    if (place !== undefined) return place
    const near = nearest(name, this.names)
    const hint = near ? `Did you mean ${JSON.stringify(near)}?` : `The columns are ${list(this.names)}.`
    throw new ArgumentError(`${where}: there is no column ${JSON.stringify(name)}. ${hint}`, { name })
  }

  /** @throws ArgumentError where there is no column of this name. */
  column(name: string): TableColumn {
    return this.list[this.place('column', name)]!
  }
  has(name: string): boolean {
    return this.places.has(name)
  }

  /** The named columns, in that order. */
  select(names: readonly string[]): Table {
    return new Table(names.map(name => this.list[this.place('select', name)]!))
  }
  /** All but the named columns. */
  drop(names: readonly string[]): Table {
    const gone = new Set(names.map(name => this.place('drop', name)))
    return new Table(this.list.filter((_, i) => !gone.has(i)))
  }
  /** New names by old ones. */
  rename(names: Readonly<Record<string, string>>): Table {
    for (const name of Object.keys(names)) this.place('rename', name)
    return new Table(
      this.list.map(column => (Object.hasOwn(names, column.name) ? column.renamed(names[column.name]!) : column)),
    )
  }
  /** With a column of this name, in the place of an old one of the name or at the end. */
  with(name: string, values: CellValues): Table {
    const column = toColumn(name, values)
    if (this.list.length > 0 && column.length !== this.rowCount) {
      throw new ArgumentError(
        `with: ${JSON.stringify(name)} has ${column.length} values and the table has ${this.rowCount} rows. Pass one value for each row.`,
        { name, length: column.length },
      )
    }
    const place = this.places.get(name)
    return new Table(place === undefined ? [...this.list, column] : this.list.with(place, column))
  }

  /** Rows at the given positions, in that order. */
  take(rows: ArrayLike<number>): Table {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      if (Number.isInteger(row) && row >= 0 && row < this.rowCount) continue
      throw new ArgumentError(
        `take: there is no row ${row}. Positions are whole numbers from 0 to ${this.rowCount - 1}.`,
        { row },
      )
    }
    return new Table(this.list.map(column => column.take(rows)))
  }
  /** Rows `start` to `end - 1`; negative positions count from the end, as in arrays. */
  slice(start: number, end?: number): Table {
    const n = this.rowCount
    const at = (position: number): number => Math.min(n, Math.max(0, position < 0 ? n + position : position))
    const from = at(Math.trunc(start))
    const to = Math.max(from, at(Math.trunc(end ?? n)))
    return new Table(this.list.map(column => column.slice(from, to)))
  }
  /** The first rows. */
  head(count = 5): Table {
    return this.slice(0, Math.max(0, count))
  }
  /** The last rows. */
  tail(count = 5): Table {
    return this.slice(Math.max(0, this.rowCount - Math.max(0, count)))
  }
  /** The rows for which the mask is true, or of which the function says so. */
  filter(keep: ArrayLike<boolean | number> | Predicate): Table {
    if (typeof keep !== 'function' && keep.length !== this.rowCount) {
      throw new ArgumentError(
        `filter: the mask has ${keep.length} values and the table has ${this.rowCount} rows. Pass one value for each row.`,
        { length: keep.length },
      )
    }
    const rows: number[] = []
    for (let row = 0; row < this.rowCount; row++) {
      if (typeof keep === 'function' ? keep(this.row(row), row) : keep[row]) rows.push(row)
    }
    return this.take(rows)
  }
  /** Rows in the order of a column, equal ones as they were; missing values come last either way. */
  sort(name: string, { descending = false }: { readonly descending?: boolean } = {}): Table {
    const column = this.list[this.place('sort', name)]!
    const rows = Array.from({ length: this.rowCount }, (_, i) => i)
    rows.sort((a, b) => {
      const order = compareCells(column, a, b)
      return descending && !column.isMissing(a) && !column.isMissing(b) ? -order : order
    })
    return this.take(rows)
  }

  /** One row by the names of the columns. */
  row(position: number): Row {
    return Object.fromEntries(this.list.map(column => [column.name, column.at(position)]))
  }
  toRows(): Row[] {
    return Array.from({ length: this.rowCount }, (_, row) => this.row(row))
  }

  /** A table of the same names that is true where a value is missing. */
  isMissing(): Table {
    return new Table(
      this.list.map(
        column =>
          new BooleanColumn(
            column.name,
            Uint8Array.from({ length: column.length }, (_, i) => Number(column.isMissing(i))),
          ),
      ),
    )
  }
  /** The rows in which none of the named columns (all, if none are named) is missing. */
  dropMissing(names: readonly string[] = this.names): Table {
    const columns = names.map(name => this.list[this.place('dropMissing', name)]!)
    const mask = Array.from({ length: this.rowCount }, (_, row) => !columns.some(column => column.isMissing(row)))
    return mask.includes(false) ? this.filter(mask) : new Table(this.list)
  }
  /**
   * Missing values replaced, by column: `table.fillMissing({ age: 30, port: 'unknown' })`.
   * @throws ArgumentError where a value is not of the column's type.
   */
  fillMissing(values: Readonly<Record<string, number | boolean | string>>): Table {
    const columns = [...this.list]
    for (const [name, value] of Object.entries(values)) {
      const place = this.place('fillMissing', name)
      columns[place] = filled(columns[place]!, value)
    }
    return new Table(columns)
  }

  /** How often each value of a column occurs, most often first: columns `name` and `count`. Missing ones do not count. */
  valueCounts(name: string): Table {
    const { values, counts } = countValues(this.list[this.place('valueCounts', name)]!)
    return new Table([values, new NumberColumn(name === 'count' ? 'count.1' : 'count', counts)])
  }
  /** Rows with the same value in a column, to be put together: `table.groupBy('class').mean()`. Missing values make no group. */
  groupBy(name: string): Readonly<Record<Aggregate, () => Table>> {
    const by = this.list[this.place('groupBy', name)]!
    const others = this.list.filter(column => column !== by)
    const table = (aggregate: Aggregate) => () => new Table(aggregateColumns(by, others, aggregate))
    return {
      mean: table('mean'),
      sum: table('sum'),
      min: table('min'),
      max: table('max'),
      std: table('std'),
      count: table('count'),
    }
  }
  /**
   * A row for each column: how many values there are and are missing; of numbers mean, standard deviation (n - 1), extremes and quartiles
   * (linear interpolation); of others how many are distinct, the most frequent one and how often it comes.
   */
  describe(): Table {
    return new Table(describeColumns(this.list))
  }

  /**
   * The named columns (all, if none are named) as a matrix in float64, a row for each row; truth values as 0 and 1, missing ones as NaN.
   * @throws ArgumentError naming a column of text: encode it, or leave it out.
   */
  toDense(names: readonly string[] = this.names): Dense {
    const out = dense(this.rowCount, names.length)
    for (const [j, name] of names.entries()) {
      const column = this.list[this.place('toDense', name)]!
      if (column instanceof TextColumn) {
        throw new ArgumentError(
          `toDense: column ${JSON.stringify(name)} is text, such as ${JSON.stringify(column.categories[0] ?? '')}. Leave it out with drop([${JSON.stringify(name)}]), or encode it as numbers.`,
          { column: name },
        )
      }
      const values = column.values()
      for (let i = 0; i < this.rowCount; i++) out.data[i * names.length + j] = values[i]!
    }
    return out
  }
  /** As {@link toDense}, a tensor of float64 `[rows, columns]`. */
  toTensor(names?: readonly string[]): Tensor<readonly [number, number], 'float64'> {
    const { rows, columns, data } = this.toDense(names)
    return fromArray(data, [rows, columns], 'float64')
  }
  /**
   * The table as CSV text (RFC 4180) that reads back to the same values: numbers in their shortest exact form, missing ones empty. A text
   * that looks like a number or a missing word reads back as such.
   *
   * @throws ArgumentError for a delimiter that is not one character
   */
  toCsv(options: CsvWriteOptions = {}): string {
    return writeCsv(this.list, this.rowCount, options)
  }
  /** The table as aligned text, the middle of a long one left out, and below it what the reader noted. */
  print({ rows = 10 }: { readonly rows?: number } = {}): string {
    return [formatTable(this.list, this.rowCount, rows), ...(this.report?.notes ?? [])].join('\n')
  }
}

const filled = (column: TableColumn, value: number | boolean | string): TableColumn => {
  const type = typeof value === 'string' ? 'text' : typeof value
  if (type !== column.type) {
    throw new ArgumentError(
      `fillMissing: column ${JSON.stringify(column.name)} is ${column.type}; got ${JSON.stringify(value)}. Pass a value of its type.`,
      { column: column.name, value },
    )
  }
  if (column instanceof NumberColumn) {
    return new NumberColumn(
      column.name,
      column.data.map(x => (Number.isNaN(x) ? (value as number) : x)),
    )
  }
  if (column instanceof BooleanColumn) {
    return new BooleanColumn(
      column.name,
      column.data.map(x => (x === missingBoolean ? Number(value) : x)),
    )
  }
  return textColumn(column.name, column.length, row => column.at(row) ?? (value as string))
}
