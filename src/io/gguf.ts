import { FormatError } from '../core/errors.ts'
import { type Shape, show, sizeOf } from '../core/shape.ts'
import { ByteCursor, TooShort } from './byte-cursor.ts'
import { type FilePieces, readInPieces } from './file-pieces.ts'
import { type BlockFormat, blockFormats } from './gguf-blocks.ts'
import { quote } from './json.ts'
import type { StoredTensor } from './safetensors.ts'

/** A value of a GGUF file's metadata. */
export type GgufValue = number | boolean | string | readonly GgufValue[]

/** What a GGUF file holds; quantised weights are widened to float32. */
export interface Gguf {
  readonly metadata: ReadonlyMap<string, GgufValue>
  /** By name; the last axis varies fastest, as everywhere here (GGUF itself writes shapes the other way round). */
  readonly tensors: Map<string, StoredTensor>
}

interface Entry {
  readonly name: string
  readonly shape: Shape
  readonly format: BlockFormat
  readonly offset: number
  readonly bytes: number
}
interface Header {
  readonly metadata: Map<string, GgufValue>
  readonly entries: readonly Entry[]
  /** Where the tensors begin. */
  readonly start: number
}

const magic = 0x46554747 // "GGUF"
const again = 'Download the file again.'
/** Lists within lists go no deeper. */
const deepest = 4

type Read = (c: ByteCursor) => GgufValue
const scalars: readonly (Read | null)[] = [
  c => c.uint8(),
  c => c.int8(),
  c => c.uint16(),
  c => c.int16(),
  c => c.uint32(),
  c => c.int32(),
  c => c.float32(),
  c => c.uint8() !== 0,
  c => c.text(c.uint64()),
  null, // a list
  c => c.uint64(),
  c => c.int64(),
  c => c.float64(),
]
const listType = 9

const readValue = (c: ByteCursor, type: number, where: string, depth = 0): GgufValue => {
  const read = scalars[type]
  if (read) return read(c)
  if (type !== listType || depth > deepest)
    throw new FormatError(`${where}: a value is of type ${type}, which GGUF does not have. ${again}`, { type })
  const [element, count] = [c.uint32(), c.uint64()]
  // Every value takes a byte at least.
  if (count > c.left) throw new TooShort(where, c.at + count)
  return Array.from({ length: count }, () => readValue(c, element, where, depth + 1))
}

const parseEntry = (c: ByteCursor, where: string): Entry => {
  const name = c.text(c.uint64())
  const rank = c.uint32()
  if (rank > 4)
    throw new FormatError(`${where}: tensor ${quote(name)} has ${rank} axes; at most 4 were expected. ${again}`)
  const shape = Array.from({ length: rank }, () => c.uint64()).reverse()
  const type = c.uint32()
  const offset = c.uint64()
  const format = blockFormats.get(type)
  if (!format) {
    const known = [...blockFormats.values()].map(f => f.name).join(', ')
    throw new FormatError(
      `${where}: tensor ${quote(name)} is stored as type ${type}, which is not read here. Take a file with ${known}.`,
      { type },
    )
  }
  const size = sizeOf(shape)
  if (!Number.isSafeInteger(size) || size < 1 || (shape.at(-1) ?? 1) % format.numbers !== 0)
    throw new FormatError(
      `${where}: tensor ${quote(name)} is said to be ${show(shape)} in blocks of ${format.numbers}, which cannot be. ${again}`,
      { shape },
    )
  return { name, shape, format, offset, bytes: (size / format.numbers) * format.bytes }
}

/** The header of a file of so many bytes. @throws TooShort where more of its beginning is needed */
const parseHeader = (bytes: Uint8Array, fileSize: number, where: string): Header => {
  const c = new ByteCursor(bytes, where)
  if (c.left < 4 || c.uint32() !== magic)
    throw new FormatError(
      `${where}: does not begin with "GGUF". Give a GGUF file, or a folder in Hugging Face's layout.`,
    )
  const version = c.uint32()
  if (version !== 2 && version !== 3)
    throw new FormatError(`${where}: is of version ${version}; 2 or 3 was expected. Convert it anew.`, { version })
  const [tensors, pairs] = [c.uint64(), c.uint64()]
  // A pair takes 13 bytes at least, a tensor 24.
  if (pairs * 13 + tensors * 24 > fileSize)
    throw new FormatError(
      `${where}: claims ${tensors} tensors and ${pairs} values in ${fileSize} bytes. The file is damaged: download it again.`,
      { tensors, pairs },
    )
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < pairs; i++) {
    const key = c.text(c.uint64())
    metadata.set(key, readValue(c, c.uint32(), where))
  }
  const entries = Array.from({ length: tensors }, () => parseEntry(c, where))
  const alignment = metadata.get('general.alignment') ?? 32
  if (typeof alignment !== 'number' || !Number.isSafeInteger(alignment) || alignment < 1 || alignment > 2 ** 20)
    throw new FormatError(`${where}: general.alignment is ${quote(alignment)}. ${again}`)
  const start = Math.ceil(c.at / alignment) * alignment
  const names = new Set<string>()
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total > fileSize)
    throw new FormatError(
      `${where}: its tensors would take ${total} bytes, and the file has ${fileSize}. It is damaged: download it again.`,
      { total },
    )
  for (const { name, offset, bytes } of entries) {
    if (names.has(name)) throw new FormatError(`${where}: tensor ${quote(name)} stands twice. ${again}`, { name })
    names.add(name)
    if (start + offset + bytes <= fileSize) continue
    throw new FormatError(
      `${where}: tensor ${quote(name)} would end at byte ${start + offset + bytes}, and the file has ${fileSize}. It was cut short: download it again.`,
      { name },
    )
  }
  return { metadata, entries, start }
}

/** A header is read in a piece that doubles until it holds the whole. */
const firstPiece = 2 ** 16

const readFrom = async ({ size, read }: FilePieces, path: string): Promise<Gguf> => {
  const headerOf = async (length: number): Promise<Header> => {
    try {
      return parseHeader(await read(0, length), size, path)
    } catch (error) {
      if (!(error instanceof TooShort) || length >= size || error.needed > size) throw error
      return headerOf(Math.min(size, Math.max(2 * length, error.needed)))
    }
  }
  const { metadata, entries, start } = await headerOf(Math.min(size, firstPiece))
  const tensors = new Map<string, StoredTensor>()
  for (const { name, shape, format, offset, bytes } of entries)
    tensors.set(name, { dtype: 'float32', shape, data: format.widen(await read(start + offset, bytes)) })
  return { metadata, tensors }
}

/**
 * Reads a GGUF file: its metadata, and its tensors as float32. F32, F16, BF16, Q4_0, Q8_0, Q4_K and Q6_K can be read.
 *
 * @throws FormatError when the file is not as the format says; DataError when it is missing or cannot be read
 * Source: the GGUF specification, version 3, checked against the Python package gguf.
 */
export const readGguf = (path: string): Promise<Gguf> => readInPieces(path, file => readFrom(file, path))
