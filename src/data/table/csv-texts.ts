import type { ByteTable } from './byte-table.ts'
import { BooleanColumn, missingBoolean, type TableColumn, TextColumn } from './column.ts'
import { linesNamed, type TextCells } from './csv-rows.ts'
import { parseDecimal } from './decimal.ts'
import type { CellPlace } from './report.ts'
import { utf8Text } from './text-bytes.ts'

/** A column of text and what is to be told about it. */
export interface FoundColumn {
  readonly column: TableColumn
  readonly notNumbers?: { readonly count: number; readonly first: readonly CellPlace[] }
  readonly formulas?: { readonly count: number; readonly first: readonly CellPlace[] }
}

const isTrue = (text: string): boolean => text === 'True' || text === 'TRUE' || text === 'true'
const isFalse = (text: string): boolean => text === 'False' || text === 'FALSE' || text === 'false'

const latin1 = new TextDecoder('latin1')
/** Longer texts are not made whole. */
const longest = 2 ** 27

/** How to make the texts of a table: pieces of one text where that is possible, which is several times faster. */
const textsOf = (table: ByteTable, notText: () => Error): ((code: number) => string) => {
  if (table.all.length < longest && table.isAscii) {
    const whole = latin1.decode(table.all)
    return code => whole.slice(...table.span(code))
  }
  return code => {
    const text = utf8Text(table.bytes(code))
    if (text === undefined) throw notText()
    return text
  }
}

/** A column of truth values, if all texts are. */
const booleans = (name: string, codes: Int32Array, texts: readonly string[]): BooleanColumn | undefined => {
  if (texts.length === 0 || !texts.every(text => isTrue(text) || isFalse(text))) return undefined
  return new BooleanColumn(
    name,
    Uint8Array.from(codes, code => (code < 0 ? missingBoolean : Number(isTrue(texts[code]!)))),
  )
}

/**
 * The column of cells that are not all numbers.
 *
 * @param keep whether it stays text whatever it holds
 * @param notText the error for bytes that are no text
 */
export const finishTexts = (
  name: string,
  { codes: all, table, lines, missing }: TextCells,
  { rows, keep, decimal, notText }: { rows: number; keep: boolean; decimal: number; notText: () => Error },
): FoundColumn => {
  const codes = all.slice(0, rows)
  const uses = new Float64Array(table.size)
  for (let row = 0; row < rows; row++) if (codes[row]! >= 0) uses[codes[row]!]!++
  // Codes of missing words and of rows that were left out are closed up.
  const places: number[] = []
  const renumbered = new Int32Array(table.size).fill(-1)
  const texts: string[] = []
  const textAt = textsOf(table, notText)
  for (let code = 0; code < table.size; code++) {
    if (uses[code] === 0 || missing[code]) continue
    renumbered[code] = texts.length
    places.push(code)
    texts.push(textAt(code))
  }
  for (let row = 0; row < rows; row++) if (codes[row]! >= 0) codes[row] = renumbered[codes[row]!]!
  const truths = keep ? undefined : booleans(name, codes, texts)
  if (truths) return { column: truths }
  const counted = (wanted: (code: number, text: string) => boolean) => {
    let count = 0
    const first: CellPlace[] = []
    for (const [i, code] of places.entries()) {
      if (!wanted(code, texts[i]!)) continue
      count += uses[code]!
      if (first.length < linesNamed) first.push({ line: lines[code]!, text: texts[i]! })
    }
    return { count, first }
  }
  const isNumber = (code: number): boolean => {
    const bytes = table.bytes(code)
    return !Number.isNaN(parseDecimal(bytes, 0, bytes.length, decimal))
  }
  const formulas = counted((code, text) => /^[=+\-@]/.test(text) && !isNumber(code))
  const notNumbers = counted(code => !isNumber(code))
  const present = places.reduce((total, code) => total + uses[code]!, 0)
  return {
    column: new TextColumn(name, codes, texts),
    ...(formulas.count > 0 && { formulas }),
    ...(!keep && notNumbers.count * 2 < present && { notNumbers }),
  }
}
