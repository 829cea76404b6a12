import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, fromArray, setEngine, type Tensor } from '../../src/index.ts'
import { affine } from '../../src/tensor/functions.ts'

type Floats = Tensor<readonly number[], 'float32'>
const numbers = (shape: readonly number[], k: number): Floats =>
  fromArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(k * i + 1)),
    shape,
    'float32',
  ) as Floats
const [x, y, w, b] = [numbers([2, 4], 1), numbers([2, 4], 2), numbers([3, 4], 3), numbers([3], 4)]
const product = (a: Floats): Floats => affine(a, w.transpose() as Floats, b) as Floats

/** Functions whose results are made of each other. */
const functions: Readonly<Record<string, (x: Floats, y: Floats) => readonly Floats[]>> = {
  'a value and its product': (x, y) => {
    const a = x.mul(y) as Floats
    return [a, product(a)]
  },
  'a product and its factor': (x, y) => {
    const a = x.mul(y) as Floats
    return [product(a), a]
  },
  'a value twice': (x, y) => {
    const a = x.mul(y) as Floats
    return [a, a, product(a)]
  },
  'an input': (x, y) => [x, product(y), y],
  'a value, what is reshaped of it, and that': (x, y) => {
    const a = x.add(y) as Floats
    const flat = a.reshape([8]) as Floats
    return [flat, a, flat.exp() as Floats]
  },
  'a chain whose every link is a result': (x, y) => {
    const a = x.mul(y.tanh()) as Floats
    const c = product(a)
    const d = c.tanh() as Floats
    return [a, c, d, product(d.matmul(w as never) as Floats)]
  },
}

describe.each(['native', 'wasm'] as const)('on %s, results that other results are made of', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native'))
  test.each(Object.keys(functions))('%s', async name => {
    const found = await compile(functions[name]!)(x, y)
    setEngine('reference')
    const expected = functions[name]!(x, y)
    for (const [i, one] of expected.entries()) {
      const values = await one.data()
      for (const [k, value] of (await found[i]!.data()).entries()) expect(value).toBeCloseTo(values[k]!, 5)
    }
    setEngine(engine, { always: true })
  })
})
