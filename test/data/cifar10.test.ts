import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import { DataError, FormatError } from '../../src/index.ts'
import { type Cifar10Dataset, cifar10 } from '../../src/data/index.ts'
import { readTar } from '../../src/data/tar.ts'
import { imageLoader } from '../../src/vision/index.ts'
import { expectError } from '../optim/expect.ts'

const root = mkdtempSync(join(tmpdir(), 'gradus-cifar-'))
afterAll(() => rmSync(root, { recursive: true }))
afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const names = [
  'data_batch_1.bin',
  'data_batch_2.bin',
  'data_batch_3.bin',
  'data_batch_4.bin',
  'data_batch_5.bin',
  'test_batch.bin',
]
/** Records of a class and 3,072 bytes: pixel p of image i of file f is (f + 5 i + p) mod 256. */
const records = (f: number, labels: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(3073 * labels.length)
  for (const [i, label] of labels.entries()) {
    bytes[3073 * i] = label
    for (let p = 0; p < 3072; p++) bytes[3073 * i + 1 + p] = f + 5 * i + p
  }
  return bytes
}
type Files = Readonly<Record<string, Uint8Array | null>>
const complete: Files = Object.fromEntries(names.map((name, f) => [name, records(f, [f, 9 - f])]))
const folder = (name: string, changed: Files = {}): string => {
  const path = join(root, name)
  mkdirSync(path, { recursive: true })
  for (const [file, bytes] of Object.entries({ ...complete, ...changed }))
    if (bytes) writeFileSync(join(path, file), bytes)
  return path
}

