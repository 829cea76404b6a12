import fc from 'fast-check'
import { type Shape, sizeOf } from '../../src/core/shape.ts'

/** Where GRADUS_SEED is set, a failing run is repeated exactly; otherwise fast-check prints the seed to set. */
const seed = Number(process.env.GRADUS_SEED ?? Date.now() % 2 ** 31)

/** Holds a property for many random cases; a failure names the seed and the smallest counterexample. */
export const holds = <T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => Promise<void>, numRuns = 60): Promise<void> =>
  fc.assert(fc.asyncProperty(arbitrary, check), { seed, numRuns })

/** Shapes of up to three axes, scalars and empty ones among them. */
export const anyShape: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })

/** A shape that the given one broadcasts from: some leading axes left out, some others 1. */
const narrowed = (shape: Shape): fc.Arbitrary<number[]> =>
  fc
    .tuple(
      fc.integer({ min: 0, max: shape.length }),
      fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
    )
    .map(([drop, ones]) => shape.map((n, i) => (ones[i] ? 1 : n)).slice(drop))

/** `count` shapes that broadcast together, and the shape they come to. */
export const broadcasting = (count: number): fc.Arbitrary<number[][]> =>
  anyShape.chain(shape => fc.tuple(...Array.from({ length: count }, () => narrowed(shape))))

/** Small whole numbers, so that sums and products are exact in every dtype: a wrong element cannot hide in a tolerance. */
export const exactValues = (shape: Shape, from: number): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7 + from) % 19) - 9)

/** Every index of a shape, in row-major order. */
export const indicesOf = (shape: Shape): number[][] =>
  shape.reduceRight<number[][]>(
    (tails, n) => Array.from({ length: n }, (_, i) => tails.map(tail => [i, ...tail])).flat(),
    [[]],
  )

/** Position of an index in row-major order. */
export const positionOf = (index: readonly number[], shape: Shape): number =>
  index.reduce((position, i, axis) => position * shape[axis]! + i, 0)
