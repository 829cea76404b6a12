// Where a workload's step spends its time, node by node: `node bench/profile.mjs NAME [STEPS]`, after `npm run build`.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ort from 'onnxruntime-node'

const [name = 'gpt', steps = '20'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'gradus-profile-'))
const sessions = []
let made = 0
const create = ort.InferenceSession.create.bind(ort.InferenceSession)
ort.InferenceSession.create = async (model, options) => {
  const session = await create(model, {
    ...options,
    enableProfiling: true,
    profileFilePrefix: join(folder, `${made++}`),
  })
  const release = session.release.bind(session)
  session.release = () => {
    sessions.splice(sessions.indexOf(session), 1)
    return release()
  }
  sessions.push(session)
  return session
}
const { workload, gradus } = await import(`./${name}.mjs`)
const { step, draw } = await gradus(workload.cases[0].size)
const times = []
for (let i = 0; i < Number(steps); i++) {
  const batch = draw(i)
  const start = performance.now()
  await step(...batch)
  times.push(performance.now() - start)
}
for (const session of sessions) session.endProfiling()
const median = list => list.sort((a, b) => a - b)[list.length >> 1]
console.log(`${name}: ${median(times).toFixed(2)} ms a step, the median of ${steps}, while profiled`)

const nodes = new Map()
for (const file of readdirSync(folder)) {
  for (const event of JSON.parse(readFileSync(join(folder, file), 'utf8'))) {
    if (event.cat !== 'Node' || !event.name.endsWith('kernel_time')) continue
    const shapes = [...event.args.input_type_shape, '->', ...event.args.output_type_shape]
      .map(s => (s === '->' ? s : `[${Object.values(s)[0]}]`))
      .join(' ')
    const key = `${file} ${event.name}`
    const node = nodes.get(key) ?? { op: event.args.op_name, shapes, times: [] }
    node.times.push(event.dur / 1000)
    nodes.set(key, node)
  }
}
rmSync(folder, { recursive: true })
/** Sums of the nodes' medians, by what `of` says. */
const table = (of, rows) => {
  const sums = new Map()
  for (const node of nodes.values()) {
    const row = sums.get(of(node)) ?? { ms: 0, count: 0 }
    row.ms += median(node.times)
    row.count++
    sums.set(of(node), row)
  }
  for (const [key, { ms, count }] of [...sums].sort((a, b) => b[1].ms - a[1].ms).slice(0, rows))
    console.log(`${ms.toFixed(3).padStart(10)} ms  ${String(count).padStart(4)} ×  ${key}`)
}
table(n => n.op, 20)
console.log()
table(n => `${n.op} ${n.shapes}`, 30)