/** A tar archive, written by the format's description. */
const tar = (files: Readonly<Record<string, Uint8Array>>): Buffer => {
  const blocks: Buffer[] = []
  for (const [name, bytes] of Object.entries(files)) {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    header.write('0000644\0', 100)
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('        ', 148)
    header.write(name.endsWith('/') ? '5' : '0', 156)
    header.write('ustar\0', 257)
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
    blocks.push(header, Buffer.from(bytes), Buffer.alloc((512 - (bytes.length % 512)) % 512))
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}
const packed = (files: Files): Buffer => {
  const inner = Object.entries(files).flatMap(([name, bytes]) =>
    bytes ? [[`cifar-10-batches-bin/${name}`, bytes] as const] : [],
  )
  return gzipSync(tar({ 'cifar-10-batches-bin/': new Uint8Array(), ...Object.fromEntries(inner) }))
}

describe('cifar10', () => {
  test('reads the six files: five to train on, one to test with', async () => {
    const { train, test: tested, classes } = await cifar10({ folder: folder('plain') })
    expectTypeOf(train).toEqualTypeOf<Cifar10Dataset>()
    expect([train.x.shape, tested.x.shape, train.x.dtype, train.y.dtype]).toEqual([
      [10, 3, 32, 32],
      [2, 3, 32, 32],
      'uint8',
      'int32',
    ])
    expect([...train.y.data]).toEqual([0, 9, 1, 8, 2, 7, 3, 6, 4, 5])
    expect([...tested.y.data]).toEqual([5, 4])
    // Image 7 is the second of file 3; its green begins at 1,024.
    expect([train.x.data[7 * 3072], train.x.data[7 * 3072 + 1030], tested.x.data[1]]).toEqual([8, (8 + 1030) % 256, 6])
    expect([classes.length, classes[0], classes[9]]).toEqual([10, 'airplane', 'truck'])
  })

  test("finds them in the archive's folder, and in the archive itself", async () => {
    const plain = await cifar10({ folder: folder('plain') })
    folder('unpacked/cifar-10-batches-bin')
    expect(await cifar10({ folder: join(root, 'unpacked') })).toEqual(plain)
    const path = join(root, 'packed/images/cifar10')
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'cifar-10-binary.tar.gz'), packed(complete))
    vi.stubEnv('GRADUS_DATA', join(root, 'packed'))
    expect(await cifar10()).toEqual(plain)
  })

  test('is what an image loader takes', async () => {
    const { train } = await cifar10({ folder: folder('plain') })
    for await (const { x, y } of imageLoader(train, { batchSize: 10, workers: 0 })) {
      expect([x.shape, y.shape]).toEqual([[10, 3, 32, 32], [10]])
      expect((await x.data())[7 * 3072]).toBeCloseTo(8 / 255, 6)
    }
  })

  test('says where it looked when it is nowhere, and what is missing where it is', async () => {
    const empty = join(root, 'nowhere')
    await expectError(
      () => cifar10({ folder: empty }),
      DataError,
      `cifar10: not found in "${empty}". Put cifar-10-binary.tar.gz there (https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz), pass the { folder } that it is in, or { download: true }.`,
    )
    const path = folder('partial', { 'data_batch_2.bin': null, 'test_batch.bin': null })
    await expectError(
      () => cifar10({ folder: path }),
      DataError,
      `cifar10: "${path}" has no data_batch_2.bin, test_batch.bin. Put what is missing beside the rest.`,
    )
  })

  test('fetches the archive when told, from its one address', async () => {
    const path = join(root, 'fetched')
    const asked: string[] = []
    vi.stubGlobal('fetch', async (url: string) => {
      asked.push(url)
      return new Response(Uint8Array.of(1, 2, 3))
    })
    await expectError(
      () => cifar10({ folder: path, download: true }),
      DataError,
      `cifar10: "cifar-10-binary.tar.gz" could not be downloaded (https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz: it ended after 3 of 170052171 bytes). Try again with a network, or get the file elsewhere and put it in "${path}".`,
    )
    expect(asked).toEqual(['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'])
  })

  test('refuses files that hold something else, naming them', async () => {
    const short = folder('short', { 'data_batch_3.bin': new Uint8Array(3072) })
    await expectError(
      () => cifar10({ folder: short }),
      FormatError,
      `${join(short, 'data_batch_3.bin')}: has 3072 bytes, which are not whole records of 3073: a class and 3 × 32 × 32 colours. Get the file again.`,
    )
    const eleven = folder('eleven', { 'test_batch.bin': records(0, [1, 10]) })
    await expectError(
      () => cifar10({ folder: eleven }),
      FormatError,
      `${join(eleven, 'test_batch.bin')}: record 1 has the class 10. The classes are 0 to 9.`,
    )
    const archive = join(root, 'cifar-10-binary.tar.gz')
    const bytes = packed(complete)
    const cases: readonly (readonly [Uint8Array, string])[] = [
      [bytes.subarray(0, bytes.length - 40), 'cannot be unpacked as gzip: unexpected end of file. Get the file again.'],
      [gzipSync(Buffer.alloc(2000, 65)), 'not a tar archive: the header at byte 0 is damaged. Get the file again.'],
      [
        gzipSync(tar({ 'cifar-10-batches-bin/data_batch_1.bin': new Uint8Array(5000) }).subarray(0, 3000)),
        'ends after 3000 bytes, within "cifar-10-batches-bin/data_batch_1.bin". Get the file again.',
      ],
    ]
    for (const [contents, message] of cases) {
      writeFileSync(archive, contents)
      await expectError(() => cifar10({ folder: root }), FormatError, `${archive}: ${message}`)
    }
    writeFileSync(archive, packed({ ...complete, 'test_batch.bin': null }))
    await expectError(
      () => cifar10({ folder: root }),
      DataError,
      `cifar10: "${archive}" has no test_batch.bin. Put what is missing beside the rest.`,
    )
    writeFileSync(archive, packed({ ...complete, 'test_batch.bin': records(0, [12]) }))
    await expectError(
      () => cifar10({ folder: root }),
      FormatError,
      `${archive} (test_batch.bin): record 0 has the class 12. The classes are 0 to 9.`,
    )
  })

  test('says so when a file cannot be read', async () => {
    const path = folder('blocked', { 'data_batch_1.bin': null })
    mkdirSync(join(path, 'data_batch_1.bin'))
    await expectError(
      () => cifar10({ folder: path }),
      DataError,
      `${join(path, 'data_batch_1.bin')}: could not be read: illegal operation on a directory (EISDIR). Choose another path.`,
    )
  })
})

test('a tar archive gives its ordinary files by name', () => {
  const files = readTar('x', tar({ 'a/': new Uint8Array(), 'a/b.txt': Buffer.from('hello'), c: new Uint8Array(600) }))
  expect([...files].map(([name, bytes]) => [name, bytes.length])).toEqual([
    ['a/b.txt', 5],
    ['c', 600],
  ])
  expect(Buffer.from(files.get('a/b.txt')!).toString()).toBe('hello')
})
