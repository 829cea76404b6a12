import type { Size } from '../../kit/canvas/box.ts'
import { shown } from '../../kit/canvas/scale.ts'
import { arrow, line } from '../../kit/canvas/shapes.ts'
import { font, text } from '../../kit/canvas/text.ts'
import { css, mix, rgb, type Theme } from '../../kit/canvas/theme.ts'
import { type Layout, layout } from './layout.ts'
import type { BackpropShot, Edge, GraphNode } from './shot.ts'

// CSS pixels of a node, and from one node to the next.
const wide = 86
const high = 62
const across = 134
const down = 84
const margin = 14

/** The size at which everything can be read. */
export const naturalSize = ({ columns, rows }: Pick<Layout, 'columns' | 'rows'>): Size => ({
  width: (columns - 1) * across + wide + 2 * margin,
  height: (rows - 1) * down + high + 2 * margin,
})

interface Spot {
  readonly x: number
  readonly y: number
}

/** The graph: values in the nodes, local derivatives and gradients on the edges. Returns which node is at a place. */
export const drawGraph = (
  ctx: CanvasRenderingContext2D,
  size: Size,
  shot: BackpropShot,
  theme: Theme,
  { chosen = null, bare = false }: { readonly chosen?: number | null; readonly bare?: boolean } = {},
): ((x: number, y: number) => number | null) => {
  const plan = layout(shot.nodes, shot.edges)
  const natural = naturalSize(plan)
  const scale = Math.min(1, size.width / natural.width, size.height / natural.height)
  // Room that is left makes the edges longer, within reason.
  const pitch =
    plan.columns > 1 ? Math.min(across * 1.6, (size.width / scale - wide - 2 * margin) / (plan.columns - 1)) : across
  const width = (plan.columns - 1) * pitch + wide + 2 * margin
  const left = (size.width - width * scale) / 2
  const top = (size.height - natural.height * scale) / 2
  const spots = plan.places.map(
    ({ column, row }): Spot => ({ x: margin + wide / 2 + column * pitch, y: margin + high / 2 + row * down }),
  )
  ctx.save()
  ctx.translate(left, top)
  ctx.scale(scale, scale)
  for (const edge of shot.edges) drawEdge(ctx, edge, shot, spots, theme)
  for (const [i, node] of shot.nodes.entries())
    drawNode(ctx, node, spots[i]!, theme, { current: i === shot.current, chosen: i === chosen })
  if (!bare) for (const edge of shot.edges) drawFlow(ctx, edge, shot, spots, theme)
  ctx.restore()
  return (x, y) => {
    const [inX, inY] = [(x - left) / scale, (y - top) / scale]
    const found = spots.findIndex(spot => Math.abs(spot.x - inX) <= wide / 2 && Math.abs(spot.y - inY) <= high / 2)
    return found < 0 ? null : found
  }
}

/** The picture of the start page. */
export const picture = (ctx: CanvasRenderingContext2D, size: Size, shot: BackpropShot, theme: Theme): void => {
  drawGraph(ctx, size, shot, theme, { bare: true })
}

/** A curve from one node's right side to the other's left, where operands come in one below the other. */
const curveOf = ({ from, to, slot }: Edge, { edges }: BackpropShot, spots: readonly Spot[]): readonly Spot[] => {
  const [a, b] = [spots[from]!, spots[to]!]
  const operands = edges.filter(edge => edge.to === to)
  const twice = operands.filter(edge => edge.from === from).length > 1
  const inY = b.y + (operands.length > 1 ? (slot / (operands.length - 1) - 0.5) * 26 : 0)
  const bow = twice ? (slot - 0.5) * 60 : 0
  const [x0, x1] = [a.x + wide / 2, b.x - wide / 2 - 2]
  const bend = Math.max(24, (x1 - x0) * 0.45)
  return [
    { x: x0, y: a.y },
    { x: x0 + bend, y: a.y + bow },
    { x: x1 - bend, y: inY + bow },
    { x: x1, y: inY },
  ]
}

