import { describe, expect, test } from 'vitest'
import { tensor } from '../../src/index.ts'
import { layerNorm } from '../../src/nn/index.ts'
import { expectClose } from '../optim/expect.ts'
import { checkModule, normal } from './check-module.ts'

checkModule('layerNorm', {
  make: () => layerNorm(4),
  input: normal([2, 4]),
  forward: (m, x) => m.forward(x),
  output: [2, 4],
  parameters: { weight: [4], bias: [4] },
})

describe('layerNorm', () => {
  test('subtracts the mean of each row and divides by the root of its variance and ε', async () => {
    // Mean 2.5 and variance 1.25; then the same row times 10 plus 100, which differs by ε only.
    const y = layerNorm(4, { epsilon: 0.75 }).forward(
      tensor([
        [1, 2, 3, 4],
        [110, 120, 130, 140],
      ]),
    )
    const by = (root: number): number[] => [-1.5, -0.5, 0.5, 1.5].map(x => x / root)
    expectClose(await y.data(), [...by(Math.SQRT2), ...by(Math.sqrt(1.2575))], 1e-6, 'output')
  })

  test('scales by weight and shifts by bias, feature by feature', async () => {
    const layer = layerNorm(2, { epsilon: 0 })
    layer.loadState(
      new Map([
        ['weight', { dtype: 'float32', shape: [2], data: Float32Array.of(2, 3) }],
        ['bias', { dtype: 'float32', shape: [2], data: Float32Array.of(10, 20) }],
      ]),
    )
    expectClose(await layer.forward(tensor([[5, 9]])).data(), [8, 23], 1e-6, 'output')
  })

  test('has PyTorch’s ε of 1e-5 by default: a row of equal numbers gives zeros', async () => {
    expect(layerNorm(3).epsilon).toBe(1e-5)
    expect(
      await layerNorm(3)
        .forward(tensor([[7, 7, 7]]))
        .toArray(),
    ).toEqual([[0, 0, 0]])
  })
})
