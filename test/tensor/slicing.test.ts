import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { concat, fromArray, grad, type Shape, setEngine, type Tensor } from '../../src/index.ts'
import { anyShape, exactValues, holds, indicesOf, positionOf } from './properties.ts'

afterAll(() => setEngine('native', { always: true }))

interface Range {
  readonly start?: number
  readonly end?: number
  readonly step?: number
}
type Part = Range | number | null

const bound = fc.option(fc.integer({ min: -7, max: 7 }), { nil: undefined })
const step = fc.option(
  fc.integer({ min: -3, max: 3 }).filter(n => n !== 0),
  { nil: undefined },
)
const range: fc.Arbitrary<Range> = fc.tuple(bound, bound, step).map(([start, end, step]) => ({
  ...(start !== undefined && { start }),
  ...(end !== undefined && { end }),
  ...(step !== undefined && { step }),
}))
const partOf = (n: number): fc.Arbitrary<Part> =>
  n === 0 ? range : fc.oneof({ weight: 4, arbitrary: range }, fc.integer({ min: -n, max: n - 1 }), fc.constant(null))
const sliced = anyShape.chain(shape =>
  fc.tuple(fc.constant(shape), fc.tuple(...shape.map(partOf)), fc.integer({ min: 0, max: shape.length })),
)

/** The positions that Python's `slice(start, end, step)` picks of `n`: literally counted up or down. */
const positions = (part: Part, n: number): number[] => {
  if (typeof part === 'number') return [part < 0 ? part + n : part]
  const { start, end, step = 1 } = part ?? {}
  const from = (v: number): number => (v < 0 ? v + n : v)
  const picked: number[] = []
  if (step > 0) {
    const last = end === undefined ? n : Math.min(from(end), n)
    for (let i = start === undefined ? 0 : Math.max(from(start), 0); i < last; i += step) picked.push(i)
  } else {
    const last = end === undefined ? -1 : Math.max(from(end), -1)
    for (let i = start === undefined ? n - 1 : Math.min(from(start), n - 1); i > last; i += step) picked.push(i)
  }
  return picked
}

const oracle = (shape: Shape, parts: readonly Part[]): { shape: number[]; from: number[] } => {
  const picked = shape.map((n, axis) => positions(parts[axis] ?? null, n))
  const from = indicesOf(picked.map(p => p.length)).map(index =>
    positionOf(
      index.map((i, axis) => picked[axis]![i]!),
      shape,
    ),
  )
  return { shape: picked.flatMap((p, axis) => (typeof parts[axis] === 'number' ? [] : [p.length])), from }
}

describe.each(['reference', 'native'])('on %s', engine => {
  test('a slice by any ranges, backwards too, has the elements that counting picks', () =>
    holds(
      sliced,
      async ([shape, all, count]) => {
        setEngine(engine, { always: true })
        const parts = all.slice(0, count)
        const values = exactValues(shape, 3)
        const out = fromArray(values, shape, 'float32').slice(...parts)
        const expected = oracle(shape, parts)
        expect(out.shape).toEqual(expected.shape)
        expect(Array.from(await out.data())).toEqual(expected.from.map(i => values[i]))
      },
      120,
    ))

  test('the parts of a split, put together again, are the whole', () =>
    holds(
      fc.tuple(
        anyShape.filter(s => s.length > 0),
        fc.nat(),
        fc.nat(),
      ),
      async ([shape, a, b]) => {
        setEngine(engine, { always: true })
        const axis = a % shape.length
        const n = shape[axis]!
        const first = b % (n + 1)
        const x = fromArray(exactValues(shape, 2), shape, 'float32')
        const parts = x.split([first, 0, n - first], axis)
        expect(parts.map(p => p.shape[axis])).toEqual([first, 0, n - first])
        const whole = concat(parts, axis)
        expect(whole.shape).toEqual(shape)
        expect(Array.from(await whole.data())).toEqual(Array.from(await x.data()))
      },
    ))
})

test('the gradient of a slice puts the cotangent back where the elements came from, and zeros elsewhere', () =>
  holds(
    sliced,
    async ([shape, all]) => {
      setEngine('reference')
      const x = fromArray(exactValues(shape, 3), shape, 'float32')
      const expected = oracle(shape, all)
      const weights = exactValues(expected.shape, 8)
      const cotangent = fromArray(weights, expected.shape, 'float32')
      const gradient = grad((x: Tensor<Shape, 'float32'>) =>
        x
          .slice(...all)
          .mul(cotangent)
          .sum(),
      )(x)
      const back = new Float32Array(x.size)
      for (const [k, i] of expected.from.entries()) back[i] = weights[k]!
      expect(gradient.shape).toEqual(shape)
      expect(Array.from(await gradient.data())).toEqual(Array.from(back))
    },
    120,
  ))
