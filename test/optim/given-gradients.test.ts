import { expect, test } from 'vitest'
import { evaluate, fromArray, type Tensor } from '../../src/index.ts'
import { Parameter } from '../../src/nn/index.ts'
import { adamw, type OptimizerOptions, sgd } from '../../src/optim/index.ts'

// Gradients that are given are read where they are, in pieces; computed ones lie in the optimizer's memory. Both update alike.

const long = 300_001
const wave = (n: number, speed: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(speed * i))

const after = async (computed: readonly boolean[], options: Partial<OptimizerOptions>): Promise<Float32Array[]> => {
  const parameters = [long, 5, 40].map((n, k) => new Parameter([n], () => wave(n, 0.1 + k)))
  const optimizer = adamw(parameters, {
    learningRate: 0.01,
    weightDecay: 0.1,
    decays: (name: string) => name !== '1',
    ...options,
  })
  for (let step = 0; step < 3; step++) {
    const gradients = [...optimizer.parameters()].map(([name, { shape }]): Tensor => {
      const given = fromArray(wave(shape[0]!, 0.3 + step + Number(name)), shape, 'float32')
      return computed[Number(name)] ? given.mul(1) : given
    })
    optimizer.step(gradients)
    await evaluate()
  }
  return parameters.map(p => p.buffer.array.slice() as Float32Array)
}

test.each([
  ['as they are', {}],
  ['clipped by norm', { clipNorm: 0.5 }],
  ['clipped by value', { clipValue: 0.2 }],
])('gradients that are given update like those that are computed: %s', async (_, options) => {
  const expected = await after([true, true, true], options)
  expect(expected[0]!.some((v, i) => v !== Math.fround(Math.sin(0.1 * i)))).toBe(true)
  expect(await after([false, false, false], options)).toEqual(expected)
  expect(await after([true, false, false], options)).toEqual(expected)
  expect(await after([false, false, true], options)).toEqual(expected)
})

test('a parameter given as its own gradient is read before it changes', async () => {
  for (const clip of [{}, { clipNorm: 100 }]) {
    const w = new Parameter([3], () => Float32Array.of(1, -2, 4))
    const other = new Parameter([2], () => Float32Array.of(8, 16))
    const optimizer = sgd([w, other], { learningRate: 0.25, ...clip })
    optimizer.step([w.value, other.value])
    await evaluate()
    expect([...w.buffer.array, ...other.buffer.array]).toEqual([0.75, -1.5, 3, 6, 12])
  }
})

test('two updates before one evaluation both count, each with its own gradients', async () => {
  const w = new Parameter([2], () => Float32Array.of(1, 2))
  const optimizer = sgd([w], { learningRate: 1 })
  optimizer.step([w.value.mul(2) as Tensor])
  optimizer.step([w.value.mul(w.value) as Tensor])
  await evaluate()
  // Both gradients are those of the values before: 1 − 2 − 1 and 2 − 4 − 4.
  expect([...w.buffer.array]).toEqual([-2, -6])
})
