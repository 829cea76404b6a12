import {
  arange,
  concat,
  eye,
  fromArray,
  rand,
  randint,
  type Shape,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts'
import { shaped } from './exact.ts'

const x = zeros([2, 3, 4])
declare const n: number
declare const anything: Tensor<Shape, 'float32'>

// Creation: shape and dtype come from what is given.
shaped<readonly [2, 3]>()(
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]),
)
shaped<readonly []>()(tensor(3))
shaped<readonly [2], 'bool'>()(tensor([true, false]))
shaped<readonly [2], 'int64'>()(tensor([1n, 2n]))
shaped<readonly [2], 'int32'>()(tensor([1, 2], 'int32'))
shaped<readonly [number], 'float64'>()(tensor(new Float64Array(3)))
shaped<readonly [number], 'uint8'>()(tensor(new Uint8Array(3)))
shaped<readonly [2, 3]>()(fromArray(new Float32Array(6), [2, 3], 'float32'))
// @ts-expect-error a Float64Array does not hold float32
fromArray(new Float64Array(6), [2, 3], 'float32')
shaped<readonly [number]>()(arange(0, 5))
shaped<readonly [number], 'int32'>()(arange(0, 5, { dtype: 'int32' }))
shaped<readonly [3, 3]>()(eye(3))
shaped<readonly [2, 2]>()(rand([2, 2]))
shaped<readonly [2], 'float64'>()(rand([2], { dtype: 'float64' }))
shaped<readonly [2], 'int32'>()(randint(0, 9, [2]))

// Transposition.
shaped<readonly [2, 4, 3]>()(x.transpose())
shaped<readonly [4, 2, 3]>()(x.transpose([2, 0, 1]))
shaped<readonly [number, 3, 2]>()(zeros([2, 3, n]).transpose([2, 1, 0]))
shaped<readonly number[]>()(anything.transpose())

// Reshaping: -1 is known at run time.
shaped<readonly [6, 4]>()(x.reshape([6, 4]))
shaped<readonly [6, number]>()(x.reshape([6, -1]))
shaped<readonly [number, 4]>()(x.reshape([n, 4]))
shaped<readonly [24]>()(anything.reshape([24]))
shaped<readonly [5, 2, 3, 4]>()(x.broadcastTo([5, 2, 3, 4]))

// Concatenation along a literal axis.
const a = zeros([2, 3])
shaped<readonly [number, 3]>()(concat([a, zeros([5, 3])]))
shaped<readonly [2, number]>()(concat([a, zeros([2, 7])], 1))
shaped<readonly [2, number]>()(concat([a, a, a], 1))
shaped<readonly [number, 3], 'int32'>()(concat([zeros([1, 3], 'int32'), zeros([2, 3], 'int32')]))
shaped<readonly number[]>()(concat([a, anything]))
concat([a, zeros([2, n])])
// @ts-expect-error concat: axis 1 differs: 3 and 4
concat([a, zeros([2, 4])])
// @ts-expect-error concat: axis 0 differs: 2 and 5
concat([a, zeros([5, 3])], 1)
// @ts-expect-error concat: axis 1 differs: 3 and 4 (of the third)
concat([a, a, zeros([2, 4])])
// @ts-expect-error concat: the tensors have different numbers of axes
concat([a, zeros([3])])

// Elements and order keep the shape.
shaped<readonly [2, 3, 4]>()(x.relu().exp().sort().cumsum(0).softmax().flip())
shaped<readonly [2, 3, 4], 'int32'>()(x.argsort())
shaped<readonly [2, 3, 4], 'float64'>()(x.to('float64'))
shaped<readonly [2, 3, 4], 'bool'>()(x.isNaN())
shaped<readonly [5, 7]>()(zeros([5], 'int32').oneHot(7))
shaped<readonly [2, 5]>()(zeros([2, 3]).takeAlongAxis(zeros([2, 5], 'int32')))
