import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest'
import { ArgumentError, DataError, FormatError } from '../../src/index.ts'
import { type Column, type Dataset, type ImageFolderOptions, imageFolder } from '../../src/data/index.ts'
import { encodePng, imageLoader } from '../../src/vision/index.ts'
import { expectError } from '../optim/expect.ts'

const root = mkdtempSync(join(tmpdir(), 'gradus-folder-'))
afterAll(() => rmSync(root, { recursive: true }))

/** A PNG of one colour. */
const flat = (colour: readonly [number, number, number], width = 6, height = 4): Promise<Uint8Array> =>
  encodePng({
    width,
    height,
    channels: 3,
    data: Uint8Array.from({ length: 3 * width * height }, (_, i) => colour[i % 3]!),
  })
const [red, green, blue] = [
  [200, 0, 0],
  [0, 150, 0],
  [0, 0, 100],
] as const
let folders = 0
/** A new folder with these files. */
const folder = async (files: Readonly<Record<string, Promise<Uint8Array> | Uint8Array | string>>): Promise<string> => {
  const path = join(root, String(folders++))
  mkdirSync(path)
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), await contents)
  }
  return path
}
/** The first pixel of each image. */
const firstPixels = ({ x }: Dataset<Column<readonly [number, number, number], 'uint8'>>): number[][] => {
  const [n, c, h, w] = x.shape
  return Array.from({ length: n }, (_, i) => Array.from({ length: c }, (_, k) => x.data[(i * c + k) * h * w]!))
}

describe('a folder of images', () => {
  test('gives them by class and name, as bytes [N, C, H, W]', async () => {
    const path = await folder({
      'dogs/b.png': flat(blue),
      'cats/2.PNG': flat(green),
      'cats/1.png': flat(red),
      'dogs/more/a.png': flat(red),
      'cats/notes.txt': 'not an image',
      'cats/.hidden.png': 'nor this',
      '.git/x.png': 'nor this',
      'README.md': 'nor this',
    })
    const { data, classes, files, skipped } = await imageFolder(path)
    expectTypeOf(data).toEqualTypeOf<
      Dataset<Column<readonly [channels: number, height: number, width: number], 'uint8'>, Column<readonly [], 'int32'>>
    >()
    expect(classes).toEqual(['cats', 'dogs'])
    expect(files).toEqual(['cats/1.png', 'cats/2.PNG', 'dogs/b.png', 'dogs/more/a.png'].map(name => join(path, name)))
    expect([data.x.shape, data.x.dtype, data.y.dtype]).toEqual([[4, 3, 4, 6], 'uint8', 'int32'])
    expect([...data.y.data]).toEqual([0, 0, 1, 1])
    expect(firstPixels(data)).toEqual([red, green, blue, red])
    expect(skipped).toEqual([])
    for await (const { x } of imageLoader(data, { batchSize: 4, workers: 0 })) expect(x.shape).toEqual([4, 3, 4, 6])
  })

  test('is the same however many files are read at once', async () => {
    const path = await folder(
      Object.fromEntries(Array.from({ length: 23 }, (_, i) => [`a/${i + 10}.png`, flat([i, 2 * i, 255 - i])])),
    )
    const expected = await imageFolder(path, { concurrency: 1 })
    expect(firstPixels(expected.data)[22]).toEqual([22, 44, 233])
    expect(await imageFolder(path, { concurrency: 9 })).toEqual(expected)
  })

  test('brings images to one size, covering it and cropped to the middle, and to the channels asked for', async () => {
    // Wide: black, white and black thirds; the middle is white.
    const wide = encodePng({
      width: 12,
      height: 4,
      channels: 1,
      data: Uint8Array.from({ length: 48 }, (_, i) => (i % 12 >= 4 && i % 12 < 8 ? 255 : 0)),
    })
    const path = await folder({ 'a/1.png': wide, 'a/2.png': flat(red, 5, 9), 'a/3.png': flat(blue, 2, 2) })
    const { data } = await imageFolder(path, { size: 2 })
    expect(data.x.shape).toEqual([3, 3, 2, 2])
    const [first, second, third] = firstPixels(data)
    expect([second, third]).toEqual([red, blue])
    expect(first![0]).toBeGreaterThan(200)
    const grey = await imageFolder(path, { size: [4, 12], channels: 1 })
    expect(grey.data.x.shape).toEqual([3, 1, 4, 12])
    expect([...grey.data.x.data.subarray(0, 12)]).toEqual([0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0])
    // 0.299 · 200, and 0.114 · 100.
    expect(firstPixels(grey.data)).toEqual([[0], [60], [11]])
  })

  test('of a test set gets the classes of the training set', async () => {
    const path = await folder({ 'dogs/1.png': flat(red) })
    const { data, classes } = await imageFolder(path, { classes: ['cats', 'dogs'] })
    expect([classes, [...data.y.data]]).toEqual([['cats', 'dogs'], [1]])
    await expectError(
      () => imageFolder(path, { classes: ['cats', 'birds'] }),
      DataError,
      `imageFolder: the folder "${join(path, 'dogs')}" is none of the classes cats, birds. Rename it, or add it to { classes }.`,
    )
  })

  test('leaves bad files out where that is asked for, and lists them', async () => {
    const good = await flat(green)
    const path = await folder({
      'a/0.png': 'no image',
      'a/1.png': good,
      'a/2.png': good.subarray(0, 50),
      'b/3.png': flat(blue),
      'b/4.jpg': '',
    })
    const { data, files, skipped } = await imageFolder(path, { skipBad: true })
    expect(data.x.shape).toEqual([2, 3, 4, 6])
    expect(firstPixels(data)).toEqual([green, blue])
    expect([...data.y.data]).toEqual([0, 1])
    expect(files).toEqual([join(path, 'a/1.png'), join(path, 'b/3.png')])
    expect(skipped).toEqual([
      {
        file: join(path, 'a/0.png'),
        message: `${join(path, 'a/0.png')}: not a PNG, JPEG or WebP image: it begins with the bytes [110, 111, 32, 105]. Convert it to one of these.`,
      },
      {
        file: join(path, 'a/2.png'),
        message: `${join(path, 'a/2.png')}: cannot be read as PNG: Input buffer has corrupt header. Get the file again.`,
      },
      {
        file: join(path, 'b/4.jpg'),
        message: `${join(path, 'b/4.jpg')}: not a PNG, JPEG or WebP image: it is empty. Convert it to one of these.`,
      },
    ])
    const sized = await imageFolder(path, { skipBad: true, size: 3 })
    expect([sized.data.length, sized.skipped.length]).toEqual([2, 3])
  })
})

