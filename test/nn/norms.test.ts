import { describe, expect, test } from 'vitest'
import { ArgumentError, ShapeError, tensor } from '../../src/index.ts'
import { groupNorm, instanceNorm1d, instanceNorm2d, instanceNorm3d, rmsNorm } from '../../src/nn/index.ts'
import { expectClose, expectError } from '../optim/expect.ts'
import { checkModule, normal } from './check-module.ts'

// Values and gradients against PyTorch stand in layer-fixtures.test.ts.

checkModule('groupNorm', {
  make: () => groupNorm(2, 4),
  input: normal([1, 4]),
  forward: (m, x) => m.forward(x),
  output: [1, 4],
  parameters: { weight: [4], bias: [4] },
})
checkModule('groupNorm without parameters', {
  make: () => groupNorm(1, 2, { affine: false }),
  input: normal([2, 2, 3]),
  forward: (m, x) => m.forward(x),
  output: [2, 2, 3],
  parameters: {},
})
checkModule('instanceNorm1d', {
  make: () => instanceNorm1d(3, { affine: true }),
  input: normal([1, 3, 2]),
  forward: (m, x) => m.forward(x),
  output: [1, 3, 2],
  parameters: { weight: [3], bias: [3] },
})
checkModule('instanceNorm2d, by default without parameters', {
  make: () => instanceNorm2d(2),
  input: normal([2, 2, 3, 2]),
  forward: (m, x) => m.forward(x),
  output: [2, 2, 3, 2],
  parameters: {},
})
checkModule('instanceNorm3d', {
  make: () => instanceNorm3d(2, { affine: true }),
  input: normal([1, 2, 1, 2, 1]),
  forward: (m, x) => m.forward(x),
  output: [1, 2, 1, 2, 1],
  parameters: { weight: [2], bias: [2] },
})
checkModule('rmsNorm', {
  make: () => rmsNorm(4),
  input: normal([1, 4]),
  forward: (m, x) => m.forward(x),
  output: [1, 4],
  parameters: { weight: [4] },
})

describe('normalisations', () => {
  test('rmsNorm divides by the root of the mean square and ε', async () => {
    const y = rmsNorm(2, { epsilon: 1.5 }).forward(tensor([[3, 4]]))
    expectClose(await y.data(), [3 / Math.sqrt(14), 4 / Math.sqrt(14)], 1e-6, 'output')
  })

  test('have defaults: ε 1e-5, of rmsNorm 1e-6', () => {
    expect([groupNorm(1, 1).epsilon, instanceNorm1d(1).epsilon, rmsNorm(1).epsilon]).toEqual([1e-5, 1e-5, 1e-6])
  })

  test('say what does not fit', async () => {
    await expectError(
      () => groupNorm(3, 4),
      ArgumentError,
      'groupNorm: groups must be a whole number of at least 1 that divides 4 channels; got 3.',
    )
    await expectError(
      () => groupNorm(2, 4).forward(normal([2, 3, 4]) as never),
      ShapeError,
      'groupNorm: expected 4 channels, got 3 in [2, 3, 4].',
    )
    await expectError(
      () => instanceNorm2d(4).forward(normal([2, 4, 4]) as never),
      ShapeError,
      'instanceNorm2d: expected axes [N, C, H, W], got [2, 4, 4].',
    )
  })
})
