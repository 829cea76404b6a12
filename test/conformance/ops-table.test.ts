import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { familyRows, tableOf } from './ops-table.ts'

const path = new URL('../../docs/ops.md', import.meta.url)

/** The table without its last column, which differs a little from processor to processor, and that column. */
const split = (table: string): { text: string; errors: (number | null)[] } => {
  const errors: (number | null)[] = []
  const text = table.replace(/^(\| `.*\|) *([^|]*) *\|$/gm, (_, rest: string, error: string) => {
    errors.push(error.trim() === '' ? null : Number(error))
    return rest
  })
  return { text, errors }
}

test('docs/ops.md is what the records say and running them shows', async () => {
  const families = await familyRows()
  const table = tableOf(families)
  if (process.env.GRADUS_WRITE_DOCS) writeFileSync(path, table)
  const written = split(readFileSync(path, 'utf8'))
  const now = split(table)
  expect(written.text, 'stale: run npm run docs:ops').toBe(now.text)
  const names = families.flatMap(f => f.rows.map(r => r.name))
  const worse = now.errors.flatMap((error, i) => {
    const before = written.errors[i]!
    if (error === null) return before === null ? [] : [names[i]]
    return error <= 4 * before + 4 ? [] : [`${names[i]}: ${error} units, ${before} in the table`]
  })
  expect(worse).toEqual([])
})
