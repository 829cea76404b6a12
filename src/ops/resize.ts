import { floatDTypes } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { normalizeAxis, type Shape, show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { requireDType } from './apply.ts'
import { arange, constant, greaterEqual, less, logicalAnd, where } from './arithmetic.ts'
import { reshape } from './broadcast.ts'
import { resample } from './resample.ts'
import {
  type CoordinateMode,
  coordinateOf,
  type NearestMode,
  type ResizeAxis,
  type ResizeMode,
  resizeTaps,
  type TapRules,
} from './resize-coordinates.ts'
import { type PerAxis, perAxis, spatialOf } from './window.ts'

export interface ResizeOptions {
  /** Sizes of the axes: this or `scale`. */
  readonly size?: Shape
  /** Factors of the axes' sizes, which are rounded down. */
  readonly scale?: readonly number[]
  /** Default `nearest`, as ONNX. */
  readonly mode?: ResizeMode
  /** Default `half_pixel`. */
  readonly coordinates?: CoordinateMode
  /** Default `round_prefer_floor`. */
  readonly nearest?: NearestMode
  /** The cubic's slope. Default −0.75. */
  readonly cubic?: number
  /** Widen the filter when shrinking, linear and cubic. Default false. */
  readonly antialias?: boolean
  /** Leave out neighbours beyond the ends instead of repeating the end's element. Default false. */
  readonly excludeOutside?: boolean
  /** With `tf_crop_and_resize`: the part of each axis that is taken, in units of its first to its last element. Default `[0, 1]`. */
  readonly roi?: readonly (readonly [number, number])[]
  /** With `tf_crop_and_resize`: what stands where a part reaches beyond the input. Default 0. */
  readonly extrapolation?: number
  /** What `size` means: itself, or the most or the least of what one scale for all axes makes. Default `stretch`. */
  readonly aspect?: 'stretch' | 'not_larger' | 'not_smaller'
}

const positive = (list: readonly number[], whole: boolean): boolean =>
  list.every(n => Number.isFinite(n) && n > 0 && (!whole || Number.isInteger(n)))

/** The sizes and scales of the axes. */
const planOf = (where_: string, from: Shape, options: ResizeOptions): ResizeAxis[] => {
  const { size, scale, roi = from.map(() => [0, 1] as const), aspect = 'stretch' } = options
  const given = size ?? scale ?? []
  const one = (size === undefined) !== (scale === undefined)
  if (!one || given.length !== from.length || roi.length !== from.length || !positive(given, size !== undefined)) {
    throw new ArgumentError(
      `${where_}: size is ${JSON.stringify(size)} and scale ${JSON.stringify(scale)} for axes of sizes ${show(from)}. Pass one of them, with a positive number for each axis.`,
      { size, scale },
    )
  }
  const ratios = given.map((m, i) => (size ? m / from[i]! : m))
  const common = aspect === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios)
  const shared = size !== undefined && aspect !== 'stretch'
  return from.map((n, i) => {
    const ratio = shared ? common : ratios[i]!
    // By the standard's text a crop shrinks what the scale makes; its own shape inference and ONNX Runtime know nothing of that.
    const output = shared ? Math.floor(common * n + 0.5) : (size?.[i] ?? Math.floor(n * ratio))
    return { input: n, output, scale: ratio, roi: roi[i]! }
  })
}

/** `value` in the place of what lies beyond the input along an axis. */
const extrapolate = (y: Node, at: number, axis: ResizeAxis, value: number): Node => {
  const outside = Array.from({ length: axis.output }, (_, o) => {
    const x = coordinateOf(o, axis, 'tf_crop_and_resize')
    return x < 0 || x > axis.input - 1
  })
  if (!outside.includes(true)) return y
  // Coordinates run one way: what lies inside is one stretch, or nothing.
  const first = outside.includes(false) ? outside.indexOf(false) : axis.output
  const end = outside.lastIndexOf(false) + 1
  const places = arange(axis.output, 'int32')
  const inside = logicalAnd(greaterEqual(places, constant(first, 'int32')), less(places, constant(end, 'int32')))
  const shape = y.shape.map((n, i) => (i === at ? n : 1))
  return where(reshape(inside, shape), y, constant(value, y.dtype, 'resize'))
}

const resizeAs = (where_: string, x: Node, axes: readonly number[], options: ResizeOptions): Node => {
  const at = axes.map(a => normalizeAxis(where_, a, x.shape.length))
  const plan = planOf(
    where_,
    at.map(a => x.shape[a]!),
    options,
  )
  if ((options.mode ?? 'nearest') !== 'nearest') requireDType(where_, x.dtype, floatDTypes)
  const rules: TapRules = {
    mode: options.mode ?? 'nearest',
    coordinates: options.coordinates ?? 'half_pixel',
    nearest: options.nearest ?? 'round_prefer_floor',
    cubic: options.cubic ?? -0.75,
    antialias: options.antialias ?? false,
    excludeOutside: options.excludeOutside ?? false,
  }
  let y = x
  for (const [i, axis] of plan.entries()) {
    // With one scale and no cutting nothing changes.
    const same = axis.input === axis.output && axis.scale === 1 && rules.coordinates !== 'tf_crop_and_resize'
    if (!same) y = resample(y, at[i]!, resizeTaps(axis, rules))
  }
  if (rules.coordinates !== 'tf_crop_and_resize') return y
  for (const [i, axis] of plan.entries()) y = extrapolate(y, at[i]!, axis, options.extrapolation ?? 0)
  return y
}

/** Resizes axes of x one after another, with all the options of ONNX Resize. */
export const resize = (x: Node, axes: readonly number[], options: ResizeOptions): Node =>
  resizeAs('resize', x, axes, options)

export interface InterpolateOptions {
  /** Spatial sizes of the result: this or `scale`. */
  readonly size?: PerAxis
  /** Factors of the spatial sizes, which are rounded down. */
  readonly scale?: PerAxis
  /** `linear` is bilinear on images and trilinear on volumes, `cubic` bicubic. Default `nearest`. */
  readonly mode?: ResizeMode
  /** Lay the centres of the first and last elements on those of the input, not their outer edges. Not for `nearest`. Default false. */
  readonly alignCorners?: boolean
}
/** Resizes the spatial axes of x `[N, C, ...spatial]` by PyTorch's rules. */
export const interpolate = (x: Node, options: InterpolateOptions): Node => {
  const where_ = 'interpolate'
  const { size, scale, mode = 'nearest', alignCorners = false } = options
  const spatial = spatialOf(where_, x.shape)
  if (alignCorners && mode === 'nearest') {
    throw new ArgumentError(
      `${where_}: alignCorners is given with mode 'nearest'. Use 'linear' or 'cubic', or leave it out.`,
    )
  }
  if ((size === undefined) === (scale === undefined)) {
    throw new ArgumentError(
      `${where_}: size is ${JSON.stringify(size)} and scale ${JSON.stringify(scale)}. Pass one of them.`,
    )
  }
  const factors = typeof scale === 'number' ? spatial.map(() => scale) : scale
  return resizeAs(
    where_,
    x,
    spatial.map((_, i) => i + 2),
    {
      ...(size !== undefined && { size: perAxis(where_, 'size', size, spatial.length) }),
      ...(factors && { scale: factors }),
      mode,
      coordinates: mode === 'nearest' ? 'asymmetric' : alignCorners ? 'align_corners' : 'half_pixel',
      nearest: 'floor',
    },
  )
}
