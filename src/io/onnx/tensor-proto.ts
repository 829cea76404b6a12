import { bytesPerElement, type DType, dtypes, type TypedArray, viewOf } from '../../core/dtype.ts'
import { FormatError } from '../../core/errors.ts'
import { show } from '../../core/shape.ts'
import { onnxType } from '../../engine/onnx/format.ts'
import { quote } from '../json.ts'
import type { StoredTensor } from '../safetensors.ts'
import { type External, readExternal } from './external-data.ts'
import { bigints, damaged, doubles, floats, int, ints, readMessage, bytes as sub, text } from './wire.ts'

/** A tensor as the file has it: its elements stand in one of several fields, or in another file. */
export interface TensorProto {
  readonly name: string
  readonly dims: readonly number[]
  /** TensorProto.DataType. */
  readonly dataType: number
  readonly raw: Uint8Array | null
  /** float_data, int32_data and double_data as numbers; int64_data and uint64_data as bigints. */
  readonly values: readonly number[] | readonly bigint[] | null
  readonly external: External | null
}

const parseEntry = (data: Uint8Array, into: Map<string, string>): void => {
  let [key, value] = ['', '']
  readMessage('StringStringEntryProto', data, { 1: text(v => (key = v)), 2: text(v => (value = v)) })
  into.set(key, value)
}

export const parseTensor = (data: Uint8Array): TensorProto => {
  let [name, dataType, location] = ['', 0, 0]
  let raw: Uint8Array | null = null
  const dims: number[] = []
  const numbers: number[] = []
  const wide: bigint[] = []
  let strings = 0
  const external = new Map<string, string>()
  readMessage('TensorProto', data, {
    1: ints(v => dims.push(v)),
    2: int(v => (dataType = v)),
    4: floats(v => numbers.push(v)),
    5: ints(v => numbers.push(v)),
    6: sub(() => strings++),
    7: bigints(v => wide.push(v)),
    8: text(v => (name = v)),
    // Copied, so that the elements are aligned and the file's bytes can be forgotten.
    9: sub(v => (raw = new Uint8Array(v))),
    10: doubles(v => numbers.push(v)),
    11: bigints(v => wide.push(v)),
    13: sub(b => parseEntry(b, external)),
    14: int(v => (location = v)),
  })
  const values = wide.length > 0 ? wide : numbers.length > 0 ? numbers : null
  return { name, dims, dataType, raw, values, external: location === 1 ? external : null }
}

/** Names of TensorProto.DataType, for messages. */
const typeNames = [
  'undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64 complex128',
  'bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1 float8e8m0 uint2 int2',
]
  .join(' ')
  .split(' ')
export const typeName = (dataType: number): string => typeNames[dataType] ?? `data type ${dataType}`

const byCode = new Map<number, DType>(dtypes.map(dtype => [onnxType[dtype], dtype]))

/** The dtype of a TensorProto.DataType; undefined for those that are not supported (strings, complex numbers, below 8 bits). */
export const dtypeOfCode = (dataType: number): DType | undefined => byCode.get(dataType)

/** As `dtypeOfCode`; throws for a type that is not supported, saying what has it. */
export const requireDTypeOfCode = (what: string, dataType: number): DType => {
  const dtype = dtypeOfCode(dataType)
  if (dtype) return dtype
  throw new FormatError(
    `importOnnx: ${what} is of type ${typeName(dataType)}, which is not supported. Readable are ${dtypes.join(', ')}.`,
    { dataType },
  )
}

/** Number of elements; throws unless the sizes are whole, at least 0 and countable. */
const elementCount = (what: string, dims: readonly number[]): number => {
  let size = 1
  for (const n of dims) {
    size *= n
    if (Number.isSafeInteger(n) && n >= 0) continue
    throw new FormatError(`importOnnx: ${what} has the shape ${show(dims)}, and ${n} is not a size. ${damaged}`, {
      dims,
    })
  }
  if (Number.isSafeInteger(size)) return size
  throw new FormatError(`importOnnx: ${what} has the shape ${show(dims)}, which no memory can hold. ${damaged}`, {
    dims,
  })
}

/** Elements that lie one after the other, little-endian, from the start of their own memory on. */
const fromBytes = (dtype: DType, raw: Uint8Array): TypedArray => {
  if (dtype === 'bool') for (let i = 0; i < raw.length; i++) raw[i] = raw[i] === 0 ? 0 : 1
  return viewOf(dtype, raw.buffer, 0, raw.length / bytesPerElement(dtype))
}

/** Elements out of a typed field. Those of 16-bit floats are their bits. */
const fromValues = (dtype: DType, values: readonly number[] | readonly bigint[]): TypedArray => {
  const array = viewOf(dtype, new ArrayBuffer(values.length * bytesPerElement(dtype)), 0, values.length)
  const big = dtype === 'int64' || dtype === 'uint64'
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!
    if (big) (array as BigInt64Array)[i] = typeof v === 'bigint' ? v : BigInt(Math.trunc(v))
    else (array as Float64Array)[i] = dtype === 'bool' ? Number(Number(v) !== 0) : Number(v)
  }
  return array
}

/**
 * The tensor's elements. Memory is taken for the bytes that are there, never for those that the shape claims.
 *
 * @param folder where external data may lie; undefined refuses it.
 * @throws FormatError when the type is not supported, or the shape and the data do not go together.
 */
export const decodeTensor = (proto: TensorProto, what: string, folder: string | undefined): StoredTensor => {
  const dtype = requireDTypeOfCode(what, proto.dataType)
  const shape = proto.dims
  const size = elementCount(what, shape)
  const bytes = size * bytesPerElement(dtype)
  const fits = (got: number, needed: number, unit: string): void => {
    if (got === needed) return
    throw new FormatError(
      `importOnnx: ${what} has ${got} ${unit} of data; its shape ${show(shape)} of ${dtype} needs ${needed}. ${damaged}`,
      { got, needed },
    )
  }
  if (proto.external) {
    const data = readExternal(proto.external, bytes, what, folder)
    fits(data.length, bytes, 'bytes')
    return { dtype, shape, data: fromBytes(dtype, data) }
  }
  if (proto.raw) {
    fits(proto.raw.length, bytes, 'bytes')
    return { dtype, shape, data: fromBytes(dtype, proto.raw) }
  }
  const values = proto.values ?? []
  fits(values.length, size, 'elements')
  return { dtype, shape, data: fromValues(dtype, values) }
}

/** How a tensor is called in a message. */
export const tensorLabel = (name: string): string => (name === '' ? 'a tensor' : `the tensor ${quote(name)}`)
