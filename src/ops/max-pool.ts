import { isFloat, numericDTypes } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { sameShape, type Shape, show, sizeOf, stridesOf } from '../core/shape.ts'
import type { OnnxAttr, OnnxBuilder, Value } from '../graph/lowering.ts'
import type { Node } from '../graph/node.ts'
import type { NdArray, Op } from '../graph/op.ts'
import { apply, requireDType } from './apply.ts'
import { constant, fullLike } from './arithmetic.ts'
import { intoBatch, outOfBatch } from './batch-channels.ts'
import { broadcastTo, reshape } from './broadcast.ts'
import { scatterAddAlongAxis } from './indexing.ts'
import {
  adaptiveWindow,
  exactPads,
  pooledShape,
  type PoolOptions,
  type PoolWindow,
  positionsOf,
  product,
  slidingWindow,
} from './pooling-window.ts'
import { max } from './reduce.ts'
import { scatterAlongAxis } from './scatter.ts'
import { onnxPads, type PerAxis, spatialOf } from './window.ts'

/** Offsets within a plane that each window covers, windows and elements in row-major order. */
const offsetsOf = (x: Shape, window: PoolWindow): number[][] => {
  const spatial = x.slice(2)
  const strides = stridesOf(spatial)
  return product(positionsOf(window, spatial)).map(positions =>
    product(positions).map(index => index.reduce((total, p, i) => total + p * strides[i]!, 0)),
  )
}

/** Visits each output with its plane and the offset of the first of its window's largest, or of the first NaN. */
const visitMaxima = (
  x: NdArray,
  window: PoolWindow,
  visit: (at: number, plane: number, offset: number) => void,
): void => {
  const windows = offsetsOf(x.shape, window)
  const plane = sizeOf(x.shape.slice(2))
  for (let p = 0; p < x.shape[0]! * x.shape[1]!; p++) {
    for (const [i, offsets] of windows.entries()) {
      let best = offsets[0]!
      for (const offset of offsets) {
        const top = x.data[p * plane + best]!
        const value = x.data[p * plane + offset]!
        if (value > top || (Number.isNaN(value) && !Number.isNaN(top))) best = offset
      }
      visit(p * windows.length + i, p, best)
    }
  }
}

/** The attributes of ONNX's MaxPool where it can count these windows: it wants less padding than the kernel is long. */
const maxPoolAttrs = (x: Value, window: PoolWindow) => {
  if (window.kernelSize === null || !isFloat(x.dtype)) return null
  const pads = exactPads(window, x.shape.slice(2))
  if (pads.some((pair, i) => pair.some(p => p >= window.kernelSize[i]!))) return null
  return { kernel_shape: window.kernelSize, strides: window.stride, dilations: window.dilation, pads: onnxPads(pads) }
}

/** ONNX Runtime's ReduceMax drops a NaN or keeps it depending on where it stands: windows with one are found by another pass. */
const reduceWindows = (b: OnnxBuilder, x: string, dtype: Value['dtype']): string => {
  const over = (t: string): string => b.op('ReduceMax', [t, b.ints([3])], { keepdims: 0 })
  if (!isFloat(dtype)) return over(x)
  const lost = b.cast(over(b.cast(b.op('IsNaN', [x]), 'uint8')), 'bool')
  return b.op('Where', [lost, b.constant([Number.NaN], dtype, []), over(x)])
}

/** Its MaxPool does the same, and of nothing but −∞ makes the lowest finite number: another pass finds both kinds of windows. */
const poolWindows = (
  b: OnnxBuilder,
  x: string,
  dtype: Value['dtype'],
  attrs: Readonly<Record<string, OnnxAttr>>,
): string => {
  const number = (v: number, d = dtype): string => b.constant([v], d, [])
  const above = b.cast(b.op('Greater', [x, number(Number.NEGATIVE_INFINITY)]), 'uint8')
  const kinds = b.op('Where', [b.op('IsNaN', [x]), number(2, 'uint8'), above])
  const kind = b.cast(b.op('MaxPool', [kinds], attrs), 'int32')
  const is = (k: number): string => b.op('Equal', [kind, number(k, 'int32')])
  const bounded = b.op('Where', [is(0), number(Number.NEGATIVE_INFINITY), b.op('MaxPool', [x], attrs)])
  return b.op('Where', [is(2), number(Number.NaN), bounded])
}

