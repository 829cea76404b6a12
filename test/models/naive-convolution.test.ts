import { describe, expect, test } from 'vitest'
import { fromArray, type Shape, ShapeError } from '../../src/index.ts'
import { convolution } from '../../src/tensor/convolution.ts'
import { naiveConvolution, type NaiveConvolutionOptions } from '../../src/vision/naive-convolution.ts'
import { expectClose, expectError } from '../optim/expect.ts'
import { signed } from './filled.ts'

describe('the convolution in seven loops', () => {
  test.each([
    [[2, 3, 7, 6], [4, 3, 3, 3], {}],
    [[1, 2, 9, 9], [3, 2, 5, 5], { padding: 2 }],
    [[2, 1, 11, 8], [2, 1, 3, 4], { stride: 2, padding: 1 }],
    [[1, 3, 8, 8], [5, 3, 1, 1], { stride: 3 }],
    [[1, 2, 4, 4], [1, 2, 4, 4], {}],
  ] as readonly [Shape, Shape, NaiveConvolutionOptions][])(
    'equals the operation on %j with %j, %j',
    async (xs, ws, o) => {
      const [x, w, b] = [signed('x', xs), signed('w', ws), signed('b', [ws[0]!])]
      const plain = naiveConvolution({ shape: xs, data: x }, { shape: ws, data: w }, { ...o, bias: b })
      const bias = fromArray(b, [ws[0]!], 'float32')
      const y = convolution(fromArray(x, xs, 'float32'), fromArray(w, ws, 'float32'), { ...o, bias })
      expect(plain.shape).toEqual(y.shape)
      expectClose(await y.data(), plain.data, 1e-5, 'values')
    },
  )

  test('gives what the example says', () => {
    const x = { shape: [1, 1, 3, 3], data: [1, 2, 3, 4, 5, 6, 7, 8, 9] }
    const w = { shape: [1, 1, 2, 2], data: [1, 0, 0, 1] }
    expect(Array.from(naiveConvolution(x, w).data)).toEqual([6, 8, 12, 14])
  })

  test('refuses what does not fit', async () => {
    const x = { shape: [1, 2, 3, 3], data: signed('x', [18]) }
    await expectError(
      () => naiveConvolution(x, { shape: [1, 3, 2, 2], data: signed('w', [12]) }),
      ShapeError,
      'naiveConvolution: x is [1, 2, 3, 3] and w [1, 3, 2, 2], with 18 and 12 numbers. Expected [N, C, H, W] and [O, C, F, G], with a number for each place.',
    )
    await expectError(
      () => naiveConvolution(x, { shape: [1, 2, 4, 4], data: signed('w', [32]) }, { stride: 2 }),
      ShapeError,
      'naiveConvolution: a window of 4 × 4 cannot slide by 2 over 3 × 3, 0 of padding on each side included. Expected whole numbers, and a window no larger than the padded image.',
    )
  })
})
