import type { Shape } from './shape.ts'

// Shapes in types: sizes are literal where known, `number` where not (compatible with every size); `Shape` itself is a shape
// of unknown rank and is compatible with everything. A mismatch becomes a sentence that the argument cannot have as its type,
// so the editor underlines the argument and shows the sentence.

type Dim = number

/** A mismatch, carried as a type until it can be reported on an argument. */
export interface Mismatch<M extends string> {
  readonly mismatch: M
}

/** Intersected with an argument's type: nothing when shapes fit, the sentence when they do not. */
export type Check<R> = R extends Mismatch<infer M> ? M : unknown
/** The resulting shape; `never` after a mismatch, which the argument has reported. */
export type Settled<R> = R extends Shape ? R : never

/** Are two sizes compatible? Unknown ones are. */
export type Same<A extends Dim, B extends Dim> = number extends A
  ? true
  : number extends B
    ? true
    : A extends B
      ? true
      : false
/** Is the number of axes itself unknown? */
export type Unranked<S extends Shape> = number extends S['length'] ? true : false

// --- broadcasting, from the last axis backwards -------------------------------------------------------------------------
type BroadcastDim<A extends Dim, B extends Dim> = A extends 1
  ? B
  : B extends 1
    ? A
    : number extends A
      ? B
      : number extends B
        ? A
        : A extends B
          ? A
          : Mismatch<`broadcast: ${A} does not match ${B}`>
type BroadcastTail<A extends Shape, B extends Shape> = A extends readonly [
  ...infer AR extends Dim[],
  infer a extends Dim,
]
  ? B extends readonly [...infer BR extends Dim[], infer b extends Dim]
    ? [...BroadcastTail<AR, BR>, BroadcastDim<a, b>]
    : [...A]
  : [...B]
/** The mismatch nearest to the last axis, from which shapes are aligned (the one that the run-time error names too). */
type LastMismatch<T extends readonly unknown[]> = T extends readonly [...infer R, infer H]
  ? H extends Mismatch<string>
    ? H
    : LastMismatch<R>
  : never
type Settle<T extends readonly unknown[]> = [LastMismatch<T>] extends [never]
  ? T extends Dim[]
    ? Readonly<T>
    : Shape
  : LastMismatch<T>
/** The shape that both broadcast to. */
export type Broadcast<A extends Shape, B extends Shape> =
  Unranked<A> extends true ? Shape : Unranked<B> extends true ? Shape : Settle<BroadcastTail<A, B>>

// --- matrix product -----------------------------------------------------------------------------------------------------
/** `[..., M, K] · [..., K, N]`. */
export type MatMul<A extends Shape, B extends Shape> =
  Unranked<A> extends true
    ? Shape
    : Unranked<B> extends true
      ? Shape
      : A extends readonly [...infer AB extends Dim[], infer M extends Dim, infer K extends Dim]
        ? B extends readonly [...infer BB extends Dim[], infer K2 extends Dim, infer N extends Dim]
          ? Same<K, K2> extends true
            ? Broadcast<AB, BB> extends infer R
              ? R extends Shape
                ? readonly [...R, M, N]
                : R
              : never
            : Mismatch<`matmul: inner dimensions differ: ${K} and ${K2}`>
          : Mismatch<'matmul: the second operand needs at least two axes'>
        : Mismatch<'matmul: the first operand needs at least two axes'>

// --- movement -------------------------------------------------------------------------------------------------------------
/** Axes reordered by a literal permutation. */
export type Permute<S extends Shape, P extends Shape> = number extends P['length']
  ? Shape
  : { readonly [I in keyof P]: `${P[I] & number}` extends keyof S ? S[`${P[I] & number}`] & Dim : Dim }
/** The last two axes swapped. */
export type SwapLast<S extends Shape> = S extends readonly [
  ...infer B extends Dim[],
  infer M extends Dim,
  infer N extends Dim,
]
  ? readonly [...B, N, M]
  : Shape
/** A reshape's target; -1 becomes a size known at run time. */
export type Reshaped<T extends Shape> = number extends T['length']
  ? Shape
  : { readonly [I in keyof T]: T[I] extends -1 ? number : T[I] & Dim }

