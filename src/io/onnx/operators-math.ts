import { isFloat } from '../../core/dtype.ts'
import { normalizeAxis } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as act from '../../ops/activation.ts'
import * as ar from '../../ops/arithmetic.ts'
import { reshape, transpose } from '../../ops/broadcast.ts'
import { det } from '../../ops/determinant.ts'
import { floorDivide, fmod, remainder } from '../../ops/division.ts'
import { einsum } from '../../ops/einsum.ts'
import { matmul } from '../../ops/linear-algebra.ts'
import * as mt from '../../ops/math.ts'
import { expandDims, squeeze } from '../../ops/movement.ts'
import * as rect from '../../ops/rectifiers.ts'
import type { Call, Operator, Operators } from './call.ts'
import { inFloats, num, plus, times } from './nodes.ts'

const unary =
  (f: (x: Node) => Node): Operator =>
  call =>
    f(call.input(0))

/** Before opset 7 the second input was aligned with the first from `axis`, and only when asked to. */
export const aligned = (call: Call): [Node, Node] => {
  const [a, b] = [call.input(0), call.input(1)]
  if (call.version >= 7 || !call.has('axis')) return [a, b]
  const axis = normalizeAxis(call.label, call.int('axis'), a.shape.length)
  const tail = a.shape.length - axis - b.shape.length
  return tail > 0 ? [a, reshape(b, [...b.shape, ...new Array<number>(tail).fill(1)])] : [a, b]
}
const binary =
  (f: (a: Node, b: Node) => Node): Operator =>
  call =>
    f(...aligned(call))

/** The inputs joined one by one. */
const folded =
  (f: (a: Node, b: Node) => Node): Operator =>
  call =>
    call.all().reduce((a, b) => f(a, b))

const pow = (a: Node, b: Node): Node => {
  if (isFloat(a.dtype)) return ar.pow(a, ar.cast(b, a.dtype))
  return ar.cast(ar.pow(ar.cast(a, 'float64'), ar.cast(b, 'float64')), a.dtype)
}

/** min(max(x, low), high); where low is above high, high wins. */
const clip: Operator = call => {
  const x = call.input(0)
  const bounds =
    call.version < 11
      ? ['min', 'max'].map(name => (call.has(name) ? num(call.float(name), x) : null))
      : [1, 2].map(i => call.optional(i)).map(b => b && reshape(b, []))
  const [low, high] = bounds
  const raised = low ? ar.maximum(x, low) : x
  return high ? ar.minimum(raised, high) : raised
}

const isInf: Operator = call => {
  const x = call.input(0)
  const is = (sign: number): Node => ar.equal(x, num(sign * Number.POSITIVE_INFINITY, x))
  const [positive, negative] = [call.flag('detect_positive', true), call.flag('detect_negative', true)]
  if (positive && negative) return ar.logicalOr(is(1), is(-1))
  return positive
    ? is(1)
    : negative
      ? is(-1)
      : ar.notEqual(x, x.dtype === 'bool' ? x : ar.where(ar.equal(x, x), x, num(0, x)))
}

/** Activations by their lower-case names, as recurrent operators ask for them, too. */
export const activations: Readonly<Record<string, (x: Node, alpha?: number, beta?: number) => Node>> = {
  relu: act.relu,
  sigmoid: act.sigmoid,
  tanh: mt.tanh,
  softplus: act.softplus,
  softsign: rect.softsign,
  affine: (x, alpha = 1, beta = 0) => plus(times(x, alpha), beta),
  scaledtanh: (x, alpha = 1, beta = 1) => times(mt.tanh(times(x, beta)), alpha),
  hardsigmoid: (x, alpha = 0.2, beta = 0.5) => rect.hardSigmoid(x, { alpha, beta }),
  leakyrelu: rect.leakyRelu,
  thresholdedrelu: rect.thresholdedRelu,
  elu: rect.elu,
}

const selu: Operator = call => {
  const x = call.input(0)
  const alpha = call.float('alpha', 1.6732631921768188)
  return times(rect.elu(x, alpha), call.float('gamma', 1.0507010221481323))
}
const shrink: Operator = call =>
  inFloats(call.input(0), x => {
    const [bias, lambda] = [call.float('bias', 0), call.float('lambd', 0.5)]
    const low = ar.where(ar.less(x, num(-lambda, x)), plus(x, bias), num(0, x))
    return ar.where(ar.greater(x, num(lambda, x)), plus(x, -bias), low)
  })
const prelu: Operator = call => {
  const x = call.input(0)
  let slope = call.input(1)
  // The slope of each channel, before broadcasting was NumPy's.
  if (call.version < 7 && slope.shape.length === 1 && x.shape.length > 1 && slope.shape[0] !== 1)
    slope = reshape(slope, [-1, ...x.shape.slice(2).map(() => 1)])
  return isFloat(x.dtype) ? rect.prelu(x, slope) : ar.where(ar.less(x, num(0, x)), ar.mul(x, slope), x)
}

