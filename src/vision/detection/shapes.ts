/** A shape around the origin. */
export interface Outline {
  /** How far a point is from the edge, in pixels, below 0 inside (no further from it than this says). */
  readonly distance: (x: number, y: number) => number
  /** The smallest box around it: `x1, y1, x2, y2`. */
  readonly box: readonly [number, number, number, number]
}
type Point = readonly [number, number]

/** A convex polygon, its corners in the order of growing angle. */
const polygon = (corners: readonly Point[]): Outline => {
  const edges = corners.map(([x0, y0], i) => {
    const [x1, y1] = corners[(i + 1) % corners.length]!
    const length = Math.hypot(x1 - x0, y1 - y0)
    return { x0, y0, nx: (y1 - y0) / length, ny: (x0 - x1) / length }
  })
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)]
  return {
    distance: (x, y) => {
      let most = Number.NEGATIVE_INFINITY
      for (const { x0, y0, nx, ny } of edges) most = Math.max(most, (x - x0) * nx + (y - y0) * ny)
      return most
    },
    box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
  }
}
const union = (a: Outline, b: Outline): Outline => ({
  distance: (x, y) => Math.min(a.distance(x, y), b.distance(x, y)),
  box: [
    Math.min(a.box[0], b.box[0]),
    Math.min(a.box[1], b.box[1]),
    Math.max(a.box[2], b.box[2]),
    Math.max(a.box[3], b.box[3]),
  ],
})
/** What lies between two circles. */
const disc = (outer: number, inner = 0): Outline => ({
  distance: (x, y) => {
    const r = Math.hypot(x, y)
    return Math.max(r - outer, inner - r)
  },
  box: [-outer, -outer, outer, outer],
})
/** A regular polygon with its corners on a circle. */
const regular = (sides: number, radius: number, angle: number): Outline =>
  polygon(
    Array.from({ length: sides }, (_, i) => {
      const at = angle + (2 * Math.PI * i) / sides
      return [radius * Math.cos(at), radius * Math.sin(at)] as const
    }),
  )
const rectangle = (halfLength: number, halfWidth: number, angle: number): Outline => {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const corner = (u: number, v: number): Point => [u * cos - v * sin, u * sin + v * cos]
  const [a, b] = [halfLength, halfWidth]
  return polygon([corner(-a, -b), corner(a, -b), corner(a, b), corner(-a, b)])
}

/** Shapes by name, each from the radius of the circle around it, in pixels, and an angle, in radians. */
const outlines = {
  circle: (radius: number) => disc(radius),
  square: (radius: number, angle: number) => regular(4, radius, angle),
  triangle: (radius: number, angle: number) => regular(3, radius, angle),
  ring: (radius: number) => disc(radius, 0.6 * radius),
  cross: (radius: number, angle: number) =>
    union(rectangle(radius, 0.28 * radius, angle), rectangle(radius, 0.28 * radius, angle + Math.PI / 2)),
}

export const shapeNames = Object.keys(outlines) as readonly (keyof typeof outlines)[]
/** The shape of a class, from the radius of the circle around it, in pixels, and an angle, in radians. */
export const outlineOf = (shape: number, radius: number, angle: number): Outline =>
  outlines[shapeNames[shape]!](radius, angle)
