import { type Box, inset } from './box.ts'
import { heatMap, rampIndex } from './heat-map.ts'
import { type Interval, rangeOf, shown } from './scale.ts'
import { font, text } from './text.ts'
import { css, inkOn, type Ramp, type Theme } from './theme.ts'

export interface MatrixOptions {
  /** Row by row. NaN is left open. */
  readonly values: ArrayLike<number>
  readonly rows: number
  readonly columns: number
  readonly ramp: Ramp
  readonly theme: Theme
  /** What the ends of the ramp stand for. Default: the smallest and largest value. */
  readonly range?: Interval
  readonly rowLabels?: readonly string[]
  readonly columnLabels?: readonly string[]
  /** Names of the axes, as `true class` and `predicted class`. */
  readonly rowTitle?: string
  readonly columnTitle?: string
  /** Writes the values into their cells; `auto`, the default, where they fit. */
  readonly numbers?: boolean | 'auto'
  readonly shown?: (value: number) => string
  readonly highlight?: readonly [row: number, column: number] | null
  /** Cells as high as wide. Default true. */
  readonly square?: boolean
}

export interface Matrix {
  readonly inner: Box
  /** The cell under a point, or null outside. */
  readonly cellAt: (x: number, y: number) => [row: number, column: number] | null
  readonly boxOf: (row: number, column: number) => Box
}

/** A table of values as coloured cells: confusion, attention, kernels. Small cells are drawn as one image. */
export const matrix = (ctx: CanvasRenderingContext2D, box: Box, options: MatrixOptions): Matrix => {
  const { rows, columns, theme, highlight } = options
  const { inner, turned } = placed(ctx, box, options)
  const wide = inner.width / columns
  const high = inner.height / rows
  const boxOf = (row: number, column: number): Box => ({
    x: inner.x + column * wide,
    y: inner.y + row * high,
    width: wide,
    height: high,
  })
  const range = options.range ?? rangeOf(options.values)
  if (wide >= 9 && high >= 9) cells(ctx, options, range, boxOf)
  else {
    heatMap(ctx, inner, { ...options, range })
    outline(ctx, inner, theme.grid, 1)
  }
  labels(ctx, inner, options, turned)
  if (highlight) outline(ctx, inset(boxOf(highlight[0], highlight[1]), -0.5), theme.text, 2)
  const cellAt = (x: number, y: number): [number, number] | null => {
    const column = Math.floor((x - inner.x) / wide)
    const row = Math.floor((y - inner.y) / high)
    return row >= 0 && row < rows && column >= 0 && column < columns ? [row, column] : null
  }
  return { inner, cellAt, boxOf }
}

const most = 90

/** Room for the labels, then as large a grid as is left, at the top of it. */
const placed = (ctx: CanvasRenderingContext2D, box: Box, options: MatrixOptions): { inner: Box; turned: boolean } => {
  const { rows, columns, rowLabels, columnLabels, rowTitle, columnTitle, square = true } = options
  ctx.save()
  ctx.font = font(11)
  const widest = (all: readonly string[]) => Math.max(0, ...all.map(label => ctx.measureText(label).width))
  const limit = Math.min(most, box.width * 0.3)
  const left = (rowTitle ? 16 : 0) + (rowLabels ? Math.min(limit, Math.ceil(widest(rowLabels))) + 6 : 0)
  const across = columnLabels ? widest(columnLabels) : 0
  const turned = across > (box.width - left) / columns - 2
  const down = turned ? Math.min(limit, Math.ceil(across)) + 6 : 16
  const top = (columnTitle ? 16 : 0) + (columnLabels ? down : 0)
  ctx.restore()
  const room = inset(box, [top, 1, 1, left])
  const side = Math.min(room.width / columns, room.height / rows)
  // Whole pixels, so that the gaps between cells are equally wide.
  const whole = side >= 9 ? Math.floor(side) : side
  const [width, height] = [whole * columns, whole * rows]
  const inner = square ? { x: room.x + Math.floor((room.width - width) / 2), y: room.y, width, height } : room
  return { inner, turned }
}

