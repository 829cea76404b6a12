import { join, readdir, readFile, stat } from '#files'
import { DataError, FormatError, GradusError } from '../core/errors.ts'
import { defineOptions, flag, type Given, integer, texts } from '../core/options.ts'
import { fileCause } from '../io/atomic.ts'
import { decodeImage, defaultMaxPixels } from './codec.ts'
import { type Column, Dataset } from './dataset.ts'
import type { Image } from './image.ts'
import { bothSides, channelsRule, optionalSizeRule } from './image-rules.ts'
import { coverInto } from './cover.ts'

const declared = defineOptions({
  size: optionalSizeRule,
  channels: { ...channelsRule, presence: 'default', default: 3 },
  skipBad: flag({ help: 'leave out files that cannot be read' }),
  classes: texts({ help: 'names of the classes, in order' }),
  concurrency: integer({ min: 1, max: 64, default: 4, help: 'files that are read at once' }),
  maxPixels: integer({ min: 1, default: defaultMaxPixels, help: 'pixels above which an image is refused' }),
})
export interface ImageFolderOptions extends Given<typeof declared> {}

/** Images of a folder, their classes, and what was left out. */
export interface ImageFolder {
  readonly data: Dataset<
    Column<readonly [channels: number, height: number, width: number], 'uint8'>,
    Column<readonly [], 'int32'>
  >
  /** Class k is the folder of this name. */
  readonly classes: readonly string[]
  /** Path of each image. */
  readonly files: readonly string[]
  /** Files that could not be read, with `skipBad`, and why. */
  readonly skipped: readonly { readonly file: string; readonly message: string }[]
}

interface Entry {
  readonly path: string
  readonly label: number
}
type Decoded = Image | GradusError

const listing = async (folder: string, recursive: boolean): Promise<string[]> => {
  try {
    return (await readdir(folder, { recursive })).sort()
  } catch (error) {
    const { cause, remedy } = fileCause(error)
    throw new DataError(`imageFolder: "${folder}" could not be read: ${cause}. ${remedy}`, { folder }, error)
  }
}

const hidden = /(^|[\\/])\./
const isImage = /\.(png|jpe?g|webp)$/i

const foldersOf = async (folder: string): Promise<string[]> => {
  const names = (await listing(folder, false)).filter(name => !hidden.test(name))
  const found = await Promise.all(names.map(async name => (await stat(join(folder, name))).isDirectory()))
  return names.filter((_, i) => found[i])
}

/** Every image with its class, by folder and then by path. */
const entriesOf = async (folder: string, names: readonly string[], classes: readonly string[]): Promise<Entry[]> => {
  const entries: Entry[] = []
  for (const name of names) {
    const label = classes.indexOf(name)
    if (label < 0) {
      throw new DataError(
        `imageFolder: the folder "${join(folder, name)}" is none of the classes ${classes.join(', ')}. Rename it, or add it to { classes }.`,
        { name, classes },
      )
    }
    const path = join(folder, name)
    const files = (await listing(path, true)).filter(file => isImage.test(file) && !hidden.test(file))
    if (files.length === 0) {
      throw new DataError(
        `imageFolder: the class "${name}" has no images: there is no PNG, JPEG or WebP file in "${path}". Add some, or remove the folder.`,
        { name, path },
      )
    }
    for (const file of files) entries.push({ path: join(path, file), label })
  }
  return entries
}

const readImage = async (path: string, options: { channels: 1 | 3; maxPixels: number }): Promise<Decoded> => {
  try {
    return await decodeImage(await readFile(path), { name: path, ...options })
  } catch (error) {
    if (error instanceof GradusError) return error
    const { cause, remedy } = fileCause(error)
    return new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
  }
}

/** Does `work` for 0 to n − 1, a few at a time. After a failure none is begun; that of the lowest number is thrown. */
const eachOf = async (n: number, concurrency: number, work: (i: number) => Promise<void>): Promise<void> => {
  const failures = new Map<number, unknown>()
  let next = 0
  const line = async (): Promise<void> => {
    while (next < n && failures.size === 0) {
      const i = next++
      await work(i).catch((error: unknown) => failures.set(i, error))
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, n) }, line))
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()))
}

const allocated = (count: number, channels: number, [height, width]: readonly [number, number]): Uint8Array => {
  const bytes = count * channels * height * width
  try {
    return new Uint8Array(bytes)
  } catch (error) {
    throw new DataError(
      `imageFolder: ${count} images of ${channels} × ${height} × ${width} take ${(bytes / 1e9).toFixed(1)} GB, more than there is. Pass a smaller { size }.`,
      { bytes },
      error,
    )
  }
}

/** The good images side by side, as `[C, H, W]`, and the failures of the others. */
class Collection {
  private readonly entries: readonly Entry[]
  private readonly channels: 1 | 3
  private size: readonly [number, number] | null
  /** The file that gave the size, where none was asked for. */
  private model = ''
  private pixels: Uint8Array | null = null
  readonly failures = new Map<number, GradusError>()

