import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { type DType, numericDTypes, valuesOf } from '../../src/core/dtype.ts'
import { ArgumentError, DataError, FormatError } from '../../src/core/errors.ts'
import { decodeNpy, encodeNpy, readNpy, saveNpy } from '../../src/io/npy.ts'
import { decodeNpz, encodeNpz, readNpz, saveNpz } from '../../src/io/npz.ts'
import type { StoredTensor } from '../../src/io/safetensors.ts'
import { crc32 } from '../../src/io/zip.ts'
import fixtures from '../fixtures/npy.json' with { type: 'json' }

const decode = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'))
/** A file with any header. */
const npy = (header: string, elements: readonly number[] = [], version = 1): Uint8Array => {
  const text = new TextEncoder().encode(header)
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0]
  return Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...length, ...text, ...elements])
}
const header = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`
const messageOf = (run: () => unknown, kind: new (...args: never[]) => Error = FormatError): string => {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(kind)
    return (error as Error).message
  }
  return expect.fail('it was read')
}

const refused = (bytes: Uint8Array): string => messageOf(() => decodeNpy(bytes, 'a.npy'))
const numberOf = (x: string | number | boolean): number | string =>
  x === 'NaN'
    ? Number.NaN
    : x === 'Infinity'
      ? Infinity
      : x === '-Infinity'
        ? -Infinity
        : typeof x === 'boolean'
          ? Number(x)
          : x

describe('a .npy file', () => {
  for (const { title, bytes, dtype, shape, values } of fixtures.cases) {
    test(`of NumPy is read to its values: ${title}`, () => {
      const read = decodeNpy(decode(bytes), title)
      expect([read.dtype, read.shape]).toEqual([dtype, shape])
      const numbers = Array.from(valuesOf(read.dtype, read.data) as ArrayLike<number | bigint>, x =>
        typeof x === 'bigint' ? String(x) : x,
      )
      expect(numbers).toEqual(values.map(numberOf))
    })
  }

  test('is written with the bytes that NumPy writes', () => {
    const own = fixtures.cases.filter(({ title }) => !title.startsWith('>') && !title.includes('Fortran'))
    expect(own.length).toBeGreaterThan(10)
    for (const { bytes, title } of own) {
      const file = decode(bytes)
      expect(Buffer.from(encodeNpy(decodeNpy(file, title))).equals(file), title).toBe(true)
    }
  })

  test('of any length of header has its elements aligned', () => {
    for (let ndim = 0; ndim < 40; ndim++) {
      const shape = new Array<number>(ndim).fill(1)
      const bytes = encodeNpy({ dtype: 'int8', shape, data: Int8Array.of(-5) })
      expect((bytes.length - 1) % 64).toBe(0)
      expect(decodeNpy(bytes, 'a').shape).toEqual(shape)
    }
  })

  test('at any place in a larger memory is read alike, into memory of its own', () => {
    const file = decode(fixtures.cases.find(({ title }) => title === '<f8 [2, 3]')!.bytes)
    const larger = Buffer.alloc(file.length + 3)
    larger.set(file, 3)
    const read = decodeNpy(larger.subarray(3), 'a')
    larger.fill(9)
    expect(read).toEqual(decodeNpy(file, 'a'))
  })

  test('of the versions 2 and 3 of the format is read too', () => {
    for (const version of [2, 3]) {
      expect(decodeNpy(npy(header("'|u1'", '(2,)'), [7, 8], version), 'a').data).toEqual(Uint8Array.of(7, 8))
    }
  })

  test('that another program has written is read, or refused where it holds objects', context => {
    const data = process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
    const folder = join(data, 'vectors', 'npy')
    if (!existsSync(folder)) context.skip(`${folder} is absent; set GRADUS_DATA to the folder with vectors/npy`)
    const names = readdirSync(folder).filter(name => name.endsWith('.npy'))
    expect(names.length).toBeGreaterThan(10)
    for (const name of names) {
      const bytes = readFileSync(join(folder, name))
      if (name.includes('objarr')) {
        expect(messageOf(() => decodeNpy(bytes, name))).toBe(
          `${name}: holds Python objects, which only Python can read; save it with a numeric dtype.`,
        )
        continue
      }
      const { dtype, shape, data } = decodeNpy(bytes, name)
      const [, sizes, type] = /^(?:([\dx]+)-)?(\w+)\.npy$/.exec(name)!
      expect(dtype).toBe(type)
      if (sizes) expect(shape.join('x')).toBe(sizes)
      expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
    }
  })
})

describe('a file that is no .npy file of numbers', () => {
  test('is told by its first bytes', () => {
    expect(refused(Uint8Array.of(1, 2))).toBe(
      'a.npy: not a .npy file: it begins with the bytes [1, 2]; [147, 78, 85, 77, 80, 89] was expected.',
    )
    expect(refused(npy('', [], 4))).toBe(
      'a.npy: is .npy of version 4; 1, 2 and 3 can be read. Save it again with numpy.save.',
    )
  })

  test('may end within its header, or have a header that says nothing', () => {
    const whole = npy(header("'<f8'", '(1,)'), new Array(8).fill(0))
    expect(refused(whole.subarray(0, 40))).toBe(
      'a.npy: ends after 40 bytes, within its header of 68. Get the file again.',
    )
    expect(refused(npy('{}\n'))).toBe(
      'a.npy: its header does not say descr, fortran_order and shape: "{}". Save it again with numpy.save.',
    )
    expect(refused(npy(header("'<f8'", '(1,,2)')))).toBe(
      'a.npy: has the shape (1,,2), which is none. Save it again with numpy.save.',
    )
  })

  test('may claim more elements than there are, however many', () => {
    expect(refused(npy(header("'<f8'", '(2, 3)'), new Array(40).fill(0)))).toBe(
      'a.npy: holds 40 bytes of elements; [2, 3] of float64 needs 48. Get the file again.',
    )
    expect(refused(npy(header("'<f8'", '(1000000000000, 1000000000000)')))).toBe(
      'a.npy: holds 0 bytes of elements; [1000000000000, 1000000000000] of float64 needs 8e+24. Get the file again.',
    )
    expect(refused(npy(header("'<f8'", '(99999999999999999999,)')))).toBe(
      'a.npy: has the shape (99999999999999999999,), which is none. Save it again with numpy.save.',
    )
    const many = `(0, ${new Array(200).fill('1000000').join(', ')})`
    expect(decodeNpy(npy(header("'<f8'", many)), 'a').data.length).toBe(0)
  })

  test('may hold something else, which is told in words', () => {
    const messages = Object.fromEntries(
      Object.entries(fixtures.refused).map(([name, bytes]) => [name, refused(decode(bytes))]),
    )
    expect(messages).toEqual({
      structured:
        'a.npy: holds records of several fields (a structured dtype). Save each field as an array of its own.',
      complex: 'a.npy: holds complex numbers; save real and imaginary parts as two arrays.',
      object: 'a.npy: holds Python objects, which only Python can read; save it with a numeric dtype.',
      text: 'a.npy: holds texts; save them as categories and codes, or as CSV.',
      bytes: 'a.npy: holds byte strings; save them as categories and codes, or as CSV.',
      date: "a.npy: holds dates; save them as numbers, such as a.astype('int64').",
      'long double':
        "a.npy: has the dtype '<f16'; the types that can be read are b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8.",
    })
  })

  test('may have truth values that are none', () => {
    expect(refused(npy(header("'|b1'", '(2,)'), [1, 2]))).toBe(
      'a.npy: has the byte 2 at element 1 of bool; 0 or 1 was expected. Save it as uint8.',
    )
  })

  test('cannot be written either', () => {
    const write = (tensor: StoredTensor) => messageOf(() => encodeNpy(tensor), ArgumentError)
    expect(write({ dtype: 'bfloat16', shape: [1], data: Uint16Array.of(0) })).toBe(
      'encodeNpy: NumPy has no bfloat16. Convert it to float32 first.',
    )
    expect(write({ dtype: 'int8', shape: [2, 2], data: new Int8Array(3) })).toBe(
      'encodeNpy: [2, 2] needs 4 elements; got 3.',
    )
  })
})

const x: StoredTensor = { dtype: 'float64', shape: [2, 2], data: Float64Array.of(1, -0, Number.NaN, 4) }
const y: StoredTensor = { dtype: 'int64', shape: [], data: BigInt64Array.of(-7n) }

describe('a .npz file', () => {
  test('of NumPy is read to its arrays, stored or compressed', () => {
    for (const [name, bytes] of Object.entries(fixtures.archives)) {
      const arrays = decodeNpz(decode(bytes), name)
      expect([...arrays.keys()]).toEqual(['X', 'y'])
      expect(arrays.get('X')).toEqual({
        dtype: 'float64',
        shape: [3, 4],
        data: Float64Array.from({ length: 12 }, (_, i) => i),
      })
      expect(arrays.get('y')).toEqual({ dtype: 'int64', shape: [3], data: BigInt64Array.of(1n, 2n, 3n) })
    }
  })

  test('is read back as it was written, by any name and dtype', () => {
    const all = numericDTypes
      .filter(dtype => dtype !== 'bfloat16')
      .map((dtype): [string, StoredTensor] => [dtype, encoded(dtype)])
    for (const compress of [false, true]) {
      const arrays = new Map<string, StoredTensor>([['x', x], ['ünï/y', y], ['__proto__', x], ...all])
      expect(decodeNpz(encodeNpz(arrays, { compress }), 'a.npz')).toEqual(arrays)
    }
    expect(decodeNpz(encodeNpz([]), 'a.npz').size).toBe(0)
    expect(encodeNpz([['x', x]])).toEqual(encodeNpz([['x', x]]))
    expect(
      messageOf(
        () =>
          encodeNpz([
            ['x', x],
            ['x', y],
          ]),
        ArgumentError,
      ),
    ).toBe('encodeNpz: the name "x" is given to two arrays. Rename one.')
  })

  test('on the disk is written and read, as is .npy', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradus-npz-'))
    try {
      await saveNpz(join(folder, 'a.npz'), [['x', x]], { compress: true })
      expect(await readNpz(join(folder, 'a.npz'))).toEqual(new Map([['x', x]]))
      await saveNpy(join(folder, 'y.npy'), y)
      expect(await readNpy(join(folder, 'y.npy'))).toEqual(y)
      const error = await readNpy(join(folder, 'no.npy')).catch(error => error)
      expect(error).toBeInstanceOf(DataError)
      expect(error.message).toBe(
        `${join(folder, 'no.npy')}: could not be read: no such file or directory (ENOENT). Check that the path is right and that its folder exists.`,
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

const encoded = (dtype: DType): StoredTensor => {
  const { cases } = fixtures
  const found = cases.find(c => c.dtype === dtype)!
  return decodeNpy(decode(found.bytes), dtype)
}

describe('an archive that is damaged or a trap', () => {
  const file = encodeNpy(x)
  const archive = zipSync({ 'x.npy': file }, { level: 6 })
  const at = (bytes: Uint8Array, signature: number): number => {
    const view = new DataView(bytes.buffer)
    for (let i = 0; i + 4 <= bytes.length; i++) if (view.getUint32(i, true) === signature) return i
    return expect.fail('no such record')
  }
  const directory = at(archive, 0x02014b50)
  const changedAt = (offset: number, ...values: number[]): Uint8Array => {
    const copy = archive.slice()
    copy.set(values, directory + offset)
    return copy
  }
  const read = (bytes: Uint8Array, maxBytes?: number): string =>
    messageOf(() => decodeNpz(bytes, 'a.npz', { maxBytes }))

  test('is refused where its records do not fit together', () => {
    expect(read(new Uint8Array(5))).toBe('a.npz: not a whole zip archive: it has 5 bytes. Get the file again.')
    expect(read(archive.subarray(0, archive.length - 4))).toBe(
      'a.npz: not a whole zip archive: its list of files is missing. Get the file again.',
    )
    expect(read(changedAt(0, 1))).toBe(
      `a.npz: not a whole zip archive: its list of files breaks off at byte ${directory}. Get the file again.`,
    )
    expect(read(changedAt(42, 9))).toBe(
      'a.npz: not a whole zip archive: "x.npy" is not where the list of files says. Get the file again.',
    )
    expect(read(changedAt(22, 9))).toBe(
      'a.npz: not a whole zip archive: "x.npy" goes beyond its end. Get the file again.',
    )
    const end = archive.slice()
    end.set([255, 255], archive.length - 22 + 10)
    expect(read(end)).toBe('a.npz: not a whole zip archive: the zip64 record is missing. Get the file again.')
  })

  test('is refused where a file is packed otherwise, encrypted, damaged or of another size', () => {
    expect(read(changedAt(10, 99))).toBe(
      'a.npz: "x.npy" is packed by method 99; 0 (stored) and 8 (deflate) can be read. Pack it again.',
    )
    expect(read(changedAt(8, 1))).toBe('a.npz: "x.npy" is encrypted. Unpack it with its password first.')
    expect(read(changedAt(16, 1, 2, 3))).toBe(
      'a.npz: "x.npy" is damaged: its size or checksum is not as listed. Get the file again.',
    )
    expect(read(changedAt(24, 1))).toBe(
      'a.npz: "x.npy" is damaged: its size or checksum is not as listed. Get the file again.',
    )
    const broken = archive.slice()
    broken[at(broken, 0x04034b50) + 30 + 5] = 0xff
    expect(read(broken)).toBe('a.npz: "x.npy": cannot be unpacked: invalid block type. Get the file again.')
    expect(read(changedAt(20, 3))).toBe('a.npz: "x.npy": cannot be unpacked: unexpected EOF. Get the file again.')
  })

  test('that unpacks to more than is allowed is left as soon as it does', () => {
    const bomb = zipSync({ 'x.npy': new Uint8Array(2 ** 26) }, { level: 9 })
    expect(bomb.length).toBeLessThan(2 ** 17)
    // It says that it holds ten bytes.
    const view = new DataView(bomb.buffer)
    view.setUint32(at(bomb, 0x02014b50) + 24, 10, true)
    expect(read(bomb, 2 ** 20)).toBe(
      'a.npz: "x.npy": unpacks to more than 1048576 bytes. If it is to be trusted, pass a larger { maxBytes }.',
    )
    const many = zipSync({ 'x.npy': [file, { level: 0 }], 'y.npy': [file, { level: 0 }] })
    expect(read(many, file.length + 1)).toBe(
      `a.npz: "y.npy": unpacks to more than 1 bytes. If it is to be trusted, pass a larger { maxBytes }.`,
    )
    expect(decodeNpz(many, 'a.npz', { maxBytes: 2 * file.length }).size).toBe(2)
  })

  test('with an array that is none names the file and the array', () => {
    expect(read(zipSync({ 'x.npy': Uint8Array.of(1) }))).toBe(
      'a.npz: "x.npy": not a .npy file: it begins with the bytes [1]; [147, 78, 85, 77, 80, 89] was expected.',
    )
  })

  test('has checksums as zip and gzip count them', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  })
})