const cells = (
  ctx: CanvasRenderingContext2D,
  options: MatrixOptions,
  range: Interval,
  boxOf: (row: number, column: number) => Box,
): void => {
  const { values, rows, columns, ramp, theme, numbers = 'auto', shown: say = value => shown(value, 3) } = options
  const { width, height } = boxOf(0, 0)
  const size = Math.max(9, Math.min(13, height * 0.45))
  ctx.save()
  ctx.font = font(size)
  const fits = (i: number) => ctx.measureText(say(values[i]!)).width <= width - 4
  const written =
    numbers === 'auto' ? height >= 15 && Array.from({ length: rows * columns }, (_, i) => i).every(fits) : numbers
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column]!
      const cell = boxOf(row, column)
      const colour = Number.isNaN(value) ? null : ramp[rampIndex(value, range)]!
      ctx.fillStyle = colour ? css(colour) : theme.background
      ctx.fillRect(cell.x, cell.y, cell.width - 1, cell.height - 1)
      if (!written || !colour) continue
      const [x, y] = [cell.x + (width - 1) / 2, cell.y + (height - 1) / 2 + 0.5]
      text(ctx, say(value), x, y, { colour: inkOn(colour), size, align: 'center' })
    }
  ctx.restore()
  const all = boxOf(0, 0)
  outline(ctx, { x: all.x - 1, y: all.y - 1, width: width * columns + 1, height: height * rows + 1 }, theme.grid, 1)
}

const outline = (ctx: CanvasRenderingContext2D, box: Box, colour: string, width: number): void => {
  ctx.save()
  ctx.strokeStyle = colour
  ctx.lineWidth = width
  const [x, y] = [Math.round(box.x) + 0.5, Math.round(box.y) + 0.5]
  ctx.strokeRect(x, y, Math.round(box.width) - 1, Math.round(box.height) - 1)
  ctx.restore()
}

/** Labels of rows and columns; where they would touch, only every second, fifth, … is written. */
const labels = (ctx: CanvasRenderingContext2D, inner: Box, options: MatrixOptions, turned: boolean): void => {
  const { rows, columns, rowLabels, columnLabels, rowTitle, columnTitle, theme, highlight } = options
  const wide = inner.width / columns
  const high = inner.height / rows
  const limit = most
  const style = (on: boolean) => ({ colour: on ? theme.text : theme.muted, size: 11, ...(on ? { weight: 600 } : {}) })
  const every = (size: number) => Math.max(1, Math.ceil(13 / size))
  rowLabels?.forEach((label, row) => {
    const on = highlight?.[0] === row
    if (row >= rows || (row % every(high) !== 0 && !on)) return
    const y = inner.y + (row + 0.5) * high
    text(ctx, label, inner.x - 6, y, { ...style(on), align: 'right', width: limit })
  })
  columnLabels?.forEach((label, column) => {
    const on = highlight?.[1] === column
    if (column >= columns || (turned && column % every(wide) !== 0 && !on)) return
    const x = inner.x + (column + 0.5) * wide
    if (turned) text(ctx, label, x, inner.y - 5, { ...style(on), turn: 1, width: limit })
    else text(ctx, label, x, inner.y - 8, { ...style(on), align: 'center' })
  })
  const title = { colour: theme.muted, size: 11, align: 'center' } as const
  const labelled = columnLabels ? (turned ? Math.min(limit, longest(ctx, columnLabels)) + 6 : 16) : 0
  if (columnTitle) text(ctx, columnTitle, inner.x + inner.width / 2, inner.y - labelled - 8, title)
  if (!rowTitle) return
  const aside = rowLabels ? Math.min(limit, longest(ctx, rowLabels)) + 6 : 0
  text(ctx, rowTitle, inner.x - aside - 8, inner.y + inner.height / 2, { ...title, turn: 1 })
}

const longest = (ctx: CanvasRenderingContext2D, all: readonly string[]): number => {
  ctx.save()
  ctx.font = font(11)
  const width = Math.max(0, ...all.map(label => ctx.measureText(label).width))
  ctx.restore()
  return Math.ceil(width)
}
