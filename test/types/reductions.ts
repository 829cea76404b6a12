import type { Shape } from '../../src/core/shape.ts'
import { type Tensor, zeros } from '../../src/index.ts'
import { shaped } from './exact.ts'

const x = zeros([2, 3, 4])
declare const n: number
declare const anything: Tensor<Shape, 'float32'>

// Over everything, an axis, a list of axes.
shaped<readonly []>()(x.sum())
shaped<readonly [3, 4]>()(x.sum(0))
shaped<readonly [2, 4]>()(x.mean(1))
shaped<readonly [2, 3]>()(x.max(2))
shaped<readonly [3]>()(x.min([0, 2]))
shaped<readonly [number, 4]>()(zeros([n, 3, 4]).prod(1))

// Kept.
shaped<readonly [1, 1, 1]>()(x.sum(undefined, { keepDims: true }))
shaped<readonly [2, 1, 4]>()(x.sum(1, { keepDims: true }))
shaped<readonly [1, 3, 1]>()(x.logSumExp([0, 2], { keepDims: true }))
shaped<readonly [2, 3, 1]>()(x.variance(2, { keepDims: true, correction: 0 }))
shaped<readonly [2, 3]>()(x.std(2, { correction: 0 }))
shaped<readonly [2, 3, 4]>()(x.sub(x.mean(2, { keepDims: true })))
// @ts-expect-error broadcast: 4 does not match 3
x.sub(x.mean(2))

// Positions, and the dtypes of the results.
shaped<readonly [2, 4], 'int32'>()(x.argmax(1))
shaped<readonly [], 'int32'>()(x.argmin())
shaped<readonly [2, 1, 4], 'int32'>()(x.argmax(1, { keepDims: true }))
shaped<readonly [2, 3], 'bool'>()(x.greater(0).any(2))
shaped<readonly [2], 'int32'>()(zeros([2, 3], 'bool').sum(1))
shaped<readonly [2], 'int32'>()(zeros([2, 3], 'uint8').sum(1))
shaped<readonly [2], 'int64'>()(zeros([2, 3], 'int64').sum(1))

// An axis from the end, one known at run time, an unknown rank: left to run time.
shaped<readonly number[]>()(x.sum(-1))
shaped<readonly number[]>()(x.sum(n))
shaped<readonly number[]>()(anything.sum(0))
shaped<readonly []>()(anything.sum())
