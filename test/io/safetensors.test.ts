import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { allocate, dtypes, halfFormat, viewOf } from '../../src/core/dtype.ts'
import { ArgumentError, DataError, FormatError } from '../../src/core/errors.ts'
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  type StoredTensor,
  writeSafetensors,
} from '../../src/io/safetensors.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-safetensors-'))
afterAll(() => rmSync(folder, { recursive: true }))

const join8 = (chunks: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(chunks))

/** A file with `header` (text or a value) and `size` bytes of data, each its index. */
const file = (header: unknown, size = 0): Uint8Array => {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return join8([length, text, Uint8Array.from({ length: size }, (_, i) => i)])
}

const stored = (dtype: string, shape: readonly number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})

const example: [string, StoredTensor][] = [
  ['mask', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['weight', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2.5, 0, Number.NaN, Infinity, 1e-40) }],
  ['scale', { dtype: 'float64', shape: [], data: Float64Array.of(Math.PI) }],
  ['ids', { dtype: 'int32', shape: [2], data: Int32Array.of(-5, 2 ** 31 - 1) }],
  ['steps', { dtype: 'int64', shape: [1], data: BigInt64Array.of(-(2n ** 63n)) }],
  ['pixels', { dtype: 'uint8', shape: [1, 2], data: Uint8Array.of(0, 255) }],
  ['none', { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) }],
  ['__proto__', { dtype: 'float32', shape: [1], data: Float32Array.of(9) }],
  ['é "7"\n', { dtype: 'uint8', shape: [1], data: Uint8Array.of(7) }],
]

