import type { ColumnMetaData, CompressionCodec, SchemaElement, SchemaTree } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { decompressPage } from 'hyparquet/src/datapage.js'
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js'
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js'
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js'
import { readVarInt } from 'hyparquet/src/thrift.js'

// hyparquet takes counts and sizes in a file for true: a damaged one could make it fill memory or loop for minutes. So each
// page is looked through before: counts against the bytes that are there, runs against the counts.

/** Why a file is not as the format says, to be told with its name. */
export class Damage extends Error {}
/** More is to be unpacked than is allowed. */
export class Excess extends Error {}

const require = (right: boolean, what: string): void => {
  if (!right) throw new Damage(what)
}

interface Reader {
  view: DataView
  offset: number
}
type Compressors = Partial<Record<CompressionCodec, (input: Uint8Array, length: number) => Uint8Array>>

/** A column chunk of a row group, and what its values may take. */
export interface Chunk {
  readonly meta: ColumnMetaData
  readonly path: SchemaTree[]
  readonly bytes: Uint8Array
  readonly compressors: Compressors
  /** Bytes that may yet be unpacked; what the chunk takes is taken off. */
  readonly budget: { left: number }
}

const bitWidth = (value: number): number => 32 - Math.clz32(value)
const isCount = (n: unknown, most: number): n is number =>
  Number.isInteger(n) && (n as number) >= 0 && (n as number) <= most

/** Runs of repeated and of packed values that give `count` values and not many more. */
const checkRuns = (view: DataView, start: number, width: number, count: number): void => {
  const reader: Reader = { view, offset: start }
  let seen = 0
  while (seen < count) {
    const header = readVarInt(reader)
    const n = header >>> 1
    if (header & 1) {
      require(n <= (count - seen + 7) / 8 + 64, 'a run is longer than its page')
      reader.offset += n * width
      seen += 8 * n
    } else {
      require(n <= count - seen + 8, 'a run is longer than its page')
      reader.offset += (width + 7) >> 3
      seen += n
    }
    require(reader.offset <= view.byteLength + width, 'a page ends within a run')
  }
}

/** Levels or truth values, whose length comes before them: checked, and passed. */
const passRuns = (reader: Reader, width: number, count: number): void => {
  const length = reader.view.getUint32(reader.offset, true)
  require(length <= reader.view.byteLength - reader.offset - 4, 'levels go beyond their page')
  checkRuns(reader.view, reader.offset + 4, width, count)
  reader.offset += 4 + length
}

/** Lengths packed as differences. */
const unpackLengths = (reader: Reader, count: number): Int32Array => {
  const lengths = new Int32Array(count)
  if (count === 0) return lengths
  const ahead: Reader = { view: reader.view, offset: reader.offset }
  const block = readVarInt(ahead)
  const miniblocks = readVarInt(ahead)
  require(isCount(block, 2 ** 20) &&
    miniblocks > 0 &&
    miniblocks <= 2 ** 12, 'differences come in blocks of an impossible size')
  deltaBinaryUnpack(reader, count, lengths)
  return lengths
}

const widths: Readonly<Record<string, number>> = {
  INT32: 4,
  INT64: 8,
  INT96: 12,
  FLOAT: 4,
  DOUBLE: 8,
  BYTE_ARRAY: 4,
  BOOLEAN: 1 / 8,
}

const checkPlain = (bytes: number, count: number, { type, type_length }: SchemaElement): void => {
  const width = widths[type ?? ''] ?? type_length ?? 0
  require(width > 0 && count * width <= bytes, `a page of ${bytes} bytes cannot hold ${count} values of ${type}`)
}

const checkValues = (
  view: DataView,
  offset: number,
  count: number,
  { path, budget, encoding, v2 }: Chunk & { encoding: string; v2: boolean },
): void => {
  const { element } = path.at(-1)!
  const reader: Reader = { view, offset }
  if (encoding === 'PLAIN' || encoding === 'BYTE_STREAM_SPLIT') checkPlain(view.byteLength - offset, count, element)
  else if (encoding === 'RLE') passRuns(reader, 1, count)
  else if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
    require(offset < view.byteLength, 'a page has no values')
    const width = view.getUint8(offset)
    require(width <= 32, `values of ${width} bits stand for places in a dictionary`)
    if (width > 0 || v2) checkRuns(view, offset + 1, width, count)
  } else if (encoding.startsWith('DELTA')) {
    const lengths = unpackLengths(reader, count)
    if (encoding !== 'DELTA_BYTE_ARRAY') return
    const suffixes = unpackLengths(reader, count)
    let before = 0
    for (let i = 0; i < count; i++) {
      require(lengths[i]! >= 0 && lengths[i]! <= before && suffixes[i]! >= 0, 'a text has an impossible length')
      before = lengths[i]! + suffixes[i]!
      budget.left -= before
    }
    if (budget.left < 0) throw new Excess()
  }
}

