import type { Shape } from '../core/shape.ts'
import type { AnyFn, SameFn, ShapeFn } from '../core/shape-types.ts'
import type { GeluOptions } from '../ops/activation.ts'
import type { HardSigmoidOptions, HardTanhOptions, ShrinkOptions } from '../ops/rectifiers.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Layer } from './module.ts'

type Map = (x: Tensor<Shape, 'float32'>) => Tensor<Shape, 'float32'>

/** A function of one tensor as a layer, to stand in `sequential`. */
export class Lambda<F extends ShapeFn = SameFn> extends Layer<F> {
  private readonly map: Map

  constructor(map: Map) {
    super()
    this.map = map
  }

  protected override call(x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> {
    return this.map(x)
  }
}

/** max(x, 0). */
export const relu = (): Lambda => new Lambda(x => x.relu())
/** Gaussian error linear unit. */
export const gelu = (options?: GeluOptions): Lambda => new Lambda(x => x.gelu(options))
/** x σ(x). */
export const silu = (): Lambda => new Lambda(x => x.silu())
/** Logistic sigmoid. */
export const sigmoid = (): Lambda => new Lambda(x => x.sigmoid())
/** Hyperbolic tangent. */
export const tanh = (): Lambda => new Lambda(x => x.tanh())
/** ln(1 + eˣ). */
export const softplus = (): Lambda => new Lambda(x => x.softplus())
/** Probabilities along an axis (the last by default). */
export const softmax = (axis = -1): Lambda => new Lambda(x => x.softmax(axis))
/** Logarithms of probabilities along an axis (the last by default). */
export const logSoftmax = (axis = -1): Lambda => new Lambda(x => x.logSoftmax(axis))
/** ln σ(x), without overflow. */
export const logSigmoid = (): Lambda => new Lambda(x => x.logSigmoid())

/** x, to the left of 0 α x. Default α 0.01. */
export const leakyRelu = (alpha?: number): Lambda => new Lambda(x => x.leakyRelu(alpha))
/** x between 0 and 6, these outside. */
export const relu6 = (): Lambda => new Lambda(x => x.relu6())
/** x where it is above α (1), else 0. */
export const thresholdedRelu = (alpha?: number): Lambda => new Lambda(x => x.thresholdedRelu(alpha))
/** x, to the left of 0 α (eˣ − 1). Default α 1. */
export const elu = (alpha?: number): Lambda => new Lambda(x => x.elu(alpha))
/** max(x, 0) + min(0, α (e^(x/α) − 1)). Default α 1. */
export const celu = (alpha?: number): Lambda => new Lambda(x => x.celu(alpha))
/** Self-normalising elu, with constants of its own. */
export const selu = (): Lambda => new Lambda(x => x.selu())
/** x tanh(ln(1 + eˣ)). */
export const mish = (): Lambda => new Lambda(x => x.mish())
/** x/(1 + |x|). */
export const softsign = (): Lambda => new Lambda(x => x.softsign())
/** α x + β between 0 and 1. Default x/6 + 1/2, as PyTorch. */
export const hardSigmoid = (options?: HardSigmoidOptions): Lambda => new Lambda(x => x.hardSigmoid(options))
/** x times the hard sigmoid. */
export const hardSwish = (): Lambda => new Lambda(x => x.hardSwish())
/** x between −1 and 1, or other bounds, these outside. */
export const hardTanh = (options?: HardTanhOptions): Lambda => new Lambda(x => x.hardTanh(options))
/** x outside ±lambda (0.5), else 0. */
export const hardShrink = (options?: ShrinkOptions): Lambda => new Lambda(x => x.hardShrink(options))
/** x moved towards 0 by lambda (0.5), and 0 within ±lambda. */
export const softShrink = (options?: ShrinkOptions): Lambda => new Lambda(x => x.softShrink(options))
/** The first half along an axis (the last by default), gated by the sigmoid of the second. */
export const glu = (axis?: number): Lambda<AnyFn> => new Lambda<AnyFn>(x => x.glu(axis))
