import type { Interpolation } from '../../data/resample.ts'
import type { Planes } from './transform.ts'

/** Where a place of the new image comes from in the old one: writes x and y. A pixel's centre is half a pixel from its edges. */
export type Origin = (x: number, y: number, at: Float64Array) => void

/** The value of a pixel; `fill` outside. */
const pixelOf = (from: Planes, plane: number, x: number, y: number, fill: number): number =>
  x >= 0 && y >= 0 && x < from.width && y < from.height ? from.data[plane + y * from.width + x]! : fill

/** The value between a pixel, at share `a` of the way, and the one to its right. */
const edge = (from: Planes, plane: number, x: number, y: number, a: number, fill: number): number =>
  (1 - a) * pixelOf(from, plane, x, y, fill) + a * pixelOf(from, plane, x + 1, y, fill)

/** Each pixel of `to` taken from its origin in `from`: between four pixels by their distance, or from the nearest. */
export const warp = (
  from: Planes,
  to: Planes,
  origin: Origin,
  { interpolation, fill }: { readonly interpolation: Interpolation; readonly fill: number },
): void => {
  const { data, width, height } = from
  const nearest = interpolation === 'nearest'
  const at = new Float64Array(2)
  const [fromPlane, toPlane] = [height * width, to.height * to.width]
  for (let y = 0, pixel = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++, pixel++) {
      origin(x + 0.5, y + 0.5, at)
      const u = nearest ? Math.floor(at[0]!) : at[0]! - 0.5
      const v = nearest ? Math.floor(at[1]!) : at[1]! - 0.5
      const left = Math.floor(u)
      const top = Math.floor(v)
      const a = u - left
      const b = v - top
      const inside = left >= 0 && top >= 0 && left + 1 < width && top + 1 < height
      for (let plane = 0, out = pixel; out < to.data.length; plane += fromPlane, out += toPlane) {
        const i = plane + top * width + left
        const upper = inside ? data[i]! + a * (data[i + 1]! - data[i]!) : edge(from, plane, left, top, a, fill)
        const lower = inside
          ? data[i + width]! + a * (data[i + width + 1]! - data[i + width]!)
          : edge(from, plane, left, top + 1, a, fill)
        to.data[out] = upper + b * (lower - upper)
      }
    }
  }
}
