import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { checkShape, normalizeAxes, normalizeAxis, type Shape, show, stridesOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { apply, computeDType, requireSameDType } from './apply.ts'
import { requireFits } from './arithmetic.ts'
import { allBatched } from './batch-axes.ts'
import { broadcastTo, reshape } from './broadcast.ts'
import { splitAt, walk } from './walk.ts'

const concatOp: Op<{ axis: number }> = {
  name: 'concat',
  anyDType: true,
  formula: 'the inputs one after another along an axis',
  infer: (inputs, { axis }) => {
    const first = inputs[0]!
    let total = 0
    for (const [i, x] of inputs.entries()) {
      if (x.dtype !== first.dtype) {
        throw new DTypeError(
          `concat: dtypes differ: tensor 0 is ${first.dtype} and tensor ${i} is ${x.dtype}. Convert one with .to('${first.dtype}').`,
        )
      }
      if (x.shape.length !== first.shape.length || x.shape.some((n, a) => a !== axis && n !== first.shape[a])) {
        throw new ShapeError(
          `concat: tensor ${i} is ${show(x.shape)} and tensor 0 is ${show(first.shape)}. All axes but axis ${axis} must be equal.`,
          { first: first.shape, other: x.shape, axis },
        )
      }
      total += x.shape[axis]!
    }
    return { shape: first.shape.map((n, a) => (a === axis ? total : n)), dtype: first.dtype }
  },
  vjp: (g, inputs, _out, { axis }) => {
    let start = 0
    return inputs.map(x => {
      const end = start + x.shape[axis]!
      const part = sliceAxis(g, axis, start, end)
      start = end
      return part
    })
  },
  batch: (inputs, batched, { axis }) => apply(concatOp, allBatched(inputs, batched), { axis: axis + 1 }),
  kernel: (inputs, out, { axis }) => {
    const { outer, n, inner } = splitAt(out.shape, axis)
    let start = 0
    for (const x of inputs) {
      const rows = x.shape[axis]! * inner
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < rows; i++) out.data[o * n * inner + start + i] = x.data[o * rows + i]!
      }
      start += rows
    }
  },
  lower: (b, inputs, _out, { axis }) =>
    b.op(
      'Concat',
      inputs.map(x => x.name),
      { axis },
    ),
  checks: {
    samples: [
      { inputs: [{ shape: [2, 3] }, { shape: [2, 1] }, { shape: [2, 2] }], attrs: { axis: 1 } },
      { inputs: [{ shape: [1, 3] }, { shape: [0, 3] }], attrs: { axis: 0 } },
      {
        inputs: [
          { shape: [2], dtype: 'int32' },
          { shape: [3], dtype: 'int32' },
        ],
        attrs: { axis: 0 },
      },
    ],
  },
}
/** Joins tensors along an existing axis. */
export const concat = (inputs: readonly Node[], axis = 0): Node => {
  if (inputs.length === 0) throw new ArgumentError('concat: got no tensors. Pass at least one.')
  const at = normalizeAxis('concat', axis, inputs[0]!.shape.length)
  return inputs.length === 1 ? inputs[0]! : apply(concatOp, inputs, { axis: at })
}
/** Joins tensors of one shape along a new axis. */
export const stack = (inputs: readonly Node[], axis = 0): Node => {
  if (inputs.length === 0) throw new ArgumentError('stack: got no tensors. Pass at least one.')
  const first = inputs[0]!
  const other = inputs.find(x => x.shape.join() !== first.shape.join())
  if (other) {
    throw new ShapeError(
      `stack: shapes differ: ${show(first.shape)} and ${show(other.shape)}. All tensors must have one shape.`,
    )
  }
  const odd = inputs.find(x => x.dtype !== first.dtype)
  if (odd) requireSameDType('stack', first, odd)
  const at = normalizeAxis('stack', axis, first.shape.length + 1)
  return concat(
    inputs.map(x => expandDims(x, at)),
    at,
  )
}
/** A new axis of size 1 at `axis`. */
export const expandDims = (x: Node, axis: number): Node => {
  const at = normalizeAxis('expandDims', axis, x.shape.length + 1)
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}
/** Removes axes of size 1: those named, or all. */
export const squeeze = (x: Node, axes?: number | readonly number[]): Node => {
  const list =
    axes === undefined
      ? x.shape.flatMap((n, i) => (n === 1 ? [i] : []))
      : normalizeAxes('squeeze', axes, x.shape.length)
  const wide = list.find(a => x.shape[a] !== 1)
  if (wide !== undefined) {
    throw new ShapeError(
      `squeeze: axis ${wide} of ${show(x.shape)} has size ${x.shape[wide]}. Only axes of size 1 can be removed.`,
      {
        shape: x.shape,
        axis: wide,
      },
    )
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !list.includes(i)),
  )
}