  constructor(entries: readonly Entry[], channels: 1 | 3, size: readonly [number, number] | null) {
    this.entries = entries
    this.channels = channels
    this.size = size
    if (size) this.pixels = allocated(entries.length, channels, size)
  }

  /** Whether the size of all is known. */
  get isSized(): boolean {
    return this.size !== null
  }

  put(i: number, image: Image, cover: boolean): void {
    const { path } = this.entries[i]!
    if (!this.size) {
      this.size = [image.height, image.width]
      this.model = path
    }
    const [height, width] = this.size
    this.pixels ??= allocated(this.entries.length, this.channels, this.size)
    if (!cover && (image.height !== height || image.width !== width)) {
      throw new DataError(
        `imageFolder: "${path}" is ${image.width} × ${image.height} pixels, but "${this.model}" ${width} × ${height}. Pass { size } to bring all images to one.`,
        { path, model: this.model },
      )
    }
    const length = this.channels * height * width
    coverInto(image, this.pixels.subarray(i * length, (i + 1) * length), [height, width])
  }

  finish(): Omit<ImageFolder, 'classes'> {
    const good = this.entries.flatMap((_, i) => (this.failures.has(i) ? [] : [i]))
    const [height, width] = this.size!
    const length = this.channels * height * width
    // The good ones close up.
    for (const [to, from] of good.entries()) {
      if (from !== to) this.pixels!.copyWithin(to * length, from * length, (from + 1) * length)
    }
    return {
      data: new Dataset(
        {
          dtype: 'uint8',
          shape: [good.length, this.channels, height, width],
          data: this.pixels!.subarray(0, good.length * length),
        },
        { dtype: 'int32', shape: [good.length], data: Int32Array.from(good, i => this.entries[i]!.label) },
      ),
      files: good.map(i => this.entries[i]!.path),
      skipped: [...this.failures]
        .sort(([a], [b]) => a - b)
        .map(([i, { message }]) => ({ file: this.entries[i]!.path, message })),
    }
  }
}

/** Throws if a class has lost all its images. */
const checkClasses = (entries: readonly Entry[], labels: Int32Array, classes: readonly string[], why: string): void => {
  const left = new Set(labels)
  const lost = entries.find(({ label }) => !left.has(label))
  if (lost)
    throw new FormatError(`imageFolder: no image of the class "${classes[lost.label]}" can be read. The first: ${why}`)
}

/**
 * Images in a folder for each class, named after it: `cats/1.png`, `dogs/2.jpg`, `dogs/more/3.webp`. Read into memory as bytes; files of
 * other kinds and hidden ones are passed over. `await imageFolder('photos/train', { size: 64, skipBad: true })`. What is converted, and how: `decodeImage`.
 *
 * **Shape** data.x: `[N, channels, H, W]` uint8, which `imageLoader` turns into float32 from 0 to 1; data.y: `[N]` int32.
 *
 * @param options.size one size for all: each image is scaled until it covers `[height, width]`, or a square, and cropped to its middle.
 *   Without it all must have the same
 * @param options.channels 3: colour; 1: grey. Default 3
 * @param options.skipBad leaves out files that are damaged, and lists them in `skipped`. Default false: the first is thrown
 * @param options.classes names of the classes in order, as `classes` of a training set, for its test set. Default: the folders by name
 * @param options.concurrency files that are read at once. Default 4
 * @param options.maxPixels a larger image is refused before it is unpacked. Default 2^26
 * @throws DataError for folders without images, or of other classes, and images of different sizes; FormatError naming a damaged file
 */
export const imageFolder = async (folder: string, options: ImageFolderOptions = {}): Promise<ImageFolder> => {
  const { size, channels, skipBad, classes: given, concurrency, maxPixels } = declared.validate('imageFolder', options)
  const names = await foldersOf(folder)
  if (names.length === 0)
    throw new DataError(
      `imageFolder: "${folder}" has no folders. A folder for each class, named after it, was expected.`,
      { folder },
    )
  const classes = given ?? names
  const entries = await entriesOf(folder, names, classes)
  const found = new Collection(entries, channels, size === undefined ? null : bothSides(size))
  const work = async (i: number): Promise<void> => {
    const image = await readImage(entries[i]!.path, { channels, maxPixels })
    if (!(image instanceof GradusError)) found.put(i, image, size !== undefined)
    else if (skipBad) found.failures.set(i, image)
    else throw image
  }
  // The first good image gives the size where none is asked for, so that an error names the same files each time.
  let first = 0
  while (!found.isSized && first < entries.length) await work(first++)
  await eachOf(entries.length - first, concurrency, i => work(first + i))
  const failure = found.failures.get(Math.min(...found.failures.keys()))
  if (!found.isSized)
    throw new FormatError(
      `imageFolder: none of the ${entries.length} images can be read. The first: ${failure!.message}`,
    )
  const all = found.finish()
  if (failure) checkClasses(entries, all.data.y.data, classes, failure.message)
  return { ...all, classes }
}
