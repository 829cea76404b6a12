import type { Box, Size } from './box.ts'
import { projected } from './camera.ts'
import { font, text } from './text.ts'
import type { Theme } from './theme.ts'

/** Four bytes a point, from three or four. Points without a colour are grey. */
export const withOpacity = (colours: Uint8Array, count: number): Uint8Array => {
  if (colours.length === count * 4) return colours
  const out = new Uint8Array(count * 4).fill(128)
  for (let i = 0; i < count; i++) {
    if (i * 3 + 2 < colours.length) out.set(colours.subarray(i * 3, i * 3 + 3), i * 4)
    out[i * 4 + 3] = 255
  }
  return out
}

interface Seen {
  readonly matrix: Float32Array
  readonly positions: Float32Array
  readonly dimensions: 2 | 3
}

/** The same picture without a graphics card: those behind first. */
export const drawPlain = (
  ctx: CanvasRenderingContext2D,
  size: Size,
  seen: Seen & { readonly colours: Uint8Array; readonly diameter: number; readonly alpha: number },
): void => {
  const { matrix, positions, dimensions, colours, diameter, alpha } = seen
  const count = Math.floor(positions.length / dimensions)
  const spots = Array.from({ length: count }, (_, i) => ({ ...projected(matrix, positions, dimensions, i, size), i }))
  if (dimensions === 3) spots.sort((a, b) => b.w - a.w)
  ctx.save()
  for (const { x, y, w, i } of spots) {
    if (w <= 0 || x < -9 || y < -9 || x > size.width + 9 || y > size.height + 9) continue
    ctx.globalAlpha = (alpha * colours[i * 4 + 3]!) / 255
    ctx.fillStyle = `rgb(${colours[i * 4]} ${colours[i * 4 + 1]} ${colours[i * 4 + 2]})`
    if (count > 5000) ctx.fillRect(x - diameter / 2, y - diameter / 2, diameter, diameter)
    else {
      ctx.beginPath()
      ctx.arc(x, y, diameter / 2, 0, 2 * Math.PI)
      ctx.fill()
    }
  }
  ctx.restore()
}

const most = 3000

const touch = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

/** Names beside their points, the important ones first; one that would touch another is left out. With `only`, none but the first ones. */
export const drawLabels = (
  ctx: CanvasRenderingContext2D,
  size: Size,
  theme: Theme,
  options: Seen & { readonly labels: readonly string[]; readonly first: readonly number[]; readonly only: boolean },
): void => {
  const { matrix, positions, dimensions, labels, first, only } = options
  const count = Math.min(labels.length, Math.floor(positions.length / dimensions))
  const chosen = new Set(first)
  const spots = Array.from({ length: Math.min(count, most) }, (_, i) =>
    projected(matrix, positions, dimensions, i, size),
  )
  // Where few points are, names keep off them as well.
  const dots = count <= 500 ? spots : []
  const taken: Box[] = []
  const free = (box: Box, i: number): boolean =>
    box.x >= 0 &&
    box.x + box.width <= size.width &&
    !taken.some(other => touch(box, other)) &&
    !dots.some(({ x, y }, j) => j !== i && touch(box, { x: x - 3, y: y - 3, width: 6, height: 6 }))
  const write = (i: number): void => {
    const { x, y, w } = spots[i] ?? projected(matrix, positions, dimensions, i, size)
    if (w <= 0 || x < 0 || y < 0 || x > size.width || y > size.height) return
    const strong = chosen.has(i)
    const width = Math.min(160, ctx.measureText(labels[i]!).width + 4)
    const at = (left: number, top: number): Box => ({ x: left, y: top, width, height: 13 })
    const places = [at(x + 7, y - 6), at(x - 7 - width, y - 6), at(x - width / 2, y - 20), at(x - width / 2, y + 7)]
    const place = places.find(box => free(box, i)) ?? (strong ? places[0] : undefined)
    if (!place) return
    taken.push(place)
    text(ctx, labels[i]!, place.x + 1, place.y + 6.5, {
      colour: strong ? theme.text : theme.muted,
      size: 11,
      width,
      ...(strong ? { weight: 600, halo: theme.panel } : {}),
    })
  }
  ctx.save()
  ctx.font = font(11, 600)
  for (const i of first) if (i < count) write(i)
  // A few hundred names fill any picture; more would only cost time.
  for (let i = 0; i < count && !only && taken.length < 150 && i < most; i++) if (!chosen.has(i)) write(i)
  ctx.restore()
}