describe('a folder of images is refused, in words,', () => {
  const fails = async (
    path: string,
    kind: typeof DataError | typeof FormatError,
    message: string,
    options: ImageFolderOptions = {},
  ) => expectError(() => imageFolder(path, options), kind, message)

  test('for a bad file, the first by name', async () => {
    const path = await folder({ 'a/1.png': flat(red), 'a/2.png': 'x', 'a/3.png': 'y', 'a/4.png': flat(red) })
    const message = `${join(path, 'a/2.png')}: not a PNG, JPEG or WebP image: it begins with the bytes [120]. Convert it to one of these.`
    for (const concurrency of [1, 4]) await fails(path, FormatError, message, { concurrency })
  })

  test('when a class has no images, or none that can be read', async () => {
    const path = await folder({ 'a/1.png': flat(red), 'b/readme.txt': '' })
    await fails(
      path,
      DataError,
      `imageFolder: the class "b" has no images: there is no PNG, JPEG or WebP file in "${join(path, 'b')}". Add some, or remove the folder.`,
    )
    const lost = await folder({ 'a/1.png': flat(red), 'b/2.png': '' })
    const why = `The first: ${join(lost, 'b/2.png')}: not a PNG, JPEG or WebP image: it is empty. Convert it to one of these.`
    await fails(lost, FormatError, `imageFolder: no image of the class "b" can be read. ${why}`, { skipBad: true })
    const all = await folder({ 'b/2.png': '' })
    const first = `The first: ${join(all, 'b/2.png')}: not a PNG, JPEG or WebP image: it is empty. Convert it to one of these.`
    await fails(all, FormatError, `imageFolder: none of the 1 images can be read. ${first}`, { skipBad: true })
  })

  test('when it has no folders, or is none', async () => {
    const path = await folder({ '1.png': flat(red) })
    await fails(
      path,
      DataError,
      `imageFolder: "${path}" has no folders. A folder for each class, named after it, was expected.`,
    )
    const nowhere = join(root, 'nowhere')
    await fails(
      nowhere,
      DataError,
      `imageFolder: "${nowhere}" could not be read: no such file or directory (ENOENT). Check that the path is right and that its folder exists.`,
    )
  })

  test('when images differ in size and none is asked for', async () => {
    const path = await folder({ 'a/1.png': flat(red), 'a/2.png': flat(red, 5, 4), 'b/3.png': flat(red, 1, 1) })
    await fails(
      path,
      DataError,
      `imageFolder: "${join(path, 'a/2.png')}" is 5 × 4 pixels, but "${join(path, 'a/1.png')}" 6 × 4. Pass { size } to bring all images to one.`,
    )
  })

  test('when a file cannot be opened', async () => {
    const path = await folder({ 'a/1.png': flat(red) })
    const link = join(path, 'a/2.png')
    symlinkSync(join(path, 'gone.png'), link)
    const message = `${link}: could not be read: no such file or directory (ENOENT). Check that the path is right and that its folder exists.`
    await fails(path, DataError, message)
    expect((await imageFolder(path, { skipBad: true })).skipped).toEqual([{ file: link, message }])
  })

  test('when images are too large, one or all together', async () => {
    const path = await folder({ 'a/1.png': flat(red), 'a/2.png': flat(red) })
    await fails(
      path,
      FormatError,
      `${join(path, 'a/1.png')}: a PNG of 6 × 4 pixels, more than the 20 that are unpacked. Make it smaller, or pass a larger { maxPixels } if you trust it.`,
      { maxPixels: 20 },
    )
    await fails(
      path,
      DataError,
      'imageFolder: 2 images of 3 × 1000000 × 1000000 take 6000.0 GB, more than there is. Pass a smaller { size }.',
      { size: 1e6 },
    )
  })

  test.each([
    [{ channels: 4 }, 'imageFolder: channels must be 1 (grey) or 3 (colour); got 4.'],
    [{ size: [3] }, 'imageFolder: size must be a whole number of pixels of at least 1, or [height, width]; got [3].'],
    [{ concurrency: 0 }, 'imageFolder: concurrency must be an integer from 1 to 64; got 0.'],
    [{ skip: true }, 'imageFolder: unknown option "skip". Did you mean skipBad?'],
  ])('for options that cannot be: %o', (options, message) =>
    expectError(() => imageFolder(root, options as ImageFolderOptions), ArgumentError, message),
  )
})
