/** Rows of one or more planes, `[C, H, W]`. */
interface Raster {
  readonly data: Float32Array
  readonly channels: number
  readonly height: number
  readonly width: number
}
export type Interpolation = 'bilinear' | 'nearest'

/** For each place of an axis the first of the old places it is made of, and their weights, which add up to 1. */
interface Taps {
  readonly first: Int32Array
  readonly weights: readonly Float64Array[]
}

/** Triangles around each new place's centre; as wide as one old place, or, against aliasing, as one new place where that is wider. */
const bilinearTaps = (from: number, to: number, antialias: boolean): Taps => {
  const scale = from / to
  const reach = antialias ? Math.max(scale, 1) : 1
  const first = new Int32Array(to)
  const weights = Array.from({ length: to }, (_, i) => {
    const centre = scale * (i + 0.5)
    const start = Math.max(0, Math.floor(centre - reach + 0.5))
    const end = Math.min(from, Math.floor(centre + reach + 0.5))
    const taps = Float64Array.from({ length: end - start }, (_, k) =>
      Math.max(0, 1 - Math.abs((start + k + 0.5 - centre) / reach)),
    )
    const total = taps.reduce((sum, weight) => sum + weight, 0)
    first[i] = start
    return taps.map(weight => weight / total)
  })
  return { first, weights }
}

const nearestTaps = (from: number, to: number): Taps => ({
  first: Int32Array.from({ length: to }, (_, i) => Math.min(from - 1, Math.floor((i * from) / to))),
  weights: new Array<Float64Array>(to).fill(Float64Array.of(1)),
})

/** Weighs along one axis: `outer` blocks of `length · inner` values become blocks of `taps.first.length · inner`. */
const along = (
  data: Float32Array | Float64Array,
  out: Float32Array | Float64Array,
  [outer, length, inner]: readonly [number, number, number],
  { first, weights }: Taps,
): void => {
  for (let block = 0, at = 0; block < outer; block++) {
    for (let i = 0; i < weights.length; i++) {
      const taps = weights[i]!
      const from = (block * length + first[i]!) * inner
      for (let j = 0; j < inner; j++, at++) {
        let sum = 0
        for (let k = 0; k < taps.length; k++) sum += taps[k]! * data[from + k * inner + j]!
        out[at] = sum
      }
    }
  }
}

/** Fills `to` with the whole of `from`, its centres of pixels aligned as areas are. */
export const resample = (from: Raster, to: Raster, interpolation: Interpolation, antialias: boolean): void => {
  if (from.height === to.height && from.width === to.width) {
    to.data.set(from.data)
    return
  }
  const taps = (a: number, b: number): Taps =>
    interpolation === 'nearest' ? nearestTaps(a, b) : bilinearTaps(a, b, antialias)
  const { channels, height, width } = from
  const narrow = new Float64Array(channels * height * to.width)
  along(from.data, narrow, [channels * height, width, 1], taps(width, to.width))
  along(narrow, to.data, [channels, height, to.width], taps(height, to.height))
}
