import type { Box } from './box.ts'
import { inset } from './box.ts'
import { type Interval, linearScale, logScale, logTicks, type Scale, shown, ticks } from './scale.ts'
import { font, text } from './text.ts'
import type { Theme } from './theme.ts'

export interface AxesOptions {
  readonly x: Interval
  readonly y: Interval
  readonly xLabel?: string
  readonly yLabel?: string
  readonly theme: Theme
  /** Lines across at the ticks. Default true. */
  readonly grid?: boolean
  /** Which axes multiply; `true` is y. */
  readonly log?: boolean | { readonly x?: boolean; readonly y?: boolean }
  /** Only a frame, for pictures too small for numbers. Default: where less than 110 × 80 pixels are given. */
  readonly bare?: boolean
  /** Numbers under x are whole: it counts something. */
  readonly whole?: boolean
}

export interface Axes {
  /** Values to pixels. */
  readonly xAt: Scale
  readonly yAt: Scale
  /** Pixels to values. */
  readonly xOf: (pixel: number) => number
  readonly yOf: (pixel: number) => number
  readonly inner: Box
  /** Draws only inside the axes. */
  readonly clip: (draw: () => void) => void
}

const line = 15

/** Two axes with ticks, labels and a grid; what is drawn next goes into `inner` by `xAt` and `yAt`. */
export const axes = (ctx: CanvasRenderingContext2D, box: Box, options: AxesOptions): Axes => {
  const { x, y, xLabel, yLabel, theme, grid = true, log = false } = options
  const logs = typeof log === 'boolean' ? { x: false, y: log } : log
  const bare = options.bare ?? (box.width < 110 || box.height < 80)
  ctx.save()
  ctx.font = font(11)
  const tall = Math.max(0, box.height - (yLabel ? line + 7 : 6) - line - (xLabel ? line : 0) - 6)
  const yTicks = (logs.y ? logTicks : ticks)(y[0], y[1], Math.max(1, Math.min(6, Math.floor(tall / 34))))
  const yTexts = yTicks.map(value => shown(value))
  const widest = Math.max(0, ...yTexts.map(words => ctx.measureText(words).width))
  const inner = bare
    ? inset(box, 1)
    : inset(box, [yLabel ? line + 7 : 6, 10, line + 6 + (xLabel ? line : 0), Math.ceil(widest) + 8])
  const xAt = (logs.x ? logScale : linearScale)(x, [inner.x, inner.x + inner.width])
  const yAt = (logs.y ? logScale : linearScale)(y, [inner.y + inner.height, inner.y])
  const xTicks = (logs.x ? logTicks : ticks)(x[0], x[1], Math.max(1, Math.min(8, Math.floor(inner.width / 56)))).filter(
    value => !options.whole || Number.isInteger(value),
  )
  ctx.restore()
  if (grid && !bare) lines(ctx, inner, xTicks.map(xAt), yTicks.map(yAt), theme.grid)
  frame(ctx, inner, theme, bare)
  if (!bare) {
    yTexts.forEach((words, i) => {
      text(ctx, words, inner.x - 6, yAt(yTicks[i]!), { colour: theme.muted, size: 11, align: 'right' })
    })
    xNumbers(ctx, box, inner, xTicks, xAt, theme)
    if (yLabel) text(ctx, yLabel, box.x, box.y + 7, { colour: theme.muted, size: 11, width: box.width })
    if (xLabel) {
      const at = inner.x + inner.width
      const down = box.y + box.height - 8
      text(ctx, xLabel, at, down, { colour: theme.muted, size: 11, align: 'right', width: inner.width })
    }
  }
  const clip = (draw: () => void): void => {
    ctx.save()
    ctx.beginPath()
    ctx.rect(inner.x, inner.y, inner.width, inner.height)
    ctx.clip()
    draw()
    ctx.restore()
  }
  return { xAt, yAt, xOf: xAt.invert, yOf: yAt.invert, inner, clip }
}

// Half a pixel on: a line of one pixel then fills one row of them instead of half of two.
const crisp = (pixel: number): number => Math.round(pixel - 0.5) + 0.5

const lines = (ctx: CanvasRenderingContext2D, inner: Box, xs: number[], ys: number[], colour: string): void => {
  ctx.save()
  ctx.strokeStyle = colour
  ctx.lineWidth = 1
  ctx.beginPath()
  for (const x of xs) {
    ctx.moveTo(crisp(x), inner.y)
    ctx.lineTo(crisp(x), inner.y + inner.height)
  }
  for (const y of ys) {
    ctx.moveTo(inner.x, crisp(y))
    ctx.lineTo(inner.x + inner.width, crisp(y))
  }
  ctx.stroke()
  ctx.restore()
}

const frame = (ctx: CanvasRenderingContext2D, inner: Box, theme: Theme, all: boolean): void => {
  ctx.save()
  ctx.strokeStyle = all ? theme.grid : theme.muted
  ctx.globalAlpha = all ? 1 : 0.6
  ctx.lineWidth = 1
  ctx.beginPath()
  const [left, right] = [crisp(inner.x), crisp(inner.x + inner.width)]
  const [top, bottom] = [crisp(inner.y), crisp(inner.y + inner.height)]
  ctx.moveTo(left, top)
  ctx.lineTo(left, bottom)
  ctx.lineTo(right, bottom)
  if (all) {
    ctx.lineTo(right, top)
    ctx.closePath()
  }
  ctx.stroke()
  ctx.restore()
}

/** Numbers under the axis: pushed in at the ends, and left out where they would touch the one before. */
const xNumbers = (
  ctx: CanvasRenderingContext2D,
  box: Box,
  inner: Box,
  at: number[],
  xAt: Scale,
  theme: Theme,
): void => {
  let free = -Infinity
  ctx.save()
  ctx.font = font(11)
  for (const value of at) {
    const words = shown(value)
    const half = ctx.measureText(words).width / 2
    const middle = Math.min(Math.max(xAt(value), box.x + half), box.x + box.width - half)
    if (middle - half < free) continue
    text(ctx, words, middle, inner.y + inner.height + 11, { colour: theme.muted, size: 11, align: 'center' })
    free = middle + half + 6
  }
  ctx.restore()
}
