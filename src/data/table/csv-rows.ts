import { FormatError } from '../../core/errors.ts'
import { ByteTable } from './byte-table.ts'
import type { CsvCursor } from './csv-cursor.ts'
import type { CsvFormat } from './csv-options.ts'
import { exactLimit, losesDigits, parseDecimal, powersOfTen } from './decimal.ts'

/** What a column is read as in one pass over the rows. */
export type ReadAs = 'skip' | 'number' | 'text'

/** The texts of a column while it is read: codes of byte strings, -1 for missing ones. */
export interface TextCells {
  codes: Int32Array
  readonly table: ByteTable
  /** Of each code: the line of its first cell, and whether it is a missing word. */
  readonly lines: number[]
  readonly missing: boolean[]
}

/** What one pass gave. */
export interface Rows {
  readonly rows: number
  /** By column; null where it is read otherwise. */
  readonly numbers: (Float64Array | null)[]
  readonly texts: (TextCells | null)[]
  /** Columns read as numbers in which something else was found. */
  readonly broken: ReadonlySet<number>
  /** How many whole numbers of a column lost digits. */
  readonly rounded: ReadonlyMap<number, number>
  readonly tooFew: number
  readonly tooMany: number
  readonly filled: number
  /** Lines of the first rows that were left out. */
  readonly raggedLines: readonly number[]
}

/** The lines that reports name. */
export const linesNamed = 5

const resized = <A extends Float64Array | Int32Array>(old: A, larger: A): A => {
  larger.set(old)
  return larger
}

/** The state of a pass. */
class RowReader implements Rows {
  rows = 0
  readonly numbers: (Float64Array | null)[]
  readonly texts: (TextCells | null)[]
  readonly broken = new Set<number>()
  readonly rounded = new Map<number, number>()
  tooFew = 0
  tooMany = 0
  filled = 0
  readonly raggedLines: number[] = []
  private readonly cursor: CsvCursor
  private readonly format: CsvFormat
  private readonly missing: ByteTable
  private capacity: number
  /** Columns in which the row being read has something else than a number; it may yet be left out. */
  private suspects: number[] = []

  constructor(
    cursor: CsvCursor,
    format: CsvFormat,
    { readAs, capacity, missing }: { readAs: readonly ReadAs[]; capacity: number; missing: ByteTable },
  ) {
    this.cursor = cursor
    this.format = format
    this.missing = missing
    this.capacity = capacity
    this.numbers = readAs.map(kind => (kind === 'number' ? new Float64Array(capacity) : null))
    this.texts = readAs.map(kind =>
      kind === 'text' ? { codes: new Int32Array(capacity), table: new ByteTable(), lines: [], missing: [] } : null,
    )
  }

  private grow(): void {
    const { numbers, texts, format } = this
    const width = numbers.length
    this.capacity = Math.max(16, 2 * this.capacity)
    if (this.rows * width > format.maxCells) {
      throw new FormatError(
        `${this.cursor.where}: has more than ${format.maxCells} cells: ${this.rows} rows of ${width} columns so far. Read fewer { columns }, or pass a larger { maxCells }.`,
        { maxCells: format.maxCells },
      )
    }
    for (let c = 0; c < width; c++) {
      const data = numbers[c]
      const cells = texts[c]
      if (data) numbers[c] = resized(data, new Float64Array(this.capacity))
      if (cells) cells.codes = resized(cells.codes, new Int32Array(this.capacity))
    }
  }

  /** Reads up to `limit` rows. */
  read(limit: number): void {
    const { cursor } = this
    while (this.rows < limit && cursor.nextRow()) {
      if (this.rows === this.capacity) this.grow()
      const line = cursor.line
      const fields = this.readFields()
      if (fields === this.numbers.length || this.isKept(fields, line)) {
        for (const c of this.suspects) this.broken.add(c)
        this.rows++
      }
      if (this.suspects.length > 0) this.suspects = []
    }
  }

