import { zipSync } from 'fflate'
import { ArgumentError } from '../core/errors.ts'
import { defineOptions, flag, type Given, integer } from '../core/options.ts'
import { writeFileAtomic } from './atomic.ts'
import { bytesOfFile, decodeNpy, encodeNpy } from './npy.ts'
import type { StoredTensor } from './safetensors.ts'
import { readZip } from './zip.ts'

const readOptions = defineOptions({
  maxBytes: integer({ default: 2 ** 32, min: 1, help: 'bytes that the arrays may take once unpacked' }),
})
const writeOptions = defineOptions({
  compress: flag({ help: 'pack the arrays with deflate, as numpy.savez_compressed does' }),
})
export type NpzOptions = Given<typeof readOptions>
export type NpzWriteOptions = Given<typeof writeOptions>

/**
 * The arrays of a .npz file by name, in the order of the file, each as {@link decodeNpy} reads it.
 *
 * @param where what messages name: the file
 * @throws FormatError when the archive or an array is damaged, holds something else than numbers, or unpacks to more than `maxBytes`.
 * What the archive says about sizes is never trusted.
 */
export const decodeNpz = (bytes: Uint8Array, where: string, options: NpzOptions = {}): Map<string, StoredTensor> => {
  const { maxBytes } = readOptions.validate('decodeNpz', options)
  const files = readZip(bytes, { where, maxBytes })
  return new Map(
    [...files].map(([name, file]) => [
      name.replace(/\.npy$/, ''),
      decodeNpy(file, `${where}: ${JSON.stringify(name)}`),
    ]),
  )
}

/**
 * A .npz file of arrays by name, which `numpy.load` reads.
 *
 * @param options `compress` packs the arrays; they are stored as they are by default
 * @throws ArgumentError for a name given twice, or for arrays as {@link encodeNpy}
 */
export const encodeNpz = (
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
  options: NpzWriteOptions = {},
): Uint8Array => {
  const { compress } = writeOptions.validate('encodeNpz', options)
  const files: Record<string, Uint8Array> = {}
  for (const [name, tensor] of tensors) {
    const file = `${name}.npy`
    if (Object.hasOwn(files, file)) {
      throw new ArgumentError(`encodeNpz: the name ${JSON.stringify(name)} is given to two arrays. Rename one.`, {
        name,
      })
    }
    files[file] = encodeNpy(tensor)
  }
  // A fixed date: equal arrays make equal files.
  return zipSync(files, { level: compress ? 6 : 0, mtime: new Date(1980, 0, 1) })
}

/** Reads a .npz file as {@link decodeNpz} does. @throws DataError when it is missing or cannot be read. */
export const readNpz = async (path: string, options: NpzOptions = {}): Promise<Map<string, StoredTensor>> =>
  decodeNpz(await bytesOfFile(path), path, options)

/** Writes a .npz file, whole or not at all, as {@link encodeNpz} lays it out. */
export const saveNpz = async (
  path: string,
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
  options: NpzWriteOptions = {},
): Promise<void> => writeFileAtomic(path, encodeNpz(tensors, options))
