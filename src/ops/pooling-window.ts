import { ArgumentError, ShapeError } from '../core/errors.ts'
import { type Shape, show } from '../core/shape.ts'
import {
  extentOf,
  type Pair,
  type Padding,
  type PerAxis,
  perAxis,
  type Steps,
  stepsOf,
  windowCounts,
} from './window.ts'

/** How windows of equal size slide, and how many there are along each axis. */
export type SlidingWindow = Steps & { readonly kernelSize: readonly number[]; readonly size: Shape }
/** Sliding windows, or as many bins as `size` says that share the input out among them. */
export type PoolWindow = SlidingWindow | { readonly kernelSize: null; readonly size: Shape }

export interface PoolOptions {
  readonly kernelSize: PerAxis
  /** How far the window moves. Default: the kernel's size, so that windows do not overlap. */
  readonly stride?: PerAxis
  /** Around the spatial axes; what is there is never the maximum. Default 0. */
  readonly padding?: Padding
  /** Distance of the window's elements. Default 1. */
  readonly dilation?: PerAxis
  /** Also count a last window that sticks out beyond the padding, if it starts before it. Default false. */
  readonly ceilMode?: boolean
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** With `ceilMode` a rest at the end gets a window too, unless that would start in the padding there (PyTorch's rule). */
const withRest = (counts: readonly number[], spatial: Shape, kernel: readonly number[], steps: Steps): number[] =>
  counts.map((count, i) => {
    const [before, after] = steps.pads[i]!
    const reach = (count - 1) * steps.stride[i]! + extentOf(kernel[i]!, steps.dilation[i]!)
    const starts = count * steps.stride[i]! < spatial[i]! + before
    return reach < spatial[i]! + before + after && starts ? count + 1 : count
  })

/** The windows of a pooling over axes of sizes `spatial`. */
export const slidingWindow = (
  where: string,
  spatial: Shape,
  { kernelSize, ceilMode, ...options }: PoolOptions,
): SlidingWindow => {
  const kernel = perAxis(where, 'kernelSize', kernelSize, spatial.length)
  const steps = stepsOf(where, spatial, kernel, options, kernel)
  const counts = windowCounts(where, spatial, kernel, steps)
  const window = { kernelSize: kernel, ...steps, size: ceilMode ? withRest(counts, spatial, kernel, steps) : counts }
  const empty = positionsOf(window, spatial).findIndex(axis => axis.some(positions => positions.length === 0))
  if (empty >= 0) {
    throw new ArgumentError(
      `${where}: a window on spatial axis ${empty} of ${show(spatial)} holds padding only, with kernelSize ${show(kernel)} and padding ${JSON.stringify(steps.pads)}. Each window must hold an element: pad less.`,
      { kernelSize, pads: steps.pads },
    )
  }
  return window
}

/** PyTorch's rule: bin i of m reaches from ⌊i n/m⌋ to ⌈(i + 1) n/m⌉, so that all elements are covered. */
const binAt = (n: number, m: number, i: number): number[] => {
  const start = Math.floor((i * n) / m)
  return range(Math.ceil(((i + 1) * n) / m) - start).map(k => start + k)
}

/** The bins of an adaptive pooling; equal ones that do not overlap are a plain window. */
export const adaptiveWindow = (where: string, spatial: Shape, size: PerAxis): PoolWindow => {
  const bins = perAxis(where, 'size', size, spatial.length)
  if (spatial.includes(0)) {
    throw new ShapeError(`${where}: x has spatial sizes ${show(spatial)}. Each must be at least 1.`, { spatial })
  }
  if (spatial.some((n, i) => n % bins[i]! !== 0)) return { kernelSize: null, size: bins }
  const kernel = spatial.map((n, i) => n / bins[i]!)
  const none: Pair = [0, 0]
  return { kernelSize: kernel, stride: kernel, dilation: kernel.map(() => 1), pads: kernel.map(() => none), size: bins }
}

/** The input positions of each window along each axis. */
export const positionsOf = (window: PoolWindow, spatial: Shape): number[][][] =>
  spatial.map((n, axis) =>
    range(window.size[axis]!).map(i => {
      if (window.kernelSize === null) return binAt(n, window.size[axis]!, i)
      const { stride, dilation, pads, kernelSize } = window
      const start = i * stride[axis]! - pads[axis]![0]
      return range(kernelSize[axis]!)
        .map(k => start + k * dilation[axis]!)
        .filter(p => p >= 0 && p < n)
    }),
  )

/** The padding with which ONNX's rule, which rounds down, counts the same windows: with `ceilMode` more at an axis's end. */
export const exactPads = ({ kernelSize, stride, dilation, pads, size }: SlidingWindow, spatial: Shape): Pair[] =>
  pads.map(([before, after], i) => {
    const reach = (size[i]! - 1) * stride[i]! + extentOf(kernelSize[i]!, dilation[i]!)
    return [before, Math.max(reach - spatial[i]! - before, after)]
  })

/** Every combination of one item from each list, the last running fastest. */
export const product = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>((all, list) => all.flatMap(head => list.map(item => [...head, item])), [[]])

/** The shape of what a pooling of `[N, C, ...spatial]` gives. */
export const pooledShape = (x: Shape, { size }: PoolWindow): Shape => [x[0]!, x[1]!, ...size]
