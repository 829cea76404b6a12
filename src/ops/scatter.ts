import { isFloat, numericDTypes } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { normalizeAxis, sameShape, show, sizeOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { arange, cast, constant, div, equal, fullLike, mul, where } from './arithmetic.ts'
import { apply, requireDType, requireSameDType } from './apply.ts'
import { allBatched } from './batch-axes.ts'
import { broadcastTo, reshape } from './broadcast.ts'
import { requireAligned, scatterAdd, scatterAddAlongAxis, takeAlongAxis, visitAlong } from './indexing.ts'

/** What becomes of an update and the element at its place. */
export type ScatterReduction = 'none' | 'add' | 'mul' | 'max' | 'min'
type Reducing = Exclude<ScatterReduction, 'add'>
type ScatterAttrs = { readonly axis: number; readonly reduction: Reducing }

const combine: Readonly<Record<Reducing, (a: number, update: number) => number>> = {
  none: (_, update) => update,
  mul: (a, update) => a * update,
  max: Math.max,
  min: Math.min,
}

type ScatterVjp = (g: Node, inputs: readonly Node[], out: Node, axis: number) => readonly [Node, null, Node]

/** Of several updates of one place the last stays: it alone has a gradient. */
const overwriteVjp: ScatterVjp = (g, [x, indices, updates], _out, axis) => {
  const order = reshape(arange(sizeOf(indices!.shape), 'int32'), indices!.shape)
  const places = broadcastTo(constant(0, 'int32'), x!.shape)
  const last = takeAlongAxis(scatterAlongAxis(places, indices!, order, axis, 'none'), indices!, axis)
  const zero = constant(0, g.dtype)
  return [
    scatterAlongAxis(g, indices!, fullLike(updates!, 0), axis, 'none'),
    null,
    where(equal(last, order), takeAlongAxis(g, indices!, axis), zero),
  ]
}

/** The product of the others at a place, without dividing by zero: with one zero only that factor has a gradient, with two none has. */
const productVjp: ScatterVjp = (g, [x, indices, updates], _out, axis) => {
  const [zero, one] = [constant(0, g.dtype), constant(1, g.dtype)]
  const isZero = (t: Node): Node => equal(t, zero)
  const safe = (t: Node): Node => where(isZero(t), one, t)
  const product = scatterAlongAxis(safe(x!), indices!, safe(updates!), axis, 'mul')
  const zeros = scatterAddAlongAxis(cast(isZero(x!), g.dtype), indices!, cast(isZero(updates!), g.dtype), axis)
  const others = (factor: Node, whole: Node, count: Node): Node => {
    const clear = where(equal(count, zero), div(whole, safe(factor)), zero)
    return where(isZero(factor), where(equal(count, one), whole, zero), clear)
  }
  const at = (t: Node): Node => takeAlongAxis(t, indices!, axis)
  return [mul(g, others(x!, product, zeros)), null, mul(at(g), others(updates!, at(product), at(zeros)))]
}

/** The cotangent of an extremum, shared equally among the elements that attain it. */
const extremumVjp: ScatterVjp = (g, [x, indices, updates], out, axis) => {
  const at = (t: Node): Node => takeAlongAxis(t, indices!, axis)
  const held = cast(equal(x!, out), g.dtype)
  const hit = cast(equal(updates!, at(out)), g.dtype)
  // NaN attains nothing: nothing is shared there.
  const count = scatterAddAlongAxis(held, indices!, hit, axis)
  const share = div(g, where(equal(count, constant(0, g.dtype)), constant(1, g.dtype), count))
  return [mul(share, held), null, mul(at(share), hit)]
}

const vjps: Readonly<Record<Reducing, ScatterVjp>> = {
  none: overwriteVjp,
  mul: productVjp,
  max: extremumVjp,
  min: extremumVjp,
}

const scatterSamples = (['none', 'mul', 'max', 'min'] as const).flatMap(reduction => [
  {
    inputs: [
      { shape: [3, 4], distinct: true },
      { shape: [3, 6], dtype: 'int32' as const, domain: [-4, 3] as const },
      { shape: [3, 6], distinct: true },
    ],
    attrs: { axis: 1, reduction },
  },
  {
    inputs: [
      { shape: [3, 2], distinct: true },
      { shape: [2, 2], dtype: 'int64' as const, domain: [0, 2] as const },
      { shape: [2, 2], distinct: true },
    ],
    attrs: { axis: 0, reduction },
  },
])

const scatterOp: Op<ScatterAttrs> = {
  name: 'scatterAlongAxis',
  formula:
    'out = x; out[..., indices[..., i, ...], ...] = updates[..., i, ...], or its product or extremum with what is there',
  infer: ([x, indices, updates], { axis, reduction }) => {
    requireAligned('scatterAlongAxis', x!, indices!, axis)
    requireSameDType('scatterAlongAxis', x!, updates!)
    if (reduction !== 'none') requireDType('scatterAlongAxis', x!.dtype, numericDTypes)
    if (!sameShape(indices!.shape, updates!.shape)) {
      throw new ShapeError(
        `scatterAlongAxis: updates are ${show(updates!.shape)} and indices ${show(indices!.shape)}. They must have one shape.`,
        { updates: updates!.shape, indices: indices!.shape },
      )
    }
    return { shape: x!.shape, dtype: x!.dtype }
  },
  vjp: (g, inputs, out, { axis, reduction }) => vjps[reduction](g, inputs, out, axis),
  kernel: ([x, indices, updates], out, { axis, reduction }) => {
    out.data.set(x!.data)
    visitAlong('scatterAlongAxis', x!.shape, indices!, axis, (at, i) => {
      out.data[at] = combine[reduction](out.data[at]!, updates!.data[i]!)
    })
  },
  batch: (inputs, batched, { axis, reduction }) =>
    apply(scatterOp, allBatched(inputs, batched), { axis: axis + 1, reduction }),
  lower: (b, [x, indices, updates], out, { axis, reduction }) => {
    if (sizeOf(indices!.shape) === 0) return x!.name
    const scatter = (to: string, from: string): string =>
      b.op('ScatterElements', [to, indices!.name, from], { axis, reduction })
    const result = scatter(x!.name, updates!.name)
    if ((reduction !== 'max' && reduction !== 'min') || !isFloat(out.dtype)) return result
    // ONNX Runtime's extrema drop a NaN or keep it depending on where it stands.
    const isLost = (name: string): string => b.cast(b.op('IsNaN', [name]), 'int32')
    const lost = b.op('ScatterElements', [isLost(x!.name), indices!.name, isLost(updates!.name)], {
      axis,
      reduction: 'max',
    })
    return b.op('Where', [b.cast(lost, 'bool'), b.constant([Number.NaN], out.dtype, []), result])
  },
  checks: { samples: scatterSamples },
}

/**
 * Puts each update at its index along `axis` (PyTorch's `scatter` and `scatter_reduce`, ONNX's `ScatterElements`), or combines it with
 * the element there. With `none` the last update of a place stays, and it alone has a gradient; ties of extrema share theirs.
 */
export const scatterAlongAxis = (
  x: Node,
  indices: Node,
  updates: Node,
  axis = -1,
  reduction: ScatterReduction = 'none',
): Node => {
  if (reduction === 'add') return scatterAddAlongAxis(x, indices, updates, axis)
  return apply(scatterOp, [x, indices, updates], {
    axis: normalizeAxis('scatterAlongAxis', axis, x.shape.length),
    reduction,
  })
}

/** Updates `[K, ...rest]` put at the rows `[K]` of x `[N, ...rest]`. */
export const scatterRows = (x: Node, rows: Node, updates: Node, reduction: ScatterReduction): Node => {
  if (reduction === 'add') return scatterAdd(x, rows, updates, 0)
  const [count, ...rest] = updates.shape as [number, ...number[]]
  const spread = broadcastTo(reshape(rows, [count, ...rest.map(() => 1)]), updates.shape)
  return scatterAlongAxis(x, spread, updates, 0, reduction)
}

export const scatterOps: readonly Op[] = [scatterOp] as unknown as readonly Op[]
