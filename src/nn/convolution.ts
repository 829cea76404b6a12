import { ArgumentError } from '../core/errors.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { type PerAxis, pairsOf, perAxis } from '../ops/window.ts'
import {
  type ConvolutionOptions as Options,
  type ConvolutionTransposeOptions as TransposeOptions,
  convolution,
  convolutionTranspose,
} from '../tensor/convolution.ts'
import type { Generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { constantInit, type Initializer, uniformInit } from './initializers.ts'
import { Layer } from './module.ts'
import { Parameter } from './parameter.ts'
import { type ChannelsFn, type Rank, requireAxes, requireChannels, type Spatial } from './spatial.ts'

interface Filling {
  /** Whether a bias is added to each output channel. Default true. */
  readonly bias?: boolean
  /** How the weight begins. Default PyTorch's: uniform within ±1/√fanIn, the bias too. */
  readonly init?: Initializer
  readonly generator?: Generator
}
export interface ConvolutionOptions extends Omit<Options<'float32'>, 'bias'>, Filling {}
export interface ConvolutionTransposeOptions extends Omit<TransposeOptions<'float32'>, 'bias'>, Filling {}

interface Kind<N extends string, R extends Rank> {
  readonly name: N
  readonly rank: R
}
interface Channels<I extends number, O extends number> {
  readonly inChannels: I
  readonly outChannels: O
  readonly kernelSize: PerAxis
}

/** The options of the operation, checked when the layer is made and not only when it runs. */
const checked = <O extends ConvolutionTransposeOptions>(
  { name, rank }: Kind<string, Rank>,
  { inChannels, outChannels }: Channels<number, number>,
  { bias: _bias, init: _init, generator: _generator, ...options }: O,
): Omit<O, keyof Filling> => {
  for (const key of ['stride', 'dilation'] as const) {
    if (options[key] !== undefined) perAxis(name, key, options[key], rank)
  }
  if (options.outputPadding !== undefined) perAxis(name, 'outputPadding', options.outputPadding, rank, 0)
  pairsOf(name, options.padding ?? 0, rank, () => [0, 0])
  const { groups = 1 } = options
  if (!(Number.isInteger(groups) && groups >= 1 && inChannels % groups === 0 && outChannels % groups === 0)) {
    throw new ArgumentError(
      `${name}: groups must be a whole number of at least 1 that divides ${inChannels} and ${outChannels} channels; got ${groups}.`,
      { groups, inChannels, outChannels },
    )
  }
  return options
}

/** Weight and bias within ±1/√fanIn: PyTorch's Kaiming uniform with a = √5 comes to that. Source: He et al. 2015, section 2.2. */
const filters = <S extends Shape, O extends number>(
  shape: S,
  outChannels: O,
  options: Filling,
): { weight: Parameter<S>; bias: Parameter<readonly [O]> | null } => {
  const fanIn = sizeOf(shape.slice(1))
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0
  const weight = new Parameter(shape, options.init ?? uniformInit(-bound, bound), options.generator)
  const biasInit = options.init ? constantInit(0) : uniformInit(-bound, bound)
  return { weight, bias: (options.bias ?? true) ? new Parameter([outChannels], biasInit, options.generator) : null }
}

/**
 * Convolution (cross-correlation) over one, two or three spatial axes: `y[n, o] = Σ w[o, c] ⋆ x[n, c] + b[o]`.
 *
 * **Shape** x: `[N, inChannels, ...spatial]` → `[N, outChannels, ...]`, each spatial size
 * `⌊(n + before + after − dilation (kernelSize − 1) − 1) / stride⌋ + 1`; weight `[outChannels, inChannels/groups, ...kernelSize]`, bias
 * `[outChannels]`.
 *
 * @throws ArgumentError where an option is of the wrong form or groups do not divide the channels
 *
 * Source: LeCun et al. 1989; parameters, names and initial values as PyTorch's `Conv1d`, `Conv2d` and `Conv3d`.
 */
export abstract class Convolution<N extends string, R extends Rank, I extends number, O extends number> extends Layer<
  ChannelsFn<N, R, I, O>
> {
  readonly weight: Parameter<readonly [O, number, ...Spatial[R]]>
  readonly bias: Parameter<readonly [O]> | null
  private readonly kind: Kind<N, R>
  private readonly inChannels: I
  private readonly options: Omit<ConvolutionOptions, keyof Filling>

  constructor(kind: Kind<N, R>, channels: Channels<I, O>, options: ConvolutionOptions) {
    super()
    this.kind = kind
    this.inChannels = channels.inChannels
    this.options = checked(kind, channels, options)
    const kernel = perAxis(kind.name, 'kernelSize', channels.kernelSize, kind.rank) as Spatial[R]
    const shape = [channels.outChannels, channels.inChannels / (options.groups ?? 1), ...kernel] as const
    const { weight, bias } = filters(shape, channels.outChannels, options)
    this.weight = weight
    this.bias = bias
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    const { name, rank } = this.kind
    requireChannels(name, requireAxes(name, x, rank), this.inChannels)
    const { weight, bias, options } = this
    return convolution(x, weight.value, bias ? { ...options, bias: bias.value } : options)
  }
}

/**
 * Transposed convolution over one, two or three spatial axes: the gradient of a convolution by its input, as a layer.
 *
 * **Shape** x: `[N, inChannels, ...spatial]` → `[N, outChannels, ...]`, each spatial size
 * `(n − 1) stride − before − after + dilation (kernelSize − 1) + 1 + outputPadding`; weight
 * `[inChannels, outChannels/groups, ...kernelSize]`, bias `[outChannels]`.
 *
 * @throws ArgumentError where an option is of the wrong form or groups do not divide the channels
 *
 * Source: Zeiler et al. 2010; parameters, names and initial values as PyTorch's `ConvTranspose1d`, `ConvTranspose2d` and
 * `ConvTranspose3d`.
 */
export abstract class ConvolutionTranspose<
  N extends string,
  R extends Rank,
  I extends number,
  O extends number,
> extends Layer<ChannelsFn<N, R, I, O>> {
  readonly weight: Parameter<readonly [I, number, ...Spatial[R]]>
  readonly bias: Parameter<readonly [O]> | null
  private readonly kind: Kind<N, R>
  private readonly options: Omit<ConvolutionTransposeOptions, keyof Filling>

  constructor(kind: Kind<N, R>, channels: Channels<I, O>, options: ConvolutionTransposeOptions) {
    super()
    this.kind = kind
    this.options = checked(kind, channels, options)
    const kernel = perAxis(kind.name, 'kernelSize', channels.kernelSize, kind.rank) as Spatial[R]
    const shape = [channels.inChannels, channels.outChannels / (options.groups ?? 1), ...kernel] as const
    const { weight, bias } = filters(shape, channels.outChannels, options)
    this.weight = weight
    this.bias = bias
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    const { name, rank } = this.kind
    requireChannels(name, requireAxes(name, x, rank), this.weight.shape[0])
    const { weight, bias, options } = this
    return convolutionTranspose(x, weight.value, bias ? { ...options, bias: bias.value } : options)
  }
}

/** Convolution of sequences, `[N, inChannels, L]` → `[N, outChannels, L]`. */
export class Conv1d<I extends number = number, O extends number = number> extends Convolution<'conv1d', 1, I, O> {
  constructor(inChannels: I, outChannels: O, kernelSize: PerAxis, options: ConvolutionOptions = {}) {
    super({ name: 'conv1d', rank: 1 }, { inChannels, outChannels, kernelSize }, options)
  }
}
/** Convolution of sequences, `[N, inChannels, L]` → `[N, outChannels, L]`. */
export const conv1d = <const I extends number, const O extends number>(
  inChannels: I,
  outChannels: O,
  kernelSize: PerAxis,
  options?: ConvolutionOptions,
): Conv1d<I, O> => new Conv1d(inChannels, outChannels, kernelSize, options)

/** Convolution of images, `[N, inChannels, H, W]` → `[N, outChannels, H, W]`. */
export class Conv2d<I extends number = number, O extends number = number> extends Convolution<'conv2d', 2, I, O> {
  constructor(inChannels: I, outChannels: O, kernelSize: PerAxis, options: ConvolutionOptions = {}) {
    super({ name: 'conv2d', rank: 2 }, { inChannels, outChannels, kernelSize }, options)
  }
}
/** Convolution of images, `[N, inChannels, H, W]` → `[N, outChannels, H, W]`. */
export const conv2d = <const I extends number, const O extends number>(
  inChannels: I,
  outChannels: O,
  kernelSize: PerAxis,
  options?: ConvolutionOptions,
): Conv2d<I, O> => new Conv2d(inChannels, outChannels, kernelSize, options)

/** Convolution of volumes, `[N, inChannels, D, H, W]` → `[N, outChannels, D, H, W]`. */
export class Conv3d<I extends number = number, O extends number = number> extends Convolution<'conv3d', 3, I, O> {
  constructor(inChannels: I, outChannels: O, kernelSize: PerAxis, options: ConvolutionOptions = {}) {
    super({ name: 'conv3d', rank: 3 }, { inChannels, outChannels, kernelSize }, options)
  }
}
/** Convolution of volumes, `[N, inChannels, D, H, W]` → `[N, outChannels, D, H, W]`. */
export const conv3d = <const I extends number, const O extends number>(
  inChannels: I,
  outChannels: O,
  kernelSize: PerAxis,
  options?: ConvolutionOptions,
): Conv3d<I, O> => new Conv3d(inChannels, outChannels, kernelSize, options)

/** Transposed convolution of sequences, `[N, inChannels, L]` → `[N, outChannels, L]`. */
export class ConvTranspose1d<I extends number = number, O extends number = number> extends ConvolutionTranspose<
  'convTranspose1d',
  1,
  I,
  O
> {
  constructor(inChannels: I, outChannels: O, kernelSize: PerAxis, options: ConvolutionTransposeOptions = {}) {
    super({ name: 'convTranspose1d', rank: 1 }, { inChannels, outChannels, kernelSize }, options)
  }
}
/** Transposed convolution of sequences, `[N, inChannels, L]` → `[N, outChannels, L]`. */
export const convTranspose1d = <const I extends number, const O extends number>(
  inChannels: I,
  outChannels: O,
  kernelSize: PerAxis,
  options?: ConvolutionTransposeOptions,
): ConvTranspose1d<I, O> => new ConvTranspose1d(inChannels, outChannels, kernelSize, options)

/** Transposed convolution of images, `[N, inChannels, H, W]` → `[N, outChannels, H, W]`. */
export class ConvTranspose2d<I extends number = number, O extends number = number> extends ConvolutionTranspose<
  'convTranspose2d',
  2,
  I,
  O
> {
  constructor(inChannels: I, outChannels: O, kernelSize: PerAxis, options: ConvolutionTransposeOptions = {}) {
    super({ name: 'convTranspose2d', rank: 2 }, { inChannels, outChannels, kernelSize }, options)
  }
}
/** Transposed convolution of images, `[N, inChannels, H, W]` → `[N, outChannels, H, W]`. */
export const convTranspose2d = <const I extends number, const O extends number>(
  inChannels: I,
  outChannels: O,
  kernelSize: PerAxis,
  options?: ConvolutionTransposeOptions,
): ConvTranspose2d<I, O> => new ConvTranspose2d(inChannels, outChannels, kernelSize, options)

/** Transposed convolution of volumes, `[N, inChannels, D, H, W]` → `[N, outChannels, D, H, W]`. */
export class ConvTranspose3d<I extends number = number, O extends number = number> extends ConvolutionTranspose<
  'convTranspose3d',
  3,
  I,
  O
> {
  constructor(inChannels: I, outChannels: O, kernelSize: PerAxis, options: ConvolutionTransposeOptions = {}) {
    super({ name: 'convTranspose3d', rank: 3 }, { inChannels, outChannels, kernelSize }, options)
  }
}
/** Transposed convolution of volumes, `[N, inChannels, D, H, W]` → `[N, outChannels, D, H, W]`. */
export const convTranspose3d = <const I extends number, const O extends number>(
  inChannels: I,
  outChannels: O,
  kernelSize: PerAxis,
  options?: ConvolutionTransposeOptions,
): ConvTranspose3d<I, O> => new ConvTranspose3d(inChannels, outChannels, kernelSize, options)
