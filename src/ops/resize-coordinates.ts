import type { Taps } from './resample.ts'

// Which input elements a resized one is made of, along one axis. Plain functions of numbers, after ONNX Resize.

/** How an output position is taken for an input position (ONNX's `coordinate_transformation_mode`). */
export type CoordinateMode =
  | 'half_pixel'
  | 'half_pixel_symmetric'
  | 'pytorch_half_pixel'
  | 'align_corners'
  | 'asymmetric'
  | 'tf_crop_and_resize'
/** Which neighbour is the nearest (ONNX's `nearest_mode`). */
export type NearestMode = 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil'
export type ResizeMode = 'nearest' | 'linear' | 'cubic'

/** One axis: from `input` elements to `output`, by a scale that need not be their quotient. */
export interface ResizeAxis {
  readonly input: number
  readonly output: number
  readonly scale: number
  /** Of `tf_crop_and_resize`: what part of the input is taken, 0 and 1 being the first and the last element. */
  readonly roi: readonly [start: number, end: number]
}

/** Where in the input output position `o` lies. */
export const coordinateOf = (o: number, { input, output, scale, roi }: ResizeAxis, mode: CoordinateMode): number => {
  const half = (o + 0.5) / scale - 0.5
  switch (mode) {
    case 'half_pixel':
      return half
    case 'half_pixel_symmetric':
      // Centred, where the scale would make a size that is not whole.
      return (input / 2) * (1 - output / (scale * input)) + half
    case 'pytorch_half_pixel':
      return output > 1 ? half : 0
    case 'align_corners':
      return output > 1 ? (o * (input - 1)) / (output - 1) : 0
    case 'asymmetric':
      return o / scale
    case 'tf_crop_and_resize': {
      const [start, end] = roi
      if (output === 1) return 0.5 * (start + end) * (input - 1)
      return start * (input - 1) + (o * (end - start) * (input - 1)) / (output - 1)
    }
  }
}

const nearest: Readonly<Record<NearestMode, (x: number) => number>> = {
  round_prefer_floor: x => Math.ceil(x - 0.5),
  round_prefer_ceil: x => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
}

/** Weight of a neighbour at a distance. Keys 1981, equation 15, with the slope `a` at 1 left open. */
const cubicWeight = (distance: number, a: number): number => {
  const t = Math.abs(distance)
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0
}
const linearWeight = (distance: number): number => Math.max(1 - Math.abs(distance), 0)

export interface TapRules {
  readonly mode: ResizeMode
  readonly coordinates: CoordinateMode
  readonly nearest: NearestMode
  /** The cubic's slope: −0.75 in PyTorch and ONNX, −0.5 in TensorFlow and Pillow. */
  readonly cubic: number
  /** Widen the filter when shrinking, so that every input element counts. */
  readonly antialias: boolean
  /** Leave out neighbours beyond the ends, and share their weight out; else the end's element stands for them. */
  readonly excludeOutside: boolean
}

/** The neighbours of a coordinate and their weights, those beyond the ends still among them. */
const neighbours = (x: number, scale: number, rules: TapRules): { position: number; weight: number }[] => {
  const shrink = rules.antialias ? Math.min(scale, 1) : 1
  const reach = (rules.mode === 'linear' ? 1 : 2) / shrink
  const weigh = (d: number): number => (rules.mode === 'linear' ? linearWeight(d) : cubicWeight(d, rules.cubic))
  const taps: { position: number; weight: number }[] = []
  for (let position = Math.ceil(x - reach); position <= Math.floor(x + reach); position++) {
    const weight = weigh((position - x) * shrink)
    if (weight !== 0) taps.push({ position, weight })
  }
  return taps
}

const tapsAt = (
  x: number,
  { input, scale }: ResizeAxis,
  rules: TapRules,
): { positions: number[]; weights: number[] } => {
  const inside = (position: number): number => Math.min(Math.max(position, 0), input - 1)
  if (rules.mode === 'nearest') return { positions: [inside(nearest[rules.nearest](x))], weights: [1] }
  const all = neighbours(x, scale, rules)
  const within = all.filter(t => t.position === inside(t.position))
  // Far outside there is nothing to share the weight among: the end's element stands.
  const taps = rules.excludeOutside && within.length > 0 ? within : all
  const total = rules.excludeOutside || rules.antialias ? taps.reduce((sum, t) => sum + t.weight, 0) : 1
  return { positions: taps.map(t => inside(t.position)), weights: taps.map(t => t.weight / total) }
}

/** What every output element of an axis is made of. */
export const resizeTaps = (axis: ResizeAxis, rules: TapRules): Taps => {
  const rows = Array.from({ length: axis.output }, (_, o) =>
    tapsAt(coordinateOf(o, axis, rules.coordinates), axis, rules),
  )
  return { positions: rows.map(r => r.positions), weights: rows.map(r => r.weights) }
}
