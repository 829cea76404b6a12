import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import * as pl from '../ops/pooling.ts'
import type { PoolOptions } from '../ops/pooling-window.ts'
import type { PerAxis } from '../ops/window.ts'
import { Tensor } from './tensor.ts'

type X<D extends DType> = Tensor<Shape, D>

/**
 * Largest element of each window; NaN if any is. The gradient goes to the first of the largest, in row-major order.
 *
 * **Shape** x: `[N, C, ...spatial]`, 1 to 3 spatial axes → `[N, C, ...]`, each spatial size
 * `⌊(n + before + after − dilation (kernelSize − 1) − 1) / stride⌋ + 1`, rounded up with `ceilMode`.
 *
 * @throws ShapeError where the window is larger than the padded input; ArgumentError where a window would hold padding only
 *
 * Source: PyTorch's `max_pool1d`, `max_pool2d` and `max_pool3d`.
 */
export const maxPool = <D extends DType>(x: X<D>, options: PoolOptions): X<D> => new Tensor(pl.maxPool(x.node, options))

/**
 * `maxPool`, and where its elements stand.
 *
 * **Shape** x: `[N, C, ...spatial]` → values and int32 indices, both `[N, C, ...]`. An index counts the spatial positions of x in
 * row-major order, without the padding. Of a window with a NaN it is one of the window's.
 *
 * Source: PyTorch's `max_pool2d` with `return_indices`.
 */
export const maxPoolWithIndices = <D extends DType>(
  x: X<D>,
  options: PoolOptions,
): { values: X<D>; indices: X<'int32'> } => {
  const { values, indices } = pl.maxPoolWithIndices(x.node, options)
  return { values: new Tensor(values), indices: new Tensor(indices) }
}

/**
 * Puts pooled values back at their indices, with zeros elsewhere; of several at one place the last stays.
 *
 * **Shape** values and indices: `[N, C, ...]` → `[N, C, ...size]`.
 *
 * Source: PyTorch's `max_unpool2d`.
 */
export const maxUnpool = <D extends DType>(values: X<D>, indices: X<'int32'>, size: Shape): X<D> =>
  new Tensor(pl.maxUnpool(values.node, indices.node, size))

/**
 * Mean of each window.
 *
 * **Shape** x: `[N, C, ...spatial]`, 1 to 3 spatial axes → `[N, C, ...]`, sizes as in {@link maxPool}.
 *
 * @param options.countIncludePad whether padding counts in the mean, as zeros; default true. What a window of `ceilMode` sticks out
 * beyond the padding never counts.
 *
 * Source: PyTorch's `avg_pool1d`, `avg_pool2d` and `avg_pool3d`.
 */
export const averagePool = <D extends DType>(x: X<D>, options: pl.AveragePoolOptions): X<D> =>
  new Tensor(pl.averagePool(x.node, options))

/**
 * p-norm of each window, `(Σ |x|^p)^(1/p)`; of a window of zeros the gradient is taken as 0.
 *
 * **Shape** x: `[N, C, ...spatial]`, 1 to 3 spatial axes → `[N, C, ...]`, sizes as in {@link maxPool}.
 *
 * @param options.p at least 1; default 2
 *
 * Source: ONNX LpPool. PyTorch's `lp_pool2d` is the same for even p, and leaves out the absolute value for others.
 */
export const lpPool = <D extends DType>(x: X<D>, options: pl.LpPoolOptions): X<D> =>
  new Tensor(pl.lpPool(x.node, options))

/**
 * Mean of each of `size` bins that share an axis out: bin i of m reaches from `⌊i n/m⌋` to `⌈(i + 1) n/m⌉`.
 *
 * **Shape** x: `[N, C, ...spatial]` → `[N, C, ...size]`.
 *
 * Source: PyTorch's `adaptive_avg_pool2d`.
 */
export const adaptiveAveragePool = <D extends DType>(x: X<D>, size: PerAxis): X<D> =>
  new Tensor(pl.adaptiveAveragePool(x.node, size))

/** Largest element of each of `size` bins that share an axis out, as in {@link adaptiveAveragePool}. Source: PyTorch's `adaptive_max_pool2d`. */
export const adaptiveMaxPool = <D extends DType>(x: X<D>, size: PerAxis): X<D> =>
  new Tensor(pl.adaptiveMaxPool(x.node, size))

/** Mean of each channel: `[N, C, ...spatial]` → `[N, C, 1, ...]`. Source: ONNX GlobalAveragePool. */
export const globalAveragePool = <D extends DType>(x: X<D>): X<D> => new Tensor(pl.globalAveragePool(x.node))

/** Largest element of each channel: `[N, C, ...spatial]` → `[N, C, 1, ...]`. Ties share the gradient. Source: ONNX GlobalMaxPool. */
export const globalMaxPool = <D extends DType>(x: X<D>): X<D> => new Tensor(pl.globalMaxPool(x.node))
