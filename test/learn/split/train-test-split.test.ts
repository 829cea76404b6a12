import { expect, test } from 'vitest'
import { Table } from '../../../src/data/table/table.ts'
import { trainTestSplit } from '../../../src/learn/index.ts'

test('tables and their columns are split by rows', () => {
  const table = Table.from({ n: [0, 1, 2, 3, 4, 5], word: ['a', 'b', 'c', 'd', 'e', 'f'] })
  const [train, held, y, yHeld] = trainTestSplit([table, table.column('n')], { testSize: 2, randomState: 0 })
  expect([train.rowCount, held.rowCount]).toEqual([4, 2])
  expect(train.column('n').toArray()).toEqual(y.toArray())
  expect(held.column('n').toArray()).toEqual(yHeld.toArray())
  for (const { n, word } of [...train.toRows(), ...held.toRows()]) expect(word).toBe('abcdef'[n as number])
})
