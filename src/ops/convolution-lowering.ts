import { type Shape, sizeOf } from '../core/shape.ts'
import type { OnnxBuilder, Value } from '../graph/lowering.ts'
import { convolveBackInBlocks, convolveInBlocks, convolveWeightInBlocks, fitsBlocks } from './convolution-blocked.ts'
import { cropped, padded } from './convolution-padding.ts'
import { extentOf, onnxPads, type Pair, type Steps } from './window.ts'

// ONNX Runtime has float32 kernels only (Conv, ConvTranspose), and none for the gradient by the weights. The rest is one matrix
// product with the windows laid out as columns.

type Attrs = Steps & { readonly groups: number }
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const swapFirst = (ndim: number): number[] => [1, 0, ...range(ndim).slice(2)]

/** Every index of a kernel in row-major order. */
const tapsOf = (kernel: Shape): number[][] =>
  kernel.reduce<number[][]>((taps, n) => taps.flatMap(t => range(n).map(k => [...t, k])), [[]])

/** What each kernel element meets in x `[N, C, ...]`, as `[C, 1, N · positions]`: a strided slice. */
const tapSlices = (b: OnnxBuilder, x: Value, kernel: Shape, counts: Shape, attrs: Steps): string[] => {
  const [batch, channels] = x.shape as readonly [number, number]
  const whole = padded(b, x, [[0, 0], [0, 0], ...attrs.pads])
  const turned = b.op('Transpose', [whole.name], { perm: swapFirst(x.shape.length) })
  const positions = batch * sizeOf(counts)
  const axes = b.ints(kernel.map((_, i) => i + 2))
  return tapsOf(kernel).map(tap => {
    const starts = tap.map((k, i) => k * attrs.dilation[i]!)
    const ends = starts.map((s, i) => s + (counts[i]! - 1) * attrs.stride[i]! + 1)
    const part = b.op('Slice', [turned, b.ints(starts), b.ints(ends), axes, b.ints(attrs.stride)])
    return b.op('Reshape', [part, b.ints([channels, 1, positions])])
  })
}

/** The windows of x as columns: `[C · kernel, N · positions]`. */
const columns = (b: OnnxBuilder, x: Value, kernel: Shape, counts: Shape, attrs: Steps): string => {
  const parts = tapSlices(b, x, kernel, counts, attrs)
  const all = parts.length === 1 ? parts[0]! : b.op('Concat', parts, { axis: 1 })
  return b.op('Reshape', [all, b.ints([x.shape[1]! * parts.length, x.shape[0]! * sizeOf(counts)])])
}

/** As [groups, rows, columns]; one group is a plain matrix. */
const grouped = (b: OnnxBuilder, name: string, groups: number, rows: number, count: number): string =>
  b.op('Reshape', [name, b.ints(groups === 1 ? [rows, count] : [groups, rows / groups, count])])

const addBias = (b: OnnxBuilder, y: string, bias: Value | undefined, ndim: number): string =>
  bias ? b.op('Add', [y, b.op('Reshape', [bias.name, b.ints([1, -1, ...new Array<number>(ndim).fill(1)])])]) : y

/** Convolution as a matrix product, for dtypes that Conv does not take. */
const convolveByColumns = (b: OnnxBuilder, x: Value, w: Value, out: Shape, attrs: Attrs): string => {
  const [batch, outputs] = out as readonly [number, number]
  const kernel = w.shape.slice(2)
  const counts = out.slice(2)
  const positions = batch * sizeOf(counts)
  const cols = columns(b, x, kernel, counts, attrs)
  const rows = x.shape[1]! * sizeOf(kernel)
  const product = b.op('MatMul', [
    grouped(b, w.name, attrs.groups, outputs, rows / attrs.groups),
    grouped(b, cols, attrs.groups, rows, positions),
  ])
  const turned = b.op('Reshape', [product, b.ints([outputs, batch, ...counts])])
  return b.op('Transpose', [turned], { perm: swapFirst(out.length) })
}

const convAttrs = ({ stride, pads, dilation, groups }: Attrs) => ({
  strides: stride,
  pads: onnxPads(pads),
  dilations: dilation,
  group: groups,
})

export const lowerConvolution = (
  b: OnnxBuilder,
  [x, w, bias]: readonly [Value, Value, Value?],
  out: Shape,
  attrs: Attrs,
): string => {
  if (fitsBlocks(b, x, attrs.groups)) return convolveInBlocks(b, bias ? [x, w, bias] : [x, w], out, attrs)
  const grouped = attrs.groups > 1 && out.length === 5
  return x.dtype === 'float32' && !(grouped && b.lacks('Conv over three axes in groups'))
    ? b.op('Conv', [x.name, w.name, ...(bias ? [bias.name] : [])], convAttrs(attrs))
    : addBias(b, convolveByColumns(b, x, w, out, attrs), bias, out.length - 2)
}

/** The kernel `[O, C/G, ...]` for the way back, `[C, O/G, ...]`: channels swapped within each group, the window reversed. */
const turnKernel = (b: OnnxBuilder, w: Value, groups: number): Value => {
  const [outputs, depth, ...kernel] = w.shape as readonly [number, number, ...number[]]
  const axes = kernel.map((_, i) => i + 2)
  const all = (v: number): string => b.ints(axes.map(() => v))
  const flipped = b.op('Slice', [w.name, all(-1), all(-(2 ** 31)), b.ints(axes), all(-1)])
  const split = b.op('Reshape', [flipped, b.ints([groups, outputs / groups, depth, ...kernel])])
  const swapped = b.op('Transpose', [split], { perm: [0, 2, 1, ...kernel.map((_, i) => i + 3)] })
  const shape = [groups * depth, outputs / groups, ...kernel]
  return { name: b.op('Reshape', [swapped, b.ints(shape)]), shape, dtype: w.dtype }
}

