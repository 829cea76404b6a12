import type { Box } from './box.ts'
import { contour } from './contour.ts'
import { type Interval, rangeOf } from './scale.ts'
import { type Ramp, type Rgb, rgb } from './theme.ts'

export interface HeatMapOptions {
  /** Row by row. NaN is left open. */
  readonly values: ArrayLike<number>
  readonly rows: number
  readonly columns: number
  /** What the ends of the ramp stand for. Default: the smallest and largest value. */
  readonly range?: Interval
  readonly ramp: Ramp
  /** Blends between cells instead of showing them. Default false. */
  readonly smooth?: boolean
  /** Values along which a line is drawn. */
  readonly contours?: readonly number[]
  readonly contourColour?: string
  readonly contourWidth?: number
  /** The first row below, as in a plane where y grows upwards. */
  readonly flip?: boolean
  /** Opacity of all of it. Default 1. */
  readonly alpha?: number
}

/** Where a value stands in a ramp of 256 colours. */
export const rampIndex = (value: number, [low, high]: Interval): number =>
  Math.max(0, Math.min(255, Math.round(((value - low) / (high - low || 1)) * 255)))

/** Values as colours. */
export const heatMap = (ctx: CanvasRenderingContext2D, box: Box, options: HeatMapOptions): void => {
  const { values, rows, columns, ramp, smooth = false, flip = false, alpha = 1 } = options
  const range = options.range ?? rangeOf(values)
  pixels(ctx, box, { rows, columns, smooth, flip, alpha }, (out, at, cell) => {
    const value = values[cell]!
    if (Number.isNaN(value)) return
    paint(out, at, ramp[rampIndex(value, range)]!, 255)
  })
  if (!options.contours?.length) return
  ctx.save()
  ctx.strokeStyle = options.contourColour ?? 'rgb(128 128 128 / 0.7)'
  ctx.lineWidth = options.contourWidth ?? 1
  ctx.lineCap = 'round'
  ctx.beginPath()
  for (const level of options.contours) {
    const points = contour(values, rows, columns, level)
    for (let i = 0; i < points.length; i += 2) {
      const x = box.x + ((points[i]! + 0.5) / columns) * box.width
      const down = ((points[i + 1]! + 0.5) / rows) * box.height
      const y = flip ? box.y + box.height - down : box.y + down
      if (i % 4 === 0) ctx.moveTo(x, y)
      else ctx.lineTo(x, y)
    }
  }
  ctx.stroke()
  ctx.restore()
}

export interface CategoriesOptions {
  /** A class for each cell, row by row; below 0 is left open. */
  readonly classes: ArrayLike<number>
  readonly rows: number
  readonly columns: number
  readonly colours: readonly string[]
  /** How sure each cell is, 0 to 1: its opacity. Default 0.35 everywhere. */
  readonly strength?: ArrayLike<number>
  readonly smooth?: boolean
  readonly flip?: boolean
}

/** Classes as colours: decision regions. */
export const categories = (ctx: CanvasRenderingContext2D, box: Box, options: CategoriesOptions): void => {
  const { classes, rows, columns, colours, strength, smooth = true, flip = false } = options
  const table = colours.map(rgb)
  pixels(ctx, box, { rows, columns, smooth, flip, alpha: 1 }, (out, at, cell) => {
    const which = classes[cell]!
    if (!(which >= 0)) return
    paint(out, at, table[which % table.length]!, (strength ? strength[cell]! : 0.35) * 255)
  })
}

export interface ImageOptions {
  /** One (grey) or three (red, green, blue) numbers a pixel, 0 to 255, row by row; four with opacity. */
  readonly values: ArrayLike<number>
  readonly rows: number
  readonly columns: number
  readonly channels: 1 | 3 | 4
  readonly smooth?: boolean
}

/** A picture as it is. */
export const image = (ctx: CanvasRenderingContext2D, box: Box, options: ImageOptions): void => {
  const { values, rows, columns, channels, smooth = false } = options
  pixels(ctx, box, { rows, columns, smooth, flip: false, alpha: 1 }, (out, at, cell) => {
    const from = cell * channels
    const red = values[from]!
    const colour: Rgb = channels === 1 ? [red, red, red] : [red, values[from + 1]!, values[from + 2]!]
    paint(out, at, colour, channels === 4 ? values[from + 3]! : 255)
  })
}

const paint = (out: Uint8ClampedArray, at: number, [red, green, blue]: Rgb, alpha: number): void => {
  out[at] = red
  out[at + 1] = green
  out[at + 2] = blue
  out[at + 3] = alpha
}

interface Grid {
  readonly rows: number
  readonly columns: number
  readonly smooth: boolean
  readonly flip: boolean
  readonly alpha: number
}

// One image of a pixel a cell, drawn large: ten thousand rectangles would take a hundred times as long.
const pixels = (
  ctx: CanvasRenderingContext2D,
  box: Box,
  { rows, columns, smooth, flip, alpha }: Grid,
  fill: (out: Uint8ClampedArray, at: number, cell: number) => void,
): void => {
  if (rows < 1 || columns < 1 || box.width <= 0 || box.height <= 0) return
  const small = new OffscreenCanvas(columns, rows)
  const inside = small.getContext('2d')
  if (!inside) return
  const picture = inside.createImageData(columns, rows)
  for (let row = 0; row < rows; row++) {
    const to = (flip ? rows - 1 - row : row) * columns
    for (let column = 0; column < columns; column++) fill(picture.data, (to + column) * 4, row * columns + column)
  }
  inside.putImageData(picture, 0, 0)
  ctx.save()
  ctx.globalAlpha *= alpha
  // Cells smaller than a pixel are averaged, else every second row would be lost.
  ctx.imageSmoothingEnabled = smooth || columns > box.width || rows > box.height
  ctx.imageSmoothingQuality = smooth ? 'low' : 'high'
  ctx.drawImage(small, box.x, box.y, box.width, box.height)
  ctx.restore()
}