/** NumPy's product: a vector stands for a row on the left and for a column on the right. Integers are exact up to 2^53. */
export const product = (a: Node, b: Node): Node => {
  const [wide, other] = [a.shape.length === 1 ? expandDims(a, 0) : a, b.shape.length === 1 ? expandDims(b, 1) : b]
  const float = isFloat(a.dtype)
  const result = matmul(float ? wide : ar.cast(wide, 'float64'), float ? other : ar.cast(other, 'float64'))
  const dropped = [...(a.shape.length === 1 ? [-2] : []), ...(b.shape.length === 1 ? [-1] : [])]
  const narrow = dropped.length > 0 ? squeeze(result, dropped) : result
  return float ? narrow : ar.cast(narrow, a.dtype)
}

const gemm: Operator = call => {
  const turned = (x: Node, name: string): Node => (call.flag(name) ? transpose(x) : x)
  const [a, b, c] = [turned(call.input(0), 'transA'), turned(call.input(1), 'transB'), call.optional(2)]
  const [alpha, beta] = [call.float('alpha', 1), call.float('beta', 1)]
  const scaled = (x: Node, by: number): Node =>
    by === 1 ? x : isFloat(x.dtype) ? times(x, by) : inFloats(x, y => times(y, by))
  const ab = scaled(product(a, b), alpha)
  return c ? ar.add(ab, scaled(c, beta)) : ab
}

/** Integers are divided towards zero. */
const quotient = (a: Node, b: Node): Node => (isFloat(a.dtype) ? ar.div(a, b) : floorDivide(ar.sub(a, fmod(a, b)), b))

const mean: Operator = call => {
  const inputs = call.all()
  const total = inputs.reduce((a, b) => ar.add(a, b))
  return times(total, 1 / inputs.length)
}

/** Integers are summed in float64, exactly up to 2^53. */
const summed: Operator = call => {
  const inputs = call.all()
  const { dtype } = inputs[0]!
  const operands = isFloat(dtype) ? inputs : inputs.map(x => ar.cast(x, 'float64'))
  return ar.cast(einsum(call.text('equation').replaceAll(' ', ''), operands), dtype)
}

export const mathOperators: Operators = {
  Identity: unary(x => x),
  Neg: unary(ar.neg),
  Abs: unary(x => (x.dtype.startsWith('u') ? x : mt.abs(x))),
  Sign: unary(x => (x.dtype.startsWith('u') ? ar.minimum(x, num(1, x)) : mt.sign(x))),
  Floor: unary(mt.floor),
  Ceil: unary(mt.ceil),
  Round: unary(mt.round),
  Sqrt: unary(mt.sqrt),
  Exp: unary(mt.exp),
  Log: unary(ar.log),
  Reciprocal: unary(mt.reciprocal),
  Sin: unary(mt.sin),
  Cos: unary(mt.cos),
  Tan: unary(mt.tan),
  Asin: unary(mt.asin),
  Acos: unary(mt.acos),
  Atan: unary(mt.atan),
  Sinh: unary(mt.sinh),
  Cosh: unary(mt.cosh),
  Tanh: unary(mt.tanh),
  Asinh: unary(mt.asinh),
  Acosh: unary(mt.acosh),
  Atanh: unary(mt.atanh),
  Erf: unary(mt.erf),
  Relu: unary(act.relu),
  Sigmoid: unary(act.sigmoid),
  Softplus: unary(act.softplus),
  Softsign: unary(rect.softsign),
  Mish: unary(rect.mish),
  HardSwish: unary(rect.hardSwish),
  Not: unary(ar.logicalNot),
  IsNaN: unary(mt.isNaN),
  IsInf: isInf,

  Elu: call => rect.elu(call.input(0), call.float('alpha', 1)),
  Celu: call => rect.celu(call.input(0), call.float('alpha', 1)),
  Selu: selu,
  Shrink: shrink,
  PRelu: prelu,
  LeakyRelu: call => rect.leakyRelu(call.input(0), call.float('alpha', 0.01)),
  ThresholdedRelu: call => rect.thresholdedRelu(call.input(0), call.float('alpha', 1)),
  HardSigmoid: call =>
    rect.hardSigmoid(call.input(0), { alpha: call.float('alpha', 0.2), beta: call.float('beta', 0.5) }),
  Swish: call => rect.swish(call.input(0), call.float('alpha', 1)),
  SwiGLU: call => ar.mul(rect.swish(call.input(0), call.float('alpha', 1)), call.input(1)),
  Gelu: call => act.gelu(call.input(0), { approximate: call.choice('approximate', ['none', 'tanh'], 'none') }),

  Add: binary(ar.add),
  Sub: binary(ar.sub),
  Mul: binary(ar.mul),
  Div: binary(quotient),
  Mod: call => (call.flag('fmod') ? fmod : remainder)(call.input(0), call.input(1)),
  Pow: binary(pow),
  Equal: binary(ar.equal),
  Less: binary(ar.less),
  LessOrEqual: binary(ar.lessEqual),
  Greater: binary(ar.greater),
  GreaterOrEqual: binary(ar.greaterEqual),
  And: binary(ar.logicalAnd),
  Or: binary(ar.logicalOr),
  Xor: binary(ar.logicalXor),
  Where: call => ar.where(call.input(0), call.input(1), call.input(2)),

  Sum: folded(ar.add),
  Max: folded(ar.maximum),
  Min: folded(ar.minimum),
  Mean: mean,
  Clip: clip,

  MatMul: call => product(call.input(0), call.input(1)),
  Gemm: gemm,
  Einsum: summed,
  Det: unary(det),
}
