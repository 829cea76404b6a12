import { type Curves, thin } from './curves.ts'

/** Runs with what they measured. */
export type Shown = readonly (readonly [name: string, curves: Curves])[]

/** The metrics of all runs: losses first, then by name. */
export const metricsOf = (runs: Shown): string[] => {
  const first = ['train/loss', 'val/loss', 'loss']
  const place = (name: string): number => (first.indexOf(name) + first.length + 1) % (first.length + 1)
  const names = [...new Set(runs.flatMap(([, curves]) => [...curves.keys()]))]
  return names.sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
}

/** A cell of CSV (RFC 4180); a spreadsheet takes none for a formula. */
const cell = (text: string): string => {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

/** Every point of every run: `run,metric,step,value`. A value that is no number is empty. */
export const runsCsv = (runs: Shown): string => {
  const lines = ['run,metric,step,value']
  for (const [name, curves] of runs) {
    for (const [metric, { steps, values }] of curves) {
      const before = `${cell(name)},${cell(metric)}`
      for (const [i, step] of steps.entries()) {
        lines.push(`${before},${step},${Number.isNaN(values[i]) ? '' : values[i]}`)
      }
    }
  }
  return `${lines.join('\n')}\n`
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const [width, height, line, limit] = [560, 300, 18, 1000]

/** A chart for each metric, one below the other, with all runs in each; a list says which number is which run. Null where nothing is to draw. */
export const runsSvg = async (runs: Shown): Promise<string | null> => {
  const { curvesSvg } = await import('gradus/draw')
  let every = 1
  const charts = metricsOf(runs).flatMap(metric => {
    // Every run has its place, so that it has the same colour in each chart.
    const series = runs.map(([, curves], i) => {
      const curve = curves.get(metric)
      const thinned = curve ? thin(curve, limit) : { points: [], every: 1 }
      every = Math.max(every, thinned.every)
      return { name: String(i + 1), points: thinned.points }
    })
    if (series.every(({ points }) => points.length === 0)) return []
    return [curvesSvg(series, { title: metric, xLabel: 'step', yLabel: metric })]
  })
  if (charts.length === 0) return null
  const notes = [
    ...runs.map(([name], i) => `${i + 1}: ${name}`),
    ...(every > 1 ? [`Drawn by the smallest and the largest of up to ${every} neighbouring points.`] : []),
  ]
  const below = charts.length * height
  const total = below + line * (notes.length + 1)
  const texts = notes.map((note, i) => `<text x="16" y="${below + line * (i + 1)}">${escaped(note)}</text>`)
  const placed = charts.map((chart, i) => chart.replace('<svg ', `<svg y="${i * height}" `))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" width="${width}" height="${total}" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">`,
    ...placed,
    ...texts,
    '</svg>',
    '',
  ].join('\n')
}
