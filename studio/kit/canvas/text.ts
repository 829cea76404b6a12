/** The pictures' typeface at a size in CSS pixels. */
export const font = (size = 12, weight: number | '' = ''): string =>
  `${weight} ${size}px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif`.trim()

/** The text, or as much of its beginning as fits the width, with an ellipsis. */
export const fitText = (ctx: CanvasRenderingContext2D, text: string, width: number): string => {
  if (ctx.measureText(text).width <= width) return text
  const letters = Array.from(text)
  let low = 0
  let high = letters.length
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (ctx.measureText(`${letters.slice(0, middle).join('')}…`).width <= width) low = middle
    else high = middle - 1
  }
  return low === 0 ? '' : `${letters.slice(0, low).join('')}…`
}

export interface TextStyle {
  readonly colour: string
  readonly size?: number
  readonly weight?: number
  readonly align?: 'left' | 'center' | 'right'
  readonly baseline?: 'top' | 'middle' | 'bottom' | 'alphabetic'
  /** Longer text is cut with an ellipsis. */
  readonly width?: number
  /** A colour around the letters, so that they are read on anything. */
  readonly halo?: string
  /** Quarter turns against the clock: 1 reads upwards. */
  readonly turn?: 0 | 1
}

export const text = (ctx: CanvasRenderingContext2D, words: string, x: number, y: number, style: TextStyle): void => {
  const { colour, size = 12, weight, align = 'left', baseline = 'middle', width, halo, turn = 0 } = style
  ctx.save()
  ctx.font = font(size, weight)
  ctx.textAlign = align
  ctx.textBaseline = baseline
  const seen = width === undefined ? words : fitText(ctx, words, width)
  ctx.translate(x, y)
  if (turn) ctx.rotate(-Math.PI / 2)
  if (halo !== undefined) {
    ctx.strokeStyle = halo
    ctx.lineWidth = 3
    ctx.lineJoin = 'round'
    ctx.strokeText(seen, 0, 0)
  }
  ctx.fillStyle = colour
  ctx.fillText(seen, 0, 0)
  ctx.restore()
}
