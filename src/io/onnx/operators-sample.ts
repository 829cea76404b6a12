import { type Shape, show, sizeOf, stridesOf } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { broadcastTo, reshape, transpose } from '../../ops/broadcast.ts'
import { gridSample } from '../../ops/grid-sample.ts'
import { gather } from '../../ops/indexing.ts'
import { matmul } from '../../ops/linear-algebra.ts'
import * as mt from '../../ops/math.ts'
import { concat, sliceAxis, squeeze, stack } from '../../ops/movement.ts'
import type { Call, Operator, Operators } from './call.ts'
import { alongAxis, num, plus, times, upTo } from './nodes.ts'
import { padPairs, perSpatialAxis } from './window.ts'

/** Where samples are taken: for each spatial axis of x a tensor of positions `[N, ...out]`, in pixels. */
type Places = readonly Node[]

/** x `[N, C, ...spatial]` as rows of channels `[N · pixels, C]`. */
const pixelRows = (x: Node): Node => {
  const [n, c, ...spatial] = x.shape as readonly [number, number, ...number[]]
  return reshape(transpose(reshape(x, [n, c, -1]), [0, 2, 1]), [n * sizeOf(spatial), c])
}

const clamped = (x: Node, high: number): Node => ar.minimum(ar.maximum(x, num(0, x)), num(high, x))

/** Pixels at whole positions `[N, ...out]` → `[N · out, C]`; zero outside. */
const pixelsAt = (rows: Node, spatial: Shape, places: Places): Node => {
  const [n, ...out] = places[0]!.shape as readonly [number, ...number[]]
  const strides = stridesOf(spatial)
  const inside = places
    .map((p, i) => ar.logicalAnd(ar.greaterEqual(p, num(0, p)), ar.lessEqual(p, num(spatial[i]! - 1, p))))
    .reduce((a, b) => ar.logicalAnd(a, b))
  const offsets = places
    .map((p, i) => times(ar.cast(clamped(p, spatial[i]! - 1), 'int64'), strides[i]!))
    .reduce((a, b) => ar.add(a, b))
  const starts = reshape(ar.arange(n, 'int64', 0, sizeOf(spatial)), [n, ...out.map(() => 1)])
  const picked = gather(rows, reshape(ar.add(offsets, starts), [-1]), 0)
  return ar.where(reshape(inside, [-1, 1]), picked, num(0, picked))
}

/** Samples of x `[N, C, ...spatial]` at places `[N, ...out]` → `[N, C, ...out]`, linear between pixels and 0 outside. */
const sampled = (x: Node, places: Places): Node => {
  const spatial = x.shape.slice(2)
  const rows = pixelRows(x)
  const out = places[0]!.shape.slice(1)
  const first = places.map(p => mt.floor(p))
  const rest = places.map((p, i) => ar.sub(p, first[i]!))
  const corners = upTo(2 ** spatial.length).map(corner => {
    const at = upTo(spatial.length).map(i => (corner >> i) & 1)
    const weight = at
      .map((k, i) => (k === 1 ? rest[i]! : ar.sub(num(1, rest[i]!), rest[i]!)))
      .reduce((a, b) => ar.mul(a, b))
    const pixels = pixelsAt(
      rows,
      spatial,
      at.map((k, i) => plus(first[i]!, k)),
    )
    return ar.mul(pixels, reshape(weight, [-1, 1]))
  })
  const [n, c] = x.shape as readonly [number, number]
  const flat = reshape(
    corners.reduce((a, b) => ar.add(a, b)),
    [n, ...out, c],
  )
  return transpose(flat, [0, out.length + 1, ...upTo(out.length).map(i => i + 1)])
}

const gridSampling: Operator = call => {
  const [x, grid] = [call.input(0), call.input(1)]
  const mode = call.choice('mode', ['linear', 'bilinear', 'nearest', 'cubic', 'bicubic'], 'linear')
  return gridSample(x, ar.cast(grid, x.dtype), {
    mode: mode === 'bilinear' ? 'linear' : mode === 'bicubic' ? 'cubic' : mode,
    paddingMode: call.choice('padding_mode', ['zeros', 'border', 'reflection'], 'zeros'),
    alignCorners: call.flag('align_corners'),
  })
}

