import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts'
import { show } from '../../core/shape.ts'
import { BooleanColumn, NumberColumn, type TableColumn, TextColumn } from '../../data/table/column.ts'
import { Table } from '../../data/table/table.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { Tensor } from '../../tensor/tensor.ts'
import type { Definition, InputName, Inputs } from './definition.ts'
import { type Csr, isCsr, type Rows } from './sparse.ts'

type Cell = number | string | boolean | null | undefined

/** Rows of features as a user has them: a tensor [N, F], nested arrays, a {@link Table}, records, a sparse matrix; texts for what takes texts. */
export type Features =
  | Tensor
  | Rows
  | Table
  | TableColumn
  | readonly (readonly Cell[] | ArrayLike<number> | Readonly<Record<string, Cell>> | string)[]

/** Where an input is used, for messages, and what it must be. */
export interface Expected {
  /** `ridge.fit`. */
  readonly where: string
  readonly definition: Definition
  /** The number of columns a fitted model knows. */
  readonly width?: number | undefined
  /** The names of columns a fitted model knows; a table's columns are taken by name. */
  readonly names?: readonly string[] | undefined
}

export interface Read<I extends InputName = InputName> {
  readonly X: Inputs[I]
  readonly rows: number
  readonly columns: number
  readonly names: readonly string[] | undefined
}

/** Rows in the form that the definition takes, checked: sizes, names, and that numbers are finite. */
export const readFeatures = async (given: Features, expected: Expected): Promise<Read> => {
  const { where, definition } = expected
  const input = definition.input ?? 'dense'
  if (input === 'texts') {
    const X = readTexts(given, where)
    return { X, rows: X.length, columns: 1, names: undefined }
  }
  const names = given instanceof Table ? given.names : undefined
  const known = given instanceof Table && expected.names ? byName(given, expected.names, where) : given
  if (input === 'table') {
    const X = await readTable(known, where)
    checkWidth(X.names.length, expected)
    return { X, rows: X.rowCount, columns: X.names.length, names: names ?? undefined }
  }
  const X = await readNumbers(known, where)
  checkWidth(X.columns, expected)
  if (X.rows === 0) throw new ShapeError(`${where}: X has no rows. Pass at least one.`)
  if (X.columns === 0) throw new ShapeError(`${where}: X has no columns. Pass at least one feature.`)
  if (isCsr(X) && input !== 'sparse') {
    throw new DTypeError(
      `${where}: X is a sparse matrix [${X.rows}, ${X.columns}], and ${definition.name} needs a dense one. Convert it with toDense(X), or choose an estimator that takes sparse rows.`,
    )
  }
  checkFinite(X, expected, names)
  return { X, rows: X.rows, columns: X.columns, names }
}

const byName = (table: Table, names: readonly string[], where: string): Table => {
  const missing = names.filter(name => !table.names.includes(name))
  if (missing.length > 0) {
    throw new ArgumentError(
      `${where}: the table lacks ${missing.length === 1 ? 'a column' : `${missing.length} columns`} that the model was fitted on: ${missing.slice(0, 5).join(', ')}. Its columns are ${table.names.slice(0, 10).join(', ')}.`,
      { missing },
    )
  }
  return table.select(names)
}

const checkWidth = (columns: number, { where, width, definition }: Expected): void => {
  if (width === undefined || columns === width) return
  throw new ShapeError(
    `${where}: X has ${columns} ${columns === 1 ? 'column' : 'columns'}, and ${definition.name} was fitted on ${width}. Pass rows with the same features.`,
    {
      columns,
      width,
    },
  )
}

const readTexts = (given: Features, where: string): readonly string[] => {
  const column = given instanceof Table && given.names.length === 1 ? given.column(given.names[0]!) : given
  const texts = isColumn(column) ? (column.values() as readonly unknown[]) : column
  if (!Array.isArray(texts)) throw new ArgumentError(`${where}: takes a list of texts.`)
  const wrong = texts.findIndex(text => typeof text !== 'string')
  if (wrong >= 0)
    throw new ArgumentError(`${where}: X must be a list of texts; element ${wrong} is ${describe(texts[wrong])}.`)
  if (texts.length === 0) throw new ShapeError(`${where}: X has no rows. Pass at least one text.`)
  return texts as readonly string[]
}

export const isColumn = (value: unknown): value is TableColumn =>
  value instanceof NumberColumn || value instanceof BooleanColumn || value instanceof TextColumn

const describe = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : `${typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value)}`

const isRows = (value: unknown): value is Rows =>
  typeof value === 'object' && value !== null && 'rows' in value && 'columns' in value && 'data' in value

const readTable = async (given: Features, where: string): Promise<Table> => {
  if (given instanceof Table) return given
  if (isColumn(given)) return Table.from([given])
  if (given instanceof Tensor || isRows(given)) {
    const numbers = await readNumbers(given, where)
    if (isCsr(numbers))
      throw new DTypeError(`${where}: X is sparse; columns of a table are needed. Convert it with toDense(X).`)
    return Table.from(columnsOf(numbers))
  }
  if (!Array.isArray(given))
    throw new ArgumentError(`${where}: X must be a table, rows, or a tensor; got ${describe(given)}.`)
  if (isRecords(given)) return Table.from(given)
  const rows = given as readonly (readonly Cell[])[]
  const width = requireRows(rows, where)
  return Table.from(
    Object.fromEntries(Array.from({ length: width }, (_, j) => [`x${j}`, rows.map(row => row[j] ?? null)])),
  )
}

