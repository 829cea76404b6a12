import type { Taps } from '../../ops/resample.ts'

/** How output positions are placed on the input; names are ONNX's. */
export const transforms = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_crop_and_resize',
  'tf_half_pixel_for_nn',
] as const

export interface ResizeHow {
  readonly mode: 'nearest' | 'linear' | 'cubic'
  readonly transform: (typeof transforms)[number]
  readonly nearest: 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil'
  /** The coefficient a of Keys 1981. */
  readonly cubic: number
  /** Weights beyond the ends count for nothing, instead of being the end's. */
  readonly excludeOutside: boolean
  /** Shrinking averages over all that an output covers. */
  readonly antialias: boolean
}

/** One axis and what becomes of it. */
export interface Axis {
  readonly size: number
  readonly out: number
  readonly scale: number
  /** Start and end of what is resized, as shares of the axis; for `tf_crop_and_resize` only. */
  readonly roi: readonly [number, number]
}

/** An axis that comes out as it is. */
export const isIdentity = ({ size, out, scale }: Axis, { transform }: ResizeHow): boolean =>
  size === out && scale === 1 && transform !== 'tf_crop_and_resize' && transform !== 'tf_half_pixel_for_nn'

/** Where output position `x` lies on the input axis. */
const original = (x: number, { size, out, scale, roi }: Axis, transform: ResizeHow['transform']): number => {
  // Sizes come from scales by rounding down; positions are measured with the length before that.
  const length = scale * size
  switch (transform) {
    case 'half_pixel':
      return (x + 0.5) / scale - 0.5
    case 'half_pixel_symmetric':
      return (size / 2) * (1 - out / length) + (x + 0.5) / scale - 0.5
    case 'pytorch_half_pixel':
      return length > 1 ? (x + 0.5) / scale - 0.5 : 0
    case 'align_corners':
      return length === 1 ? 0 : (x * (size - 1)) / (length - 1)
    case 'asymmetric':
      return x / scale
    case 'tf_half_pixel_for_nn':
      return (x + 0.5) / scale
    case 'tf_crop_and_resize':
      return out > 1
        ? roi[0] * (size - 1) + (x * (roi[1] - roi[0]) * (size - 1)) / (out - 1)
        : 0.5 * (roi[0] + roi[1]) * (size - 1)
  }
}

const rounded: Readonly<Record<ResizeHow['nearest'], (x: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: x => Math.ceil(x - 0.5),
  round_prefer_ceil: x => Math.floor(x + 0.5),
}

/** Weight of an input at a distance from the output, in inputs. */
const linearWeight = (d: number): number => Math.max(0, 1 - Math.abs(d))
/** Source: Keys 1981, "Cubic convolution interpolation", equation 4 with a free coefficient. */
const cubicWeight = (distance: number, a: number): number => {
  const d = Math.abs(distance)
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
}

const clamp = (i: number, size: number): number => Math.min(Math.max(i, 0), size - 1)

/** Inputs around a position with their weights. */
const weighted = (at: number, { size, scale }: Axis, how: ResizeHow): { positions: number[]; weights: number[] } => {
  const reach = how.mode === 'cubic' ? 2 : 1
  const stretch = how.antialias ? Math.min(scale, 1) : 1
  const width = Math.ceil(reach / stretch)
  const base = Math.floor(at)
  let positions = Array.from({ length: 2 * width }, (_, k) => base - width + 1 + k)
  let weights = positions.map(i => {
    const d = (i - at) * stretch
    return how.mode === 'cubic' ? cubicWeight(d, how.cubic) : linearWeight(d)
  })
  if (how.excludeOutside) {
    weights = weights.map((w, k) => (positions[k]! >= 0 && positions[k]! < size ? w : 0))
  }
  positions = positions.map(i => clamp(i, size))
  if (!how.excludeOutside && !how.antialias) return { positions, weights }
  const total = weights.reduce((a, b) => a + b, 0)
  return { positions, weights: weights.map(w => w / total) }
}

/** For each output position the inputs that make it, and whether it lies on the axis at all. */
export const resizeTaps = (axis: Axis, how: ResizeHow): { taps: Taps; inside: boolean[] } => {
  const places = Array.from({ length: axis.out }, (_, x) => original(x, axis, how.transform))
  const inside = places.map(p => p >= 0 && p <= axis.size - 1)
  const list = places.map(p =>
    how.mode === 'nearest'
      ? { positions: [clamp(rounded[how.nearest](p), axis.size)], weights: [1] }
      : weighted(p, axis, how),
  )
  return { taps: { positions: list.map(t => t.positions), weights: list.map(t => t.weights) }, inside }
}