type SliceAttrs = {
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  readonly steps: readonly number[]
}
const sliceOp: Op<SliceAttrs> = {
  name: 'slice',
  anyDType: true,
  formula: 'out[i] = x[start + i · step] along each axis',
  infer: ([x], { starts, ends, steps }) => ({
    shape: x!.shape.map((_, i) => Math.max(0, Math.ceil((ends[i]! - starts[i]!) / steps[i]!))),
    dtype: x!.dtype,
  }),
  vjp: (g, [x], out, attrs) => [unslice(g, x!.shape, out.shape, attrs)],
  batch: ([x], _batched, { starts, ends, steps }) =>
    apply(sliceOp, [x!], { starts: [0, ...starts], ends: [x!.shape[0]!, ...ends], steps: [1, ...steps] }),
  kernel: ([x], out, { starts, steps }) => {
    const strides = stridesOf(x!.shape)
    const base = starts.reduce((total, s, i) => total + s * strides[i]!, 0)
    walk(out.shape, [strides.map((s, i) => s * steps[i]!)], (offsets, i) => {
      out.data[i] = x!.data[base + offsets[0]!]!
    })
  },
  lower: (b, [x], _out, { starts, ends, steps }) => {
    const axes = starts.flatMap((_, i) => (starts[i] === 0 && ends[i] === x!.shape[i] && steps[i] === 1 ? [] : [i]))
    const pick = (values: readonly number[]): string => b.ints(axes.map(a => values[a]!))
    return b.op('Slice', [x!.name, pick(starts), pick(ends), b.ints(axes), pick(steps)])
  },
  checks: {
    samples: [
      { inputs: [{ shape: [4, 5] }], attrs: { starts: [1, 0], ends: [3, 5], steps: [1, 2] } },
      { inputs: [{ shape: [7] }], attrs: { starts: [1], ends: [7], steps: [3] } },
      { inputs: [{ shape: [3] }], attrs: { starts: [2], ends: [2], steps: [1] } },
      { inputs: [{ shape: [3, 2], dtype: 'bool' }], attrs: { starts: [1, 0], ends: [3, 2], steps: [1, 1] } },
    ],
  },
}
/** Puts a slice's cotangent back in place: between the elements of a stepped slice stand zeros. */
const unslice = (g: Node, shape: Shape, sliced: Shape, { starts, steps }: SliceAttrs): Node => {
  let x = g
  for (const [axis, step] of steps.entries()) {
    if (step === 1 || sliced[axis]! === 0) continue
    const spread = pad(
      expandDims(x, axis + 1),
      [...x.shape.map((_, i) => [0, i === axis ? step - 1 : 0] as const)].flatMap((p, i) =>
        i === axis ? [[0, 0] as const, p] : [p],
      ),
    )
    const size = x.shape[axis]! * step
    const flat = reshape(
      spread,
      x.shape.map((n, i) => (i === axis ? size : n)),
    )
    const room = shape[axis]! - starts[axis]!
    x = size > room ? sliceAxis(flat, axis, 0, room) : flat
  }
  return pad(
    x,
    shape.map((n, i) => [starts[i]!, n - starts[i]! - x.shape[i]!] as const),
  )
}
/** Positions `start` to `end` (exclusive) of one axis. */
export const sliceAxis = (x: Node, axis: number, start: number, end: number): Node => {
  if (start === 0 && end === x.shape[axis]) return x
  return apply(sliceOp, [x], {
    starts: x.shape.map((_, i) => (i === axis ? start : 0)),
    ends: x.shape.map((n, i) => (i === axis ? end : n)),
    steps: x.shape.map(() => 1),
  })
}

