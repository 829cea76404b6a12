import type { Shape } from '../core/shape.ts'
import type { Mismatch, ShapeFn, Unranked } from '../core/shape-types.ts'
import type { AveragePoolOptions as AverageOptions } from '../ops/average-pool.ts'
import type { PoolOptions as Options } from '../ops/pooling-window.ts'
import type { PerAxis } from '../ops/window.ts'
import * as pool from '../tensor/pooling.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Lambda } from './activations.ts'
import { type Rank, requireAxes, type WindowFn } from './spatial.ts'

export type PoolOptions = Omit<Options, 'kernelSize'>
export type AveragePoolOptions = Omit<AverageOptions, 'kernelSize'>

type Floats = Tensor<Shape, 'float32'>

/** A map of x with `rank` spatial axes as a layer. */
const windows = <N extends string, R extends Rank>(
  name: N,
  rank: R,
  map: (x: Floats) => Floats,
): Lambda<WindowFn<N, R>> => new Lambda(x => map(requireAxes(name, x, rank)))

const maxPool = <N extends string, R extends Rank>(name: N, rank: R, options: Options): Lambda<WindowFn<N, R>> =>
  windows(name, rank, x => pool.maxPool(x, options))
/** Largest element of each window of `[N, C, L]`; the stride is the kernel's size by default. Source: PyTorch's `MaxPool1d`. */
export const maxPool1d = (kernelSize: PerAxis, options?: PoolOptions): Lambda<WindowFn<'maxPool1d', 1>> =>
  maxPool('maxPool1d', 1, { ...options, kernelSize })
/** Largest element of each window of `[N, C, H, W]`; the stride is the kernel's size by default. Source: PyTorch's `MaxPool2d`. */
export const maxPool2d = (kernelSize: PerAxis, options?: PoolOptions): Lambda<WindowFn<'maxPool2d', 2>> =>
  maxPool('maxPool2d', 2, { ...options, kernelSize })
/** Largest element of each window of `[N, C, D, H, W]`; the stride is the kernel's size by default. Source: PyTorch's `MaxPool3d`. */
export const maxPool3d = (kernelSize: PerAxis, options?: PoolOptions): Lambda<WindowFn<'maxPool3d', 3>> =>
  maxPool('maxPool3d', 3, { ...options, kernelSize })

const averagePool = <N extends string, R extends Rank>(
  name: N,
  rank: R,
  options: AverageOptions,
): Lambda<WindowFn<N, R>> => windows(name, rank, x => pool.averagePool(x, options))
/** Mean of each window of `[N, C, L]`; the stride is the kernel's size by default. Source: PyTorch's `AvgPool1d`. */
export const averagePool1d = (
  kernelSize: PerAxis,
  options?: AveragePoolOptions,
): Lambda<WindowFn<'averagePool1d', 1>> => averagePool('averagePool1d', 1, { ...options, kernelSize })
/** Mean of each window of `[N, C, H, W]`; the stride is the kernel's size by default. Source: PyTorch's `AvgPool2d`. */
export const averagePool2d = (
  kernelSize: PerAxis,
  options?: AveragePoolOptions,
): Lambda<WindowFn<'averagePool2d', 2>> => averagePool('averagePool2d', 2, { ...options, kernelSize })
/** Mean of each window of `[N, C, D, H, W]`; the stride is the kernel's size by default. Source: PyTorch's `AvgPool3d`. */
export const averagePool3d = (
  kernelSize: PerAxis,
  options?: AveragePoolOptions,
): Lambda<WindowFn<'averagePool3d', 3>> => averagePool('averagePool3d', 3, { ...options, kernelSize })

/** Largest element of each of `size` bins of `[N, C, L]`. Source: PyTorch's `AdaptiveMaxPool1d`. */
export const adaptiveMaxPool1d = (size: PerAxis): Lambda<WindowFn<'adaptiveMaxPool1d', 1>> =>
  windows('adaptiveMaxPool1d', 1, x => pool.adaptiveMaxPool(x, size))
/** Largest element of each of `size` bins of `[N, C, H, W]`. Source: PyTorch's `AdaptiveMaxPool2d`. */
export const adaptiveMaxPool2d = (size: PerAxis): Lambda<WindowFn<'adaptiveMaxPool2d', 2>> =>
  windows('adaptiveMaxPool2d', 2, x => pool.adaptiveMaxPool(x, size))
/** Largest element of each of `size` bins of `[N, C, D, H, W]`. Source: PyTorch's `AdaptiveMaxPool3d`. */
export const adaptiveMaxPool3d = (size: PerAxis): Lambda<WindowFn<'adaptiveMaxPool3d', 3>> =>
  windows('adaptiveMaxPool3d', 3, x => pool.adaptiveMaxPool(x, size))
/** Mean of each of `size` bins of `[N, C, L]`. Source: PyTorch's `AdaptiveAvgPool1d`. */
export const adaptiveAveragePool1d = (size: PerAxis): Lambda<WindowFn<'adaptiveAveragePool1d', 1>> =>
  windows('adaptiveAveragePool1d', 1, x => pool.adaptiveAveragePool(x, size))
/** Mean of each of `size` bins of `[N, C, H, W]`. Source: PyTorch's `AdaptiveAvgPool2d`. */
export const adaptiveAveragePool2d = (size: PerAxis): Lambda<WindowFn<'adaptiveAveragePool2d', 2>> =>
  windows('adaptiveAveragePool2d', 2, x => pool.adaptiveAveragePool(x, size))
/** Mean of each of `size` bins of `[N, C, D, H, W]`. Source: PyTorch's `AdaptiveAvgPool3d`. */
export const adaptiveAveragePool3d = (size: PerAxis): Lambda<WindowFn<'adaptiveAveragePool3d', 3>> =>
  windows('adaptiveAveragePool3d', 3, x => pool.adaptiveAveragePool(x, size))

interface GlobalFn<Name extends string> extends ShapeFn {
  readonly out: this['in'] extends readonly [
    infer N extends number,
    infer C extends number,
    ...infer S extends number[],
  ]
    ? readonly [N, C, ...{ [I in keyof S]: 1 }]
    : this['in'] extends Shape
      ? Unranked<this['in']> extends true
        ? Shape
        : Mismatch<`${Name}: expected axes [N, C, ...spatial]`>
      : Shape
}
/** Mean of each channel: `[N, C, ...spatial]` → `[N, C, 1, ...]`. Source: Lin, Chen & Yan 2014, section 3.2. */
export const globalAveragePool = (): Lambda<GlobalFn<'globalAveragePool'>> => new Lambda(x => pool.globalAveragePool(x))
/** Largest element of each channel: `[N, C, ...spatial]` → `[N, C, 1, ...]`. */
export const globalMaxPool = (): Lambda<GlobalFn<'globalMaxPool'>> => new Lambda(x => pool.globalMaxPool(x))
