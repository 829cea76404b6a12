import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import type { TensorType } from './node.ts'

/** A value inside an ONNX graph under construction. */
export interface Value extends TensorType {
  readonly name: string
}

export type OnnxAttr = number | string | readonly number[] | { readonly float: number }

/** What an operation's lowering may say. Names are made by the builder. */
export interface OnnxBuilder {
  /** Adds an operator and returns the name of its (first) output. Numbers are int attributes; `{ float }` is a float. */
  op(type: string, inputs: readonly string[], attrs?: Readonly<Record<string, OnnxAttr>>, domain?: string): string
  /** An operator with several outputs. */
  ops(type: string, inputs: readonly string[], outputs: number, attrs?: Readonly<Record<string, OnnxAttr>>): string[]
  /** An initialiser; equal ones are shared. */
  constant(values: readonly number[], dtype: DType, shape?: Shape): string
  /** An int64 vector, as ONNX wants shapes and axes. */
  ints(values: readonly number[]): string
  cast(name: string, dtype: DType): string
}
