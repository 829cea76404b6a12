import { describe, expect, test } from 'vitest'
import { ArgumentError, FormatError } from '../../../src/core/errors.ts'
import { type CsvOptions, parseCsv } from '../../../src/data/index.ts'
import { notText } from '../../../src/data/table/text-bytes.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const messageOf = (
  source: string | Uint8Array,
  options: CsvOptions = {},
  kind: new (...args: never[]) => Error = FormatError,
): string => {
  try {
    parseCsv(source, options, 'a.csv')
  } catch (error) {
    expect(error).toBeInstanceOf(kind)
    return (error as Error).message
  }
  return expect.fail('it was read')
}
const rowsOf = (text: string, options: CsvOptions = {}) => parseCsv(text, options).toRows()
const notesOf = (text: string, options: CsvOptions = {}) => parseCsv(text, options).report!.notes

describe('the report of a CSV file', () => {
  test('of a file without fault has no notes', () => {
    const { report } = parseCsv('a,b\n1,x\n2,\n', {}, 'a.csv')
    expect(report).toEqual({
      source: 'a.csv',
      rows: 2,
      columns: [
        { name: 'a', type: 'number', missing: 0 },
        { name: 'b', type: 'text', missing: 1 },
      ],
      dropped: { tooFew: 0, tooMany: 0, lines: [] },
      filled: 0,
      emptyLines: 0,
      comments: 0,
      looseQuotes: undefined,
      renamed: [],
      notNumbers: [],
      formulas: [],
      rounded: [],
      notes: [],
    })
  })

  test('tells of rows with a wrong number of fields, by their lines', () => {
    const text = 'a,b\n1,2\n3\n4,5,6\n"7\n8",9\n10\n11\n12\n13\n14,15\n'
    const table = parseCsv(text)
    expect(table.report!.dropped).toEqual({ tooFew: 5, tooMany: 1, lines: [3, 4, 7, 8, 9] })
    expect(table.report!.notes[0]).toBe(
      '6 rows left out: 5 with too few fields and 1 with too many (line 3, 4, 7, 8, 9, ...).',
    )
    expect(table.rowCount).toBe(3)
  })

  test('tells of rows that were filled up', () => {
    const table = parseCsv('a,b,c\n1,x\n2\n3,y,4\n5,z,6,7\n', { ragged: 'fill' })
    expect(table.toRows()).toEqual([
      { a: 1, b: 'x', c: null },
      { a: 2, b: null, c: null },
      { a: 3, b: 'y', c: 4 },
    ])
    expect(table.report!.notes).toEqual([
      '1 row left out: 0 with too few fields and 1 with too many (line 5).',
      '2 rows with too few fields filled up with missing values.',
    ])
  })

  test('tells of empty lines, comments and loose quotes', () => {
    expect(notesOf('a,b\n\n1,2\n  \n# x\n"3"4,5\n\n', { comment: '#' })).toEqual([
      '3 empty lines left out.',
      '1 comment left out.',
      '1 field with something after the closing quote (first in line 6).',
    ])
  })

  test('tells of names that were changed', () => {
    const table = parseCsv('x,x,,x.1,x\n1,2,3,4,5\n')
    expect(table.names).toEqual(['x', 'x.2', 'Unnamed: 2', 'x.1', 'x.3'])
    expect(table.report!.notes).toEqual([
      'Column 2, named "x", became "x.2".',
      'Column 3, named "", became "Unnamed: 2".',
      'Column 5, named "x", became "x.3".',
    ])
  })

  test('tells which cells kept a column from being numbers, wherever they come', () => {
    const late = Array.from({ length: 3000 }, (_, i) => (i === 2500 ? 'oops' : i === 2600 ? '-' : String(i)))
    const table = parseCsv(`a,b\n${late.map(x => `${x},1`).join('\n')}\n`)
    expect(table.report!.columns[0]).toEqual({ name: 'a', type: 'text', missing: 0 })
    expect(table.report!.notes).toEqual([
      'Column "a" is text because of 2 cells: "oops" in line 2502, "-" in line 2602.',
      'Column "a" has 1 cell that a spreadsheet would take for formulas: "-" in line 2602.',
    ])
    // A dropped row does not count.
    expect(parseCsv('a,b\n1,2\nx\n3,4\n').report!.columns[0]!.type).toBe('number')
  })

  test('tells of texts that a spreadsheet would take for formulas', () => {
    const text = 'a\n=1+1\n+x\n@y\n=1+1\nplain\n'
    expect(notesOf(text)).toEqual([
      'Column "a" has 4 cells that a spreadsheet would take for formulas: "=1+1" in line 2, "+x" in line 3, "@y" in line 4.',
    ])
    expect(parseCsv(text).toCsv({ escapeFormulas: true })).toBe("a\n'=1+1\n'+x\n'@y\n'=1+1\nplain\n")
  })

  test('tells of whole numbers that lost digits, which text keeps', () => {
    const text = 'id,x\n9007199254740993,1\n12,2\n'
    expect(notesOf(text)).toEqual([
      'Column "id" has 1 whole number beyond 2^53 that lost digits; { text: ["id"] } keeps them.',
    ])
    const kept = parseCsv(text, { text: ['id'] })
    expect(kept.column('id').toArray()).toEqual(['9007199254740993', '12'])
    expect(kept.report!.notes).toEqual([])
  })
})

