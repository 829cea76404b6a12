import { axes, type Axes } from '../../kit/canvas/axes.ts'
import type { Size } from '../../kit/canvas/box.ts'
import { heatMap } from '../../kit/canvas/heat-map.ts'
import { rangeOf, shown } from '../../kit/canvas/scale.ts'
import { arrow, dots, line } from '../../kit/canvas/shapes.ts'
import { text } from '../../kit/canvas/text.ts'
import { sequential, type Theme } from '../../kit/canvas/theme.ts'
import { curveNames } from './about.ts'
import type { DescentShot, Track } from './shot.ts'

/** Its colour's place among the groups: that of its curve. The first way's is the loss. */
export const colourOf = ({ optimizer }: Track, i: number): number => (i === 0 ? 0 : curveNames.indexOf(optimizer))

/** Beyond so many, dots would hide the line. */
const mostDots = 60

/** The function with the ways of all optimizers: a map, or a curve where there is one variable. Returns the axes, to point at. */
export const drawWays = (
  ctx: CanvasRenderingContext2D,
  size: Size,
  shot: DescentShot,
  theme: Theme,
  bare: boolean = size.height < (shot.variables === 2 ? 220 : 160),
): Axes => (shot.variables === 2 ? drawMap : drawCurve)(ctx, size, shot, theme, bare)

/** The picture of the start page. */
export const picture = (ctx: CanvasRenderingContext2D, size: Size, shot: DescentShot, theme: Theme): void => {
  drawWays(ctx, size, shot, theme, true)
}

/** Colours as an exponent that puts the middle value in the middle: valleys are seen however high the walls are. */
const bent = (values: Float64Array) => {
  const finite = values.filter(Number.isFinite).sort()
  const [low, high] = [finite[0] ?? 0, finite.at(-1) ?? 1]
  const middle = ((finite[finite.length >> 1] ?? 0.5) - low) / (high - low || 1)
  const power = middle > 1e-9 && middle < 1 ? Math.max(0.08, Math.min(1, Math.log(0.5) / Math.log(middle))) : 1
  return (value: number): number => Math.max(0, (value - low) / (high - low || 1)) ** power
}

const drawMap = (ctx: CanvasRenderingContext2D, size: Size, shot: DescentShot, theme: Theme, bare: boolean): Axes => {
  const at = axes(
    ctx,
    { x: 0, y: 0, ...size },
    { x: shot.xEnds, y: shot.yEnds, theme, bare, grid: false, ...(!bare && { xLabel: 'x', yLabel: 'y' }) },
  )
  const bend = bent(shot.grid)
  at.clip(() => {
    heatMap(ctx, at.inner, {
      values: Float64Array.from(shot.grid, bend),
      range: [0, 1],
      rows: shot.rows,
      columns: shot.columns,
      ramp: sequential(theme),
      smooth: true,
      flip: true,
      alpha: 0.75,
      contours: Array.from({ length: 14 }, (_, i) => (i + 0.4) / 14),
      contourColour: theme.dark ? 'rgb(255 255 255 / 0.25)' : 'rgb(40 20 40 / 0.22)',
    })
    for (const [i, track] of [...shot.tracks.entries()].reverse()) {
      const [xs, ys] = [Array.from(track.x, at.xAt), Array.from(track.y, at.yAt)]
      way(ctx, xs, ys, theme.groups[colourOf(track, i)]!, theme, bare)
    }
    const lead = shot.tracks[0]!
    if (!bare) {
      slopeArrow(ctx, at, lead, theme)
      startMark(ctx, at.xAt(lead.x[0]!), at.yAt(lead.y[0]!), theme)
    }
  })
  if (!bare) outside(ctx, at, shot, theme)
  return at
}

/** f(x), the points on it, and the tangent at the last. */
const drawCurve = (ctx: CanvasRenderingContext2D, size: Size, shot: DescentShot, theme: Theme, bare: boolean): Axes => {
  const [low, high] = rangeOf(shot.grid, { margin: 0.06 })
  const at = axes(
    ctx,
    { x: 0, y: 0, ...size },
    { x: shot.xEnds, y: [low, high], theme, bare, ...(!bare && { xLabel: 'x', yLabel: 'f(x)' }) },
  )
  const { xAt, yAt, clip } = at
  const xs = Array.from(shot.grid, (_, i) => xAt(cellMiddle(shot, i)))
  clip(() => {
    line(ctx, xs, Array.from(shot.grid, yAt), { colour: theme.muted, width: 2 })
    if (!bare) tangent(ctx, at, shot.tracks[0]!, shot, theme)
    for (const [i, track] of [...shot.tracks.entries()].reverse())
      way(ctx, Array.from(track.x, xAt), Array.from(track.value, yAt), theme.groups[colourOf(track, i)]!, theme, bare)
    if (!bare) {
      const lead = shot.tracks[0]!
      startMark(ctx, xAt(lead.x[0]!), yAt(lead.value[0]!), theme)
    }
  })
  if (!bare) {
    if (shot.wells.length > 1 && shot.wells.length < 6)
      for (const [i, well] of shot.wells.entries())
        text(
          ctx,
          i === 0 ? 'deepest' : 'shallow',
          xAt(well.x),
          Math.min(yAt(well.value) + 14, at.inner.y + at.inner.height - 8),
          { colour: theme.muted, size: 11, align: 'center', halo: theme.panel },
        )
    outside(ctx, at, shot, theme)
  }
  return at
}

