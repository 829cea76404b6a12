import { ArgumentError, DataError, rand, randn } from 'gradus'
import { digits, NumberColumn, type Table } from 'gradus/data'
import type { DataReport, OwnData } from '../../kit/lab.ts'
import { completeRows, numbersOf, numericColumns } from '../../kit/plane-data.ts'
import type { Settings } from './about.ts'
import type { Colouring } from './shot.ts'

/** Rows of numbers, with what can colour them. */
export interface Rows {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
}
export interface Source {
  readonly X: Rows
  readonly names: readonly string[]
  /** Rows that there are. */
  readonly total: number
  readonly pixels: number
  readonly colours: readonly string[]
  colouring(wanted: string): Colouring
  readonly report?: DataReport
}

const uniform = async (count: number): Promise<ArrayLike<number>> => rand([count], { dtype: 'float64' }).data()
const normal = async (count: number): Promise<ArrayLike<number>> => randn([count], { dtype: 'float64' }).data()

/** Groups of the blobs, and dimensions of the space that they are in. */
export const [groups, dimensions] = [6, 10]

const drawnDigits = ({ count, seed }: Settings): Source => {
  const { x, y } = digits({ count, testCount: 1, seed }).train
  const classes = Array.from({ length: 10 }, (_, k) => String(k))
  return {
    X: { rows: count, columns: 784, data: Float64Array.from(x.data as Float32Array) },
    names: Array.from({ length: 784 }, (_, j) => `pixel ${j}`),
    total: count,
    pixels: 28,
    colours: [],
    colouring: () => ({ name: 'digit', values: Float32Array.from(y.data as Int32Array), classes }),
  }
}

const blobs = async ({ count }: Settings): Promise<Source> => {
  const middles = await normal(groups * dimensions)
  const shaken = await normal(count * dimensions)
  const data = new Float64Array(count * dimensions)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dimensions; j++)
      data[i * dimensions + j] = 3 * middles[(i % groups) * dimensions + j]! + shaken[i * dimensions + j]!
  }
  const values = Float32Array.from({ length: count }, (_, i) => i % groups)
  const classes = Array.from({ length: groups }, (_, k) => String(k + 1))
  return {
    X: { rows: count, columns: dimensions, data },
    names: Array.from({ length: dimensions }, (_, j) => `x${j + 1}`),
    total: count,
    pixels: 0,
    colours: [],
    colouring: () => ({ name: 'blob', values, classes }),
  }
}

const swissRoll = async ({ count }: Settings): Promise<Source> => {
  const along = await uniform(count)
  const across = await uniform(count)
  const shaken = await normal(3 * count)
  const data = new Float64Array(3 * count)
  const angles = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const angle = 1.5 * Math.PI * (1 + 2 * along[i]!)
    angles[i] = angle
    const at = [angle * Math.cos(angle), 21 * across[i]!, angle * Math.sin(angle)]
    for (let j = 0; j < 3; j++) data[3 * i + j] = at[j]! + 0.2 * shaken[3 * i + j]!
  }
  return {
    X: { rows: count, columns: 3, data },
    names: ['x', 'y', 'z'],
    total: count,
    pixels: 0,
    colours: [],
    colouring: () => ({ name: 'place along the roll', values: angles, classes: null }),
  }
}

/** The most classes that a column of words may have to colour points. */
const mostClasses = 10

const colouringOf = (table: Table, kept: Int32Array, name: string): Colouring => {
  const column = table.column(name)
  const words = column.toArray()
  const distinct = [...new Set(Array.from(kept, row => String(words[row] ?? '(missing)')))].sort()
  if (column instanceof NumberColumn && distinct.length > 10)
    return { name, values: Float32Array.from(kept, row => column.data[row]!), classes: null }
  const index = new Map(distinct.map((word, k) => [word, k]))
  return {
    name,
    values: Float32Array.from(kept, row => index.get(String(words[row] ?? '(missing)'))!),
    classes: distinct,
  }
}

/** Rows of somebody's own table. @throws DataError in one sentence for a table with too few columns of numbers or rows */
const ownRows = ({ name, table }: OwnData, { count }: Settings): Source => {
  if (!table) throw new DataError(`${name}: is no table. Give one with at least two columns of numbers.`)
  const used = numericColumns(table)
  const words = table.names.filter(column => {
    if (used.includes(column)) return false
    const kinds = new Set(table.column(column).toArray().map(String)).size
    return kinds > 1 && kinds <= mostClasses
  })
  if (used.length < 2) {
    throw new DataError(
      `${name}: has ${used.length === 1 ? 'one column' : 'no columns'} of numbers. Give at least two columns of numbers.`,
    )
  }
  const { kept: complete, dropped } = completeRows(table, used)
  if (complete.length < 5) {
    throw new DataError(`${name}: has ${complete.length} rows in which every number is there. Give at least 5.`)
  }
  // Evenly over the table: what is sorted by class keeps all of its classes.
  const many = Math.min(count, complete.length)
  const kept = Int32Array.from({ length: many }, (_, i) => complete[Math.floor((i * complete.length) / many)]!)
  const columns = used.map(column => numbersOf(table, column))
  const data = new Float64Array(many * used.length)
  for (const [i, row] of kept.entries())
    for (const [j, column] of columns.entries()) data[i * used.length + j] = column[row]!
  const over = complete.length - many
  const colours = [...words, ...used]
  const left = table.names.filter(column => !used.includes(column) && !words.includes(column))
  return {
    X: { rows: many, columns: used.length, data },
    names: used,
    total: table.rowCount,
    pixels: 0,
    colours,
    colouring: wanted => colouringOf(table, kept, colours.includes(wanted) ? wanted : colours[0]!),
    report: {
      name,
      used: many,
      unit: 'rows',
      dropped: [
        ...dropped,
        ...(over > 0 ? [{ count: over, why: `beyond ${count} rows, taken evenly (raise “Rows, at most”)` }] : []),
      ],
      notes: [
        `Columns of numbers: ${used.slice(0, 8).join(', ')}${used.length > 8 ? `, … (${used.length})` : ''}.`,
        ...(left.length > 0 ? [`Not used: ${left.slice(0, 8).join(', ')}${left.length > 8 ? ', …' : ''}.`] : []),
        ...(table.report?.notes ?? []),
      ],
    },
  }
}

export const sourceOf = async (settings: Settings, own: OwnData | null): Promise<Source> => {
  const source = own
    ? ownRows(own, settings)
    : settings.dataSet === 'digits'
      ? drawnDigits(settings)
      : await (settings.dataSet === 'blobs' ? blobs : swissRoll)(settings)
  const { axes, method, perplexity } = settings
  const { rows, columns } = source.X
  if (method === 'pca' && columns < axes) {
    throw new ArgumentError(
      `axes is ${axes}, and the data have ${columns} columns of numbers. Take as many axes, or t-SNE.`,
    )
  }
  if (method === 'tsne' && perplexity >= rows) {
    throw new ArgumentError(
      `perplexity is ${perplexity}, and there are ${rows} rows. Take a smaller perplexity, or more rows.`,
    )
  }
  return source
}
