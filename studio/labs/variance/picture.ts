import { axes } from '../../kit/canvas/axes.ts'
import { dots, line } from '../../kit/canvas/shapes.ts'
import type { Theme } from '../../kit/canvas/theme.ts'
import { places, type VarianceShot } from './shot.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/** How far the values of truth and data reach, for an axis that stays as it is while fits come and go. */
const reachOf = ({ truth, facts }: VarianceShot): number => {
  const noise = typeof facts.noise === 'number' ? Math.sqrt(facts.noise) : 0.3
  return Math.max(...truth.map(Math.abs)) + 0.4 + 2 * noise
}

/** The latest fits as thin lines, their mean, the truth, and the latest data set; `at` is a place pointed at. */
export const picture = (
  ctx: CanvasRenderingContext2D,
  size: Size,
  shot: VarianceShot,
  theme: Theme,
  at: number | null = null,
) => {
  const bare = size.height < 240
  const reach = reachOf(shot)
  const made = axes(
    ctx,
    { x: 0, y: 0, ...size },
    {
      x: [-1, 1],
      y: [-reach, reach],
      theme,
      bare,
      ...(!bare && { xLabel: 'x', yLabel: 'y' }),
    },
  )
  const { xAt, yAt, inner, clip } = made
  const xs = shot.x.map(xAt)
  clip(() => {
    const count = shot.fits.length / places
    for (let f = 0; f < count; f++) {
      const ys = shot.fits.subarray(f * places, (f + 1) * places).map(yAt)
      const last = f === count - 1
      line(ctx, xs, ys, {
        colour: theme.groups[0]!,
        width: last ? 1.4 : 1,
        alpha: last ? 0.75 : Math.max(0.13, 0.6 / Math.sqrt(count)),
      })
    }
    if (!bare) {
      const [dx, dy] = [shot.sampleX.map(xAt), shot.sampleY.map(yAt)]
      dots(ctx, dx, dy, { colour: theme.muted, stroke: theme.panel, radius: 2.8 })
    }
    if (at !== null)
      line(ctx, [xs[at]!, xs[at]!], [inner.y, inner.y + inner.height], { colour: theme.muted, width: 1, dash: [3, 3] })
    line(ctx, xs, shot.truth.map(yAt), { colour: theme.text, width: bare ? 1.5 : 2, dash: [5, 4] })
    if (shot.mean.length > 0) line(ctx, xs, shot.mean.map(yAt), { colour: theme.groups[1]!, width: bare ? 2 : 2.8 })
  })
  return made
}
