import { describe, expect, test } from 'vitest'
import { setSeed, ShapeError, type Tensor, tensor } from '../../src/index.ts'
import { constantInit, Linear, linear } from '../../src/nn/index.ts'
import { Generator } from '../../src/tensor/random.ts'
import { expectError } from '../optim/expect.ts'
import { checkModule, normal, saved } from './check-module.ts'

checkModule('linear', {
  make: generator => linear(3, 2, { generator }),
  input: normal([2, 3]),
  forward: (m, x) => m.forward(x),
  output: [2, 2],
  parameters: { weight: [2, 3], bias: [2] },
})
checkModule('linear without bias, on three axes', {
  make: generator => linear(5, 3, { generator, bias: false }),
  input: normal([2, 2, 5]),
  forward: (m, x) => m.forward(x),
  output: [2, 2, 3],
  parameters: { weight: [3, 5] },
})

/** W = [[1, 2, 3], [4, 5, 6]], b = [10, 20]. */
const known = (): Linear<3, 2> => {
  const layer = linear(3, 2)
  layer.loadState(
    new Map([
      ['weight', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
      ['bias', { dtype: 'float32', shape: [2], data: Float32Array.of(10, 20) }],
    ]),
  )
  return layer
}

describe('linear', () => {
  test('multiplies by the transposed weight and adds the bias', async () => {
    const x = tensor([
      [1, 0, -1],
      [0, 2, 0.5],
    ])
    expect(await known().forward(x).toArray()).toEqual([
      [8, 18],
      [15.5, 33],
    ])
  })

  test('maps a single vector, and the last axis of any number of axes', async () => {
    expect(
      await known()
        .forward(tensor([1, 0, -1]))
        .toArray(),
    ).toEqual([8, 18])
    const x = tensor([[[[1, 0, -1]]], [[[0, 2, 0.5]]]])
    expect(await known().forward(x).toArray()).toEqual([[[[8, 18]]], [[[15.5, 33]]]])
  })

  test('begins uniform within ±1/√inFeatures, weight and bias', () => {
    const layer = linear(100, 400, { generator: new Generator(5) })
    for (const values of [layer.weight.buffer.array, layer.bias!.buffer.array] as Float32Array[]) {
      expect(Math.max(...values)).toBeLessThan(0.1)
      expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.1)
      const square = values.reduce((total, w) => total + w * w, 0) / values.length
      // The variance of a uniform distribution is bound²/3; of 400 numbers it is known to some 5 %.
      expect(square / (0.01 / 3)).toBeGreaterThan(0.85)
      expect(square / (0.01 / 3)).toBeLessThan(1.15)
    }
  })

  test('with an initialiser begins with a bias of 0', () => {
    const layer = linear(2, 2, { init: constantInit(0.5) })
    expect([...saved(layer).values()].map(entry => entry.data)).toEqual([
      Float32Array.of(0.5, 0.5, 0.5, 0.5),
      Float32Array.of(0, 0),
    ])
  })

  test('draws from the default generator where it has none of its own', () => {
    setSeed(3)
    const first = saved(linear(4, 4))
    setSeed(3)
    const again = saved(linear(4, 4))
    expect(again).toEqual(first)
    expect(saved(linear(4, 4))).not.toEqual(first)
  })

  test('without inputs begins with a bias of 0', () => {
    const layer = linear(0, 2)
    expect([...layer.bias!.buffer.array]).toEqual([0, 0])
  })

  test('says which size does not fit', async () => {
    const x = normal([2, 4]) as Tensor
    await expectError(() => known().forward(x as never), ShapeError, 'linear: expected last axis 3, got 4 in [2, 4].')
    await expectError(
      () => known().forward(tensor(1) as never),
      ShapeError,
      'linear: expected last axis 3, got a scalar.',
    )
    await expectError(
      () => new Linear(2.5, 3),
      ShapeError,
      'parameter: [3, 2.5] is not a shape. Sizes must be whole numbers of at least 0; got 2.5.',
    )
  })
})
