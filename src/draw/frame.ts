import { ticks } from './curves.ts'
import { attributes, element, escaped } from './markup.ts'

/** Colours that the colour-blind tell apart. Source: Okabe & Ito 2008; the last four are Tol's (2021, muted). */
export const groupColors = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#882255',
  '#999933',
  '#44aa99',
  '#661100',
] as const

export interface FrameOptions {
  readonly title: string
  readonly xLabel?: string
  readonly yLabel?: string
  readonly width?: number
  readonly height?: number
  readonly x: readonly [low: number, high: number]
  readonly y: readonly [low: number, high: number]
  /** Names on the right, with their colours. */
  readonly legend?: readonly (readonly [name: string, color: string])[]
  /** Whether numbers stand on the axes; embeddings have none that mean anything. */
  readonly axes?: boolean
}

/** Where things of a picture lie. */
export interface Frame {
  readonly xAt: (x: number) => number
  readonly yAt: (y: number) => number
  /** The whole picture around what is drawn inside. */
  readonly around: (...inside: readonly string[]) => string
}

const shown = (value: number): string =>
  Math.abs(value) >= 10_000 ? `${Number((value / 1000).toPrecision(6))}k` : String(Number(value.toPrecision(6)))

/** A range widened a little, so that nothing lies on the border. */
export const widened = (values: ArrayLike<number>): [number, number] => {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue
    low = Math.min(low, values[i]!)
    high = Math.max(high, values[i]!)
  }
  if (low > high) return [0, 1]
  const room = (high - low) * 0.04 || Math.abs(high) * 0.1 || 0.5
  return [low - room, high + room]
}

/** Axes with labels, a title and a legend, in which a picture is drawn. */
export const frame = ({
  title,
  xLabel = '',
  yLabel = '',
  width = 560,
  height = 380,
  x,
  y,
  legend = [],
  axes = true,
}: FrameOptions): Frame => {
  const longest = Math.max(0, ...legend.map(([name]) => name.length))
  const [left, right, top, bottom] = [
    axes ? 66 : 18,
    legend.length > 0 ? 44 + Math.min(180, 7.2 * longest) : 20,
    38,
    axes ? 50 : 18,
  ]
  const xAt = (value: number): number => left + ((value - x[0]) / (x[1] - x[0])) * (width - left - right)
  const yAt = (value: number): number => height - bottom - ((value - y[0]) / (y[1] - y[0])) * (height - top - bottom)
  const text = (values: Parameters<typeof element>[1], words: string): string =>
    element('text', { fill: 'currentColor', ...values }, escaped(words))
  const grid = axes
    ? [
        ...ticks(...y).map(
          value =>
            `<line${attributes({ x1: left, x2: width - right, y1: yAt(value).toFixed(1), y2: yAt(value).toFixed(1), stroke: 'currentColor', 'stroke-opacity': 0.15 })}/>` +
            text({ x: left - 8, y: (yAt(value) + 4).toFixed(1), 'text-anchor': 'end' }, shown(value)),
        ),
        ...ticks(...x).map(value =>
          text({ x: xAt(value).toFixed(1), y: height - bottom + 18, 'text-anchor': 'middle' }, shown(value)),
        ),
      ]
    : []
  const names = legend.map(
    ([name, color], i) =>
      `<circle${attributes({ cx: width - right + 18, cy: top + 10 + 18 * i, r: 5, fill: color })}/>` +
      text({ x: width - right + 30, y: top + 14 + 18 * i }, name.length > 24 ? `${name.slice(0, 23)}…` : name),
  )
  const middle = (height - bottom + top) / 2
  const around = (...inside: readonly string[]): string =>
    element(
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
      text({ x: left, y: 22, 'font-weight': 600, 'font-size': 14 }, title),
      ...grid,
      ...inside,
      ...names,
      xLabel && text({ x: (left + width - right) / 2, y: height - 10, 'text-anchor': 'middle' }, xLabel),
      yLabel && text({ x: 16, y: middle, 'text-anchor': 'middle', transform: `rotate(-90 16 ${middle})` }, yLabel),
    )
  return { xAt, yAt, around }
}
