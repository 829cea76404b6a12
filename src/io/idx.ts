import { gunzipSync } from '#files'
import { allocate, type DType, type TypedArray } from '../core/dtype.ts'
import { FormatError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import type { StoredTensor } from './safetensors.ts'

/** An element type of the format: its width, how one is read (big-endian), and the dtype that holds it. */
interface Storage {
  readonly name: string
  readonly bytes: number
  readonly dtype: DType
  readonly read: (view: DataView, offset: number) => number
}

const storages: Readonly<Record<number, Storage>> = {
  8: { name: 'unsigned byte', bytes: 1, dtype: 'uint8', read: (view, at) => view.getUint8(at) },
  9: { name: 'signed byte', bytes: 1, dtype: 'int32', read: (view, at) => view.getInt8(at) },
  11: { name: 'short', bytes: 2, dtype: 'int32', read: (view, at) => view.getInt16(at) },
  12: { name: 'int', bytes: 4, dtype: 'int32', read: (view, at) => view.getInt32(at) },
  13: { name: 'float', bytes: 4, dtype: 'float32', read: (view, at) => view.getFloat32(at) },
  14: { name: 'double', bytes: 8, dtype: 'float64', read: (view, at) => view.getFloat64(at) },
}

/** What a compressed file may unpack to: twice the largest data set of the format in use (EMNIST). */
const maxUnpacked = 2 ** 30

const unpack = (bytes: Uint8Array, where: string): Uint8Array => {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: maxUnpacked })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why =
      code === 'ERR_BUFFER_TOO_LARGE' ? `it unpacks to more than ${maxUnpacked} bytes` : message.replace(/\.$/, '')
    throw new FormatError(`${where}: cannot be unpacked as gzip: ${why}. Get the file again.`, {}, error)
  }
}

/** The header: `0, 0, type, number of axes`, then the sizes as big-endian 32-bit numbers. */
const readHeader = (bytes: Uint8Array, where: string): { storage: Storage; shape: number[]; start: number } => {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) {
    const begin = [...bytes.subarray(0, 4)].join(', ')
    throw new FormatError(
      `${where}: not an idx file: it begins with the bytes [${begin}]; 0, 0, a type and the number of axes were expected.`,
    )
  }
  const storage = storages[bytes[2]!]
  if (!storage) {
    const known = Object.entries(storages).map(([code, s]) => `${code} (${s.name})`)
    throw new FormatError(`${where}: idx has no element type ${bytes[2]}. The types are ${known.join(', ')}.`, {
      type: bytes[2],
    })
  }
  const start = 4 + 4 * bytes[3]!
  if (bytes.length < start) {
    throw new FormatError(
      `${where}: ends after ${bytes.length} bytes, within the sizes of its ${bytes[3]} axes; at least ${start} were expected. Get the file again.`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: bytes[3]! }, (_, i) => view.getUint32(4 + 4 * i))
  return { storage, shape, start }
}

/**
 * The array of an idx file, plain or compressed with gzip: bytes as uint8, doubles as float64, floats as float32, all other
 * types as int32.
 *
 * @param where what messages name: the file.
 * @throws FormatError when the file is not as the format says. Nothing is allocated before its sizes are checked against the
 * bytes that are there.
 * Source: LeCun, Cortes & Burges, "The MNIST database", section "File formats".
 */
export const readIdx = (bytes: Uint8Array, where: string): StoredTensor => {
  const plain = unpack(bytes, where)
  const { storage, shape, start } = readHeader(plain, where)
  // A product of up to 255 sizes may be infinite, and infinity times 0 is no number: a size of 0 decides first.
  const size = shape.includes(0) ? 0 : shape.reduce((total, n) => total * n, 1)
  const there = plain.length - start
  if (size * storage.bytes !== there) {
    throw new FormatError(
      `${where}: holds ${there} bytes of elements; its sizes ${show(shape)} of ${storage.name} need ${size * storage.bytes}. Get the file again.`,
      { shape, bytes: there },
    )
  }
  if (storage.dtype === 'uint8') return { dtype: 'uint8', shape, data: new Uint8Array(plain.subarray(start)) }
  const view = new DataView(plain.buffer, plain.byteOffset + start, there)
  const data: TypedArray = allocate(storage.dtype, size)
  for (let i = 0; i < size; i++) data[i] = storage.read(view, i * storage.bytes)
  return { dtype: storage.dtype, shape, data }
}
