import { afterAll, describe, expect, test } from 'vitest'
import { fromArray, grad, type Shape, setEngine, type Tensor, where } from '../../src/index.ts'
import { broadcasting, exactValues, holds, indicesOf, positionOf } from './properties.ts'

afterAll(() => setEngine('native', { always: true }))

/** NumPy's rule, said for one output index: align from the last axis, and stay at 0 where the size is 1. */
const elementAt = (values: ArrayLike<number>, shape: Shape, index: readonly number[]): number => {
  const own = index.slice(index.length - shape.length).map((i, axis) => (shape[axis] === 1 ? 0 : i))
  return values[positionOf(own, shape)]!
}
const joined = (shapes: readonly Shape[]): number[] => {
  const ndim = Math.max(...shapes.map(s => s.length))
  return Array.from({ length: ndim }, (_, axis) => {
    const sizes = shapes.map(s => s[axis - ndim + s.length] ?? 1)
    return sizes.find(n => n !== 1) ?? 1
  })
}

const operations: readonly (readonly [
  string,
  (x: readonly Tensor<Shape, 'float32'>[]) => Tensor<Shape, 'float32'>,
  (...x: number[]) => number,
])[] = [
  ['add', ([a, b]) => a!.add(b!), (a, b) => a! + b!],
  ['mul', ([a, b]) => a!.mul(b!), (a, b) => a! * b!],
  ['where', ([c, a, b]) => where(c!.greater(0), a!, b!), (c, a, b) => (c! > 0 ? a! : b!)],
]

describe.each(['reference', 'native'])('on %s', engine => {
  test.each(operations)('%s of any shapes that broadcast is what a loop over all indices gives', (name, f, oracle) =>
    holds(broadcasting(name === 'where' ? 3 : 2), async shapes => {
      setEngine(engine, { always: true })
      const values = shapes.map((s, k) => exactValues(s, 5 * k + 1))
      const out = f(shapes.map((s, k) => fromArray(values[k]!, s, 'float32')))
      const shape = joined(shapes)
      expect(out.shape).toEqual(shape)
      const expected = indicesOf(shape).map(index => oracle(...shapes.map((s, k) => elementAt(values[k]!, s, index))))
      expect(Array.from(await out.data())).toEqual(expected)
    }),
  )
})

test('the gradient of a broadcast operand sums over what it was repeated over', () =>
  holds(broadcasting(2), async shapes => {
    setEngine('reference')
    const [a, b] = shapes.map((s, k) => fromArray(exactValues(s, k), s, 'float32'))
    const shape = joined(shapes)
    const weights = exactValues(shape, 11)
    const cotangent = fromArray(weights, shape, 'float32')
    const gradient = grad((x: readonly Tensor<Shape, 'float32'>[]) => x[0]!.add(x[1]!).mul(cotangent).sum())([a!, b!])
    for (const [k, own] of shapes.entries()) {
      const expected = new Float32Array(own.reduce((p, n) => p * n, 1))
      const positions = Array.from(expected.keys())
      for (const index of indicesOf(shape)) {
        expected[elementAt(positions, own, index)]! += weights[positionOf(index, shape)]!
      }
      expect(gradient[k]!.shape).toEqual(own)
      expect(Array.from(await gradient[k]!.data())).toEqual(Array.from(expected))
    }
  }))
