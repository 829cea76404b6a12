import { axes, type Axes } from '../../kit/canvas/axes.ts'
import type { Size } from '../../kit/canvas/box.ts'
import { categories, heatMap } from '../../kit/canvas/heat-map.ts'
import { rangeOf, shown } from '../../kit/canvas/scale.ts'
import { arrow, dots, line, marks } from '../../kit/canvas/shapes.ts'
import { text } from '../../kit/canvas/text.ts'
import { sequential, type Theme } from '../../kit/canvas/theme.ts'
import { boundary, handles } from './line.ts'
import { type LinearShot, reach, side } from './shot.ts'

/** What of the picture is lit. */
export interface Lit {
  /** Handles of the line are drawn. */
  readonly handles?: boolean
  readonly point?: number | null
}

/** The points, as large as their losses, and the line between the classes with its margins. Returns the axes, to point at. */
export const drawPlane = (
  ctx: CanvasRenderingContext2D,
  size: Size,
  shot: LinearShot,
  theme: Theme,
  lit: Lit = {},
  bare: boolean = size.height < 220,
): Axes => {
  const ends = [-reach, reach] as const
  const [xLabel, yLabel] = shot.axes
  const at = axes(ctx, { x: 0, y: 0, ...size }, { x: ends, y: ends, theme, bare, ...(!bare && { xLabel, yLabel }) })
  const { inner, xAt, yAt, clip } = at
  clip(() => {
    const strength = Float32Array.from(shot.sure, sure => 0.06 + 0.34 * sure)
    categories(ctx, inner, {
      classes: shot.region,
      strength,
      rows: side,
      columns: side,
      colours: theme.groups,
      flip: true,
    })
    if (shot.outputs === 1) {
      for (const level of [1, -1]) {
        const ends2 = boundary(shot.weights[0]!, level)
        if (ends2) drawLine(ctx, at, ends2, { colour: theme.muted, width: 1.2, dash: [5, 4] })
      }
      const middle = boundary(shot.weights[0]!, 0)
      if (middle) drawLine(ctx, at, middle, { colour: theme.text, width: bare ? 2 : 2.4 })
    }
  })
  // Points at the edge are drawn whole.
  const inside = (value: number): boolean => Math.abs(value) <= reach
  const count = shot.y.length
  const indices = Array.from({ length: count }, (_, i) => i).filter(
    i => inside(shot.x[2 * i]!) && inside(shot.x[2 * i + 1]!),
  )
  const most = Math.max(1, ...shot.losses)
  const small = bare ? 2 : count > 300 ? 2 : 3.4
  dots(
    ctx,
    indices.map(i => xAt(shot.x[2 * i]!)),
    indices.map(i => yAt(shot.x[2 * i + 1]!)),
    {
      colour: n => theme.groups[shot.y[indices[n]!]!]!,
      stroke: n => (indices[n] === lit.point ? theme.text : theme.panel),
      mark: n => marks[shot.y[indices[n]!]! % marks.length]!,
      radius: n => small * (1 + 2 * Math.sqrt(shot.losses[indices[n]!]! / most)),
    },
  )
  clip(() => {
    if (lit.handles && shot.outputs === 1) {
      for (const [kind, [x, y]] of Object.entries(handles(shot.weights[0]!) ?? {})) {
        dots(ctx, [xAt(x)], [yAt(y)], {
          colour: theme.panel,
          stroke: theme.text,
          radius: 7,
          mark: kind === 'middle' ? 'square' : 'circle',
        })
        dots(ctx, [xAt(x)], [yAt(y)], {
          colour: theme.text,
          radius: 2.5,
          mark: kind === 'middle' ? 'square' : 'circle',
        })
      }
    }
  })
  return at
}

const drawLine = (
  ctx: CanvasRenderingContext2D,
  { xAt, yAt }: Axes,
  ends: readonly (readonly [number, number])[],
  style: Parameters<typeof line>[3],
): void =>
  line(
    ctx,
    ends.map(([x]) => xAt(x)),
    ends.map(([, y]) => yAt(y)),
    style,
  )

/** The picture of the start page. */
export const picture = (ctx: CanvasRenderingContext2D, size: Size, shot: LinearShot, theme: Theme): void => {
  drawPlane(ctx, size, shot, theme, {}, true)
}

/** The loss over two weights with lines of equal loss, the way so far, and the direction of the next step. */
export const drawSurface = (ctx: CanvasRenderingContext2D, size: Size, shot: LinearShot, theme: Theme): Axes => {
  const { span, surface, surfaceSide, path, row } = shot
  const ends = [-span, span] as const
  const at = axes(ctx, { x: 0, y: 0, ...size }, { x: ends, y: ends, theme, xLabel: 'w1', yLabel: 'w2', grid: false })
  const { inner, xAt, yAt, clip } = at
  const [low, high] = rangeOf(surface)
  // Lines close to the bottom stand for small differences, so that the valley is seen.
  const contours = Array.from({ length: 12 }, (_, i) => low + (high - low) * ((i + 0.5) / 12) ** 2)
  const lifted = Float64Array.from(surface, value => Math.sqrt(Math.max(0, value - low)))
  clip(() => {
    const grid = { rows: surfaceSide, columns: surfaceSide, flip: true, ramp: sequential(theme) } as const
    heatMap(ctx, inner, {
      ...grid,
      values: lifted,
      smooth: true,
      alpha: 0.75,
      contours: contours.map(value => Math.sqrt(value - low)),
      contourColour: theme.dark ? 'rgb(255 255 255 / 0.28)' : 'rgb(40 20 40 / 0.28)',
    })
    const steps = Array.from({ length: path.length / 2 }, (_, i) => [xAt(path[2 * i]!), yAt(path[2 * i + 1]!)] as const)
    line(
      ctx,
      steps.map(([x]) => x),
      steps.map(([, y]) => y),
      { colour: theme.panel, width: 4, alpha: 0.8 },
    )
    line(
      ctx,
      steps.map(([x]) => x),
      steps.map(([, y]) => y),
      { colour: theme.accent, width: 2 },
    )
    if (steps.length < 120)
      dots(
        ctx,
        steps.map(([x]) => x),
        steps.map(([, y]) => y),
        { colour: theme.accent, radius: 2 },
      )
    const [x, y] = steps.at(-1)!
    const [g1, g2] = shot.gradients[row]!
    const length = Math.hypot(g1, g2)
    // Longer for steeper slopes, but never out of sight.
    const pixels = length > 0 ? (inner.width / 3) * Math.tanh(length * 1.5) : 0
    if (pixels > 3) {
      const [dx, dy] = [(-g1 / length) * pixels, (g2 / length) * pixels]
      arrow(ctx, x, y, x + dx, y + dy, { colour: theme.panel, width: 5 })
      arrow(ctx, x, y, x + dx, y + dy, { colour: theme.text, width: 2.5 })
      // At an edge, above its arrow instead of beyond it.
      const beyond = x + dx + (dx < 0 ? -6 : 6)
      const place = dx < 0 ? Math.max(beyond, inner.x + 68) : Math.min(beyond, inner.x + inner.width - 68)
      text(ctx, '−gradient', place, y + dy - (place === beyond ? 0 : 16), {
        colour: theme.text,
        halo: theme.panel,
        size: 12,
        align: dx < 0 ? 'right' : 'left',
      })
    }
    dots(ctx, [x], [y], { colour: theme.text, stroke: theme.panel, radius: 5 })
  })
  text(ctx, `loss ${shown(low, 3)} … ${shown(high, 3)}`, inner.x + inner.width, 8, {
    colour: theme.muted,
    size: 11,
    align: 'right',
  })
  return at
}