const columnsOf = ({ rows, columns, data }: Dense): Record<string, Float64Array> =>
  Object.fromEntries(
    Array.from({ length: columns }, (_, j) => [
      `x${j}`,
      Float64Array.from({ length: rows }, (_, i) => data[i * columns + j]!),
    ]),
  )

const isRecords = (given: readonly unknown[]): given is readonly Readonly<Record<string, Cell>>[] => {
  const first = given[0]
  return typeof first === 'object' && first !== null && !Array.isArray(first) && !ArrayBuffer.isView(first)
}

const requireRows = (rows: readonly unknown[], where: string): number => {
  const isRow = (row: unknown): row is ArrayLike<unknown> =>
    Array.isArray(row) || (ArrayBuffer.isView(row) && !(row instanceof DataView))
  const width = isRow(rows[0]) ? rows[0].length : 0
  for (const [i, row] of rows.entries()) {
    if (!isRow(row)) {
      throw new ShapeError(
        `${where}: X must have rows and columns; element ${i} is ${describe(row)}. Write one feature as [[x0], [x1], ...].`,
      )
    }
    if (row.length !== width)
      throw new ShapeError(
        `${where}: row ${i} of X has ${row.length} values and row 0 has ${width}. All rows must have one length.`,
      )
  }
  return width
}

/** Rows as numbers, dense or sparse; whether they are finite is not looked at. */
export const readNumbers = async (given: unknown, where: string): Promise<Rows> => {
  if (given instanceof Tensor) return fromTensor(given, where)
  if (given instanceof Table) return given.toDense()
  if (isColumn(given)) return columnAsDense(given, where)
  if (isRows(given)) return given
  if (!Array.isArray(given)) {
    throw new ArgumentError(
      `${where}: X must be a tensor [N, F], nested arrays, a table or a sparse matrix; got ${describe(given)}.`,
    )
  }
  if (isRecords(given)) return Table.from(given).toDense()
  const rows = given as readonly ArrayLike<unknown>[]
  const columns = requireRows(rows, where)
  const data = new Float64Array(rows.length * columns)
  let at = 0
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < columns; j++) {
      const value = row[j]
      if (typeof value !== 'number' && typeof value !== 'boolean' && value !== null && value !== undefined) {
        throw new DTypeError(
          `${where}: row ${i}, column ${j} of X is ${describe(value)}, not a number. Encode words first, as with oneHotEncoder().`,
        )
      }
      data[at++] = value === null || value === undefined ? Number.NaN : Number(value)
    }
  }
  return { rows: rows.length, columns, data }
}

const columnAsDense = (column: TableColumn, where: string): Dense => {
  if (column instanceof TextColumn) {
    throw new DTypeError(
      `${where}: column ${JSON.stringify(column.name)} of X is text, not numbers. Encode it first, as with oneHotEncoder().`,
    )
  }
  return { rows: column.length, columns: 1, data: column.values() }
}

const fromTensor = async (x: Tensor, where: string): Promise<Dense> => {
  if (x.ndim !== 2) {
    const hint =
      x.ndim === 1
        ? `One feature is x.reshape([${x.size}, 1]).`
        : `Flatten the rows, as with x.reshape([${x.shape[0] ?? 1}, -1]).`
    throw new ShapeError(`${where}: X must have two axes, rows and features; its shape is ${show(x.shape)}. ${hint}`, {
      shape: x.shape,
    })
  }
  const values = await x.data()
  const data = values instanceof Float64Array ? values : Float64Array.from(values as ArrayLike<number>, Number)
  return { rows: x.shape[0]!, columns: x.shape[1]!, data }
}

const checkFinite = (X: Dense | Csr, { where, definition }: Expected, names: readonly string[] | undefined): void => {
  const { data } = X
  // 0 · x is 0 for every finite x, and NaN otherwise: one pass without a branch.
  let [a, b, c, d] = [0, 0, 0, 0]
  const whole = data.length - (data.length % 4)
  for (let i = 0; i < whole; i += 4) {
    a += 0 * data[i]!
    b += 0 * data[i + 1]!
    c += 0 * data[i + 2]!
    d += 0 * data[i + 3]!
  }
  for (let i = whole; i < data.length; i++) a += 0 * data[i]!
  if (a + b + c + d === 0) return
  const at = data.findIndex(
    definition.missing === 'allowed' ? x => x === Infinity || x === -Infinity : x => !Number.isFinite(x),
  )
  if (at < 0) return
  const column = isCsr(X) ? X.indices[at]! : at % X.columns
  const row = isCsr(X) ? X.indptr.findIndex(start => start > at) - 1 : Math.floor(at / X.columns)
  const value = data[at]!
  const hint = Number.isNaN(value)
    ? 'Fill what is missing first, as with simpleImputer(), or drop the row.'
    : 'Scale or drop it.'
  const name = names?.[column] === undefined ? '' : ` (${JSON.stringify(names[column])})`
  throw new ArgumentError(`${where}: X is ${value} at row ${row}, column ${column}${name}. ${hint}`, {
    row,
    column,
    value,
  })
}
