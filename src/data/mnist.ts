import { homedir, join, readFile, resolve } from '#files'
import { DataError, FormatError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import { fileCause } from '../io/atomic.ts'
import { readIdx } from '../io/idx.ts'
import type { StoredTensor } from '../io/safetensors.ts'
import { type Column, Dataset } from './dataset.ts'

/** Grey images of 28 × 28 from 0 (background) to 1 (ink), and their classes 0 to 9. */
export type ImageDataset = Dataset<Column<readonly [28, 28], 'float32'>, Column<readonly [], 'int32'>>

export interface MnistOptions {
  /** Where the four idx files are, compressed or not. By default the usual places are searched. */
  readonly folder?: string
}

const names = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const

const usualPlaces = (folder: string): string[] => {
  const { GRADUS_DATA } = globalThis.process?.env ?? {}
  return [
    ...(GRADUS_DATA ? [join(GRADUS_DATA, 'images', folder)] : []),
    resolve('..', 'shared', 'data', 'images', folder),
    join(homedir(), '.cache', 'gradus', folder),
  ]
}

/** A file's contents, with or without the ending `.gz`; nothing where there is no such file. */
const readEither = async (path: string): Promise<StoredTensor | null> => {
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

/** The four arrays, from the first place that has any of them. */
const readAll = async (where: string, places: readonly string[]): Promise<StoredTensor[]> => {
  for (const place of places) {
    const found = await Promise.all(names.map(name => readEither(join(place, name))))
    const missing = names.filter((_, i) => found[i] === null)
    if (missing.length === names.length) continue
    if (missing.length === 0) return found as StoredTensor[]
    throw new DataError(
      `${where}: "${place}" has no ${missing.join(', ')}, with or without the ending .gz. Put what is missing beside the rest.`,
      { place, missing },
    )
  }
  throw new DataError(
    `${where}: not found in ${places.map(p => `"${p}"`).join(', ')}. Put ${names.join(', ')} there, with or without the ending .gz, or pass the { folder } that they are in.`,
    { places },
  )
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

const read = async (where: string, folder: string, options: MnistOptions) => {
  const places = options.folder === undefined ? usualPlaces(folder) : [options.folder]
  const [trainImages, trainLabels, testImages, testLabels] = await readAll(where, places)
  return {
    train: assemble(`${where} (training set)`, trainImages!, trainLabels!),
    test: assemble(`${where} (test set)`, testImages!, testLabels!),
  }
}

/**
 * Handwritten digits: 60,000 to train on and 10,000 to test with, read from the four idx files of the MNIST database. Nothing is
 * downloaded: they are looked for in `folder`, or else in `$GRADUS_DATA/images/mnist`, `../shared/data/images/mnist` and
 * `~/.cache/gradus/mnist`.
 *
 * **Shape** x: `[N, 28, 28]` float32 from 0 to 1; y: `[N]` int32.
 *
 * @throws DataError if the files are not there; FormatError if they are not what they should be
 * Source: LeCun, Bottou, Bengio & Haffner 1998.
 */
export const mnist = (options: MnistOptions = {}): Promise<{ train: ImageDataset; test: ImageDataset }> =>
  read('mnist', 'mnist', options)

/**
 * Pictures of ten kinds of clothes, in the files and sizes of MNIST; the folder's name is `fashion_mnist`.
 *
 * Source: Xiao, Rasul & Vollgraf 2017.
 */
export const fashionMnist = (options: MnistOptions = {}): Promise<{ train: ImageDataset; test: ImageDataset }> =>
  read('fashionMnist', 'fashion_mnist', options)
