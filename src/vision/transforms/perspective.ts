import { number } from '../../core/options.ts'
import { fillRule } from './pad.ts'
import type { Draws } from './random.ts'
import { interpolationRule } from './resize.ts'
import { probability } from './rules.ts'
import { copy, defineTransform, eachImage } from './transform.ts'
import { type Origin, warp } from './warp.ts'

type Point = readonly [x: number, y: number]
/** Corners of a picture: upper left, upper right, lower right, lower left. */
export type Corners = readonly [Point, Point, Point, Point]

/** The 8 unknowns of 8 linear equations, given as rows of coefficients with the right side last, by elimination with pivots. */
const solve = (rows: number[][]): number[] => {
  const n = rows.length
  for (let k = 0; k < n; k++) {
    const pivot = rows.reduce((best, row, i) => (i > k && Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? i : best), k)
    ;[rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!]
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = rows[i]![k]! / rows[k]![k]!
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!
    }
  }
  return rows.map((row, k) => row[n]! / row[k]!)
}

/** The way back of a projection that puts the corners `from` at `to`: x = (a u + b v + c) / (g u + h v + 1), y = (d u + e v + f) / (…). */
export const perspectiveOrigin = (from: Corners, to: Corners): Origin => {
  const equations = to.flatMap(([u, v], i) => {
    const [x, y] = from[i]!
    return [
      [u, v, 1, 0, 0, 0, -u * x, -v * x, x],
      [0, 0, 0, u, v, 1, -u * y, -v * y, y],
    ]
  })
  const [a, b, c, d, e, f, g, h] = solve(equations) as [number, number, number, number, number, number, number, number]
  return (u, v, at) => {
    const w = g * u + h * v + 1
    at[0] = (a * u + b * v + c) / w
    at[1] = (d * u + e * v + f) / w
  }
}

const drawCorners = (height: number, width: number, distortion: number, draws: Draws): Corners => {
  const x = (): number => draws.uniform(0, (distortion * width) / 2)
  const y = (): number => draws.uniform(0, (distortion * height) / 2)
  return [
    [x(), y()],
    [width - x(), y()],
    [width - x(), height - y()],
    [x(), height - y()],
  ]
}

/**
 * Some of the images seen from an angle: each corner moved inwards at random.
 *
 * @param options.distortion how far at most, as a share of half the width and height. Default 0.5
 * @param options.probability that an image is changed. Default 0.5
 * @param options.interpolation `bilinear` or `nearest`. Default `bilinear`
 * @param options.fill value where nothing comes to lie. Default 0
 * Source: torchvision, `RandomPerspective`, whose corners move by whole pixels.
 */
export const perspective = defineTransform(
  'perspective',
  {
    // With 1 a corner may reach the middle, and three corners may lie on a line.
    distortion: number({ min: 0, below: 1, default: 0.5, help: 'how far corners move, of half the size' }),
    probability: probability('that an image is changed', 0.5),
    interpolation: interpolationRule,
    fill: fillRule,
  },
  ({ distortion, probability, ...style }) =>
    (batch, generator) =>
      eachImage(batch, generator, (from, to, draws) => {
        if (!draws.chance(probability)) return copy(from, to)
        const { height, width } = from
        const own: Corners = [
          [0, 0],
          [width, 0],
          [width, height],
          [0, height],
        ]
        warp(from, to, perspectiveOrigin(own, drawCorners(height, width, distortion, draws)), style)
      }),
)
