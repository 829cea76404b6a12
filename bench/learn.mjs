// Classical learning: each workload here and in scikit-learn, each in a process of its own, in turns.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeData } from './learn/data.mjs'
import { workloads } from './learn/workloads.mjs'
import { findPython, startServer } from './process.mjs'
import { median, table } from './table.mjs'

export const summary =
  'estimators beside scikit-learn: clustering, decomposition, neighbours, trees, linear and kernel models'
export const options = {
  rounds: { default: '5', help: 'interleaved rounds' },
  only: { default: '', words: true, help: 'names of workloads, separated by commas' },
}

const at = file => fileURLToPath(new URL(file, import.meta.url))

export const run = async ({ rounds, only }, note) => {
  const names = only ? String(only).split(',') : Object.keys(workloads)
  const unknown = names.find(name => !(name in workloads))
  if (unknown) throw new Error(`no workload is named ${unknown}; there are ${Object.keys(workloads).join(', ')}`)
  const { python, why } = findPython()
  const folder = mkdtempSync(join(tmpdir(), 'gradus-learn-'))
  const rows = []
  const raw = {}
  let versions = {}
  try {
    for (const name of names) {
      const { summary, data, target } = workloads[name]
      note(`${name}: writing the data`)
      const file = writeData(folder, data)
      const sides = new Map([['gradus', await startServer(process.execPath, [at('learn/gradus.mjs')])]])
      if (python) sides.set('sklearn', await startServer(python, [at('learn/sklearn_side.py')]))
      versions = sides.get('sklearn')?.ready.versions ?? versions
      const times = new Map([...sides.keys()].map(side => [side, []]))
      const values = {}
      try {
        for (let round = 0; round <= rounds; round++) {
          note(round === 0 ? `${name}: warming up` : `${name}: round ${round} of ${rounds}`)
          const order = [...sides.keys()]
          if (round % 2) order.reverse()
          for (const side of order) {
            const { ms, value } = await sides.get(side).ask({ name, data: file, seed: round })
            values[side] = value
            if (round > 0) times.get(side).push(ms)
          }
        }
      } finally {
        for (const side of sides.values()) await side.close()
      }
      const [own, their] = [
        median(times.get('gradus')),
        times.has('sklearn') ? median(times.get('sklearn')) : Number.NaN,
      ]
      const shown = x => (x === undefined ? '?' : Number(x).toPrecision(6))
      rows.push([
        summary,
        own.toFixed(0),
        their.toFixed(0),
        (own / their).toFixed(2),
        String(target),
        shown(values.gradus),
        shown(values.sklearn),
      ])
      raw[name] = { summary, times: Object.fromEntries(times), values, target }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  const text = table(
    ['workload', 'gradus ms', 'scikit-learn ms', 'ratio', 'at most', 'value here', 'value there'],
    rows,
  )
  return {
    title: 'Estimators beside scikit-learn',
    text: why ? `${text}\nwithout scikit-learn: ${why}` : text,
    versions,
    raw: { workloads: raw, rounds: Number(rounds), date: new Date().toISOString().slice(0, 10), versions },
  }
}
