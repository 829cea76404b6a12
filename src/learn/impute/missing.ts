import { ArgumentError } from '../../core/errors.ts'
import { aNumber, either, type Meaning, nothing, shown } from '../../core/options.ts'
import { NumberColumn, type TableColumn, TextColumn } from '../../data/table/column.ts'
import { Table } from '../../data/table/table.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'

/** Any text, among other meanings of an option. */
export const aText: Meaning<string> = {
  kind: 'text',
  expected: 'text',
  accepts: (value): value is string => typeof value === 'string',
  fromText: text => text,
  placeholder: 'TEXT',
}

export const missingValues = either([nothing, aNumber(), aText], {
  default: null,
  help: 'what stands for a missing value; null: NaN, and empty cells of a table',
})

/** 1 where a value is missing. */
export const missingMask = (column: TableColumn, missing: number | string | null): Uint8Array => {
  const mask = new Uint8Array(column.length)
  if (missing === null || column.type === 'boolean') {
    for (let i = 0; i < mask.length; i++) if (column.isMissing(i)) mask[i] = 1
    return mask
  }
  for (let i = 0; i < mask.length; i++) if (column.at(i) === missing) mask[i] = 1
  return mask
}

/** Infinity, or a missing value of another kind than the one that is named. */
export const requireKnown = (where: string, table: Table, missing: number | string | null): void => {
  let place = 0
  for (const column of table) {
    if (column instanceof NumberColumn) {
      const { data } = column
      const row = data.findIndex(x => x === Infinity || x === -Infinity || (missing !== null && Number.isNaN(x)))
      if (row >= 0) {
        const hint =
          missing === null || !Number.isNaN(data[row]!)
            ? 'Scale or drop it.'
            : `missingValues is ${shown(missing)}: leave it out where NaN is what is missing.`
        throw new ArgumentError(
          `${where}: X is ${data[row]} at row ${row}, column ${place} (${shown(column.name)}). ${hint}`,
          {
            row,
            column: place,
          },
        )
      }
    }
    place++
  }
}

/** A matrix where all columns hold numbers, else a table. */
export const assembled = (columns: readonly TableColumn[], rows: number): Dense | Table =>
  columns.length === 0
    ? dense(rows, 0)
    : columns.some(column => column instanceof TextColumn)
      ? new Table(columns)
      : new Table(columns).toDense()

/** A column of 0 and 1 that tells where values of another one were missing. */
export const indicatorColumn = (column: TableColumn, mask: Uint8Array): NumberColumn =>
  new NumberColumn(indicatorName(column.name), Float64Array.from(mask))
export const indicatorName = (name: string): string => `missingindicator_${name}`
