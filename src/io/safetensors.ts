import { allocate, bytesPerElement, type DType, type TypedArray, viewOf } from '../core/dtype.ts'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { checkShape, type Shape, show, sizeOf } from '../core/shape.ts'
import { writeFileAtomic } from './atomic.ts'
import { type FilePieces, readInPieces } from './file-pieces.ts'
import { quote } from './json.ts'
import { type Entry, headerLength, maxHeader, parseHeader } from './safetensors-header.ts'
import { names } from './safetensors-storage.ts'

/** A tensor in memory: row-major `data` of `dtype`, as many elements as `shape` says. */
export interface StoredTensor {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: TypedArray
}

/** What a safetensors file holds. */
export interface Safetensors {
  /** By name, in the order of the file's header. */
  readonly tensors: Map<string, StoredTensor>
  /** Free text about the file, such as `{ format: 'pt' }`. */
  readonly metadata: Record<string, string>
}

/** Index of the first byte that is no truth value, or -1. */
const notBool = (data: ArrayLike<unknown>): number => (data as Uint8Array).findIndex(x => x > 1)

/** The tensor whose stored bytes are `bytes`: a view of them where it can be, else a copy. */
const load = ({ name, storage, shape }: Entry, bytes: Uint8Array, where: string): StoredTensor => {
  const { dtype, widen } = storage
  const aligned = bytes.byteOffset % storage.bytes === 0 ? bytes : new Uint8Array(bytes)
  const bad = dtype === 'bool' ? notBool(bytes) : -1
  if (bad >= 0) {
    throw new FormatError(
      `${where}: tensor ${quote(name)} of BOOL has the byte ${bytes[bad]} at element ${bad}; 0 or 1 was expected. Save it as U8.`,
      { tensor: name, value: bytes[bad], index: bad },
    )
  }
  const data = widen?.(aligned) ?? viewOf(dtype, aligned.buffer, aligned.byteOffset, bytes.length / storage.bytes)
  return { dtype, shape, data }
}

/**
 * The tensors of a safetensors file: 8 bytes with the length of the header (little-endian), the header (JSON: each tensor's dtype,
 * shape and place, and text under `__metadata__`), then the elements, little-endian, row-major, without holes.
 * F32, F64, I32, I64, U8 and BOOL come as they are; F16 and BF16 as float32, I8, I16 and U16 as int32, U32 as int64.
 * Arrays are views of `bytes` where alignment allows.
 *
 * @param where what messages name: the file.
 * @throws FormatError when anything is not as the format says. No size is trusted before it is checked.
 * Source: https://github.com/huggingface/safetensors, checked against its Python package 0.8.0.
 */
export const decodeSafetensors = (bytes: Uint8Array, where: string): Safetensors => {
  const start = 8 + headerLength(bytes, bytes.length, where)
  const { entries, metadata } = parseHeader(bytes.subarray(8, start), bytes.length - start, where)
  const tensors = new Map(
    entries.map(entry => [entry.name, load(entry, bytes.subarray(start + entry.begin, start + entry.end), where)]),
  )
  return { tensors, metadata }
}

const readFrom = async ({ size, read }: FilePieces, path: string): Promise<Safetensors> => {
  const start = 8 + headerLength(await read(0, Math.min(8, size)), size, path)
  const { entries, metadata } = parseHeader(await read(8, start - 8), size - start, path)
  const tensors = new Map<string, StoredTensor>()
  for (const entry of entries) {
    tensors.set(entry.name, load(entry, await read(start + entry.begin, entry.end - entry.begin), path))
  }
  return { tensors, metadata }
}

/**
 * Reads a safetensors file as `decodeSafetensors` does, one tensor at a time: files may be larger than one array can be.
 *
 * @throws FormatError when the file is not as the format says; DataError when it is missing or cannot be read.
 */
export const readSafetensors = (path: string): Promise<Safetensors> => readInPieces(path, file => readFrom(file, path))

/** Throws unless the tensor can be written and read back. */
const checkTensor = (name: string, { dtype, shape, data }: StoredTensor): void => {
  const where = `encodeSafetensors: tensor ${quote(name)}`
  checkShape(where, shape)
  const kind = allocate(dtype, 0)[Symbol.toStringTag]
  if (data[Symbol.toStringTag] !== kind || data.length !== sizeOf(shape)) {
    throw new ArgumentError(
      `${where}: ${dtype} ${show(shape)} needs ${kind} of ${sizeOf(shape)} elements; got ${data[Symbol.toStringTag]} of ${data.length}.`,
      { tensor: name, dtype, shape },
    )
  }
  const bad = dtype === 'bool' ? notBool(data) : -1
  if (bad >= 0) {
    throw new ArgumentError(
      `${where}: bool has the byte ${data[bad]} at element ${bad}; 0 or 1 was expected. Convert it, or store it as uint8.`,
      { tensor: name, index: bad },
    )
  }
}

const checkMetadata = (metadata: Readonly<Record<string, unknown>>): void => {
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') {
      throw new ArgumentError(
        `encodeSafetensors: metadata has ${quote(value)} under ${quote(key)}; safetensors holds strings only. Pass it as text.`,
        { key, value },
      )
    }
  }
}

/**
 * A safetensors file in pieces: the header, padded to 8 bytes, then the elements of each tensor, wider types first and by name, so that
 * each lies where its type is aligned. The pieces are views of the tensors' own memory. Written on a little-endian machine, as all that
 * Node runs on in practice are.
 *
 * @param metadata free text about the file, such as `{ format: 'pt' }`.
 * @throws ArgumentError when a name comes twice or is `__metadata__`, data and shape do not go together, or metadata is not text.
 */
export const encodeSafetensors = (
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] => {
  checkMetadata(metadata)
  const sorted = [...tensors].sort(
    ([a, { dtype: p }], [b, { dtype: q }]) => bytesPerElement(q) - bytesPerElement(p) || (a < b ? -1 : Number(a > b)),
  )
  const infos = new Map<string, unknown>()
  if (Object.keys(metadata).length > 0) infos.set('__metadata__', metadata)
  let end = 0
  const chunks = sorted.map(([name, tensor]) => {
    if (name === '__metadata__' || infos.has(name)) {
      throw new ArgumentError(
        `encodeSafetensors: the name ${quote(name)} is ${name === '__metadata__' ? 'reserved' : 'given to two tensors'}. Rename the tensor.`,
        { tensor: name },
      )
    }
    checkTensor(name, tensor)
    const { dtype, shape, data } = tensor
    const begin = end
    end += data.byteLength
    infos.set(name, { dtype: names[dtype], shape, data_offsets: [begin, end] })
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  })
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(infos)))
  const length = 8 * Math.ceil(json.length / 8)
  if (length > maxHeader) {
    throw new ArgumentError(
      `encodeSafetensors: names and metadata take ${length} bytes; at most ${maxHeader} are allowed. Shorten the metadata.`,
      { length },
    )
  }
  const header = new Uint8Array(8 + length).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true)
  header.set(json, 8)
  return [header, ...chunks]
}

/**
 * Writes a safetensors file, whole or not at all, as `encodeSafetensors` lays it out. Waits until it is on the disk; the tensors must
 * not change meanwhile.
 *
 * @throws ArgumentError as `encodeSafetensors`; GradusError with code `file` when it cannot be written.
 */
export const writeSafetensors = async (
  path: string,
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> => writeFileAtomic(path, encodeSafetensors(tensors, metadata))
