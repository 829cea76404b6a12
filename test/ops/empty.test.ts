import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  attention,
  crossEntropy,
  grad,
  layerNorm,
  mse,
  ones,
  type Shape,
  setEngine,
  type Tensor,
  zeros,
} from '../../src/index.ts'

const { NaN: nan, NEGATIVE_INFINITY: low } = Number
const f = (...shape: number[]): Tensor<Shape, 'float32'> => zeros(shape)
const i = (...shape: number[]): Tensor<Shape, 'int32'> => zeros(shape, 'int32')
type F = Tensor<Shape, 'float32'>

const cases: readonly (readonly [string, () => Tensor, readonly number[], readonly number[]])[] = [
  ['broadcasting an axis of 1 to 0', () => ones([1, 2]).broadcastTo([0, 2]).add(1), [0, 2], []],
  ['broadcasting against an empty axis', () => ones([3]).add(f(0, 1)), [0, 3], []],
  ['a sum of what was broadcast to nothing', () => ones([3]).broadcastTo([0, 3]).add(2).sum(0), [3], [0, 0, 0]],
  ['a repeat of 0 times', () => ones([2]).repeat([0]), [0], []],
  ['a softmax of nothing', () => f(2, 0).softmax(), [2, 0], []],
  ['a log-softmax of nothing', () => f(2, 0).logSoftmax(), [2, 0], []],
  ['the log of a sum of no exponentials', () => f(2, 0).logSumExp(1), [2], [low, low]],
  ['the mean of nothing', () => f(2, 0).mean(1), [2], [nan, nan]],
  ['means of no rows', () => f(0, 2).mean(1), [0], []],
  ['the variance of one number', () => ones([1]).variance(), [], [nan]],
  ['the largest of each of no rows', () => f(0, 3).max(1), [0], []],
  ['positions in no rows', () => f(0, 3).argmax(1), [0], []],
  ['a sort of nothing', () => f(2, 0).sort(), [2, 0], []],
  ['a running sum of nothing', () => f(0, 3).cumsum(0), [0, 3], []],
  ['a product over an empty axis', () => f(2, 0).matmul(f(0, 2)).add(1), [2, 2], [1, 1, 1, 1]],
  ['a product of no rows in a batch', () => f(2, 0, 3).matmul(f(3, 4)), [2, 0, 4], []],
  ['no indices into rows', () => f(3, 2).gather(i(0)), [0, 2], []],
  ['nothing added to rows', () => ones([2, 2]).scatterAdd(i(0), f(0, 2)), [2, 2], [1, 1, 1, 1]],
  ['an addition to rows without columns', () => f(3, 0).scatterAdd(i(1), f(1, 0)), [3, 0], []],
  ['no indices along an axis', () => f(3, 2).takeAlongAxis(i(3, 0)), [3, 0], []],
  ['one-hot rows of no indices', () => i(0).oneHot(3), [0, 3], []],
  ['a layer norm of no rows', () => layerNorm(f(0, 4), ones([4]), ones([4])), [0, 4], []],
  ['its gradient', () => grad((w: F) => layerNorm(f(0, 2), w, ones([2])).sum())(ones([2])), [2], [0, 0]],
  ['attention of no queries', () => attention(f(1, 0, 3), f(1, 2, 3), f(1, 2, 3)), [1, 0, 3], []],
  ['attention to no keys', () => attention(f(1, 2, 2), f(1, 0, 2), f(1, 0, 2)), [1, 2, 2], [0, 0, 0, 0]],
  ['the loss of no samples', () => crossEntropy(f(0, 3), i(0)), [], [nan]],
  ['its gradient by the logits', () => grad((x: F) => crossEntropy(x, i(0)))(f(0, 3)), [0, 3], []],
  ['the summed loss of no samples', () => mse(f(0), f(0), { reduction: 'sum' }), [], [0]],
]

describe.each(['native', 'reference'])('on %s', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))
  test.each(cases)('%s is what it says', async (_, make, shape, values) => {
    const x = make()
    expect(x.shape).toEqual(shape)
    expect(Array.from(await x.data(), Number)).toEqual(values)
  })
})
