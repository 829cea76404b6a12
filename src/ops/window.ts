import { ArgumentError, ShapeError } from '../core/errors.ts'
import { type Shape, show } from '../core/shape.ts'

// What convolution and pooling share: how a window slides over the spatial axes, those after `[N, C]`.

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[]
export type Pair = readonly [before: number, after: number]
/**
 * Zeros around each spatial axis: a number for both sides, or `[before, after]` for each axis. `valid` is none; `same` makes the output
 * ⌈n/stride⌉ long, with an odd one at the end (as TensorFlow; as PyTorch for stride 1).
 */
export type Padding = PerAxis | readonly Pair[] | 'same' | 'valid'

/** Sizes by spatial axis. */
export type Steps = {
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  readonly pads: readonly Pair[]
}

const wholes = (list: readonly unknown[], least: number): boolean =>
  list.every(n => Number.isInteger(n) && (n as number) >= least)

/** An option as one number for each spatial axis. */
export const perAxis = (where: string, name: string, value: PerAxis, ndim: number, least = 1): readonly number[] => {
  const list = typeof value === 'number' ? new Array<number>(ndim).fill(value) : [...value]
  if (list.length !== ndim || !wholes(list, least)) {
    throw new ArgumentError(
      `${where}: ${name} must be a whole number of at least ${least}, or one for each of the ${ndim} spatial axes; got ${JSON.stringify(value)}.`,
      { [name]: value },
    )
  }
  return list
}

/** Elements from a window's first to its last. */
export const extentOf = (kernel: number, dilation: number): number => dilation * (kernel - 1) + 1

const samePads = (n: number, kernel: number, stride: number, dilation: number): Pair => {
  const total = Math.max((Math.ceil(n / stride) - 1) * stride + extentOf(kernel, dilation) - n, 0)
  return [Math.floor(total / 2), Math.ceil(total / 2)]
}

/** The padding as a pair for each axis; `same` is what makes `total` zeros of an axis. */
export const pairsOf = (
  where: string,
  padding: Padding,
  ndim: number,
  same: (axis: number) => Pair,
): readonly Pair[] => {
  const axes = Array.from({ length: ndim }, (_, i) => i)
  if (padding === 'valid') return axes.map(() => [0, 0])
  if (padding === 'same') return axes.map(same)
  const given = typeof padding === 'number' ? axes.map(() => padding) : padding
  const pairs = Array.isArray(given) ? given.map(p => (typeof p === 'number' ? [p, p] : p) as Pair) : []
  if (pairs.length !== ndim || !pairs.every(p => Array.isArray(p) && p.length === 2 && wholes(p, 0))) {
    throw new ArgumentError(
      `${where}: padding must be a whole number of at least 0, a number or a pair [before, after] for each of the ${ndim} spatial axes, 'same' or 'valid'; got ${JSON.stringify(padding)}.`,
      { padding },
    )
  }
  return pairs
}

export interface StepOptions {
  /** How far the window moves. Default 1 for a convolution, the kernel's size for pooling. */
  readonly stride?: PerAxis
  /** Default 0. */
  readonly padding?: Padding
  /** Distance of the kernel's elements. Default 1. */
  readonly dilation?: PerAxis
}
/** A window's steps over axes of sizes `spatial`. */
export const stepsOf = (
  where: string,
  spatial: Shape,
  kernel: readonly number[],
  options: StepOptions,
  defaultStride: PerAxis = 1,
): Steps => {
  const ndim = spatial.length
  const stride = perAxis(where, 'stride', options.stride ?? defaultStride, ndim)
  const dilation = perAxis(where, 'dilation', options.dilation ?? 1, ndim)
  const same = (i: number): Pair => samePads(spatial[i]!, kernel[i]!, stride[i]!, dilation[i]!)
  return { stride, dilation, pads: pairsOf(where, options.padding ?? 0, ndim, same) }
}

/** How many windows fit each axis. */
export const windowCounts = (where: string, spatial: Shape, kernel: readonly number[], steps: Steps): number[] =>
  spatial.map((n, i) => {
    const [before, after] = steps.pads[i]!
    const room = n + before + after - extentOf(kernel[i]!, steps.dilation[i]!)
    if (room < 0) {
      throw new ShapeError(
        `${where}: a window of ${extentOf(kernel[i]!, steps.dilation[i]!)} does not fit spatial axis ${i} of ${show(spatial)}, which is ${n + before + after} long with its padding. Pad it, or take a smaller kernel or dilation.`,
        { spatial, kernel, axis: i },
      )
    }
    return Math.floor(room / steps.stride[i]!) + 1
  })

/** Pads as ONNX lists them: all before, then all after. */
export const onnxPads = (pads: readonly Pair[]): number[] => [...pads.map(p => p[0]), ...pads.map(p => p[1])]

/** The sizes after `[N, C]`; throws unless there are 1 to 3. */
export const spatialOf = (where: string, shape: Shape): Shape => {
  if (shape.length < 3 || shape.length > 5) {
    throw new ShapeError(
      `${where}: x is ${show(shape)}. It needs a batch, channels and 1 to 3 spatial axes: [N, C, ...spatial].`,
      { shape },
    )
  }
  return shape.slice(2)
}
