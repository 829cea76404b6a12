import { Gunzip, Inflate } from 'fflate'
import { FormatError } from '../core/errors.ts'

/** A file of an archive, still packed. */
interface Entry {
  readonly name: string
  readonly method: number
  readonly packed: Uint8Array
  readonly size: number
  readonly crc: number
}

const endSignature = 0x06054b50
const end64Signature = 0x06064b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50
const wide = 0xffffffff

const damaged = (where: string, what: string): FormatError =>
  new FormatError(`${where}: not a whole zip archive: ${what}. Get the file again.`)

/** A 64-bit number as a double; beyond 2^53 no file has that many bytes, and the checks against its length refuse it. */
const u64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true))

/** Where the list of files is and how many there are: at the end of the archive, before a comment of up to 65,535 bytes. */
const findDirectory = (view: DataView, where: string): { count: number; at: number } => {
  const first = Math.max(0, view.byteLength - 22 - 0xffff)
  for (let at = view.byteLength - 22; at >= first; at--) {
    if (view.getUint32(at, true) !== endSignature) continue
    const count = view.getUint16(at + 10, true)
    const start = view.getUint32(at + 16, true)
    if (count !== 0xffff && start !== wide) return { count, at: start }
    const end64 = at >= 20 ? u64(view, at - 12) : -1
    if (!(end64 >= 0 && end64 + 56 <= view.byteLength) || view.getUint32(end64, true) !== end64Signature)
      throw damaged(where, 'the zip64 record is missing')
    return { count: u64(view, end64 + 32), at: u64(view, end64 + 48) }
  }
  throw damaged(where, 'its list of files is missing')
}

/** Sizes and place of an entry, which an extra field holds where 32 bits do not. */
const wideFields = (view: DataView, at: number): { packed: number; size: number; local: number } => {
  const nameLength = view.getUint16(at + 28, true)
  const fields = {
    size: view.getUint32(at + 24, true),
    packed: view.getUint32(at + 20, true),
    local: view.getUint32(at + 42, true),
  }
  const end = Math.min(view.byteLength, at + 46 + nameLength + view.getUint16(at + 30, true))
  for (let extra = at + 46 + nameLength; extra + 4 <= end; extra += 4 + view.getUint16(extra + 2, true)) {
    if (view.getUint16(extra, true) !== 1) continue
    let place = extra + 4
    for (const key of ['size', 'packed', 'local'] as const) {
      if (fields[key] !== wide || place + 8 > end) continue
      fields[key] = u64(view, place)
      place += 8
    }
  }
  return fields
}

const readEntry = (bytes: Uint8Array, at: number, where: string): { entry: Entry; next: number } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (at + 46 > view.byteLength || view.getUint32(at, true) !== entrySignature)
    throw damaged(where, `its list of files breaks off at byte ${at}`)
  const nameLength = view.getUint16(at + 28, true)
  const next = at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength))
  if ((view.getUint16(at + 8, true) & 1) === 1) {
    throw new FormatError(`${where}: ${JSON.stringify(name)} is encrypted. Unpack it with its password first.`, {
      name,
    })
  }
  const { packed, size, local } = wideFields(view, at)
  if (!(local + 30 <= view.byteLength) || view.getUint32(local, true) !== localSignature)
    throw damaged(where, `${JSON.stringify(name)} is not where the list of files says`)
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
  if (!(start + packed <= view.byteLength)) throw damaged(where, `${JSON.stringify(name)} goes beyond its end`)
  const entry = {
    name,
    method: view.getUint16(at + 10, true),
    packed: bytes.subarray(start, start + packed),
    size,
    crc: view.getUint32(at + 16, true),
  }
  return { entry, next }
}

const tooLarge = (where: string, limit: number): FormatError =>
  new FormatError(
    `${where}: unpacks to more than ${limit} bytes. If it is to be trusted, pass a larger { maxBytes }.`,
    { limit },
  )

