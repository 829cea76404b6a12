import { expect, test } from 'vitest'
import { compile, evaluate, mse, randn, type Shape, setSeed, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { accumulator, adamw } from '../../src/optim/index.ts'

type T = Tensor<Shape, 'float32'>
const make = () => {
  setSeed(4)
  const model = nn.sequential(nn.linear(4, 8), nn.tanh(), nn.linear(8, 2))
  const optimizer = adamw(model, { learningRate: 0.01, clipNorm: 1 })
  return { model, optimizer, loss: (x: T, y: T): T => mse(model.forward(x as never) as T, y) as T }
}
const batches = async (): Promise<[T, T][]> => {
  setSeed(9)
  const drawn = Array.from({ length: 3 }, (): [T, T] => [randn([12, 4]), randn([12, 2])])
  await evaluate(...drawn.flat())
  return drawn
}
const expectSame = (a: nn.Module, b: nn.Module): void => {
  const expected = [...b.state().values()]
  for (const [i, slot] of [...a.state().values()].entries())
    for (const [k, v] of (slot.buffer.array as Float32Array).entries())
      expect(Math.abs(v - Number(expected[i]!.buffer.array[k]))).toBeLessThan(1e-6)
}

test('the parts of a batch update as the whole does', async () => {
  const whole = make()
  const parts = make()
  const sums = accumulator(parts.optimizer)
  for (const [x, y] of await batches()) {
    await whole.optimizer.minimize(whole.loss(x, y))
    for (let k = 0; k < 3; k++) {
      const range = { start: 4 * k, end: 4 * k + 4 }
      sums.add(parts.loss(x.slice(range) as T, y.slice(range) as T).div(3) as T)
      await evaluate()
    }
    sums.step()
    await evaluate()
  }
  expectSame(parts.model, whole.model)
})

test('and so they do compiled: one function for a part, one for the last', async () => {
  const whole = make()
  const parts = make()
  const sums = accumulator(parts.optimizer)
  const add = compile((x: T, y: T) => {
    const loss = parts.loss(x, y)
    sums.add(loss.div(3) as T)
    return loss
  })
  const addAndStep = compile((x: T, y: T) => {
    const loss = parts.loss(x, y)
    sums.add(loss.div(3) as T)
    sums.step()
    return loss
  })
  for (const [x, y] of await batches()) {
    await whole.optimizer.minimize(whole.loss(x, y))
    for (let k = 0; k < 3; k++) {
      const range = { start: 4 * k, end: 4 * k + 4 }
      await (k < 2 ? add : addAndStep)(x.slice(range) as T, y.slice(range) as T)
    }
  }
  expectSame(parts.model, whole.model)
})

test('a step without anything added is an error in words', () => {
  const { optimizer } = make()
  expect(() => accumulator(optimizer).step()).toThrow(
    'adamw: nothing was accumulated. Call add with a loss before step.',
  )
})
