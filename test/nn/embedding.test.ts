import { describe, expect, test } from 'vitest'
import { tensor } from '../../src/index.ts'
import { constantInit, embedding } from '../../src/nn/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { Generator } from '../../src/tensor/random.ts'
import { checkModule } from './check-module.ts'

checkModule('embedding', {
  make: generator => embedding(5, 3, { generator }),
  input: tensor(
    [
      [0, 4],
      [2, 1],
    ],
    'int32',
  ),
  forward: (m, x) => m.forward(x),
  output: [2, 2, 3],
  parameters: { weight: [5, 3] },
})

const counting = (): Float32Array => Float32Array.from({ length: 8 }, (_, i) => i)

describe('embedding', () => {
  test('looks rows up, one for each index, whatever the shape of the indices', async () => {
    const table = embedding(4, 2, { init: counting })
    expect(await table.forward(tensor([3, 0, 3], 'int32')).toArray()).toEqual([
      [6, 7],
      [0, 1],
      [6, 7],
    ])
    expect(await table.forward(tensor([[[1]]], 'int32')).toArray()).toEqual([[[[2, 3]]]])
    expect(await table.forward(tensor(2, 'int32')).toArray()).toEqual([4, 5])
  })

  test('collects the gradients of all places where a row was used, and none where it was not', async () => {
    const table = embedding(4, 2, { init: counting })
    const [gradient] = sgd(table, { learningRate: 1 }).gradients(table.forward(tensor([3, 0, 3], 'int32')).sum())
    expect(await gradient!.toArray()).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
      [2, 2],
    ])
  })

  test('begins normal with standard deviation 1, or as it is told', () => {
    const values = embedding(200, 100, { generator: new Generator(0) }).weight.buffer.array as Float32Array
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const square = values.reduce((a, b) => a + b * b, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(square - 1)).toBeLessThan(0.04)
    expect([...embedding(1, 2, { init: constantInit(7) }).weight.buffer.array]).toEqual([7, 7])
  })
})
