import { defineOptions, type Given, integer, number } from '../core/options.ts'
import { fillNormal, fillUniform } from '../core/philox.ts'
import { Generator } from '../tensor/random.ts'
import { Dataset } from './dataset.ts'

const declared = defineOptions({
  count: integer({ min: 1, default: 300, help: 'points' }),
  noise: number({ min: 0, default: 0.1, help: 'standard deviation of what is added to each coordinate' }),
  classes: integer({ min: 2, max: 10, default: 3, help: 'groups of blobs and arms of spirals; the others have two' }),
  seed: integer({ min: 0, default: 0, help: 'seed of all that is random' }),
})
export interface PointsOptions extends Given<typeof declared> {}

/** A point of a class from two numbers of [0, 1). */
type Shape = (
  u: number,
  v: number,
  place: { readonly k: number; readonly classes: number },
) => readonly [number, number]

const { PI, cos, sin, sqrt } = Math
const shapes = {
  /** Four squares like a chessboard's: the class is whether the signs of the coordinates differ. */
  xor: (u, v, { k }) => {
    const [a, b] = [0.08 + 0.92 * u, 0.08 + 0.92 * (v < 0.5 ? 2 * v : 2 * v - 1)]
    const side = v < 0.5 ? 1 : -1
    return [side * a, (k === 0 ? side : -side) * b]
  },
  /** Two half circles that reach into each other. */
  moons: (u, _, { k }) => (k === 0 ? [cos(PI * u) - 0.5, sin(PI * u) - 0.25] : [0.5 - cos(PI * u), 0.25 - sin(PI * u)]),
  /** A ring around a disc. */
  circles: (u, v, { k }) => {
    const radius = k === 0 ? 0.5 * sqrt(v) : 0.8 + 0.2 * v
    return [radius * cos(2 * PI * u), radius * sin(2 * PI * u)]
  },
  /** Arms that wind around the middle. */
  spirals: (u, _, { k, classes }) => {
    const angle = 1.75 * 2 * PI * u + (2 * PI * k) / classes
    return [u * cos(angle), u * sin(angle)]
  },
  /** Clouds whose middles stand on a circle. */
  blobs: (_, __, { k, classes }) => [0.7 * cos((2 * PI * k) / classes), 0.7 * sin((2 * PI * k) / classes)],
} as const satisfies Record<string, Shape>

/** The kinds of {@link points}. */
export const pointKinds = ['xor', 'moons', 'circles', 'spirals', 'blobs'] as const
export type PointKind = (typeof pointKinds)[number]

/**
 * Points of the plane in classes that a line cannot, or can just about, tell apart: for trying classifiers. Classes take turns, so that all have the same
 * number of points, to one; coordinates are about within −1 and 1. Spirals have two arms unless `classes` says otherwise.
 *
 * @returns x float32 `[N, 2]`, y int32 `[N]`
 * @throws ArgumentError for a count below 1 or a noise below 0
 * @example
 * const { x, y } = points('moons', { count: 100, noise: 0.2, seed: 7 })
 * x.shape // [100, 2]
 */
export const points = (
  kind: PointKind,
  options: PointsOptions = {},
): Dataset<
  { readonly dtype: 'float32'; readonly shape: readonly [number, number]; readonly data: Float32Array },
  { readonly dtype: 'int32'; readonly shape: readonly [number]; readonly data: Int32Array }
> => {
  const { count, noise, seed, ...given } = declared.validate('points', options)
  const many = kind === 'blobs' || kind === 'spirals'
  const classes = many ? (options.classes ?? (kind === 'spirals' ? 2 : given.classes)) : 2
  const source = new Generator(seed)
  const places = new Float32Array(2 * count)
  source.draw<Float32Array>(places.length, fillUniform)(places)
  const shaken = new Float32Array(2 * count)
  source.draw<Float32Array>(shaken.length, fillNormal)(shaken)
  const x = new Float32Array(2 * count)
  const y = new Int32Array(count)
  const shape: Shape = shapes[kind]
  for (let i = 0; i < count; i++) {
    y[i] = i % classes
    const at = shape(places[2 * i]!, places[2 * i + 1]!, { k: y[i]!, classes })
    for (const axis of [0, 1] as const) x[2 * i + axis] = at[axis] + noise * shaken[2 * i + axis]!
  }
  return new Dataset({ dtype: 'float32', shape: [count, 2], data: x }, { dtype: 'int32', shape: [count], data: y })
}
