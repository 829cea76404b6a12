import { ArgumentError } from '../core/errors.ts'
import { attributes, element, escaped } from './markup.ts'

export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}
export interface CurvesOptions {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
}

/** Colours that the colour-blind tell apart. Source: Okabe & Ito 2008. */
const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9']
const [width, height, left, right, top, bottom] = [560, 300, 62, 18, 36, 46]

/** About five round numbers that cover a range: multiples of 1, 2 or 5 times a power of ten. */
export const ticks = (low: number, high: number): number[] => {
  const rough = (high - low) / 5 || Math.abs(high) / 5 || 0.2
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(k => k * power).find(s => s >= rough * 0.999)!
  const first = Math.ceil(low / step - 1e-9)
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  )
}

const shown = (value: number): string =>
  Math.abs(value) >= 10_000 ? `${Number((value / 1000).toPrecision(6))}k` : String(Number(value.toPrecision(6)))

/**
 * Curves in one SVG picture with labelled axes and a legend.
 *
 * @throws ArgumentError where there is no finite point
 */
export const curvesSvg = (series: readonly Series[], { title, xLabel, yLabel }: CurvesOptions): string => {
  const points = series.flatMap(s => s.points).filter(p => p.every(Number.isFinite))
  if (points.length === 0) throw new ArgumentError(`curvesSvg: ${title} has no finite point to draw.`)
  const range = (k: 0 | 1): [number, number] => {
    const values = points.map(p => p[k])
    const [low, high] = [Math.min(...values), Math.max(...values)]
    return low === high ? [low - Math.abs(low) * 0.1 - 1e-9, high + Math.abs(high) * 0.1 + 1e-9] : [low, high]
  }
  const [[x0, x1], [y0, y1]] = [range(0), range(1)]
  const xAt = (x: number): number => left + ((x - x0) / (x1 - x0)) * (width - left - right)
  const yAt = (y: number): number => height - bottom - ((y - y0) / (y1 - y0)) * (height - top - bottom)
  const fixed = (value: number): string => value.toFixed(1)
  const grid = [
    ...ticks(y0, y1).map(
      y =>
        `<line${attributes({ x1: left, x2: width - right, y1: fixed(yAt(y)), y2: fixed(yAt(y)), stroke: 'currentColor', 'stroke-opacity': 0.15 })}/>` +
        element('text', { x: left - 8, y: fixed(yAt(y) + 4), 'text-anchor': 'end', fill: 'currentColor' }, shown(y)),
    ),
    ...ticks(x0, x1).map(x =>
      element(
        'text',
        { x: fixed(xAt(x)), y: height - bottom + 18, 'text-anchor': 'middle', fill: 'currentColor' },
        shown(x),
      ),
    ),
  ]
  const lines = series.map(({ points }, i) => {
    const finite = points.filter(p => p.every(Number.isFinite))
    const path = finite.map(([x, y]) => `${fixed(xAt(x))},${fixed(yAt(y))}`).join(' ')
    const stroke = colors[i % colors.length]!
    const dots =
      finite.length <= 40
        ? finite
            .map(([x, y]) => `<circle${attributes({ cx: fixed(xAt(x)), cy: fixed(yAt(y)), r: 3, fill: stroke })}/>`)
            .join('')
        : ''
    return `<polyline${attributes({ points: path, fill: 'none', stroke, 'stroke-width': 1.8, 'stroke-linejoin': 'round' })}/>${dots}`
  })
  let at = width - right
  const legend = [...series.entries()].reverse().map(([i, { name }]) => {
    at -= 7.2 * name.length + 30
    return (
      `<line${attributes({ x1: at, x2: at + 16, y1: 20, y2: 20, stroke: colors[i % colors.length]!, 'stroke-width': 3 })}/>` +
      element('text', { x: at + 21, y: 24, fill: 'currentColor' }, escaped(name))
    )
  })
  const axis = { 'text-anchor': 'middle', fill: 'currentColor' }
  const middle = (height - bottom + top) / 2
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      'font-family': 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
      'font-size': 12,
      role: 'img',
      'aria-label': title,
    },
    element('text', { x: left, y: 24, 'font-weight': 600, 'font-size': 14, fill: 'currentColor' }, escaped(title)),
    ...legend,
    ...grid,
    ...lines,
    element('text', { ...axis, x: (left + width - right) / 2, y: height - 8 }, escaped(xLabel)),
    element('text', { ...axis, x: 14, y: middle, transform: `rotate(-90 14 ${middle})` }, escaped(yLabel)),
  )
}
