import { readFile } from '#files'
import { bytesPerElement, type DType, type TypedArray, viewOf } from '../core/dtype.ts'
import { ArgumentError, DataError, FormatError } from '../core/errors.ts'
import { checkShape, show, sizeOf } from '../core/shape.ts'
import { fileCause, writeFileAtomic } from './atomic.ts'
import type { StoredTensor } from './safetensors.ts'

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
const byCode: Readonly<Record<string, DType>> = {
  b1: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
}
const codes = new Map(Object.entries(byCode).map(([code, dtype]) => [dtype, code]))
/** What is in a file that holds no plain numbers. */
const others: Readonly<Record<string, string>> = {
  O: 'Python objects, which only Python can read; save it with a numeric dtype',
  U: 'texts; save them as categories and codes, or as CSV',
  S: 'byte strings; save them as categories and codes, or as CSV',
  c: 'complex numbers; save real and imaginary parts as two arrays',
  M: "dates; save them as numbers, such as a.astype('int64')",
  m: "durations; save them as numbers, such as a.astype('int64')",
  V: 'raw records; save each field as an array of its own',
}
const known = Object.keys(byCode).join(', ')

/** Little-endian, as all machines are on which this runs in practice. */
interface Header {
  readonly dtype: DType
  readonly bigEndian: boolean
  readonly fortran: boolean
  readonly shape: readonly number[]
}

const readType = (literal: string, where: string): { dtype: DType; bigEndian: boolean } => {
  if (literal.startsWith('[')) {
    throw new FormatError(
      `${where}: holds records of several fields (a structured dtype). Save each field as an array of its own.`,
    )
  }
  const [, order = '', kind = '', size = ''] = /^'([<>|=]?)([a-zA-Z])(\d*)/.exec(literal) ?? []
  const dtype = byCode[kind + size]
  if (dtype && literal === `'${order}${kind}${size}'`) return { dtype, bigEndian: order === '>' }
  if (others[kind]) throw new FormatError(`${where}: holds ${others[kind]}.`, { dtype: literal })
  throw new FormatError(`${where}: has the dtype ${literal}; the types that can be read are ${known}.`, {
    dtype: literal,
  })
}

/** The header: a Python dictionary with exactly `descr`, `fortran_order` and `shape`. */
const parseHeader = (text: string, where: string): Header => {
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1]
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1]
  const descr = /'descr'\s*:\s*('[^']*'|\[)/.exec(text)?.[1]
  if (shape === undefined || order === undefined || descr === undefined) {
    throw new FormatError(
      `${where}: its header does not say descr, fortran_order and shape: ${JSON.stringify(text.slice(0, 80).trim())}. Save it again with numpy.save.`,
    )
  }
  const sizes = shape.split(',').map(size => size.replace('L', '').trim())
  if (sizes.at(-1) === '') sizes.pop()
  const numbers = sizes.map(Number)
  if (sizes.includes('') || numbers.some(n => !Number.isSafeInteger(n)))
    throw new FormatError(`${where}: has the shape (${shape}), which is none. Save it again with numpy.save.`)
  return { ...readType(descr, where), fortran: order === 'True', shape: numbers }
}

const splitHeader = (bytes: Uint8Array, where: string): { text: string; start: number } => {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    const begin = [...bytes.subarray(0, 6)].join(', ')
    throw new FormatError(
      `${where}: not a .npy file: it begins with the bytes [${begin}]; [${magic.join(', ')}] was expected.`,
    )
  }
  const version = bytes[6]!
  if (version < 1 || version > 3) {
    throw new FormatError(
      `${where}: is .npy of version ${version}; 1, 2 and 3 can be read. Save it again with numpy.save.`,
      { version },
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wide = version > 1
  const start = wide && bytes.length >= 12 ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true)
  if (start > bytes.length) {
    throw new FormatError(
      `${where}: ends after ${bytes.length} bytes, within its header of ${start}. Get the file again.`,
    )
  }
  return { text: new TextDecoder('latin1').decode(bytes.subarray(wide ? 12 : 10, start)), start }
}