describe('what is written', () => {
  test('is read back equal, in every dtype, with any name', () => {
    const bytes = join8(encodeSafetensors(example, { format: 'pt', note: 'é\n' }))
    const { tensors, metadata } = decodeSafetensors(bytes, 'a')
    expect(metadata).toEqual({ format: 'pt', note: 'é\n' })
    expect(tensors).toEqual(new Map(example))
  })

  test('is the documented bytes: length, padded header with wider types first, elements', () => {
    const bytes = join8(
      encodeSafetensors([
        ['u', { dtype: 'uint8', shape: [1], data: Uint8Array.of(7) }],
        ['b', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }],
        ['a', { dtype: 'float32', shape: [], data: Float32Array.of(-2) }],
      ]),
    )
    const header =
      '{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"u":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}}'
    expect(header.length % 8).not.toBe(0)
    const padded = header.padEnd(8 * Math.ceil(header.length / 8))
    expect(Buffer.from(bytes).toString('latin1')).toBe(
      `${String.fromCharCode(padded.length)}\0\0\0\0\0\0\0${padded}\0\0\0\xc0\0\0\x80\x3f\x07`,
    )
  })

  test('has every element where its type is aligned in the file', () => {
    const bytes = join8(encodeSafetensors(example))
    const { tensors } = decodeSafetensors(bytes, 'a')
    for (const { data } of tensors.values()) {
      expect(data.buffer).toBe(bytes.buffer)
      expect(data.byteOffset % data.BYTES_PER_ELEMENT).toBe(0)
    }
  })

  test('may be nothing at all', () => {
    expect(decodeSafetensors(join8(encodeSafetensors([])), 'a')).toEqual({ tensors: new Map(), metadata: {} })
  })

  test('is read back equal for any tensors (property)', () => {
    // 16-bit floats are widened when they are read.
    const kept = dtypes.filter(d => !halfFormat(d))
    const tensor = fc
      .record({ dtype: fc.constantFrom(...kept), shape: fc.array(fc.nat(4), { maxLength: 3 }) })
      .chain(({ dtype, shape }) => {
        const size = shape.reduce((a, b) => a * b, 1)
        const length = allocate(dtype, size).byteLength
        return fc
          .array(fc.nat(dtype === 'bool' ? 1 : 255), { minLength: length, maxLength: length })
          .map(bytes => ({ dtype, shape, data: viewOf(dtype, Uint8Array.from(bytes).buffer, 0, size) }))
      })
    const bytesOf = ({ data }: StoredTensor) => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), tensor), fc.nat(7), (given, shift) => {
        fc.pre(!Object.hasOwn(given, '__metadata__'))
        const bytes = join8(encodeSafetensors(Object.entries(given)))
        const shifted = new Uint8Array(bytes.length + shift)
        shifted.set(bytes, shift)
        const { tensors } = decodeSafetensors(shifted.subarray(shift), 'a')
        expect([...tensors.keys()].sort()).toEqual(Object.keys(given).sort())
        for (const [name, { dtype, shape, data }] of tensors) {
          expect({ dtype, shape, bytes: bytesOf({ dtype, shape, data }) }).toEqual({
            dtype: given[name]!.dtype,
            shape: given[name]!.shape,
            bytes: bytesOf(given[name]!),
          })
        }
      }),
    )
  })

  test.each([
    [
      [['a', { dtype: 'float32', shape: [2, 3], data: new Float32Array(5) }]],
      'encodeSafetensors: tensor "a": float32 [2, 3] needs Float32Array of 6 elements; got Float32Array of 5.',
    ],
    [
      [['a', { dtype: 'float32', shape: [2], data: new Int32Array(2) }]],
      'encodeSafetensors: tensor "a": float32 [2] needs Float32Array of 2 elements; got Int32Array of 2.',
    ],
    [
      [['a', { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 2) }]],
      'encodeSafetensors: tensor "a": bool has the byte 2 at element 1; 0 or 1 was expected. Convert it, or store it as uint8.',
    ],
    [
      [
        ['a', { dtype: 'uint8', shape: [1], data: new Uint8Array(1) }],
        ['a', { dtype: 'uint8', shape: [1], data: new Uint8Array(1) }],
      ],
      'encodeSafetensors: the name "a" is given to two tensors. Rename the tensor.',
    ],
    [
      [['__metadata__', { dtype: 'uint8', shape: [1], data: new Uint8Array(1) }]],
      'encodeSafetensors: the name "__metadata__" is reserved. Rename the tensor.',
    ],
  ] as [[string, StoredTensor][], string][])('is refused when it could not be read back: %#', (tensors, message) => {
    const encode = () => encodeSafetensors(tensors)
    expect(encode).toThrow(ArgumentError)
    expect(encode).toThrow(expect.objectContaining({ message }))
  })

  test('is refused when the metadata is not text, or too long for the format', () => {
    expect(() => encodeSafetensors([], { step: 3 } as never)).toThrow(
      expect.objectContaining({
        message: 'encodeSafetensors: metadata has 3 under "step"; safetensors holds strings only. Pass it as text.',
      }),
    )
    expect(() => encodeSafetensors([], { long: 'x'.repeat(100_000_000) })).toThrow(
      expect.objectContaining({
        message:
          'encodeSafetensors: names and metadata take 100000032 bytes; at most 100000000 are allowed. Shorten the metadata.',
      }),
    )
  })
})

