import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  type CsvOptions,
  parseCsv,
  parseParquet,
  parseSvmlight,
  type Svmlight,
  type Table,
} from '../../../src/data/index.ts'
import parquetFixtures from '../../fixtures/tables-parquet.json' with { type: 'json' }
import fixtures from '../../fixtures/tables.json' with { type: 'json' }

const data = process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))

type Described = Record<string, number | string | string[]>
interface Frame {
  readonly rows: number
  readonly columns: readonly { name: string; type: string; missing: number }[]
  readonly describe: Record<string, Described>
}

const finite = (x: unknown): unknown =>
  x === 'NaN' ? Number.NaN : x === 'Infinity' ? Infinity : x === '-Infinity' ? -Infinity : x

/** What `describe` says of each column is what pandas says. */
const expectDescription = (table: Table, expected: Record<string, Described>): void => {
  const rows = new Map(
    table
      .describe()
      .toRows()
      .map(row => [row.column, row]),
  )
  for (const [name, values] of Object.entries(expected)) {
    const row = rows.get(name)!
    // A mean near 0 is what is left of large numbers.
    const size = Math.abs(Number(values.std)) / 1000 || 0
    for (const [key, value] of Object.entries(values)) {
      const where = `${name} ${key}`
      if (key === 'top') expect(value, where).toContain(row.top)
      else if (Number.isNaN(finite(value))) expect(row[key], where).toBeNull()
      else if (!Number.isFinite(finite(value))) expect(row[key], where).toBe(finite(value))
      else
        expect(Math.abs((row[key] as number) - (value as number)), where).toBeLessThanOrEqual(
          1e-11 * Math.max(Math.abs(value as number), size),
        )
    }
  }
}

const expectFrame = (table: Table, { rows, columns, describe }: Frame): void => {
  expect([...table].map(({ name, type, length }) => ({ name, type, length }))).toEqual(
    columns.map(({ name, type }) => ({ name, type, length: rows })),
  )
  expect(table.report!.columns).toEqual(columns)
  expectDescription(table, describe)
}

describe('CSV is read as pandas reads it', () => {
  for (const { title, text, options, values, ...frame } of fixtures.csv) {
    test(title, () => {
      const table = parseCsv(text, options as CsvOptions)
      expectFrame(table, frame as unknown as Frame)
      const read = table.toRows().map(row => frame.columns.map(({ name }) => row[name]))
      expect(read).toEqual(values.map(row => row.map(finite)))
      // -0 is not 0 to toEqual, and the same bytes give the same table.
      expect(parseCsv(new TextEncoder().encode(text), options as CsvOptions).toRows()).toEqual(table.toRows())
    })
  }
})

const expectSvmlight = (
  { rows, columns, indptr, indices, data: values, labels }: Svmlight,
  expected: { shape: number[]; nnz: number; sum: number; weighted: number; labels: number; lastRow: number[] },
): void => {
  expect([rows, columns]).toEqual(expected.shape)
  expect([values.length, indices.length, indptr.at(-1)]).toEqual([expected.nnz, expected.nnz, expected.nnz])
  expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(expected.sum, 6)
  expect(values.reduce((a, b, i) => a + b * (indices[i]! + 1), 0)).toBeCloseTo(expected.weighted, 6)
  expect(labels.reduce((a, b) => a + b, 0)).toBeCloseTo(expected.labels, 9)
  const last = new Array<number>(Math.min(200, columns)).fill(0)
  for (let i = indptr[rows - 1]!; i < indptr[rows]!; i++) last[indices[i]!] = values[i]!
  expect(last).toEqual(expected.lastRow)
}

test('SVMlight text is read as scikit-learn reads it', () => {
  const { text, ...expected } = fixtures.svmlight
  const read = parseSvmlight(text)
  expectSvmlight(read, expected)
  expect(read.queryIds).toEqual(Int32Array.of(1, 1, 2, 2))
})

describe('data sets are read as pandas and scikit-learn read them', () => {
  for (const [name, expected] of Object.entries(fixtures.datasets)) {
    test(name, context => {
      const path = join(data, 'tabular', name)
      if (!existsSync(path)) context.skip(`${path} is absent; set GRADUS_DATA to the folder with tabular/${name}`)
      const bytes = readFileSync(path)
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(expected.sha256)
      if ('svmlight' in expected) expectSvmlight(parseSvmlight(bytes), expected.svmlight)
      // pandas does not look for the delimiter.
      else expectFrame(parseCsv(bytes, { delimiter: ',' }), expected as unknown as Frame)
    })
  }
})

describe('a Parquet file of pyarrow is read to the values that were written', () => {
  for (const { title, bytes } of parquetFixtures.files) {
    test(title, async () => {
      const table = await parseParquet(Buffer.from(bytes, 'base64'))
      expect(table.names).toEqual(Object.keys(parquetFixtures.columns))
      for (const [name, values] of Object.entries(parquetFixtures.columns)) {
        expect(table.column(name).toArray(), name).toEqual(values)
      }
    })
  }
})