/** Bytes of each element turned around, in place. */
const swap = (bytes: Uint8Array, width: number): void => {
  for (let at = 0; at + width <= bytes.length; at += width) bytes.subarray(at, at + width).reverse()
}

/** Elements that come with the first axis running fastest, in row-major order. */
const fromFortran = (data: TypedArray, shape: readonly number[]): TypedArray => {
  const out = data.slice() as TypedArray
  const index = new Array<number>(shape.length).fill(0)
  const strides: number[] = []
  let stride = 1
  for (const n of shape) {
    strides.push(stride)
    stride *= n
  }
  let from = 0
  for (let to = 0; to < data.length; to++) {
    out[to] = data[from]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return out
}

/**
 * The array of a .npy file: all numeric dtypes of NumPy in either byte order, C or Fortran order; the result is row-major, in memory of its own.
 *
 * @param where what messages name: the file
 * @throws FormatError when the file is not as the format says, or holds something else than numbers. Its shape is checked against the bytes
 * that are there before anything is allocated.
 * Source: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays"; checked against NumPy 2.4.
 */
export const decodeNpy = (bytes: Uint8Array, where: string): StoredTensor => {
  const { text, start } = splitHeader(bytes, where)
  const { dtype, bigEndian, fortran, shape } = parseHeader(text, where)
  const width = bytesPerElement(dtype)
  // Sizes may multiply to infinity, and infinity times 0 is no number: a size of 0 decides first.
  const size = shape.includes(0) ? 0 : shape.reduce((total, n) => total * n, 1)
  const there = bytes.length - start
  if (size * width !== there) {
    throw new FormatError(
      `${where}: holds ${there} bytes of elements; ${show(shape)} of ${dtype} needs ${size * width}. Get the file again.`,
      { shape, bytes: there },
    )
  }
  // Not slice(): that of Node's Buffer is a view of the same memory.
  const own = new Uint8Array(bytes.subarray(start))
  if (bigEndian && width > 1) swap(own, width)
  const data = viewOf(dtype, own.buffer, 0, size)
  const bad = dtype === 'bool' ? own.findIndex(x => x > 1) : -1
  if (bad >= 0) {
    throw new FormatError(
      `${where}: has the byte ${own[bad]} at element ${bad} of bool; 0 or 1 was expected. Save it as uint8.`,
      { index: bad },
    )
  }
  return { dtype, shape, data: fortran && shape.length > 1 ? fromFortran(data, shape) : data }
}

/**
 * An array as a .npy file: version 1.0, little-endian, C order, elements aligned to 64 bytes.
 * @throws ArgumentError for bfloat16, which NumPy does not have, and for data that do not fill the shape
 */
export const encodeNpy = ({ dtype, shape, data }: StoredTensor): Uint8Array => {
  const code = codes.get(dtype)
  if (!code) {
    throw new ArgumentError(`encodeNpy: NumPy has no ${dtype}. Convert it to float32 first.`, { dtype })
  }
  checkShape('encodeNpy', shape)
  if (data.length !== sizeOf(shape)) {
    throw new ArgumentError(`encodeNpy: ${show(shape)} needs ${sizeOf(shape)} elements; got ${data.length}.`, { shape })
  }
  const order = bytesPerElement(dtype) === 1 ? '|' : '<'
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const dictionary = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${sizes}), }`
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64
  const bytes = new Uint8Array(length + data.byteLength)
  bytes.set([...magic, 1, 0, (length - 10) & 255, (length - 10) >> 8])
  bytes.set(new TextEncoder().encode(`${dictionary.padEnd(length - 11)}\n`), 10)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length)
  return bytes
}

/** The bytes of a file. */
export const bytesOfFile = async (path: string): Promise<Uint8Array> => {
  try {
    return await readFile(path)
  } catch (error) {
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
  }
}

/** Reads a .npy file as {@link decodeNpy} does. @throws DataError when it is missing or cannot be read. */
export const readNpy = async (path: string): Promise<StoredTensor> => decodeNpy(await bytesOfFile(path), path)

/** Writes a .npy file, whole or not at all, as {@link encodeNpy} lays it out. */
export const saveNpy = async (path: string, tensor: StoredTensor): Promise<void> =>
  writeFileAtomic(path, encodeNpy(tensor))
