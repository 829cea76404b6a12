import { defineOptions, flag, type Given, text } from '../../core/options.ts'
import { ArgumentError } from '../../core/errors.ts'
import type { Cell, TableColumn } from './column.ts'

const writeOptions = defineOptions({
  delimiter: text({ default: ',', help: 'between fields, one character' }),
  missing: text({ default: '', help: 'what stands for a missing value' }),
  escapeFormulas: flag({ help: "put ' before texts that a spreadsheet would take for formulas" }),
})
export type CsvWriteOptions = Given<typeof writeOptions>

const pieceRows = 4096

/** A table as CSV text: fields quoted where they must be, numbers in the shortest form that reads back to the same double. */
export const writeCsv = (columns: readonly TableColumn[], rows: number, given: CsvWriteOptions): string => {
  const { delimiter, missing, escapeFormulas } = writeOptions.validate('toCsv', given)
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter)) {
    throw new ArgumentError(
      `toCsv: delimiter must be one character other than a quote or a line break; got ${JSON.stringify(delimiter)}.`,
      { delimiter },
    )
  }
  const special = (field: string): boolean =>
    field.includes(delimiter) || /["\r\n]/.test(field) || /^[\s]*$/.test(field)
  const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`
  // A field of nothing stands for a missing value, and a line of nothing for no row at all.
  const alone = columns.length === 1
  const absent = (alone && missing === '') || special(missing.replace(/^$/, 'x')) ? quoted(missing) : missing
  const field = (cell: Cell): string => {
    if (cell === null) return absent
    if (typeof cell === 'boolean') return cell ? 'true' : 'false'
    if (typeof cell === 'number') return Object.is(cell, -0) ? '-0' : String(cell)
    const escaped = escapeFormulas && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
    return special(escaped) ? quoted(escaped) : escaped
  }
  const pieces: string[] = [columns.map(column => field(column.name)).join(delimiter), '\n']
  for (let start = 0; start < rows; start += pieceRows) {
    let piece = ''
    for (let row = start; row < Math.min(rows, start + pieceRows); row++) {
      for (const [c, column] of columns.entries()) piece += (c > 0 ? delimiter : '') + field(column.at(row))
      piece += '\n'
    }
    pieces.push(piece)
  }
  return pieces.join('')
}
