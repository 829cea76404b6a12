import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError, FormatError } from '../../../src/core/errors.ts'
import { parseCsv } from '../../../src/data/table/csv.ts'
import { parseJsonTable } from '../../../src/data/table/json-table.ts'
import { parseParquet } from '../../../src/data/table/parquet.ts'
import { parseSvmlight } from '../../../src/data/table/svmlight.ts'
import { decodeNpy } from '../../../src/io/npy.ts'
import { decodeNpz, encodeNpz } from '../../../src/io/npz.ts'
import npyFixtures from '../../fixtures/npy.json' with { type: 'json' }
import parquetFixtures from '../../fixtures/tables-parquet.json' with { type: 'json' }
import fixtures from '../../fixtures/tables.json' with { type: 'json' }

const seed = 20260
const runs = 10_000

interface Change {
  readonly at: number
  readonly how: 'set' | 'flip' | 'insert' | 'remove' | 'cut' | 'repeat' | 'number'
  readonly byte: number
  readonly length: number
}
const changes = (bytes: readonly number[]): fc.Arbitrary<Change[]> =>
  fc.array(
    fc.record({
      at: fc.nat(2 ** 30),
      how: fc.constantFrom<Change['how']>('set', 'set', 'flip', 'insert', 'remove', 'cut', 'repeat', 'number'),
      byte: fc.oneof(fc.constantFrom(...bytes), fc.nat(255)),
      length: fc.integer({ min: 1, max: 24 }),
    }),
    { minLength: 1, maxLength: 4 },
  )

const changed = (file: Uint8Array, list: readonly Change[]): Uint8Array => {
  let bytes = Array.from(file)
  for (const { at: place, how, byte, length } of list) {
    const at = place % (bytes.length + 1)
    if (how === 'set') bytes[Math.min(at, bytes.length - 1)] = byte
    else if (how === 'flip') bytes[Math.min(at, bytes.length - 1)]! ^= 1 << (byte & 7)
    else if (how === 'insert') bytes.splice(at, 0, ...new Array<number>(length).fill(byte))
    else if (how === 'remove') bytes.splice(at, length)
    else if (how === 'cut') bytes = bytes.slice(0, at)
    else if (how === 'repeat') bytes.splice(at, 0, ...bytes.slice(at, at + length))
    // A count of a great size, in the variable-length form of Parquet or in four bytes.
    else bytes.splice(at, 4, ...(byte & 1 ? [0xff, 0xff, 0xff, 0x7f] : [0xfe, 0xff, 0xff, 0x0f]))
  }
  return Uint8Array.from(bytes)
}

/** Reads changed files: each is read, or refused in one line by an error of the library's own. Memory stays within bounds. */
const survive = async (
  files: readonly Uint8Array[],
  alphabet: readonly number[],
  read: (bytes: Uint8Array) => unknown,
): Promise<{ read: number; refused: number }> => {
  const counts = { read: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(fc.nat(files.length - 1), changes(alphabet), async (which, list) => {
      try {
        await read(changed(files[which]!, list))
        counts.read++
      } catch (error) {
        if (!(error instanceof FormatError || error instanceof ArgumentError)) throw error
        expect(error.message).toMatch(/^[^\n]+: [^\n]+\.$/)
        expect(error.message.length).toBeLessThan(1000)
        counts.refused++
      }
    }),
    { numRuns: runs, seed, endOnFailure: true },
  )
  return counts
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'))

describe('files that were changed at random are read or refused', () => {
  test('CSV', async () => {
    const files = fixtures.csv.map(({ text }) => bytesOf(text).subarray(0, 400))
    const { read, refused } = await survive(files, [...bytesOf(',;"\r\n\t|e.-+0\0')], bytes => {
      const table = parseCsv(bytes)
      parseCsv(bytes, { ragged: 'fill', header: 'auto' })
      expect([...table].every(column => column.length === table.rowCount)).toBe(true)
      return table.describe()
    })
    expect(read).toBeGreaterThan(runs / 4)
    expect(refused).toBeGreaterThan(runs / 100)
  })

  test('SVMlight and JSON', async () => {
    const svmlight = await survive([bytesOf(fixtures.svmlight.text)], [...bytesOf(':# \n0q-')], b => parseSvmlight(b))
    expect(svmlight.read).toBeGreaterThan(runs / 20)
    const lines = '{"x": 1, "y": "a"}\n{"x": 2.5, "y": null, "z": [1, {"p": true}]}\n'
    const json = await survive(
      [bytesOf(lines), bytesOf(`[${lines.trim().replace('\n', ',')}]`)],
      [...bytesOf('{}[],:"\n\\')],
      b => parseJsonTable(b),
    )
    expect(json.read).toBeGreaterThan(runs / 50)
  })

  test('Parquet', async () => {
    const files = parquetFixtures.files.map(({ bytes }) => decode(bytes))
    const { read, refused } = await survive(files, [0, 1, 0x15, 0x7f, 0x80, 0xff], bytes => parseParquet(bytes))
    expect(read).toBeGreaterThan(runs / 100)
    expect(refused).toBeGreaterThan(runs / 4)
  })

  test('.npy', async () => {
    const files = npyFixtures.cases.map(({ bytes }) => decode(bytes))
    const { read, refused } = await survive(files, [...bytesOf("'(),: 19<>")], bytes => decodeNpy(bytes, 'a.npy'))
    expect(read).toBeGreaterThan(runs / 100)
    expect(refused).toBeGreaterThan(runs / 4)
  })

  test('.npz', async () => {
    const own = encodeNpz([['x', { dtype: 'float64', shape: [4], data: new Float64Array(4) }]], { compress: true })
    const files = [own, ...Object.values(npyFixtures.archives).map(decode)]
    const { read, refused } = await survive(files, [0, 1, 8, 80, 75, 255], bytes => decodeNpz(bytes, 'a.npz'))
    expect(read).toBeGreaterThan(runs / 100)
    expect(refused).toBeGreaterThan(runs / 4)
  })
})