export interface SliceRange {
  readonly start?: number
  readonly end?: number
  readonly step?: number
}
/**
 * Part of a tensor, one range per leading axis, by Python's rules: negative positions count from the end, ranges are clipped,
 * a negative step walks backwards. A plain number picks one position and drops the axis.
 */
export const slice = (x: Node, ranges: readonly (SliceRange | number | null)[]): Node => {
  if (ranges.length > x.shape.length) {
    throw new ShapeError(`slice: got ${ranges.length} ranges for ${show(x.shape)}. Pass at most ${x.shape.length}.`, {
      shape: x.shape,
    })
  }
  const starts: number[] = []
  const ends: number[] = []
  const steps: number[] = []
  const backwards: number[] = []
  const dropped: number[] = []
  for (const [axis, n] of x.shape.entries()) {
    const range = ranges[axis] ?? {}
    if (typeof range === 'number') {
      starts.push(normalizePosition(range, axis, x.shape))
      ends.push(starts[axis]! + 1)
      steps.push(1)
      dropped.push(axis)
      continue
    }
    const step = range.step ?? 1
    if (!Number.isInteger(step) || step === 0)
      throw new ArgumentError(`slice: the step on axis ${axis} must be a whole number other than 0; got ${step}.`)
    for (const bound of [range.start, range.end]) {
      if (bound !== undefined && !Number.isInteger(bound))
        throw new ArgumentError(`slice: start and end on axis ${axis} must be whole numbers; got ${bound}.`)
    }
    const clip = (v: number, low: number, high: number): number => Math.min(Math.max(v < 0 ? v + n : v, low), high)
    if (step > 0) {
      const start = range.start === undefined ? 0 : clip(range.start, 0, n)
      const end = range.end === undefined ? n : clip(range.end, 0, n)
      starts.push(start)
      ends.push(Math.max(start, end))
      steps.push(step)
    } else {
      // The same positions seen from the other end: flip, then step forwards.
      const start = range.start === undefined ? n - 1 : clip(range.start, -1, n - 1)
      const end = range.end === undefined ? -1 : clip(range.end, -1, n - 1)
      backwards.push(axis)
      starts.push(n - 1 - start)
      ends.push(Math.max(n - 1 - start, n - 1 - end))
      steps.push(-step)
    }
  }
  const turned = backwards.length > 0 ? flip(x, backwards) : x
  const whole = starts.every((s, i) => s === 0 && ends[i] === x.shape[i] && steps[i] === 1)
  const part = whole ? turned : apply(sliceOp, [turned], { starts, ends, steps })
  return dropped.length > 0 ? squeeze(part, dropped) : part
}
const normalizePosition = (position: number, axis: number, shape: Shape): number => {
  const n = shape[axis]!
  if (!Number.isInteger(position) || position < -n || position >= n) {
    throw new ArgumentError(
      `slice: position ${position} does not exist on axis ${axis} of ${show(shape)}. ${n === 0 ? 'The axis has no positions.' : `Allowed: ${-n} to ${n - 1}.`}`,
      { position, axis },
    )
  }
  return position < 0 ? position + n : position
}
/** Cuts an axis into equal parts (a number) or parts of the given sizes. */
export const split = (x: Node, parts: number | readonly number[], axis = 0): Node[] => {
  const at = normalizeAxis('split', axis, x.shape.length)
  const n = x.shape[at]!
  if (typeof parts === 'number' && (!Number.isInteger(parts) || parts < 1 || n % parts !== 0)) {
    throw new ShapeError(
      `split: axis ${at} of ${show(x.shape)} has size ${n}, which ${parts} does not divide. Pass a divisor, or a list of sizes.`,
      { shape: x.shape, parts },
    )
  }
  const sizes = typeof parts === 'number' ? new Array<number>(parts).fill(n / parts) : parts
  checkShape('split', sizes)
  const total = sizes.reduce((a, b) => a + b, 0)
  if (total !== n) {
    throw new ShapeError(
      `split: sizes ${show(sizes)} add up to ${total}, but axis ${at} of ${show(x.shape)} has size ${n}. Both must be equal.`,
      { shape: x.shape, sizes },
    )
  }
  let start = 0
  return sizes.map(size => {
    start += size
    return sliceAxis(x, at, start - size, start)
  })
}

