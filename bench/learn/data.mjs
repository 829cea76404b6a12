// The data of the workloads, as files of float64 that both sides read: X row by row, then y.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { normal, uniform } from '../numbers.mjs'

const tabular = join(
  process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url)),
  'tabular',
)

const csv = name => {
  const path = join(tabular, name)
  if (!existsSync(path)) throw new Error(`${path} is absent; set GRADUS_DATA to the folder with tabular`)
  const rows = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map(line => line.split(',').map(Number))
  const columns = rows[0].length - 1
  const X = Float64Array.from(rows.flatMap(row => row.slice(0, -1)))
  return { X, y: Float64Array.from(rows, row => row.at(-1)), rows: rows.length, columns }
}

/** Points around centres, normal. */
const around = (rows, columns, { centres, spread, seed }) => {
  const middle = uniform(seed, centres * columns, -10, 10)
  const noise = normal(seed + 1, rows * columns)
  const X = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      X[i * columns + j] = middle[(i % centres) * columns + j] + spread * noise[i * columns + j]
  return { X, y: Float64Array.from({ length: rows }, (_, i) => i % centres), rows, columns }
}

const million = () => {
  const [rows, columns] = [1_000_000, 20]
  const X = normal(7, rows * columns)
  const noise = normal(8, rows)
  const y = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    const x = X.subarray(i * columns, (i + 1) * columns)
    y[i] = 2 * x[0] + Math.sin(3 * x[1]) + x[2] * x[3] + (x[4] > 0.5 ? 1.5 : 0) + 0.3 * x[5] ** 2 + 0.5 * noise[i]
  }
  return { X: Float64Array.from(X), y, rows, columns }
}

const makers = {
  digits: () => csv('sklearn_digits.csv'),
  california: () => csv('sklearn_california_housing.csv'),
  points50: () => around(10_000, 50, { centres: 20, spread: 3, seed: 3 }),
  points2: () => around(20_000, 2, { centres: 12, spread: 0.7, seed: 5 }),
  wide: () => around(20_000, 200, { centres: 40, spread: 2, seed: 9 }),
  million,
}

/** Writes the named data into a folder: the file and its sizes. */
export const writeData = (folder, name) => {
  const path = join(folder, `${name}.f64`)
  const { X, y, rows, columns } = makers[name]()
  mkdirSync(folder, { recursive: true })
  const all = new Float64Array(X.length + y.length)
  all.set(X)
  all.set(y, X.length)
  writeFileSync(path, new Uint8Array(all.buffer))
  return { path, rows, columns }
}