const along = ([a, b, c, d]: readonly Spot[], t: number): Spot => {
  const s = 1 - t
  const of = (p: number, q: number, r: number, v: number): number =>
    s * s * s * p + 3 * s * s * t * q + 3 * s * t * t * r + t * t * t * v
  return { x: of(a!.x, b!.x, c!.x, d!.x), y: of(a!.y, b!.y, c!.y, d!.y) }
}

const drawEdge = (
  ctx: CanvasRenderingContext2D,
  edge: Edge,
  shot: BackpropShot,
  spots: readonly Spot[],
  theme: Theme,
): void => {
  const curve = curveOf(edge, shot, spots)
  const back = edge.flow !== null
  const known = shot.nodes[edge.to]!.value !== null
  const colour = back ? theme.positive : known ? theme.negative : theme.muted
  const style = { colour, width: back || known ? 2 : 1.3, alpha: back || known ? 0.85 : 0.5 }
  const points = Array.from({ length: 25 }, (_, i) => along(curve, i / 24))
  const drawn = back ? points.slice(1) : points.slice(0, -1)
  line(
    ctx,
    drawn.map(p => p.x),
    drawn.map(p => p.y),
    style,
  )
  // The head says which way something flows now.
  const [tail, head] = back ? [points[2]!, points[0]!] : [points[22]!, points[24]!]
  arrow(ctx, tail.x, tail.y, head.x, head.y, { ...style, head: 9 })
}

/** The chain rule on an edge: times the local derivative, and what comes of it. */
const drawFlow = (
  ctx: CanvasRenderingContext2D,
  edge: Edge,
  shot: BackpropShot,
  spots: readonly Spot[],
  theme: Theme,
): void => {
  if (edge.local === null || edge.flow === null) return
  const { x, y } = along(curveOf(edge, shot, spots), 0.52)
  const style = { align: 'center', size: 11.5 } as const
  const words = [`× ${shown(edge.local, 2)}`, shown(edge.flow, 3)] as const
  ctx.save()
  ctx.fillStyle = theme.panel
  ctx.font = font(style.size, 600)
  const room = Math.max(...words.map(word => ctx.measureText(word).width)) + 4
  ctx.beginPath()
  ctx.roundRect(x - room / 2, y - 15, room, 30, 5)
  ctx.fill()
  ctx.restore()
  text(ctx, words[0], x, y - 8, { ...style, colour: theme.muted })
  text(ctx, words[1], x, y + 7, { ...style, colour: theme.positive, weight: 600 })
}

const drawNode = (
  ctx: CanvasRenderingContext2D,
  node: GraphNode,
  { x, y }: Spot,
  theme: Theme,
  { current, chosen }: { readonly current: boolean; readonly chosen: boolean },
): void => {
  const { kind, label, value, gradient } = node
  ctx.save()
  ctx.beginPath()
  ctx.roundRect(x - wide / 2, y - high / 2, wide, high, kind === 'operation' ? 20 : 8)
  ctx.fillStyle = kind === 'operation' ? css(mix(rgb(theme.panel), rgb(theme.accent), 0.1)) : theme.panel
  ctx.fill()
  ctx.lineWidth = current ? 3 : chosen ? 2 : 1.2
  ctx.strokeStyle = current || chosen ? theme.accent : theme.muted
  ctx.stroke()
  ctx.restore()
  const style = { align: 'center', width: wide - 10 } as const
  const alone = value === null && gradient === null
  text(ctx, label, x, alone ? y : y - 18, { ...style, colour: theme.text, size: 15, weight: 600 })
  if (value !== null)
    text(ctx, shown(value), x, gradient === null ? y + 6 : y + 1, { ...style, colour: theme.negative, size: 13 })
  if (gradient !== null)
    text(ctx, `∂ ${shown(gradient)}`, x, y + 18, { ...style, colour: theme.positive, size: 13, weight: 600 })
}
