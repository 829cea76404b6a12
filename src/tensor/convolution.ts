import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import * as cv from '../ops/convolution.ts'
import { Tensor } from './tensor.ts'

export interface ConvolutionOptions<D extends DType> extends Omit<cv.ConvolutionOptions, 'bias'> {
  /** `[out]`, added to each output channel. */
  readonly bias?: Tensor<Shape, D>
}
export interface ConvolutionTransposeOptions<D extends DType> extends Omit<cv.ConvolutionTransposeOptions, 'bias'> {
  /** `[out]`, added to each output channel. */
  readonly bias?: Tensor<Shape, D>
}

/** Options with the node of the bias in the place of the tensor. */
const onNodes = <D extends DType, O extends { readonly bias?: Tensor<Shape, D> }>({ bias, ...rest }: O) => ({
  ...rest,
  ...(bias && { bias: bias.node }),
})

/**
 * Convolution over 1, 2 or 3 spatial axes, `y[n, o, i] = Σ x[n, c, i · stride + k · dilation − before] w[o, c, k] + bias[o]`: the window
 * is not turned around (cross-correlation).
 *
 * **Shape** x: `[N, in, ...spatial]`, w: `[out, in/groups, ...kernel]`, bias: `[out]` → `[N, out, ...]`, each spatial size
 * `⌊(n + before + after − dilation (kernel − 1) − 1) / stride⌋ + 1`.
 *
 * @param options.padding zeros around the spatial axes: a number, one or a pair `[before, after]` for each axis, `valid` (none, the
 * default) or `same`, by which the output is `⌈n/stride⌉` long
 * @param options.groups channels fall into so many groups that do not meet; as many as channels make it depthwise
 * @throws ShapeError where channels do not fit or the window is larger than the padded input
 *
 * Source: LeCun et al. 1989; the conventions of PyTorch's `conv1d`, `conv2d` and `conv3d`, against which it was checked.
 */
export const convolution = <D extends DType>(
  x: Tensor<Shape, D>,
  w: Tensor<Shape, NoInfer<D>>,
  options: ConvolutionOptions<NoInfer<D>> = {},
): Tensor<Shape, D> => new Tensor(cv.convolution(x.node, w.node, onNodes(options)))

/**
 * Transposed convolution: the gradient of `convolution` by its input, with the same options, as an operation of its own.
 *
 * **Shape** x: `[N, in, ...spatial]`, w: `[in, out/groups, ...kernel]`, bias: `[out]` → `[N, out, ...]`, each spatial size
 * `(n − 1) stride − before − after + dilation (kernel − 1) + 1 + outputPadding`.
 *
 * @param options.padding what is taken off the output's ends; `same` makes it `n · stride` long
 * @param options.outputPadding added to the output's end, below the stride: a convolution brings several sizes to the input's, and this
 * says which is meant
 *
 * Source: Zeiler et al. 2010; the conventions of PyTorch's `conv_transpose1d`, `conv_transpose2d` and `conv_transpose3d`.
 */
export const convolutionTranspose = <D extends DType>(
  x: Tensor<Shape, D>,
  w: Tensor<Shape, NoInfer<D>>,
  options: ConvolutionTransposeOptions<NoInfer<D>> = {},
): Tensor<Shape, D> => new Tensor(cv.convolutionTranspose(x.node, w.node, onNodes(options)))
