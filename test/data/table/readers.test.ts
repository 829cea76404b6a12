import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ArgumentError, DataError, FormatError } from '../../../src/core/errors.ts'
import {
  parseJsonTable,
  parseParquet,
  parseSvmlight,
  readCsv,
  readSvmlight,
  readTable,
} from '../../../src/data/index.ts'
import parquetFixtures from '../../fixtures/tables-parquet.json' with { type: 'json' }

const csv = 'a,b\n1,x\n2,y\n'
const rows = [
  { a: 1, b: 'x' },
  { a: 2, b: 'y' },
]
const parquet = Uint8Array.from(Buffer.from(parquetFixtures.files[0]!.bytes, 'base64'))

const messageOf = async (run: () => unknown, kind: new (...args: never[]) => Error = FormatError): Promise<string> => {
  try {
    await run()
  } catch (error) {
    expect(error).toBeInstanceOf(kind)
    return (error as Error).message
  }
  return expect.fail('it was read')
}

describe('readTable', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradus-table-'))
  const put = (name: string, contents: string | Uint8Array): string => {
    writeFileSync(join(folder, name), contents)
    return join(folder, name)
  }
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/a.csv' ? 200 : 404
    response.end(csv)
  })
  let address = ''
  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await new Promise(resolve => server.close(resolve))
  })

  test('takes a path, an address, bytes, a file of a browser, or the text itself', async () => {
    const path = put('a.csv', csv)
    const bytes = new TextEncoder().encode(csv)
    const sources = [
      path,
      pathToFileURL(path),
      pathToFileURL(path).href,
      `${address}/a.csv`,
      new URL(`${address}/a.csv`),
      bytes,
      bytes.buffer,
      new Blob([csv]),
      new File([csv], 'a.csv'),
      csv,
      `data:text/csv,${encodeURIComponent(csv)}`,
    ]
    for (const source of sources) {
      expect((await readTable(source)).toRows()).toEqual(rows)
      expect((await readCsv(source)).toRows()).toEqual(rows)
    }
    expect((await readTable(path)).report!.source).toBe(path)
    expect((await readTable(new File([csv], 'my.csv'))).report!.source).toBe('my.csv')
  })

  test('tells the format by the contents and the name, and unpacks gzip', async () => {
    const lines = '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n'
    const tabs = csv.replaceAll(',', '\t')
    const paths = [
      put('a.jsonl', lines),
      put('a.json', `[${lines.trim().replace('\n', ',')}]`),
      put('nothing', lines),
      put('a.tsv', tabs),
      put('a.txt', csv),
      put('a.csv.gz', gzipSync(csv)),
      put('a.tsv.gz', gzipSync(tabs)),
    ]
    for (const path of paths) expect((await readTable(path)).toRows()).toEqual(rows)
    expect((await readTable(parquet)).names).toEqual(Object.keys(parquetFixtures.columns))
    expect((await readTable(put('data.csv', parquet))).rowCount).toBe(40)
    expect((await readTable(put('odd.csv', lines), { format: 'json' })).toRows()).toEqual(rows)
    expect((await readTable(put('semi.tsv', 'a;b\n1;x\n'), { delimiter: ';' })).names).toEqual(['a', 'b'])
  })

  test('says what it cannot read', async () => {
    const missing = join(folder, 'no.csv')
    expect(await messageOf(() => readTable(missing), DataError)).toBe(
      `${missing}: could not be read: no such file or directory (ENOENT). Check that the path is right and that its folder exists.`,
    )
    expect(await messageOf(() => readTable(`${address}/no.csv`), DataError)).toBe(
      `${address}/no.csv: could not be fetched: HTTP 404. Check the address and the network, or pass the bytes.`,
    )
    expect(await messageOf(() => readTable(csv, { format: 'xlsx' as never }), ArgumentError)).toBe(
      'readTable: format must be one of csv, json, parquet; got "xlsx".',
    )
    const cut = put('cut.csv.gz', gzipSync(csv).subarray(0, 20))
    expect(await messageOf(() => readTable(cut))).toBe(
      `${cut}: cannot be unpacked: unexpected EOF. Get the file again.`,
    )
    for (const length of [2, 10, 17]) {
      const name = put(`cut${length}.gz`, gzipSync(csv).subarray(0, length))
      expect(await messageOf(() => readTable(name))).toMatch(
        /^.*: cannot be unpacked: (unexpected EOF|its size or checksum is wrong)\. Get the file again\.$/,
      )
    }
    const changed = new Uint8Array(gzipSync(csv, { level: 0 }))
    changed[changed.length - 10]! ^= 1
    expect(await messageOf(() => readTable(changed))).toBe(
      'readTable: cannot be unpacked: its size or checksum is wrong. Get the file again.',
    )
    const two = new Uint8Array(Buffer.concat([gzipSync('a,b\n'), gzipSync('1,x\n2,y\n')]))
    expect((await readTable(two)).toRows()).toEqual(rows)
    expect(await messageOf(() => readTable('http://127.0.0.1:1/a.csv'), DataError)).toMatch(
      /^http:\/\/127\.0\.0\.1:1\/a\.csv: could not be fetched: .+\. Check the address and the network, or pass the bytes\.$/,
    )
    expect(await messageOf(() => readTable(csv, { maxRows: 3 } as never), ArgumentError)).toContain(
      'readTable: unknown option "maxRows".',
    )
  })
})

