import { axes } from '../../kit/canvas/axes.ts'
import { divided, inset } from '../../kit/canvas/box.ts'
import { heatMap, image } from '../../kit/canvas/heat-map.ts'
import { matrix } from '../../kit/canvas/matrix.ts'
import { dots, line } from '../../kit/canvas/shapes.ts'
import { text } from '../../kit/canvas/text.ts'
import { diverging, type Theme } from '../../kit/canvas/theme.ts'
import type { EmbeddingShot, RowAnswer } from './shot.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/** Shares of variance as columns, and what they make together as a line. */
export const screePicture = (
  ctx: CanvasRenderingContext2D,
  size: Size,
  { ratios, facts }: EmbeddingShot,
  theme: Theme,
): void => {
  const many = Math.min(ratios.length, 20)
  const { xAt, yAt, inner } = axes(
    ctx,
    { x: 0, y: 0, ...size },
    {
      x: [0.4, many + 0.6],
      y: [0, 1],
      theme,
      whole: true,
      xLabel: 'component',
      yLabel: 'share of variance; line: of all so far',
    },
  )
  const sums: number[] = []
  for (let i = 0; i < many; i++) {
    sums.push((sums[i - 1] ?? 0) + ratios[i]!)
    const [left, right] = [xAt(i + 0.62), xAt(i + 1.38)]
    ctx.fillStyle = facts.method === 'pca' && i < (facts.axes as number) ? theme.groups[1]! : theme.groups[0]!
    const top = yAt(ratios[i]!)
    ctx.fillRect(
      left,
      Math.min(top, inner.y + inner.height - 1),
      right - left,
      Math.max(1, inner.y + inner.height - top),
    )
  }
  const [xs, ys] = [sums.map((_, i) => xAt(i + 1)), sums.map(yAt)]
  line(ctx, xs, ys, { colour: theme.text, width: 1.6 })
  dots(ctx, xs, ys, { colour: theme.text, radius: 2.4 })
}

/** What each component adds to which column: as pictures where rows are pictures, else as a matrix. */
export const componentsPicture = (
  ctx: CanvasRenderingContext2D,
  size: Size,
  shot: EmbeddingShot,
  theme: Theme,
): void => {
  const { components, pixels, columns } = shot
  const width = pixels > 0 ? pixels * pixels : columns.length
  const many = components.length / width
  const most = components.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-12)
  const box = { x: 0, y: 0, ...size }
  if (pixels === 0) {
    const shown = Math.min(columns.length, 14)
    matrix(ctx, box, {
      values: Array.from(
        { length: many * shown },
        (_, at) => components[Math.floor(at / shown) * width + (at % shown)]!,
      ),
      rows: many,
      columns: shown,
      range: [-most, most],
      ramp: diverging(theme),
      theme,
      rowLabels: Array.from({ length: many }, (_, i) => `${i + 1}`),
      rowTitle: 'component',
      columnLabels: columns.slice(0, shown),
      square: false,
    })
    return
  }
  const perRow = Math.ceil(many / 2)
  for (let i = 0; i < many; i++) {
    const values = components.subarray(i * width, (i + 1) * width)
    const ends = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-12)
    const [w, h] = [size.width / perRow, size.height / 2]
    const side = Math.min(w - 8, h - 22)
    const x = (i % perRow) * w + (w - side) / 2
    const y = Math.floor(i / perRow) * h
    heatMap(
      ctx,
      { x, y, width: side, height: side },
      { values, rows: pixels, columns: pixels, range: [-ends, ends], ramp: diverging(theme), smooth: true },
    )
    text(ctx, `component ${i + 1}`, x + side / 2, y + side + 10, { colour: theme.muted, size: 11, align: 'center' })
  }
}

const ink = (values: ArrayLike<number>, dark: boolean): Float32Array =>
  Float32Array.from(values, value => 255 * (dark ? 0.1 + 0.9 * value : 1 - value))

/** A row as a picture, and its neighbours; those that are neighbours in the plane as well have a frame. */
export const rowPicture = (
  ctx: CanvasRenderingContext2D,
  size: Size,
  answer: RowAnswer,
  pixels: number,
  theme: Theme,
): void => {
  const large = Math.min(size.height, size.width * 0.34)
  const put = (values: ArrayLike<number>, x: number, y: number, side: number): void =>
    image(
      ctx,
      { x, y, width: side, height: side },
      { values: ink(values, theme.dark), rows: pixels, columns: pixels, channels: 1, smooth: true },
    )
  put(answer.values, 0, (size.height - large) / 2, large)
  const many = answer.neighbours.length
  const rest = { x: large + 14, y: 0, width: size.width - large - 14, height: size.height }
  const perRow = Math.ceil(many / Math.max(1, Math.round(Math.sqrt((many * rest.height) / rest.width))))
  const down = Math.ceil(many / perRow)
  const cells = divided(rest, down, { rows: true, gap: 4 }).flatMap(row => divided(row, perRow, { gap: 4 }))
  for (const [c, i] of answer.neighbours.entries()) {
    const cell = cells[c]!
    const side = Math.min(cell.width, cell.height) - 4
    const at = inset({ x: cell.x, y: cell.y, width: side + 4, height: side + 4 }, 2)
    put(answer.pictures.subarray(c * pixels * pixels, (c + 1) * pixels * pixels), at.x, at.y, side)
    if (!answer.near.includes(i)) continue
    ctx.strokeStyle = theme.groups[2]!
    ctx.lineWidth = 2
    ctx.strokeRect(at.x - 1, at.y - 1, side + 2, side + 2)
  }
}
