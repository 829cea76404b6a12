import { type Shape, sizeOf } from '../core/shape.ts'
import type { OnnxBuilder, Value } from '../graph/lowering.ts'
import { cropped, padded } from './convolution-padding.ts'
import { extentOf, onnxPads, type Pair, type Steps, windowCounts } from './window.ts'

// ONNX Runtime's fastest convolution on the CPU works on channels in blocks of B: images as [N, C/B, H, W, B], kernels as
// [O/B, C/B, K, B of C, B of O]. By itself it turns to this layout only for kernels that are constants, which those in training are not;
// its operators are written here instead. Fewer than B input channels stay as they are, and the kernel is then [O/B, C, K, B].

const domain = 'com.microsoft.nchwc'

/** Whether the layout serves: float32 over one or two axes, and no groups. */
export const fitsBlocks = (b: OnnxBuilder, x: Value, groups: number): boolean =>
  b.channelBlock > 0 && x.dtype === 'float32' && groups === 1 && x.shape.length <= 4 && sizeOf(x.shape) > 0

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step
/** Channels that a kernel's input side has in the layout. */
const inputChannels = (b: OnnxBuilder, n: number): number => (n < b.channelBlock ? n : roundUp(n, b.channelBlock))

const withShape = (b: OnnxBuilder, name: string, shape: Shape): Value => ({
  name: b.op('Reshape', [name, b.ints(shape)]),
  shape,
  dtype: 'float32',
})
/** One axis is a second one of size 1. */
const asPlanes = (b: OnnxBuilder, x: Value): Value =>
  x.shape.length === 4 ? x : withShape(b, x.name, [x.shape[0]!, x.shape[1]!, 1, x.shape[2]!])
const asPlaneSteps = (steps: Steps): Steps =>
  steps.stride.length === 2
    ? steps
    : { stride: [1, ...steps.stride], dilation: [1, ...steps.dilation], pads: [[0, 0], ...steps.pads] }

/** Zeros at the end of the axes that are shorter. */
const grown = (b: OnnxBuilder, x: Value, shape: Shape): Value =>
  padded(
    b,
    x,
    shape.map((n, i) => [0, n - x.shape[i]!]),
  )

/** x `[N, C, H, W]` as `[N, C/B, H, W, B]`, the last block filled with zeros. */
const intoBlocks = (b: OnnxBuilder, x: Value): string => {
  const [n, channels, ...plane] = x.shape as readonly [number, number, number, number]
  // The operator fills a last block of which it has a multiple of four channels.
  return b.op('ReorderInput', [grown(b, x, [n, roundUp(channels, 4), ...plane]).name], {}, domain)
}
/** A convolution's input in the layout. */
const blockedInput = (b: OnnxBuilder, x: Value): Value => {
  const [n, channels, ...plane] = x.shape as readonly [number, number, number, number]
  if (channels < b.channelBlock) return x
  return { name: intoBlocks(b, x), shape: [n, roundUp(channels, b.channelBlock), ...plane], dtype: x.dtype }
}
/** Zeros beside the columns of a convolution's input. */
const widened = (b: OnnxBuilder, x: Value, [before, after]: Pair): Value => {
  const [n, channels, rows, columns] = x.shape as readonly [number, number, number, number]
  const block = channels < b.channelBlock ? 1 : b.channelBlock
  const lines = withShape(b, x.name, [n, channels / block, rows, columns * block])
  const wide = padded(b, lines, [
    [0, 0],
    [0, 0],
    [0, 0],
    [before * block, after * block],
  ])
  return withShape(b, wide.name, [n, channels, rows, before + columns + after])
}

/** The kernel w `[O, C, kh, kw]` in the layout. */
const blockedKernel = (b: OnnxBuilder, w: Value): Value => {
  const block = b.channelBlock
  const [, , ...kernel] = w.shape
  const [o, c] = [roundUp(w.shape[0]!, block), inputChannels(b, w.shape[1]!)]
  const taps = sizeOf(kernel)
  const rows = intoBlocks(b, withShape(b, grown(b, w, [w.shape[0]!, c, ...kernel]).name, [1, w.shape[0]!, c * taps, 1]))
  if (c < block) return withShape(b, rows, [o, c, ...kernel])
  const turned = b.op('Transpose', [withShape(b, rows, [(o * c) / block ** 2, block, taps, block]).name], {
    perm: [0, 2, 1, 3],
  })
  return withShape(b, turned, [o, c, ...kernel])
}

