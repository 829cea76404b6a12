import type { Box } from '../../kit/canvas/box.ts'
import { heatMap, image } from '../../kit/canvas/heat-map.ts'
import { rangeOf } from '../../kit/canvas/scale.ts'
import { diverging, mix, rgb, type Theme } from '../../kit/canvas/theme.ts'

// Pictures that several parts of the lab share.

type Ctx = CanvasRenderingContext2D

/** A digit in ink, and where its evidence lies in colour over it. */
export const ink = (
  ctx: Ctx,
  box: Box,
  values: ArrayLike<number>,
  { most = 1, theme, cam }: { readonly most?: number; readonly theme: Theme; readonly cam?: ArrayLike<number> },
): void => {
  const side = Math.sqrt(values.length)
  const [paper, text, warm] = [rgb(theme.background), rgb(theme.text), rgb(theme.positive)]
  const pixels = new Float32Array(3 * values.length)
  for (let i = 0; i < values.length; i++) {
    const written = mix(paper, text, values[i]! / most)
    pixels.set(cam ? mix(written, warm, 0.75 * cam[i]!) : written, 3 * i)
  }
  image(ctx, box, { values: pixels, rows: side, columns: side, channels: 3 })
}

export interface Grid {
  readonly count: number
  readonly side: number
  /** `[count, side, side]`. */
  readonly values: Float32Array
}

/** Cells between two maps of a grid. */
const gapOf = (side: number): number => Math.max(1, Math.round(side / 14))

/** Width over height of maps that stand in rows of `across`. */
export const gridAspect = ({ count, side }: Grid, across: number): number => {
  const step = side + gapOf(side)
  return (across * step) / (Math.ceil(count / across) * step)
}

/** Square maps side by side as one image, all on one scale: blue below 0, orange above. */
export const mapGrid = (ctx: Ctx, box: Box, grid: Grid, across: number, theme: Theme): void => {
  const { count, side, values } = grid
  const step = side + gapOf(side)
  const [rows, columns] = [Math.ceil(count / across) * step, across * step]
  const cells = new Float32Array(rows * columns).fill(Number.NaN)
  for (let map = 0; map < count; map++) {
    const [top, left] = [Math.floor(map / across) * step, (map % across) * step]
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) cells[(top + y) * columns + left + x] = values[(map * side + y) * side + x]!
  }
  heatMap(ctx, box, {
    values: cells,
    rows,
    columns,
    ramp: diverging(theme),
    range: rangeOf(values, { balanced: true }),
  })
}