describe('what others write', () => {
  test('is read: a file of the Python package safetensors 0.8.0', () => {
    // save({'weight': np.array([[1.5,-2],[0,3]], np.float32), 'half': np.array([1,65504,6e-8], np.float16), 'steps': np.array(7),
    //       'mask': np.array([True,False,True])}, {'format': 'np'})
    const bytes = Buffer.from(
      'EAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJucCJ9LCJzdGVwcyI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpbMCw4XX0sIndlaWdodCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwyXSwiZGF0YV9vZmZzZXRzIjpbOCwyNF19LCJoYWxmIjp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMjQsMzBdfSwibWFzayI6eyJkdHlwZSI6IkJPT0wiLCJzaGFwZSI6WzNdLCJkYXRhX29mZnNldHMiOlszMCwzM119fSAgICAgIAcAAAAAAAAAAADAPwAAAMAAAAAAAABAQAA8/3sBAAEAAQ==',
      'base64',
    )
    expect(decodeSafetensors(bytes, 'a')).toEqual({
      metadata: { format: 'np' },
      tensors: new Map<string, StoredTensor>([
        ['steps', { dtype: 'int64', shape: [], data: BigInt64Array.of(7n) }],
        ['weight', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -2, 0, 3) }],
        ['half', { dtype: 'float32', shape: [3], data: Float32Array.of(1, 65504, 2 ** -24) }],
        ['mask', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
      ]),
    })
  })

  /** Every 16-bit word, in a file that says they are `dtype`. */
  const words = Uint16Array.from({ length: 65536 }, (_, i) => i)
  const decodeWords = (dtype: string) =>
    decodeSafetensors(
      join8([file({ a: stored(dtype, [65536], 0, 131072) }), new Uint8Array(words.buffer)]),
      'a',
    ).tensors.get('a')!

  test('is read: every float16, as the float32 of the same value', () => {
    const { dtype, data } = decodeWords('F16')
    expect(dtype).toBe('float32')
    const expected = Float32Array.from(words, word => {
      const sign = word & 0x8000 ? -1 : 1
      const exponent = (word >> 10) & 31
      const fraction = (word & 1023) / 1024
      if (exponent === 31) return fraction ? Number.NaN : sign * Infinity
      return sign * (exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14)
    })
    expect((data as Float32Array).every((x, i) => Object.is(x, expected[i]))).toBe(true)
    expect(data).toHaveLength(65536)
  })

  test('is read: every bfloat16, as the float32 of the same value', () => {
    const { dtype, data } = decodeWords('BF16')
    expect(dtype).toBe('float32')
    const expected = Float32Array.from(words, word => {
      const sign = word & 0x8000 ? -1 : 1
      const exponent = (word >> 7) & 255
      const fraction = (word & 127) / 128
      if (exponent === 255) return fraction ? Number.NaN : sign * Infinity
      return sign * (exponent ? (1 + fraction) * 2 ** (exponent - 127) : fraction * 2 ** -126)
    })
    expect((data as Float32Array).every((x, i) => Object.is(x, expected[i]))).toBe(true)
    expect(data).toHaveLength(65536)
  })

  test('is read: the other integers', () => {
    const data = new Uint8Array([128, 255, 0, 128, 255, 255, 0, 128, 255, 255, 255, 255])
    const header = {
      u32: stored('U32', [1], 8, 12),
      i8: stored('I8', [2], 0, 2),
      i16: stored('I16', [2], 2, 6),
      u16: stored('U16', [1], 6, 8),
    }
    const { tensors } = decodeSafetensors(join8([file(header), data]), 'a')
    expect(tensors.get('i8')).toEqual({ dtype: 'int8', shape: [2], data: Int8Array.of(-128, -1) })
    expect(tensors.get('i16')).toEqual({ dtype: 'int16', shape: [2], data: Int16Array.of(-32768, -1) })
    expect(tensors.get('u16')).toEqual({ dtype: 'uint16', shape: [1], data: Uint16Array.of(32768) })
    expect(tensors.get('u32')).toEqual({ dtype: 'uint32', shape: [1], data: Uint32Array.of(4294967295) })
  })

  test('is read wherever it lies in memory, and out of a pooled Buffer', () => {
    const { tensors } = decodeSafetensors(
      Buffer.concat([Buffer.from('{'), file({ a: stored('F64', [1], 0, 8) }), Buffer.alloc(8, 0)]).subarray(1),
      'a',
    )
    expect(tensors.get('a')?.data).toEqual(Float64Array.of(0))
  })
})

