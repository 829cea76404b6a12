import { ArgumentError } from '../../core/errors.ts'
import { shown } from '../../core/rules.ts'

/** What a cell can hold; null is missing. */
export type Cell = number | boolean | string | null
export type ColumnType = 'number' | 'boolean' | 'text'
export type TableColumn = NumberColumn | BooleanColumn | TextColumn

/** Numbers; NaN is missing. */
export class NumberColumn {
  readonly type = 'number'
  readonly name: string
  /** Not to be written. */
  readonly data: Float64Array

  constructor(name: string, data: Float64Array) {
    this.name = name
    this.data = data
  }

  get length(): number {
    return this.data.length
  }
  at(row: number): number | null {
    const x = this.data[row]!
    return Number.isNaN(x) ? null : x
  }
  isMissing(row: number): boolean {
    return Number.isNaN(this.data[row]!)
  }
  renamed(name: string): NumberColumn {
    return new NumberColumn(name, this.data)
  }
  /** The rows at the given positions. */
  take(rows: ArrayLike<number>): NumberColumn {
    return new NumberColumn(this.name, gather(this.data, rows, new Float64Array(rows.length)))
  }
  slice(start: number, end: number): NumberColumn {
    return new NumberColumn(this.name, this.data.subarray(start, end))
  }
  /** The numbers, NaN where one is missing; not to be written. */
  values(): Float64Array {
    return this.data
  }
  toArray(): Cell[] {
    return Array.from(this.data, x => (Number.isNaN(x) ? null : x))
  }
}

/** The byte that stands for a missing truth value. */
export const missingBoolean = 255

/** Truth values as 0 and 1; 255 is missing. */
export class BooleanColumn {
  readonly type = 'boolean'
  readonly name: string
  /** Not to be written. */
  readonly data: Uint8Array

  constructor(name: string, data: Uint8Array) {
    this.name = name
    this.data = data
  }

  get length(): number {
    return this.data.length
  }
  at(row: number): boolean | null {
    const x = this.data[row]!
    return x === missingBoolean ? null : x === 1
  }
  isMissing(row: number): boolean {
    return this.data[row] === missingBoolean
  }
  renamed(name: string): BooleanColumn {
    return new BooleanColumn(name, this.data)
  }
  take(rows: ArrayLike<number>): BooleanColumn {
    return new BooleanColumn(this.name, gather(this.data, rows, new Uint8Array(rows.length)))
  }
  slice(start: number, end: number): BooleanColumn {
    return new BooleanColumn(this.name, this.data.subarray(start, end))
  }
  /** 0 and 1, and NaN where one is missing. */
  values(): Float64Array {
    return Float64Array.from(this.data, x => (x === missingBoolean ? Number.NaN : x))
  }
  toArray(): Cell[] {
    return Array.from(this.data, x => (x === missingBoolean ? null : x === 1))
  }
}

/** Texts, each kept once: `categories[codes[row]]`; the code -1 is missing. */
export class TextColumn {
  readonly type = 'text'
  readonly name: string
  /** Not to be written. */
  readonly codes: Int32Array
  /** The distinct texts, in the order of their first appearance where the table was read. */
  readonly categories: readonly string[]

  constructor(name: string, codes: Int32Array, categories: readonly string[]) {
    this.name = name
    this.codes = codes
    this.categories = categories
  }

  get length(): number {
    return this.codes.length
  }
  at(row: number): string | null {
    return this.categories[this.codes[row]!] ?? null
  }
  isMissing(row: number): boolean {
    return this.codes[row]! < 0
  }
  renamed(name: string): TextColumn {
    return new TextColumn(name, this.codes, this.categories)
  }
  take(rows: ArrayLike<number>): TextColumn {
    return new TextColumn(this.name, gather(this.codes, rows, new Int32Array(rows.length)), this.categories)
  }
  slice(start: number, end: number): TextColumn {
    return new TextColumn(this.name, this.codes.subarray(start, end), this.categories)
  }
  /**
   * The texts.
   * @throws ArgumentError when one is missing: no text could stand for it.
   */
  values(): string[] {
    const row = this.codes.indexOf(-1)
    if (row >= 0) {
      throw new ArgumentError(
        `values: column ${shown(this.name)} has no text in row ${row}. Leave such rows out with dropMissing, name a text with fillMissing, or take toArray().`,
        { column: this.name, row },
      )
    }
    return Array.from(this.codes, code => this.categories[code]!)
  }
  toArray(): Cell[] {
    return Array.from(this.codes, code => this.categories[code] ?? null)
  }
}

const gather = <A extends Float64Array | Uint8Array | Int32Array>(data: A, rows: ArrayLike<number>, out: A): A => {
  for (let i = 0; i < rows.length; i++) out[i] = data[rows[i]!]!
  return out
}

const typeOf = (value: unknown): ColumnType | undefined =>
  value === null || value === undefined || Number.isNaN(value)
    ? undefined
    : typeof value === 'number' || typeof value === 'bigint'
      ? 'number'
      : typeof value === 'boolean'
        ? 'boolean'
        : 'text'

/** A value as the text of a cell: dates as ISO 8601, lists and records as JSON. */
const cellText = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString()
  if (typeof value !== 'object') return String(value)
  return JSON.stringify(value, (_, x) => (typeof x === 'bigint' ? String(x) : x)) ?? String(value)
}

/** Texts of a column, each distinct one kept once. `textAt` gives null where one is missing. */
export const textColumn = (
  name: string,
  length: number,
  textAt: (row: number) => string | null | undefined,
): TextColumn => {
  const codeOf = new Map<string, number>()
  const codes = new Int32Array(length)
  for (let row = 0; row < length; row++) {
    const text = textAt(row)
    if (text === null || text === undefined) {
      codes[row] = -1
      continue
    }
    let code = codeOf.get(text)
    if (code === undefined) {
      code = codeOf.size
      codeOf.set(text, code)
    }
    codes[row] = code
  }
  return new TextColumn(name, codes, [...codeOf.keys()])
}

/**
 * The column of the narrowest type that holds all values: numbers, truth values, else texts. null, undefined and NaN are missing;
 * where numbers, truth values and texts are mixed, all become texts. A column of nothing but missing values is one of numbers.
 */
export const columnFrom = (name: string, values: ArrayLike<unknown>): TableColumn => {
  const { length } = values
  if (values instanceof Float64Array) return new NumberColumn(name, values)
  let type: ColumnType | undefined
  for (let i = 0; i < length && type !== 'text'; i++) {
    const found = typeOf(values[i])
    if (found !== undefined && found !== type) type = type === undefined ? found : 'text'
  }
  if (type === 'boolean') {
    const data = new Uint8Array(length)
    for (let i = 0; i < length; i++) data[i] = typeOf(values[i]) === undefined ? missingBoolean : Number(values[i])
    return new BooleanColumn(name, data)
  }
  if (type === 'text') {
    return textColumn(name, length, i => (typeOf(values[i]) === undefined ? null : cellText(values[i])))
  }
  const data = new Float64Array(length)
  for (let i = 0; i < length; i++) data[i] = typeOf(values[i]) === undefined ? Number.NaN : Number(values[i])
  return new NumberColumn(name, data)
}
