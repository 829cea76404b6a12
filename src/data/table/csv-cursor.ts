import { FormatError } from '../../core/errors.ts'
import type { CsvFormat } from './csv-options.ts'

const lf = 10
const cr = 13

/**
 * Goes through the fields of CSV text, one at a time. The bytes must end with a line break. Source: RFC 4180; as pandas does,
 * a quote within an unquoted field is an ordinary character, and what follows a closing quote belongs to the field.
 */
export class CsvCursor {
  readonly bytes: Uint8Array
  readonly where: string
  readonly delimiter: number
  private readonly format: CsvFormat
  /** Where the next field begins, and the line it is in, the first being 1. */
  pos: number
  line = 1
  /** The field last read: bytes `from` to `to - 1` of `field`; and whether it ended its row. */
  field: Uint8Array
  from = 0
  to = 0
  ended = false
  emptyLines = 0
  comments = 0
  /** Fields in which something followed the closing quote, and the line of the first. */
  looseQuotes = 0
  looseLine = 0
  private scratch = new Uint8Array(256)

  constructor(bytes: Uint8Array, where: string, format: CsvFormat, delimiter: number) {
    this.bytes = bytes
    this.where = where
    this.format = format
    this.delimiter = delimiter
    this.field = bytes
    this.pos = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  }

  /** Goes to the next row, past empty lines and comments; false at the end. */
  nextRow(): boolean {
    const { bytes } = this
    const { comment } = this.format
    while (this.pos < bytes.length) {
      const first = bytes[this.pos]!
      if (first === comment) this.comments++
      else if ((first === lf || first === cr || first === 32 || first === 9) && this.blank()) this.emptyLines++
      else return true
      let at = this.pos
      while (bytes[at] !== lf && bytes[at] !== cr) at++
      this.endRow(at)
    }
    return false
  }

  private blank(): boolean {
    const { bytes, delimiter } = this
    for (let at = this.pos; ; at++) {
      const byte = bytes[at]!
      if (byte === lf || byte === cr) return true
      if (byte === delimiter || (byte !== 32 && byte !== 9)) return false
    }
  }

  /** Notes that a line break at `at` ends the row. */
  endRow(at: number): void {
    const { bytes } = this
    this.line++
    this.ended = true
    this.pos = bytes[at] === cr && at + 1 < bytes.length && bytes[at + 1] === lf ? at + 2 : at + 1
  }

  /** Reads the field at `pos`. */
  read(): void {
    const { bytes, delimiter } = this
    if (bytes[this.pos] === this.format.quote) {
      this.readQuoted()
      return
    }
    let at = this.pos
    let byte = bytes[at]!
    while (byte !== delimiter && byte !== lf && byte !== cr) byte = bytes[++at]!
    this.field = bytes
    this.from = this.pos
    this.to = at
    if (at - this.from > this.format.maxFieldBytes) throw this.tooLong(this.line)
    if (byte === delimiter) {
      this.pos = at + 1
      this.ended = false
    } else this.endRow(at)
  }

  private readQuoted(): void {
    const { bytes } = this
    const { quote } = this.format
    const begin = this.line
    let at = this.pos + 1
    const open = at
    let length = 0
    let copied = false
    for (;;) {
      const from = at
      while (at < bytes.length && bytes[at] !== quote) {
        const byte = bytes[at++]
        if (byte === lf || (byte === cr && bytes[at] !== lf)) this.line++
      }
      if (at >= bytes.length) {
        throw new FormatError(
          `${this.where}: the quoted field that begins in line ${begin} does not end. Close it with ${String.fromCharCode(quote)}, or pass another { quote }.`,
          { line: begin },
        )
      }
      if (at - open > this.format.maxFieldBytes) throw this.tooLong(begin)
      const doubled = bytes[at + 1] === quote
      if (doubled || copied) {
        length = this.keep(length, from, doubled ? at + 1 : at)
        copied = true
      }
      if (!doubled) break
      at += 2
    }
    this.field = copied ? this.scratch : bytes
    this.from = copied ? 0 : open
    this.to = copied ? length : at
    this.afterQuote(at + 1)
  }

  /** What comes between a closing quote and the end of the field belongs to the field. */
  private afterQuote(after: number): void {
    const { bytes, delimiter } = this
    let at = after
    while (bytes[at] !== delimiter && bytes[at] !== lf && bytes[at] !== cr) at++
    if (at > after) {
      if (this.looseQuotes++ === 0) this.looseLine = this.line
      if (this.field === bytes) this.to = this.keep(0, this.from, this.to)
      this.to = this.keep(this.to, after, at)
      this.field = this.scratch
      this.from = 0
    }
    if (bytes[at] === delimiter) {
      this.pos = at + 1
      this.ended = false
    } else this.endRow(at)
  }

  /** Puts bytes behind the first `length` of the scratch memory; the new length. */
  private keep(length: number, from: number, to: number): number {
    const end = length + to - from
    if (end > this.scratch.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.scratch.length))
      larger.set(this.scratch)
      this.scratch = larger
    }
    this.scratch.set(this.bytes.subarray(from, to), length)
    return end
  }

  private tooLong(line: number): FormatError {
    const { maxFieldBytes } = this.format
    return new FormatError(
      `${this.where}: a field in line ${line} has more than ${maxFieldBytes} bytes. A quote may be missing; if it is right, pass a larger { maxFieldBytes }.`,
      { line, maxFieldBytes },
    )
  }
}
