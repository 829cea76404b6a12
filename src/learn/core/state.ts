import { ArgumentError, FormatError } from '../../core/errors.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { fromArray, tensor } from '../../tensor/creation.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Csr } from './sparse.ts'

/** What a fitted model remembers: numbers, words, matrices, and other models, in records and lists. Keys that begin with `_` stay inside. */
export type State = { readonly [key: string]: unknown }

type Vector<D extends 'float64' | 'int32'> = Tensor<readonly [number], D>

/**
 * A value as the user sees it: arrays and matrices as tensors. What is always sparse stays so; what has the form of the rows that were given is
 * typed as for dense rows.
 */
export type Public<V> = [V] extends [Csr] ? V : Each<V>

type Each<V> = V extends Float64Array
  ? Vector<'float64'>
  : V extends Int32Array
    ? Vector<'int32'>
    : V extends Csr
      ? never
      : V extends Dense
        ? Tensor<readonly [number, number], 'float64'>
        : V extends string | number | boolean | null | undefined
          ? V
          : V extends readonly (infer E)[]
            ? readonly Public<E>[]
            : V

/** What a user sees of a state: all but what begins with `_`. */
export type Shown<S> = { readonly [K in keyof S as K extends `_${string}` ? never : K]: Public<S[K]> }

const isDense = (value: object): value is Dense =>
  'rows' in value && 'columns' in value && 'data' in value && !('indptr' in value)

/** A value as the user sees it. */
export const publish = (value: unknown): unknown => {
  if (value instanceof Float64Array || value instanceof Int32Array) return tensor(value.slice() as Float64Array)
  if (Array.isArray(value)) return value.map(publish)
  if (typeof value === 'object' && value !== null && isDense(value)) {
    return fromArray(value.data, [value.rows, value.columns], 'float64')
  }
  return value
}

// --- JSON ---------------------------------------------------------------------------------------------------------------

/** How other things than plain values are written: the first that recognises a value writes it. */
export interface Codec {
  readonly tag: string
  readonly recognises: (value: object) => boolean
  readonly write: (value: never) => unknown
  readonly read: (json: never) => unknown
}

const arrays = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int8: Int8Array,
}
type ArrayName = keyof typeof arrays

const codecs: Codec[] = []
/** Adds a way to write values of another kind, such as fitted models within models. */
export const addCodec = (codec: Codec): void => {
  codecs.push(codec)
}

/** A value as JSON that {@link decode} reads back exactly: typed arrays as little-endian bytes in base64, numbers that JSON lacks as words. */
export const encode = (value: unknown, path: string): unknown => {
  if (value === undefined || value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? '-0' : String(value) }
  if (typeof value === 'function') {
    throw new ArgumentError(
      `toJSON: ${path} is a function, which JSON cannot hold. Use one of the named choices to save the model.`,
    )
  }
  if (typeof value !== 'object') throw new ArgumentError(`toJSON: ${path} is a ${typeof value}, which cannot be saved.`)
  const codec = codecs.find(one => one.recognises(value))
  if (codec) return { [codec.tag]: codec.write(value as never) }
  for (const [name, kind] of Object.entries(arrays)) {
    if (value instanceof kind)
      return { $array: name, base64: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) }
  }
  if (value instanceof Map) return { $map: [...value].map((pair, i) => encode(pair, `${path}[${i}]`)) }
  if (Array.isArray(value)) return value.map((item, i) => encode(item, `${path}[${i}]`))
  const record: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) record[key] = encode(item, `${path}.${key}`)
  return record
}

/** What {@link encode} wrote. */
export const decode = (json: unknown): unknown => {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map(decode)
  const record = json as Record<string, unknown>
  if (typeof record.$number === 'string') return Number(record.$number)
  if (typeof record.$array === 'string') return readArray(record)
  if (Array.isArray(record.$map)) return new Map(record.$map.map(pair => decode(pair) as [unknown, unknown]))
  const codec = codecs.find(one => Object.hasOwn(record, one.tag))
  if (codec) return codec.read(record[codec.tag] as never)
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, decode(item)]))
}

const readArray = ({ $array, base64 }: Record<string, unknown>): ArrayBufferView => {
  const kind = Object.hasOwn(arrays, $array as string) ? arrays[$array as ArrayName] : undefined
  if (!kind || typeof base64 !== 'string')
    throw new FormatError(`fromJSON: an array of kind ${JSON.stringify($array)} is unknown.`)
  const bytes = fromBase64(base64)
  if (bytes.length % kind.BYTES_PER_ELEMENT !== 0) {
    throw new FormatError(
      `fromJSON: an array of ${$array} has ${bytes.length} bytes, no multiple of ${kind.BYTES_PER_ELEMENT}. The model is damaged.`,
    )
  }
  return new kind(bytes.buffer as ArrayBuffer)
}

const toBase64 = (bytes: Uint8Array): string => {
  let text = ''
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000))
  return btoa(text)
}
const fromBase64 = (text: string): Uint8Array => {
  let binary: string
  try {
    binary = atob(text)
  } catch {
    throw new FormatError('fromJSON: an array is not base64. The model is damaged.')
  }
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
