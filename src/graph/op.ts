import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import type { OnnxBuilder, Value } from './lowering.ts'
import type { Attrs, Node, TensorType } from './node.ts'

/**
 * Values as a reference kernel sees them: plain numbers in row-major order. Floats are computed in float64 and rounded when
 * stored; int64 and uint64 are exact up to 2^53.
 */
export interface NdArray {
  readonly shape: Shape
  readonly data:
    | Float64Array
    | Float32Array
    | Int32Array
    | Int16Array
    | Int8Array
    | Uint32Array
    | Uint16Array
    | Uint8Array
}

/** How inputs of a check are drawn. */
export interface InputSpec {
  readonly shape: Shape
  /** `float` is float64 in gradient checks and the engine's dtype in conformance. */
  readonly dtype?: DType | 'float'
  /** Values are drawn uniformly from here; integers include both ends. */
  readonly domain?: readonly [number, number]
  /** All values differ, well apart (for max, sort, ...). */
  readonly distinct?: boolean
  /** Added to the diagonals of the last two axes, so that matrices have an inverse. */
  readonly diagonal?: number
}

export interface Sample {
  readonly inputs: readonly InputSpec[]
  readonly attrs?: Attrs
}

/** What the conformance and gradient checks need to know. */
export interface Checks {
  readonly samples: readonly Sample[]
  /** Points where the derivative jumps: gradient checks keep away from them. */
  readonly kinks?: readonly number[]
  /** Largest error allowed between an engine in float32 and the reference in float64, relative to max(1, |x|). */
  readonly tolerance?: number
}

/** The rules of an operation with several results, in the place of those for one. */
export interface TupleRules<A extends Attrs = Attrs> {
  types(inputs: readonly TensorType[], attrs: A): readonly TensorType[]
  /** Cotangents of the inputs in `wanted` from those of the results, null for a result that the outputs do not depend on. */
  vjp?(
    gs: readonly (Node | null)[],
    inputs: readonly Node[],
    outs: readonly Node[],
    attrs: A,
    wanted: readonly boolean[],
  ): readonly (Node | null)[]
  kernel?(inputs: readonly NdArray[], outs: readonly NdArray[], attrs: A): void
  batch?(inputs: readonly Node[], batched: readonly boolean[], attrs: A): readonly Node[]
  /** The results' names; what is not in `used` may be any. */
  lower?(
    b: OnnxBuilder,
    inputs: readonly Value[],
    outs: readonly TensorType[],
    attrs: A,
    used: readonly boolean[],
  ): readonly string[]
}

/**
 * An operation: all that Gradus knows of it is here. From it come the tensor's checks, its gradient, the reference result,
 * the ONNX lowering, the tests and the documentation.
 */
export interface Op<A extends Attrs = Attrs> {
  readonly name: string
  readonly formula: string
  /** Paper, year, equation; or the standard it follows. */
  readonly source?: string
  /** The result's shape and dtype; the only place that throws this operation's errors of shape and dtype. */
  infer(inputs: readonly TensorType[], attrs: A): TensorType
  /**
   * Cotangents of the inputs from the cotangent of the output, written with public operations so that it can be
   * differentiated again. Null for an input without one. Absent where no gradient exists.
   */
  vjp?(g: Node, inputs: readonly Node[], out: Node, attrs: A): readonly (Node | null)[]
  /** A cheaper equal of the sum of two results of this operation, where there is one: cotangents meet here. */
  sum?(a: Node, b: Node): Node | null
  /** Writes the result into `out`: plain loops over numbers. An operation has a kernel or a composition. */
  kernel?(inputs: readonly NdArray[], out: NdArray, attrs: A): void
  /** The operation in terms of others: its meaning. The reference computes it, and `lower` must agree with it. */
  compose?(inputs: readonly Node[], attrs: A): Node
  /**
   * The operation over a further axis, for `vmap`: each input marked in `batched` has one more axis, its first, of a common size,
   * and so has the result. Absent where the composition is to be batched instead, or where there is no natural way.
   */
  batch?(inputs: readonly Node[], batched: readonly boolean[], attrs: A): Node
  /** The same in ONNX; a composition needs none. Null where the composition is to be lowered after all. */
  lower?(b: OnnxBuilder, inputs: readonly Value[], out: TensorType, attrs: A): string | null
  /** Several results: the node itself then has no value, and `pick` nodes read them. `infer` gives the first one's type. */
  readonly tuple?: TupleRules<A>
  /** Numbers that it reads beside its inputs: constants that its attributes hold. */
  holds?(attrs: A): number
  /** A node that reads the result `attrs.index` of its input, a tuple. */
  readonly pick?: true
  /** Computed on the host by its kernel, whatever the engine, which splits the program around it. */
  host?(attrs: A): boolean
  /** The result is the first input itself: on the host nothing is copied. */
  readonly passes?: true
  /** The lowering takes every dtype as it is; for the others narrow dtypes are widened before and rounded after. */
  readonly anyDType?: true
  readonly checks: Checks
}
