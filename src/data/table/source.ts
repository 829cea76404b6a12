import { readFile } from '#files'
import { DataError, GradusError } from '../../core/errors.ts'
import { fileCause } from '../../io/atomic.ts'
import { inflateWithin } from '../../io/zip.ts'

/**
 * Where a table comes from: a path (in Node) or an address, bytes, a `File` or `Blob`; a text with a line break is the contents themselves.
 */
export type TableSource = string | URL | Uint8Array | ArrayBuffer | Blob

/** The bytes of a source and what messages call it. */
export interface Contents {
  readonly name: string
  readonly bytes: Uint8Array
}

/** What a compressed file may unpack to. */
export const maxUnpacked = 2 ** 32

const addressPattern = /^(https?|data|blob|file):/i

const fetched = async (url: URL): Promise<Uint8Array> => {
  const name = url.protocol === 'data:' ? 'data:' : url.href
  let cause: string
  try {
    const response = await fetch(url)
    if (response.ok) return new Uint8Array(await response.arrayBuffer())
    cause = `HTTP ${response.status}`
  } catch (error) {
    cause = String(((error as Error).cause as Error | undefined)?.message ?? (error as Error).message)
  }
  throw new DataError(
    `${name}: could not be fetched: ${cause}. Check the address and the network, or pass the bytes.`,
    {
      url: name,
    },
  )
}

const bytesAt = async (path: string | URL): Promise<Uint8Array> => {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof GradusError) throw error // in a browser there are no files
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path: String(path) }, error)
  }
}

const unpacked = ({ name, bytes }: Contents): Contents =>
  bytes[0] === 0x1f && bytes[1] === 0x8b
    ? { name, bytes: inflateWithin(bytes, { where: name, limit: maxUnpacked, format: 'gzip' }) }
    : { name, bytes }

const lastPart = (url: URL): string => url.pathname.split('/').at(-1) || url.href

/**
 * The bytes of a source; those of a file compressed with gzip unpacked.
 * @throws DataError where a file or an address cannot be read; FormatError where gzip is damaged or unpacks to more than 4 GiB
 */
export const readContents = async (source: TableSource, where: string): Promise<Contents> => {
  if (source instanceof Uint8Array) return unpacked({ name: where, bytes: source })
  if (source instanceof ArrayBuffer) return unpacked({ name: where, bytes: new Uint8Array(source) })
  if (source instanceof Blob) {
    const name = 'name' in source ? String(source.name) : where
    return unpacked({ name, bytes: new Uint8Array(await source.arrayBuffer()) })
  }
  if (typeof source === 'string') {
    if (/[\r\n]/.test(source)) return { name: where, bytes: new TextEncoder().encode(source) }
    if (!addressPattern.test(source)) return unpacked({ name: source, bytes: await bytesAt(source) })
  }
  const url = new URL(source)
  const bytes = url.protocol === 'file:' ? await bytesAt(url) : await fetched(url)
  return unpacked({ name: lastPart(url), bytes })
}