/** Points of an output grid from −1 to 1, moved by an affine map for each batch. */
const affineGrid: Operator = call => {
  const theta = call.input(0)
  const size = call.values(1)
  const spatial = size.slice(2)
  const ndim = spatial.length
  if (theta.shape.length !== 3 || theta.shape[1] !== ndim || theta.shape[2] !== ndim + 1)
    call.fail(`has a map of ${show(theta.shape)} for ${ndim} axes`, `[N, ${ndim}, ${ndim + 1}] was expected.`)
  const corners = call.flag('align_corners')
  const along = (n: number, i: number): Node => {
    const [start, step] = corners ? [n > 1 ? -1 : 0, n > 1 ? 2 / (n - 1) : 0] : [-1 + 1 / n, 2 / n]
    return broadcastTo(alongAxis(ar.arange(n, theta.dtype, start, step), i, ndim), spatial)
  }
  // The last axis comes first in a point.
  const points = [...spatial.map(along).reverse(), broadcastTo(num(1, theta), spatial)]
  const matrix = reshape(stack(points, ndim), [-1, ndim + 1])
  return reshape(matmul(matrix, transpose(theta)), [theta.shape[0]!, ...spatial, ndim])
}

/** Offsets of a group of channels for one element of the kernel. */
const deformConv: Operator = call => {
  const [x, w, offset] = [call.input(0), call.input(1), call.input(2)]
  const [bias, mask] = [call.optional(3), call.optional(4)]
  const [n, c, ...spatial] = x.shape as readonly [number, number, ...number[]]
  const kernel = w.shape.slice(2)
  const ndim = spatial.length
  const out = offset.shape.slice(2)
  const groups = call.int('offset_group', 1)
  const elements = sizeOf(kernel)
  if (ndim < 1 || w.shape.length !== x.shape.length)
    call.fail(
      `takes ${show(x.shape)} and weights ${show(w.shape)}`,
      '[N, C, ...spatial] and [O, C, ...kernel] were expected.',
    )
  if (!(groups >= 1 && c % groups === 0) || offset.shape[1] !== groups * elements * ndim || out.length !== ndim)
    call.fail(
      `has offsets of ${show(offset.shape)} for ${show(x.shape)}`,
      `${groups} groups of ${elements} · ${ndim} were expected.`,
    )
  const stride = perSpatialAxis(call, 'strides', ndim, 1)
  const dilation = perSpatialAxis(call, 'dilations', ndim, 1)
  const pads = padPairs(call, ndim)
  const each = reshape(offset, [n, groups, elements, ndim, ...out])
  const strengths = mask ? reshape(mask, [n, groups, elements, ...out]) : null
  const pick = (t: Node, axis: number, i: number): Node => squeeze(sliceAxis(t, axis, i, i + 1), axis)
  const columns = upTo(groups).map(g => {
    const own = sliceAxis(x, 1, (g * c) / groups, ((g + 1) * c) / groups)
    const parts = upTo(elements).map(k => {
      call.spend(1)
      const at = stridesOf(kernel).map((s, i) => Math.floor(k / s) % kernel[i]!)
      const places = upTo(ndim).map(i => {
        const base = alongAxis(ar.arange(out[i]!, x.dtype, at[i]! * dilation[i]! - pads[i]![0], stride[i]!), i, ndim)
        return ar.add(pick(pick(pick(each, 1, g), 1, k), 1, i), base)
      })
      const value = sampled(own, places)
      return strengths ? ar.mul(value, reshape(pick(pick(strengths, 1, g), 1, k), [n, 1, ...out])) : value
    })
    return stack(parts, 2)
  })
  return contracted(call, concat(columns, 1), w, bias)
}

/** Columns `[N, C, kernel, ...out]` times weights `[O, C/groups, ...kernel]`, for each group of channels. */
const contracted = (call: Call, columns: Node, w: Node, bias: Node | null): Node => {
  const [n, c, k, ...out] = columns.shape as readonly [number, number, number, ...number[]]
  const groups = call.int('group', 1)
  const outputs = w.shape[0]!
  if (!(groups >= 1 && outputs % groups === 0) || w.shape[1]! * groups !== c)
    call.fail(`has ${groups} groups for weights ${show(w.shape)}`, 'They must divide the channels.')
  const rows = reshape(w, [1, groups, outputs / groups, (c / groups) * k])
  const y = reshape(matmul(rows, reshape(columns, [n, groups, (c / groups) * k, -1])), [n, outputs, ...out])
  return bias ? ar.add(y, alongAxis(bias, 1, y.shape.length)) : y
}

export const sampleOperators: Operators = {
  GridSample: gridSampling,
  AffineGrid: affineGrid,
  DeformConv: deformConv,
}
