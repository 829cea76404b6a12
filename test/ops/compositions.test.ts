import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  crossProduct,
  einsum,
  fromArray,
  gatherND,
  grad,
  indexPut,
  jvp,
  kron,
  scatterND,
  segmentMax,
  segmentMean,
  segmentProd,
  type Shape,
  setEngine,
  stack,
  takeAt,
  type Tensor,
  vmap,
} from '../../src/index.ts'
import { draw } from '../conformance/draw.ts'

// Functions without a record of their own, which the conformance tests therefore do not see: their second derivatives, forward
// derivatives and batches.

type F = Tensor<Shape, 'float64'>
const ints = (values: readonly number[], ...shape: number[]) => fromArray(Int32Array.from(values), shape, 'int32')
const drawn = (name: string, shape: Shape): F =>
  fromArray(draw({ shape, distinct: true, domain: [-1.9, 2.1] }, name).values, shape, 'float64')
const w = drawn('a fixed matrix', [3, 2])

const functions: readonly (readonly [string, Shape, (x: F) => F])[] = [
  ['cumprod', [2, 4], x => x.cumprod(1)],
  ['cumprod, reverse and exclusive', [5], x => x.cumprod(0, { reverse: true, exclusive: true })],
  ['logCumsumExp', [2, 5], x => x.logCumsumExp(1)],
  ['logCumsumExp, exclusive', [4], x => x.logCumsumExp(0, { exclusive: true }).exp()],
  ['cummax', [2, 4], x => x.square().cummax(1).values],
  ['einsum of a product', [2, 3], x => einsum('ij,jk->ik', x, w.to(x.dtype)).square()],
  ['einsum with itself and a diagonal', [3, 3], x => einsum('ij,ji,ii->i', x, x, x)],
  ['segmentMean', [4], x => segmentMean(x.square(), ints([0, 2, 0, 2], 4), 3)],
  ['segmentProd', [4, 2], x => segmentProd(x, ints([1, 0, 1, 1], 4), 2)],
  ['segmentMax', [4], x => segmentMax(x.square(), ints([1, 0, 1, 1], 4), 2)],
  ['gatherND', [2, 3], x => gatherND(x.square(), ints([0, 2, 1, 1, 0, 2], 3, 2))],
  ['scatterND by multiplication', [2, 2], x => scatterND(x, ints([0, 1], 2, 1), x.square(), { reduction: 'mul' })],
  ['takeAt', [3, 3], x => takeAt(x.square(), [ints([0, 2], 2), ints([1, 1], 2)])],
  ['indexPut', [3, 2], x => indexPut(x, [ints([0, 0], 2)], x.slice({ end: 2 }).square(), { accumulate: true })],
  ['quantile', [5], x => x.square().quantile([0.3, 0.9])],
  ['median', [2, 4], x => x.square().median({ axis: 1 })],
  ['norm', [2, 3], x => x.norm({ axes: 1 })],
  ['norm of order 3', [2, 3], x => x.norm({ ord: 3, axes: 1 })],
  ['kron', [2, 2], x => kron(x, x)],
  ['crossProduct', [2, 3], x => crossProduct(x, x.square())],
  ['matrixPower', [3, 3], x => x.matrixPower(3)],
  ['diagonal and diag', [2, 3, 4], x => x.diagonal({ offset: 1 }).square().diag(-1)],
  ['trace of a triangle', [3, 3], x => x.matmul(x).tril(-1).triu(-1).square().sum(0)],
  ['celu', [4], x => x.celu(0.7)],
  ['mish', [4], x => x.mish()],
  ['hardSwish', [4], x => x.hardSwish()],
  ['glu', [2, 4], x => x.glu()],
  ['softShrink', [4], x => x.square().softShrink({ lambda: 0.01 })],
  ['i0', [4], x => x.i0()],
  ['fmod and remainder', [4], x => x.square().fmod(100).add(x.remainder(1000))],
]

const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number)
const expectNear = (got: readonly number[], expected: readonly number[], tolerance: number): void => {
  expect(got.length).toBe(expected.length)
  for (const [i, y] of expected.entries())
    if (!(Math.abs(got[i]! - y) <= tolerance * Math.max(1, Math.abs(y)))) expect.fail(`${i}: ${got[i]}, expected ${y}`)
}

const step = 6e-6
/** Central differences of f along a direction. */
const difference = async (f: (x: F) => F, x: F, v: F): Promise<number[]> => {
  const [above, below] = [await valuesOf(f(x.add(v.mul(step)))), await valuesOf(f(x.sub(v.mul(step))))]
  return above.map((a, i) => (a - below[i]!) / (2 * step))
}

describe.each(functions)('%s', (name, shape, f) => {
  beforeAll(() => setEngine('reference'))
  afterAll(() => setEngine('native', { always: true }))
  const [x, v] = [drawn(name, shape), drawn(`${name} direction`, shape)]

  test('has the forward derivative that differences find', async () => {
    expectNear(await valuesOf(jvp(f, x, v).tangent), await difference(f, x, v), 1e-6)
  })

  test('has the second derivative that differences find', async () => {
    const weights = drawn(`${name} weights`, f(x).shape)
    const slope = grad((x: F) => f(x).mul(weights).sum())
    const twice = grad((x: F) => slope(x).mul(v).sum())
    expectNear(await valuesOf(twice(x)), await difference(slope, x, v), 1e-6)
  })

  test.each([
    ['reference', 1e-12],
    ['native', 1e-5],
  ] as const)('over a batch is what it is one by one, on %s', async (engine, tolerance) => {
    setEngine(engine, { always: true })
    const rows = [x, v, x.mul(0.5)].map(row => (engine === 'native' ? row.to('float32') : row) as F)
    expectNear(await valuesOf(vmap(f)(stack(rows))), await valuesOf(stack(rows.map(f))), tolerance)
    setEngine('reference')
  })
})
