// Resident memory of a long training run: it must not grow with the steps.
import { smallGpt } from './gpt.mjs'
import { megabytes, table } from './table.mjs'

export const summary = "resident memory over a long run of the small GPT's training"
export const options = {
  steps: { default: '2000', help: 'steps in all' },
  looks: { default: '10', help: 'looks at the memory, the first after as many steps as between two' },
}

/** The slope of the line through points by least squares. */
const slope = points => {
  const mean = k => points.reduce((total, point) => total + point[k], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const over = points.reduce((total, point) => total + (point[0] - x) * (point[1] - y), 0)
  return over / points.reduce((total, point) => total + (point[0] - x) ** 2, 0)
}
const signed = x => `${x >= 0 ? '+' : ''}${x.toFixed(2)}`

/** Growth per 1,000 steps of each kind of memory after the first look, by when all is compiled and warm. */
const growthText = seen => {
  if (seen.length < 3) return 'no slope from so few looks'
  const growth = kind => (1000 * slope(seen.slice(1).map(s => [s.step, s[kind]]))) / 2 ** 20
  const kinds = { rss: 'resident', heapUsed: 'JavaScript heap', external: 'outside it' }
  const each = Object.entries(kinds).map(([kind, name]) => `${name} ${signed(growth(kind))}`)
  return `MiB per 1,000 steps, by least squares from step ${seen[1].step} on: ${each.join(', ')}`
}

export const run = async ({ steps, looks }, note) => {
  const { parameters, draw, step: update } = smallGpt()
  const stops = new Set(Array.from({ length: looks }, (_, i) => Math.ceil(((i + 1) * steps) / looks)))
  const seen = []
  const start = performance.now()
  for (let step = 1; step <= steps; step++) {
    const loss = await update(...draw(step))
    if (!stops.has(step)) continue
    const { rss, heapUsed, external } = process.memoryUsage()
    seen.push({ step, rss, heapUsed, external, loss })
    note(`step ${step} of ${steps}`)
  }
  const rows = seen.map(s => [s.step, ...[s.rss, s.heapUsed, s.external].map(megabytes), s.loss.toFixed(3)])
  const seconds = (performance.now() - start) / 1000
  return {
    title: `GPT training, ${parameters} parameters: memory of the process`,
    text: [
      table(['step', 'resident', 'JavaScript heap', 'outside it', 'loss'], rows),
      growthText(seen),
      `${steps} steps in ${seconds.toFixed(0)} s`,
    ].join('\n'),
    versions: {},
    raw: { seen, seconds },
  }
}
