import { FormatError } from '../../core/errors.ts'
import { normalizeAxis, type Shape, show, sizeOf } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { broadcastTo, reshape, transpose } from '../../ops/broadcast.ts'
import { type BlockOrder, depthToSpace, spaceToDepth } from '../../ops/image.ts'
import { concat, pad, repeat, type SliceRange, slice, split, squeeze } from '../../ops/movement.ts'
import type { Call, Operator, Operators } from './call.ts'
import { held, heldArray, int64s } from './known.ts'
import { axesOf, list, upTo } from './nodes.ts'

const shapeOf: Operator = call => {
  const { shape } = call.input(0)
  const end = call.has('end') ? call.int('end') : shape.length
  return int64s(shape.slice(call.int('start', 0), end))
}

const reshapeTo: Operator = call => {
  const x = call.input(0)
  const target = list(call, 'shape', 1, 5) ?? call.fail('has no shape', 'It must be given.')
  const keepZeros = call.flag('allowzero')
  return reshape(
    x,
    target.map((n, i) => (n === 0 && !keepZeros ? (x.shape[i] ?? 0) : n)),
  )
}

const flatten: Operator = call => {
  const x = call.input(0)
  const given = call.int('axis', 1)
  const axis = given < 0 ? given + x.shape.length : given
  if (axis < 0 || axis > x.shape.length)
    call.fail(`has axis ${given}`, `Allowed for ${show(x.shape)} is up to ${x.shape.length}.`)
  return reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])
}

const squeezeAxes: Operator = call => {
  const x = call.input(0)
  const axes = list(call, 'axes', 1, 13)
  return squeeze(x, axes ?? x.shape.flatMap((n, i) => (n === 1 ? [i] : [])))
}
const unsqueeze: Operator = call => {
  const x = call.input(0)
  const axes = list(call, 'axes', 1, 13) ?? call.fail('has no axes', 'They must be given.')
  const ndim = x.shape.length + axes.length
  const added = new Set(axesOf(axes, ndim, 'unsqueeze'))
  if (added.size < axes.length) call.fail(`has axes ${show(axes)}`, 'Each must be named once.')
  let next = 0
  return reshape(
    x,
    upTo(ndim).map(i => (added.has(i) ? 1 : x.shape[next++]!)),
  )
}

const sliceOf: Operator = call => {
  const x = call.input(0)
  const old = call.version < 10
  const starts = old ? call.ints('starts') : call.values(1)
  const ends = old ? call.ints('ends') : call.values(2)
  const axes = (old ? (call.has('axes') ? call.ints('axes') : null) : call.values(3, null)) ?? upTo(starts.length)
  const steps = old
    ? starts.map(() => 1)
    : call.values(
        4,
        starts.map(() => 1),
      )
  if ([ends, axes, steps].some(l => l.length !== starts.length)) {
    call.fail(
      `has ${starts.length} starts, ${ends.length} ends, ${axes.length} axes and ${steps.length} steps`,
      'They must be as many.',
    )
  }
  const ranges = new Array<SliceRange | null>(x.shape.length).fill(null)
  for (const [i, axis] of axesOf(axes, x.shape.length, 'slice').entries())
    ranges[axis] = { start: starts[i]!, end: ends[i]!, step: steps[i]! }
  return slice(x, ranges)
}

const splitInto: Operator = call => {
  const x = call.input(0)
  const axis = normalizeAxis('split', call.int('axis', 0), x.shape.length)
  const n = x.shape[axis]!
  const given = call.version < 13 && call.has('split') ? call.ints('split') : call.values(1, null)
  if (given) return split(x, given, axis)
  const parts = call.int('num_outputs', call.proto.outputs.length)
  if (parts < 1 || parts > call.proto.outputs.length)
    call.fail(`is to give ${parts} parts`, `It has ${call.proto.outputs.length} outputs.`)
  const size = Math.ceil(n / parts)
  // All parts are equal but the last, which takes what is left.
  return split(
    x,
    upTo(parts).map(i => Math.max(0, Math.min(size, n - i * size))),
    axis,
  )
}

const tile: Operator = call => {
  const x = call.input(0)
  if (call.version >= 6) return repeat(x, call.values(1))
  const axis = call.number(2)
  return repeat(
    x,
    x.shape.map((_, i) => (i === axis ? call.number(1) : 1)),
  )
}

const expand: Operator = call => {
  const x = call.input(0)
  const target = call.values(1)
  const ndim = Math.max(target.length, x.shape.length)
  const at = (shape: Shape, i: number): number => shape[shape.length - ndim + i] ?? 1
  return broadcastTo(
    x,
    upTo(ndim).map(i => (at(target, i) === 1 ? at(x.shape, i) : at(target, i))),
  )
}

