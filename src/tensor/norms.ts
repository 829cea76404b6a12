import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import * as bn from '../ops/batch-norm.ts'
import * as nm from '../ops/norms.ts'
import { Tensor } from './tensor.ts'

type P<D extends DType> = Tensor<Shape, NoInfer<D>>

/**
 * Batch normalisation with given statistics, `γ (x − mean)/√(variance + ε) + β` by channel: inference.
 *
 * **Shape** x: `[N, C, ...]`, the others `[C]` → `[N, C, ...]`.
 *
 * Source: Ioffe & Szegedy 2015, algorithm 2.
 */
export const batchNorm = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  mean: P<D>,
  variance: P<D>,
  weight: P<D>,
  bias: P<D>,
  options: bn.NormOptions = {},
): Tensor<S, D> => new Tensor(bn.batchNorm(x.node, mean.node, variance.node, weight.node, bias.node, options))

/**
 * Batch normalisation with the statistics of the batch itself, through which the gradient flows: training.
 *
 * **Shape** x: `[N, C, ...]`, weight and bias: `[C]` → y: `[N, C, ...]`, mean and variance: `[C]`.
 *
 * @returns the result with the batch's mean and variance, for running averages. The variance is the population's: PyTorch averages
 * `variance · n/(n − 1)`, with n elements a channel.
 *
 * Source: Ioffe & Szegedy 2015, algorithm 1.
 */
export const batchNormTraining = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  weight: P<D>,
  bias: P<D>,
  options: bn.NormOptions = {},
): { y: Tensor<S, D>; mean: Tensor<Shape, D>; variance: Tensor<Shape, D> } => {
  const { y, mean, variance } = bn.batchNormTraining(x.node, weight.node, bias.node, options)
  return { y: new Tensor(y), mean: new Tensor(mean), variance: new Tensor(variance) }
}

/**
 * Group normalisation: each of `groups` equal shares of the channels, with all their positions, made mean 0 and variance 1 for each
 * example; then scaled and shifted by channel.
 *
 * **Shape** x: `[N, C, ...]`, weight and bias: `[C]` → `[N, C, ...]`.
 *
 * Source: Wu & He 2018, equation 1.
 */
export const groupNorm = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  groups: number,
  weight: P<D>,
  bias: P<D>,
  options: bn.NormOptions = {},
): Tensor<S, D> => new Tensor(nm.groupNorm(x.node, groups, weight.node, bias.node, options))

/**
 * Instance normalisation: each channel of each example made mean 0 and variance 1, then scaled and shifted by channel.
 *
 * **Shape** x: `[N, C, ...spatial]`, weight and bias: `[C]` → `[N, C, ...spatial]`.
 *
 * Source: Ulyanov, Vedaldi & Lempitsky 2016, equation 4.
 */
export const instanceNorm = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  weight: P<D>,
  bias: P<D>,
  options: bn.NormOptions = {},
): Tensor<S, D> => new Tensor(nm.instanceNorm(x.node, weight.node, bias.node, options))

/**
 * Root-mean-square normalisation, `γ x/√(mean of x² + ε)` over the last axes (those of `weight`).
 *
 * Source: Zhang & Sennrich 2019, equation 4.
 */
export const rmsNorm = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  weight: P<D>,
  options: nm.RmsNormOptions = {},
): Tensor<S, D> => new Tensor(nm.rmsNorm(x.node, weight.node, options))

/**
 * Local response normalisation, `x / (k + α/size Σ x²)^β`, the sum over the `size` channels about each.
 *
 * **Shape** x: `[N, C, ...]` → the same.
 *
 * Source: Krizhevsky, Sutskever & Hinton 2012, section 3.3, with α/size as ONNX LRN and PyTorch have it. Of an even number of channels
 * one more stands after the middle, as in ONNX; PyTorch has it before.
 */
export const localResponseNorm = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  options: nm.LocalResponseNormOptions,
): Tensor<S, D> => new Tensor(nm.localResponseNorm(x.node, options))

/**
 * x divided by its p-norm along an axis, or by `epsilon` if that is more. The norm of zeros has gradient 0.
 *
 * @param options.p at least 1; default 2
 * @param options.axis default the last
 *
 * Source: PyTorch's `normalize`.
 */
export const lpNormalize = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  options: nm.LpNormalizeOptions = {},
): Tensor<S, D> => new Tensor(nm.lpNormalize(x.node, options))
