import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseCsv } from '../../../src/data/table/csv.ts'
import type { Dense } from '../../../src/ops/matrix-kernels.ts'

// The data of tools/fixtures/learn_common.py, by the same names and formulas.

const folder = join(
  process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url)),
  'tabular',
)

export interface Spec {
  readonly name: string
  readonly rows?: readonly [number, number]
  readonly every?: number
  readonly columns?: readonly number[]
  readonly scale?: boolean
  readonly holdout?: boolean
  readonly count?: number
  readonly width?: number
}

export interface Data {
  readonly X: Dense
  readonly y: Float64Array
  readonly testX: Dense
  readonly testY: Float64Array
}

/** Numbers in [0, 1) of the linear congruential generator of Numerical Recipes (1992). */
const uniforms = (count: number, seed: number): Float64Array => {
  let state = seed
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0
    return state / 2 ** 32
  })
}

const made = ({ name, count: rows = 120, width: columns = 5 }: Spec): { X: Dense; y: Float64Array } => {
  const u = uniforms(rows * (columns + 1), 12345)
  const code = (i: number): number => i % (name === 'made-two' ? 2 : 3)
  if (name === 'made-rings') {
    const data = new Float64Array(rows * 2)
    for (let i = 0; i < rows; i++) {
      const angle = 2 * Math.PI * u[i * columns]!
      const radius = 1 + (i % 2) + 0.2 * u[i * columns + 1]!
      data[2 * i] = radius * Math.cos(angle)
      data[2 * i + 1] = radius * Math.sin(angle)
    }
    return { X: { rows, columns: 2, data }, y: Float64Array.from({ length: rows }, (_, i) => i % 2) }
  }
  const value = (i: number, j: number): number => {
    const x = u[i * columns + j]!
    if (name === 'made-regression') return 4 * x - 2
    if (name === 'made-counts') return Math.floor(6 * x * (1 + ((code(i) + j) % 3)))
    return (((code(i) + 1) * (j + 2)) % 5) + 2.5 * (x - 0.5)
  }
  const data = Float64Array.from({ length: rows * columns }, (_, k) => value(Math.floor(k / columns), k % columns))
  const X = { rows, columns, data }
  if (name !== 'made-regression') return { X, y: Float64Array.from({ length: rows }, (_, i) => code(i)) }
  const y = Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0
    for (let j = 0; j < columns; j++) sum += data[i * columns + j]! * (j - 1.5)
    return sum + 0.5 * data[i * columns]! * data[i * columns + 1]! + 2 * (u[rows * columns + i]! - 0.5) + 1
  })
  return { X, y }
}

const targets: Readonly<Record<string, string>> = { california_housing: 'MedHouseVal' }
const tables = new Map<string, { X: Dense; y: Float64Array }>()

const table = (name: string): { X: Dense; y: Float64Array } => {
  const known = tables.get(name)
  if (known) return known
  const read = parseCsv(readFileSync(join(folder, `sklearn_${name}.csv`)))
  const target = targets[name] ?? 'target'
  const found = { X: read.drop([target]).toDense(), y: read.column(target).values() as Float64Array }
  tables.set(name, found)
  return found
}

/** Whether the data is here; made data always is. */
export const isHere = ({ name }: Spec): boolean =>
  name.startsWith('made-') || existsSync(join(folder, `sklearn_${name}.csv`))

const take = ({ X, y }: { X: Dense; y: Float64Array }, rows: readonly number[]): { X: Dense; y: Float64Array } => {
  const data = new Float64Array(rows.length * X.columns)
  for (const [i, row] of rows.entries())
    data.set(X.data.subarray(row * X.columns, (row + 1) * X.columns), i * X.columns)
  return { X: { rows: rows.length, columns: X.columns, data }, y: Float64Array.from(rows, row => y[row]!) }
}

const keepColumns = (X: Dense, keep: readonly number[]): Dense => ({
  rows: X.rows,
  columns: keep.length,
  data: Float64Array.from(
    { length: X.rows * keep.length },
    (_, k) => X.data[Math.floor(k / keep.length) * X.columns + keep[k % keep.length]!]!,
  ),
})

const scaled = ({ rows, columns, data }: Dense): Dense => {
  const out = data.slice()
  for (let j = 0; j < columns; j++) {
    let mean = 0
    for (let i = 0; i < rows; i++) mean += data[i * columns + j]! / rows
    let square = 0
    for (let i = 0; i < rows; i++) square += (data[i * columns + j]! - mean) ** 2 / rows
    for (let i = 0; i < rows; i++) out[i * columns + j] = (data[i * columns + j]! - mean) / (Math.sqrt(square) || 1)
  }
  return { rows, columns, data: out }
}

/** The rows and targets that a spec names. */
export const load = (spec: Spec): Data => {
  let found = spec.name.startsWith('made-') ? made(spec) : table(spec.name)
  const [start, end] = spec.rows ?? [0, found.X.rows]
  const every = spec.every ?? 1
  const rows = Array.from({ length: Math.min(end, found.X.rows) - start }, (_, i) => start + i).filter(
    (_, i) => i % every === 0,
  )
  if (rows.length < found.X.rows) found = take(found, rows)
  if (spec.columns) found = { X: keepColumns(found.X, spec.columns), y: found.y }
  if (spec.scale) found = { X: scaled(found.X), y: found.y }
  const { X, y } = found
  if (!spec.holdout) return { X, y, testX: X, testY: y }
  const all = Array.from({ length: X.rows }, (_, i) => i)
  const train = take(
    found,
    all.filter(i => i % 4 !== 3),
  )
  const test = take(
    found,
    all.filter(i => i % 4 === 3),
  )
  return { ...train, testX: test.X, testY: test.y }
}
