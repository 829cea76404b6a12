import type { ColumnMetaData, SchemaTree } from 'hyparquet'
import { describe, expect, test } from 'vitest'
import { type Chunk, checkChunk, Damage, Excess } from '../../../src/data/table/parquet-check.ts'

// Pages written by hand, each with one thing wrong: Thrift's compact protocol, numbers as zigzag varints.

type Field = number | Fields
interface Fields {
  readonly [id: number]: Field
}
const varint = (n: number): number[] => (n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))])
const zigzag = (n: number): number[] => varint(n < 0 ? -2 * n - 1 : 2 * n)
const struct = (fields: Fields): number[] => {
  let last = 0
  const bytes = Object.entries(fields).flatMap(([key, value]) => {
    const delta = Number(key) - last
    last = Number(key)
    return typeof value === 'number' ? [(delta << 4) | 5, ...zigzag(value)] : [(delta << 4) | 12, ...struct(value)]
  })
  return [...bytes, 0]
}

const encodings = { PLAIN: 0, PLAIN_DICTIONARY: 2, RLE: 3, DELTA_BYTE_ARRAY: 7 } as const
interface Made {
  readonly count: number
  readonly encoding?: keyof typeof encodings
  readonly size?: number
}
const page = (
  body: number[],
  { count, encoding = 'PLAIN', size = body.length }: Made,
  packed = body.length,
): number[] => [...struct({ 1: 0, 2: size, 3: packed, 5: { 1: count, 2: encodings[encoding], 3: 3, 4: 3 } }), ...body]
const pageV2 = (body: number[], count: number, { nulls = 0, d = 0 }: { nulls?: number; d?: number }): number[] => [
  ...struct({ 1: 3, 2: body.length, 3: body.length, 8: { 1: count, 2: nulls, 3: count, 4: 0, 5: d, 6: 0 } }),
  ...body,
]

const chunk = (
  bytes: number[],
  { type = 'INT32', optional = false, values = 4, codec = 'UNCOMPRESSED', left = 1e6 } = {},
): Chunk => ({
  meta: { type, codec, num_values: BigInt(values) } as unknown as ColumnMetaData,
  path: [
    { element: { name: 'root', repetition_type: 'REQUIRED' } },
    { element: { name: 'x', type, repetition_type: optional ? 'OPTIONAL' : 'REQUIRED' } },
  ] as unknown as SchemaTree[],
  bytes: Uint8Array.from(bytes),
  compressors: {},
  budget: { left },
})
const damage = (given: Chunk): string => {
  try {
    checkChunk(given)
  } catch (error) {
    expect(error).toBeInstanceOf(Damage)
    return (error as Error).message
  }
  return expect.fail('it was passed')
}
const zeros = (n: number): number[] => new Array<number>(n).fill(0)

