// Reading CSV: the same file into a table here and by pandas (C engine, one thread), each in a process of its own, in turns.
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { uniform } from './numbers.mjs'
import { findPython, startServer } from './process.mjs'
import { median, table } from './table.mjs'

export const summary = 'reading a CSV file of numbers, beside pandas'
export const options = {
  rows: { default: '1000000', help: 'rows of the file' },
  columns: { default: '20', help: 'columns of the file' },
  digits: { default: '6', help: 'digits after the decimal point' },
  rounds: { default: '5', help: 'interleaved rounds' },
}

const at = file => fileURLToPath(new URL(file, import.meta.url))

const writeNumbers = (path, { rows, columns, digits }) => {
  const file = openSync(path, 'w')
  writeSync(file, `${Array.from({ length: columns }, (_, i) => `x${i}`).join(',')}\n`)
  const step = 10_000
  for (let start = 0; start < rows; start += step) {
    const count = Math.min(step, rows - start)
    const values = uniform(start + 1, count * columns, -10, 10)
    const lines = Array.from({ length: count }, (_, i) =>
      Array.from(values.subarray(i * columns, (i + 1) * columns), x => x.toFixed(digits)).join(','),
    )
    writeSync(file, `${lines.join('\n')}\n`)
  }
  closeSync(file)
}

/** Everybody reads the file in each round; times in ms by name. The tables must have the same rows and the same sum. */
export const compareCsv = async ({ rows, columns, digits, rounds }, note = () => {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'gradus-csv-'))
  const path = join(folder, 'numbers.csv')
  const servers = new Map()
  const { python, why } = findPython()
  try {
    note('writing the file')
    writeNumbers(path, { rows, columns, digits })
    servers.set('gradus', await startServer(process.execPath, [at('csv_gradus.mjs')]))
    if (python) servers.set('pandas', await startServer(python, [at('csv_pandas.py')]))
    const times = new Map([...servers.keys()].map(name => [name, []]))
    const sums = new Map()
    for (let round = 0; round <= rounds; round++) {
      note(round === 0 ? 'warming up' : `round ${round} of ${rounds}`)
      const names = [...servers.keys()]
      if (round % 2) names.reverse()
      for (const name of names) {
        const { ms, sum, rows: read } = await servers.get(name).ask({ path })
        if (read !== rows) throw new Error(`${name} read ${read} rows of ${rows}`)
        sums.set(name, sum)
        if (round > 0) times.get(name).push(ms)
      }
    }
    const [sum, other = sum] = sums.values()
    if (!(Math.abs(sum - other) <= 1e-6 * Math.abs(sum) + 1e-3)) throw new Error(`the sums differ: ${sum} and ${other}`)
    const versions = servers.get('pandas')?.ready.versions ?? {}
    return { times: Object.fromEntries(times), bytes: statSync(path).size, versions, why }
  } finally {
    for (const server of servers.values()) await server.close()
    rmSync(folder, { recursive: true })
  }
}

export const run = async (settings, note) => {
  const { times, bytes, versions, why } = await compareCsv(settings, note)
  const rows = Object.entries(times).map(([name, ms]) => {
    const ratio = times.pandas ? (median(ms) / median(times.pandas)).toFixed(2) : '?'
    return [name, median(ms).toFixed(0), Math.min(...ms).toFixed(0), Math.max(...ms).toFixed(0), ratio]
  })
  const text = table(['', 'median ms', 'least', 'most', 'of pandas'], rows)
  return {
    title: `CSV of ${settings.rows} rows and ${settings.columns} columns of numbers, ${Math.round(bytes / 1e6)} MB`,
    text: why ? `${text}\nwithout pandas: ${why}` : text,
    versions,
    raw: { times, bytes },
  }
}
