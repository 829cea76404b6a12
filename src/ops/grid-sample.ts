import { floatDTypes } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { type Shape, show, sizeOf, stridesOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { requireDType, requireSameDType } from './apply.ts'
import {
  add,
  arange,
  cast,
  constant,
  greaterEqual,
  lessEqual,
  logicalAnd,
  maximum,
  minimum,
  mul,
  sub,
  where,
} from './arithmetic.ts'
import { broadcastTo, reshape, transpose } from './broadcast.ts'
import { takeAlongAxis } from './indexing.ts'
import { matmul } from './linear-algebra.ts'
import { abs, floor, round } from './math.ts'
import { concat, sliceAxis } from './movement.ts'
import { product } from './pooling-window.ts'

export interface GridSampleOptions {
  /** Default `linear`. `cubic` for images only. */
  readonly mode?: 'nearest' | 'linear' | 'cubic'
  /** What lies beyond the input: zeros, its nearest element, or its mirror image. Default `zeros`. */
  readonly paddingMode?: 'zeros' | 'border' | 'reflection'
  /** Whether −1 and 1 are the centres of the first and last elements, or their outer edges. Default false. */
  readonly alignCorners?: boolean
}

const plus = (x: Node, c: number): Node => add(x, constant(c, x.dtype))
const times = (x: Node, c: number): Node => mul(x, constant(c, x.dtype))
const clamp = (x: Node, low: number, high: number): Node =>
  minimum(maximum(x, constant(low, x.dtype)), constant(high, x.dtype))

/** From [−1, 1] to positions on an axis of n elements. */
const positionOf = (g: Node, n: number, aligned: boolean): Node =>
  aligned ? times(plus(g, 1), (n - 1) / 2) : plus(times(plus(g, 1), n / 2), -0.5)

/** Mirrors positions at the ends until they lie between them: at the end elements' centres, or at their outer edges. */
const reflect = (x: Node, n: number, aligned: boolean): Node => {
  const low = aligned ? 0 : -0.5
  const span = aligned ? n - 1 : n
  if (span === 0) return times(x, 0)
  const from = abs(plus(x, -low))
  // Within every second span the image runs backwards: the distance to the nearest even multiple of the span.
  const turns = floor(times(plus(times(from, 1 / span), 1), 0.5))
  return plus(abs(sub(from, times(turns, 2 * span))), low)
}

/** Positions brought inside by the padding mode; those of `zeros` stay where they are. */
const inside = (x: Node, n: number, { paddingMode, alignCorners }: Required<GridSampleOptions>): Node => {
  if (paddingMode === 'zeros') return x
  return clamp(paddingMode === 'reflection' ? reflect(x, n, alignCorners) : x, 0, n - 1)
}

/** A neighbour along one axis: where it stands, as a float, and its weight. */
interface Neighbour {
  readonly at: Node
  readonly weight: Node | null
}

const cubicWeights = (t: Node): Node[] => {
  const a = -0.75
  const poly = (d: Node, c: readonly [number, number, number, number]): Node =>
    plus(mul(plus(mul(plus(times(d, c[0]), c[1]), d), c[2]), d), c[3])
  const near = (d: Node): Node => poly(d, [a + 2, -(a + 3), 0, 1])
  const far = (d: Node): Node => poly(d, [a, -5 * a, 8 * a, -4 * a])
  const rest = plus(times(t, -1), 1)
  return [far(plus(t, 1)), near(t), near(rest), far(plus(rest, 1))]
}

const neighboursOf = (g: Node, n: number, options: Required<GridSampleOptions>): Neighbour[] => {
  const raw = positionOf(g, n, options.alignCorners)
  if (options.mode === 'cubic') {
    // Each neighbour is brought inside by itself.
    const first = floor(raw)
    return cubicWeights(sub(raw, first)).map((weight, k) => ({ at: inside(plus(first, k - 1), n, options), weight }))
  }
  const x = inside(raw, n, options)
  if (options.mode === 'nearest') return [{ at: round(x), weight: null }]
  const first = floor(x)
  const t = sub(x, first)
  return [
    { at: first, weight: plus(times(t, -1), 1) },
    { at: plus(first, 1), weight: t },
  ]
}

/** One element for each position of the grid: x `[N, C, P]`, with zeros where a position lies outside. */
const pick = (x: Node, corner: readonly Neighbour[], spatial: Shape): Node => {
  const strides = stridesOf(spatial)
  const [n, c] = x.shape as readonly [number, number]
  const seen = corner.map(({ at }, i) =>
    logicalAnd(greaterEqual(at, constant(0, at.dtype)), lessEqual(at, constant(spatial[i]! - 1, at.dtype))),
  )
  const offsets = corner.map(({ at }, i) =>
    mul(cast(clamp(at, 0, spatial[i]! - 1), 'int32'), constant(strides[i]!, 'int32')),
  )
  const wide = (t: Node): Node => broadcastTo(reshape(t, [n, 1, t.shape[1]!]), [n, c, t.shape[1]!])
  const values = takeAlongAxis(x, wide(offsets.reduce((a, b) => add(a, b))), 2)
  return where(wide(seen.reduce((a, b) => logicalAnd(a, b))), values, constant(0, x.dtype))
}

const requireGrid = (x: Node, grid: Node, mode: string): void => {
  const ndim = x.shape.length - 2
  const fits = (ndim === 2 || ndim === 3) && grid.shape.length === x.shape.length && grid.shape.at(-1) === ndim
  if (!fits || grid.shape[0] !== x.shape[0] || x.shape.slice(2).includes(0)) {
    throw new ShapeError(
      `gridSample: x is ${show(x.shape)} and the grid ${show(grid.shape)}. Expected x [N, C, H, W] and a grid [N, H', W', 2], or x [N, C, D, H, W] and a grid [N, D', H', W', 3].`,
      { x: x.shape, grid: grid.shape },
    )
  }
  if (mode === 'cubic' && ndim !== 2) {
    throw new ShapeError(
      `gridSample: x is ${show(x.shape)} and the mode 'cubic'. Cubic interpolation needs x [N, C, H, W].`,
      {
        x: x.shape,
      },
    )
  }
}

/**
 * Reads x `[N, C, H, W]` at the positions of a grid `[N, H', W', 2]` → `[N, C, H', W']`; likewise with three axes. Positions are (x, y) or
 * (x, y, z), the last axis first, from −1 to 1 across the input.
 *
 * Source: Jaderberg et al. 2015, section 3.3.
 */
export const gridSample = (x: Node, grid: Node, given: GridSampleOptions = {}): Node => {
  const options = { mode: 'linear', paddingMode: 'zeros', alignCorners: false, ...given } as const
  requireDType('gridSample', x.dtype, floatDTypes)
  requireSameDType('gridSample', x, grid)
  requireGrid(x, grid, options.mode)
  const [n, c, ...spatial] = x.shape as readonly [number, number, ...number[]]
  const places = grid.shape.slice(1, -1)
  const flat = reshape(grid, [n, sizeOf(places), spatial.length])
  const axes = spatial.map((size, i) => {
    // The grid's numbers run from the last axis to the first.
    const k = spatial.length - 1 - i
    return neighboursOf(reshape(sliceAxis(flat, 2, k, k + 1), [n, sizeOf(places)]), size, options)
  })
  const image = reshape(x, [n, c, sizeOf(spatial)])
  const parts = product(axes).map(corner => {
    const weights = corner.flatMap(({ weight }) => (weight ? [weight] : []))
    const value = pick(image, corner, spatial)
    if (weights.length === 0) return value
    return mul(
      value,
      reshape(
        weights.reduce((a, b) => mul(a, b)),
        [n, 1, sizeOf(places)],
      ),
    )
  })
  return reshape(
    parts.reduce((a, b) => add(a, b)),
    [n, c, ...places],
  )
}

/** Positions of n elements from −1 to 1: their centres on the ends, or their outer edges. */
const evenly = (n: number, like: Node, aligned: boolean): Node =>
  aligned
    ? n === 1
      ? arange(1, like.dtype)
      : arange(n, like.dtype, -1, 2 / (n - 1))
    : arange(n, like.dtype, -1 + 1 / n, 2 / n)

export interface AffineGridOptions {
  /** As in {@link GridSampleOptions}. Default false. */
  readonly alignCorners?: boolean
}
/** The grid of an affine map: theta `[N, 2, 3]` and sizes `[H, W]` → `[N, H, W, 2]`, or `[N, 3, 4]` and `[D, H, W]` → `[N, D, H, W, 3]`. */
export const affineGrid = (theta: Node, size: Shape, { alignCorners = false }: AffineGridOptions = {}): Node => {
  requireDType('affineGrid', theta.dtype, floatDTypes)
  const ndim = size.length
  const [n, rows, columns] = theta.shape
  const fits = theta.shape.length === 3 && rows === ndim && columns === ndim + 1 && (ndim === 2 || ndim === 3)
  if (!fits || size.some(m => !Number.isInteger(m) || m < 1)) {
    throw new ShapeError(
      `affineGrid: theta is ${show(theta.shape)} and size ${show(size)}. Expected theta [N, 2, 3] and [H, W], or [N, 3, 4] and [D, H, W], of sizes of at least 1.`,
      { theta: theta.shape, size },
    )
  }
  const column = (t: Node, axis: number): Node =>
    reshape(
      broadcastTo(
        reshape(
          t,
          size.map((m, i) => (i === axis ? m : 1)),
        ),
        size,
      ),
      [sizeOf(size), 1],
    )
  const positions = size.map((m, i) => column(evenly(m, theta, alignCorners), i)).reverse()
  const ones = broadcastTo(constant(1, theta.dtype), [sizeOf(size), 1])
  return reshape(matmul(concat([...positions, ones], 1), transpose(theta)), [n!, ...size, ndim])
}
