import type { DType, Shape, Tensor } from '../../src/index.ts'

// What follows is checked by `tsc -p tsconfig.json` and never run: a line that should not compile and does, or the other way round,
// fails the type check.

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Accepts a tensor of exactly this shape (and dtype): neither `never` nor a wider shape passes. */
export const shaped =
  <S extends Shape, D extends DType = 'float32'>() =>
  <T extends Tensor>(_tensor: T, ..._exactly: Same<T, Tensor<S, D>> extends true ? [] : [Tensor<S, D>]): void => {}

declare const tensor: Tensor<readonly [2, 3], 'float32'>
shaped<readonly [2, 3]>()(tensor)
// @ts-expect-error 3 is not 4
shaped<readonly [2, 4]>()(tensor)
// @ts-expect-error a known size is not an unknown one
shaped<readonly [2, number]>()(tensor)
// @ts-expect-error float32 is not float64
shaped<readonly [2, 3], 'float64'>()(tensor)
// @ts-expect-error never is no tensor
shaped<readonly [2, 3]>()(tensor as never)
