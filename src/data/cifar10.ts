import { gunzipSync, join, readFile } from '#files'
import { DataError, FormatError } from '../core/errors.ts'
import { fileCause } from '../io/atomic.ts'
import { type Column, Dataset } from './dataset.ts'
import { type DownloadOptions, download, type RemoteFile } from './download.ts'
import { usualPlaces } from './places.ts'
import { readTar } from './tar.ts'

/** Colour images of 32 × 32 as bytes, channels red, green, blue, and their classes 0 to 9. */
export type Cifar10Dataset = Dataset<Column<readonly [3, 32, 32], 'uint8'>, Column<readonly [], 'int32'>>
export interface Cifar10 {
  readonly train: Cifar10Dataset
  readonly test: Cifar10Dataset
  readonly classes: readonly string[]
}

export interface Cifar10Options extends DownloadOptions {
  /** Where the six files of the binary version are, or its archive. By default the usual places are searched. */
  readonly folder?: string
  /** Fetches the archive into `folder`, by default `~/.cache/gradus/cifar10`, where it is nowhere. Default false. */
  readonly download?: boolean
}

const trainNames = [1, 2, 3, 4, 5].map(i => `data_batch_${i}.bin`)
const testName = 'test_batch.bin'
const names = [...trainNames, testName]
const inner = 'cifar-10-batches-bin'
const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'] as const

// Size and SHA-256: TorchVision for Ruby, MLDatasets of Julia and others, all the same; MD5 on the data set's page.
const archive: RemoteFile = {
  name: 'cifar-10-binary.tar.gz',
  urls: ['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'],
  bytes: 170_052_171,
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
}
/** What the archive may unpack to: it is 184 MB. */
const maxUnpacked = 2 ** 28

/** A file and what messages call it. */
interface Part {
  readonly path: string
  readonly bytes: Uint8Array
}

const readIfThere = async (path: string): Promise<Uint8Array | null> => {
  try {
    return await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
  }
}

const unpack = (path: string, bytes: Uint8Array): Map<string, Uint8Array> => {
  let plain: Uint8Array
  try {
    plain = gunzipSync(bytes, { maxOutputLength: maxUnpacked })
  } catch (error) {
    const why = (error as Error).message.replace(/\.$/, '')
    throw new FormatError(`${path}: cannot be unpacked as gzip: ${why}. Get the file again.`, {}, error)
  }
  return readTar(path, plain)
}

const complete = (
  where: string,
  found: readonly (Uint8Array | null | undefined)[],
  path: (name: string) => string,
): Part[] => {
  const missing = names.filter((_, i) => !found[i])
  if (missing.length > 0)
    throw new DataError(`cifar10: "${where}" has no ${missing.join(', ')}. Put what is missing beside the rest.`, {
      missing,
    })
  return names.map((name, i) => ({ path: path(name), bytes: found[i]! }))
}

/** The six files of a place, or nothing: lying there, in the archive's folder, or in the archive. */
const readPlace = async (place: string): Promise<Part[] | null> => {
  for (const folder of [place, join(place, inner)]) {
    const found = await Promise.all(names.map(name => readIfThere(join(folder, name))))
    if (found.some(bytes => bytes)) return complete(folder, found, name => join(folder, name))
  }
  const path = join(place, archive.name)
  const packed = await readIfThere(path)
  if (!packed) return null
  const files = unpack(path, packed)
  const found = names.map(name => files.get(`${inner}/${name}`))
  return complete(path, found, name => `${path} (${name})`)
}

const recordBytes = 1 + 3 * 32 * 32

/** Images and classes of some files. */
const assemble = (parts: readonly Part[]): Cifar10Dataset => {
  for (const { path, bytes } of parts) {
    if (bytes.length > 0 && bytes.length % recordBytes === 0) continue
    throw new FormatError(
      `${path}: has ${bytes.length} bytes, which are not whole records of ${recordBytes}: a class and 3 × 32 × 32 colours. Get the file again.`,
    )
  }
  const count = parts.reduce((sum, { bytes }) => sum + bytes.length / recordBytes, 0)
  const pixels = new Uint8Array(count * (recordBytes - 1))
  const labels = new Int32Array(count)
  let i = 0
  for (const { path, bytes } of parts) {
    for (let at = 0; at < bytes.length; at += recordBytes, i++) {
      labels[i] = bytes[at]!
      if (labels[i]! > 9)
        throw new FormatError(`${path}: record ${at / recordBytes} has the class ${labels[i]}. The classes are 0 to 9.`)
      pixels.set(bytes.subarray(at + 1, at + recordBytes), i * (recordBytes - 1))
    }
  }
  return new Dataset(
    { dtype: 'uint8', shape: [count, 3, 32, 32], data: pixels },
    { dtype: 'int32', shape: [count], data: labels },
  )
}

/**
 * Colour photographs of ten classes: 50,000 to train on and 10,000 to test with, from the binary version of CIFAR-10. It is looked for in
 * `folder`, or else in `$GRADUS_DATA/images/cifar10`, `../shared/data/images/cifar10` and `~/.cache/gradus/cifar10`: the six files
 * `data_batch_1.bin` to `test_batch.bin`, their folder `cifar-10-batches-bin`, or the archive `cifar-10-binary.tar.gz`.
 *
 * **Shape** x: `[N, 3, 32, 32]` uint8, which `imageLoader` turns into float32 from 0 to 1; y: `[N]` int32.
 *
 * @param options.folder where the files are, and where a download goes
 * @param options.download fetches the archive (170 MB) where it is nowhere, checked by size and SHA-256. Default false
 * @param options.onProgress called while it arrives
 * @throws DataError if files are not there or cannot be had; FormatError if they are not what they should be
 * Source: Krizhevsky 2009.
 */
export const cifar10 = async (options: Cifar10Options = {}): Promise<Cifar10> => {
  const { folder, download: wanted = false, ...rest } = options
  const places = folder === undefined ? usualPlaces('cifar10') : [folder]
  for (let fetched = false; ; fetched = true) {
    for (const place of places) {
      const parts = await readPlace(place)
      if (parts) return { train: assemble(parts.slice(0, 5)), test: assemble(parts.slice(5)), classes }
    }
    if (!wanted || fetched) break
    await download('cifar10', { files: [archive], folder: places.at(-1)!, ...rest })
  }
  throw new DataError(
    `cifar10: not found in ${places.map(p => `"${p}"`).join(', ')}. Put ${archive.name} there (${archive.urls[0]}), pass the { folder } that it is in, or { download: true }.`,
    { places },
  )
}
