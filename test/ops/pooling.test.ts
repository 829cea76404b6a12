import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import {
  adaptiveAveragePool,
  adaptiveMaxPool,
  averagePool,
  fromArray,
  globalAveragePool,
  globalMaxPool,
  grad,
  lpPool,
  maxPool,
  maxPoolWithIndices,
  maxUnpool,
  setEngine,
  type Shape,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { checkAgainstTorch, type Run } from './torch-cases.ts'

const run = (op: string): Run => {
  switch (op) {
    case 'maxPool':
      return ([x], o) => maxPool(x!, o)
    case 'maxUnpool':
      return ([y, indices], { size }) => maxUnpool(y!, indices as Tensor<Shape, 'int32'>, size)
    case 'adaptiveMaxPool':
      return ([x], { size }) => adaptiveMaxPool(x!, size)
    case 'globalMaxPool':
      return ([x]) => globalMaxPool(x!)
    case 'averagePool':
      return ([x], o) => averagePool(x!, o)
    case 'adaptiveAveragePool':
      return ([x], { size }) => adaptiveAveragePool(x!, size)
    case 'globalAveragePool':
      return ([x]) => globalAveragePool(x!)
    case 'lpPool':
      return ([x], o) => lpPool(x!, o)
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
}

checkAgainstTorch('pooling', run)

interface Indexed {
  readonly title: string
  readonly inputs: readonly { readonly shape: Shape; readonly data: readonly number[] }[]
  readonly options: Parameters<typeof maxPool>[1]
  readonly maxima?: { readonly data: readonly number[] }
}
const fixtures = new URL('../fixtures/pooling.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(fixtures, 'utf8')) as { cases: Indexed[] }

describe.each(['native', 'reference'])('on %s', engine => {
  afterAll(() => setEngine('native', { always: true }))
  test.each(cases.filter(c => c.maxima))('the indices are PyTorch’s: $title', async ({ inputs, options, maxima }) => {
    setEngine(engine, { always: true })
    const [x] = inputs
    const { values, indices } = maxPoolWithIndices(fromArray(Float32Array.from(x!.data), x!.shape, 'float32'), options)
    expect(indices.shape).toEqual(values.shape)
    expect(Array.from(await indices.data())).toEqual(maxima!.data)
  })
  test('the norm of a window of zeros has no gradient', async () => {
    setEngine(engine, { always: true })
    const x = tensor([[[0, 0, 3, 4]]])
    expect(await lpPool(x, { kernelSize: 2 }).toArray()).toEqual([[[0, 5]]])
    const slope = grad((x: Tensor) => lpPool(x, { kernelSize: 2 }).sum())(x as Tensor)
    const got = (await slope.data()) as Float32Array
    for (const [i, g] of [0, 0, 0.6, 0.8].entries()) expect(got[i]).toBeCloseTo(g, 6)
  })
  test('the window may slide over integers', async () => {
    setEngine(engine, { always: true })
    const x = tensor([[[1, 9, -4, 2]]], 'int32')
    expect(await maxPool(x, { kernelSize: 2, stride: 1 }).toArray()).toEqual([[[9, 9, 2]]])
  })
})
