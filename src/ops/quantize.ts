import { type DType, floatDTypes, integerDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { normalizeAxis, sameShape, type Shape, show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { add, cast, constant, div, lessEqual, logicalAnd, mul, ranges, sub, where } from './arithmetic.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { broadcastTo, reshape } from './broadcast.ts'
import { round } from './math.ts'
import { sliceAxis } from './movement.ts'
import { stopGradient } from './reduce.ts'
import { clamp } from './rounding.ts'

/** Integers that floats are quantised to. */
export type QuantizedDType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'int32'
const quantizedDTypes: readonly DType[] = ['uint8', 'int8', 'uint16', 'int16', 'int32']

export interface QuantizeLayout {
  /** The axis that a scale `[n]` belongs to, or that is cut into blocks. Default 1 (ONNX's), or 0 of a vector. */
  readonly axis?: number
  /** Elements of the axis that share a scale; the last block may be shorter. Default: none, a scale of one axis belongs to the axis. */
  readonly blockSize?: number
}
export interface QuantizeOptions extends QuantizeLayout {
  /** Default `uint8`. */
  readonly dtype?: QuantizedDType
}

const requireIntegers = (where: string, dtype: DType): void => requireDType(where, dtype, quantizedDTypes)

/** A scale or zero point in a shape that broadcasts to x: a scalar, `[n]` on an axis, or one for each block of it. */
const spread = (where: string, name: string, p: Node, x: Shape, layout: QuantizeLayout): Node => {
  if (p.shape.length === 0) return p
  const axis = normalizeAxis(where, layout.axis ?? Math.min(1, x.length - 1), x.length)
  const n = x[axis]!
  const { blockSize } = layout
  if (blockSize !== undefined) {
    if (!Number.isInteger(blockSize) || blockSize < 1)
      throw new ArgumentError(`${where}: blockSize must be a whole number of at least 1; got ${blockSize}.`, {
        blockSize,
      })
    const expected = x.map((m, i) => (i === axis ? Math.ceil(n / blockSize) : m))
    requireShape(where, name, p, expected, x)
    const blocks = reshape(p, [...expected.slice(0, axis + 1), 1, ...expected.slice(axis + 1)])
    const wide = [...expected.slice(0, axis + 1), blockSize, ...expected.slice(axis + 1)]
    const long = expected.map((m, i) => (i === axis ? m * blockSize : m))
    return sliceAxis(reshape(broadcastTo(blocks, wide), long), axis, 0, n)
  }
  requireShape(where, name, p, [n], x)
  return reshape(
    p,
    x.map((m, i) => (i === axis ? m : 1)),
  )
}
const requireShape = (where: string, name: string, p: Node, expected: Shape, x: Shape): void => {
  if (sameShape(p.shape, expected)) return
  throw new ShapeError(
    `${where}: the ${name} is ${show(p.shape)} and x ${show(x)}. Expected a scalar, or ${show(expected)} on this axis with this block size.`,
    { got: p.shape, expected },
  )
}

interface Steps {
  readonly scale: Node
  /** In the scale's dtype; null is 0. */
  readonly zeroPoint: Node | null
}
const stepsOf = (where: string, x: Shape, scale: Node, zeroPoint: Node | null, layout: QuantizeLayout): Steps => {
  requireDType(where, scale.dtype, floatDTypes)
  return {
    scale: spread(where, 'scale', scale, x, layout),
    zeroPoint: zeroPoint && spread(where, 'zero point', cast(zeroPoint, scale.dtype), x, layout),
  }
}
const shifted = (x: Node, zeroPoint: Node | null): Node => (zeroPoint ? add(x, zeroPoint) : x)

/** The largest float32 below 2³¹: the bound itself would round up beyond int32. */
const largestInt32 = 2 ** 31 - 128
const boundsOf = (dtype: DType, of: DType): readonly [number, number] => {
  const [low, high] = ranges[dtype]!
  return dtype === 'int32' && of !== 'float64' ? [low, largestInt32] : [low, high]
}

const targetDType = (where: string, zeroPoint: Node | null, target: QuantizedDType = 'uint8'): DType => {
  requireIntegers(where, target)
  if (zeroPoint && zeroPoint.dtype !== target) {
    throw new ArgumentError(
      `${where}: the zero point is ${zeroPoint.dtype} and the result ${target}. Both must have one dtype: convert the zero point.`,
      { zeroPoint: zeroPoint.dtype, dtype: target },
    )
  }
  return target
}

/**
 * round(x / scale) + zeroPoint, halves to even, kept within the range of the integers (ONNX's `QuantizeLinear`). No gradient passes.
 *
 * **Shape** x: `[...]`, scale and zeroPoint: `[]`, `[n]` along `axis`, or x's with `axis` divided by `blockSize` → that of x.
 */
export const quantize = (x: Node, scale: Node, zeroPoint: Node | null = null, options: QuantizeOptions = {}): Node => {
  requireDType('quantize', x.dtype, floatDTypes)
  requireSameDType('quantize', x, scale)
  const target = targetDType('quantize', zeroPoint, options.dtype)
  const steps = stepsOf('quantize', x.shape, scale, zeroPoint, options)
  const [min, max] = boundsOf(target, x.dtype)
  return cast(clamp(shifted(round(div(x, steps.scale)), steps.zeroPoint), { min, max }), target)
}

/** (q − zeroPoint) · scale, in the scale's dtype (ONNX's `DequantizeLinear`). Differentiable by the scale. */
export const dequantize = (q: Node, scale: Node, zeroPoint: Node | null = null, options: QuantizeLayout = {}): Node => {
  requireDType('dequantize', q.dtype, integerDTypes)
  if (zeroPoint) requireSameDType('dequantize', q, zeroPoint)
  const steps = stepsOf('dequantize', q.shape, scale, zeroPoint, options)
  const real = cast(q, scale.dtype)
  return mul(steps.zeroPoint ? sub(real, steps.zeroPoint) : real, steps.scale)
}

/**
 * x as it comes back from `quantize` and `dequantize`, for training. The gradient passes straight through rounding, and is 0 where x is
 * outside the range of the integers. None flows to the scale.
 *
 * Source: Bengio, Léonard & Courville 2013, section 1 (straight-through); Jacob et al. 2018, equation 12.
 */
export const fakeQuantize = (
  x: Node,
  scale: Node,
  zeroPoint: Node | null = null,
  options: QuantizeOptions = {},
): Node => {
  const fixed = stopGradient(scale)
  const rounded = dequantize(quantize(x, fixed, zeroPoint, options), fixed, zeroPoint, options)
  const steps = stepsOf('fakeQuantize', x.shape, fixed, zeroPoint, options)
  const [low, high] = ranges[targetDType('fakeQuantize', zeroPoint, options.dtype)]!
  const step = shifted(round(div(x, steps.scale)), steps.zeroPoint)
  const inside = logicalAnd(lessEqual(constant(low, x.dtype), step), lessEqual(step, constant(high, x.dtype)))
  const passed = where(inside, x, constant(0, x.dtype))
  // The value is the rounded one, to the last bit: x − x is 0.
  return add(stopGradient(rounded), sub(passed, stopGradient(passed)))
}
