import { describe, expect, test } from 'vitest'
import { ArgumentError, ModelError, ones } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { expectError } from '../optim/expect.ts'

const make = () => nn.sequential(nn.linear(4, 3), nn.batchNorm1d(3), nn.sequential(nn.linear(3, 2), nn.linear(2, 2)))
const trainable = (model: nn.Module): string[] =>
  [...model.namedParameters()].filter(([, p]) => p.trainable).map(([name]) => name)

describe('freezing by name', () => {
  test('takes all inside a module, a single parameter, or what a pattern matches', () => {
    expect(trainable(make().freeze('0', '2.1'))).toEqual(['1.weight', '1.bias', '2.0.weight', '2.0.bias'])
    expect(trainable(make().freeze('2.0.bias'))).not.toContain('2.0.bias')
    expect(trainable(make().freeze(/bias$/))).toEqual(['0.weight', '1.weight', '2.0.weight', '2.1.weight'])
    expect(trainable(make().freeze().unfreeze('2'))).toEqual(['2.0.weight', '2.0.bias', '2.1.weight', '2.1.bias'])
    expect(trainable(make().freeze().unfreeze())).toHaveLength(8)
  })

  test('a name is whole: 1 is not 10', () => {
    const layers = Array.from({ length: 11 }, () => nn.linear(2, 2))
    expect(trainable(new nn.Sequential(layers).freeze('1'))).toContain('10.weight')
  })

  test('refuses a name that chooses nothing', async () => {
    await expectError(
      () => make().freeze('2.5'),
      ArgumentError,
      'freeze: there are no parameters at "2.5". Did you mean "2.0"?',
    )
    await expectError(
      () => make().unfreeze('encoder'),
      ArgumentError,
      'unfreeze: there are no parameters at "encoder". The paths are 0.weight, 0.bias, 1.weight, 1.bias, 2.0.weight and 3 more.',
    )
    await expectError(
      () => make().freeze(/^conv/),
      ArgumentError,
      "freeze: no parameter's path matches /^conv/. The paths are 0.weight, 0.bias, 1.weight, 1.bias, 2.0.weight and 3 more.",
    )
  })
})

describe('a sequence of layers', () => {
  test('has another layer at a position, in its state and when it runs', async () => {
    const model = make()
    const head = nn.linear(3, 7)
    model.replace(-1, head)
    expect(model.at(2)).toBe(head)
    expect([...model.state().keys()]).toContain('2.weight')
    expect(model.eval().forward(ones([2, 4]) as never)).toHaveProperty('shape', [2, 7])
  })

  test('refuses a position that it has not', async () => {
    await expectError(
      () => make().at(3),
      ArgumentError,
      'sequential: at was given position 3 of 3 layers. Positions go from 0 to 2, or from −1 back.',
    )
    await expectError(
      () => make().replace(-4, nn.relu()),
      ArgumentError,
      'sequential: replace was given position -4 of 3 layers. Positions go from 0 to 2, or from −1 back.',
    )
  })
})

describe('a model of shapes only', () => {
  test('has shapes, counts and names, and values once they are loaded', async () => {
    const [model, full] = [nn.shapesOnly(make), make()]
    expect([...model.state()].map(([n, s]) => [n, s.shape])).toEqual([...full.state()].map(([n, s]) => [n, s.shape]))
    expect(model.parameterCount()).toBe(full.parameterCount())
    const state = new Map(
      [...full.state()].map(([n, { dtype, shape, buffer }]) => [
        n,
        { dtype, shape, data: buffer.array as Float32Array },
      ]),
    )
    model.loadState(state)
    const x = ones([2, 4]) as never
    expect(await model.eval().forward(x).data()).toEqual(await full.eval().forward(x).data())
    await sgd(model, { learningRate: 0.1 }).minimize(model.forward(x).sum())
  })

  test('refuses to be computed with, naming the parameter’s shape', async () => {
    const message =
      'parameter: [3, 4] has no values: its model was made within shapesOnly. Load weights into the model first.'
    const model = nn.shapesOnly(make)
    await expectError(() => sgd(model, { learningRate: 0.1 }), ModelError, message)
    await expect(
      model
        .eval()
        .forward(ones([2, 4]) as never)
        .data(),
    ).rejects.toThrow('has no values')
  })

  test('ends with the function, also after an error', () => {
    expect(() =>
      nn.shapesOnly(() => {
        throw new Error('within')
      }),
    ).toThrow('within')
    expect(nn.linear(2, 2).parameters()[0]!.buffer.array).toHaveLength(4)
  })
})
