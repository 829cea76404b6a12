import type { DType } from '../../core/dtype.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { reshape } from '../../ops/broadcast.ts'
import * as mt from '../../ops/math.ts'
import { dequantize, type QuantizedDType, type QuantizeLayout, quantize } from '../../ops/quantize.ts'
import * as rd from '../../ops/reduce.ts'
import type { Call, Operator, Operators } from './call.ts'
import { alongAxis, integerRange, num } from './nodes.ts'
import { product } from './operators-math.ts'
import { convolve } from './operators-window.ts'

/** A scale or zero point for all elements has no axes, though files write `[1]`. */
const parameter = (call: Call, index: number): Node | null => {
  const p = call.optional(index)
  return p && p.shape.length <= 1 && sizeOf(p.shape) === 1 ? reshape(p, []) : p
}
/** What a scale belongs to: an axis, or blocks of it. */
const layoutOf = (call: Call, x: Node): QuantizeLayout => {
  const blockSize = call.int('block_size', 0)
  const axis = call.int('axis', 1)
  // A vector has no axis 1, which is the default all the same.
  return { ...(x.shape.length > 1 && { axis }), ...(blockSize > 0 && { blockSize }) }
}
const quantizedTypes: readonly QuantizedDType[] = ['uint8', 'int8', 'uint16', 'int16', 'int32']

/** Rounded to the nearest integer, moved and kept within the dtype. */
const saturated = (x: Node, zero: Node | null, dtype: DType): Node => {
  const rounded = mt.round(x)
  const moved = zero ? ar.add(rounded, ar.cast(zero, x.dtype)) : rounded
  const [low, high] = integerRange(dtype)
  return ar.cast(ar.minimum(ar.maximum(moved, num(low, moved)), num(high, moved)), dtype)
}

const quantizeLinear: Operator = call => {
  const x = call.input(0)
  const scale = parameter(call, 1) ?? call.input(1)
  const zero = parameter(call, 2)
  const wanted = zero?.dtype ?? (call.int('output_dtype', 0) === 0 ? 'uint8' : call.dtype('output_dtype'))
  const dtype =
    quantizedTypes.find(d => d === wanted) ??
    call.fail(`quantizes to ${wanted}`, `Known are ${quantizedTypes.join(', ')}.`)
  return quantize(ar.cast(x, scale.dtype), scale, zero, { ...layoutOf(call, x), dtype })
}

const dequantizeLinear: Operator = call => {
  const x = call.input(0)
  const scale = parameter(call, 1) ?? call.input(1)
  const result = dequantize(x, scale, parameter(call, 2), layoutOf(call, x))
  return call.int('output_dtype', 0) === 0 ? result : ar.cast(result, call.dtype('output_dtype'))
}

/** To uint8 between the smallest and the largest element, with 0 among them. */
const dynamicQuantize: Operator = call => {
  const x = call.input(0)
  const low = ar.minimum(rd.min(x), num(0, x))
  const high = ar.maximum(rd.max(x), num(0, x))
  const range = ar.sub(high, low)
  const step = ar.div(range, num(255, x))
  const scale = ar.where(ar.equal(range, num(0, x)), num(1, x), step)
  const zero = saturated(ar.neg(ar.div(low, scale)), null, 'uint8')
  return [saturated(ar.div(x, scale), zero, 'uint8'), step, zero]
}

/** Integers as exact floats, moved by their zero point. */
const centred = (x: Node, zero: Node | null): Node => {
  const value = ar.cast(x, 'float64')
  return zero ? ar.sub(value, ar.cast(zero, 'float64')) : value
}
/** A zero point or scale for each row of a left matrix. */
const byRow = (p: Node | null): Node | null =>
  p && p.shape.length > 0 && p.shape[p.shape.length - 1] !== 1 && p.shape.length === 1 ? reshape(p, [-1, 1]) : p

const matmulInteger: Operator = call => {
  const [a, b] = [centred(call.input(0), byRow(call.optional(2))), centred(call.input(1), call.optional(3))]
  return ar.cast(product(a, b), 'int32')
}

const qLinearMatmul: Operator = call => {
  const [a, aScale, aZero, b, bScale, bZero, yScale, yZero] = [0, 1, 2, 3, 4, 5, 6, 7].map(i => call.input(i)) as Node[]
  const wide = (p: Node): Node => ar.cast(p, 'float64')
  const total = product(centred(a!, byRow(aZero!)), centred(b!, bZero!))
  const scale = ar.div(ar.mul(wide(byRow(aScale!)!), wide(bScale!)), wide(yScale!))
  return saturated(ar.mul(total, scale), yZero!, yZero!.dtype)
}

/** A zero point or scale of each output channel of weights. */
const byChannel = (p: Node | null, w: Node): Node | null =>
  p && p.shape.length === 1 && p.shape[0] !== 1 ? alongAxis(p, 0, w.shape.length) : p && reshape(p, [])

const convInteger: Operator = call => {
  const [x, w] = [call.input(0), call.input(1)]
  const zero = call.optional(2)
  const y = convolve(call, centred(x, zero && reshape(zero, [])), centred(w, byChannel(call.optional(3), w)), null)
  return ar.cast(y, 'int32')
}

const qLinearConv: Operator = call => {
  const [x, xScale, xZero, w, wScale, wZero, yScale, yZero] = [0, 1, 2, 3, 4, 5, 6, 7].map(i => call.input(i)) as Node[]
  const bias = call.optional(8)
  const y = convolve(
    call,
    centred(x!, reshape(xZero!, [])),
    centred(w!, byChannel(wZero!, w!)),
    bias && ar.cast(bias, 'float64'),
  )
  const wide = (p: Node): Node => ar.cast(p, 'float64')
  const perChannel =
    wScale!.shape.length === 1 && wScale!.shape[0] !== 1 ? alongAxis(wScale!, 1, y.shape.length) : reshape(wScale!, [])
  const scale = ar.div(ar.mul(wide(reshape(xScale!, [])), wide(perChannel)), wide(reshape(yScale!, [])))
  return saturated(ar.mul(y, scale), reshape(yZero!, []), yZero!.dtype)
}

export const quantizedOperators: Operators = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantize,
  MatMulInteger: matmulInteger,
  QLinearMatMul: qLinearMatmul,
  ConvInteger: convInteger,
  QLinearConv: qLinearConv,
}
