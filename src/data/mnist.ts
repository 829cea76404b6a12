import { join, readFile } from '#files'
import { DataError, FormatError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import { fileCause } from '../io/atomic.ts'
import { readIdx } from '../io/idx.ts'
import type { StoredTensor } from '../io/safetensors.ts'
import { type Column, Dataset } from './dataset.ts'
import { type DownloadOptions, download, type RemoteFile } from './download.ts'
import { usualPlaces } from './places.ts'

/** Grey images of 28 × 28 from 0 (background) to 1 (ink), and their classes 0 to 9. */
export type ImageDataset = Dataset<Column<readonly [28, 28], 'float32'>, Column<readonly [], 'int32'>>

/** Images to train on and to test with, and what the classes are called. */
export interface Mnist {
  readonly train: ImageDataset
  readonly test: ImageDataset
  readonly classes: readonly string[]
}

export interface MnistOptions extends DownloadOptions {
  /** Where the four idx files are, compressed or not. By default the usual places are searched. */
  readonly folder?: string
  /** Fetches them into `folder`, by default `~/.cache/gradus`, where they are nowhere. Default false. */
  readonly download?: boolean
}

const names = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const

export const digitClasses: readonly string[] = Array.from({ length: 10 }, (_, digit) => String(digit))
/** Source: Xiao, Rasul & Vollgraf 2017, table 1. */
export const clothes: readonly string[] = [
  'T-shirt',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
]

/** A data set in MNIST's files. */
interface Source {
  readonly where: string
  readonly folder: string
  readonly classes: readonly string[]
  readonly remote: readonly RemoteFile[]
}

/** The four files, compressed, below each of some addresses. */
const remoteFiles = (
  bases: readonly string[],
  known: readonly (readonly [bytes: number, sha256: string])[],
): RemoteFile[] =>
  names.map((name, i) => {
    const [bytes, sha256] = known[i]!
    return { name: `${name}.gz`, urls: bases.map(base => `${base}${name}.gz`), bytes, sha256 }
  })

// Sizes and sums of MNIST: its own page; torchvision (prototype datasets) and Lasagne publish the same SHA-256.
const mnistSource: Source = {
  where: 'mnist',
  folder: 'mnist',
  classes: digitClasses,
  remote: remoteFiles(
    [
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
      'http://yann.lecun.com/exdb/mnist/',
    ],
    [
      [9_912_422, '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609'],
      [28_881, '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c'],
      [1_648_877, '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'],
      [4_542, 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'],
    ],
  ),
}

// Sizes of Fashion-MNIST: its repository; SHA-256: torchvision (prototype datasets) and others, all the same.
const fashionSource: Source = {
  where: 'fashionMnist',
  folder: 'fashion_mnist',
  classes: clothes,
  remote: remoteFiles(
    [
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    ],
    [
      [26_421_880, '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84'],
      [29_515, 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845'],
      [4_422_102, '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073'],
      [5_148, '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'],
    ],
  ),
}

/** A file's contents, with or without the ending `.gz`; nothing where there is no such file. */
export const readIdxFile = async (path: string): Promise<StoredTensor | null> => {
  for (const candidate of [path, `${path}.gz`]) {
    try {
      return readIdx(await readFile(candidate), candidate)
    } catch (error) {
      if (error instanceof FormatError) throw error
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') continue
      const { cause, remedy } = fileCause(error)
      throw new DataError(`${candidate}: could not be read: ${cause}. ${remedy}`, { path: candidate }, error)
    }
  }
  return null
}

/** The four arrays of a place; which of them are missing; or nothing, where all are. */
const readPlace = async (place: string): Promise<StoredTensor[] | readonly string[] | null> => {
  const found = await Promise.all(names.map(name => readIdxFile(join(place, name))))
  const missing = names.filter((_, i) => found[i] === null)
  if (missing.length === names.length) return null
  return missing.length === 0 ? (found as StoredTensor[]) : missing
}
const isComplete = (found: StoredTensor[] | readonly string[]): found is StoredTensor[] => typeof found[0] !== 'string'

/** The four arrays, from the first place that has any of them. */
const readAll = async (where: string, places: readonly string[]): Promise<StoredTensor[]> => {
  for (const place of places) {
    const found = await readPlace(place)
    if (!found) continue
    if (isComplete(found)) return found
    throw new DataError(
      `${where}: "${place}" has no ${found.join(', ')}, with or without the ending .gz. Put what is missing beside the rest.`,
      { place, missing: found },
    )
  }
  throw new DataError(
    `${where}: not found in ${places.map(p => `"${p}"`).join(', ')}. Put ${names.join(', ')} there, with or without the ending .gz, pass the { folder } that they are in, or { download: true }.`,
    { places },
  )
}

/** The four arrays, from the first place that has all of them, or else from the last, where what it lacks is fetched. */
const readOrFetch = async (
  { where, remote }: Source,
  places: readonly string[],
  options: DownloadOptions,
): Promise<StoredTensor[]> => {
  for (const place of places) {
    const found = await readPlace(place)
    if (found && isComplete(found)) return found
  }
  const folder = places.at(-1)!
  const found = await readPlace(folder)
  const missing = found ?? names
  const files = remote.filter((_, i) => (missing as readonly string[]).includes(names[i]!))
  await download(where, { files, folder, ...options })
  return readAll(where, [folder])
}

const assemble = (where: string, images: StoredTensor, labels: StoredTensor): ImageDataset => {
  const [count = 0, height, width] = images.shape
  const fits = images.dtype === 'uint8' && images.shape.length === 3 && height === 28 && width === 28
  if (!fits || labels.dtype !== 'uint8' || labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new FormatError(
      `${where}: the images are ${images.dtype} ${show(images.shape)} and the labels ${labels.dtype} ${show(labels.shape)}. uint8 [N, 28, 28] and uint8 [N] were expected.`,
    )
  }
  const wrong = (labels.data as Uint8Array).findIndex(label => label > 9)
  if (wrong >= 0) {
    throw new FormatError(`${where}: label ${wrong} is ${labels.data[wrong]}. The classes are 0 to 9.`, {
      index: wrong,
    })
  }
  const bytes = images.data as Uint8Array
  const pixels = new Float32Array(bytes.length)
  for (let i = 0; i < pixels.length; i++) pixels[i] = bytes[i]! / 255
  return new Dataset(
    { dtype: 'float32', shape: [count, 28, 28], data: pixels },
    { dtype: 'int32', shape: [count], data: Int32Array.from(labels.data as Uint8Array) },
  )
}

const read = async (source: Source, { folder, download = false, ...options }: MnistOptions): Promise<Mnist> => {
  const { where, classes } = source
  const places = folder === undefined ? usualPlaces(source.folder) : [folder]
  const found = download ? await readOrFetch(source, places, options) : await readAll(where, places)
  const [trainImages, trainLabels, testImages, testLabels] = found
  return {
    train: assemble(`${where} (training set)`, trainImages!, trainLabels!),
    test: assemble(`${where} (test set)`, testImages!, testLabels!),
    classes,
  }
}

/**
 * Handwritten digits: 60,000 to train on and 10,000 to test with, read from the four idx files of the MNIST database. They are looked
 * for in `folder`, or else in `$GRADUS_DATA/images/mnist`, `../shared/data/images/mnist` and `~/.cache/gradus/mnist`.
 *
 * **Shape** x: `[N, 28, 28]` float32 from 0 to 1; y: `[N]` int32.
 *
 * @param options.folder where the files are, and where a download goes
 * @param options.download fetches what is nowhere (11.6 MB), checked by size and SHA-256. Default false: nothing is asked of the network
 * @param options.onProgress called while files arrive
 * @throws DataError if the files are not there or cannot be had; FormatError if they are not what they should be
 * Source: LeCun, Bottou, Bengio & Haffner 1998.
 */
export const mnist = (options: MnistOptions = {}): Promise<Mnist> => read(mnistSource, options)

/**
 * Pictures of ten kinds of clothes, in the files and sizes of MNIST; the folder's name is `fashion_mnist`. A download is 30.9 MB.
 *
 * Source: Xiao, Rasul & Vollgraf 2017.
 */
export const fashionMnist = (options: MnistOptions = {}): Promise<Mnist> => read(fashionSource, options)
