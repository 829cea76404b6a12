// Gradus's side of csv.mjs: for each JSON line `{"path": ...}` it reads that file and prints `{"ms": ..., "sum": ...}`.
import { createInterface } from 'node:readline'
import { readTable } from 'gradus/data'

const say = record => process.stdout.write(`${JSON.stringify(record)}\n`)
say({ ready: true })
for await (const line of createInterface({ input: process.stdin })) {
  const { path } = JSON.parse(line)
  const start = performance.now()
  const table = await readTable(path)
  const ms = performance.now() - start
  let sum = 0
  for (const column of table) if (column.type === 'number') for (const x of column.data) sum += x
  say({ ms, sum, rows: table.rowCount })
}