const unpackPage = (packed: Uint8Array, size: number, { meta, compressors, budget }: Chunk): Uint8Array => {
  // No codec of the format makes more than this of a byte, but zstd and brotli of one byte over and over.
  const most =
    meta.codec === 'SNAPPY' ? 64 : meta.codec === 'GZIP' ? 1040 : meta.codec.startsWith('LZ4') ? 260 : 2 ** 17
  require(isCount(size, most * packed.length + 64), `a page of ${packed.length} bytes unpacks to ${size}`)
  budget.left -= size
  if (budget.left < 0) throw new Excess()
  return decompressPage(packed, size, meta.codec, compressors)
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

type Header = ReturnType<typeof parquetHeader>

const checkPage = (packed: Uint8Array, header: Header, chunk: Chunk, left: number): number => {
  const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: dictionary } = header
  const { path } = chunk
  const size = Number(header.uncompressed_page_size)
  const repetition = bitWidth(getMaxRepetitionLevel(path))
  const deepest = getMaxDefinitionLevel(path)
  if (header.type === 'DICTIONARY_PAGE' && dictionary) {
    const page = unpackPage(packed, size, chunk)
    require(isCount(dictionary.num_values, 8 * page.length), 'a dictionary is longer than its page')
    checkPlain(page.length, dictionary.num_values, path.at(-1)!.element)
    return 0
  }
  if (header.type === 'DATA_PAGE' && v1) {
    const count = v1.num_values
    require(isCount(count, left), `a page has ${count} values where ${left} are left`)
    const reader: Reader = { view: viewOf(unpackPage(packed, size, chunk)), offset: 0 }
    if (repetition > 0 && path.length > 1) passRuns(reader, repetition, count)
    let values = count
    if (deepest > 0) {
      const start = reader.offset
      passRuns(reader, bitWidth(deepest), count)
      const levels = new Uint8Array(count)
      readRleBitPackedHybrid({ view: reader.view, offset: start }, bitWidth(deepest), levels as never)
      values = 0
      for (const level of levels) if (level === deepest) values++
    }
    checkValues(reader.view, reader.offset, values, { ...chunk, encoding: v1.encoding, v2: false })
    return count
  }
  require(header.type === 'DATA_PAGE_V2' && v2 !== undefined, `a page is of the type ${header.type}`)
  const { num_values: count, num_nulls, definition_levels_byte_length: d, repetition_levels_byte_length: r } = v2!
  require(isCount(count, left), `a page has ${count} values where ${left} are left`)
  require(isCount(num_nulls, count), `a page has ${num_nulls} missing values of ${count}`)
  require(isCount(r, packed.length) && isCount(d, packed.length - r), 'levels go beyond their page')
  const view = viewOf(packed)
  if (repetition > 0) checkRuns(view, 0, repetition, count)
  if (deepest > 0) checkRuns(view, r, bitWidth(deepest), count)
  const body = packed.subarray(r + d)
  const page = v2!.is_compressed === false ? body : unpackPage(body, size - r - d, chunk)
  checkValues(viewOf(page), 0, count - num_nulls, { ...chunk, encoding: v2!.encoding, v2: true })
  return count
}

/** Looks through the pages of a column chunk; throws {@link Damage}, or whatever a damaged page makes the library throw. */
export const checkChunk = (chunk: Chunk): void => {
  const { bytes, meta } = chunk
  const reader: Reader = { view: viewOf(bytes), offset: 0 }
  const total = Number(meta.num_values)
  let seen = 0
  while (seen < total && reader.offset < bytes.length - 1) {
    const header = parquetHeader(reader)
    const size = header.compressed_page_size
    require(isCount(size, bytes.length - reader.offset), 'a page goes beyond its column')
    seen += checkPage(bytes.subarray(reader.offset, reader.offset + size), header, chunk, total - seen)
    reader.offset += size
  }
  require(seen === total, `a column has ${seen} values where ${total} were announced`)
}
