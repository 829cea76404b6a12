import { describe, expect, test } from 'vitest'
import { ShapeError, type Tensor, tensor, zeros } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { expectError } from '../optim/expect.ts'
import { checkModule, normal } from './check-module.ts'

// Values and gradients against PyTorch, for every layer and option, stand in layer-fixtures.test.ts.

const [line, image, volume] = [normal([2, 3, 6]), normal([2, 3, 4, 6]), normal([1, 2, 4, 2, 3])]
const rows: readonly (readonly [string, () => unknown, Tensor, readonly number[]])[] = [
  ['maxPool1d', () => nn.maxPool1d(2), line, [2, 3, 3]],
  ['maxPool2d', () => nn.maxPool2d([2, 3], { stride: 1, padding: 'same' }), image, [2, 3, 4, 6]],
  ['maxPool3d', () => nn.maxPool3d(2, { ceilMode: true }), volume, [1, 2, 2, 1, 2]],
  ['averagePool1d', () => nn.averagePool1d(3, { stride: 1 }), line, [2, 3, 4]],
  ['averagePool2d', () => nn.averagePool2d(2), image, [2, 3, 2, 3]],
  [
    'averagePool3d',
    () =>
      nn.averagePool3d(2, {
        padding: [
          [0, 0],
          [0, 0],
          [0, 1],
        ],
      }),
    volume,
    [1, 2, 2, 1, 2],
  ],
  ['adaptiveMaxPool1d', () => nn.adaptiveMaxPool1d(4), line, [2, 3, 4]],
  ['adaptiveMaxPool2d', () => nn.adaptiveMaxPool2d([3, 2]), image, [2, 3, 3, 2]],
  ['adaptiveMaxPool3d', () => nn.adaptiveMaxPool3d(2), volume, [1, 2, 2, 2, 2]],
  ['adaptiveAveragePool1d', () => nn.adaptiveAveragePool1d(4), line, [2, 3, 4]],
  ['adaptiveAveragePool2d', () => nn.adaptiveAveragePool2d([3, 2]), image, [2, 3, 3, 2]],
  ['adaptiveAveragePool3d', () => nn.adaptiveAveragePool3d(2), volume, [1, 2, 2, 2, 2]],
  ['globalAveragePool', () => nn.globalAveragePool(), image, [2, 3, 1, 1]],
  ['globalMaxPool', () => nn.globalMaxPool(), volume, [1, 2, 1, 1, 1]],
  ['upsample', () => nn.upsample({ scale: [2, 3], mode: 'linear' }), image, [2, 3, 8, 18]],
  ['flatten', () => nn.flatten(), image, [2, 72]],
  ['flatten with ends', () => nn.flatten({ start: -2, end: -1 }), image, [2, 3, 24]],
  ['unflatten', () => nn.unflatten(-1, [2, -1]), line, [2, 3, 2, 3]],
]
for (const [name, layer, input, output] of rows) {
  checkModule(name, {
    make: () => layer() as nn.Layer,
    input: input as Tensor<readonly number[], 'float32'>,
    forward: (m, x) => m.forward(x),
    output,
    parameters: {},
  })
}

describe('layers of windows', () => {
  test('refuse another number of axes', async () => {
    const run = (layer: unknown, shape: readonly number[]) => () => (layer as nn.Layer).forward(zeros(shape))
    await expectError(
      run(nn.maxPool2d(2), [2, 3, 8]),
      ShapeError,
      'maxPool2d: expected axes [N, C, H, W], got [2, 3, 8].',
    )
    await expectError(
      run(nn.adaptiveAveragePool1d(1), [2, 3, 8, 8]),
      ShapeError,
      'adaptiveAveragePool1d: expected axes [N, C, L], got [2, 3, 8, 8].',
    )
  })
})

describe('flatten', () => {
  test('joins all axes but the first', async () => {
    expect(
      await nn
        .flatten()
        .forward(
          tensor([
            [
              [1, 2],
              [3, 4],
            ],
          ]),
        )
        .toArray(),
    ).toEqual([[1, 2, 3, 4]])
    expect(nn.flatten().forward(zeros([0, 2, 3])).shape).toEqual([0, 6])
  })

  test('with empty axes keeps the sizes', () => {
    expect(nn.flatten({ start: 0, end: 1 }).forward(zeros([0, 2, 3])).shape).toEqual([0, 3])
  })

  test('refuses ends in the wrong order', async () => {
    await expectError(
      () => nn.flatten({ start: 2, end: 1 }).forward(zeros([2, 3, 4])),
      ShapeError,
      'flatten: start 2 lies behind end 1 in [2, 3, 4]. Swap them.',
    )
  })
})
