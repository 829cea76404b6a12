import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { DataError, FormatError } from '../../src/index.ts'
import { fashionMnist, mnist } from '../../src/data/index.ts'
import { expectError } from '../optim/expect.ts'

const root = mkdtempSync(join(tmpdir(), 'gradus-mnist-'))
afterAll(() => rmSync(root, { recursive: true }))
afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const idx = (sizes: readonly number[], values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 + 4 * sizes.length + values.length)
  bytes.set([0, 0, 8, sizes.length])
  for (const [i, n] of sizes.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * i, n)
  bytes.set(values, 4 + 4 * sizes.length)
  return bytes
}
const images = (count: number, side = 28): Uint8Array =>
  idx(
    [count, side, side],
    Array.from({ length: count * side * side }, (_, i) => i % 256),
  )
type Files = Readonly<Record<string, Uint8Array | null>>
const complete: Files = {
  'train-images-idx3-ubyte': images(3),
  'train-labels-idx1-ubyte': idx([3], [7, 0, 9]),
  't10k-images-idx3-ubyte': images(2),
  't10k-labels-idx1-ubyte': idx([2], [1, 2]),
}
/** A folder with the four files, some replaced, or left out by null. */
const folder = (name: string, changed: Files = {}): string => {
  const path = join(root, name)
  mkdirSync(path, { recursive: true })
  for (const [file, bytes] of Object.entries({ ...complete, ...changed }))
    if (bytes) writeFileSync(join(path, file), bytes)
  return path
}
const names = Object.keys(complete).join(', ')