describe('pages of Parquet are looked through before they are read', () => {
  test('whole ones pass', () => {
    expect(() => checkChunk(chunk(page(zeros(16), { count: 4 })))).not.toThrow()
    // Four present of four: one run of the level 1.
    expect(() =>
      checkChunk(chunk(page([2, 0, 0, 0, 8, 1, ...zeros(16)], { count: 4 }), { optional: true })),
    ).not.toThrow()
    expect(() =>
      checkChunk(chunk(pageV2([8, 0, ...zeros(0)], 4, { nulls: 4, d: 2 }), { optional: true })),
    ).not.toThrow()
    expect(() => checkChunk(chunk([...page(zeros(8), { count: 2 }), ...page(zeros(8), { count: 2 })]))).not.toThrow()
  })

  test('counts must fit the bytes and the column', () => {
    expect(damage(chunk(page(zeros(8), { count: 4 })))).toBe('a page of 8 bytes cannot hold 4 values of INT32')
    expect(damage(chunk(page(zeros(16), { count: 2 ** 31 - 1 })))).toBe('a page has 2147483647 values where 4 are left')
    expect(damage(chunk(page(zeros(16), { count: -1 })))).toBe('a page has -1 values where 4 are left')
    expect(damage(chunk(page(zeros(8), { count: 2 })))).toBe('a column has 2 values where 4 were announced')
    expect(damage(chunk(pageV2(zeros(16), 5, {})))).toBe('a page has 5 values where 4 are left')
    expect(damage(chunk(pageV2(zeros(16), 4, { nulls: 9 })))).toBe('a page has 9 missing values of 4')
  })

  test('sizes must lie within the column and what a codec can do', () => {
    expect(damage(chunk(page(zeros(16), { count: 4 }, 17)))).toBe('a page goes beyond its column')
    expect(damage(chunk(page(zeros(16), { count: 4, size: 2 ** 31 - 1 }), { codec: 'SNAPPY' }))).toBe(
      'a page of 16 bytes unpacks to 2147483647',
    )
    expect(() => checkChunk(chunk(page(zeros(16), { count: 4 }), { left: 15 }))).toThrow(Excess)
    expect(damage(chunk(pageV2(zeros(16), 4, { d: 17 }), { optional: true }))).toBe('levels go beyond their page')
    expect(damage(chunk(page([99, 0, 0, 0, 8, 1], { count: 4 }), { optional: true }))).toBe(
      'levels go beyond their page',
    )
  })

  test('runs must not be longer than the page', () => {
    const run = (header: number[]) =>
      chunk(page([header.length + 1, 0, 0, 0, ...header, 1], { count: 4 }), { optional: true })
    expect(damage(run(varint(2 ** 30)))).toBe('a run is longer than its page')
    expect(damage(run(varint(2 ** 30 + 1)))).toBe('a run is longer than its page')
    expect(damage(run([0x81, 1]))).toBe('a page ends within a run')
    expect(damage(chunk(page([2, ...varint(2 ** 30), 0], { count: 4, encoding: 'PLAIN_DICTIONARY' })))).toBe(
      'a run is longer than its page',
    )
    expect(damage(chunk(page([33, 8, 0], { count: 4, encoding: 'PLAIN_DICTIONARY' })))).toBe(
      'values of 33 bits stand for places in a dictionary',
    )
    expect(damage(chunk(page([], { count: 4, encoding: 'PLAIN_DICTIONARY' })))).toBe('a page has no values')
  })

  test('dictionaries and pages must be what they say', () => {
    const dictionary = (count: number) => [...struct({ 1: 2, 2: 4, 3: 4, 7: { 1: count, 2: 0 } }), ...zeros(4)]
    expect(damage(chunk(dictionary(2)))).toBe('a page of 4 bytes cannot hold 2 values of INT32')
    expect(damage(chunk(dictionary(2 ** 30)))).toBe('a dictionary is longer than its page')
    expect(damage(chunk([...struct({ 1: 1, 2: 4, 3: 4 }), ...zeros(4)]))).toBe('a page is of the type INDEX_PAGE')
  })

  test('texts packed as differences must not grow beyond what is allowed', () => {
    const text = { type: 'BYTE_ARRAY', values: 2 }
    const made = { count: 2, encoding: 'DELTA_BYTE_ARRAY' } as const
    // Lengths shared with the text before: 0 and then 1000; the texts' own lengths: both 0.
    const lengths = (second: number) => [...varint(128), 4, 2, 0, ...zigzag(second), 0, 0, 0, 0]
    expect(damage(chunk(page([...lengths(1000), ...lengths(0)], made), text))).toBe('a text has an impossible length')
    expect(damage(chunk(page([...varint(128), 0, 2, 0], made), text))).toBe(
      'differences come in blocks of an impossible size',
    )
    const shared = chunk(
      page(
        [
          ...varint(128),
          4,
          2,
          0,
          ...zigzag(5),
          0,
          0,
          0,
          0,
          ...varint(128),
          4,
          2,
          ...zigzag(5),
          ...zigzag(-5),
          0,
          0,
          0,
          0,
          ...zeros(5),
        ],
        made,
      ),
      { ...text, left: 34 },
    )
    expect(() => checkChunk(shared)).toThrow(Excess)
    shared.budget.left = 100
    expect(() => checkChunk(shared)).not.toThrow()
  })
})
