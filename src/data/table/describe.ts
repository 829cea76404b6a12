import { type BooleanColumn, NumberColumn, type TableColumn, TextColumn, textColumn } from './column.ts'

/** How often each value occurs, most often first and, among equals, in the order of appearance. Missing ones do not count. */
export const countValues = (column: TableColumn): { values: TableColumn; counts: Float64Array } => {
  const firstRow: number[] = []
  const counts: number[] = []
  const seen = new Map<number, number>()
  const keys = column.type === 'text' ? column.codes : column.data
  for (let row = 0; row < column.length; row++) {
    if (column.isMissing(row)) continue
    const place = seen.get(keys[row]!)
    if (place !== undefined) counts[place]!++
    else {
      seen.set(keys[row]!, counts.length)
      firstRow.push(row)
      counts.push(1)
    }
  }
  const order = counts.map((_, i) => i).sort((a, b) => counts[b]! - counts[a]!)
  return {
    values: column.take(order.map(i => firstRow[i]!)),
    counts: Float64Array.from(order, i => counts[i]!),
  }
}

/** The q-quantile of sorted numbers, by linear interpolation. Source: Hyndman & Fan 1996, definition 7. */
const quantile = (sorted: Float64Array, q: number): number => {
  if (sorted.length === 0) return Number.NaN
  const place = q * (sorted.length - 1)
  const below = Math.floor(place)
  const a = sorted[below]!
  const b = sorted[Math.min(below + 1, sorted.length - 1)]!
  // Equal or infinite values must not be subtracted.
  return a === b || place === below ? a : a + (b - a) * (place - below)
}

/** What is told of a column of numbers; `std` has n - 1 in its divisor. */
const summarize = (data: Float64Array) => {
  const sorted = data.filter(x => !Number.isNaN(x)).sort()
  const count = sorted.length
  let sum = 0
  for (const x of sorted) sum += x
  const mean = sum / count
  let squares = 0
  for (const x of sorted) squares += (x - mean) ** 2
  return {
    count,
    mean,
    std: count > 1 ? Math.sqrt(squares / (count - 1)) : Number.NaN,
    min: quantile(sorted, 0),
    '25%': quantile(sorted, 0.25),
    '50%': quantile(sorted, 0.5),
    '75%': quantile(sorted, 0.75),
    max: quantile(sorted, 1),
  }
}

const measures = ['mean', 'std', 'min', '25%', '50%', '75%', 'max'] as const

/** The columns of a description: a row for each column described. */
export const describeColumns = (columns: readonly TableColumn[]): TableColumn[] => {
  const numbers = columns.map(column => (column instanceof NumberColumn ? summarize(column.data) : undefined))
  const others = columns.map(column => (column instanceof NumberColumn ? undefined : countValues(column)))
  const count = Float64Array.from(columns, (_, i) => numbers[i]?.count ?? others[i]!.counts.reduce((a, b) => a + b, 0))
  const column = (name: string, value: (i: number) => number | undefined): NumberColumn =>
    new NumberColumn(
      name,
      Float64Array.from(columns, (_, i) => value(i) ?? Number.NaN),
    )
  const hasNumbers = numbers.some(Boolean)
  const hasOthers = others.some(Boolean)
  return [
    textColumn('column', columns.length, i => columns[i]!.name),
    textColumn('type', columns.length, i => columns[i]!.type),
    new NumberColumn('count', count),
    column('missing', i => columns[i]!.length - count[i]!),
    ...(hasNumbers ? measures.map(measure => column(measure, i => numbers[i]?.[measure])) : []),
    ...(hasOthers
      ? [
          column('unique', i => others[i]?.counts.length),
          textColumn('top', columns.length, i => {
            const top = others[i]?.values.at(0)
            return top === null || top === undefined ? null : String(top)
          }),
          column('freq', i => others[i]?.counts[0]),
        ]
      : []),
  ]
}

/** What can be computed of the numbers of a group. */
export type Aggregate = 'mean' | 'sum' | 'min' | 'max' | 'std' | 'count'

const aggregates: Readonly<Record<Exclude<Aggregate, 'count'>, (group: Float64Array) => number>> = {
  mean: group => summarize(group).mean,
  sum: group => group.reduce((total, x) => (Number.isNaN(x) ? total : total + x), 0),
  min: group => summarize(group).min,
  max: group => summarize(group).max,
  std: group => summarize(group).std,
}

/** The rows of each group, in the order of `keys`, whose values are distinct; rows without a value are in none. */
export const rowsByValue = (by: TableColumn): { keys: TableColumn; groups: number[][] } => {
  const groups = new Map<number, number[]>()
  const codes = by.type === 'text' ? by.codes : by.data
  for (let row = 0; row < by.length; row++) {
    if (by.isMissing(row)) continue
    const rows = groups.get(codes[row]!)
    if (rows) rows.push(row)
    else groups.set(codes[row]!, [row])
  }
  const sorted = [...groups.values()].sort((a, b) => compareCells(by, a[0]!, b[0]!))
  return { keys: by.take(sorted.map(rows => rows[0]!)), groups: sorted }
}

/** The order of two cells: numbers by size, false before true, texts by their UTF-16 units; missing ones last. */
export const compareCells = (column: TableColumn, a: number, b: number): number => {
  const missing = Number(column.isMissing(a)) - Number(column.isMissing(b))
  if (missing !== 0 || column.isMissing(a)) return missing
  if (column instanceof TextColumn) {
    const x = column.categories[column.codes[a]!]!
    const y = column.categories[column.codes[b]!]!
    return x < y ? -1 : Number(x > y)
  }
  return column.data[a]! - column.data[b]! || 0
}

/** The columns of a table of groups: the keys, then one aggregate of every other column of numbers or truth values. */
export const aggregateColumns = (
  by: TableColumn,
  others: readonly TableColumn[],
  aggregate: Aggregate,
): TableColumn[] => {
  const { keys, groups } = rowsByValue(by)
  const columns = others.filter(column => aggregate === 'count' || !(column instanceof TextColumn))
  return [
    keys,
    ...columns.map(column => {
      if (aggregate === 'count') {
        const present = groups.map(rows => rows.filter(row => !column.isMissing(row)).length)
        return new NumberColumn(column.name, Float64Array.from(present))
      }
      const values = (column as NumberColumn | BooleanColumn).values()
      const compute = aggregates[aggregate]
      return new NumberColumn(
        column.name,
        Float64Array.from(groups, rows => compute(Float64Array.from(rows, row => values[row]!))),
      )
    }),
  ]
}