describe('mnist', () => {
  test('reads the four files of the folder that it is given', async () => {
    const { train, test: tested } = await mnist({ folder: folder('plain') })
    expect([train.x.shape, tested.x.shape]).toEqual([
      [3, 28, 28],
      [2, 28, 28],
    ])
    expect([...train.y.data, ...tested.y.data]).toEqual([7, 0, 9, 1, 2])
    expect([train.x.dtype, train.y.dtype]).toEqual(['float32', 'int32'])
    // Bytes 0 to 255, again and again, as shares of 255.
    expect(train.x.data).toEqual(Float32Array.from({ length: 3 * 784 }, (_, i) => (i % 256) / 255))
  })

  test('reads them compressed, or some of them', async () => {
    const packed = Object.fromEntries(
      Object.entries(complete).flatMap(([file, bytes], i) =>
        i < 3
          ? [
              [file, null],
              [`${file}.gz`, gzipSync(bytes!)],
            ]
          : [],
      ),
    )
    expect(await mnist({ folder: folder('packed', packed) })).toEqual(await mnist({ folder: folder('plain') }))
  })

  test('finds them below GRADUS_DATA', async () => {
    const data = join(root, 'data')
    folder('data/images/mnist')
    folder('data/images/fashion_mnist', { 'train-labels-idx1-ubyte': idx([3], [1, 1, 1]) })
    vi.stubEnv('GRADUS_DATA', data)
    expect((await mnist()).train.length).toBe(3)
    expect([...(await fashionMnist()).train.y.data]).toEqual([1, 1, 1])
  })

  test('says where it looked and what to put there when they are nowhere', async () => {
    const empty = join(root, 'nowhere')
    await expectError(
      () => mnist({ folder: empty }),
      DataError,
      `mnist: not found in "${empty}". Put ${names} there, with or without the ending .gz, pass the { folder } that they are in, or { download: true }.`,
    )
    vi.stubEnv('GRADUS_DATA', join(root, 'other'))
    vi.stubEnv('HOME', root)
    vi.spyOn(process, 'cwd').mockReturnValue(join(root, 'project'))
    const places = [
      join(root, 'other/images/mnist'),
      resolve(root, 'shared/data/images/mnist'),
      join(homedir(), '.cache/gradus/mnist'),
    ]
    const listed = places.map(place => `"${place}"`).join(', ')
    await expectError(
      () => mnist(),
      DataError,
      `mnist: not found in ${listed}. Put ${names} there, with or without the ending .gz, pass the { folder } that they are in, or { download: true }.`,
    )
  })

  test('names the ten classes', async () => {
    expect((await mnist({ folder: folder('plain') })).classes).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
    ])
    const { classes } = await fashionMnist({ folder: folder('plain') })
    expect([classes.length, classes[9]]).toEqual([10, 'ankle boot'])
  })

  test('asks the network for nothing unless told, and then only for what is missing', async () => {
    const asked: string[] = []
    vi.stubGlobal('fetch', async (url: string) => {
      asked.push(url)
      return new Response(null, { status: 503 })
    })
    const path = folder('lacking', { 't10k-labels-idx1-ubyte': null })
    await expect(mnist({ folder: path })).rejects.toThrow('has no t10k-labels-idx1-ubyte')
    expect(asked).toEqual([])
    const bases = [
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
      'http://yann.lecun.com/exdb/mnist/',
    ]
    const urls = bases.map(base => `${base}t10k-labels-idx1-ubyte.gz`)
    await expectError(
      () => mnist({ folder: path, download: true }),
      DataError,
      `mnist: "t10k-labels-idx1-ubyte.gz" could not be downloaded (${urls.map(url => `${url}: HTTP 503`).join('; ')}). Try again with a network, or get the file elsewhere and put it in "${path}".`,
    )
    expect(asked).toEqual(urls)
    asked.length = 0
    expect((await mnist({ folder: folder('plain'), download: true })).train.length).toBe(3)
    expect(asked).toEqual([])
  })

  test('with download passes a place by that lacks files, for one that has all', async () => {
    folder('first/images/mnist', { 't10k-labels-idx1-ubyte': null })
    folder('cached/.cache/gradus/mnist')
    vi.stubEnv('GRADUS_DATA', join(root, 'first'))
    vi.stubEnv('HOME', join(root, 'cached'))
    vi.spyOn(process, 'cwd').mockReturnValue(join(root, 'project'))
    expect((await mnist({ download: true })).train.length).toBe(3)
  })

  test('says which files are missing where others are', async () => {
    const path = folder('partial', { 't10k-labels-idx1-ubyte': null, 'train-labels-idx1-ubyte': null })
    await expectError(
      () => mnist({ folder: path }),
      DataError,
      `mnist: "${path}" has no train-labels-idx1-ubyte, t10k-labels-idx1-ubyte, with or without the ending .gz. Put what is missing beside the rest.`,
    )
  })

  test('refuses files that hold something else', async () => {
    const cases: readonly (readonly [string, Files, string])[] = [
      [
        'short',
        { 'train-labels-idx1-ubyte': idx([2], [1, 2]) },
        'mnist (training set): the images are uint8 [3, 28, 28] and the labels uint8 [2]. uint8 [N, 28, 28] and uint8 [N] were expected.',
      ],
      [
        'small',
        { 't10k-images-idx3-ubyte': images(2, 8) },
        'mnist (test set): the images are uint8 [2, 8, 8] and the labels uint8 [2]. uint8 [N, 28, 28] and uint8 [N] were expected.',
      ],
      [
        'eleven',
        { 'train-labels-idx1-ubyte': idx([3], [1, 10, 2]) },
        'mnist (training set): label 1 is 10. The classes are 0 to 9.',
      ],
    ]
    for (const [name, changed, message] of cases) {
      const path = folder(name, changed)
      await expectError(() => mnist({ folder: path }), FormatError, message)
    }
    const path = folder('text', { 'train-images-idx3-ubyte': new TextEncoder().encode('<html>') })
    await expectError(
      () => mnist({ folder: path }),
      FormatError,
      `${join(path, 'train-images-idx3-ubyte')}: not an idx file: it begins with the bytes [60, 104, 116, 109]; 0, 0, a type and the number of axes were expected.`,
    )
  })

  test('says so when a file cannot be read', async () => {
    const path = folder('blocked', { 'train-images-idx3-ubyte': null })
    mkdirSync(join(path, 'train-images-idx3-ubyte'))
    await expectError(
      () => mnist({ folder: path }),
      DataError,
      `${join(path, 'train-images-idx3-ubyte')}: could not be read: illegal operation on a directory (EISDIR). Choose another path.`,
    )
  })
})
