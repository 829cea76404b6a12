import { floatDTypes } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { apply, requireDType } from './apply.ts'
import { constant, equal, mul, pow, where } from './arithmetic.ts'
import { abs } from './math.ts'
import {
  adaptiveWindow,
  exactPads,
  pooledShape,
  type PoolOptions,
  type PoolWindow,
  positionsOf,
  slidingWindow,
} from './pooling-window.ts'
import { mean } from './reduce.ts'
import { resample } from './resample.ts'
import { onnxPads, type PerAxis, spatialOf } from './window.ts'

type AverageAttrs = PoolWindow & { readonly countIncludePad: boolean }

/** What each window along an axis divides by: its elements, and with `countIncludePad` the padding that it covers. */
const countsAlong = (
  window: AverageAttrs,
  axis: number,
  n: number,
  positions: readonly (readonly number[])[],
): number[] => {
  if (window.kernelSize === null || !window.countIncludePad) return positions.map(p => p.length)
  const { kernelSize, stride, dilation, pads } = window
  const [before, after] = pads[axis]!
  return positions.map((_, i) => {
    const room = n + before + after - i * stride[axis]!
    return Math.min(kernelSize[axis]!, Math.ceil(room / dilation[axis]!))
  })
}

const averagePoolOp: Op<AverageAttrs> = {
  name: 'averagePool',
  formula: 'mean of each window',
  source: 'PyTorch avg_pool1d, avg_pool2d, avg_pool3d, adaptive_avg_pool; ONNX AveragePool',
  infer: ([x], window) => {
    requireDType('averagePool', x!.dtype, floatDTypes)
    return { shape: pooledShape(x!.shape, window), dtype: x!.dtype }
  },
  // A mean over a box is a mean along each of its axes in turn.
  compose: ([x], window) => {
    const spatial = x!.shape.slice(2)
    let y = x!
    for (const [axis, positions] of positionsOf(window, spatial).entries()) {
      const counts = countsAlong(window, axis, spatial[axis]!, positions)
      y = resample(y, axis + 2, { positions, weights: positions.map((p, i) => p.map(() => 1 / counts[i]!)) })
    }
    return y
  },
  lower: (b, [x], out, window) => {
    // ONNX's AveragePool takes no dilation before opset 19.
    if (out.dtype !== 'float32' || window.kernelSize === null || window.dilation.some(d => d !== 1)) return null
    const pads = exactPads(window, x!.shape.slice(2))
    const { kernelSize, countIncludePad } = window
    // ONNX counts no further than its padding; a window that sticks out beyond ours would count too much.
    const beyond = pads.some(([, after], i) => after > window.pads[i]![1])
    if ((countIncludePad && beyond) || pads.some((pair, i) => pair.some(p => p >= kernelSize[i]!))) return null
    return b.op('AveragePool', [x!.name], {
      kernel_shape: kernelSize,
      strides: window.stride,
      pads: onnxPads(pads),
      count_include_pad: countIncludePad ? 1 : 0,
    })
  },
  checks: {
    samples: [
      {
        inputs: [{ shape: [2, 2, 6] }],
        attrs: { kernelSize: [3], stride: [2], dilation: [1], pads: [[1, 1]], size: [3], countIncludePad: true },
      },
      {
        inputs: [{ shape: [1, 2, 5, 4] }],
        attrs: {
          kernelSize: [2, 3],
          stride: [2, 1],
          dilation: [1, 1],
          pads: [
            [1, 0],
            [1, 1],
          ],
          size: [3, 4],
          countIncludePad: false,
        },
      },
      {
        inputs: [{ shape: [1, 2, 5, 5] }],
        attrs: {
          kernelSize: [2, 2],
          stride: [2, 2],
          dilation: [1, 1],
          pads: [
            [0, 0],
            [0, 0],
          ],
          size: [3, 3],
          countIncludePad: true,
        },
      },
      {
        inputs: [{ shape: [1, 1, 3, 4, 3] }],
        attrs: {
          kernelSize: [2, 2, 2],
          stride: [1, 2, 1],
          dilation: [1, 1, 2],
          pads: [
            [0, 0],
            [0, 0],
            [0, 0],
          ],
          size: [2, 2, 1],
          countIncludePad: true,
        },
      },
      { inputs: [{ shape: [1, 2, 5, 4] }], attrs: { kernelSize: null, size: [3, 3], countIncludePad: false } },
    ],
  },
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether padding counts in the mean, as zeros. Default true, as PyTorch. */
  readonly countIncludePad?: boolean
}
/** Mean of each window: x `[N, C, ...spatial]` → `[N, C, ...]`. */
export const averagePool = (x: Node, { countIncludePad = true, ...options }: AveragePoolOptions): Node => {
  const window = slidingWindow('averagePool', spatialOf('averagePool', x.shape), options)
  return apply(averagePoolOp, [x], { ...window, countIncludePad })
}
/** Mean of each of `size` bins that share an axis out. */
export const adaptiveAveragePool = (x: Node, size: PerAxis): Node => {
  const where = 'adaptiveAveragePool'
  const window = adaptiveWindow(where, spatialOf(where, x.shape), size)
  return apply(averagePoolOp, [x], { ...window, countIncludePad: false })
}
/** Mean of each channel: `[N, C, ...]` → `[N, C, 1, ...]`. */
export const globalAveragePool = (x: Node): Node =>
  mean(
    x,
    spatialOf('globalAveragePool', x.shape).map((_, i) => i + 2),
    { keepDims: true },
  )

export interface LpPoolOptions extends PoolOptions {
  /** Of the norm, at least 1. Default 2. */
  readonly p?: number
}
/** p-norm of each window, `(Σ |x|^p)^(1/p)`: x `[N, C, ...spatial]` → `[N, C, ...]`. Where all are 0 its gradient is taken as 0. */
export const lpPool = (x: Node, { p = 2, ...options }: LpPoolOptions): Node => {
  requireDType('lpPool', x.dtype, floatDTypes)
  if (!(p >= 1 && Number.isFinite(p))) {
    throw new ArgumentError(`lpPool: p must be a number of at least 1; got ${p}.`, { p })
  }
  const window = slidingWindow('lpPool', spatialOf('lpPool', x.shape), options)
  const power = (t: Node, e: number): Node => (e === 1 ? t : pow(t, constant(e, x.dtype)))
  const powers = p === 2 ? mul(x, x) : power(abs(x), p)
  const one = constant(1, x.dtype)
  let sums = powers
  for (const [axis, positions] of positionsOf(window, x.shape.slice(2)).entries()) {
    sums = resample(sums, axis + 2, { positions, weights: positions.map(list => list.map(() => 1)) })
  }
  // The root has no derivative at 0: it is taken of 1 there instead.
  const none = equal(sums, constant(0, x.dtype))
  return where(none, constant(0, x.dtype), power(where(none, one, sums), 1 / p))
}

export const averagePoolOps: readonly Op[] = [averagePoolOp] as unknown as readonly Op[]
