import { describe, expect, test } from 'vitest'
import { ArgumentError, ShapeError, type Tensor, tensor, zeros } from '../../src/index.ts'
import {
  constantInit,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  relu,
  sequential,
} from '../../src/nn/index.ts'
import { Generator } from '../../src/tensor/random.ts'
import { expectError } from '../optim/expect.ts'
import { checkModule, normal, saved } from './check-module.ts'

checkModule('conv1d', {
  make: generator => conv1d(2, 3, 3, { generator }),
  input: normal([1, 2, 4]),
  forward: (m, x) => m.forward(x),
  output: [1, 3, 2],
  parameters: { weight: [3, 2, 3], bias: [3] },
})
checkModule('conv2d with all options', {
  make: generator =>
    conv2d(4, 6, [3, 2], { generator, stride: [2, 1], padding: [1, 0], dilation: 2, groups: 2, bias: false }),
  input: normal([1, 4, 4, 4]),
  forward: (m, x) => m.forward(x),
  output: [1, 6, 1, 2],
  parameters: { weight: [6, 2, 3, 2] },
})
checkModule('conv3d', {
  make: generator => conv3d(2, 2, 2, { generator, padding: 'same', stride: 2 }),
  input: normal([1, 2, 3, 2, 2]),
  forward: (m, x) => m.forward(x),
  output: [1, 2, 2, 1, 1],
  parameters: { weight: [2, 2, 2, 2, 2], bias: [2] },
})
checkModule('convTranspose1d', {
  make: generator => convTranspose1d(3, 2, 2, { generator, stride: 2, outputPadding: 1 }),
  input: normal([1, 3, 1]),
  forward: (m, x) => m.forward(x),
  output: [1, 2, 3],
  parameters: { weight: [3, 2, 2], bias: [2] },
})
checkModule('convTranspose2d', {
  make: generator => convTranspose2d(4, 2, 2, { generator, groups: 2 }),
  input: normal([1, 4, 1, 1]),
  forward: (m, x) => m.forward(x),
  output: [1, 2, 2, 2],
  parameters: { weight: [4, 1, 2, 2], bias: [2] },
})
checkModule('convTranspose3d', {
  make: generator => convTranspose3d(2, 1, [1, 2, 2], { generator, bias: false }),
  input: normal([1, 2, 1, 1, 1]),
  forward: (m, x) => m.forward(x),
  output: [1, 1, 1, 2, 2],
  parameters: { weight: [2, 1, 1, 2, 2] },
})

describe('a convolution', () => {
  test('does not turn its window around', async () => {
    const layer = conv1d(1, 1, 2, { bias: false })
    layer.loadState(new Map([['weight', { dtype: 'float32', shape: [1, 1, 2], data: Float32Array.of(1, 10) }]]))
    expect(await layer.forward(tensor([[[1, 2, 3]]])).toArray()).toEqual([[[21, 32]]])
  })

  test('begins uniform within ±1/√fanIn, of a group of channels and its window, the bias too', () => {
    const layers = [
      conv2d(8, 400, 5, { groups: 2, generator: new Generator(5) }), // fan 4 · 25
      convTranspose2d(400, 8, 5, { groups: 2, generator: new Generator(5) }), // PyTorch counts the outputs: 4 · 25
    ]
    for (const layer of layers) {
      const all = [layer.weight, layer.bias!].map(p => p.buffer.array as Float32Array)
      for (const values of all) expect(values.every(w => w >= -0.1 && w < 0.1)).toBe(true)
      const [weight] = all as [Float32Array]
      const square = weight.reduce((total, w) => total + w * w, 0) / weight.length
      // The variance of a uniform distribution is bound²/3; of 40000 numbers it is known to some 0.5 %.
      expect(square / (0.01 / 3)).toBeGreaterThan(0.97)
      expect(square / (0.01 / 3)).toBeLessThan(1.03)
    }
  })

  test('with an initialiser begins with a bias of 0', () => {
    for (const layer of [
      conv1d(1, 1, 2, { init: constantInit(2) }),
      convTranspose1d(1, 1, 2, { init: constantInit(2) }),
    ])
      expect([...saved(layer).values()].map(entry => entry.data)).toEqual([Float32Array.of(2, 2), Float32Array.of(0)])
  })

  test('without channels begins with a bias of 0', () => {
    expect([...conv1d(0, 2, 3).bias!.buffer.array]).toEqual([0, 0])
  })

  test('says which channels or axes do not fit', async () => {
    const crooked = sequential(conv2d(3, 16, 3), relu(), conv2d(8, 16, 3))
    await expectError(
      () => crooked.forward(zeros([4, 3, 32, 32]) as never),
      ShapeError,
      'conv2d: expected 8 channels, got 16 in [4, 16, 30, 30].',
    )
    const run = (layer: unknown, shape: readonly number[]) => () =>
      (layer as { forward(x: Tensor): Tensor }).forward(zeros(shape))
    await expectError(
      run(conv2d(3, 8, 3), [3, 32, 32]),
      ShapeError,
      'conv2d: expected axes [N, C, H, W], got [3, 32, 32].',
    )
    await expectError(run(conv1d(3, 8, 3), [32]), ShapeError, 'conv1d: expected axes [N, C, L], got [32].')
    await expectError(
      run(convTranspose3d(3, 8, 3), [1, 3, 2, 2]),
      ShapeError,
      'convTranspose3d: expected axes [N, C, D, H, W], got [1, 3, 2, 2].',
    )
    await expectError(
      run(convTranspose1d(3, 8, 3), [1, 2, 4]),
      ShapeError,
      'convTranspose1d: expected 3 channels, got 2 in [1, 2, 4].',
    )
  })

  test('refuses wrong options when it is made', async () => {
    await expectError(
      () => conv2d(4, 6, 3, { groups: 3 }),
      ArgumentError,
      'conv2d: groups must be a whole number of at least 1 that divides 4 and 6 channels; got 3.',
    )
    await expectError(
      () => conv1d(4, 6, 0),
      ArgumentError,
      'conv1d: kernelSize must be a whole number of at least 1, or one for each of the 1 spatial axes; got 0.',
    )
    await expectError(
      () => conv2d(4, 6, [3, 3, 3]),
      ArgumentError,
      'conv2d: kernelSize must be a whole number of at least 1, or one for each of the 2 spatial axes; got [3,3,3].',
    )
    await expectError(
      () => conv3d(4, 6, 3, { stride: [1, 2] }),
      ArgumentError,
      'conv3d: stride must be a whole number of at least 1, or one for each of the 3 spatial axes; got [1,2].',
    )
    await expectError(
      () => convTranspose2d(4, 6, 3, { outputPadding: -1 }),
      ArgumentError,
      'convTranspose2d: outputPadding must be a whole number of at least 0, or one for each of the 2 spatial axes; got -1.',
    )
    await expectError(
      () => conv2d(4, 6, 3, { padding: 'full' as never }),
      ArgumentError,
      `conv2d: padding must be a whole number of at least 0, a number or a pair [before, after] for each of the 2 spatial axes, 'same' or 'valid'; got "full".`,
    )
    await expectError(
      () => conv2d(2.5, 5, 3),
      ArgumentError,
      'conv2d: groups must be a whole number of at least 1 that divides 2.5 and 5 channels; got 1.',
    )
  })
})
