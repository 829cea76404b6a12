import { ShapeError } from '../core/errors.ts'
import { type Shape, show } from '../core/shape.ts'
import type { Mismatch, Same, ShapeFn, Unranked } from '../core/shape-types.ts'
import type { Tensor } from '../tensor/tensor.ts'

// What layers on `[N, C, ...spatial]` share: their shape functions, and the same checks when they run.

/** Number of spatial axes. */
export type Rank = 1 | 2 | 3
/** Sizes of spatial axes: known when it runs. */
export interface Spatial {
  1: readonly [number]
  2: readonly [number, number]
  3: readonly [number, number, number]
}
/** All axes, as errors name them. */
const axesOf = { 1: '[N, C, L]', 2: '[N, C, H, W]', 3: '[N, C, D, H, W]' } as const
type AxesOf = typeof axesOf

type WrongAxes<S, Sentence extends string> = S extends Shape
  ? Unranked<S> extends true
    ? Shape
    : Mismatch<Sentence>
  : Shape

/** `[N, I, ...spatial]` → `[N, O, ...]`, over `R` spatial axes. */
export interface ChannelsFn<Name extends string, R extends Rank, I extends number, O extends number> extends ShapeFn {
  readonly out: this['in'] extends readonly [infer N extends number, infer C extends number, ...Spatial[R]]
    ? Same<C, I> extends true
      ? readonly [N, O, ...Spatial[R]]
      : Mismatch<`${Name}: expected ${I} channels, got ${C}`>
    : WrongAxes<this['in'], `${Name}: expected axes ${AxesOf[R]}`>
}
/** `[N, C, ...spatial]` → `[N, C, ...]`, over `R` spatial axes. */
export interface WindowFn<Name extends string, R extends Rank> extends ShapeFn {
  readonly out: this['in'] extends readonly [infer N extends number, infer C extends number, ...Spatial[R]]
    ? readonly [N, C, ...Spatial[R]]
    : WrongAxes<this['in'], `${Name}: expected axes ${AxesOf[R]}`>
}
type Kept<S, Name extends string, C extends number> = S extends readonly [number, infer L extends number, ...number[]]
  ? Same<L, C> extends true
    ? S
    : Mismatch<`${Name}: expected ${C} channels, got ${L}`>
  : WrongAxes<S, `${Name}: expected axes [N, C, ...]`>
/** `[N, C, ...]` → the same, of `C` channels. */
export interface KeptChannelsFn<Name extends string, C extends number> extends ShapeFn {
  readonly out: Kept<this['in'], Name, C>
}
/** `[N, C, ...spatial]` → the same, of `C` channels and `R` spatial axes. */
export interface KeptFn<Name extends string, R extends Rank, C extends number> extends ShapeFn {
  readonly out: this['in'] extends readonly [number, number, ...Spatial[R]]
    ? Kept<this['in'], Name, C>
    : WrongAxes<this['in'], `${Name}: expected axes ${AxesOf[R]}`>
}

type Floats = Tensor<Shape, 'float32'>

/** x, if it has `rank` spatial axes after batch and channels. */
export const requireAxes = (name: string, x: Floats, rank: Rank): Floats => {
  if (x.ndim === rank + 2) return x
  throw new ShapeError(`${name}: expected axes ${axesOf[rank]}, got ${show(x.shape)}.`, { shape: x.shape })
}
/** x, if its second axis has so many channels. */
export const requireChannels = (name: string, x: Floats, channels: number): Floats => {
  if (x.ndim < 2) {
    throw new ShapeError(`${name}: expected axes [N, C, ...], got ${show(x.shape)}.`, { shape: x.shape })
  }
  if (x.shape[1] === channels) return x
  throw new ShapeError(`${name}: expected ${channels} channels, got ${x.shape[1]} in ${show(x.shape)}.`, {
    shape: x.shape,
  })
}
