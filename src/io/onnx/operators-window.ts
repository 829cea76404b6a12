import { type Shape, show, sizeOf, stridesOf } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import { silu } from '../../ops/activation.ts'
import * as ar from '../../ops/arithmetic.ts'
import { broadcastTo, reshape, sum } from '../../ops/broadcast.ts'
import { convolution, convolutionTranspose } from '../../ops/convolution.ts'
import { fold } from '../../ops/image.ts'
import * as mt from '../../ops/math.ts'
import { concat, pad, slice } from '../../ops/movement.ts'
import { averagePool, lpPool, maxPool, maxPoolWithIndices } from '../../ops/pooling.ts'
import * as rd from '../../ops/reduce.ts'
import { scatterAlongAxis } from '../../ops/scatter.ts'
import { extentOf, type Pair } from '../../ops/window.ts'
import type { Call, Operator, Operators } from './call.ts'
import { alongAxis, num, upTo } from './nodes.ts'
import { autoPads, padPairs, perSpatialAxis, windowOf } from './window.ts'

/** The convolution that a node describes, of inputs that it may have changed before. */
export const convolve = (call: Call, x: Node, w: Node, bias: Node | null): Node => {
  const kernel = call.ints('kernel_shape', w.shape.slice(2))
  if (kernel.join() !== w.shape.slice(2).join())
    call.fail(`has kernel_shape ${show(kernel)} for weights ${show(w.shape)}`, 'Both must agree.')
  const { stride, dilation, padding } = windowOf(call, x.shape.slice(2), kernel)
  return convolution(x, w, { stride, dilation, padding, groups: call.int('group', 1), ...(bias && { bias }) })
}

const conv: Operator = call => convolve(call, call.input(0), call.input(1), call.optional(2))

/** What a transposed convolution's result starts at, and its size, on each axis of the result without padding. */
const transposedFrame = (
  call: Call,
  spatial: Shape,
  full: Shape,
  stride: readonly number[],
): { starts: number[]; size: number[] } => {
  const ndim = spatial.length
  const extra = perSpatialAxis(call, 'output_padding', ndim, 0, 0)
  const auto = call.choice('auto_pad', autoPads, 'NOTSET')
  const target = call.has('output_shape')
    ? call.ints('output_shape').slice(-ndim)
    : auto === 'SAME_UPPER' || auto === 'SAME_LOWER'
      ? spatial.map((n, i) => n * stride[i]!)
      : null
  if (target) {
    const over = target.map((m, i) => Math.max(full[i]! + extra[i]! - m, 0))
    return { starts: over.map(n => (auto === 'SAME_UPPER' ? Math.floor(n / 2) : Math.ceil(n / 2))), size: [...target] }
  }
  const pads: Pair[] = auto === 'VALID' ? spatial.map(() => [0, 0]) : padPairs(call, ndim)
  return { starts: pads.map(p => p[0]), size: full.map((n, i) => n + extra[i]! - pads[i]![0] - pads[i]![1]) }
}

/** A part of `x` along its spatial axes; what lies beyond its end is zero. */
const framed = (x: Node, starts: readonly number[], size: readonly number[]): Node => {
  const inside = slice(x, [null, null, ...starts.map((s, i) => ({ start: s, end: s + size[i]! }))])
  return pad(
    inside,
    inside.shape.map((n, i): Pair => [0, i < 2 ? 0 : Math.max(size[i - 2]! - n, 0)]),
  )
}

const convTranspose: Operator = call => {
  const [x, w, bias] = [call.input(0), call.input(1), call.optional(2)]
  const spatial = x.shape.slice(2)
  const kernel = call.ints('kernel_shape', w.shape.slice(2))
  const stride = perSpatialAxis(call, 'strides', spatial.length, 1)
  const dilation = perSpatialAxis(call, 'dilations', spatial.length, 1)
  const full = spatial.map((n, i) => (n - 1) * stride[i]! + extentOf(kernel[i] ?? 1, dilation[i]!))
  const { starts, size } = transposedFrame(call, spatial, full, stride)
  if (size.some(n => n < 1)) call.fail(`has a result of spatial sizes ${show(size)}`, 'Each must be at least 1.')
  const y = framed(convolutionTranspose(x, w, { stride, dilation, groups: call.int('group', 1) }), starts, size)
  return bias ? ar.add(y, alongAxis(bias, 1, y.shape.length)) : y
}

const poolOptions = (call: Call, x: Node) => {
  const window = windowOf(call, x.shape.slice(2), call.ints('kernel_shape'))
  return { ...window, ceilMode: call.flag('ceil_mode') && call.choice('auto_pad', autoPads, 'NOTSET') !== 'SAME_UPPER' }
}

