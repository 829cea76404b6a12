import { mse, ones, type Tensor, where, zeros } from '../../src/index.ts'
import { shaped } from './exact.ts'

const x = zeros([32, 128])
const row = zeros([128])
const column = zeros([32, 1])
declare const n: number
declare const anything: Tensor

// Axes are aligned from the last; 1 gives way.
shaped<readonly [32, 128]>()(x.add(row))
shaped<readonly [32, 128]>()(row.add(x))
shaped<readonly [32, 128]>()(column.mul(row))
shaped<readonly [4, 3, 2]>()(zeros([4, 1, 2]).sub(zeros([3, 1])))
shaped<readonly [32, 128]>()(x.div(zeros([])))
shaped<readonly [32, 128]>()(zeros([]).pow(x))
shaped<readonly [32, 128]>()(x.maximum(row))
shaped<readonly [32, 128]>()(x.minimum(column))
shaped<readonly [32, 128]>()(x.atan2(row))
shaped<readonly [32, 128], 'bool'>()(x.greater(row))
shaped<readonly [32, 128], 'bool'>()(x.equal(column))

// Numbers.
shaped<readonly [32, 128]>()(x.add(1))
shaped<readonly [32, 128]>()(x.mul(2).sub(1).div(3).pow(2).maximum(0))
shaped<readonly [32, 128], 'bool'>()(x.lessEqual(0))
shaped<readonly [32, 128], 'int32'>()(zeros([32, 128], 'int32').add(1))

// Run-time sizes and unknown ranks.
shaped<readonly [number, 128]>()(zeros([n, 128]).add(row))
shaped<readonly [number, 128]>()(zeros([n, 1]).add(row))
shaped<readonly [32, 128]>()(x.add(zeros([n])))
shaped<readonly number[]>()(x.add(anything.to('float32')))
anything.add(1)
anything.add(anything)

// @ts-expect-error broadcast: 128 does not match 64
x.add(zeros([64]))
// @ts-expect-error broadcast: 128 does not match 64
x.sub(zeros([32, 64]))
// @ts-expect-error broadcast: 32 does not match 31
x.mul(zeros([31, 1]))
// @ts-expect-error broadcast: 128 does not match 64
x.greater(zeros([64]))
// @ts-expect-error broadcast: 128 does not match 64
zeros([n, 128]).add(zeros([64]))
// @ts-expect-error dtypes differ: float32 and float64
x.add(zeros([128], 'float64'))
// @ts-expect-error dtypes differ: int32 and float32
zeros([2], 'int32').mul(ones([2]))

// where
const mask = x.greater(0)
shaped<readonly [32, 128]>()(where(mask, x, row))
shaped<readonly [32, 128]>()(where(mask, x, 0))
shaped<readonly [32, 128]>()(where(mask, row, 0))
// @ts-expect-error broadcast: 128 does not match 64
where(mask, x, zeros([64]))
// @ts-expect-error the condition is bool
where(x, x, x)

// bool
shaped<readonly [32, 128], 'bool'>()(mask.logicalAnd(mask).logicalOr(row.greater(0)).logicalNot())
// @ts-expect-error broadcast: 128 does not match 64
mask.logicalXor(zeros([64], 'bool'))

// A loss takes two tensors of one dtype.
shaped<readonly []>()(mse(x, x))
shaped<readonly [32, 128]>()(mse(x, x, { reduction: 'none' }))
// @ts-expect-error dtypes differ: float32 and float64
mse(x, zeros([32, 128], 'float64'))
