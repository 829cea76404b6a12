import type { Theme } from '../../kit/canvas/theme.ts'
import type { GptShot } from './shot.ts'

/** What the model wrote on the way, a line for each sample, the latest darkest. */
export const picture = (
  ctx: CanvasRenderingContext2D,
  { width, height }: { readonly width: number; readonly height: number },
  { samples }: GptShot,
  theme: Theme,
): void => {
  const size = Math.max(10, Math.min(13, width / 27))
  const line = size * 1.5
  ctx.font = `${size}px ui-monospace, "DejaVu Sans Mono", monospace`
  ctx.textBaseline = 'alphabetic'
  const perLine = Math.floor((width - 24) / ctx.measureText('m').width)
  const room = Math.floor((height - 20) / line)
  // The latest has as many lines as it needs, those before it two each.
  const blocks = samples.toReversed().map(({ step, text }, i) => {
    const words = text.replaceAll(/\s+/g, ' ')
    const count = Math.min(i === 0 ? 3 : 2, Math.ceil(words.length / perLine))
    return { step, lines: Array.from({ length: count }, (_, k) => words.slice(k * perLine, (k + 1) * perLine)) }
  })
  const shown = []
  let used = 0
  for (const block of blocks) {
    used += block.lines.length + 1
    if (used > room) break
    shown.unshift(block)
  }
  let y = 12 + size
  for (const [i, { step, lines }] of shown.entries()) {
    ctx.fillStyle = theme.muted
    ctx.fillText(`step ${step}`, 12, y)
    ctx.fillStyle = i === shown.length - 1 ? theme.text : theme.muted
    for (const words of lines) {
      y += line
      ctx.fillText(words, 12, y)
    }
    y += line
  }
}
