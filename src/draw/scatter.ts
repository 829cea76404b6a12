import { ArgumentError } from '../core/errors.ts'
import { frame, groupColors, widened } from './frame.ts'
import { attributes } from './markup.ts'

export interface ScatterOptions {
  readonly title: string
  readonly xLabel?: string
  readonly yLabel?: string
  /** The group of each point, from 0; -1 is drawn grey. */
  readonly groups?: ArrayLike<number>
  readonly groupNames?: readonly string[]
  /** Whether the line on which x and y are equal is drawn. */
  readonly diagonal?: boolean
  readonly axes?: boolean
  readonly width?: number
  readonly height?: number
}

/**
 * Points in one SVG picture, coloured by group.
 *
 * @param points `[x, y]` of each
 * @throws ArgumentError where there is no finite point
 */
export const scatterSvg = (points: ArrayLike<readonly [number, number]>, options: ScatterOptions): string => {
  const { title, groups, groupNames = [], diagonal = false } = options
  const all = Array.from(points)
  const finite = all.flatMap((point, i) => (point.every(Number.isFinite) ? [i] : []))
  if (finite.length === 0) throw new ArgumentError(`scatterSvg: ${title} has no finite point to draw.`)
  const xs = finite.map(i => all[i]![0])
  const ys = finite.map(i => all[i]![1])
  const [x, y] = diagonal ? [widened([...xs, ...ys]), widened([...xs, ...ys])] : [widened(xs), widened(ys)]
  const { xAt, yAt, around } = frame({
    ...options,
    x,
    y,
    legend: groupNames.map((name, k) => [name, groupColors[k % groupColors.length]!] as const),
  })
  const radius = finite.length > 3000 ? 1.6 : finite.length > 600 ? 2.2 : 3
  const dots = finite.map(i => {
    const group = groups?.[i] ?? 0
    const fill = group < 0 ? '#8a8f98' : groupColors[group % groupColors.length]!
    return `<circle${attributes({ cx: xAt(all[i]![0]).toFixed(1), cy: yAt(all[i]![1]).toFixed(1), r: radius, fill, 'fill-opacity': finite.length > 600 ? 0.65 : 0.8 })}/>`
  })
  const line = diagonal
    ? [
        `<line${attributes({ x1: xAt(x[0]).toFixed(1), y1: yAt(x[0]).toFixed(1), x2: xAt(x[1]).toFixed(1), y2: yAt(x[1]).toFixed(1), stroke: 'currentColor', 'stroke-opacity': 0.5, 'stroke-dasharray': '5 4' })}/>`,
      ]
    : []
  return around(...dots, ...line)
}