/** Puts stride − 1 zeros between the elements of each spatial axis. */
const spread = (b: OnnxBuilder, g: Value, stride: readonly number[]): Value => {
  let x = g
  for (const [i, step] of stride.entries()) {
    const axis = i + 2
    const n = x.shape[axis]!
    if (step === 1 || n === 1) continue
    const before = x.shape.slice(0, axis)
    const after = x.shape.slice(axis + 1)
    const apart = b.op('Reshape', [x.name, b.ints([...before, n, 1, ...after])])
    const widths = [...before, 0, step - 1, ...after].map((_, k) => (k === axis + 1 ? step - 1 : 0))
    const wide = b.op('Pad', [apart, b.ints([...widths.map(() => 0), ...widths]), b.constant([0], g.dtype, [])])
    const joined = b.op('Reshape', [wide, b.ints([...before, n * step, ...after])])
    const size = (n - 1) * step + 1
    const name = b.op('Slice', [joined, b.ints([0]), b.ints([size]), b.ints([axis])])
    x = { name, shape: [...before, size, ...after], dtype: g.dtype }
  }
  return x
}

/** Padding of the way back: what the window sticks out, less what was padded. */
const returnPads = (spreadShape: Shape, kernel: Shape, size: Shape, { dilation, pads }: Attrs): Pair[] =>
  kernel.map((k, i) => {
    const extent = extentOf(k, dilation[i]!)
    const before = extent - 1 - pads[i]![0]
    return [before, size[i]! + extent - 1 - spreadShape[i + 2]! - before]
  })

/** The gradient of a convolution by its input: from g `[N, O, ...]` to `[N, C, ...size]`. */
export const lowerConvolutionInput = (b: OnnxBuilder, g: Value, w: Value, out: Shape, attrs: Attrs): string => {
  const kernel = w.shape.slice(2)
  const size = out.slice(2)
  const ones = kernel.map(() => 1)
  const pads = returnPads(g.shape, kernel, size, attrs)
  const direct = attrs.stride.every(s => s === 1) && pads.flat().every(p => p >= 0)
  const transposes = kernel.length < 3 || !b.lacks('ConvTranspose over three axes')
  if (g.dtype === 'float32' && !direct && transposes) {
    const rest = size.map((n, i) => {
      const [before, after] = attrs.pads[i]!
      return n - ((g.shape[i + 2]! - 1) * attrs.stride[i]! - before - after + extentOf(kernel[i]!, attrs.dilation[i]!))
    })
    return b.op('ConvTranspose', [g.name, w.name], { ...convAttrs(attrs), output_padding: rest })
  }
  // With stride 1 a convolution by the turned kernel is up to twice as fast as ConvTranspose.
  const wide = spread(b, g, attrs.stride)
  const back = { ...attrs, stride: ones, pads: returnPads(wide.shape, kernel, size, attrs) }
  const part = cropped(b, wide, back.pads)
  const positive = back.pads.map(([before, after]): Pair => [Math.max(before, 0), Math.max(after, 0)])
  if (fitsBlocks(b, part, attrs.groups)) return convolveBackInBlocks(b, part, w, out, { ...back, pads: positive })
  return lowerConvolution(b, [part, turnKernel(b, w, attrs.groups)], out, { ...back, pads: positive })
}

/** The gradient of a convolution by its kernel: x `[N, C, ...]` and g `[N, O, ...]` to `[O, C/G, ...kernel]`. */
export const lowerConvolutionWeight = (b: OnnxBuilder, x: Value, g: Value, out: Shape, attrs: Attrs): string => {
  const [batch, outputs, ...counts] = g.shape as readonly [number, number, ...number[]]
  const positions = batch * sizeOf(counts)
  if (positions === 0) return b.op('Expand', [b.constant([0], x.dtype, []), b.ints(out)])
  if (fitsBlocks(b, x, attrs.groups)) return convolveWeightInBlocks(b, x, g, out, attrs)
  const kernel = out.slice(2)
  const channels = x.shape[1]!
  const turned = b.op('Transpose', [g.name], { perm: swapFirst(g.shape.length) })
  if (attrs.groups === 1) {
    // One product for each kernel element: the columns, as often as large, need not be written side by side.
    const rows = b.op('Reshape', [turned, b.ints([outputs, positions])])
    const parts = tapSlices(b, x, kernel, counts, attrs).map(part => {
      const across = b.op('Transpose', [b.op('Reshape', [part, b.ints([channels, positions])])], { perm: [1, 0] })
      return b.op('Reshape', [b.op('MatMul', [rows, across]), b.ints([outputs, channels, 1])])
    })
    return b.op('Reshape', [parts.length === 1 ? parts[0]! : b.op('Concat', parts, { axis: 2 }), b.ints(out)])
  }
  const rows = channels * sizeOf(kernel)
  const cols = grouped(b, columns(b, x, kernel, counts, attrs), attrs.groups, rows, positions)
  const product = b.op('MatMul', [
    grouped(b, turned, attrs.groups, outputs, positions),
    b.op('Transpose', [cols], { perm: attrs.groups === 1 ? [1, 0] : [0, 2, 1] }),
  ])
  return b.op('Reshape', [product, b.ints(out)])
}
