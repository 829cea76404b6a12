import { DataError } from 'gradus'
import { NumberColumn, type Table } from 'gradus/data'
import type { DataReport, OwnData } from './lab.ts'

/** Points of the plane in classes, from a table. */
export interface PlaneData {
  /** Two coordinates a point, within −1 and 1. */
  readonly x: Float32Array
  readonly y: Int32Array
  readonly classes: readonly string[]
  /** Names of the two columns. */
  readonly names: readonly [string, string]
  /** What −1 and 1 are in the table's own numbers, for each axis. */
  readonly ends: readonly [readonly [number, number], readonly [number, number]]
  readonly report: DataReport
}

/** A column as numbers; NaN where a cell is none. */
export const numbersOf = (table: Table, name: string): Float64Array => {
  const column = table.column(name)
  if (column instanceof NumberColumn) return column.data
  return Float64Array.from(column.toArray(), cell => {
    const word = String(cell ?? '').trim()
    return word === '' ? Number.NaN : Number(word)
  })
}

/** Columns whose cells are numbers, for the most part. */
export const numericColumns = (table: Table, names: readonly string[] = table.names): string[] =>
  names.filter(name => {
    const values = numbersOf(table, name)
    let right = 0
    for (const value of values) if (Number.isFinite(value)) right++
    return right > 0 && right >= values.length / 2
  })

/** Which rows have numbers in these columns and something in `also`; why the others were left out. */
export const completeRows = (
  table: Table,
  names: readonly string[],
  also: readonly string[] = [],
): { readonly kept: Int32Array; readonly dropped: DataReport['dropped'] } => {
  const values = names.map(name => numbersOf(table, name))
  const others = also.map(name => table.column(name))
  const reasons = new Map<string, number>()
  const kept: number[] = []
  for (let row = 0; row < table.rowCount; row++) {
    const bad = values.findIndex(column => !Number.isFinite(column[row]!))
    const absent = others.findIndex(column => column.isMissing(row))
    if (bad < 0 && absent < 0) kept.push(row)
    else {
      const why = bad >= 0 ? `${names[bad]} is no number` : `${also[absent]} is missing`
      reasons.set(why, (reasons.get(why) ?? 0) + 1)
    }
  }
  return { kept: Int32Array.from(kept), dropped: [...reasons].map(([why, count]) => ({ count, why })) }
}

/** More points than these a page does not draw in time. */
export const mostPoints = 5000

/** The first two columns of numbers and the classes of the last column, of at most {@link mostPoints} rows. @throws DataError in one sentence for a table that is not so */
export const planeDataOf = ({ name, table }: OwnData, { maxClasses = 10 } = {}): PlaneData => {
  if (!table) throw new DataError(`${name}: is no table. Give one with two columns of numbers and one with the class.`)
  const target = table.names.at(-1)
  const names = numericColumns(table, table.names.slice(0, -1)).slice(0, 2)
  if (target === undefined || names.length < 2) {
    throw new DataError(
      `${name}: has ${names.length === 1 ? 'one column' : 'no columns'} of numbers before its last column. Give two columns of numbers and, as the last column, the class.`,
    )
  }
  const complete = completeRows(table, names, [target])
  const kept = complete.kept.slice(0, mostPoints)
  const beyond = complete.kept.length - kept.length
  const dropped = [
    ...complete.dropped,
    ...(beyond > 0 ? [{ count: beyond, why: `a page shows the first ${mostPoints.toLocaleString('en')} rows` }] : []),
  ]
  const cells = table.column(target).take(kept).toArray()
  const labels = cells.map(String)
  const classes = [...new Set(labels)].sort()
  if (classes.length < 2 || classes.length > maxClasses) {
    throw new DataError(
      `${name}: its last column, ${target}, has ${classes.length} different values in ${kept.length} usable rows; from 2 to ${maxClasses} classes can be shown. Make the class the last column.`,
    )
  }
  const columns = names.map(column => numbersOf(table, column))
  const ends = columns.map(column => {
    let [low, high] = [Infinity, -Infinity]
    for (const row of kept) {
      low = Math.min(low, column[row]!)
      high = Math.max(high, column[row]!)
    }
    return [low, high > low ? high : low + 1] as const
  })
  const x = new Float32Array(2 * kept.length)
  for (const [i, row] of kept.entries())
    for (const [axis, [low, high]] of ends.entries())
      x[2 * i + axis] = (2 * (columns[axis]![row]! - low)) / (high - low) - 1
  const index = new Map(classes.map((word, k) => [word, k]))
  const left = table.names.filter(column => column !== target && !names.includes(column))
  return {
    x,
    y: Int32Array.from(labels, word => index.get(word)!),
    classes,
    names: [names[0]!, names[1]!],
    ends: [ends[0]!, ends[1]!],
    report: {
      name,
      used: kept.length,
      unit: 'rows',
      dropped,
      notes: [
        `${names[0]} and ${names[1]} are the axes, scaled to −1 … 1; ${target} is the class (${classes.slice(0, 6).join(', ')}${classes.length > 6 ? ', …' : ''}).`,
        ...(left.length > 0 ? [`Not used: ${left.slice(0, 8).join(', ')}${left.length > 8 ? ', …' : ''}.`] : []),
        ...(table.report?.notes ?? []),
      ],
    },
  }
}