describe('options of CSV', () => {
  test('find the delimiter among the usual ones', () => {
    const found = (text: string) => parseCsv(text).names
    expect(found('a;b\n1,5;2\n')).toEqual(['a', 'b'])
    expect(found('a\tb,c\td\n1\t2\t3\n')).toEqual(['a', 'b,c', 'd'])
    expect(found('"a,b"|c\n1|2\n')).toEqual(['a,b', 'c'])
    expect(found('only\n1\n')).toEqual(['only'])
    expect(parseCsv('a b\n1 2\n', { delimiter: ' ' }).names).toEqual(['a', 'b'])
  })

  test('say whether there is a header, or let it be found', () => {
    expect(rowsOf('1,x\n2,y\n', { header: false })).toEqual([
      { x0: 1, x1: 'x' },
      { x0: 2, x1: 'y' },
    ])
    expect(parseCsv('1,x\n2,y\n', { header: 'auto' }).rowCount).toBe(2)
    expect(parseCsv('a,x\n2,y\n', { header: 'auto' }).rowCount).toBe(1)
    expect(parseCsv('a,b\n1,2\n', { names: ['p', 'q'] }).toRows()).toEqual([{ p: 1, q: 2 }])
  })

  test('choose columns, kinds and missing words', () => {
    expect(rowsOf('a,b,c\n1,x,3\n4,y,6\n', { columns: ['c', 'b'] })).toEqual([
      { b: 'x', c: 3 },
      { b: 'y', c: 6 },
    ])
    expect(rowsOf('zip,x\n02134,True\n', { text: ['zip', 'x'] })).toEqual([{ zip: '02134', x: 'True' }])
    expect(rowsOf('a,b\n?,NA\n1,\n', { missing: ['?'] })).toEqual([
      { a: null, b: 'NA' },
      { a: 1, b: null },
    ])
  })

  test('name the encoding; a mark of UTF-16 names itself', () => {
    const latin1 = Uint8Array.of(97, 10, 0xe9, 10)
    expect(parseCsv(latin1, { encoding: 'latin1' }).column('a').toArray()).toEqual(['é'])
    const wide = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le'))
    expect(parseCsv(wide('\uFEFFa,b\r\n1,ü\r\n')).toRows()).toEqual([{ a: 1, b: 'ü' }])
    expect(parseCsv(wide('a,b\n1,ü\n'), { encoding: 'utf-16' }).toRows()).toEqual([{ a: 1, b: 'ü' }])
    const long = `a\n${'é'.repeat(2 ** 24)}x\n`
    expect(
      parseCsv(new Uint8Array(Buffer.from(long, 'latin1')), { encoding: 'latin1' })
        .column('a')
        .at(0),
    ).toBe(`${'é'.repeat(2 ** 24)}x`)
  })

  test('that cannot be are refused', () => {
    const wrong = (options: CsvOptions, text = 'a,b\n1,2\n') => messageOf(text, options, ArgumentError)
    expect(wrong({ delimiter: '||' })).toBe(
      'a.csv: delimiter must be one ASCII character other than a line break; got "||".',
    )
    expect(wrong({ delimiter: '"' })).toBe(
      'a.csv: "\\"" has two meanings among delimiter, quote, decimal and comment. Choose different characters.',
    )
    expect(wrong({ header: 'yes' as never })).toBe('a.csv: header must be true, false or \'auto\'; got "yes".')
    expect(wrong({ encoding: 'klingon' })).toBe(
      'a.csv: encoding must be one that TextDecoder knows, such as utf-8, latin1 or utf-16le; got "klingon".',
    )
    expect(wrong({ names: ['x'] })).toBe(
      'a.csv: 1 names are given and the first row has 2 fields. Pass one name for each.',
    )
    expect(wrong({ columns: ['hight'] }, 'height,b\n1,2\n')).toBe(
      'a.csv: columns has "hight", which is no column. Did you mean "height"?',
    )
    expect(wrong({ text: ['zzzzzz'] })).toBe(
      'a.csv: text has "zzzzzz", which is no column. There are 2 columns, from "a" to "b".',
    )
  })
})

