import { rangeOf } from '../../kit/canvas/scale.ts'
import { dots } from '../../kit/canvas/shapes.ts'
import { css, type Rgb, rgb, sequential, type Theme } from '../../kit/canvas/theme.ts'
import type { Colouring, EmbeddingShot } from './shot.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/** The colour of each point: of its class, or along a scale. */
export const coloursOf = ({ values, classes }: Colouring, theme: Theme): readonly Rgb[] => {
  if (classes) {
    const groups = theme.groups.map(rgb)
    return Array.from(values, k => groups[k % groups.length]!)
  }
  const ramp = sequential(theme)
  const [low, high] = rangeOf(values)
  // The palest colours would not be seen on the page.
  return Array.from(values, value => ramp[Math.round(60 + (195 * (value - low)) / (high - low || 1))]!)
}

/** The points in the plane; of three axes the first two. */
export const picture = (ctx: CanvasRenderingContext2D, size: Size, shot: EmbeddingShot, theme: Theme): void => {
  const { positions, axes, colouring } = shot
  const count = positions.length / axes
  if (count === 0) return
  const [xs, ys] = [0, 1].map(axis => Float32Array.from({ length: count }, (_, i) => positions[i * axes + axis]!)) as [
    Float32Array,
    Float32Array,
  ]
  const [x, y] = [rangeOf(xs), rangeOf(ys)]
  const scale = 0.92 * Math.min(size.width / (x[1] - x[0] || 1), size.height / (y[1] - y[0] || 1))
  const colours = coloursOf(colouring, theme)
  dots(
    ctx,
    xs.map(value => size.width / 2 + scale * (value - (x[0] + x[1]) / 2)),
    ys.map(value => size.height / 2 - scale * (value - (y[0] + y[1]) / 2)),
    { colour: i => css(colours[i]!), radius: 2 },
  )
}
