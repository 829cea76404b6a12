import { type Box, inset, within } from './box.ts'
import { type Interval, linearScale, rangeOf, shown, ticks } from './scale.ts'
import { font, text } from './text.ts'
import type { Theme } from './theme.ts'

export interface BarsOptions {
  readonly values: ArrayLike<number>
  readonly labels: readonly string[]
  /** One for all, or one a bar. Default: the accent. */
  readonly colours?: string | readonly string[] | ((i: number) => string)
  readonly theme: Theme
  readonly highlight?: number | null
  /** The value of a full bar. Default: the greatest. */
  readonly max?: number
  readonly shown?: (value: number, i: number) => string
  /** Pixels of a bar with its gap, at most. Default 24. */
  readonly thick?: number
}

export interface Bars {
  readonly barAt: (x: number, y: number) => number | null
}

/** Horizontal bars with labels and numbers, one below the other: class probabilities, next tokens. Those that do not fit are left out. */
export const bars = (ctx: CanvasRenderingContext2D, box: Box, options: BarsOptions): Bars => {
  const { values, labels, colours, theme, highlight, shown: say = value => shown(value, 3), thick = 24 } = options
  const count = Math.min(values.length, Math.max(1, Math.floor(box.height / 13)))
  const pitch = Math.min(thick, box.height / count)
  const size = Math.max(9, Math.min(12, pitch * 0.62))
  const top = options.max ?? Math.max(...Array.from({ length: values.length }, (_, i) => Math.abs(values[i]!)), 1e-12)
  const colourOf = (i: number): string =>
    (typeof colours === 'function' ? colours(i) : typeof colours === 'string' ? colours : colours?.[i]) ?? theme.accent
  ctx.save()
  // As the highlighted one is drawn, which is wider.
  ctx.font = font(size, 600)
  const words = Array.from({ length: count }, (_, i) => say(values[i]!, i))
  const widest = (all: readonly string[]) => Math.ceil(Math.max(0, ...all.map(each => ctx.measureText(each).width)))
  const left = Math.min(box.width * 0.4, widest(labels.slice(0, count)) + 8)
  const right = Math.min(box.width * 0.3, widest(words) + 8)
  const room = inset(box, [0, right, 0, left])
  for (let i = 0; i < count; i++) {
    const on = highlight === i
    const y = box.y + i * pitch
    const height = Math.max(3, Math.min(pitch - 3, 16))
    const length = Math.max(0, Math.min(1, Math.abs(values[i]!) / top)) * room.width
    const down = y + (pitch - height) / 2
    ctx.fillStyle = theme.grid
    ctx.globalAlpha = 0.5
    round(ctx, room.x, down, room.width, height)
    ctx.globalAlpha = highlight === undefined || highlight === null || on ? 1 : 0.65
    ctx.fillStyle = colourOf(i)
    if (length > 0) round(ctx, room.x, down, Math.max(length, 1.5), height)
    ctx.globalAlpha = 1
    const style = { colour: on ? theme.text : theme.muted, size, ...(on ? { weight: 600 } : {}) }
    text(ctx, labels[i] ?? '', room.x - 8, y + pitch / 2, {
      ...style,
      colour: theme.text,
      align: 'right',
      width: left - 8,
    })
    text(ctx, words[i]!, room.x + room.width + 8, y + pitch / 2, { ...style, width: right })
  }
  ctx.restore()
  return {
    barAt: (x, y) => (within({ ...box, height: pitch * count }, x, y) ? Math.floor((y - box.y) / pitch) : null),
  }
}

const round = (ctx: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void => {
  ctx.beginPath()
  ctx.roundRect(x, y, width, height, Math.min(2.5, width / 2, height / 2))
  ctx.fill()
}

export interface Counts {
  readonly counts: readonly number[]
  /** One more than counts. */
  readonly edges: readonly number[]
  /** Values that are not finite, and in no bin. */
  readonly left: number
}

/** Counts values in bins of equal width; the last one takes its upper edge as well. Values beyond the range go to the end bins. */
export const binned = (
  values: ArrayLike<number>,
  { bins = 30, range }: { bins?: number; range?: Interval } = {},
): Counts => {
  const [low, high] = range ?? rangeOf(values)
  const counts = new Array<number>(bins).fill(0)
  let left = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) left++
    else counts[Math.max(0, Math.min(bins - 1, Math.floor(((value - low) / (high - low || 1)) * bins)))]!++
  }
  return { counts, edges: Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins), left }
}

export interface HistogramOptions {
  /** Either values, or counts with their edges. */
  readonly values?: ArrayLike<number>
  readonly counts?: ArrayLike<number>
  readonly edges?: ArrayLike<number>
  readonly bins?: number
  readonly range?: Interval
  readonly theme: Theme
  readonly colour?: string
  /** What is counted, written above. */
  readonly label?: string
}

/** Counts as columns over their edges. Returns the scale of the values. */
export const histogram = (ctx: CanvasRenderingContext2D, box: Box, options: HistogramOptions) => {
  const { values, theme, colour = theme.accent, label, bins, range } = options
  const made =
    options.counts && options.edges
      ? { counts: Array.from(options.counts), edges: Array.from(options.edges) }
      : binned(values ?? [], { ...(bins === undefined ? {} : { bins }), ...(range === undefined ? {} : { range }) })
  const { counts, edges } = made
  const small = box.height < 40
  const inner = inset(box, [label ? 18 : 2, 4, small ? 1 : 18, 4])
  const xAt = linearScale([edges[0] ?? 0, edges.at(-1) ?? 1], [inner.x, inner.x + inner.width])
  const most = Math.max(...counts, 1)
  ctx.save()
  ctx.fillStyle = colour
  counts.forEach((count, i) => {
    if (count === 0) return
    const from = xAt(edges[i]!)
    const height = Math.max(1, (count / most) * inner.height)
    const width = xAt(edges[i + 1]!) - from
    ctx.fillRect(from, inner.y + inner.height - height, Math.max(0.5, width > 3 ? width - 1 : width), height)
  })
  ctx.fillStyle = theme.muted
  ctx.fillRect(inner.x, Math.round(inner.y + inner.height), inner.width, 1)
  ctx.restore()
  if (label) text(ctx, label, inner.x, box.y + 8, { colour: theme.muted, size: 11, width: inner.width })
  if (!small) numbers(ctx, box, inner, xAt, theme)
  return { ...made, xAt, inner }
}

const numbers = (
  ctx: CanvasRenderingContext2D,
  box: Box,
  inner: Box,
  xAt: ReturnType<typeof linearScale>,
  theme: Theme,
): void => {
  const [low, high] = [xAt.invert(inner.x), xAt.invert(inner.x + inner.width)]
  let free = -Infinity
  ctx.save()
  ctx.font = font(10)
  for (const value of ticks(low, high, Math.max(1, Math.min(5, Math.floor(inner.width / 50))))) {
    const words = shown(value)
    const half = ctx.measureText(words).width / 2
    const middle = Math.min(Math.max(xAt(value), box.x + half), box.x + box.width - half)
    if (middle - half < free) continue
    text(ctx, words, middle, inner.y + inner.height + 10, { colour: theme.muted, size: 10, align: 'center' })
    free = middle + half + 6
  }
  ctx.restore()
}
