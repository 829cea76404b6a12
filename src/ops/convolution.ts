import { ArgumentError, ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { apply, requireSameDType } from './apply.ts'
import { add } from './arithmetic.ts'
import { reshape } from './broadcast.ts'
import {
  convolutionInputOp,
  convolutionOp,
  convolutionWeightOp,
  requireBias,
  requireKernel,
} from './convolution-maps.ts'
import { extentOf, type Padding, type Pair, type PerAxis, pairsOf, perAxis, stepsOf } from './window.ts'

export interface ConvolutionOptions {
  /** How far the window moves, default 1. */
  readonly stride?: PerAxis
  /** Zeros around the spatial axes, default none. */
  readonly padding?: Padding
  /** Distance of the kernel's elements, default 1. */
  readonly dilation?: PerAxis
  /** Channels fall into this many groups that do not meet; as many as channels make it depthwise. Default 1. */
  readonly groups?: number
  /** `[out]`, added to each output channel. */
  readonly bias?: Node
}
/** Convolution (cross-correlation): x `[N, in, ...spatial]`, w `[out, in/groups, ...kernel]` → `[N, out, ...]`; 1 to 3 spatial axes. */
export const convolution = (x: Node, w: Node, options: ConvolutionOptions = {}): Node => {
  const { groups = 1, bias } = options
  requireKernel('convolution', x.shape, w.shape, w.shape[1]! * groups)
  const steps = stepsOf('convolution', x.shape.slice(2), w.shape.slice(2), options)
  return apply(convolutionOp, bias ? [x, w, bias] : [x, w], { ...steps, groups })
}

export interface ConvolutionTransposeOptions extends ConvolutionOptions {
  /** What `padding` takes off the output; `same` makes it stride times as long as the input. Default none. */
  readonly padding?: Padding
  /** Added to the output's end, below the stride: of the sizes that a convolution brings to the input's, not the smallest. Default 0. */
  readonly outputPadding?: PerAxis
}
/** Transposed convolution: x `[N, in, ...spatial]`, w `[in, out/groups, ...kernel]` → `[N, out, ...]`; the gradient of a convolution by its input. */
export const convolutionTranspose = (x: Node, w: Node, options: ConvolutionTransposeOptions = {}): Node => {
  const where = 'convolutionTranspose'
  const { groups = 1, bias } = options
  requireKernel(where, x.shape, w.shape, w.shape[0]!)
  const [spatial, kernel] = [x.shape.slice(2), w.shape.slice(2)]
  const ndim = spatial.length
  const stride = perAxis(where, 'stride', options.stride ?? 1, ndim)
  const dilation = perAxis(where, 'dilation', options.dilation ?? 1, ndim)
  const over = kernel.map((k, i) => extentOf(k, dilation[i]!) - stride[i]!)
  const half = (i: number): Pair => [Math.floor(Math.max(over[i]!, 0) / 2), Math.ceil(Math.max(over[i]!, 0) / 2)]
  const pads = pairsOf(where, options.padding ?? 0, ndim, half)
  const extra = perAxis(where, 'outputPadding', options.outputPadding ?? 0, ndim, 0)
  // A window shorter than the stride leaves a rest that `same` keeps.
  const rest = extra.map((e, i) => e + (options.padding === 'same' ? Math.max(-over[i]!, 0) : 0))
  const size = spatial.map(
    (n, i) => (n - 1) * stride[i]! + over[i]! + stride[i]! - pads[i]![0] - pads[i]![1] + rest[i]!,
  )
  if (rest.some((r, i) => r >= stride[i]!)) {
    throw new ArgumentError(
      `${where}: outputPadding must be below the stride, ${show(stride)}; got ${show(extra)}${options.padding === 'same' ? " with padding 'same'" : ''}.`,
      { outputPadding: extra, stride },
    )
  }
  if (size.some(n => n < 1)) {
    throw new ShapeError(
      `${where}: for x ${show(x.shape)} and w ${show(w.shape)} the padding ${JSON.stringify(pads)} leaves an output of ${show(size)}. Pad less: each size must be at least 1.`,
      { size, pads },
    )
  }
  const y = apply(convolutionInputOp, [x, w], { stride, dilation, pads, groups, size })
  if (!bias) return y
  requireSameDType(where, x, bias)
  requireBias(where, bias, y.shape[1]!)
  return add(y, reshape(bias, [-1, ...spatial.map(() => 1)]))
}

export const convolutionOps: readonly Op[] = [
  convolutionOp,
  convolutionInputOp,
  convolutionWeightOp,
] as unknown as readonly Op[]
