import { fitted, inset, whole } from '../../kit/canvas/box.ts'
import type { Theme } from '../../kit/canvas/theme.ts'
import { gridAspect, ink, mapGrid } from './drawing.ts'
import type { DigitsShot } from './shot.ts'

/** A digit, and what the first layer makes of it. */
export const picture = (
  ctx: CanvasRenderingContext2D,
  size: { readonly width: number; readonly height: number },
  { look }: DigitsShot,
  theme: Theme,
): void => {
  const box = whole(size, 12)
  const side = Math.min(box.height, box.width * 0.52)
  const left = { x: box.x, y: box.y + (box.height - side) / 2, width: side, height: side }
  ink(ctx, left, look.image, { theme, cam: look.cam })
  const layer = look.layers[1]!
  const grid = { count: layer.channels, side: layer.side, values: layer.values }
  const across = Math.ceil(Math.sqrt(layer.channels / 1.4))
  mapGrid(ctx, fitted(inset(box, [0, 0, 0, side + 12]), gridAspect(grid, across)), grid, across, theme)
}