describe('CSV that is damaged', () => {
  test('is refused where a quote does not end, by the line where it begins', () => {
    expect(messageOf('a,b\n1,2\n3,"x\ny\nz,4\n')).toBe(
      'a.csv: the quoted field that begins in line 3 does not end. Close it with ", or pass another { quote }.',
    )
  })

  test('is refused where bytes are not UTF-8 or are NUL, by byte and line', () => {
    expect(messageOf(Uint8Array.of(...bytesOf('a,b\n1,x\n2,'), 0xe9, 10))).toBe(
      "a.csv: byte 10, in line 3, is 0xe9, which is not UTF-8. If the file has another encoding, pass it, such as { encoding: 'latin1' }.",
    )
    expect(messageOf(Uint8Array.of(0xc0, 0x80, 44, 98, 10, 49, 44, 50, 10))).toContain('byte 0, in line 1, is 0xc0')
    expect(messageOf('a,b\n1,x\0y\n')).toBe(
      "a.csv: byte 7, in line 2, is NUL; text was expected. If the file is UTF-16, pass { encoding: 'utf-16le' }.",
    )
    expect(messageOf(Uint8Array.of(97, 10, 0xff), { encoding: 'utf-16le' })).toBe(
      'a.csv: is not text in utf-16le: something from byte 0 on stands for no character. Pass the encoding that it was written in.',
    )
  })

  test('is refused where it is empty, and read where it has a header only', () => {
    const empty = 'a.csv: is empty: it has no row. Check that it was written to its end.'
    expect([messageOf(''), messageOf('\n\n'), messageOf('\uFEFF'), messageOf('# x\n', { comment: '#' })]).toEqual([
      empty,
      empty,
      empty,
      empty,
    ])
    const table = parseCsv('a,b\n')
    expect([table.rowCount, table.names]).toEqual([0, ['a', 'b']])
    expect(table.describe().rowCount).toBe(2)
  })

  test('is refused with ragged rows where that is asked for, or where all are', () => {
    expect(messageOf('a,b\n1,2\n3\n', { ragged: 'error' })).toBe(
      "a.csv: line 3 has 1 fields; the first row has 2. Mend the line, or pass { ragged: 'drop' } or { ragged: 'fill' }.",
    )
    expect(messageOf('a,b\n1,2,3\n4,5,6\n')).toBe(
      "a.csv: all 2 rows have another number of fields than the 2 of the first. Check the delimiter, or pass { header: false } or { ragged: 'fill' }.",
    )
  })
})

describe('CSV of great size', () => {
  test('that is text without fault and yet no text is told from damage', () => {
    expect(notText(bytesOf('abc'), 'a.csv').message).toBe(
      'a.csv: has 3 bytes, more than one text can have. Split the file.',
    )
  })

  test('has limits on columns, which can be raised to a million', () => {
    const line = (value: (i: number) => string) => Array.from({ length: 1_000_000 }, (_, i) => value(i)).join(',')
    const text = `${line(i => `c${i}`)}\n${line(String)}\n${line(i => (i === 7 ? 'x' : '0'))}\n`
    expect(messageOf(text)).toBe(
      'a.csv: the first row has more than 100000 fields. Check the delimiter, or pass a larger { maxColumns }.',
    )
    const table = parseCsv(text, { maxColumns: 1_000_000 })
    expect([table.names.length, table.rowCount]).toEqual([1_000_000, 2])
    expect(table.column('c999999').toArray()).toEqual([999_999, 0])
    expect(table.column('c7').toArray()).toEqual(['7', 'x'])
  })

  test('may have a field of 50 MB, quoted or not, and no longer ones than is said', () => {
    const field = `${'x'.repeat(50_000_000)}`
    expect(parseCsv(`a,b\n1,${field}\n`).column('b').at(0)).toBe(field)
    expect(parseCsv(`a,b\n1,"${field}"""\n`).column('b').at(0)).toBe(`${field}"`)
    const long =
      'a.csv: a field in line 2 has more than 1000 bytes. A quote may be missing; if it is right, pass a larger { maxFieldBytes }.'
    expect(messageOf(`a,b\n1,${field}\n`, { maxFieldBytes: 1000 })).toBe(long)
    expect(messageOf(`a,b\n1,"${field}"\n`, { maxFieldBytes: 1000 })).toBe(long)
    expect(
      parseCsv(`a\n0.${'3'.repeat(1_000_000)}\n`)
        .column('a')
        .at(0),
    ).toBe(1 / 3)
  })

  test('that is filled up has a limit on cells', () => {
    const text = `${Array.from({ length: 1000 }, (_, i) => `c${i}`).join(',')}\n${'1\n'.repeat(5000)}`
    expect(messageOf(text, { ragged: 'fill', maxCells: 1_000_000 })).toMatch(
      /^a\.csv: has more than 1000000 cells: \d+ rows of 1000 columns so far\. Read fewer \{ columns \}, or pass a larger \{ maxCells \}\.$/,
    )
  })
})

test('text and its bytes, with any line breaks at their end, give the same table', () => {
  const text = 'a,b\n1,"x\r\ny"\n2,z'
  const expected = [
    { a: 1, b: 'x\r\ny' },
    { a: 2, b: 'z' },
  ]
  for (const end of ['', '\n', '\r', '\r\n', '\n\n\n']) {
    expect(rowsOf(text + end)).toEqual(expected)
    expect(parseCsv(bytesOf(text + end)).toRows()).toEqual(expected)
  }
})
