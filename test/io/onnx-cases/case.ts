import type { DType } from '../../../src/core/dtype.ts'
import type { AttributeDef } from '../onnx-models.ts'

export interface Input {
  readonly shape: readonly number[]
  readonly type?: DType
  readonly range?: readonly [number, number]
  readonly values?: readonly number[]
}
export interface Case {
  readonly op: string
  readonly title: string
  readonly domain?: string
  readonly opset?: number
  readonly attributes?: Readonly<Record<string, AttributeDef>>
  readonly inputs: readonly (Input | null)[]
  readonly outputs?: number
  /** Version of an operator's own domain. Default 1. */
  readonly domainVersion?: number
  readonly tolerance?: number
}

export const f = (...shape: number[]): Input => ({ shape })
export const ints = (...values: number[]): Input => ({ shape: [values.length], type: 'int64', values })
export const scalar = (value: number, type: DType = 'int64'): Input => ({ shape: [], type, values: [value] })
export const floats = (...values: number[]): Input => ({ shape: [values.length], values })
export const F = (float: number): AttributeDef => ({ float })
export const one = (
  op: string,
  title: string,
  inputs: Case['inputs'],
  attributes: Case['attributes'] = {},
  more: Partial<Case> = {},
): Case => ({
  op,
  title,
  inputs,
  attributes,
  ...more,
})
