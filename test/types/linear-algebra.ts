import { ones, type Tensor, zeros } from '../../src/index.ts'
import { shaped } from './exact.ts'

const images = zeros([32, 784])
const weight = zeros([784, 128])

// Matrix product.
shaped<readonly [32, 128]>()(images.matmul(weight))
shaped<readonly [32, 10]>()(images.matmul(weight).matmul(zeros([128, 10])))
shaped<readonly [8, 4, 5]>()(zeros([8, 4, 3]).matmul(zeros([3, 5])))
shaped<readonly [8, 4, 5]>()(zeros([8, 4, 3]).matmul(zeros([8, 3, 5])))
shaped<readonly [2, 8, 4, 5]>()(zeros([2, 1, 4, 3]).matmul(zeros([8, 3, 5])))
const y: Tensor<readonly [32, 128]> = images.matmul(weight)
// @ts-expect-error matmul: inner dimensions differ: 784 and 128
images.matmul(zeros([128, 10]))
// @ts-expect-error matmul: inner dimensions differ: 128 and 784
y.matmul(images)
// @ts-expect-error matmul: the second operand needs at least two axes
images.matmul(zeros([784]))
// @ts-expect-error matmul: the first operand needs at least two axes
zeros([784]).matmul(weight)
// @ts-expect-error broadcast: 2 does not match 3 (the leading axes)
zeros([2, 4, 3]).matmul(zeros([3, 3, 5]))

// Sizes known at run time only are compatible with every size.
declare const n: number
const batch = zeros([n, 784])
shaped<readonly [number, 128]>()(batch.matmul(weight))
shaped<readonly [32, number]>()(images.matmul(zeros([n, n])))
// @ts-expect-error matmul: inner dimensions differ: 784 and 10
batch.matmul(zeros([10, 784]))

// A tensor of which nothing is known goes with everything.
declare const anything: Tensor
shaped<readonly number[]>()(images.matmul(anything.to('float32')))
anything.to('float32').matmul(weight)
anything.matmul(anything)

// Other dtypes.
shaped<readonly [2, 2], 'float64'>()(ones([2, 2], 'float64').matmul(ones([2, 2], 'float64')))
// @ts-expect-error dtypes differ: float32 and float64
images.matmul(zeros([784, 128], 'float64'))
