import { isFloat, numericDTypes } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { normalizeAxis, show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { apply, computeDType, requireDType } from './apply.ts'
import { takeAlongAxis } from './indexing.ts'
import { splitAt } from './walk.ts'

type RankAttrs = { readonly axis: number; readonly k: number; readonly descending: boolean }
const rankOp: Op<RankAttrs> = {
  name: 'rank',
  formula: 'indices of the k first elements in order along an axis; equal ones keep their order, NaN counts as ∞',
  infer: ([x], { axis, k }) => {
    requireDType('rank', x!.dtype, numericDTypes)
    return { shape: x!.shape.map((n, i) => (i === axis ? k : n)), dtype: 'int32' }
  },
  batch: ([x], _batched, attrs) => apply(rankOp, [x!], { ...attrs, axis: attrs.axis + 1 }),
  kernel: ([x], out, { axis, k, descending }) => {
    const { outer, n, inner } = splitAt(x!.shape, axis)
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const value = (j: number): number => {
          const v = x!.data[(o * n + j) * inner + i]!
          return Number.isNaN(v) ? Number.POSITIVE_INFINITY : v
        }
        const order = Array.from({ length: n }, (_, j) => j)
        // Two equal infinities differ by NaN, which decides nothing either.
        order.sort((a, b) => (descending ? value(b) - value(a) : value(a) - value(b)) || a - b)
        for (let j = 0; j < k; j++) out.data[(o * k + j) * inner + i] = order[j]!
      }
    }
  },
  lower: (b, [x], _out, { axis, k, descending }) => {
    const type = computeDType(x!.dtype)
    const given = type === x!.dtype ? x!.name : b.cast(x!.name, type)
    // ONNX Runtime puts a NaN anywhere.
    const name = isFloat(type)
      ? b.op('Where', [b.op('IsNaN', [given]), b.constant([Number.POSITIVE_INFINITY], type, []), given])
      : given
    const [, indices] = b.ops('TopK', [name, b.ints([k])], 2, { axis, largest: descending ? 1 : 0, sorted: 1 })
    return b.cast(indices!, 'int32')
  },
  checks: {
    samples: [
      { inputs: [{ shape: [3, 5], distinct: true }], attrs: { axis: 1, k: 5, descending: false } },
      { inputs: [{ shape: [6, 2], distinct: true }], attrs: { axis: 0, k: 2, descending: true } },
      { inputs: [{ shape: [7], dtype: 'int32', domain: [0, 2] }], attrs: { axis: 0, k: 7, descending: false } },
    ],
  },
}

export interface SortOptions {
  /** Largest first. Default false. */
  readonly descending?: boolean
}
const ranked = (where: string, x: Node, axis: number, options: SortOptions): Node => {
  requireDType(where, x.dtype, numericDTypes)
  const at = normalizeAxis(where, axis, x.shape.length)
  return apply(rankOp, [x], { axis: at, k: x.shape[at]!, descending: options.descending ?? false })
}
/** int32 indices that sort `x` along `axis`; equal elements keep their order. NaN counts as ∞. */
export const argsort = (x: Node, axis = -1, options: SortOptions = {}): Node => ranked('argsort', x, axis, options)
/** `x` in order along `axis`; NaN counts as ∞. The gradient goes back to where each element came from. */
export const sort = (x: Node, axis = -1, options: SortOptions = {}): Node =>
  takeAlongAxis(x, ranked('sort', x, axis, options), axis)

export interface TopKOptions {
  /** The largest elements, else the smallest. Default true. */
  readonly largest?: boolean
}
/**
 * The k largest elements along `axis`, largest first (or the k smallest, smallest first), and their int32 indices; of equals those that
 * come first. NaN counts as ∞.
 */
export const topK = (x: Node, k: number, axis = -1, options: TopKOptions = {}): { values: Node; indices: Node } => {
  requireDType('topK', x.dtype, numericDTypes)
  const at = normalizeAxis('topK', axis, x.shape.length)
  if (!Number.isInteger(k) || k < 1 || k > x.shape[at]!) {
    throw new ArgumentError(
      `topK: k must be a whole number from 1 to ${x.shape[at]}, the size of axis ${at} of ${show(x.shape)}; got ${k}.`,
      { k },
    )
  }
  const indices = apply(rankOp, [x], { axis: at, k, descending: options.largest ?? true })
  return { values: takeAlongAxis(x, indices, at), indices }
}

type CumsumAttrs = { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean }
const cumsumOp: Op<CumsumAttrs> = {
  name: 'cumsum',
  formula: 'out[i] = Σ x[j], j ≤ i',
  infer: ([x]) => {
    requireDType('cumsum', x!.dtype, numericDTypes)
    return { shape: x!.shape, dtype: x!.dtype }
  },
  vjp: (g, _inputs, _out, attrs) => [apply(cumsumOp, [g], { ...attrs, reverse: !attrs.reverse })],
  batch: ([x], _batched, attrs) => apply(cumsumOp, [x!], { ...attrs, axis: attrs.axis + 1 }),
  kernel: ([x], out, { axis, exclusive, reverse }) => {
    const { outer, n, inner } = splitAt(x!.shape, axis)
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let total = 0
        for (let step = 0; step < n; step++) {
          const at = (o * n + (reverse ? n - 1 - step : step)) * inner + i
          const value = x!.data[at]!
          out.data[at] = exclusive ? total : total + value
          total += value
        }
      }
    }
  },
  lower: (b, [x], _out, { axis, exclusive, reverse }) =>
    b.op('CumSum', [x!.name, b.constant([axis], 'int64', [])], {
      exclusive: exclusive ? 1 : 0,
      reverse: reverse ? 1 : 0,
    }),
  checks: {
    samples: [
      { inputs: [{ shape: [3, 4] }], attrs: { axis: 1, exclusive: false, reverse: false } },
      { inputs: [{ shape: [3, 2] }], attrs: { axis: 0, exclusive: true, reverse: true } },
      {
        inputs: [{ shape: [5], dtype: 'int32', domain: [-9, 9] }],
        attrs: { axis: 0, exclusive: true, reverse: false },
      },
    ],
  },
}
export interface CumsumOptions {
  /** Leave out the element itself. Default false. */
  readonly exclusive?: boolean
  /** Sum from the end. Default false. */
  readonly reverse?: boolean
}
/** Running sum along an axis. */
export const cumsum = (x: Node, axis = -1, options: CumsumOptions = {}): Node =>
  apply(cumsumOp, [x], {
    axis: normalizeAxis('cumsum', axis, x.shape.length),
    exclusive: options.exclusive ?? false,
    reverse: options.reverse ?? false,
  })

export const sortingOps: readonly Op[] = [rankOp, cumsumOp] as unknown as readonly Op[]