describe('JSON', () => {
  test('with keys that are absent, nested values and a mark at its beginning', () => {
    const table = parseJsonTable(
      '\uFEFF{"x": 1.5, "ok": true}\r\n\r\n{"x": null, "list": [1, {"p": "q"}], "mixed": 1}\n{"mixed": "a"}',
    )
    expect(table.toRows()).toEqual([
      { x: 1.5, ok: true, list: null, mixed: null },
      { x: null, ok: null, list: '[1,{"p":"q"}]', mixed: '1' },
      { x: null, ok: null, list: null, mixed: 'a' },
    ])
    expect(table.report!.notes).toEqual(['1 empty line left out.'])
    expect(parseJsonTable('[{"__proto__": 1, "x": 2}]').names).toEqual(['__proto__', 'x'])
  })

  test('that is damaged is refused by its line', async () => {
    const refused = (text: string | Uint8Array, options = {}) =>
      messageOf(() => parseJsonTable(text, options, 'a.jsonl'))
    expect(await refused('{"x": 1}\n{"x": }\n')).toMatch(/^a\.jsonl: line 2 is not JSON: .*\. Mend it\.$/)
    expect(await refused('[{"x": 1}')).toMatch(/^a\.jsonl: is not JSON: .*\. Mend it\.$/)
    expect(await refused('{"x": 1}\n[1]\n')).toBe(
      'a.jsonl: line 2 is [1]; a record such as {"x": 1} was expected. Name the values.',
    )
    expect(await refused('[{"x": 1}, 7]')).toBe(
      'a.jsonl: element 1 is 7; a record such as {"x": 1} was expected. Name the values.',
    )
    expect(await refused('')).toBe('a.jsonl: is empty: it has no record. Check that it was written to its end.')
    expect(await refused(Uint8Array.of(0x7b, 0xff))).toContain('a.jsonl: byte 1, in line 1, is 0xff')
    const keys = Array.from({ length: 50 }, (_, i) => `{"k${i}": 1}`).join('\n')
    expect(await refused(keys, { maxColumns: 10 })).toBe(
      'a.jsonl: the 50 records have more than 10 different keys, beyond { maxColumns: 10 } or { maxCells: 268435456 }. Pass larger ones if that is right.',
    )
    expect(await refused(keys, { maxCells: 1000 })).toContain('the 50 records have more than 20 different keys')
  })
})

