import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError } from '../../../src/core/errors.ts'
import { BooleanColumn, NumberColumn, parseCsv, Table, TextColumn } from '../../../src/data/index.ts'

const people = Table.from({
  name: ['Ada', 'Alan', null, 'Grace', 'Alan'],
  height: [1.7, null, 1.6, 1.8, Number.NaN],
  member: [true, false, true, undefined, true],
})
const messageOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(ArgumentError)
    return (error as Error).message
  }
  return expect.fail('nothing was thrown')
}

describe('a table is made', () => {
  test('of values by name, each column of the narrowest type that holds them', () => {
    expect([...people].map(column => column.type)).toEqual(['text', 'number', 'boolean'])
    expect(people.rowCount).toBe(5)
    expect(people.names).toEqual(['name', 'height', 'member'])
    const { x, y, z } = Object.fromEntries(
      [...Table.from({ x: [1, 'a', true, null], y: [null, undefined, null, Number.NaN], z: [1n, 2, 3, 4] })].map(c => [
        c.name,
        c,
      ]),
    )
    expect([x!.type, x!.toArray()]).toEqual(['text', ['1', 'a', 'true', null]])
    expect([y!.type, y!.toArray()]).toEqual(['number', [null, null, null, null]])
    expect([z!.type, z!.toArray()]).toEqual(['number', [1, 2, 3, 4]])
    expect(
      Table.from({ b: [true, Number.NaN] })
        .column('b')
        .toArray(),
    ).toEqual([true, null])
    expect(Table.from({ d: [new Date(0), null] }).toRows()).toEqual([{ d: '1970-01-01T00:00:00.000Z' }, { d: null }])
  })

  test('of typed arrays, which are not copied, and of columns', () => {
    const data = Float64Array.of(1, 2)
    const table = Table.from({ x: data, n: Int32Array.of(3, 4) })
    expect(table.column('x').values()).toBe(data)
    expect(Table.from([table.column('n'), new TextColumn('t', Int32Array.of(0, -1), ['a'])]).toRows()).toEqual([
      { n: 3, t: 'a' },
      { n: 4, t: null },
    ])
    expect(Table.from({ y: table.column('n') }).names).toEqual(['y'])
  })

  test('of records, in which keys may be absent', () => {
    const table = Table.from([{ x: 1, t: { deep: [1] } }, { y: false }, {}])
    expect(table.toRows()).toEqual([
      { x: 1, t: '{"deep":[1]}', y: null },
      { x: null, t: null, y: false },
      { x: null, t: null, y: null },
    ])
    expect(Table.from([]).names).toEqual([])
    expect(Table.from(people.toRows()).toRows()).toEqual(people.toRows())
  })

  test('only where names are distinct and lengths equal', () => {
    const column = new NumberColumn('x', Float64Array.of(1))
    expect(messageOf(() => Table.from([column, column]))).toBe(
      'Table: two columns are named "x". Give each a name of its own.',
    )
    expect(messageOf(() => Table.from({ x: [1], y: [1, 2] }))).toBe(
      'Table: column "y" has 2 values and "x" has 1. All columns need as many.',
    )
  })
})

describe('a column', () => {
  test('gives numbers or texts, as an estimator takes them', () => {
    expect(people.column('height').values()).toEqual(Float64Array.of(1.7, Number.NaN, 1.6, 1.8, Number.NaN))
    expect(people.column('member').values()).toEqual(Float64Array.of(1, 0, 1, Number.NaN, 1))
    expect(people.fillMissing({ name: '?' }).column('name').values()).toEqual(['Ada', 'Alan', '?', 'Grace', 'Alan'])
    expect(messageOf(() => people.column('name').values())).toBe(
      'values: column "name" has no text in row 2. Leave such rows out with dropMissing, name a text with fillMissing, or take toArray().',
    )
  })

  test('keeps each distinct text once', () => {
    const column = people.column('name') as TextColumn
    expect(column.categories).toEqual(['Ada', 'Alan', 'Grace'])
    expect(column.codes).toEqual(Int32Array.of(0, 1, -1, 2, 1))
  })

  test('that is not there is named with the nearest one', () => {
    expect(people.has('name')).toBe(true)
    expect(messageOf(() => people.column('hight'))).toBe('column: there is no column "hight". Did you mean "height"?')
    expect(messageOf(() => people.select(['zzzzzzzz']))).toBe(
      'select: there is no column "zzzzzzzz". The columns are "name", "height", "member".',
    )
  })
})

