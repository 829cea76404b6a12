/** A rectangle in CSS pixels, y downwards. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

/** The whole of a picture, less a margin. */
export const whole = ({ width, height }: Size, margin = 0): Box => inset({ x: 0, y: 0, width, height }, margin)

/** The box without its margins: one for all sides, or top, right, bottom, left. Never of negative size. */
export const inset = (box: Box, margins: number | readonly [number, number, number, number]): Box => {
  const [top, right, bottom, left] = typeof margins === 'number' ? [margins, margins, margins, margins] : margins
  return {
    x: box.x + left,
    y: box.y + top,
    width: Math.max(0, box.width - left - right),
    height: Math.max(0, box.height - top - bottom),
  }
}

/** Divides a box into `count` equal columns (or rows) with a gap between. */
export const divided = (box: Box, count: number, { gap = 8, rows = false } = {}): Box[] => {
  const size = Math.max(0, ((rows ? box.height : box.width) - gap * (count - 1)) / count)
  return Array.from({ length: count }, (_, i) =>
    rows ? { ...box, y: box.y + i * (size + gap), height: size } : { ...box, x: box.x + i * (size + gap), width: size },
  )
}

export const within = (box: Box, x: number, y: number): boolean =>
  x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height

/** The largest box of this width over height inside, in its middle: pictures and planes keep their proportions. */
export const fitted = (box: Box, aspect: number): Box => {
  const width = Math.min(box.width, box.height * aspect)
  const height = width / aspect
  return { x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height }
}