type PadAttrs = { readonly pads: readonly (readonly [number, number])[]; readonly value: number }
const padOp: Op<PadAttrs> = {
  name: 'pad',
  formula: 'x surrounded by a constant',
  infer: ([x], { pads, value }) => {
    requireFits('pad', value, x!.dtype)
    if (pads.length !== x!.shape.length || pads.flat().some(p => !Number.isInteger(p) || p < 0)) {
      throw new ArgumentError(
        `pad: ${JSON.stringify(pads)} does not fit ${show(x!.shape)}. Pass [before, after], whole numbers of at least 0, for each of the ${x!.shape.length} axes.`,
        { pads },
      )
    }
    return { shape: x!.shape.map((n, i) => n + pads[i]![0] + pads[i]![1]), dtype: x!.dtype }
  },
  vjp: (g, [x], _out, { pads }) => [
    slice(
      g,
      pads.map(([before], i) => ({ start: before, end: before + x!.shape[i]! })),
    ),
  ],
  sum: (a, b) => joinPadded(a, b),
  batch: ([x], _batched, { pads, value }) => pad(x!, [[0, 0], ...pads], value),
  kernel: ([x], out, { pads, value }) => {
    out.data.fill(value)
    const strides = stridesOf(out.shape)
    const base = pads.reduce((total, [before], i) => total + before * strides[i]!, 0)
    walk(x!.shape, [strides], (offsets, i) => {
      out.data[base + offsets[0]!] = x!.data[i]!
    })
  },
  lower: (b, [x], out, { pads, value }) => {
    const type = computeDType(out.dtype)
    const name = type === out.dtype ? x!.name : b.cast(x!.name, type)
    const padded = b.op('Pad', [
      name,
      b.ints([...pads.map(p => p[0]), ...pads.map(p => p[1])]),
      b.constant([value], type, []),
    ])
    return type === out.dtype ? padded : b.cast(padded, out.dtype)
  },
  checks: {
    samples: [
      {
        inputs: [{ shape: [2, 3] }],
        attrs: {
          pads: [
            [1, 0],
            [0, 2],
          ],
          value: 0,
        },
      },
      { inputs: [{ shape: [2] }], attrs: { pads: [[2, 1]], value: -1.5 } },
      {
        inputs: [{ shape: [0, 2] }],
        attrs: {
          pads: [
            [1, 1],
            [0, 0],
          ],
          value: 3,
        },
      },
      { inputs: [{ shape: [2], dtype: 'bool' }], attrs: { pads: [[1, 1]], value: 0 } },
    ],
  },
}
/** The parts that a concatenation along `axis` was made of. */
const partsAlong = (x: Node, axis: number): readonly Node[] =>
  x.op?.name === concatOp.name && x.attrs.axis === axis ? x.inputs : [x]
