import { ArgumentError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { type Cell, NumberColumn, type TableColumn, TextColumn } from '../../data/table/column.ts'

/** Distinct values of a column in ascending order; null stands for a missing one and comes last. */
export type Categories = readonly Cell[]

const ascending = (a: Cell, b: Cell): number => (a === b ? 0 : a! < b! ? -1 : 1)

/** The distinct values of a column, each as often as it comes. */
const countsOf = (column: TableColumn): Map<Cell, number> => {
  const counts = new Map<Cell, number>()
  if (column instanceof TextColumn) {
    const byCode = new Float64Array(column.categories.length + 1)
    for (let i = 0; i < column.length; i++) byCode[column.codes[i]! + 1]!++
    for (const [code, count] of byCode.entries())
      if (count > 0) counts.set(code === 0 ? null : column.categories[code - 1]!, count)
    return counts
  }
  for (let i = 0; i < column.length; i++) {
    const value = column.at(i)
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return counts
}

/** The categories of a column, ascending, and how often each comes. */
export const learnCategories = (
  column: TableColumn,
): { readonly categories: Categories; readonly counts: readonly number[] } => {
  const counts = countsOf(column)
  const known = [...counts.keys()].filter(value => value !== null).sort(ascending)
  const categories = counts.has(null) ? [...known, null] : known
  return { categories, counts: categories.map(value => counts.get(value)!) }
}

/** The place of each row's value among the categories, -1 for another value. */
export const codesIn = (column: TableColumn, categories: Categories): Int32Array => {
  const place = new Map(categories.map((value, code) => [value, code]))
  const codes = new Int32Array(column.length)
  if (column instanceof TextColumn) {
    const byCode = column.categories.map(text => place.get(text) ?? -1)
    const missing = place.get(null) ?? -1
    for (let i = 0; i < codes.length; i++) codes[i] = column.codes[i]! < 0 ? missing : byCode[column.codes[i]!]!
    return codes
  }
  for (let i = 0; i < codes.length; i++) codes[i] = place.get(column.at(i)) ?? -1
  return codes
}

/** Counts of given categories in a column; a value that is none of them is refused. */
export const countGiven = (
  where: string,
  column: TableColumn,
  categories: Categories,
  strict: boolean,
): readonly number[] => {
  const codes = codesIn(column, categories)
  const counts = categories.map(() => 0)
  for (let i = 0; i < codes.length; i++) {
    if (codes[i]! >= 0) counts[codes[i]!]!++
    else if (strict) throw unknownCategory(where, column, i, categories)
  }
  return counts
}

export const unknownCategory = (
  where: string,
  column: TableColumn,
  row: number,
  categories: Categories,
): ArgumentError => {
  const few = categories.slice(0, 8).map(shown).join(', ')
  return new ArgumentError(
    `${where}: column ${shown(column.name)} is ${shown(column.at(row))} at row ${row}, which is no known category. Known are ${few}${categories.length > 8 ? ', ...' : ''}; set handleUnknown to let others pass.`,
    { column: column.name, row },
  )
}

/** A number column must hold finite numbers or nothing. */
export const refuseInfinity = (where: string, columns: Iterable<TableColumn>): void => {
  let place = 0
  for (const column of columns) {
    if (column instanceof NumberColumn) {
      const row = column.data.findIndex(x => x === Infinity || x === -Infinity)
      if (row >= 0) {
        throw new ArgumentError(
          `${where}: X is ${column.data[row]} at row ${row}, column ${place} (${shown(column.name)}). Scale or drop it.`,
          { row, column: place },
        )
      }
    }
    place++
  }
}
