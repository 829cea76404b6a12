import { side, type Stroke } from './shot.ts'

/** The pen's radius in cells. */
const pen = 1.25
/** A drawing is made to fit into so many cells, as MNIST's digits are. */
const fitted = 20

/** Lays ink on what a straight piece covers: 1 within the pen, falling to 0 over one cell. */
const paint = (image: Float32Array, x0: number, y0: number, x1: number, y1: number): void => {
  const [dx, dy] = [x1 - x0, y1 - y0]
  const scale = 1 / Math.max(dx * dx + dy * dy, 1e-12)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const along = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) * scale))
      const ink = Math.min(1, pen + 0.5 - Math.hypot(x - x0 - along * dx, y - y0 - along * dy))
      const at = y * side + x
      if (ink > image[at]!) image[at] = ink
    }
  }
}

const painted = (strokes: readonly Stroke[], scale: number, dx: number, dy: number): Float32Array => {
  const image = new Float32Array(side * side)
  for (const stroke of strokes) {
    for (let i = 0; i + 1 < stroke.length; i += 2) {
      const next = Math.min(i + 2, stroke.length - 2)
      const at = [stroke[i]!, stroke[i + 1]!, stroke[next]!, stroke[next + 1]!] as const
      paint(image, at[0] * scale + dx, at[1] * scale + dy, at[2] * scale + dx, at[3] * scale + dy)
    }
  }
  return image
}

/**
 * A drawing as the network gets it, made as MNIST was: scaled to fit into 20 by 20 cells, then moved so that its ink's centre of mass stands in the middle. It is scaled
 * before the pen touches it, so that the line is equally wide whatever the size of the drawing.
 */
export const centred = (strokes: readonly Stroke[]): Float32Array => {
  const [xs, ys] = [0, 1].map(axis => strokes.flatMap(stroke => stroke.filter((_, i) => i % 2 === axis)))
  if (xs!.length === 0) return new Float32Array(side * side)
  const [left, top] = [Math.min(...xs!), Math.min(...ys!)]
  const [width, height] = [Math.max(...xs!) - left, Math.max(...ys!) - top]
  // A dot is not blown up.
  const scale = Math.min((fitted - 2 * pen) / Math.max(width, height, 1e-9), 4)
  const middle = (side - 1) / 2
  const [dx, dy] = [middle - (left + width / 2) * scale, middle - (top + height / 2) * scale]
  const image = painted(strokes, scale, dx, dy)
  let [mass, x, y] = [0, 0, 0]
  for (let i = 0; i < image.length; i++) {
    mass += image[i]!
    x += image[i]! * (i % side)
    y += image[i]! * Math.floor(i / side)
  }
  return mass === 0 ? image : painted(strokes, scale, dx + middle - x / mass, dy + middle - y / mass)
}
