import { axes } from '../../kit/canvas/axes.ts'
import { categories } from '../../kit/canvas/heat-map.ts'
import { dots, line } from '../../kit/canvas/shapes.ts'
import type { Theme } from '../../kit/canvas/theme.ts'
import { type ClassicsShot, type Reason, side } from './shot.ts'

interface Size {
  readonly width: number
  readonly height: number
}
interface Extra {
  readonly showTest?: boolean
  /** Points to be seen: those of a cell of the confusion matrix. */
  readonly marked?: readonly number[]
  readonly reason?: Reason | null
}

/** Regions with the points, and what a place is judged by. */
export const picture = (
  ctx: CanvasRenderingContext2D,
  size: Size,
  shot: ClassicsShot,
  theme: Theme,
  extra: Extra = {},
) => {
  const { showTest = false, marked = [], reason = null } = extra
  const bare = size.height < 240
  const { x, y, trained, reach, map, sure, support } = shot
  const [xLabel, yLabel] = shot.axes
  const ends = [-reach, reach] as const
  const made = axes(
    ctx,
    { x: 0, y: 0, ...size },
    { x: ends, y: ends, theme, bare, grid: false, ...(!bare && { xLabel, yLabel }) },
  )
  const { inner, xAt, yAt, clip } = made
  const px = (i: number): number => xAt(x[2 * i]!)
  const py = (i: number): number => yAt(x[2 * i + 1]!)
  const put = (points: readonly number[], style: Parameters<typeof dots>[3]): void =>
    dots(ctx, points.map(px), points.map(py), style)
  clip(() => {
    if (map.length > 0) {
      const strength = sure.map(value => 0.1 + 0.42 * value)
      categories(ctx, inner, {
        classes: map,
        strength,
        rows: side,
        columns: side,
        colours: theme.groups,
        flip: true,
        smooth: false,
      })
    }
    const many = Array.from(y, (_, i) => i)
    // Clusters are found without classes: points show which one they are in.
    const groupOf = shot.centres.length > 0 ? shot.predicted : y
    const colourOf = (i: number): string => theme.groups[groupOf[i]!]!
    const radius = bare ? 2.2 : 3.4
    const alpha = marked.length > 0 ? 0.35 : 1
    ctx.globalAlpha = alpha
    put(many.slice(0, trained), { colour: i => colourOf(i), stroke: theme.panel, radius })
    if (showTest) put(many.slice(trained), { colour: theme.panel, stroke: i => colourOf(trained + i), radius })
    ctx.globalAlpha = 1
    if (!bare && marked.length === 0) put(Array.from(support), { colour: 'transparent', stroke: theme.text, radius: 5 })
    put(marked, { colour: i => colourOf(marked[i]!), stroke: theme.text, radius: 5.5 })
    drawCentres(ctx, shot, theme, made)
    if (reason) drawReason(ctx, shot, theme, made, reason)
  })
  return made
}

type Made = ReturnType<typeof axes>

const drawCentres = (
  ctx: CanvasRenderingContext2D,
  { centres }: ClassicsShot,
  theme: Theme,
  { xAt, yAt }: Made,
): void => {
  const ks = Array.from({ length: centres.length / 2 }, (_, k) => k)
  const [xs, ys] = [ks.map(k => xAt(centres[2 * k]!)), ks.map(k => yAt(centres[2 * k + 1]!))]
  dots(ctx, xs, ys, { colour: k => theme.groups[k]!, stroke: theme.text, radius: 8, mark: 'diamond' })
}

const drawReason = (
  ctx: CanvasRenderingContext2D,
  { x, y, centres, reach }: ClassicsShot,
  theme: Theme,
  { xAt, yAt }: Made,
  reason: Reason,
): void => {
  const [ax, ay] = [xAt(reason.at[0]), yAt(reason.at[1])]
  const to = (bx: number, by: number, colour: string, width = 1.5): void =>
    line(ctx, [ax, bx], [ay, by], { colour, width })
  if (reason.kind === 'neighbours') {
    const most = Math.max(...reason.neighbours.map(({ weight }) => weight))
    for (const { point, weight } of reason.neighbours)
      to(xAt(x[2 * point]!), yAt(x[2 * point + 1]!), theme.groups[y[point]!]!, 0.8 + (1.7 * weight) / most)
  }
  if (reason.kind === 'tree') {
    // The box of the leaf: each rule cuts off a side of the plane.
    const box = [-reach, reach, -reach, reach]
    for (const { axis, threshold, left } of reason.rules) {
      const at = 2 * axis + (left ? 1 : 0)
      box[at] = left ? Math.min(box[at]!, threshold) : Math.max(box[at]!, threshold)
    }
    const [x0, x1, y0, y1] = [xAt(box[0]!), xAt(box[1]!), yAt(box[2]!), yAt(box[3]!)]
    line(ctx, [x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0], { colour: theme.text, width: 1.5, dash: [5, 3] })
  }
  if (reason.kind === 'kMeans') {
    const k = reason.predicted
    to(xAt(centres[2 * k]!), yAt(centres[2 * k + 1]!), theme.groups[k]!, 2)
  }
  dots(ctx, [ax], [ay], { colour: theme.groups[reason.predicted]!, stroke: theme.text, radius: 6, mark: 'square' })
}