describe('columns and rows are chosen', () => {
  test('by name', () => {
    expect(people.select(['member', 'name']).names).toEqual(['member', 'name'])
    expect(people.drop(['member', 'name']).names).toEqual(['height'])
    expect(people.rename({ name: 'who' }).names).toEqual(['who', 'height', 'member'])
    expect(people.with('age', [1, 2, 3, 4, 5]).column('age').at(4)).toBe(5)
    const other = people.with('name', ['a', 'b', 'c', 'd', 'e'])
    expect([other.names[0], other.column('name').at(2), people.column('name').at(2)]).toEqual(['name', 'c', null])
    expect(messageOf(() => people.with('age', [1]))).toBe(
      'with: "age" has 1 values and the table has 5 rows. Pass one value for each row.',
    )
    expect(messageOf(() => people.rename({ name: 'height' }))).toBe(
      'Table: two columns are named "height". Give each a name of its own.',
    )
  })

  test('by position, mask or question', () => {
    const heights = (table: Table) => table.column('height').toArray()
    expect(heights(people.slice(1, 3))).toEqual([null, 1.6])
    expect(heights(people.slice(-2))).toEqual([1.8, null])
    expect(heights(people.slice(3, 1))).toEqual([])
    expect(heights(people.head(2))).toEqual([1.7, null])
    expect(heights(people.tail(2))).toEqual([1.8, null])
    expect(heights(people.tail(99))).toEqual(heights(people))
    expect(heights(people.take([3, 0, 0]))).toEqual([1.8, 1.7, 1.7])
    expect(heights(people.filter([true, false, true, false, false]))).toEqual([1.7, 1.6])
    expect(heights(people.filter((row, i) => row.member === true && i > 0))).toEqual([1.6, null])
    expect(messageOf(() => people.take([5]))).toBe('take: there is no row 5. Positions are whole numbers from 0 to 4.')
    expect(messageOf(() => people.filter([true]))).toBe(
      'filter: the mask has 1 values and the table has 5 rows. Pass one value for each row.',
    )
  })

  test('in the order of a column, missing values last', () => {
    expect(people.sort('height').column('height').toArray()).toEqual([1.6, 1.7, 1.8, null, null])
    expect(people.sort('height', { descending: true }).column('height').toArray()).toEqual([1.8, 1.7, 1.6, null, null])
    expect(people.sort('name').column('name').toArray()).toEqual(['Ada', 'Alan', 'Alan', 'Grace', null])
    expect(people.sort('member').column('member').toArray()).toEqual([false, true, true, true, null])
    // Equal rows stay in their order.
    expect(people.sort('name').column('height').toArray()).toEqual([1.7, null, null, 1.8, 1.6])
  })
})

describe('missing values', () => {
  test('are found, left out and filled', () => {
    expect(people.isMissing().toRows()[1]).toEqual({ name: false, height: true, member: false })
    expect(people.dropMissing().column('name').values()).toEqual(['Ada'])
    expect(people.dropMissing(['name', 'member']).rowCount).toBe(3)
    const full = people.fillMissing({ name: 'Alan', height: 0, member: false })
    expect(full.toRows().slice(1, 4)).toEqual([
      { name: 'Alan', height: 0, member: false },
      { name: 'Alan', height: 1.6, member: true },
      { name: 'Grace', height: 1.8, member: false },
    ])
    expect((full.column('name') as TextColumn).categories).toEqual(['Ada', 'Alan', 'Grace'])
    expect(people.column('height').isMissing(1)).toBe(true)
  })

  test('are filled with a value of the column only', () => {
    expect(messageOf(() => people.fillMissing({ height: 'tall' }))).toBe(
      'fillMissing: column "height" is number; got "tall". Pass a value of its type.',
    )
  })
})

describe('a table is summed up', () => {
  test('by the counts of values', () => {
    expect(people.valueCounts('name').toRows()).toEqual([
      { name: 'Alan', count: 2 },
      { name: 'Ada', count: 1 },
      { name: 'Grace', count: 1 },
    ])
    expect(people.valueCounts('member').toRows()).toEqual([
      { member: true, count: 3 },
      { member: false, count: 1 },
    ])
    expect(
      Table.from({ count: [2, 2] })
        .valueCounts('count')
        .toRows(),
    ).toEqual([{ count: 2, 'count.1': 2 }])
  })

  test('by groups', () => {
    const table = Table.from({
      k: ['b', 'a', 'b', null, 'a'],
      x: [1, 2, 4, 8, null],
      t: ['p', 'q', 'r', 's', null],
      f: [true, false, false, true, true],
    })
    const groups = table.groupBy('k')
    expect(groups.mean().toRows()).toEqual([
      { k: 'a', x: 2, f: 0.5 },
      { k: 'b', x: 2.5, f: 0.5 },
    ])
    expect(groups.sum().column('x').toArray()).toEqual([2, 5])
    expect(groups.min().column('x').toArray()).toEqual([2, 1])
    expect(groups.max().column('x').toArray()).toEqual([2, 4])
    expect(groups.std().column('x').toArray()).toEqual([null, Math.sqrt(4.5)])
    expect(groups.count().toRows()).toEqual([
      { k: 'a', x: 1, t: 1, f: 2 },
      { k: 'b', x: 2, t: 2, f: 2 },
    ])
  })

  test('by a description, a row for each column', () => {
    expect(people.describe().toRows()).toEqual([
      {
        column: 'name',
        type: 'text',
        count: 4,
        missing: 1,
        mean: null,
        std: null,
        min: null,
        '25%': null,
        '50%': null,
        '75%': null,
        max: null,
        unique: 3,
        top: 'Alan',
        freq: 2,
      },
      {
        column: 'height',
        type: 'number',
        count: 3,
        missing: 2,
        mean: expect.closeTo(1.7, 12),
        std: expect.closeTo(0.1, 12),
        min: 1.6,
        '25%': expect.closeTo(1.65, 12),
        '50%': 1.7,
        '75%': 1.75,
        max: 1.8,
        unique: null,
        top: null,
        freq: null,
      },
      {
        column: 'member',
        type: 'boolean',
        count: 4,
        missing: 1,
        mean: null,
        std: null,
        min: null,
        '25%': null,
        '50%': null,
        '75%': null,
        max: null,
        unique: 2,
        top: 'true',
        freq: 3,
      },
    ])
    expect(Table.from({ x: [] }).describe().toRows()[0]).toMatchObject({ column: 'x', count: 0, mean: null, max: null })
  })
})

