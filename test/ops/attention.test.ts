import { afterAll, describe, expect, test } from 'vitest'
import {
  arange,
  attention,
  randn,
  rotaryEmbedding,
  rotaryTables,
  setEngine,
  type Shape,
  type Tensor,
} from '../../src/index.ts'
import { checkAgainstTorch, type Run } from './torch-cases.ts'

const run = (op: string): Run => {
  switch (op) {
    case 'attention':
      return ([q, k, v, bias], o) => attention(q!, k!, v!, bias ? { ...o, bias } : o)
    case 'rotaryEmbedding':
      return ([x, cos, sin], o) => rotaryEmbedding(x!, cos!, sin!, o)
    case 'rotaryTables':
      return ([positions], { dim, table, ...o }) =>
        rotaryTables(positions!, dim, { ...o, dtype: 'float64' })[table as 'cos' | 'sin']
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
}

checkAgainstTorch('attention', run)

const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number)
const expectNear = async (a: Tensor, b: Tensor): Promise<void> => {
  expect(a.shape).toEqual(b.shape)
  const [x, y] = [await valuesOf(a), await valuesOf(b)]
  for (const [i, v] of x.entries()) expect(v).toBeCloseTo(y[i]!, 5)
}

describe.each(['native', 'reference'])('on %s', engine => {
  afterAll(() => setEngine('native', { always: true }))
  test('grouped heads go together with a mask by head and a function of the weights by head', async () => {
    setEngine(engine, { always: true })
    const heads = (n: number): Tensor<Shape, 'float32'> => randn([2, n, 3, 4])
    const [q, k, v] = [heads(4), heads(2), heads(2)]
    const mask = randn([2, 4, 3, 3]).greater(-1)
    const repeated = (x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> =>
      x.reshape([2, 2, 1, 12]).broadcastTo([2, 2, 2, 12]).reshape([2, 4, 3, 4])
    const seen: Shape[] = []
    const onWeights = (w: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> => {
      seen.push(w.shape)
      return w.mul(0.5)
    }
    await expectNear(
      attention(q, k, v, { mask, onWeights, causal: true }),
      attention(q, repeated(k), repeated(v), { mask, causal: true }).mul(0.5),
    )
    expect(seen).toEqual([[2, 4, 3, 3]])
  })
  test('the products of rotated queries and keys depend on the distance only', async () => {
    setEngine(engine, { always: true })
    const [q, k] = [randn([1, 8]), randn([1, 8])]
    const product = (at: number, from: number, interleaved: boolean): Tensor => {
      const table = (p: number) => rotaryTables(arange(p, p + 1, { dtype: 'int32' }), 8)
      const [a, b] = [table(at), table(from)]
      const turned = rotaryEmbedding(k, b.cos, b.sin, { interleaved })
      return rotaryEmbedding(q, a.cos, a.sin, { interleaved }).mul(turned).sum()
    }
    for (const interleaved of [false, true]) await expectNear(product(5, 2, interleaved), product(13, 10, interleaved))
  })
  test('the tables are as exact as float32 is at large positions', async () => {
    setEngine(engine, { always: true })
    const { cos, sin } = rotaryTables(arange(100_003, 100_004, { dtype: 'int32' }), 2)
    expect((await cos.data())[0]).toBe(Math.fround(Math.cos(100_003)))
    expect((await sin.data())[0]).toBe(Math.fround(Math.sin(100_003)))
  })
})