describe('a bad file', () => {
  const again = 'The file is damaged or is no safetensors file: download or save it again.'
  const u8 = (begin: number, end: number) => stored('U8', [end - begin], begin, end)
  const cases: [why: string, bytes: Uint8Array, message: string][] = [
    [
      'is empty',
      new Uint8Array(0),
      `the file has 0 bytes, too few for the 8 that give the length of the header. ${again}`,
    ],
    [
      'ends in the length',
      new Uint8Array(7),
      `the file has 7 bytes, too few for the 8 that give the length of the header. ${again}`,
    ],
    [
      'claims a header beyond the limit',
      new Uint8Array(9).fill(255),
      `the header claims a length of 18446744073709551615 bytes; at most 100000000 are allowed. ${again}`,
    ],
    [
      'ends in the header',
      file({ a: u8(0, 1) }).subarray(0, 40),
      `the header claims a length of 53 bytes; only 32 follow. ${again}`,
    ],
    [
      'has a header that is not text',
      join8([file('  '), Uint8Array.of()]).fill(255, 8),
      `the header is not UTF-8 text. ${again}`,
    ],
    ['has an empty header', file(''), `the header is not JSON. ${again}`],
    ['has a header that is cut', file('{"a":'), `the header is not JSON. ${again}`],
    [
      'has a header that is a list',
      file('[]'),
      `the header must be a JSON object from its first byte on; it begins with "[]". ${again}`,
    ],
    [
      'has space before its header',
      file(' {}'),
      `the header must be a JSON object from its first byte on; it begins with " {}". ${again}`,
    ],
    [
      'names a tensor twice',
      file(
        '{"a\\"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061\\u0022":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      'the header has the key "a\\"" twice. Save the file again with each name once.',
    ],
    [
      'gives a shape twice',
      file('{"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}}'),
      'the header has the key "shape" in "a" twice. Save the file again with each name once.',
    ],
    [
      'has metadata that is a list',
      file({ __metadata__: [1] }),
      `__metadata__ is [1]; an object of strings was expected. ${again}`,
    ],
    [
      'has metadata that is not text',
      file({ __metadata__: { step: 3 } }),
      '__metadata__ has 3 under "step"; a string was expected. Save the file again with the value as text.',
    ],
    [
      'has a tensor without a description',
      file({ a: null }),
      `tensor "a" is null; an object of dtype, shape and data_offsets was expected. ${again}`,
    ],
    [
      'has an unknown dtype',
      file({ a: stored('F8_E4M3', [1], 0, 1) }, 1),
      'tensor "a" has dtype "F8_E4M3"; readable are F32, F64, I32, I64, U8, BOOL, F16, BF16, I8, I16, U16, U32, U64. Convert it with the program that wrote it.',
    ],
    [
      'has a dtype that objects have',
      file({ a: stored('constructor', [1], 0, 1) }, 1),
      'tensor "a" has dtype "constructor"; readable are F32, F64, I32, I64, U8, BOOL, F16, BF16, I8, I16, U16, U32, U64. Convert it with the program that wrote it.',
    ],
    [
      'has a size below 0',
      file({ a: stored('U8', [-1], 0, 1) }, 1),
      `tensor "a" has shape [-1]; whole numbers of at least 0 were expected. ${again}`,
    ],
    [
      'has no shape',
      file({ a: { dtype: 'U8', data_offsets: [0, 1] } }, 1),
      `tensor "a" has shape nothing; whole numbers of at least 0 were expected. ${again}`,
    ],
    [
      'ends before it begins',
      file({ a: stored('U8', [1], 1, 0) }, 1),
      `tensor "a" has data_offsets [1,0]; two whole numbers, begin and end, were expected. ${again}`,
    ],
    [
      'has one offset',
      file({ a: { dtype: 'U8', shape: [1], data_offsets: [0] } }, 1),
      `tensor "a" has data_offsets [0]; two whole numbers, begin and end, were expected. ${again}`,
    ],
    [
      'has a shape that takes other bytes',
      file({ a: stored('F32', [2, 2], 0, 12) }, 12),
      `tensor "a" has data_offsets [0,12], 12 bytes; shape [2,2] of F32 takes 16. ${again}`,
    ],
    [
      'has a shape too large to be',
      file({ a: stored('U8', [2 ** 52, 2 ** 52], 0, 12) }, 12),
      `tensor "a" has data_offsets [0,12], 12 bytes; shape [4503599627370496,4503599627370496] of U8 takes 2.028240960365167e+31. ${again}`,
    ],
    [
      'has a hole',
      file({ a: u8(0, 2), b: u8(3, 4) }, 4),
      `tensor "b" leaves a hole before it: it begins at byte 3 of the data, and the one before ends at 2. ${again}`,
    ],
    [
      'has tensors that overlap',
      file({ b: u8(1, 4), a: u8(0, 2) }, 4),
      `tensor "b" overlaps the tensor before it: it begins at byte 1 of the data, and the one before ends at 2. ${again}`,
    ],
    [
      'is cut short',
      file({ a: u8(0, 4) }, 3),
      'tensor "a" ends at byte 4 of the data, which has only 3. The file is cut short: download or save it again.',
    ],
    [
      'goes on',
      file({ a: u8(0, 4) }, 5),
      `the last tensor ends at byte 4 of the data, which goes on to byte 5. ${again}`,
    ],
    [
      'has a truth value of 2',
      file({ a: stored('BOOL', [3], 0, 3) }, 3),
      'tensor "a" of BOOL has the byte 2 at element 2; 0 or 1 was expected. Save it as U8.',
    ],
    [
      'has a value of great length',
      file({ a: 'x'.repeat(1000) }),
      `tensor "a" is "${'x'.repeat(99)}…; an object of dtype, shape and data_offsets was expected. ${again}`,
    ],
    [
      'has a value of great depth',
      file(`{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`),
      `tensor "a" is object of great depth; an object of dtype, shape and data_offsets was expected. ${again}`,
    ],
  ]

  test.each(cases)('that %s is refused in words, from memory and from disk', async (_, bytes, message) => {
    const path = join(folder, 'bad.safetensors')
    writeFileSync(path, bytes)
    expect(() => decodeSafetensors(bytes, path)).toThrow(FormatError)
    expect(() => decodeSafetensors(bytes, path)).toThrow(expect.objectContaining({ message: `${path}: ${message}` }))
    await expect(readSafetensors(path)).rejects.toThrow(expect.objectContaining({ message: `${path}: ${message}` }))
  })

  test('never ends in anything but a FormatError or a sound result, however its bytes are changed (property)', () => {
    const sound = join8(encodeSafetensors(example, { format: 'pt' }))
    const mutated = fc
      .record({
        changes: fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 4 }),
        swaps: fc.array(fc.tuple(fc.nat(700), fc.constantFrom(...'0123456789[]{}",:-eFUI')), { maxLength: 2 }),
        length: fc.oneof(fc.constant(sound.length), fc.nat(sound.length + 8)),
      })
      .map(({ changes, swaps, length }) => {
        const bytes = new Uint8Array(length)
        bytes.set(sound.subarray(0, length))
        for (const [at, value] of changes) if (at < length) bytes[at] = value
        for (const [at, c] of swaps) if (8 + at < length) bytes[8 + at] = c.charCodeAt(0)
        return bytes
      })
    let refused = 0
    let read = 0
    fc.assert(
      fc.property(mutated, bytes => {
        try {
          for (const { shape, data } of decodeSafetensors(bytes, 'a').tensors.values()) {
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
            expect(data.byteLength).toBeLessThanOrEqual(bytes.length)
          }
          read++
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
          expect((error as Error).message).not.toMatch(/[\n\r]/)
          refused++
        }
      }),
      { numRuns: 3000 },
    )
    expect(refused).toBeGreaterThan(100)
    expect(read).toBeGreaterThan(30)
  })
})

describe('a file on disk', () => {
  test('is written and read back equal', async () => {
    const path = join(folder, 'model.safetensors')
    await writeSafetensors(path, example, { format: 'pt' })
    expect(await readSafetensors(path)).toEqual({ tensors: new Map(example), metadata: { format: 'pt' } })
    expect(new Uint8Array(readFileSync(path))).toEqual(join8(encodeSafetensors(example, { format: 'pt' })))
  })

  test('that is not there is named', async () => {
    const path = join(folder, 'no.safetensors')
    const error = await readSafetensors(path).catch(error => error)
    expect(error).toBeInstanceOf(DataError)
    expect(error.message).toBe(
      `${path}: could not be read: no such file or directory (ENOENT). Check that the path is right and that its folder exists.`,
    )
  })

  test('is left as it was when what should replace it cannot be written', async () => {
    const path = join(folder, 'kept.safetensors')
    await writeSafetensors(path, example)
    const bad: StoredTensor = { dtype: 'float32', shape: [2], data: new Float32Array(1) }
    await expect(writeSafetensors(path, [['a', bad]])).rejects.toThrow(ArgumentError)
    expect((await readSafetensors(path)).tensors).toEqual(new Map(example))
  })
})
