import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  adaptiveAveragePool,
  attention,
  averagePool,
  batchNorm,
  convolution,
  convolutionTranspose,
  fold,
  grad,
  gridSample,
  groupNorm,
  instanceNorm,
  interpolate,
  lpPool,
  maxPool,
  ones,
  rmsNorm,
  rotaryEmbedding,
  setEngine,
  type Shape,
  type Tensor,
  tensor,
  unfold,
  zeros,
} from '../../src/index.ts'

type F = Tensor<Shape, 'float32'>
const f = (...shape: number[]): F => zeros(shape)
const c3 = (): F => ones([3]) as F
const { POSITIVE_INFINITY: inf, NaN: nan } = Number

/** What becomes of a batch of no examples, and the shape that it has then. */
const empties: readonly (readonly [string, (x: F) => Tensor, Shape, Shape])[] = [
  ['convolution', x => convolution(x, ones([4, 3, 2, 2]) as F), [0, 3, 4, 4], [0, 4, 3, 3]],
  ['convolutionTranspose', x => convolutionTranspose(x, ones([3, 2, 2]) as F, { stride: 2 }), [0, 3, 4], [0, 2, 8]],
  ['maxPool', x => maxPool(x, { kernelSize: 2 }), [0, 3, 4], [0, 3, 2]],
  ['averagePool', x => averagePool(x, { kernelSize: 2 }), [0, 3, 4], [0, 3, 2]],
  ['adaptiveAveragePool', x => adaptiveAveragePool(x, 3), [0, 3, 4], [0, 3, 3]],
  ['lpPool', x => lpPool(x, { kernelSize: 2 }), [0, 3, 4], [0, 3, 2]],
  ['unfold', x => unfold(x, { kernelSize: 2 }), [0, 3, 4], [0, 6, 3]],
  ['fold', x => fold(x, { size: [4], kernelSize: 2 }), [0, 6, 3], [0, 3, 4]],
  ['interpolate', x => interpolate(x, { scale: 2, mode: 'linear' }), [0, 3, 4], [0, 3, 8]],
  ['gridSample', x => gridSample(x, f(0, 5, 6, 2)), [0, 3, 4, 4], [0, 3, 5, 6]],
  ['batchNorm', x => batchNorm(x, c3(), c3(), c3(), c3()), [0, 3, 4], [0, 3, 4]],
  ['groupNorm', x => groupNorm(x, 1, c3(), c3()), [0, 3, 4], [0, 3, 4]],
  ['instanceNorm', x => instanceNorm(x, c3(), c3()), [0, 3, 4], [0, 3, 4]],
  ['rmsNorm', x => rmsNorm(x, c3()), [0, 3], [0, 3]],
  ['rotaryEmbedding', x => rotaryEmbedding(x, f(2, 2), f(2, 2)), [0, 2, 4], [0, 2, 4]],
  ['attention of grouped heads', x => attention(x, f(0, 2, 3, 4), f(0, 2, 3, 4)), [0, 4, 3, 4], [0, 4, 3, 4]],
]

describe.each(['native', 'reference'])('on %s', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  test.each(empties)('%s takes a batch of no examples, and its gradient does', async (_, run, from, to) => {
    const x = f(...from)
    const y = run(x)
    expect(y.shape).toEqual(to)
    expect(await y.data()).toHaveLength(0)
    const slope = grad((x: F) => run(x).sum())(x)
    expect(slope.shape).toEqual(from)
    expect(await slope.data()).toHaveLength(0)
  })
  test('a kernel gets a gradient of zeros from no examples', async () => {
    const slope = grad((w: F) => convolution(f(0, 1, 4), w, { bias: ones([2]) as F }).sum())(ones([2, 1, 2]) as F)
    expect(await slope.toArray()).toEqual([[[0, 0]], [[0, 0]]])
  })
  test('an infinity and a NaN stay in their windows', async () => {
    const x = tensor([[[1, inf, 2, 3, nan, 4, -inf, -inf]]])
    expect(await maxPool(x, { kernelSize: 2 }).toArray()).toEqual([[[inf, 3, nan, -inf]]])
    expect(await averagePool(x, { kernelSize: 2 }).toArray()).toEqual([[[inf, 2.5, nan, -inf]]])
    const columns = await unfold(x, { kernelSize: 2, stride: 2 }).toArray()
    expect(columns).toEqual([
      [
        [1, 2, nan, -inf],
        [inf, 3, 4, -inf],
      ],
    ])
    expect(await interpolate(x, { size: 4 }).toArray()).toEqual([[[1, 2, nan, -inf]]])
  })
  test('a sample beyond the image is zero, whatever the image holds', async () => {
    const x = tensor([[[[inf, nan]]]])
    const grid = tensor([
      [
        [
          [-5, 0],
          [5, 0],
        ],
      ],
    ])
    expect(await gridSample(x, grid).toArray()).toEqual([[[[0, 0]]]])
  })
  test('the gradient of a convolution with many groups is that of each by itself', async () => {
    const x = tensor([
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]) as Tensor
    const w = tensor([[[1, -1]], [[2, 0.5]]]) as Tensor
    const slope = grad((x: Tensor) => convolution(x, w, { groups: 2 }).sum())(x)
    expect(await slope.toArray()).toEqual([
      [
        [1, 0, -1],
        [2, 2.5, 0.5],
      ],
    ])
  })
})
