import { FormatError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { isRecord, quote } from './json.ts'
import { type Storage, storages } from './safetensors-storage.ts'

/** Bytes that a header may have, by the format. */
export const maxHeader = 100_000_000
const again = 'The file is damaged or is no safetensors file: download or save it again.'

const areSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(n => Number.isSafeInteger(n) && n >= 0)

/** A key that comes twice in the object that `json` (which is valid) is, or in one right inside it: `"dtype" in "weight"`. */
const duplicateKey = (json: string): string | undefined => {
  const seen = [new Set<string>(), new Set<string>()]
  let depth = 0
  let text = ''
  let outer = ''
  for (let i = 0; i < json.length; i++) {
    const c = json[i]
    if (c === '{' || c === '[') {
      if (depth++ === 1) seen[1]!.clear()
    } else if (c === '}' || c === ']') {
      depth--
    } else if (c === '"') {
      const start = i++
      while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1
      text = json.slice(start, i + 1)
    } else if (c === ':' && depth <= 2) {
      const key: string = JSON.parse(text)
      const keys = seen[depth - 1]!
      if (keys.has(key)) return depth === 1 ? quote(key) : `${quote(key)} in ${quote(outer)}`
      keys.add(key)
      if (depth === 1) outer = key
    }
  }
  return undefined
}

/** Length of the header, from the 8 bytes before it. */
export const headerLength = (start: Uint8Array, fileSize: number, where: string): number => {
  if (fileSize < 8) {
    throw new FormatError(
      `${where}: the file has ${fileSize} bytes, too few for the 8 that give the length of the header. ${again}`,
      { fileSize },
    )
  }
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true)
  if (length > maxHeader) {
    throw new FormatError(
      `${where}: the header claims a length of ${length} bytes; at most ${maxHeader} are allowed. ${again}`,
      { length: Number(length) },
    )
  }
  if (Number(length) > fileSize - 8) {
    throw new FormatError(
      `${where}: the header claims a length of ${length} bytes; only ${fileSize - 8} follow. ${again}`,
      { length: Number(length), fileSize },
    )
  }
  return Number(length)
}

const parseJson = (bytes: Uint8Array, where: string): Record<string, unknown> => {
  let value: unknown
  let text = ''
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (error) {
    const reason = error instanceof TypeError ? 'UTF-8 text' : 'JSON'
    throw new FormatError(`${where}: the header is not ${reason}. ${again}`, {}, error)
  }
  if (!text.startsWith('{') || !isRecord(value)) {
    throw new FormatError(
      `${where}: the header must be a JSON object from its first byte on; it begins with ${quote(text.slice(0, 20))}. ${again}`,
    )
  }
  const twice = duplicateKey(text)
  if (twice !== undefined) {
    throw new FormatError(`${where}: the header has the key ${twice} twice. Save the file again with each name once.`, {
      key: twice,
    })
  }
  return value
}

/** Where a tensor lies in the data, in bytes. */
export interface Entry {
  readonly name: string
  readonly storage: Storage
  readonly shape: Shape
  readonly begin: number
  readonly end: number
}

const parseEntry = (name: string, info: unknown, where: string): Entry => {
  const wrong = (what: string, remedy = again): FormatError =>
    new FormatError(`${where}: tensor ${quote(name)} ${what}. ${remedy}`, { tensor: name })
  if (!isRecord(info)) throw wrong(`is ${quote(info)}; an object of dtype, shape and data_offsets was expected`)
  const { dtype, shape, data_offsets: offsets } = info
  const storage = typeof dtype === 'string' && Object.hasOwn(storages, dtype) ? storages[dtype] : undefined
  if (!storage) {
    const readable = Object.keys(storages).join(', ')
    throw wrong(`has dtype ${quote(dtype)}; readable are ${readable}`, 'Convert it with the program that wrote it.')
  }
  if (!areSizes(shape)) throw wrong(`has shape ${quote(shape)}; whole numbers of at least 0 were expected`)
  if (!areSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw wrong(`has data_offsets ${quote(offsets)}; two whole numbers, begin and end, were expected`)
  }
  const [begin, end] = offsets as [number, number]
  const bytes = shape.reduce((product, n) => product * n, storage.bytes)
  if (end - begin !== bytes) {
    throw wrong(
      `has data_offsets ${quote(offsets)}, ${end - begin} bytes; shape ${quote(shape)} of ${dtype} takes ${bytes}`,
    )
  }
  return { name, storage, shape, begin, end }
}

/** Throws unless the tensors fill the data, one after the other. */
const checkLayout = (entries: readonly Entry[], dataSize: number, where: string): void => {
  let filled = 0
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    const details = { tensor: name, begin, end, dataSize }
    if (begin !== filled) {
      const what = begin < filled ? 'overlaps the tensor before it' : 'leaves a hole before it'
      throw new FormatError(
        `${where}: tensor ${quote(name)} ${what}: it begins at byte ${begin} of the data, and the one before ends at ${filled}. ${again}`,
        details,
      )
    }
    if (end > dataSize) {
      throw new FormatError(
        `${where}: tensor ${quote(name)} ends at byte ${end} of the data, which has only ${dataSize}. The file is cut short: download or save it again.`,
        details,
      )
    }
    filled = end
  }
  if (filled !== dataSize) {
    throw new FormatError(
      `${where}: the last tensor ends at byte ${filled} of the data, which goes on to byte ${dataSize}. ${again}`,
      { filled, dataSize },
    )
  }
}

/** Entries and metadata of a header that `dataSize` bytes of elements follow: checked, each against the others and the data. */
export const parseHeader = (
  bytes: Uint8Array,
  dataSize: number,
  where: string,
): { entries: Entry[]; metadata: Record<string, string> } => {
  const { __metadata__: metadata = {}, ...infos } = parseJson(bytes, where)
  if (!isRecord(metadata)) {
    throw new FormatError(`${where}: __metadata__ is ${quote(metadata)}; an object of strings was expected. ${again}`)
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') {
      throw new FormatError(
        `${where}: __metadata__ has ${quote(value)} under ${quote(key)}; a string was expected. Save the file again with the value as text.`,
        { key, value },
      )
    }
  }
  const entries = Object.entries(infos).map(([name, info]) => parseEntry(name, info, where))
  checkLayout(entries, dataSize, where)
  return { entries, metadata: metadata as Record<string, string> }
}
