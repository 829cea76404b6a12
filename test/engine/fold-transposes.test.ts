import { expect, test } from 'vitest'
import { evaluate, fromArray, setEngine, type Tensor } from '../../src/index.ts'
import { foldTransposes } from '../../src/engine/onnx/fold-transposes.ts'
import type { OnnxNode } from '../../src/engine/onnx/format.ts'

const node = (type: string, name: string, inputs: string[], attrs: OnnxNode['attrs'] = {}): OnnxNode => ({
  type,
  domain: '',
  name,
  inputs,
  outputs: [name],
  attrs,
})
const swap = (name: string, from: string, perm = [1, 0]): OnnxNode => node('Transpose', name, [from], { perm })

test('transposes of factors become flags of the product', () => {
  const [, , product] = foldTransposes([swap('at', 'a'), swap('bt', 'b'), node('MatMul', 'y', ['at', 'bt'])])
  expect(product).toMatchObject({ type: 'FusedMatMul', inputs: ['a', 'b'], attrs: { transA: 1, transB: 1 } })
})

test('a product that only its transpose reads becomes the product of the factors, transposed and exchanged', () => {
  const product = node('MatMul', 'p', ['a', 'b'])
  expect(foldTransposes([product, swap('y', 'p')])[1]).toMatchObject({
    type: 'FusedMatMul',
    inputs: ['b', 'a'],
    outputs: ['y'],
    attrs: { transA: 1, transB: 1 },
  })
  const twice = foldTransposes([product, swap('y', 'p'), node('Relu', 'z', ['p'])])
  expect(twice.map(n => n.type)).toEqual(['MatMul', 'Transpose', 'Relu'])
})

test('other transposes stay', () => {
  const nodes = [swap('t', 'a', [1, 0, 2]), node('MatMul', 'y', ['t', 'b']), node('Add', 's', ['t', 'b'])]
  expect(foldTransposes(nodes)).toEqual(nodes)
})

test('what native computes is what the reference does: shared transposes, outputs, batches', async () => {
  const wave = (shape: number[], speed: number): Tensor =>
    fromArray(
      Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => Math.sin(speed * i + 1)),
      shape,
      'float32',
    ) as Tensor
  const run = async (engine: string): Promise<number[][]> => {
    setEngine(engine, { always: true })
    const [a, b, m] = [wave([2, 3, 4], 0.7), wave([2, 5, 4], 0.3), wave([3, 6], 1.1)]
    const bt = b.transpose() // [2, 4, 5], read twice and returned
    const scores = a.matmul(bt)
    const again = a.mul(2).matmul(bt)
    const back = m.transpose().matmul(scores).transpose() // (mᵀ s)ᵀ: [2, 5, 6]
    const both = scores.transpose().add(scores.transpose().mul(2)).matmul(m)
    const all = [bt, scores, again, back, both]
    await evaluate(...all)
    return Promise.all(all.map(async t => Array.from((await t.data()) as Float32Array)))
  }
  const [native, reference] = [await run('native'), await run('reference')]
  setEngine('native')
  for (const [k, expected] of reference.entries())
    for (const [i, value] of expected.entries()) expect(native[k]![i]).toBeCloseTo(value, 5)
})
