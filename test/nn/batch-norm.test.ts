import { enginesUnderTest } from '../engines.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ArgumentError,
  compile,
  grad,
  type Shape,
  ShapeError,
  setEngine,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { decodeSafetensors, encodeSafetensors } from '../../src/io/index.ts'
import { batchNorm1d, batchNorm2d, batchNorm3d, linear, sequential } from '../../src/nn/index.ts'
import { expectClose, expectError } from '../optim/expect.ts'
import { checkModule, normal, saved } from './check-module.ts'

const state = (channels: number) => ({
  parameters: { weight: [channels], bias: [channels] },
  buffers: { running_mean: [channels], running_var: [channels], num_batches_tracked: [] },
})
// Two elements a channel: they become ±1, and weight and bias can take them anywhere.
checkModule('batchNorm1d', {
  make: () => batchNorm1d(3),
  input: normal([2, 3]),
  forward: (m, x) => m.forward(x),
  output: [2, 3],
  ...state(3),
})
checkModule('batchNorm2d', {
  make: () => batchNorm2d(2),
  input: normal([1, 2, 2, 1]),
  forward: (m, x) => m.forward(x),
  output: [1, 2, 2, 1],
  ...state(2),
})
checkModule('batchNorm3d', {
  make: () => batchNorm3d(2),
  input: normal([1, 2, 1, 1, 2]),
  forward: (m, x) => m.forward(x),
  output: [1, 2, 1, 1, 2],
  ...state(2),
})

const numbers = async (module: ReturnType<typeof batchNorm1d>): Promise<number[][]> => {
  await module.fetch()
  return [...saved(module).values()].slice(-3).map(({ data }) => Array.from(data as Float32Array, Number))
}

describe.each([...enginesUnderTest])('batch normalisation on the %s engine', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))
  // Mean 2 and variance 1 (2 with n − 1), then mean 6 and variance 4 (8 with n − 1).
  const first = tensor([[1], [3]])
  const second = tensor([[4], [8]])

  test('mixes each batch into the running statistics, with the evaluation that follows', async () => {
    const layer = batchNorm1d(1, { momentum: 0.25 })
    const y = layer.forward(first)
    expect(await numbers(layer)).toEqual([[0], [1], [0]])
    await y.data()
    expect(await numbers(layer)).toEqual([[0.5], [1.25], [1]])
    await layer.forward(second).data()
    expect(await numbers(layer)).toEqual([[0.75 * 0.5 + 1.5], [0.75 * 1.25 + 2], [2]])
  })

  test('counts every batch between two evaluations', async () => {
    const layer = batchNorm1d(1, { momentum: null })
    const early = layer.forward(first)
    await layer.forward(second).data()
    expect(await numbers(layer)).toEqual([[4], [5], [2]])
    expectClose(await early.data(), [-1, 1], 1e-4, 'the first batch')
  })

  test('predicts with the running statistics, and leaves them alone', async () => {
    const layer = batchNorm1d(1, { momentum: 1, epsilon: 0 })
    await layer.forward(first).data()
    layer.eval()
    expectClose(await layer.forward(second).data(), [2 / Math.SQRT2, 6 / Math.SQRT2], 1e-6, 'prediction')
    expect(await numbers(layer)).toEqual([[2], [2], [1]])
  })

  test('updates them in each run of a compiled function, as long as it trains', async () => {
    const layer = batchNorm1d(1, { momentum: 0.25 })
    const run = compile((x: Tensor<Shape, 'float32'>) => layer.forward(x))
    await (await run(first)).data()
    await (await run(second)).data()
    expect(await numbers(layer)).toEqual([[0.75 * 0.5 + 1.5], [0.75 * 1.25 + 2], [2]])
    layer.eval()
    await (await run(second)).data()
    expect((await numbers(layer))[2]).toEqual([2])
  })

  test('lets no gradient through the running statistics', async () => {
    const layer = batchNorm1d(1, { momentum: 1, epsilon: 0 })
    // A prediction before the statistics were evaluated reads them from the batch, as values.
    const g = grad((x: Tensor<readonly [2, 1], 'float32'>) => {
      layer.train().forward(x)
      return layer.eval().forward(x).sum()
    })(first)
    expectClose(await g.data(), [Math.SQRT1_2, Math.SQRT1_2], 1e-6, 'gradient')
  })

  test('without running statistics predicts with those of the batch', async () => {
    const layer = batchNorm1d(1, { trackRunningStats: false, affine: false }).eval()
    expect([...layer.state().keys()]).toEqual([])
    expectClose(await layer.forward(second).data(), [-1, 1], 1e-5, 'prediction')
  })
})

describe('batch normalisation', () => {
  test('is left alone by optimizers but for weight and bias', () => {
    const model = sequential(linear(2, 3), batchNorm1d(3))
    expect([...model.namedParameters().keys()]).toEqual(['0.weight', '0.bias', '1.weight', '1.bias'])
    expect(model.state().get('1.num_batches_tracked')?.dtype).toBe('int64')
  })

  test('is saved with its counter as int64, and loaded', async () => {
    const [module, other] = [batchNorm2d(2), batchNorm2d(2)]
    await module.forward(normal([2, 2, 3, 2])).data()
    const stored = [...module.state()].map(
      ([name, { dtype, shape, buffer }]) => [name, { dtype, shape, data: buffer.array }] as const,
    )
    const { tensors } = decodeSafetensors(Buffer.concat(encodeSafetensors(stored)), 'memory')
    expect(tensors.get('num_batches_tracked')?.dtype).toBe('int64')
    other.loadState(tensors)
    expect(saved(other)).toEqual(saved(module))
  })

  test('has PyTorch’s defaults', () => {
    expect(batchNorm2d(1).epsilon).toBe(1e-5)
    expect(batchNorm2d(1).momentum).toBe(0.1)
  })

  test('says what does not fit', async () => {
    await expectError(
      () => batchNorm1d(3).forward(normal([1, 3])),
      ShapeError,
      'batchNorm1d: a channel has 1 element in the batch, whose variance is not defined. Train on larger batches, or call eval() to predict.',
    )
    expect(
      (
        await batchNorm1d(3)
          .eval()
          .forward(normal([1, 3]))
          .data()
      ).length,
    ).toBe(3)
    await expectError(
      () => batchNorm2d(3).forward(normal([2, 4, 2, 2]) as never),
      ShapeError,
      'batchNorm2d: expected 3 channels, got 4 in [2, 4, 2, 2].',
    )
    await expectError(
      () => batchNorm2d(3).forward(normal([2, 3]) as never),
      ShapeError,
      'batchNorm2d: expected axes [N, C, H, W], got [2, 3].',
    )
    await expectError(
      () => batchNorm1d(3).forward(normal([2, 3, 4, 5])),
      ShapeError,
      'batchNorm1d: expected axes [N, C] or [N, C, L], got [2, 3, 4, 5].',
    )
    await expectError(
      () => batchNorm1d(3).forward(normal([3]) as never),
      ShapeError,
      'batchNorm1d: expected axes [N, C, ...], got [3].',
    )
    await expectError(
      () => batchNorm3d(3, { momentum: 2 }),
      ArgumentError,
      'batchNorm3d: momentum must be between 0 and 1, or null; got 2.',
    )
  })
})
