import type { Size } from './box.ts'

/** How points are looked at. Two dimensions: moved and zoomed; three: turned about their middle and zoomed. */
export interface Camera {
  readonly zoom: number
  /** Parts of the picture's smaller side. */
  readonly panX: number
  readonly panY: number
  /** Radians. */
  readonly yaw: number
  readonly pitch: number
}

export const startCamera: Camera = { zoom: 1, panX: 0, panY: 0, yaw: 0.6, pitch: 0.35 }

/** The middle of all points, and how far they reach from it: in two dimensions along an axis, in three in any direction. */
export interface Bounds {
  readonly middle: readonly [number, number, number]
  readonly reach: number
}

export const boundsOf = (positions: Float32Array, dimensions: 2 | 3): Bounds => {
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < positions.length; i++) {
    const value = positions[i]!
    const axis = i % dimensions
    if (value < low[axis]! && value > -Infinity) low[axis] = value
    if (value > high[axis]! && value < Infinity) high[axis] = value
  }
  const half = low.map((from, axis) => (from <= high[axis]! ? (high[axis]! - from) / 2 : 0))
  const middle = low.map((from, axis) => (from <= high[axis]! ? (from + high[axis]!) / 2 : 0))
  const [x, y, z] = [middle[0]!, middle[1]!, middle[2]!]
  let reach = dimensions === 2 ? Math.max(half[0]!, half[1]!) : 0
  if (dimensions === 3)
    for (let i = 0; i + 2 < positions.length; i += 3) {
      const far = Math.hypot(positions[i]! - x, positions[i + 1]! - y, positions[i + 2]! - z)
      if (far > reach && far < Infinity) reach = far
    }
  return { middle: [x, y, z], reach: reach || 1 }
}

/** Distance of the eye in three dimensions, in reaches. */
export const eye = 3.2

/**
 * The matrix from positions to clip space, column by column as WebGL wants it. Two dimensions keep their proportions; y grows upwards.
 */
export const cameraMatrix = (
  camera: Camera,
  bounds: Bounds,
  dimensions: 2 | 3,
  { width, height }: Size,
): Float32Array => {
  const { zoom, panX, panY, yaw, pitch } = camera
  const small = Math.min(width, height)
  // 0.92: the outermost points are not cut by the edge.
  const [fitX, fitY] = [(0.92 * zoom * small) / width, (0.92 * zoom * small) / height]
  const [moveX, moveY] = [(2 * panX * small) / width, (-2 * panY * small) / height]
  const scale = 1 / bounds.reach
  const [a, b, c] = bounds.middle
  if (dimensions === 2) {
    const [sx, sy] = [fitX * scale, fitY * scale]
    return new Float32Array([sx, 0, 0, 0, 0, sy, 0, 0, 0, 0, 0, 0, moveX - a * sx, moveY - b * sy, 0, 1])
  }
  const [sin, cos, up, flat] = [Math.sin(yaw), Math.cos(yaw), Math.sin(pitch), Math.cos(pitch)]
  // Rows of the turning: to the right, up, and towards the eye.
  const right = [cos, 0, sin]
  const above = [sin * up, flat, -cos * up]
  const near = [-sin * flat, up, cos * flat]
  // A ball of one reach just fills the picture.
  const far = Math.sqrt(eye * eye - 1)
  const columns = [0, 1, 2].map(i => {
    const [x, y, z] = [right[i]! * scale, above[i]! * scale, near[i]! * scale]
    return [x * fitX * far - z * moveX, y * fitY * far - z * moveY, -z * 1.1, -z]
  })
  const last = [0, 1, 2, 3].map(row => -(columns[0]![row]! * a + columns[1]![row]! * b + columns[2]![row]! * c))
  last[0]! += eye * moveX
  last[1]! += eye * moveY
  last[3]! += eye
  return new Float32Array([...columns.flat(), ...last])
}

/** Where a point is seen, in pixels; `w` is its distance (1 in two dimensions). */
export const projected = (
  m: Float32Array,
  positions: Float32Array,
  dimensions: 2 | 3,
  i: number,
  { width, height }: Size,
): { x: number; y: number; w: number } => {
  const x = positions[i * dimensions]!
  const y = positions[i * dimensions + 1]!
  const z = dimensions === 3 ? positions[i * dimensions + 2]! : 0
  const w = m[3]! * x + m[7]! * y + m[11]! * z + m[15]!
  const right = (m[0]! * x + m[4]! * y + m[8]! * z + m[12]!) / w
  const up = (m[1]! * x + m[5]! * y + m[9]! * z + m[13]!) / w
  return { x: ((right + 1) / 2) * width, y: ((1 - up) / 2) * height, w }
}

/** The point nearest to a place on the picture, the one in front of two at one place; null where none is within `within` pixels. */
export const nearest = (
  m: Float32Array,
  positions: Float32Array,
  dimensions: 2 | 3,
  size: Size,
  at: { readonly x: number; readonly y: number },
  within = 14,
): number | null => {
  let best = within
  let found: number | null = null
  const count = Math.floor(positions.length / dimensions)
  for (let i = 0; i < count; i++) {
    const { x, y, w } = projected(m, positions, dimensions, i, size)
    const distance = w > 0 ? Math.hypot(x - at.x, y - at.y) + w : Infinity
    if (distance < best) {
      best = distance
      found = i
    }
  }
  return found
}
