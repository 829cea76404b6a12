import { inset, whole } from '../../kit/canvas/box.ts'
import { font } from '../../kit/canvas/text.ts'
import { faded, type Theme } from '../../kit/canvas/theme.ts'
import type { TokenizerShot } from './shot.ts'
import { visible } from './words.ts'

/** The text as boxes, one a token, with its latest merge below. */
export const picture = (
  ctx: CanvasRenderingContext2D,
  size: { readonly width: number; readonly height: number },
  { main, merges }: TokenizerShot,
  theme: Theme,
): void => {
  const box = inset(whole(size), [14, 14, 34, 14])
  const [line, high] = [27, 21]
  ctx.font = font(13)
  ctx.textBaseline = 'middle'
  let [x, y] = [box.x, box.y]
  for (const [i, { text }] of main.pieces.entries()) {
    const words = visible(text)
    const width = ctx.measureText(words).width + 9
    if (x + width > box.x + box.width && x > box.x) {
      x = box.x
      y += line
    }
    if (y + high > box.y + box.height) break
    const colour = theme.groups[i % 5]!
    ctx.fillStyle = faded(colour, theme.dark ? 0.3 : 0.18)
    ctx.strokeStyle = colour
    ctx.lineWidth = 1
    ctx.beginPath()
    ctx.roundRect(x + 0.5, y + 0.5, width - 1, high - 1, 4)
    ctx.fill()
    ctx.stroke()
    ctx.fillStyle = theme.text
    ctx.fillText(words, x + 4.5, y + high / 2 + 1)
    x += width + 3
  }
  const last = merges.at(-1)
  if (!last?.pair) return
  ctx.font = font(12)
  ctx.fillStyle = theme.muted
  ctx.fillText(`merge ${last.rank}: ${last.pair.join(' + ')} → ${last.token}`, box.x, size.height - 17)
}
