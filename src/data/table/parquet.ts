import type { ColumnMetaData, FileMetaData, SchemaTree } from 'hyparquet'
import { FormatError } from '../../core/errors.ts'
import { defineOptions, type Given, integer, texts } from '../../core/options.ts'
import { columnFrom } from './column.ts'
import { distinctNames, makeReport } from './report.ts'
import { Table } from './table.ts'

const parquetOptions = defineOptions({
  columns: texts({ help: 'the columns to read; all where it is not given' }),
  maxBytes: integer({ default: 2 ** 32, min: 1, help: 'bytes that the pages may take once unpacked' }),
  maxCells: integer({ default: 2 ** 28, min: 1, help: 'cells of a table; more are refused' }),
})
export type ParquetOptions = Given<typeof parquetOptions>

const dayMs = 86_400_000

/** An instant in nanoseconds since 1970 as ISO 8601, with as many digits as it has. */
const instant = (nanoseconds: bigint): string | null => {
  const second = 1_000_000_000n
  const rest = ((nanoseconds % second) + second) % second
  const date = new Date(Number((nanoseconds - rest) / 1_000_000n))
  if (Number.isNaN(date.getTime())) return null
  const digits = String(rest).padStart(9, '0').replace(/0+$/, '')
  return date.toISOString().replace('.000Z', digits ? `.${digits.padEnd(3, '0')}Z` : 'Z')
}
const scaledInstant =
  (scale: bigint) =>
  (value: bigint | null | undefined): string | null =>
    value === null || value === undefined ? null : instant(BigInt(value) * scale)

const parsers = {
  timestampFromMilliseconds: scaledInstant(1_000_000n),
  timestampFromMicroseconds: scaledInstant(1000n),
  timestampFromNanoseconds: scaledInstant(1n),
  dateFromDays: (days: number | null | undefined): string | null => {
    const date = new Date((days ?? Number.NaN) * dayMs)
    return Number.isNaN(date.getTime()) ? null : date.toISOString().slice(0, 10)
  },
}

/** Decimal places of a column of decimals. */
const decimalPlaces = ({ element }: SchemaTree): number => {
  const { logical_type: logical, converted_type, scale = 0 } = element
  return logical?.type === 'DECIMAL' ? logical.scale : converted_type === 'DECIMAL' ? scale : 0
}

/** The double nearest to a decimal; the library multiplies by an inexact power of ten. */
const decimal = (value: unknown, places: number): unknown => {
  const power = 10 ** places
  const whole = typeof value === 'number' ? Math.round(value * power) : Number.NaN
  return Math.abs(whole) < 2 ** 53 && places <= 22 ? whole / power : value
}

/** A value as a table holds it: bytes that are no text in hexadecimal digits. */
const plain = (value: unknown): unknown =>
  value instanceof Uint8Array ? Array.from(value, byte => byte.toString(16).padStart(2, '0')).join('') : value

const loadLibrary = async () => {
  const [hyparquet, { compressors, decompressZstd }, check, schema] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
    import('./parquet-check.ts'),
    import('hyparquet/src/schema.js'),
  ])
  // zstd: into memory of the size that the page announces, which is checked before, not of the size that the packed bytes claim.
  const ZSTD = (input: Uint8Array, length: number) => decompressZstd(input, new Uint8Array(length))
  // Nothing, packed, is more than lz4 can unpack.
  const LZ4_RAW = (input: Uint8Array, length: number) =>
    length === 0 ? new Uint8Array(0) : compressors.LZ4_RAW!(input, length)
  return {
    ...hyparquet,
    ...check,
    getTreePath: schema.getTreePath,
    compressors: { ...compressors, ZSTD, LZ4_RAW },
  }
}
type Library = Awaited<ReturnType<typeof loadLibrary>>

const asCount = (n: unknown): number => (typeof n === 'bigint' || typeof n === 'number' ? Number(n) : Number.NaN)

/** Looks through all that is to be read before anything of it is. */
const checkFile = (
  bytes: Uint8Array,
  metadata: FileMetaData,
  {
    library,
    wanted,
    maxBytes,
    tree,
  }: { library: Library; wanted: ReadonlySet<string>; maxBytes: number; tree: SchemaTree },
): void => {
  const { Damage, checkChunk, compressors, getTreePath } = library
  const budget = { left: maxBytes }
  for (const { columns } of metadata.row_groups) {
    for (const column of columns) {
      const meta = column.meta_data as ColumnMetaData | undefined
      if (!meta) throw new Damage('a column has no metadata')
      if (!wanted.has(meta.path_in_schema[0]!)) continue
      if (column.file_path) throw new Damage('a column is in another file')
      const start = asCount(meta.dictionary_page_offset || meta.data_page_offset)
      const end = start + asCount(meta.total_compressed_size)
      if (!(start >= 4 && end >= start && end <= bytes.length))
        throw new Damage(`column ${JSON.stringify(meta.path_in_schema.join('.'))} lies outside of it`)
      checkChunk({
        meta,
        path: getTreePath(tree, meta.path_in_schema),
        bytes: bytes.subarray(start, end),
        compressors,
        budget,
      })
    }
  }
}

