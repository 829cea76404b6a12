import type { DType, TypedArray } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import type { TensorType } from './node.ts'
import type { Program } from './program.ts'

/** A value inside an ONNX graph under construction. */
export interface Value extends TensorType {
  readonly name: string
}

/** A graph inside an operator, such as the body of a loop; it sees the names around it. */
export interface Subgraph {
  readonly graph: unknown
}
export type OnnxAttr = number | string | readonly number[] | { readonly float: number } | Subgraph

/** What an engine lacks although it has the operator otherwise. */
export type PartOfOperator =
  | 'float64'
  | 'Conv over three axes in groups'
  | 'ConvTranspose over three axes'
  | 'indices of MaxPool'
  | 'products of weights in few bits'

/** What an operation's lowering may say. Names are made by the builder. */
export interface OnnxBuilder {
  /** Whether the model runs with these sizes only: if not, a lowering must not choose by them. */
  readonly fixedSizes: boolean
  /** Channels in a block of ONNX Runtime's own layout for convolutions; 0 where it is not to be had. */
  readonly channelBlock: number
  /** Whether the opset that is written has an operator. */
  has(type: string): boolean
  /** Whether the engine that is written for cannot do this; a file can. */
  lacks(part: PartOfOperator): boolean
  /** Adds an operator and returns the name of its (first) output. Numbers are int attributes; `{ float }` is a float. */
  op(type: string, inputs: readonly string[], attrs?: Readonly<Record<string, OnnxAttr>>, domain?: string): string
  /** An operator with several outputs. */
  ops(type: string, inputs: readonly string[], outputs: number, attrs?: Readonly<Record<string, OnnxAttr>>): string[]
  /** An initialiser; equal ones are shared. */
  constant(values: readonly number[], dtype: DType, shape?: Shape): string
  /** An initialiser of values as they are, which may be many: they are not compared with others. */
  values(data: TypedArray, dtype: DType, shape: Shape): string
  /** An int64 vector, as ONNX wants shapes and axes. */
  ints(values: readonly number[]): string
  cast(name: string, dtype: DType): string
  /**
   * A program as a graph inside an operator: its first inputs are the graph's own, and `captured` names the rest. Its outputs are those
   * of the program at the given places, followed by these of its own inputs.
   */
  subgraph(
    program: Program,
    captured: readonly Value[],
    outputs: readonly number[],
    passed: readonly number[],
  ): Subgraph
}
