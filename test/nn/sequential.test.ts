import { describe, expect, test } from 'vitest'
import { ShapeError, tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { expectClose, expectError } from '../optim/expect.ts'
import { checkModule, normal } from './check-module.ts'

checkModule('sequential', {
  make: generator =>
    nn.sequential(
      nn.flatten(),
      nn.linear(6, 16, { generator }),
      nn.gelu(),
      nn.layerNorm(16),
      nn.linear(16, 2, { generator }),
    ),
  input: normal([4, 2, 3]),
  forward: (m, x) => m.forward(x),
  output: [4, 2],
  parameters: {
    '1.weight': [16, 6],
    '1.bias': [16],
    '3.weight': [16],
    '3.bias': [16],
    '4.weight': [2, 16],
    '4.bias': [2],
  },
})
checkModule('sequential of sequentials', {
  make: generator =>
    nn.sequential(nn.sequential(nn.linear(3, 8, { generator }), nn.tanh()), nn.linear(8, 2, { generator })),
  input: normal([3, 3]),
  forward: (m, x) => m.forward(x),
  output: [3, 2],
  parameters: { '0.0.weight': [8, 3], '0.0.bias': [8], '1.weight': [2, 8], '1.bias': [2] },
})

describe('sequential', () => {
  test('applies its layers from first to last', async () => {
    const add = (n: number): nn.Lambda => new nn.Lambda(x => x.add(n))
    const double = new nn.Lambda(x => x.mul(2))
    expect(
      await nn
        .sequential(add(1), double, add(10))
        .forward(tensor([1, 2]))
        .toArray(),
    ).toEqual([14, 16])
    expect(
      await nn
        .sequential()
        .forward(tensor([1, 2]))
        .toArray(),
    ).toEqual([1, 2])
  })

  test('does not compile, and does not run, where one layer does not fit the next', async () => {
    const model = nn.sequential(nn.linear(4, 8), nn.linear(6, 2))
    await expectError(
      // @ts-expect-error linear: expected last axis 6, got 8
      () => model.forward(normal([2, 4])),
      ShapeError,
      'linear: expected last axis 6, got 8 in [2, 8].',
    )
  })

  test('has each of its layers once among its modules', () => {
    expect(
      nn
        .sequential(nn.linear(2, 2), nn.relu())
        .modules()
        .map(m => m.constructor.name),
    ).toEqual(['Sequential', 'Linear', 'Lambda'])
  })

  test('of more than ten layers keeps their order in its paths', () => {
    const model = new nn.Sequential(Array.from({ length: 12 }, () => nn.linear(1, 1, { bias: false })))
    expect([...model.state().keys()]).toEqual(Array.from({ length: 12 }, (_, i) => `${i}.weight`))
  })

  test('trains a layer that stands twice as one, under its first path', () => {
    const shared = nn.linear(3, 3)
    const model = nn.sequential(shared, nn.relu(), shared)
    expect([...model.state().keys()]).toEqual(['0.weight', '0.bias'])
    expect(model.parameterCount()).toBe(12)
  })
})

describe('a function as a layer', () => {
  const x = tensor([[-1.5, 0, 0.5, 3]])
  test.each([
    ['relu', nn.relu(), (v: number) => Math.max(v, 0)],
    ['sigmoid', nn.sigmoid(), (v: number) => 1 / (1 + Math.exp(-v))],
    ['silu', nn.silu(), (v: number) => v / (1 + Math.exp(-v))],
    ['tanh', nn.tanh(), Math.tanh],
    ['softplus', nn.softplus(), (v: number) => Math.log(1 + Math.exp(v))],
    [
      'gelu, approximated',
      nn.gelu({ approximate: 'tanh' }),
      (v: number) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))),
    ],
  ])('%s computes its formula', async (_name, layer, formula) => {
    expectClose(await layer.forward(x).data(), [-1.5, 0, 0.5, 3].map(formula), 1e-6, 'output')
  })

  test('softmax sums to 1 along its axis', async () => {
    const y = tensor([
      [1, 2],
      [3, 4],
    ])
    expectClose(await nn.softmax().forward(y).sum(1).data(), [1, 1], 1e-6, 'rows')
    expectClose(await nn.softmax(0).forward(y).sum(0).data(), [1, 1], 1e-6, 'columns')
  })

  test('flatten makes one axis of all but the first', () => {
    expect(nn.flatten().forward(normal([5, 2, 3, 4])).shape).toEqual([5, 24])
    expect(nn.flatten().forward(normal([5])).shape).toEqual([5, 1])
    expect(nn.flatten().forward(normal([0, 2, 3])).shape).toEqual([0, 6])
  })

  test('has no parameters', () => {
    expect(nn.relu().parameterCount()).toBe(0)
  })
})