  /** Reads the fields of a row into the row after the last; returns their number. Plain numbers are read here, without a second look. */
  private readFields(): number {
    const { cursor, numbers, rows: row } = this
    const { bytes, delimiter } = cursor
    const point = this.format.decimal
    const width = numbers.length
    let pos = cursor.pos
    let c = 0
    for (;;) {
      const data = c < width ? numbers[c]! : null
      if (data !== null) {
        let at = pos
        let byte = bytes[at]!
        const negative = byte === 45
        if (negative) byte = bytes[++at]!
        let digits = -at
        let value = 0
        while (byte >= 48 && byte <= 57) {
          value = value * 10 + (byte - 48)
          byte = bytes[++at]!
        }
        digits += at
        let scale = 0
        if (byte === point) {
          byte = bytes[++at]!
          scale = -at
          while (byte >= 48 && byte <= 57) {
            value = value * 10 + (byte - 48)
            byte = bytes[++at]!
          }
          scale += at
          digits += scale
        }
        if (digits > 0 && value < exactLimit && scale <= 22) {
          // A whole number and a power of ten that are both exact: one division rounds once, so it rounds rightly.
          if (byte === delimiter) {
            if (scale > 0) value /= powersOfTen[scale]!
            data[row] = negative ? -value : value
            pos = at + 1
            c++
            continue
          }
          if (byte === 10 || byte === 13) {
            if (scale > 0) value /= powersOfTen[scale]!
            data[row] = negative ? -value : value
            cursor.endRow(at)
            return c + 1
          }
        }
      }
      cursor.pos = pos
      const { line } = cursor
      cursor.read()
      if (c < width) this.store(c, line)
      c++
      if (cursor.ended) return c
      pos = cursor.pos
    }
  }

  /** Puts the field last read into its column. */
  private store(c: number, line: number): void {
    const { field, from, to } = this.cursor
    const row = this.rows
    const data = this.numbers[c]
    if (data) {
      const value = parseDecimal(field, from, to, this.format.decimal)
      data[row] = value
      if (Number.isNaN(value)) {
        if (from !== to && this.missing.find(field, from, to) < 0) this.suspects.push(c)
      } else if (
        Math.abs(value) >= exactLimit &&
        losesDigits(String.fromCharCode(...field.subarray(from, Math.min(to, from + 400))))
      ) {
        this.rounded.set(c, (this.rounded.get(c) ?? 0) + 1)
      }
      return
    }
    const cells = this.texts[c]
    if (!cells) return
    const code = cells.table.intern(field, from, to)
    if (code === cells.lines.length) {
      cells.lines.push(line)
      cells.missing.push(from === to || this.missing.find(field, from, to) >= 0)
    }
    cells.codes[row] = cells.missing[code] ? -1 : code
  }

  /** What becomes of a row with another number of fields than the header has. */
  private isKept(fields: number, line: number): boolean {
    const width = this.numbers.length
    const few = fields < width
    const { ragged } = this.format
    if (ragged === 'error') {
      throw new FormatError(
        `${this.cursor.where}: line ${line} has ${fields} fields; the first row has ${width}. Mend the line, or pass { ragged: 'drop' } or { ragged: 'fill' }.`,
        { line, fields, width },
      )
    }
    if (few && ragged === 'fill') {
      for (let c = fields; c < width; c++) {
        const data = this.numbers[c]
        if (data) data[this.rows] = Number.NaN
        else if (this.texts[c]) this.texts[c]!.codes[this.rows] = -1
      }
      this.filled++
      return true
    }
    if (few) this.tooFew++
    else this.tooMany++
    if (this.raggedLines.length < linesNamed) this.raggedLines.push(line)
    return false
  }
}

/** Reads rows from where the cursor is: one pass. */
export const readRows = (
  cursor: CsvCursor,
  format: CsvFormat,
  { limit = Infinity, ...pass }: { readAs: readonly ReadAs[]; capacity: number; missing: ByteTable; limit?: number },
): Rows => {
  const reader = new RowReader(cursor, format, pass)
  reader.read(limit)
  return reader
}
