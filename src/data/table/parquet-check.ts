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

const insist = (right: boolean, what: string): void => {
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
const checkRuns = ({ view, offset }: Reader, width: number, count: number): void => {
  const reader: Reader = { view, offset }
  let seen = 0
  while (seen < count) {
    const header = readVarInt(reader)
    const n = header >>> 1
    if (header & 1) {
      insist(n <= (count - seen + 7) / 8 + 64, 'a run is longer than its page')
      reader.offset += n * width
      seen += 8 * n
    } else {
      insist(n <= count - seen + 8, 'a run is longer than its page')
      reader.offset += (width + 7) >> 3
      seen += n
    }
    insist(reader.offset <= view.byteLength + width, 'a page ends within a run')
  }
}

/** Levels or truth values, whose length comes before them: checked, and passed. */
const passRuns = (reader: Reader, width: number, count: number): void => {
  const length = reader.view.getUint32(reader.offset, true)
  insist(length <= reader.view.byteLength - reader.offset - 4, 'levels go beyond their page')
  checkRuns({ view: reader.view, offset: reader.offset + 4 }, width, count)
  reader.offset += 4 + length
}

/** Lengths packed as differences. */
const unpackLengths = (reader: Reader, count: number): Int32Array => {
  const lengths = new Int32Array(count)
  if (count === 0) return lengths
  const ahead: Reader = { view: reader.view, offset: reader.offset }
  const block = readVarInt(ahead)
  const miniblocks = readVarInt(ahead)
  insist(
    isCount(block, 2 ** 20) && miniblocks > 0 && miniblocks <= 2 ** 12,
    'differences come in blocks of an impossible size',
  )
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
  insist(width > 0 && count * width <= bytes, `a page of ${bytes} bytes cannot hold ${count} values of ${type}`)
}

const checkValues = (
  reader: Reader,
  count: number,
  { path, budget, encoding, v2 }: Chunk & { encoding: string; v2: boolean },
): void => {
  const { element } = path.at(-1)!
  const { view, offset } = reader
  if (encoding === 'PLAIN' || encoding === 'BYTE_STREAM_SPLIT') checkPlain(view.byteLength - offset, count, element)
  else if (encoding === 'RLE') passRuns(reader, 1, count)
  else if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
    insist(offset < view.byteLength, 'a page has no values')
    const width = view.getUint8(offset)
    insist(width <= 32, `values of ${width} bits stand for places in a dictionary`)
    if (width > 0 || v2) checkRuns({ view, offset: offset + 1 }, width, count)
  } else if (encoding.startsWith('DELTA')) {
    const lengths = unpackLengths(reader, count)
    if (encoding !== 'DELTA_BYTE_ARRAY') return
    const suffixes = unpackLengths(reader, count)
    let before = 0
    for (let i = 0; i < count; i++) {
      insist(lengths[i]! >= 0 && lengths[i]! <= before && suffixes[i]! >= 0, 'a text has an impossible length')
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
  insist(isCount(size, most * packed.length + 64), `a page of ${packed.length} bytes unpacks to ${size}`)
  budget.left -= size
  if (budget.left < 0) throw new Excess()
  return decompressPage(packed, size, meta.codec, compressors)
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

type Header = ReturnType<typeof parquetHeader>
/** A page, packed, and how many values of its column are left. */
interface Page {
  readonly packed: Uint8Array
  readonly header: Header
  readonly left: number
}

const checkDictionary = ({ packed, header }: Page, chunk: Chunk): void => {
  const count = header.dictionary_page_header!.num_values
  const page = unpackPage(packed, Number(header.uncompressed_page_size), chunk)
  insist(isCount(count, 8 * page.length), 'a dictionary is longer than its page')
  checkPlain(page.length, count, chunk.path.at(-1)!.element)
}

/** A page whose levels are packed with its values; returns how many values it has, missing ones counted. */
const checkPageV1 = ({ packed, header, left }: Page, chunk: Chunk): number => {
  const { num_values: count, encoding } = header.data_page_header!
  const { path } = chunk
  insist(isCount(count, left), `a page has ${count} values where ${left} are left`)
  const page = unpackPage(packed, Number(header.uncompressed_page_size), chunk)
  const reader: Reader = { view: viewOf(page), offset: 0 }
  const repetition = getMaxRepetitionLevel(path)
  if (repetition > 0 && path.length > 1) passRuns(reader, bitWidth(repetition), count)
  const deepest = getMaxDefinitionLevel(path)
  let present = count
  if (deepest > 0) {
    const start: Reader = { ...reader }
    passRuns(reader, bitWidth(deepest), count)
    const levels = new Uint8Array(count)
    readRleBitPackedHybrid(start, bitWidth(deepest), levels)
    present = 0
    for (const level of levels) if (level === deepest) present++
  }
  checkValues(reader, present, { ...chunk, encoding, v2: false })
  return count
}

/** A page whose levels come before its values, not packed. */
const checkPageV2 = ({ packed, header, left }: Page, chunk: Chunk): number => {
  const { num_values: count, num_nulls: nulls, encoding, is_compressed, ...v2 } = header.data_page_header_v2!
  const { repetition_levels_byte_length: r, definition_levels_byte_length: d } = v2
  const { path } = chunk
  insist(isCount(count, left), `a page has ${count} values where ${left} are left`)
  insist(isCount(nulls, count), `a page has ${nulls} missing values of ${count}`)
  insist(isCount(r, packed.length) && isCount(d, packed.length - r), 'levels go beyond their page')
  const view = viewOf(packed)
  const repetition = getMaxRepetitionLevel(path)
  const deepest = getMaxDefinitionLevel(path)
  if (repetition > 0) checkRuns({ view, offset: 0 }, bitWidth(repetition), count)
  if (deepest > 0) checkRuns({ view, offset: r }, bitWidth(deepest), count)
  const body = packed.subarray(r + d)
  const page = is_compressed === false ? body : unpackPage(body, Number(header.uncompressed_page_size) - r - d, chunk)
  checkValues({ view: viewOf(page), offset: 0 }, count - nulls, { ...chunk, encoding, v2: true })
  return count
}

/** How many values a page has, once it is looked through. */
const checkPage = (page: Page, chunk: Chunk): number => {
  const { type, dictionary_page_header, data_page_header, data_page_header_v2 } = page.header
  if (type === 'DATA_PAGE' && data_page_header) return checkPageV1(page, chunk)
  if (type === 'DATA_PAGE_V2' && data_page_header_v2) return checkPageV2(page, chunk)
  insist(type === 'DICTIONARY_PAGE' && dictionary_page_header !== undefined, `a page is of the type ${type}`)
  checkDictionary(page, chunk)
  return 0
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
    insist(isCount(size, bytes.length - reader.offset), 'a page goes beyond its column')
    const packed = bytes.subarray(reader.offset, reader.offset + size)
    seen += checkPage({ packed, header, left: total - seen }, chunk)
    reader.offset += size
  }
  insist(seen === total, `a column has ${seen} values where ${total} were announced`)
}