/** w `[C, O, kh, kw]`, whose axes are swapped, as the kernel of a convolution from C to O channels; `reversed`: with its window reversed. */
const blockedSwapped = (b: OnnxBuilder, w: Value, reversed: boolean): Value => {
  const block = b.channelBlock
  const [, , ...kernel] = w.shape
  const [c, o] = [inputChannels(b, w.shape[0]!), roundUp(w.shape[1]!, block)]
  const taps = sizeOf(kernel)
  const blocks = intoBlocks(b, grown(b, w, [c, w.shape[1]!, ...kernel]))
  // Two moves of an axis each: ONNX Runtime has a fast way for one, and none for both at once.
  const rows = withShape(b, blocks, [c, o / block, taps * block])
  const outward = o === block ? rows.name : b.op('Transpose', [rows.name], { perm: [1, 0, 2] })
  const turned =
    c < block
      ? outward
      : b.op('Transpose', [withShape(b, outward, [((o / block) * c) / block, block, taps, block]).name], {
          perm: [0, 2, 1, 3],
        })
  if (!reversed || taps === 1) return withShape(b, turned, [o, c, ...kernel])
  const backwards = Array.from({ length: taps }, (_, i) => taps - 1 - i)
  const sets = c < block ? [(o / block) * c, taps, block] : [((o / block) * c) / block, taps, block ** 2]
  const flipped = b.op('Gather', [withShape(b, turned, sets).name, b.ints(backwards)], { axis: 1 })
  return withShape(b, flipped, [o, c, ...kernel])
}

/** The convolution itself, with `outputs` channels. */
const convolve = (
  b: OnnxBuilder,
  x: Value,
  kernel: Value,
  bias: Value | null,
  outputs: number,
  { stride, dilation, pads }: Steps,
): string => {
  const given = bias ? [grown(b, bias, [kernel.shape[0]!]).name] : []
  // The operator computes outputs whose window sticks out on the left or right one at a time, where otherwise it takes several at once.
  const [rows, columns] = pads as readonly [Pair, Pair]
  const sticksOut = columns.reduce((count, pad) => count + Math.ceil(pad / stride[1]!), 0)
  const [, width] = windowCounts('convolution', x.shape.slice(2), kernel.shape.slice(2), { stride, dilation, pads })
  const wide = sticksOut * 4 > width!
  const y = b.op(
    'Conv',
    [(wide ? widened(b, x, columns) : x).name, kernel.name, ...given],
    {
      strides: stride,
      dilations: dilation,
      pads: onnxPads([rows, wide ? [0, 0] : columns]),
      group: 1,
      kernel_shape: kernel.shape.slice(2),
      auto_pad: 'NOTSET',
    },
    domain,
  )
  return b.op('ReorderOutput', [y], { channels: outputs }, domain)
}
/** A result of an axis less, if that was how it came. */
const shaped = (b: OnnxBuilder, name: string, out: Shape): string =>
  out.length === 4 ? name : withShape(b, name, out).name

export const convolveInBlocks = (
  b: OnnxBuilder,
  [x, w, bias]: readonly [Value, Value, Value?],
  out: Shape,
  steps: Steps,
): string => {
  const input = blockedInput(b, asPlanes(b, x))
  const kernel = blockedKernel(b, asPlanes(b, w))
  return shaped(b, convolve(b, input, kernel, bias ?? null, out[1]!, asPlaneSteps(steps)), out)
}

/** The convolution of g by w `[O, C, ...]` turned around, from O to C channels; `steps` are those of the way back. */
export const convolveBackInBlocks = (b: OnnxBuilder, g: Value, w: Value, out: Shape, steps: Steps): string => {
  const input = blockedInput(b, asPlanes(b, g))
  const kernel = blockedSwapped(b, asPlanes(b, w), true)
  return shaped(b, convolve(b, input, kernel, null, out[1]!, asPlaneSteps(steps)), out)
}

/**
 * The gradient by the kernel, which is a convolution over the batch: x `[C, N, ...]` by g as a kernel from N to O channels. Its window
 * moves by the dilation, and its elements lie a stride apart.
 */
export const convolveWeightInBlocks = (b: OnnxBuilder, x: Value, g: Value, out: Shape, given: Steps): string => {
  const [images, grads] = [asPlanes(b, x), asPlanes(b, g)]
  const { stride, dilation, pads } = asPlaneSteps(given)
  const kernel = [out.length === 4 ? out[2]! : 1, out.at(-1)!]
  // As much of x and of the padding as the windows use.
  const used = kernel.map((k, i) => (k - 1) * dilation[i]! + extentOf(grads.shape[i + 2]!, stride[i]!))
  // Windows that meet nothing but padding.
  if (used.some((n, i) => n <= pads[i]![0])) return b.op('Expand', [b.constant([0], 'float32', []), b.ints(out)])
  const around = used.map((n, i): Pair => [pads[i]![0], n - pads[i]![0] - images.shape[i + 2]!])
  const part = cropped(b, images, around)
  const [n, channels, ...size] = part.shape as readonly [number, number, number, number]
  const turned = b.op('Transpose', [part.name], { perm: [1, 0, 2, 3] })
  const input = blockedInput(b, { name: turned, shape: [channels, n, ...size], dtype: 'float32' })
  const within = around.map(([before, after]): Pair => [before, Math.max(after, 0)])
  const steps: Steps = { stride: dilation, dilation: stride, pads: within }
  const y = convolve(b, input, blockedSwapped(b, grads, false), null, out[0]!, steps)
  return shaped(b, b.op('Transpose', [y], { perm: [1, 0, 2, 3] }), out)
}
