import { reach } from './shot.ts'

type Weights = readonly [w1: number, w2: number, b: number]
type Point = readonly [x: number, y: number]

/** Two points of `w1 x + w2 y + b = level`, beyond the picture on both sides; null where it is no line. */
export const boundary = ([w1, w2, b]: Weights, level: number): readonly [Point, Point] | null => {
  const size = Math.hypot(w1, w2)
  if (!(size > 1e-9) || size === Infinity) return null
  const away = (level - b) / size
  const [nx, ny] = [w1 / size, w2 / size]
  const long = 4 * reach
  const at = (t: number): Point => [nx * away - ny * t, ny * away + nx * t]
  return [at(-long), at(long)]
}

/** Where the line is taken hold of: its middle moves it, its ends turn it. */
export const handles = (weights: Weights): Readonly<Record<'middle' | 'first' | 'second', Point>> | null => {
  const ends = boundary(weights, 0)
  if (!ends) return null
  const [w1, w2, b] = weights
  const size = Math.hypot(w1, w2)
  // The point nearest to the origin, pushed back into the picture where the line stands far away.
  const away = Math.max(-reach * 0.9, Math.min(reach * 0.9, -b / size))
  const [nx, ny] = [w1 / size, w2 / size]
  const at = (t: number): Point => [nx * away - ny * t, ny * away + nx * t]
  return { middle: at(0), first: at(-0.75), second: at(0.75) }
}

const round = (value: number): number => Number(value.toPrecision(4))

/** The weights of the line when a handle has been taken to a place: as steep as before. */
export const dragged = (
  weights: Weights,
  handle: 'middle' | 'first' | 'second',
  [x, y]: Point,
): { readonly w1: number; readonly w2: number; readonly b: number } => {
  const [w1, w2, b] = weights
  if (handle === 'middle') return { w1: round(w1), w2: round(w2), b: round(-(w1 * x + w2 * y)) }
  const all = handles(weights)
  const fixed = all?.[handle === 'first' ? 'second' : 'first']
  if (!fixed) return { w1, w2, b }
  const [dx, dy] = [x - fixed[0], y - fixed[1]]
  const length = Math.hypot(dx, dy)
  if (length < 0.05) return { w1: round(w1), w2: round(w2), b: round(b) }
  const size = Math.hypot(w1, w2)
  // Across the new direction, on the side where class 1 was.
  const turn = handle === 'first' ? 1 : -1
  const [n1, n2] = [(turn * size * -dy) / length, (turn * size * dx) / length]
  const [a1, a2] = n1 * w1 + n2 * w2 >= 0 ? [n1, n2] : [-n1, -n2]
  return { w1: round(a1), w2: round(a2), b: round(-(a1 * fixed[0] + a2 * fixed[1])) }
}
