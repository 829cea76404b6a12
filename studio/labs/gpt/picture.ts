import type { Theme } from '../../kit/canvas/theme.ts'
import type { GptShot } from './shot.ts'

/** What the model wrote on the way, a line for each sample, the latest darkest. */
export const picture = (
  ctx: CanvasRenderingContext2D,
  { width, height }: { readonly width: number; readonly height: number },
  { samples }: GptShot,
  theme: Theme,
): void => {
  const size = Math.max(10, Math.min(13, width / 26))
  const line = size * 1.55
  ctx.font = `${size}px ui-monospace, "DejaVu Sans Mono", monospace`
  ctx.textBaseline = 'alphabetic'
  const perLine = Math.floor((width - 24) / ctx.measureText('m').width)
  const latest = samples.at(-1)!
  ctx.fillStyle = theme.muted
  ctx.fillText(`after ${latest.step} steps`, 12, 12 + size)
  const words = latest.text.replaceAll(/\s+/g, ' ')
  const lines = Math.max(1, Math.floor((height - 12 - 2 * line) / line))
  ctx.fillStyle = theme.text
  for (let i = 0; i < lines && i * perLine < words.length; i++)
    ctx.fillText(words.slice(i * perLine, (i + 1) * perLine), 12, 12 + size + line * (i + 1.4))
}
