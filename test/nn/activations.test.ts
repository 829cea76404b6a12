import { describe, expect, test } from 'vitest'
import { ShapeError, type Shape, type Tensor, tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { expectError } from '../optim/expect.ts'
import { checkModule, normal } from './check-module.ts'

// Values, gradients and options against PyTorch stand in layer-fixtures.test.ts.

const layers: Readonly<Record<string, () => unknown>> = {
  celu: () => nn.celu(),
  elu: () => nn.elu(),
  gelu: () => nn.gelu(),
  hardShrink: () => nn.hardShrink(),
  hardSigmoid: () => nn.hardSigmoid(),
  hardSwish: () => nn.hardSwish(),
  hardTanh: () => nn.hardTanh(),
  leakyRelu: () => nn.leakyRelu(),
  logSigmoid: () => nn.logSigmoid(),
  logSoftmax: () => nn.logSoftmax(),
  mish: () => nn.mish(),
  relu: () => nn.relu(),
  relu6: () => nn.relu6(),
  selu: () => nn.selu(),
  sigmoid: () => nn.sigmoid(),
  silu: () => nn.silu(),
  softmax: () => nn.softmax(),
  softplus: () => nn.softplus(),
  softShrink: () => nn.softShrink(),
  softsign: () => nn.softsign(),
  tanh: () => nn.tanh(),
  thresholdedRelu: () => nn.thresholdedRelu(),
}
for (const [name, layer] of Object.entries(layers)) {
  checkModule(name, {
    make: () => layer() as nn.Layer,
    input: normal([2, 3]) as Tensor<Shape, 'float32'>,
    forward: (m, x) => m.forward(x),
    output: [2, 3],
    parameters: {},
  })
}
checkModule('glu', {
  make: () => nn.glu(),
  input: normal([2, 4]),
  forward: (m, x) => m.forward(x),
  output: [2, 2],
  parameters: {},
})
// Only what lies left of 0 can be moved.
checkModule('prelu', {
  make: () => nn.prelu(3),
  input: normal([1, 3]).abs().neg(),
  forward: (m, x) => m.forward(x),
  output: [1, 3],
  parameters: { weight: [3] },
})

describe('prelu', () => {
  test('has one slope for all, on any shape, or one for each channel', async () => {
    expect(
      await nn
        .prelu()
        .forward(tensor([-4, 0, 2]))
        .toArray(),
    ).toEqual([-1, 0, 2])
    const layer = nn.prelu(2, { init: 0.5 })
    layer.loadState(new Map([['weight', { dtype: 'float32', shape: [2], data: Float32Array.of(0.5, 2) }]]))
    expect(
      await layer
        .forward(
          tensor([
            [
              [-1, 1],
              [-1, 1],
            ],
          ]),
        )
        .toArray(),
    ).toEqual([
      [
        [-0.5, 1],
        [-2, 1],
      ],
    ])
  })

  test('begins with the given slope', () => {
    expect([...nn.prelu(2, { init: 0.5 }).weight.buffer.array]).toEqual([0.5, 0.5])
  })

  test('says which channels do not fit', async () => {
    await expectError(
      () => nn.prelu(2).forward(normal([1, 3]) as never),
      ShapeError,
      'prelu: expected 2 channels, got 3 in [1, 3].',
    )
  })
})
