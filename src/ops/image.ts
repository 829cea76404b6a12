import { numericDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { checkShape, type Shape, show, sizeOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add } from './arithmetic.ts'
import { apply, requireDType } from './apply.ts'
import { reshape, transpose } from './broadcast.ts'
import { expandDims, pad, slice, sliceAxis, type SliceRange, stack } from './movement.ts'
import {
  onnxPads,
  type Pair,
  perAxis,
  type PerAxis,
  spatialOf,
  type StepOptions,
  type Steps,
  stepsOf,
  windowCounts,
} from './window.ts'

const onAxis = <T>(ndim: number, axis: number, value: T, other: T): T[] =>
  Array.from({ length: ndim }, (_, i) => (i === axis ? value : other))
const none: Pair = [0, 0]

/** The windows along one axis: for each kernel element the positions that it reads, on a new axis `at`. */
const slide = (
  x: Node,
  axis: number,
  at: number,
  window: { k: number; stride: number; dilation: number; count: number },
): Node => {
  const parts = Array.from({ length: window.k }, (_, j) => {
    const start = j * window.dilation
    const range = { start, end: start + (window.count - 1) * window.stride + 1, step: window.stride }
    return slice(x, onAxis<SliceRange | null>(x.shape.length, axis, range, null))
  })
  return stack(parts, at)
}

/** Puts the elements of an axis at `start, start + step, …` of an axis of `size` zeros. */
const place = (x: Node, axis: number, start: number, step: number, size: number): Node => {
  const n = x.shape[axis]!
  const ndim = x.shape.length
  const apart = pad(expandDims(x, axis + 1), onAxis(ndim + 1, axis + 1, [0, step - 1] as Pair, none))
  const flat = reshape(
    apart,
    x.shape.map((m, i) => (i === axis ? m * step : m)),
  )
  const length = (n - 1) * step + 1
  return pad(sliceAxis(flat, axis, 0, length), onAxis(ndim, axis, [start, size - start - length] as Pair, none))
}

type UnfoldAttrs = Steps & { readonly kernelSize: readonly number[] }
type FoldAttrs = UnfoldAttrs & { readonly size: Shape }
const unfoldedShape = (x: Shape, attrs: UnfoldAttrs, counts: Shape): Shape => [
  x[0]!,
  x[1]! * sizeOf(attrs.kernelSize),
  sizeOf(counts),
]
const windowAt = ({ kernelSize, stride, dilation }: UnfoldAttrs, i: number, count: number) => ({
  k: kernelSize[i]!,
  stride: stride[i]!,
  dilation: dilation[i]!,
  count,
})
const unfoldSteps = ({ stride, dilation, pads, kernelSize }: UnfoldAttrs): UnfoldAttrs => ({
  stride,
  dilation,
  pads,
  kernelSize,
})

const unfoldOp: Op<UnfoldAttrs> = {
  name: 'unfold',
  formula: 'y[n, (c, k), i] = x[n, c, i · stride + k · dilation − before]',
  source: 'im2col, as PyTorch unfold',
  infer: ([x], attrs) => ({
    shape: unfoldedShape(x!.shape, attrs, windowCounts('unfold', x!.shape.slice(2), attrs.kernelSize, attrs)),
    dtype: x!.dtype,
  }),
  compose: ([x], attrs) => {
    const counts = windowCounts('unfold', x!.shape.slice(2), attrs.kernelSize, attrs)
    let y = pad(x!, [none, none, ...attrs.pads])
    for (const [i, count] of counts.entries()) y = slide(y, 2 + 2 * i, 2 + i, windowAt(attrs, i, count))
    return reshape(y, unfoldedShape(x!.shape, attrs, counts))
  },
  vjp: (g, [x], _out, attrs) => [apply(foldOp, [g], { ...unfoldSteps(attrs), size: x!.shape.slice(2) })],
  checks: {
    samples: [
      { inputs: [{ shape: [2, 3, 5] }], attrs: { kernelSize: [2], stride: [2], dilation: [1], pads: [[1, 0]] } },
      {
        inputs: [{ shape: [1, 2, 4, 5] }],
        attrs: {
          kernelSize: [2, 3],
          stride: [1, 2],
          dilation: [2, 1],
          pads: [
            [0, 0],
            [1, 1],
          ],
        },
      },
      {
        inputs: [{ shape: [1, 1, 2, 3, 3] }],
        attrs: {
          kernelSize: [1, 2, 2],
          stride: [1, 1, 1],
          dilation: [1, 1, 1],
          pads: [
            [0, 0],
            [0, 0],
            [0, 0],
          ],
        },
      },
    ],
  },
}

const foldOp: Op<FoldAttrs> = {
  name: 'fold',
  formula: 'x[n, c, j] = Σ y[n, (c, k), i] over i and k with i · stride + k · dilation − before = j',
  source: 'col2im, as PyTorch fold and ONNX Col2Im',
  infer: ([y], attrs) => {
    requireDType('fold', y!.dtype, numericDTypes)
    const counts = windowCounts('fold', attrs.size, attrs.kernelSize, attrs)
    const taps = sizeOf(attrs.kernelSize)
    if (y!.shape.length !== 3 || y!.shape[1]! % taps !== 0 || y!.shape[2] !== sizeOf(counts)) {
      throw new ShapeError(
        `fold: columns are ${show(y!.shape)}. For size ${show(attrs.size)} and kernelSize ${show(attrs.kernelSize)} they must be [N, C · ${taps}, ${sizeOf(counts)}].`,
        { shape: y!.shape },
      )
    }
    return { shape: [y!.shape[0]!, y!.shape[1]! / taps, ...attrs.size], dtype: y!.dtype }
  },
  compose: ([y], attrs) => {
    const { size, kernelSize, stride, dilation, pads } = attrs
    const counts = windowCounts('fold', size, kernelSize, attrs)
    let x = reshape(y!, [y!.shape[0]!, y!.shape[1]! / sizeOf(kernelSize), ...kernelSize, ...counts])
    for (let i = size.length - 1; i >= 0; i--) {
      // Axes now: [N, C, kernel 0..i, counts 0..i, sizes after].
      const [from, to] = [2 + i, 2 + 2 * i + 1]
      const length = size[i]! + pads[i]![0] + pads[i]![1]
      const parts = Array.from({ length: kernelSize[i]! }, (_, j) => {
        const part = sliceAxis(x, from, j, j + 1)
        const row = reshape(
          part,
          part.shape.filter((_, axis) => axis !== from),
        )
        return place(row, to - 1, j * dilation[i]!, stride[i]!, length)
      })
      x = parts.reduce((total, part) => add(total, part))
    }
    return slice(x, [null, null, ...size.map((n, i) => ({ start: pads[i]![0], end: pads[i]![0] + n }))])
  },
  vjp: (g, _inputs, _out, attrs) => [apply(unfoldOp, [g], unfoldSteps(attrs))],
  lower: (b, [y], out, { size, kernelSize, stride, dilation, pads }) =>
    out.dtype !== 'float32'
      ? null
      : b.op('Col2Im', [y!.name, b.ints(size), b.ints(kernelSize)], {
          strides: stride,
          dilations: dilation,
          pads: onnxPads(pads),
        }),
  checks: {
    samples: [
      {
        inputs: [{ shape: [2, 6, 3] }],
        attrs: { kernelSize: [2], stride: [2], dilation: [1], pads: [[1, 0]], size: [5] },
      },
      {
        inputs: [{ shape: [1, 6, 6] }],
        attrs: {
          kernelSize: [2, 3],
          stride: [1, 2],
          dilation: [2, 1],
          pads: [
            [0, 0],
            [1, 1],
          ],
          size: [4, 5],
        },
      },
      {
        inputs: [{ shape: [1, 4, 8] }],
        attrs: {
          kernelSize: [1, 2, 2],
          stride: [1, 1, 1],
          dilation: [1, 1, 1],
          pads: [
            [0, 0],
            [0, 0],
            [0, 0],
          ],
          size: [2, 3, 3],
        },
      },
    ],
  },
}

export interface UnfoldOptions extends StepOptions {
  readonly kernelSize: PerAxis
  /** How far the window moves, default 1. */
  readonly stride?: PerAxis
}
/** Every window as a column (im2col): x `[N, C, ...spatial]` → `[N, C · kernel, positions]`. */
export const unfold = (x: Node, { kernelSize, ...options }: UnfoldOptions): Node => {
  const spatial = spatialOf('unfold', x.shape)
  const kernel = perAxis('unfold', 'kernelSize', kernelSize, spatial.length)
  return apply(unfoldOp, [x], { kernelSize: kernel, ...stepsOf('unfold', spatial, kernel, options) })
}
export interface FoldOptions extends UnfoldOptions {
  /** Spatial sizes of the result. */
  readonly size: Shape
}
/** Adds columns back to where `unfold` took them from (col2im): y `[N, C · kernel, positions]` → `[N, C, ...size]`. */
export const fold = (y: Node, { kernelSize, size, ...options }: FoldOptions): Node => {
  checkShape('fold', size)
  const kernel = perAxis('fold', 'kernelSize', kernelSize, size.length)
  return apply(foldOp, [y], { kernelSize: kernel, size: [...size], ...stepsOf('fold', size, kernel, options) })
}

/** Order of a block's elements among the channels: block before channel (`DCR`), or channel before block (`CRD`, PyTorch's `pixel_shuffle`). */
export type BlockOrder = 'DCR' | 'CRD'
const requireBlock = (where: string, x: Node, block: number): readonly [number, number, number, number] => {
  if (x.shape.length !== 4) {
    throw new ShapeError(`${where}: x is ${show(x.shape)}. It must be [N, C, H, W].`, { shape: x.shape })
  }
  if (!Number.isInteger(block) || block < 1) {
    throw new ArgumentError(`${where}: blockSize must be a whole number of at least 1; got ${block}.`, { block })
  }
  return x.shape as readonly [number, number, number, number]
}

/** Channels laid out as blocks of pixels: `[N, C · s², H, W]` → `[N, C, H · s, W · s]`. */
export const depthToSpace = (x: Node, s: number, order: BlockOrder = 'DCR'): Node => {
  const [n, c, h, w] = requireBlock('depthToSpace', x, s)
  if (c % (s * s) !== 0) {
    throw new ShapeError(
      `depthToSpace: x ${show(x.shape)} has ${c} channels, which ${s * s} does not divide. Each block takes ${s} · ${s} channels.`,
      { shape: x.shape, blockSize: s },
    )
  }
  const depth = c / (s * s)
  const split = order === 'DCR' ? [n, s, s, depth, h, w] : [n, depth, s, s, h, w]
  const turned = transpose(reshape(x, split), order === 'DCR' ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3])
  return reshape(turned, [n, depth, h * s, w * s])
}
/** Blocks of pixels laid out as channels, the inverse of `depthToSpace`: `[N, C, H · s, W · s]` → `[N, C · s², H, W]`. */
export const spaceToDepth = (x: Node, s: number, order: BlockOrder = 'DCR'): Node => {
  const [n, c, h, w] = requireBlock('spaceToDepth', x, s)
  if (h % s !== 0 || w % s !== 0) {
    throw new ShapeError(
      `spaceToDepth: x is ${show(x.shape)}, and ${s} does not divide ${h} and ${w}. Both must be whole numbers of blocks.`,
      { shape: x.shape, blockSize: s },
    )
  }
  const split = reshape(x, [n, c, h / s, s, w / s, s])
  const turned = transpose(split, order === 'DCR' ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4])
  return reshape(turned, [n, c * s * s, h / s, w / s])
}

export const imageOps: readonly Op[] = [unfoldOp, foldOp] as unknown as readonly Op[]
