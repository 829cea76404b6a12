import { axes } from '../../kit/canvas/axes.ts'
import { categories } from '../../kit/canvas/heat-map.ts'
import { dots } from '../../kit/canvas/shapes.ts'
import type { Theme } from '../../kit/canvas/theme.ts'
import { type MlpShot, reach, side } from './shot.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/** Where the network sees which class, and the points. Small pictures go without axes. */
export const picture = (ctx: CanvasRenderingContext2D, size: Size, shot: MlpShot, theme: Theme, test = false): void => {
  const bare = size.height < 240
  const box = { x: 0, y: 0, ...size }
  const [xLabel, yLabel] = shot.axes
  const ends = [-reach, reach] as const
  const { inner, xAt, yAt, clip } = axes(ctx, box, { x: ends, y: ends, theme, bare, ...(!bare && { xLabel, yLabel }) })
  const K = shot.classes.length
  const cells = side * side
  const classes = new Int32Array(cells)
  const strength = new Float32Array(cells)
  for (let i = 0; i < cells; i++) {
    let best = 0
    for (let k = 1; k < K; k++) if (shot.map[k * cells + i]! > shot.map[best * cells + i]!) best = k
    classes[i] = best
    // From undecided to sure.
    strength[i] = 0.08 + 0.5 * ((shot.map[best * cells + i]! - 1 / K) / (1 - 1 / K))
  }
  clip(() => {
    categories(ctx, inner, { classes, strength, rows: side, columns: side, colours: theme.groups, flip: true })
    const draw = (from: number, to: number, hollow: boolean): void => {
      const at = Array.from({ length: to - from }, (_, i) => from + i)
      const colour = (i: number): string => theme.groups[shot.y[from + i]!]!
      dots(
        ctx,
        at.map(i => xAt(shot.x[2 * i]!)),
        at.map(i => yAt(shot.x[2 * i + 1]!)),
        { colour: hollow ? theme.panel : colour, stroke: hollow ? colour : theme.panel, radius: bare ? 2.2 : 3.6 },
      )
    }
    draw(0, shot.trained, false)
    if (test) draw(shot.trained, shot.y.length, true)
  })
}