/** The sum of two paddings that lie side by side is their concatenation, padded: so the parts of a `split` find together again. */
const joinPadded = (a: Node, b: Node): Node | null => {
  const [p, q] = [a.attrs as PadAttrs, b.attrs as PadAttrs]
  const differing = p.pads.flatMap(([before, after], i) =>
    before === q.pads[i]![0] && after === q.pads[i]![1] ? [] : [i],
  )
  const [axis] = differing
  if (axis === undefined || differing.length > 1 || p.value !== 0 || q.value !== 0) return null
  const n = a.shape[axis]!
  if (p.pads[axis]![0] > q.pads[axis]![0]) return joinPadded(b, a)
  if (n - p.pads[axis]![1] !== q.pads[axis]![0]) return null
  const joined = concat([...partsAlong(a.inputs[0]!, axis), ...partsAlong(b.inputs[0]!, axis)], axis)
  return pad(
    joined,
    p.pads.map(([before, after], i) => (i === axis ? ([before, q.pads[i]![1]] as const) : ([before, after] as const))),
  )
}

/** Surrounds each axis with `[before, after]` copies of `value` (default 0). */
export const pad = (x: Node, pads: readonly (readonly [number, number])[], value = 0): Node =>
  pads.length === x.shape.length && pads.every(([a, b]) => a === 0 && b === 0)
    ? x
    : apply(padOp, [x], { pads: pads.map(([before, after]) => [before, after] as const), value })

const flipOp: Op<{ axes: readonly number[] }> = {
  name: 'flip',
  anyDType: true,
  formula: 'out[i] = x[n − 1 − i] along the axes',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  vjp: (g, _inputs, _out, { axes }) => [flip(g, axes)],
  batch: ([x], _batched, { axes }) =>
    flip(
      x!,
      axes.map(a => a + 1),
    ),
  kernel: ([x], out, { axes }) => {
    const strides = stridesOf(x!.shape)
    const base = axes.reduce((total, a) => total + Math.max(x!.shape[a]! - 1, 0) * strides[a]!, 0)
    walk(out.shape, [strides.map((s, i) => (axes.includes(i) ? -s : s))], (offsets, i) => {
      out.data[i] = x!.data[base + offsets[0]!]!
    })
  },
  lower: (b, [x], _out, { axes }) => {
    const all = (v: number): string => b.ints(axes.map(() => v))
    return b.op('Slice', [x!.name, all(-1), all(-(2 ** 31)), b.ints(axes), all(-1)])
  },
  checks: {
    samples: [
      { inputs: [{ shape: [2, 3] }], attrs: { axes: [1] } },
      { inputs: [{ shape: [2, 3, 2] }], attrs: { axes: [0, 2] } },
      { inputs: [{ shape: [3], dtype: 'int32' }], attrs: { axes: [0] } },
    ],
  },
}
/** Reverses the order along axes (all by default). */
export const flip = (x: Node, axes?: number | readonly number[]): Node => {
  const list = normalizeAxes('flip', axes, x.shape.length)
  return list.length === 0 ? x : apply(flipOp, [x], { axes: list })
}
/** Repeats the whole tensor `repeats[i]` times along axis i (NumPy's `tile`, PyTorch's `repeat`). */
export const repeat = (x: Node, repeats: readonly number[]): Node => {
  if (repeats.length < x.shape.length || repeats.some(r => !Number.isInteger(r) || r < 0)) {
    throw new ArgumentError(
      `repeat: ${show(repeats)} does not fit ${show(x.shape)}. Pass a whole number of at least 0 for each axis.`,
      { repeats, shape: x.shape },
    )
  }
  const shape = [...new Array<number>(repeats.length - x.shape.length).fill(1), ...x.shape]
  const interleaved = shape.flatMap(n => [1, n])
  const wide = shape.flatMap((n, i) => [repeats[i]!, n])
  return reshape(
    broadcastTo(reshape(x, interleaved), wide),
    shape.map((n, i) => n * repeats[i]!),
  )
}

export const movementOps: readonly Op[] = [concatOp, sliceOp, padOp, flipOp] as unknown as readonly Op[]
