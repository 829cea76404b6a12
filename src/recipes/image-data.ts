import { join, readdir } from '#files'
import type { TypedArray } from '../core/dtype.ts'
import { DataError, FormatError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import { cifar10 } from '../data/cifar10.ts'
import type { Column, Dataset } from '../data/dataset.ts'
import { digits } from '../data/digits.ts'
import { imageFolder } from '../data/image-folder.ts'
import { coverInto } from '../data/cover.ts'
import { type Image, withChannels } from '../data/image.ts'
import { clothes, digitClasses, fashionMnist, mnist, readIdxFile } from '../data/mnist.ts'
import { usualPlaces } from '../data/places.ts'
import { fileCause } from '../io/atomic.ts'
import type { StoredTensor } from '../io/safetensors.ts'

/** Images of one size as a file has them, 0 to 255, with their classes where these are known. */
export interface ImageSet {
  /** `[N, C, H, W]`. */
  readonly shape: readonly [number, number, number, number]
  readonly pixels: Uint8Array
  /** A class for each image; null where the data has none. */
  readonly labels: Int32Array | null
  readonly classes: readonly string[]
  /** What an image is called: its file, or its place in the data. */
  readonly nameOf: (index: number) => string
  /** Files that could not be read and were passed over. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
  /** Drawn here, arrays as a known set has them, or pictures of a folder. */
  readonly kind: 'drawn' | 'arrays' | 'pictures'
}
export type Split = 'train' | 'test'

export interface ImageDataOptions {
  /** Of the drawn digits: how many, and their seed. */
  readonly count?: number
  readonly seed?: number
  /** Of a folder of pictures: the size that they are brought to, and whether bad files are passed over. */
  readonly size?: number
  readonly channels?: 1 | 3
  readonly skipBad?: boolean
  /** Names of the classes in order, as in training: of a folder of pictures. */
  readonly classes?: readonly string[]
  /** Whether a known set that is nowhere is fetched. */
  readonly download?: boolean
}

const numbered = (index: number): string => `image ${index}`

const drawn = (split: Split, { count = 20_000, seed = 0 }: ImageDataOptions): ImageSet => {
  const { train, test } = digits({
    count: split === 'train' ? count : 1,
    testCount: split === 'test' ? count : 1,
    seed,
  })
  const { x, y } = split === 'train' ? train : test
  return {
    shape: [x.shape[0], 1, 28, 28],
    pixels: Uint8Array.from(x.data, v => Math.round(255 * v)),
    labels: y.data,
    classes: digitClasses,
    nameOf: numbered,
    skipped: [],
    kind: 'drawn',
  }
}

const idxNames: Record<Split, readonly [string, string]> = {
  train: ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'],
  test: ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
}

/** The pair of idx files of a split; labels may be missing, and are null then. */
const readIdxSplit = async (folder: string, split: Split, classes: readonly string[]): Promise<ImageSet | null> => {
  const [imageName, labelName] = idxNames[split]
  const images = await readIdxFile(join(folder, imageName))
  if (!images) return null
  const [n = 0, height = 0, width = 0] = images.shape
  if (images.dtype !== 'uint8' || images.shape.length !== 3) {
    throw new FormatError(
      `${join(folder, imageName)}: holds ${images.dtype} ${show(images.shape)}. Images are uint8 [N, H, W].`,
    )
  }
  const labels = await readIdxFile(join(folder, labelName))
  return {
    shape: [n, 1, height, width],
    pixels: images.data as Uint8Array,
    labels: labels && checkedLabels(join(folder, labelName), labels, n, classes.length),
    classes,
    nameOf: numbered,
    skipped: [],
    kind: 'arrays',
  }
}

const checkedLabels = (path: string, { dtype, shape, data }: StoredTensor, n: number, classes: number): Int32Array => {
  if (dtype !== 'uint8' || shape.length !== 1 || shape[0] !== n) {
    throw new FormatError(`${path}: holds ${dtype} ${show(shape)}. Labels of ${n} images are uint8 [${n}].`)
  }
  const labels = Int32Array.from(data as TypedArray<'uint8'>)
  const wrong = labels.findIndex(label => label >= classes)
  if (wrong < 0) return labels
  throw new FormatError(
    `${path}: label ${wrong} is ${labels[wrong]}. The classes are 0 to ${classes - 1}; get the file again.`,
    { index: wrong },
  )
}

const known: Record<string, { readonly folder: string; readonly classes: readonly string[] }> = {
  mnist: { folder: 'mnist', classes: digitClasses },
  fashion: { folder: 'fashion_mnist', classes: clothes },
}

const dataset = (
  { x, y }: Dataset<Column<readonly [number, number, number], 'uint8'>, Column<readonly [], 'int32'>>,
  classes: readonly string[],
): Omit<ImageSet, 'kind'> => ({
  shape: x.shape,
  pixels: x.data,
  labels: y.data,
  classes,
  nameOf: numbered,
  skipped: [],
})

/** The library's errors name the library's options; a recipe's are flags. */
const inFlags = (error: unknown): never => {
  if (!(error instanceof DataError || error instanceof FormatError)) throw error
  const message = error.message
    .replace(/^(imageFolder|cifar10): /, '')
    .replace('Pass { size } to bring', 'Give --size to bring')
    .replace('Pass a smaller { size }', 'Give a smaller --size')
    .replace(
      'pass the { folder } that it is in, or { download: true }',
      'give their folder as --data, or let --download fetch them',
    )
  throw new (error.constructor as typeof DataError)(message, error.details, error)
}

const readCifar = async (
  split: Split,
  options: { readonly folder?: string; readonly download?: boolean },
): Promise<ImageSet> => {
  const found = await cifar10(options).catch(inFlags)
  return { ...dataset(found[split], found.classes), kind: 'arrays' }
}

/** A set without images to test with: `details.noTest` says that this is all there is to the error. */
const noTestImages = (data: string, what: string): DataError =>
  new DataError(`${data}: has no ${what}, and so no test images. Use --split val.`, { noTest: true })

/** Folders of pictures by class; where a folder has a part `train` and a part `test`, those of the split. */
const readPictures = async (
  folder: string,
  names: readonly string[],
  split: Split,
  o: ImageDataOptions,
): Promise<ImageSet> => {
  const isSplit = names.includes('train') && names.includes('test')
  if (split === 'test' && !isSplit) throw noTestImages(folder, 'folders train and test')
  const place = isSplit ? join(folder, split) : folder
  const { data, classes, files, skipped } = await imageFolder(place, {
    channels: o.channels ?? 3,
    ...(o.size !== undefined && { size: o.size }),
    ...(o.classes && { classes: o.classes }),
    ...(o.skipBad && { skipBad: true }),
  }).catch(inFlags)
  return {
    ...dataset(data, classes),
    nameOf: index => files[index]!,
    skipped: skipped.map(({ file, message }) => ({ path: file, reason: message })),
    kind: 'pictures',
  }
}

/** The idx files of a folder: clothes where its name says so, else classes by number. */
const idxFolder = async (folder: string, split: Split): Promise<ImageSet | null> => {
  if (/fashion/i.test(folder)) return readIdxSplit(folder, split, clothes)
  const any = await readIdxSplit(
    folder,
    split,
    Array.from({ length: 256 }, (_, i) => String(i)),
  )
  if (!any) return null
  const count = Math.max(10, 1 + (any.labels ?? new Int32Array(1)).reduce((most, label) => Math.max(most, label), 0))
  return { ...any, classes: any.classes.slice(0, count) }
}

const findKnown = async (name: string, split: Split, download: boolean): Promise<ImageSet> => {
  const { folder, classes } = known[name]!
  const places = usualPlaces(folder)
  for (const place of places) {
    const found = await readIdxSplit(place, split, classes)
    if (found) return found
  }
  if (download) {
    await (name === 'mnist' ? mnist : fashionMnist)({ download })
    return findKnown(name, split, false)
  }
  throw new DataError(
    `${name}: no ${idxNames[split][0]} in ${places.map(p => `"${p}"`).join(', ')}. Put the idx files there, with or without the ending .gz, give their folder as --data, or let --download fetch them.`,
    { places },
  )
}

/**
 * Images to learn from or to judge with: `digits` (drawn here), `mnist`, `fashion` or `cifar10` in the usual places, or a folder with
 * idx files, with CIFAR-10's binary files, or with a folder of pictures for each class.
 *
 * @throws DataError where there are none; FormatError where a file is not what it should be
 */
export const readImages = async (data: string, split: Split, options: ImageDataOptions = {}): Promise<ImageSet> => {
  const { download = false } = options
  if (data === 'digits') return drawn(split, options)
  if (data === 'cifar10') return readCifar(split, { download })
  if (Object.hasOwn(known, data)) return findKnown(data, split, download)
  const names = await readdir(data).catch((error: NodeJS.ErrnoException) => {
    const { cause, remedy } = fileCause(error)
    const kinds = ['digits', ...Object.keys(known), 'cifar10'].join(', ')
    throw new DataError(
      `${data}: could not be read: ${cause}. ${remedy} Images are ${kinds}, or a folder.`,
      { data },
      error,
    )
  })
  const hasIdx = (part: Split): boolean => names.some(name => name.startsWith(idxNames[part][0]))
  if (hasIdx(split)) return (await idxFolder(data, split))!
  if (hasIdx('train')) throw noTestImages(data, idxNames.test[0])
  if (hasIdx('test'))
    throw new DataError(`${data}: has no ${idxNames.train[0]} to train on, only test images. Put it beside them.`)
  if (names.some(name => /^(data_batch_1\.bin|cifar-10-)/.test(name))) return readCifar(split, { folder: data })
  return readPictures(data, names, split, options)
}

/** Decoded images as a set, brought to one size as those of a folder are: scaled until they cover it, and cropped to the middle. */
export const imageSetOf = (
  images: readonly Image[],
  {
    size,
    channels,
    classes,
    names,
  }: {
    readonly size: number
    readonly channels: 1 | 3
    readonly classes: readonly string[]
    readonly names: readonly string[]
  },
): ImageSet => {
  const item = channels * size * size
  const pixels = new Uint8Array(images.length * item)
  for (const [i, image] of images.entries())
    coverInto(withChannels(image, channels), pixels.subarray(i * item, (i + 1) * item), [size, size])
  return {
    shape: [images.length, channels, size, size],
    pixels,
    labels: null,
    classes,
    nameOf: index => names[index]!,
    skipped: [],
    kind: 'pictures',
  }
}

/** The images at some places, as a set of its own. */
export const takeImages = (set: ImageSet, places: ArrayLike<number>): ImageSet => {
  const [, ...item] = set.shape
  const size = item[0] * item[1] * item[2]
  const pixels = new Uint8Array(places.length * size)
  for (let i = 0; i < places.length; i++)
    pixels.set(set.pixels.subarray(places[i]! * size, (places[i]! + 1) * size), i * size)
  return {
    ...set,
    shape: [places.length, ...item],
    pixels,
    labels: set.labels && Int32Array.from({ length: places.length }, (_, i) => set.labels![places[i]!]!),
    nameOf: index => set.nameOf(places[index]!),
  }
}