const crcTable = Int32Array.from({ length: 256 }, (_, i) => {
  let c = i
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  return c
})
/** Source: ISO 3309, the polynomial of zip and gzip. */
export const crc32 = (bytes: Uint8Array): number => {
  let crc = -1
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}

const joined = (pieces: readonly Uint8Array[], size: number): Uint8Array => {
  if (pieces.length === 1) return pieces[0]!
  const out = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}

/** Whether size and checksum at the end of a gzip file are those of its contents. */
const endsRight = (packed: Uint8Array, contents: Uint8Array): boolean => {
  if (packed.length < 18) return false
  const view = new DataView(packed.buffer, packed.byteOffset + packed.length - 8, 8)
  return view.getUint32(4, true) === contents.length % 2 ** 32 && view.getUint32(0, true) === crc32(contents)
}

/**
 * Unpacks deflated bytes without trusting what they say about their size: memory grows with what comes out, up to `limit` bytes.
 *
 * @throws FormatError beyond the limit, or when the bytes are not what the format says
 */
export const inflateWithin = (
  packed: Uint8Array,
  { where, limit, format }: { where: string; limit: number; format: 'raw' | 'gzip' },
): Uint8Array => {
  const pieces: Uint8Array[] = []
  let size = 0
  let several = false
  const take = (piece: Uint8Array): void => {
    size += piece.length
    if (size > limit) throw tooLarge(where, limit)
    pieces.push(piece)
  }
  const stream = format === 'raw' ? new Inflate(take) : new Gunzip(take)
  if (stream instanceof Gunzip) {
    stream.onmember = () => {
      several = true
    }
  }
  const step = 2 ** 16
  try {
    for (let at = 0; at < packed.length || at === 0; at += step)
      stream.push(packed.subarray(at, at + step), at + step >= packed.length)
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw new FormatError(`${where}: cannot be unpacked: ${(error as Error).message}. Get the file again.`, {}, error)
  }
  const contents = joined(pieces, size)
  // Only the last of several files in one has its checksum at the end of all.
  if (format === 'gzip' && !several && !endsRight(packed, contents))
    throw new FormatError(`${where}: cannot be unpacked: its size or checksum is wrong. Get the file again.`)
  return contents
}

const unpack = (entry: Entry, where: string, limit: number): Uint8Array => {
  const { name, method, packed, size, crc } = entry
  const at = `${where}: ${JSON.stringify(name)}`
  if (method !== 0 && method !== 8) {
    throw new FormatError(
      `${at} is packed by method ${method}; 0 (stored) and 8 (deflate) can be read. Pack it again.`,
      { method },
    )
  }
  const bytes = method === 0 ? packed : inflateWithin(packed, { where: at, limit, format: 'raw' })
  if (bytes.length > limit) throw tooLarge(at, limit)
  if (bytes.length !== size || crc32(bytes) !== crc)
    throw new FormatError(`${at} is damaged: its size or checksum is not as listed. Get the file again.`, { name })
  return bytes
}

/**
 * The files of a zip archive by name, stored or deflated. Sizes in the archive are checked, never trusted: what is unpacked takes
 * at most `maxBytes` in all. Of two files of one name the later counts.
 *
 * @param where what messages name: the file
 * @throws FormatError for bytes that are no archive, are damaged, encrypted, or unpack to more
 * Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", version 6.3.
 */
export const readZip = (
  bytes: Uint8Array,
  { where, maxBytes }: { where: string; maxBytes: number },
): Map<string, Uint8Array> => {
  if (bytes.length < 22) throw damaged(where, `it has ${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { count, at } = findDirectory(view, where)
  const files = new Map<string, Uint8Array>()
  let left = maxBytes
  let next = at
  for (let i = 0; i < count; i++) {
    const found = readEntry(bytes, next, where)
    next = found.next
    const file = unpack(found.entry, where, left)
    left -= file.length
    files.set(found.entry.name, file)
  }
  return files
}
