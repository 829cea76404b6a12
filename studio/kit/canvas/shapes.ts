export interface LineStyle {
  readonly colour: string
  readonly width?: number
  readonly dash?: readonly number[]
  readonly alpha?: number
}

const styled = (ctx: CanvasRenderingContext2D, { colour, width = 1.5, dash = [], alpha = 1 }: LineStyle): void => {
  ctx.strokeStyle = colour
  ctx.fillStyle = colour
  ctx.lineWidth = width
  ctx.lineJoin = 'round'
  ctx.lineCap = dash.length ? 'butt' : 'round'
  ctx.setLineDash([...dash])
  ctx.globalAlpha *= alpha
}

/** A line through points in pixels; it breaks where a coordinate is not finite. */
export const line = (
  ctx: CanvasRenderingContext2D,
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  style: LineStyle,
): void => {
  ctx.save()
  styled(ctx, style)
  ctx.beginPath()
  let down = false
  for (let i = 0; i < xs.length; i++) {
    const [x, y] = [xs[i]!, ys[i]!]
    if (!Number.isFinite(x) || !Number.isFinite(y)) down = false
    else if (down) ctx.lineTo(x, y)
    else {
      ctx.moveTo(x, y)
      down = true
    }
  }
  ctx.stroke()
  ctx.restore()
}

/** Fills between two lines: a spread, an interval. */
export const band = (
  ctx: CanvasRenderingContext2D,
  xs: ArrayLike<number>,
  low: ArrayLike<number>,
  high: ArrayLike<number>,
  colour: string,
  alpha = 0.2,
): void => {
  ctx.save()
  ctx.fillStyle = colour
  ctx.globalAlpha *= alpha
  ctx.beginPath()
  for (let i = 0; i < xs.length; i++) ctx.lineTo(xs[i]!, high[i]!)
  for (let i = xs.length - 1; i >= 0; i--) ctx.lineTo(xs[i]!, low[i]!)
  ctx.closePath()
  ctx.fill()
  ctx.restore()
}

/** Shapes tell classes apart where colours do not. */
export const marks = ['circle', 'square', 'triangle', 'diamond', 'cross'] as const
export type Mark = (typeof marks)[number]

export interface DotStyle {
  readonly colour: string | ((i: number) => string)
  /** Pixels. Default 4. */
  readonly radius?: number | ((i: number) => number)
  /** The colour of a thin edge. */
  readonly stroke?: string | ((i: number) => string)
  readonly mark?: Mark | ((i: number) => Mark)
  readonly alpha?: number
}

/** Points in pixels. */
export const dots = (
  ctx: CanvasRenderingContext2D,
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  style: DotStyle,
): void => {
  const of = <T extends string | number>(choice: T | ((i: number) => T), i: number): T =>
    typeof choice === 'function' ? choice(i) : choice
  const { colour, radius = 4, stroke, mark = 'circle', alpha = 1 } = style
  ctx.save()
  ctx.globalAlpha *= alpha
  ctx.lineWidth = 1
  for (let i = 0; i < xs.length; i++) {
    const [x, y] = [xs[i]!, ys[i]!]
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue
    ctx.beginPath()
    trace(ctx, of(mark, i), x, y, of(radius, i))
    ctx.fillStyle = of(colour, i)
    ctx.fill()
    if (stroke === undefined) continue
    ctx.strokeStyle = of(stroke, i)
    ctx.stroke()
  }
  ctx.restore()
}

// Corners in radii, sized such that every shape covers about the area of the circle.
const arm = 0.36
const corners: Readonly<Record<Exclude<Mark, 'circle'>, readonly (readonly [x: number, y: number])[]>> = {
  square: [
    [-0.89, -0.89],
    [0.89, -0.89],
    [0.89, 0.89],
    [-0.89, 0.89],
  ],
  triangle: [
    [0, -1.35],
    [1.17, 0.68],
    [-1.17, 0.68],
  ],
  diamond: [
    [0, -1.25],
    [1.25, 0],
    [0, 1.25],
    [-1.25, 0],
  ],
  cross: [
    [-1.2, -arm],
    [-arm, -arm],
    [-arm, -1.2],
    [arm, -1.2],
    [arm, -arm],
    [1.2, -arm],
    [1.2, arm],
    [arm, arm],
    [arm, 1.2],
    [-arm, 1.2],
    [-arm, arm],
    [-1.2, arm],
  ],
}

const trace = (ctx: CanvasRenderingContext2D, mark: Mark, x: number, y: number, radius: number): void => {
  if (mark === 'circle') ctx.arc(x, y, radius, 0, 2 * Math.PI)
  else {
    for (const [dx, dy] of corners[mark]) ctx.lineTo(x + radius * dx, y + radius * dy)
    ctx.closePath()
  }
}

export interface ArrowStyle extends LineStyle {
  /** Length of the head in pixels. Default 4 times the width, at least 6; never more than half of the arrow. */
  readonly head?: number
}

/** An arrow from one point to another, in pixels. One without length is not drawn. */
export const arrow = (
  ctx: CanvasRenderingContext2D,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  style: ArrowStyle,
): void => {
  const length = Math.hypot(x1 - x0, y1 - y0)
  if (!(length > 0) || length === Infinity) return
  const head = Math.min(style.head ?? Math.max(6, 4 * (style.width ?? 1.5)), length / 2)
  const [cos, sin] = [(x1 - x0) / length, (y1 - y0) / length]
  ctx.save()
  styled(ctx, style)
  ctx.lineCap = 'butt'
  ctx.beginPath()
  ctx.moveTo(x0, y0)
  ctx.lineTo(x1 - cos * head * 0.8, y1 - sin * head * 0.8)
  ctx.stroke()
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x1 - cos * head - sin * head * 0.45, y1 - sin * head + cos * head * 0.45)
  ctx.lineTo(x1 - cos * head + sin * head * 0.45, y1 - sin * head - cos * head * 0.45)
  ctx.closePath()
  ctx.fill()
  ctx.restore()
}

export interface FieldOptions {
  /** Feet of the arrows in pixels. */
  readonly xs: ArrayLike<number>
  readonly ys: ArrayLike<number>
  /** Directions, y downwards, in any unit. */
  readonly dxs: ArrayLike<number>
  readonly dys: ArrayLike<number>
  /** Pixels of the longest arrow; the others are as much shorter as they are smaller. */
  readonly longest: number
  readonly style: ArrowStyle
  /** Arrows stand with their middle at the point instead of their foot. */
  readonly centred?: boolean
}

/** Many arrows: gradients, velocities. */
export const field = (ctx: CanvasRenderingContext2D, options: FieldOptions): void => {
  const { xs, ys, dxs, dys, longest, style, centred = false } = options
  let most = 0
  for (let i = 0; i < xs.length; i++) {
    const size = Math.hypot(dxs[i]!, dys[i]!)
    if (size > most && size < Infinity) most = size
  }
  if (most === 0) return
  for (let i = 0; i < xs.length; i++) {
    const [dx, dy] = [(dxs[i]! / most) * longest, (dys[i]! / most) * longest]
    const back = centred ? 0.5 : 0
    const [x, y] = [xs[i]! - dx * back, ys[i]! - dy * back]
    arrow(ctx, x, y, x + dx, y + dy, style)
  }
}
