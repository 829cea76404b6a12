import { type GradusError, type Shape, type Tensor, zeros } from '../../../src/index.ts'

// What the lists of pinned messages share. A family's list is a file of this folder with `pinned` (thrown at the call) and, if it
// has any, `pinnedAsync` (rejected when the value is asked for); test/ops/errors.test.ts collects them.

// The compiler rejects many of these calls too: here shapes are known at run time only.
export const f = (...shape: number[]): Tensor<Shape, 'float32'> => zeros(shape)
export const i = (...shape: number[]): Tensor<Shape, 'int32'> => zeros(shape, 'int32')
export const b = (...shape: number[]): Tensor<Shape, 'bool'> => zeros(shape, 'bool')
export const loose = (x: Tensor): Tensor<Shape, 'float32'> => x as Tensor<Shape, 'float32'>
export const d = (...shape: number[]): Tensor<Shape, 'float32'> => loose(zeros(shape, 'float64'))

export type ErrorClass = new (...args: never[]) => GradusError
export type Row = readonly [call: () => unknown, message: string]
export const group = (type: ErrorClass, rows: readonly Row[]) => rows.map(row => [row[1], row[0], type] as const)
export type Pinned = ReturnType<typeof group>[number]