const constantOfShape: Operator = call => {
  const shape = call.values(0)
  if (!call.has('value')) return broadcastTo(ar.constant(0, 'float32'), shape)
  const { data, dtype } = call.tensor('value')
  if (data.length !== 1) call.fail(`has a value of ${data.length} elements`, 'Exactly one was expected.')
  return broadcastTo(heldArray(data, [], dtype), shape)
}

const constantOf: Operator = call => {
  if (call.has('value')) {
    const { data, shape, dtype } = call.tensor('value')
    return heldArray(data, shape, dtype)
  }
  if (call.has('value_float')) return held([call.float('value_float')], [], 'float32')
  if (call.has('value_floats'))
    return held(call.floats('value_floats'), [call.floats('value_floats').length], 'float32')
  if (call.has('value_int')) return held([call.int('value_int')], [], 'int64')
  if (call.has('value_ints')) return int64s(call.ints('value_ints'))
  throw new FormatError(`importOnnx: ${call.label} has no value that is supported. Expected is a tensor or numbers.`)
}

const range: Operator = call => {
  const [start, limit, delta] = [call.number(0), call.number(1), call.number(2)]
  const size = Math.max(0, Math.ceil((limit - start) / delta))
  if (!Number.isSafeInteger(size)) call.fail(`counts from ${start} to ${limit} by ${delta}`, 'That has no end.')
  return ar.arange(size, call.input(0).dtype, start, delta)
}

const depthOrSpace =
  (f: (x: Node, size: number, order: BlockOrder) => Node): Operator =>
  call => {
    const order = call.choice('mode', ['DCR', 'CRD'], 'DCR')
    return f(call.input(0), call.int('blocksize'), order)
  }

const centerCropPad: Operator = call => {
  const x = call.input(0)
  const ndim = x.shape.length
  const axes = axesOf(call.ints('axes', upTo(ndim)), ndim, 'centerCropPad')
  const target = call.values(1)
  if (target.length !== axes.length)
    call.fail(`has ${target.length} sizes for ${axes.length} axes`, 'They must be as many.')
  const ranges = new Array<SliceRange | null>(ndim).fill(null)
  const pads: [number, number][] = x.shape.map(() => [0, 0])
  for (const [i, axis] of axes.entries()) {
    const [n, m] = [x.shape[axis]!, target[i]!]
    const start = Math.floor(Math.abs(n - m) / 2)
    if (m < n) ranges[axis] = { start, end: start + m }
    else pads[axis] = [start, m - n - start]
  }
  return pad(slice(x, ranges), pads)
}

export const shapeOperators: Operators = {
  Shape: shapeOf,
  Size: call => held([sizeOf(call.input(0).shape)], [], 'int64'),
  Reshape: reshapeTo,
  Flatten: flatten,
  Squeeze: squeezeAxes,
  Unsqueeze: unsqueeze,
  Transpose: call => {
    const x = call.input(0)
    return transpose(x, call.has('perm') ? call.ints('perm') : upTo(x.shape.length).reverse())
  },
  Concat: call => concat(call.all(), call.int('axis', call.version < 4 ? 1 : undefined)),
  Slice: sliceOf,
  Split: splitInto,
  Tile: tile,
  Expand: expand,
  Constant: constantOf,
  ConstantOfShape: constantOfShape,
  Range: range,
  Cast: call => ar.cast(call.input(0), castTarget(call)),
  CastLike: call => ar.cast(call.input(0), call.input(1).dtype),
  DepthToSpace: depthOrSpace(depthToSpace),
  SpaceToDepth: depthOrSpace(spaceToDepth),
  CenterCropPad: centerCropPad,
}

/** Before opset 6 the target was named by its word. */
const castTarget = (call: Call): ReturnType<Call['dtype']> => {
  if (call.version >= 6) return call.dtype('to')
  const words = {
    FLOAT: 'float32',
    DOUBLE: 'float64',
    FLOAT16: 'float16',
    BOOL: 'bool',
    INT8: 'int8',
    INT16: 'int16',
  } as const
  const more = {
    INT32: 'int32',
    INT64: 'int64',
    UINT8: 'uint8',
    UINT16: 'uint16',
    UINT32: 'uint32',
    UINT64: 'uint64',
  } as const
  const all = { ...words, ...more }
  return all[call.choice('to', Object.keys(all) as (keyof typeof all)[], 'FLOAT')]
}