describe('a table becomes', () => {
  test('a matrix and a tensor, unless it has texts', async () => {
    const table = people.select(['height', 'member'])
    const expected = Float64Array.of(1.7, 1, Number.NaN, 0, 1.6, 1, 1.8, Number.NaN, Number.NaN, 1)
    expect(table.toDense()).toEqual({ rows: 5, columns: 2, data: expected })
    const tensor = people.toTensor(['member'])
    expect([tensor.shape, tensor.dtype]).toEqual([[5, 1], 'float64'])
    expect(await tensor.data()).toEqual(Float64Array.of(1, 0, 1, Number.NaN, 1))
    expect(messageOf(() => people.toDense())).toBe(
      'toDense: column "name" is text, such as "Ada". Leave it out with drop(["name"]), or encode it as numbers.',
    )
  })

  test('aligned text, with the middle left out and the notes of the reader below', () => {
    expect(people.print()).toBe(
      [
        'Table of 5 rows and 3 columns',
        'name   height  member',
        'text   number  boolean',
        'Ada       1.7  true',
        'Alan        ·  false',
        '·         1.6  true',
        'Grace     1.8  ·',
        'Alan        ·  true',
      ].join('\n'),
    )
    const long = parseCsv(
      `x,t\n${Array.from({ length: 20 }, (_, i) => `${i / 3},${'w'.repeat(i * 3)}`).join('\n')}\n\n`,
    )
    expect(long.print({ rows: 3 })).toBe(
      [
        'Table of 20 rows and 2 columns',
        '       x  t',
        '  number  text',
        '       0  ·',
        '0.333333  www',
        '… 17 rows more',
        ` 6.33333  ${'w'.repeat(31)}…`,
        '1 empty line left out.',
      ].join('\n'),
    )
  })

  test('CSV that reads back to the same table', () => {
    const cell = fc.oneof(
      fc.string({ minLength: 1, unit: 'binary' }),
      fc.constantFrom('a,b', '"', 'x\ny', '\r', ' ', 'é', "'"),
    )
    // A text that looks like something else is read as that, and NUL is no text.
    const text = cell.map(t => `${t}_`.replaceAll('\0', '').replace(/\p{Surrogate}/gu, ''))
    const row = fc.record({
      n: fc.option(fc.double({ noNaN: true })),
      t: fc.option(text),
      f: fc.option(fc.boolean()),
      'odd "name", indeed': fc.constant(1),
    })
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), rows => {
        const table = Table.from([...rows, { n: 1, t: 'a', f: true, 'odd "name", indeed': 1 }])
        for (const delimiter of [',', ';']) {
          const back = parseCsv(table.toCsv({ delimiter }), { delimiter, columns: table.names })
          expect(back.toRows()).toEqual(table.toRows())
          expect(back.report!.dropped).toEqual({ tooFew: 0, tooMany: 0, lines: [] })
        }
      }),
      { numRuns: 500 },
    )
  })

  test('CSV of one column with holes, of other missing words, and of no odd delimiter', () => {
    const table = Table.from({ x: [1, null, -0] })
    expect(table.toCsv()).toBe('x\n1\n""\n-0\n')
    expect(parseCsv(table.toCsv()).column('x').toArray()).toEqual([1, null, -0])
    expect(people.head(2).toCsv({ missing: 'NA', delimiter: '\t' })).toBe(
      'name\theight\tmember\nAda\t1.7\ttrue\nAlan\tNA\tfalse\n',
    )
    expect(messageOf(() => table.toCsv({ delimiter: '"' }))).toBe(
      'toCsv: delimiter must be one character other than a quote or a line break; got "\\"".',
    )
  })
})

test('a change gives a new table, and leaves the old one as it was', () => {
  const before = people.toRows()
  people
    .fillMissing({ height: 9 })
    .with('x', [1, 2, 3, 4, 5])
    .drop(['name'])
    .rename({ x: 'y' })
    .sort('y', { descending: true })
  expect(people.toRows()).toEqual(before)
  expect(people.column('member')).toBeInstanceOf(BooleanColumn)
})