describe('SVMlight', () => {
  test('counts features from 1, from 0 where a 0 occurs, or as it is told', async () => {
    expect(parseSvmlight('1 1:5 3:6\n-1 2:7\n')).toEqual({
      rows: 2,
      columns: 3,
      indptr: Int32Array.of(0, 2, 3),
      indices: Int32Array.of(0, 2, 1),
      data: Float64Array.of(5, 6, 7),
      labels: Float64Array.of(1, -1),
    })
    expect(parseSvmlight('1 0:5 3:6').columns).toBe(4)
    expect(parseSvmlight('1 1:5', { base: '0' }).indices).toEqual(Int32Array.of(1))
    expect(parseSvmlight('1 1:5', { columns: 9 }).columns).toBe(9)
    expect((await readSvmlight('2\r\n3 1:1 # x:y\r\n')).labels).toEqual(Float64Array.of(2, 3))
  })

  test('that is damaged is refused by its line', async () => {
    const refused = (text: string, options = {}, kind?: typeof ArgumentError) =>
      messageOf(() => parseSvmlight(text, options, 'a.svm'), kind)
    expect(await refused('1 1:1\nx 1:1\n')).toBe('a.svm: line 2 has "x" where a number was expected. Mend the line.')
    expect(await refused('1 1:z\n')).toBe('a.svm: line 1 has "z" where a number was expected. Mend the line.')
    expect(await refused('1 1\n')).toBe(
      'a.svm: line 1 has "1" without a value; index:value was expected. Mend the line.',
    )
    expect(await refused('1 -1:1\n')).toBe(
      'a.svm: line 1 has the feature "-1"; a whole number below 2147483647 was expected. Mend the line.',
    )
    expect(await refused('1 99999999999:1\n')).toContain('has the feature "99999999999"')
    expect(await refused('1 2:1 2:3\n')).toBe(
      'a.svm: line 1 has feature 2 after 2; they must grow, each once. Sort the line.',
    )
    expect(await refused('# nothing\n')).toBe('a.svm: is empty: it has no row. Check that it was written to its end.')
    expect(await refused('1 0:1\n', { base: '1' })).toBe(
      "a.svm: has a feature 0, so its features do not count from 1. Pass { base: '0' }.",
    )
    expect(await refused('1 5:1\n', { columns: 3 }, ArgumentError)).toBe(
      'a.svm: columns is 3 and the file has feature 5. Pass at least 5.',
    )
  })
})

describe('Parquet', () => {
  const refused = (bytes: Uint8Array, options = {}) => messageOf(() => parseParquet(bytes, options, 'a.parquet'))

  test('gives the columns that are asked for', async () => {
    const table = await parseParquet(parquet, { columns: ['text', 'int8'] })
    expect(table.names).toEqual(['int8', 'text'])
    expect(table.column('text').toArray()).toEqual(parquetFixtures.columns.text)
    expect(await refused(parquet, { columns: ['no'] })).toMatch(
      /^a\.parquet: has no column "no"\. Its columns are int8, int32, .*\.$/,
    )
  })

  test('with any byte of its list of columns changed is read or refused in words', async () => {
    const start = parquet.length - 8 - new DataView(parquet.buffer).getUint32(parquet.length - 8, true)
    const found = new Set<string>()
    for (let at = start; at < start + 1200; at++) {
      for (const byte of [0, 255, parquet[at]! + 2, 0x1c]) {
        const changed = parquet.slice()
        changed[at] = byte
        await parseParquet(changed, {}, 'a').catch(error => {
          expect(error).toBeInstanceOf(FormatError)
          found.add(error.message.replace(/^a: (not a whole Parquet file: )?/, '').replace('. Get the file again.', ''))
        })
      }
    }
    for (const message of [
      'its metadata or a page is damaged',
      'a column has no metadata',
      'column "int8" lies outside of it',
      'a column has 40 values where 41 were announced',
      'it has 680 values where 720 were announced',
      'its row groups have 40 rows and it announces 0',
      'a page ends within a run',
    ]) {
      expect(found).toContain(message)
    }
  })

  test('that is none, is cut off, or is too large is refused', async () => {
    expect(await refused(new TextEncoder().encode('a,b\n1,2\n3,4\n5,6\n'))).toBe(
      'a.parquet: not a Parquet file: it begins with the bytes [97, 44, 98, 10]; [80, 65, 82, 49] was expected.',
    )
    for (const length of [13, 100, 1000, parquet.length - 1]) {
      expect(await refused(parquet.subarray(0, length))).toBe(
        'a.parquet: not a whole Parquet file: parquet file invalid (footer != PAR1). Get the file again.',
      )
    }
    expect(await refused(parquet, { maxCells: 100 })).toBe(
      'a.parquet: has 40 rows of 18 columns, more than 100 cells. Read fewer { columns }, or pass a larger { maxCells }.',
    )
    expect(await refused(parquet, { maxBytes: 100 })).toBe(
      'a.parquet: unpacks to more than 100 bytes. If it is to be trusted, pass a larger { maxBytes }.',
    )
  })
})