type ConcatDims<A extends Shape, B extends Shape, Axis extends number, I extends 0[] = []> = A extends readonly [
  infer a extends Dim,
  ...infer AR extends Dim[],
]
  ? B extends readonly [infer b extends Dim, ...infer BR extends Dim[]]
    ? I['length'] extends Axis
      ? [number, ...ConcatDims<AR, BR, Axis, [...I, 0]>]
      : Same<a, b> extends true
        ? [number extends a ? b : a, ...ConcatDims<AR, BR, Axis, [...I, 0]>]
        : [Mismatch<`concat: axis ${I['length']} differs: ${a} and ${b}`>]
    : [Mismatch<'concat: the tensors have different numbers of axes'>]
  : B extends readonly []
    ? []
    : [Mismatch<'concat: the tensors have different numbers of axes'>]
type Concat2<A extends Shape, B extends Shape, Axis extends number> =
  Unranked<A> extends true
    ? Shape
    : Unranked<B> extends true
      ? Shape
      : number extends Axis
        ? Shape
        : `${Axis}` extends `-${string}`
          ? Shape
          : Settle<ConcatDims<A, B, Axis>>
/** Shapes joined along a literal axis; the joined size is known at run time. */
export type Concat<T extends readonly Shape[], Axis extends number> = T extends readonly [infer A extends Shape]
  ? A
  : T extends readonly [infer A extends Shape, infer B extends Shape, ...infer R extends readonly Shape[]]
    ? Concat2<A, B, Axis> extends infer J
      ? J extends Shape
        ? Concat<readonly [J, ...R], Axis>
        : J
      : never
    : Shape

// --- reduction ------------------------------------------------------------------------------------------------------------
type Dropped<S extends Shape, A extends number, Keep extends boolean, I extends 0[] = []> = S extends readonly [
  infer H extends Dim,
  ...infer R extends Dim[],
]
  ? Dropped<R, A, Keep, [...I, 0]> extends infer T extends Shape
    ? I['length'] extends A
      ? Keep extends true
        ? readonly [1, ...T]
        : T
      : readonly [H, ...T]
    : never
  : readonly []
/** Axes `A` (a literal or a union of literals) dropped, or kept as 1; a negative axis is left to run time. */
export type Reduce<S extends Shape, A extends number, Keep extends boolean> =
  Unranked<S> extends true
    ? Shape
    : number extends A
      ? Shape
      : `${A}` extends `-${string}`
        ? Shape
        : Dropped<S, A, Keep>
/** What is left of a shape reduced over `A`: an axis, a list of axes, or all of them when undefined. */
export type Reduced<S extends Shape, A, Keep extends boolean> = [A] extends [undefined]
  ? Keep extends true
    ? { readonly [I in keyof S]: 1 }
    : readonly []
  : A extends number
    ? Reduce<S, A, Keep>
    : A extends readonly number[]
      ? Reduce<S, A[number], Keep>
      : Shape

// --- layers: a shape function is an interface whose `out` depends on `this['in']` -------------------------------------------
/** From an input shape to an output shape. */
export interface ShapeFn {
  readonly in: unknown
  readonly out: unknown
}
/** Any shape to any shape: checked when it runs. */
export interface AnyFn extends ShapeFn {
  readonly out: Shape
}
/** The shape stays. */
export interface SameFn extends ShapeFn {
  readonly out: this['in']
}
/** The result of a shape function, or the mismatch it was given or found. */
export type Apply<F extends ShapeFn, S> = S extends Mismatch<string> ? S : (F & { readonly in: S })['out']
/** A layer that maps the last axis from `I` to `O`. */
export interface LastAxisFn<Name extends string, I extends Dim, O extends Dim> extends ShapeFn {
  readonly out: this['in'] extends readonly [...infer B extends Dim[], infer L extends Dim]
    ? Same<L, I> extends true
      ? readonly [...B, O]
      : Mismatch<`${Name}: expected last axis ${I}, got ${L}`>
    : Shape
}
type Compose<Fs extends readonly ShapeFn[], S> = Fs extends readonly [
  infer F extends ShapeFn,
  ...infer R extends readonly ShapeFn[],
]
  ? Compose<R, Apply<F, S>>
  : S
/** One shape function after another. */
export interface SequentialFn<Fs extends readonly ShapeFn[]> extends ShapeFn {
  readonly out: Compose<Fs, this['in']>
}