/** f(x) where y stays as it is, with the point of the first optimizer. */
export const drawSlice = (ctx: CanvasRenderingContext2D, size: Size, shot: DescentShot, theme: Theme): void => {
  const [low, high] = rangeOf(shot.slice, { margin: 0.06 })
  const at = axes(
    ctx,
    { x: 0, y: 0, ...size },
    { x: shot.xEnds, y: [low, high], theme, xLabel: 'x', yLabel: 'f(x, y)' },
  )
  const lead = shot.tracks[0]!
  const last = lead.x.length - 1
  at.clip(() => {
    line(
      ctx,
      Array.from(shot.slice, (_, i) => at.xAt(cellMiddle(shot, i))),
      Array.from(shot.slice, at.yAt),
      { colour: theme.muted, width: 2 },
    )
    tangent(ctx, at, lead, shot, theme)
    dots(ctx, [at.xAt(lead.x[last]!)], [at.yAt(lead.value[last]!)], {
      colour: theme.groups[0]!,
      stroke: theme.panel,
      radius: 6,
    })
  })
}

const cellMiddle = ({ xEnds: [low, high], columns }: DescentShot, i: number): number =>
  low + ((i + 0.5) * (high - low)) / columns

const way = (
  ctx: CanvasRenderingContext2D,
  xs: number[],
  ys: number[],
  colour: string,
  theme: Theme,
  small: boolean,
): void => {
  line(ctx, xs, ys, { colour: theme.panel, width: small ? 3 : 4, alpha: 0.8 })
  line(ctx, xs, ys, { colour, width: small ? 1.5 : 2 })
  if (xs.length <= mostDots) dots(ctx, xs, ys, { colour, radius: small ? 1.6 : 2.6, stroke: theme.panel })
  dots(ctx, xs.slice(-1), ys.slice(-1), { colour, radius: small ? 3.5 : 6, stroke: theme.panel })
}

/** A ring that says: take me. */
const startMark = (ctx: CanvasRenderingContext2D, x: number, y: number, theme: Theme): void => {
  dots(ctx, [x], [y], { colour: theme.panel, stroke: theme.text, radius: 7 })
  dots(ctx, [x], [y], { colour: theme.text, radius: 3 })
  text(ctx, 'start', x + 11, y - 9, { colour: theme.text, size: 11, halo: theme.panel })
}

const slopeArrow = (
  ctx: CanvasRenderingContext2D,
  { xAt, yAt, inner }: Axes,
  { x, y, slopeX, slopeY }: Track,
  theme: Theme,
): void => {
  const last = x.length - 1
  // In pixels, so that it stands upright on the lines of equal value as far as the axes allow.
  const [dx, dy] = [xAt(x[last]! - slopeX[last]!) - xAt(x[last]!), yAt(y[last]! - slopeY[last]!) - yAt(y[last]!)]
  const length = Math.hypot(dx, dy)
  if (!(length > 2) || length === Infinity) return
  const pixels = (inner.width / 6) * Math.tanh(length / 60)
  const [x0, y0] = [xAt(x[last]!), yAt(y[last]!)]
  arrow(ctx, x0, y0, x0 + (dx / length) * pixels, y0 + (dy / length) * pixels, { colour: theme.text, width: 2 })
}

const tangent = (
  ctx: CanvasRenderingContext2D,
  { xAt, yAt }: Axes,
  track: Track,
  { xEnds }: DescentShot,
  theme: Theme,
): void => {
  const last = track.x.length - 1
  const [x, value, slope] = [track.x[last]!, track.value[last]!, track.slopeX[last]!]
  const half = (xEnds[1] - xEnds[0]) / 9
  const ends = [x - half, x + half]
  line(
    ctx,
    ends.map(xAt),
    ends.map(at => yAt(value + slope * (at - x))),
    { colour: theme.text, width: 1.5, dash: [5, 4] },
  )
}

/** Says where a point is that the picture does not hold. */
const outside = (ctx: CanvasRenderingContext2D, { inner }: Axes, shot: DescentShot, theme: Theme): void => {
  const { x, y } = shot.tracks[0]!
  const [lastX, lastY] = [x.at(-1)!, y.at(-1)!]
  const beyond = (value: number, [low, high]: readonly [number, number]): boolean => value < low || value > high
  if (!beyond(lastX, shot.xEnds) && !(shot.variables === 2 && beyond(lastY, shot.yEnds))) return
  const where = shot.variables === 2 ? `x = ${shown(lastX)}, y = ${shown(lastY)}` : `x = ${shown(lastX)}`
  text(ctx, `outside: ${where}`, inner.x + inner.width / 2, inner.y + 14, {
    colour: theme.positive,
    halo: theme.panel,
    size: 13,
    weight: 600,
    align: 'center',
  })
}
