import { afterAll, describe, expect, test } from 'vitest'
import {
  crossProduct,
  einsum,
  grad,
  inner,
  kron,
  outer,
  type Shape,
  setEngine,
  type Tensor,
  tensor,
  tensordot,
  vdot,
} from '../../src/index.ts'
import { checkAgainstTorch, type Run } from './torch-cases.ts'

const pairs = { inner, kron, outer, vdot }
const run = (op: string): Run => {
  switch (op) {
    case 'einsum':
      return ([first, ...rest], { equation }) => einsum(equation, first!, ...rest)
    case 'inner':
    case 'kron':
    case 'outer':
    case 'vdot':
      return ([a, b]) => pairs[op](a!, b!)
    case 'dot':
      return ([a, b]) => a!.dot(b!)
    case 'tensordot':
      return ([a, b], { axes }) => tensordot(a!, b!, axes)
    case 'crossProduct':
      return ([a, b], { axis }) => crossProduct(a!, b!, axis)
    case 'matrixPower':
      return ([x], { n }) => x!.matrixPower(n)
    case 'diagonal':
    case 'trace':
      return ([x], o) => x![op](o)
    case 'diag':
      return ([x], { offset }) => x!.diag(offset)
    case 'tril':
    case 'triu':
      return ([x], { k }) => x![op](k)
    case 'norm':
      return ([x], { ord, ...rest }) => x!.norm({ ...rest, ...(ord !== undefined && { ord: numberOr(ord) }) })
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
}
/** JSON has no infinities: they stand as strings. */
const numberOr = (ord: number | string): number | 'fro' => (ord === 'fro' ? ord : Number(ord))

checkAgainstTorch('products', run)

const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number)

describe.each(['native', 'reference'])('on %s', engine => {
  afterAll(() => setEngine('native', { always: true }))

  test('integers contract too, and keep their dtype', async () => {
    setEngine(engine, { always: true })
    const x = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      'uint8',
    )
    const squared = einsum('ij,jk->ik', x, x)
    expect(squared.dtype).toBe('uint8')
    expect(await valuesOf(squared)).toEqual([7, 10, 15, 22])
    expect(await valuesOf(einsum('ij->j', x))).toEqual([4, 6])
    expect(await valuesOf(x.to('int32').trace())).toEqual([5])
    expect(await valuesOf(x.to('bool').triu())).toEqual([1, 1, 0, 1])
  })

  test('the norm can be differentiated twice, at the origin too', async () => {
    setEngine(engine, { always: true })
    const length = (x: Tensor<Shape, 'float32'>) => x.norm()
    const slope = (x: Tensor<Shape, 'float32'>) => grad(length)(x).sum()
    expect(await valuesOf(grad(slope)(tensor([0, 0])))).toEqual([0, 0])
    // ∇∇‖x‖ = (I − x xᵀ/‖x‖²)/‖x‖, its columns summed.
    const [a, b] = await valuesOf(grad(slope)(tensor([3, 4])))
    expect(a).toBeCloseTo((1 - (9 + 12) / 25) / 5, 6)
    expect(b).toBeCloseTo((1 - (16 + 12) / 25) / 5, 6)
  })
})
