import { NumberColumn, type TableColumn } from './column.ts'

const widest = 32

const cellText = (column: TableColumn, row: number): string => {
  const cell = column.at(row)
  if (cell === null) return '·'
  if (typeof cell === 'number') return Number.isInteger(cell) ? String(cell) : String(Number(cell.toPrecision(6)))
  const text = String(cell).replace(/\s/g, ' ')
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text
}

/**
 * A table as aligned text: names, types and rows, the middle ones left out where there are more than `limit`; numbers to six digits,
 * a dot for a missing value.
 */
export const formatTable = (columns: readonly TableColumn[], rows: number, limit: number): string => {
  const head = rows <= limit ? rows : Math.ceil(limit / 2)
  const shown = [
    ...Array.from({ length: head }, (_, i) => i),
    ...Array.from({ length: Math.min(limit, rows) - head }, (_, i) => rows - (limit - head) + i),
  ]
  const texts = columns.map(column => {
    const name = column.name.length > widest ? `${column.name.slice(0, widest - 1)}…` : column.name
    const cells = [name, column.type, ...shown.map(row => cellText(column, row))]
    const width = Math.max(...cells.map(cell => cell.length))
    const right = column instanceof NumberColumn
    return cells.map(cell => (right ? cell.padStart(width) : cell.padEnd(width)))
  })
  const lines = Array.from({ length: shown.length + 2 }, (_, i) =>
    texts
      .map(column => column[i])
      .join('  ')
      .trimEnd(),
  )
  if (rows > limit) lines.splice(2 + head, 0, `… ${rows - shown.length} rows more`)
  return [`Table of ${rows} rows and ${columns.length} columns`, ...lines].join('\n')
}