/** Offsets in a plane, row-major, as offsets in the whole tensor, where the plane's axes may count the other way round. */
const wholeOffsets = (indices: Node, plane: Shape, columns: boolean): Node => {
  const wide = ar.cast(indices, 'int64')
  let within = wide
  if (columns) {
    const strides = stridesOf(plane)
    const turned = stridesOf([...plane].reverse()).reverse()
    let rest = wide
    within = ar.mul(wide, num(0, wide))
    for (const [i, n] of strides.entries()) {
      const at = ar.cast(mt.floor(ar.div(ar.cast(rest, 'float64'), ar.constant(n, 'float64'))), 'int64')
      rest = ar.sub(rest, ar.mul(at, num(n, at)))
      within = ar.add(within, ar.mul(at, num(turned[i]!, at)))
    }
  }
  const [n, c] = indices.shape as readonly [number, number]
  const starts = reshape(ar.arange(n * c, 'int64', 0, sizeOf(plane)), [n, c, ...plane.map(() => 1)])
  return ar.add(within, starts)
}

const maxPooling: Operator = call => {
  const x = call.input(0)
  const options = poolOptions(call, x)
  if (!call.wants(1)) return maxPool(x, options)
  const { values, indices } = maxPoolWithIndices(x, options)
  return [values, wholeOffsets(indices, x.shape.slice(2), call.int('storage_order', 0) === 1)]
}

const averagePooling: Operator = call => {
  const x = call.input(0)
  return averagePool(x, { ...poolOptions(call, x), countIncludePad: call.flag('count_include_pad') })
}

/** The order of a norm, which was a float at first. */
const orderOf = (call: Call): number => (call.version < 2 ? call.float('p', 2) : call.int('p', 2))

const lpPooling: Operator = call => {
  const x = call.input(0)
  return lpPool(x, { ...poolOptions(call, x), p: orderOf(call) })
}

/** A reduction of all spatial axes. */
const global =
  (f: (x: Node, axes: number[]) => Node): Operator =>
  call => {
    const x = call.input(0)
    return f(x, upTo(x.shape.length).slice(2))
  }

const globalLp: Operator = call => {
  const p = orderOf(call)
  return global((x, axes) => {
    const powers = ar.pow(mt.abs(x), num(p, x))
    return ar.pow(sum(powers, axes, { keepDims: true }), num(1 / p, x))
  })(call)
}

/** Values put back to where a pooling took them from; the indices count through the whole tensor that was pooled. */
const maxUnpooling: Operator = call => {
  const [x, indices] = [call.input(0), call.input(1)]
  const kernel = call.ints('kernel_shape')
  const ndim = kernel.length
  if (x.shape.length !== ndim + 2)
    call.fail(`takes ${show(x.shape)} with a kernel of ${show(kernel)}`, 'They must have as many spatial axes.')
  const stride = perSpatialAxis(call, 'strides', ndim, 1)
  const pads = padPairs(call, ndim)
  const pooled = x.shape.slice(2).map((n, i) => (n - 1) * stride[i]! + kernel[i]! - pads[i]![0] - pads[i]![1])
  const shape = [...x.shape.slice(0, 2), ...pooled]
  if (shape.some(n => n < 1)) call.fail(`unpools to ${show(shape)}`, 'Each size must be at least 1.')
  const zeros = broadcastTo(num(0, x), [sizeOf(shape)])
  const flat = scatterAlongAxis(zeros, reshape(indices, [-1]), reshape(x, [-1]), 0, 'none')
  const target = call.values(2, null)
  const y = reshape(flat, shape)
  return target
    ? framed(
        y,
        pooled.map(() => 0),
        target.slice(2),
      )
    : y
}

/** Columns added back to an image, whose block may have any number of axes. */
const col2im: Operator = call => {
  const [size, kernelSize] = [call.values(1), call.values(2)]
  const ndim = size.length
  const stride = perSpatialAxis(call, 'strides', ndim, 1)
  const dilation = perSpatialAxis(call, 'dilations', ndim, 1)
  return fold(call.input(0), { kernelSize, size, stride, dilation, padding: padPairs(call, ndim) })
}

/** A depthwise convolution of each position with those before it; the last ones are kept for the next call. */
const causalConv: Operator = call => {
  const [x, w, bias, past] = [call.input(0), call.input(1), call.optional(2), call.optional(3)]
  const [n, c] = x.shape as readonly [number, number]
  const k = w.shape[2] ?? 1
  const before = past ?? broadcastTo(num(0, x), [n, c, k - 1])
  const padded = k > 1 ? concat([before, x], 2) : x
  const y = convolution(padded, w, { groups: c, ...(bias && { bias }) })
  const activation = call.choice('activation', ['none', 'silu', 'swish'], 'none')
  const length = padded.shape[2]!
  return [activation === 'none' ? y : silu(y), slice(padded, [null, null, { start: length - k + 1, end: length }])]
}

export const windowOperators: Operators = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPooling,
  AveragePool: averagePooling,
  LpPool: lpPooling,
  GlobalMaxPool: global((x, axes) => rd.max(x, axes, { keepDims: true })),
  GlobalAveragePool: global((x, axes) => rd.mean(x, axes, { keepDims: true })),
  GlobalLpPool: globalLp,
  MaxUnpool: maxUnpooling,
  Col2Im: col2im,
  CausalConvWithState: causalConv,
}