/** The names of the wanted columns, and the number of rows, checked against limits. */
const measure = (
  metadata: FileMetaData,
  tree: SchemaTree,
  { where, columns, maxCells }: { where: string; columns?: readonly string[]; maxCells: number },
) => {
  const all = tree.children.map(child => child.element.name)
  const lacking = columns?.find(name => !all.includes(name))
  if (lacking !== undefined) {
    throw new FormatError(
      `${where}: has no column ${JSON.stringify(lacking)}. Its columns are ${all.slice(0, 20).join(', ')}.`,
      { column: lacking },
    )
  }
  const names = all.filter(name => columns?.includes(name) ?? true)
  const groups = metadata.row_groups.map(group => asCount(group.num_rows))
  const rows = groups.reduce((total, n) => total + n, 0)
  if (groups.some(n => !Number.isSafeInteger(n) || n < 0) || rows !== asCount(metadata.num_rows))
    throw new FormatError(
      `${where}: not a whole Parquet file: its row groups have ${rows} rows and it announces ${metadata.num_rows}. Get the file again.`,
    )
  if (rows * names.length > maxCells) {
    throw new FormatError(
      `${where}: has ${rows} rows of ${names.length} columns, more than ${maxCells} cells. Read fewer { columns }, or pass a larger { maxCells }.`,
      { maxCells },
    )
  }
  return { names, rows }
}

/** The values of each column, row by row. */
const readValues = async (
  file: ArrayBuffer,
  metadata: FileMetaData,
  { names, rows, library }: { names: readonly string[]; rows: number; library: Library },
) => {
  const values = new Map(names.map(name => [name, new Array<unknown>(rows).fill(undefined)]))
  let count = 0
  await library.parquetRead({
    file,
    metadata,
    columns: [...names],
    compressors: library.compressors,
    parsers: parsers as never,
    onChunk: ({ columnName, columnData, rowStart }) => {
      const out = values.get(columnName)
      if (!out) return
      const length = Math.min(columnData.length, rows - rowStart)
      for (let i = 0; i < length; i++) out[rowStart + i] = plain(columnData[i])
      count += length
    },
  })
  if (count !== rows * names.length)
    throw new library.Damage(`it has ${count} values where ${rows * names.length} were announced`)
  return values
}

/**
 * The table that a Parquet file holds: whole and decimal numbers, floats and truth values as they are, all else as text: dates and times in
 * ISO 8601 (UTC), bytes that are no text in hexadecimal digits, lists and records in JSON. Uncompressed, snappy, gzip, zstd, brotli and lz4.
 *
 * @param where what messages name: the file
 * @throws FormatError for a file that is damaged or encrypted, and beyond a limit. Counts and sizes in the file are checked against the bytes
 * that are there before anything is read.
 * Source: Apache Parquet, "File Format", 2.11, read by hyparquet; checked against pyarrow 25.
 */
export const parseParquet = async (
  bytes: Uint8Array,
  options: ParquetOptions = {},
  where = 'parseParquet',
): Promise<Table> => {
  const { maxBytes, ...limits } = parquetOptions.validate(where, options)
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 4)) !== 'PAR1') {
    throw new FormatError(
      `${where}: not a Parquet file: it begins with the bytes [${[...bytes.subarray(0, 4)].join(', ')}]; [80, 65, 82, 49] was expected.`,
    )
  }
  const library = await loadLibrary()
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  try {
    const metadata = library.parquetMetadata(file, { geoparquet: false })
    const tree = library.parquetSchema(metadata)
    const { names, rows } = measure(metadata, tree, { where, ...limits })
    checkFile(bytes, metadata, { library, wanted: new Set(names), maxBytes, tree })
    const values = await readValues(file, metadata, { names, rows, library })
    const rounded: { column: string; count: number }[] = []
    const { names: distinct, renamed } = distinctNames(names)
    const columns = names.map((name, i) => {
      const cells = values.get(name)!
      const places = decimalPlaces(tree.children.find(child => child.element.name === name)!)
      if (places > 0) for (let row = 0; row < rows; row++) cells[row] = decimal(cells[row], places)
      const count = cells.reduce((n: number, x) => n + Number(typeof x === 'bigint' && BigInt(Number(x)) !== x), 0)
      if (count > 0) rounded.push({ column: distinct[i]!, count })
      return columnFrom(distinct[i]!, cells)
    })
    return new Table(columns, makeReport(where, columns, { renamed, rounded }))
  } catch (error) {
    if (error instanceof FormatError) throw error
    if (error instanceof library.Excess) {
      throw new FormatError(
        `${where}: unpacks to more than ${maxBytes} bytes. If it is to be trusted, pass a larger { maxBytes }.`,
        { maxBytes },
      )
    }
    // What JavaScript says of a value that is not there helps nobody.
    const slip = error instanceof TypeError || error instanceof RangeError
    const why = slip
      ? 'its metadata or a page is damaged'
      : (error as Error).message
          .replace(/[\s\p{C}]+/gu, ' ')
          .replace(/\.$/, '')
          .slice(0, 200)
    throw new FormatError(`${where}: not a whole Parquet file: ${why}. Get the file again.`, {}, error)
  }
}
