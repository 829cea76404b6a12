import { axes } from '../../kit/canvas/axes.ts'
import { dots, line } from '../../kit/canvas/shapes.ts'
import { linearScale, shown, ticks } from '../../kit/canvas/scale.ts'
import { text } from '../../kit/canvas/text.ts'
import { inkOn, rgb, type Theme } from '../../kit/canvas/theme.ts'
import { complexityName, type VarianceShot } from './shot.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/** What the parts are drawn in: bias, variance, noise. */
export const partColours = ({ groups, muted }: Theme): readonly [string, string, string] => [
  groups[1]!,
  groups[0]!,
  muted,
]

/** Three parts in a row above the measured error, on one scale. */
export const partsPicture = (
  ctx: CanvasRenderingContext2D,
  size: Size,
  { facts }: VarianceShot,
  theme: Theme,
): void => {
  const { bias2, variance, noise, error, errorStandardError } = facts as Record<string, number>
  if (error === undefined) return
  const left = 74
  const end = Math.max(bias2! + variance! + noise!, error + 3 * errorStandardError!) * 1.04 || 1
  const xAt = linearScale([0, end], [left, size.width - 8])
  const [high, gap] = [26, 14]
  let from = 0
  text(ctx, 'sum', left - 8, 4 + high / 2, { colour: theme.muted, align: 'right' })
  for (const [i, value] of [bias2!, variance!, noise!].entries()) {
    const to = from + Math.max(0, value)
    const colour = partColours(theme)[i]!
    ctx.fillStyle = colour
    ctx.fillRect(xAt(from), 4, Math.max(0, xAt(to) - xAt(from) - 1), high)
    const words = ['bias²', 'variance', 'noise'][i]!
    if (xAt(to) - xAt(from) > 56) {
      text(ctx, words, (xAt(from) + xAt(to)) / 2, 4 + high / 2, { colour: inkOn(rgb(colour)), align: 'center' })
    }
    from = to
  }
  const top = 4 + high + gap
  text(ctx, 'measured', left - 8, top + high / 2, { colour: theme.muted, align: 'right' })
  ctx.fillStyle = theme.text
  ctx.globalAlpha = 0.75
  ctx.fillRect(xAt(0), top, xAt(error) - xAt(0), high)
  ctx.globalAlpha = 1
  const [low, up] = [xAt(Math.max(0, error - 3 * errorStandardError!)), xAt(error + 3 * errorStandardError!)]
  const middle = top + high / 2
  for (const [width, colour] of [
    [4, theme.panel],
    [2, theme.accent],
  ] as const) {
    line(ctx, [low, up], [middle, middle], { colour, width })
    line(ctx, [low, low], [middle - 6, middle + 6], { colour, width })
    line(ctx, [up, up], [middle - 6, middle + 6], { colour, width })
  }
  const down = top + high + 14
  for (const value of ticks(0, end, Math.max(2, Math.floor(size.width / 90))))
    text(ctx, shown(value), xAt(value), down, { colour: theme.muted, size: 11, align: 'center' })
}

/** Bias², variance, their sum with the noise, and the measured error over complexity. */
export const curvePicture = (ctx: CanvasRenderingContext2D, size: Size, shot: VarianceShot, theme: Theme) => {
  const { curve, facts } = shot
  const name = complexityName[facts.model as keyof typeof complexityName]
  const chosen = facts[name] as number
  const [first, last] = [curve[0]?.complexity ?? 0, curve.at(-1)?.complexity ?? 1]
  // What is far beyond the rest is cut off, so that the bottom of the U can be seen.
  const sums = curve.map(({ expected }) => expected).sort((a, b) => a - b)
  const top = Math.min((sums.at(-1) ?? 1) * 1.1, (sums[0] ?? 1) * 5)
  const made = axes(
    ctx,
    { x: 0, y: 0, ...size },
    {
      x: [first - 0.4, last + 0.4],
      y: [0, top],
      theme,
      xLabel: name === 'neighbours' ? 'neighbours (stiffer to the right)' : name,
      yLabel: 'mean squared error',
    },
  )
  const { xAt, yAt, inner, clip } = made
  const xs = curve.map(({ complexity }) => xAt(complexity))
  const [bias, variance, noise] = partColours(theme)
  clip(() => {
    line(ctx, [xAt(chosen), xAt(chosen)], [inner.y, inner.y + inner.height], {
      colour: theme.accent,
      width: 8,
      alpha: 0.18,
    })
    if (typeof facts.noise === 'number')
      line(ctx, [inner.x, inner.x + inner.width], [yAt(facts.noise), yAt(facts.noise)], { colour: noise, dash: [3, 3] })
    line(
      ctx,
      xs,
      curve.map(split => yAt(split.bias2)),
      { colour: bias, width: 2 },
    )
    line(
      ctx,
      xs,
      curve.map(split => yAt(split.variance)),
      { colour: variance, width: 2 },
    )
    line(
      ctx,
      xs,
      curve.map(split => yAt(split.expected)),
      { colour: theme.text, width: 2.2 },
    )
    dots(
      ctx,
      xs,
      curve.map(split => yAt(split.error)),
      { colour: theme.panel, stroke: theme.text, radius: 3.6 },
    )
  })
  return made
}
