import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FormatError } from '../../src/core/errors.ts'
import { readIdx } from '../../src/io/idx.ts'

/** A file with a type, sizes and bytes of elements as they are given. */
const file = (type: number, sizes: readonly number[], elements: Uint8Array | readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 + 4 * sizes.length + elements.length)
  bytes.set([0, 0, type, sizes.length])
  for (const [i, n] of sizes.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * i, n)
  bytes.set(elements, 4 + 4 * sizes.length)
  return bytes
}
/** Numbers as big-endian bytes. */
const bigEndian = (
  width: number,
  values: readonly number[],
  put: (view: DataView, at: number, x: number) => void,
): Uint8Array => {
  const bytes = new Uint8Array(width * values.length)
  for (const [i, x] of values.entries()) put(new DataView(bytes.buffer), i * width, x)
  return bytes
}

const refused = (bytes: Uint8Array): string => {
  try {
    readIdx(bytes, 'a.idx')
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError)
    return (error as Error).message
  }
  return expect.fail('it was read')
}

describe('an idx file', () => {
  test('of every element type is read into the dtype that holds it', () => {
    expect(readIdx(file(8, [2, 2], [0, 1, 128, 255]), 'a')).toEqual({
      dtype: 'uint8',
      shape: [2, 2],
      data: Uint8Array.of(0, 1, 128, 255),
    })
    expect(readIdx(file(9, [2], [0x80, 0x7f]), 'a')).toEqual({
      dtype: 'int32',
      shape: [2],
      data: Int32Array.of(-128, 127),
    })
    const shorts = bigEndian(2, [-2, 300], (view, at, x) => view.setInt16(at, x))
    expect(readIdx(file(11, [2], shorts), 'a')).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(-2, 300) })
    const ints = bigEndian(4, [-(2 ** 31), 7], (view, at, x) => view.setInt32(at, x))
    expect(readIdx(file(12, [1, 2], ints), 'a')).toEqual({
      dtype: 'int32',
      shape: [1, 2],
      data: Int32Array.of(-(2 ** 31), 7),
    })
    const floats = bigEndian(4, [0.5, Number.NaN], (view, at, x) => view.setFloat32(at, x))
    expect(readIdx(file(13, [2], floats), 'a')).toEqual({
      dtype: 'float32',
      shape: [2],
      data: Float32Array.of(0.5, Number.NaN),
    })
    const doubles = bigEndian(8, [Math.PI], (view, at, x) => view.setFloat64(at, x))
    expect(readIdx(file(14, [1], doubles), 'a')).toEqual({
      dtype: 'float64',
      shape: [1],
      data: Float64Array.of(Math.PI),
    })
  })

  test('may be a single number, or empty', () => {
    expect(readIdx(file(8, [], [7]), 'a')).toEqual({ dtype: 'uint8', shape: [], data: Uint8Array.of(7) })
    expect(readIdx(file(13, [0, 28], []), 'a')).toEqual({ dtype: 'float32', shape: [0, 28], data: new Float32Array(0) })
    // 255 axes of 2^32 − 1 and one of 0: no elements, whatever the product of the others overflows to.
    const sizes = [...new Array<number>(254).fill(2 ** 32 - 1), 0]
    expect(readIdx(file(14, sizes, []), 'a').data.length).toBe(0)
  })

  test('compressed with gzip is read alike', () => {
    const plain = file(8, [3], [1, 2, 3])
    expect(readIdx(gzipSync(plain), 'a')).toEqual(readIdx(plain, 'a'))
  })

  test('at any place in a larger memory is read alike, into memory of its own', () => {
    const plain = file(11, [2], [1, 2, 3, 4])
    const larger = new Uint8Array(plain.length + 5)
    larger.set(plain, 3)
    expect(readIdx(larger.subarray(3, 3 + plain.length), 'a')).toEqual(readIdx(plain, 'a'))
    const bytes = file(8, [2], [1, 2])
    const { data } = readIdx(bytes, 'a')
    bytes.fill(9)
    expect([...data]).toEqual([1, 2])
  })
})

describe('a file that is not idx', () => {
  test('is told by its first bytes', () => {
    expect(refused(Uint8Array.of())).toBe(
      'a.idx: not an idx file: it begins with the bytes []; 0, 0, a type and the number of axes were expected.',
    )
    expect(refused(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d))).toBe(
      'a.idx: not an idx file: it begins with the bytes [137, 80, 78, 71]; 0, 0, a type and the number of axes were expected.',
    )
    expect(refused(file(10, [1], [1]))).toBe(
      'a.idx: idx has no element type 10. The types are 8 (unsigned byte), 9 (signed byte), 11 (short), 12 (int), 13 (float), 14 (double).',
    )
  })

  test('is told by sizes that are cut off', () => {
    expect(refused(file(8, [2, 2], []).subarray(0, 9))).toBe(
      'a.idx: ends after 9 bytes, within the sizes of its 2 axes; at least 12 were expected. Get the file again.',
    )
  })

  test('is told by elements that are too few or too many', () => {
    expect(refused(file(8, [2, 3], [1, 2, 3, 4, 5]))).toBe(
      'a.idx: holds 5 bytes of elements; its sizes [2, 3] of unsigned byte need 6. Get the file again.',
    )
    expect(refused(file(12, [1], [1, 2, 3, 4, 5]))).toBe(
      'a.idx: holds 5 bytes of elements; its sizes [1] of int need 4. Get the file again.',
    )
  })

  test('is told by sizes beyond all memory, without making room for them', () => {
    const huge = 2 ** 32 - 1
    expect(refused(file(14, [huge, huge], [1]))).toBe(
      `a.idx: holds 1 bytes of elements; its sizes [${huge}, ${huge}] of double need ${huge * huge * 8}. Get the file again.`,
    )
    expect(refused(file(8, new Array<number>(255).fill(huge), []))).toContain('need Infinity. Get the file again.')
  })

  test('is told by gzip that is damaged, cut off, or unpacks without end', () => {
    const packed = gzipSync(file(8, [1000], new Uint8Array(1000)))
    expect(refused(packed.subarray(0, packed.length - 4))).toBe(
      'a.idx: cannot be unpacked as gzip: unexpected end of file. Get the file again.',
    )
    const damaged = Uint8Array.from(packed)
    damaged[3] = 0xff
    expect(refused(damaged)).toMatch(/^a\.idx: cannot be unpacked as gzip: .+\. Get the file again\.$/)
  })

  test('never ends in anything but an array of the declared sizes or a FormatError', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 12 }),
        fc.constantFrom(8, 9, 11, 12, 13, 14),
        fc.array(fc.nat(3), { maxLength: 3 }),
        (elements, type, sizes) => {
          try {
            const { shape, data } = readIdx(file(type, sizes, elements), 'a')
            expect(shape).toEqual(sizes)
            expect(data.length).toBe(sizes.reduce((a, b) => a * b, 1))
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError)
          }
        },
      ),
    )
  })
})