/** Windows of any kind as the last axis of `[N, C, windows, elements]`; short ones repeat their last element. */
const gatherWindows = (
  b: OnnxBuilder,
  x: Value,
  window: PoolWindow,
): { name: string; table: number[]; width: number } => {
  const windows = offsetsOf(x.shape, window)
  const width = Math.max(...windows.map(w => w.length))
  const table = windows.flatMap(w => Array.from({ length: width }, (_, k) => w[Math.min(k, w.length - 1)]!))
  const flat = b.op('Reshape', [x.name, b.ints([x.shape[0]!, x.shape[1]!, -1])])
  const name = b.op('Gather', [flat, b.constant(table, 'int64', [windows.length, width])], { axis: 2 })
  return { name, table, width }
}

const maxSamples = [
  {
    inputs: [{ shape: [2, 2, 6], distinct: true }],
    attrs: { kernelSize: [3], stride: [2], dilation: [1], pads: [[1, 1]], size: [3] },
  },
  {
    inputs: [{ shape: [1, 2, 5, 5], distinct: true }],
    attrs: {
      kernelSize: [2, 2],
      stride: [2, 1],
      dilation: [1, 2],
      pads: [
        [0, 0],
        [1, 0],
      ],
      size: [3, 4],
    },
  },
  {
    inputs: [{ shape: [1, 1, 3, 4, 3], distinct: true }],
    attrs: {
      kernelSize: [2, 2, 2],
      stride: [1, 2, 1],
      dilation: [1, 1, 1],
      pads: [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      size: [2, 2, 2],
    },
  },
  { inputs: [{ shape: [1, 2, 5, 4], distinct: true }], attrs: { kernelSize: null, size: [3, 3] } },
  {
    inputs: [{ shape: [1, 1, 5], distinct: true }],
    attrs: { kernelSize: [2], stride: [1], dilation: [3], pads: [[2, 2]], size: [6] },
  },
] as const

const maxPoolOp: Op<PoolWindow> = {
  name: 'maxPool',
  formula: 'largest element of each window; NaN if any is',
  source: 'PyTorch max_pool1d, max_pool2d, max_pool3d; ONNX MaxPool',
  infer: ([x], window) => {
    requireDType('maxPool', x!.dtype, numericDTypes)
    return { shape: pooledShape(x!.shape, window), dtype: x!.dtype }
  },
  // To the first of the largest, as PyTorch; `max` shares it among ties.
  vjp: (g, [x], out, window) => {
    const [n, c] = x!.shape as readonly [number, number]
    const flat = (t: Node, shape: Shape): Node => reshape(t, [n, c, sizeOf(shape.slice(2))])
    const indices = apply(maxPoolIndicesOp, [x!], window)
    const zeros = flat(fullLike(x!, 0), x!.shape)
    const back = scatterAddAlongAxis(zeros, flat(indices, out.shape), flat(g, out.shape), 2)
    return [reshape(back, x!.shape)]
  },
  kernel: ([x], out, window) => {
    const plane = sizeOf(x!.shape.slice(2))
    visitMaxima(x!, window, (at, p, offset) => {
      out.data[at] = x!.data[p * plane + offset]!
    })
  },
  batch: ([x], _batched, window) => outOfBatch(apply(maxPoolOp, [intoBatch(x!)], window), x!.shape[0]!),
  lower: (b, [x], out, window) => {
    const attrs = maxPoolAttrs(x!, window)
    if (attrs) return poolWindows(b, x!.name, out.dtype, attrs)
    const { name } = gatherWindows(b, x!, window)
    return b.op('Reshape', [reduceWindows(b, name, out.dtype), b.ints(out.shape)])
  },
  checks: { samples: maxSamples },
}

const maxPoolIndicesOp: Op<PoolWindow> = {
  name: 'maxPoolIndices',
  formula: 'where the first largest element of each window stands, in row-major order of the spatial axes',
  infer: ([x], window) => {
    requireDType('maxPool', x!.dtype, numericDTypes)
    return { shape: pooledShape(x!.shape, window), dtype: 'int32' }
  },
  kernel: ([x], out, window) =>
    visitMaxima(x!, window, (at, _p, offset) => {
      out.data[at] = offset
    }),
  batch: ([x], _batched, window) => outOfBatch(apply(maxPoolIndicesOp, [intoBatch(x!)], window), x!.shape[0]!),
  lower: (b, [x], out, window) => {
    const attrs = maxPoolAttrs(x!, window)
    const plane = sizeOf(x!.shape.slice(2))
    if (attrs && !b.lacks('indices of MaxPool')) {
      // ONNX counts through the batch and the channels too.
      const [, indices] = b.ops('MaxPool', [x!.name], 2, attrs)
      return b.cast(b.op('Mod', [indices!, b.constant([plane], 'int64', [])]), 'int32')
    }
    const { name, table, width } = gatherWindows(b, x!, window)
    const values = x!.dtype === 'int64' ? b.cast(name, 'float64') : name
    const element = b.op('ArgMax', [values], { axis: 3, keepdims: 0 })
    const firsts = b.ints(Array.from({ length: table.length / width }, (_, i) => i * width))
    const offsets = b.op('Gather', [b.ints(table), b.op('Add', [element, firsts])])
    return b.cast(b.op('Reshape', [offsets, b.ints(out.shape)]), 'int32')
  },
  checks: { samples: maxSamples },
}

/** Largest element of each window: x `[N, C, ...spatial]` → `[N, C, ...]`. The gradient goes to the first of the largest. */
export const maxPool = (x: Node, options: PoolOptions): Node =>
  apply(maxPoolOp, [x], slidingWindow('maxPool', spatialOf('maxPool', x.shape), options))
/** `maxPool`, and where its elements stand: int32, in row-major order of the spatial axes. */
export const maxPoolWithIndices = (x: Node, options: PoolOptions): { values: Node; indices: Node } => {
  const window = slidingWindow('maxPool', spatialOf('maxPool', x.shape), options)
  return { values: apply(maxPoolOp, [x], window), indices: apply(maxPoolIndicesOp, [x], window) }
}
/** Largest element of each of `size` bins that share an axis out. */
export const adaptiveMaxPool = (x: Node, size: PerAxis): Node => {
  const where = 'adaptiveMaxPool'
  return apply(maxPoolOp, [x], adaptiveWindow(where, spatialOf(where, x.shape), size))
}
/** Largest element of each channel: `[N, C, ...]` → `[N, C, 1, ...]`. Ties share the gradient. */
export const globalMaxPool = (x: Node): Node =>
  max(
    x,
    spatialOf('globalMaxPool', x.shape).map((_, i) => i + 2),
    { keepDims: true },
  )

/** Puts pooled values back at their indices, zeros elsewhere: `[N, C, ...]` → `[N, C, ...size]`. */
export const maxUnpool = (y: Node, indices: Node, size: Shape): Node => {
  const spatial = spatialOf('maxUnpool', y.shape)
  if (!sameShape(y.shape, indices.shape) || size.length !== spatial.length) {
    throw new ShapeError(
      `maxUnpool: values are ${show(y.shape)}, indices ${show(indices.shape)} and size ${show(size)}. Values and indices must have one shape, and size a number for each of the ${spatial.length} spatial axes.`,
      { values: y.shape, indices: indices.shape, size },
    )
  }
  const [n, c] = y.shape as readonly [number, number]
  const flat = (t: Node): Node => reshape(t, [n, c, sizeOf(spatial)])
  const zeros = broadcastTo(constant(0, y.dtype), [n, c, sizeOf(size)])
  return reshape(scatterAlongAxis(zeros, flat(indices), flat(y), 2, 'none'), [n, c, ...size])
}

export const maxPoolOps: readonly Op[] = [maxPoolOp, maxPoolIndicesOp] as unknown as readonly Op[]
