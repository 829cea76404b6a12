import { type DType, type ValueArray, valuesOf } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { type Shape, show, sizeOf } from '../core/shape.ts'
import type { Broadcast, Check, MatMul, Permute, Reduced, Reshaped, Settled, SwapLast } from '../core/shape-types.ts'
import { bufferOf, evaluateNodes } from '../engine/run.ts'
import type { Node } from '../graph/node.ts'
import * as act from '../ops/activation.ts'
import * as ar from '../ops/arithmetic.ts'
import * as bt from '../ops/bits.ts'
import * as bc from '../ops/broadcast.ts'
import * as cm from '../ops/cumulative.ts'
import * as dv from '../ops/division.ts'
import * as nd from '../ops/index-nd.ts'
import * as el from '../ops/elementary.ts'
import * as gm from '../ops/gamma.ts'
import * as ix from '../ops/indexing.ts'
import * as la from '../ops/linear-algebra.ts'
import * as mt from '../ops/math.ts'
import * as mv from '../ops/movement.ts'
import * as nm from '../ops/normalization.ts'
import { type NormOptions, norm } from '../ops/norm.ts'
import * as os from '../ops/order-statistics.ts'
import * as pr from '../ops/products.ts'
import * as rc from '../ops/rectifiers.ts'
import * as rd from '../ops/reduce.ts'
import * as rn from '../ops/rounding.ts'
import { type ScatterReduction, scatterAlongAxis } from '../ops/scatter.ts'
import * as st from '../ops/sorting.ts'
import * as sp from '../ops/special.ts'
import { formatTensor, nest } from './print.ts'

type Axes = number | readonly number[] | undefined
// An operation of two comes in two forms: the shape stays (this one also serves generic functions, where shapes are not known
// yet), or the shapes broadcast, checked.
type Like<S extends Shape, D extends DType> = Tensor<S, D> | Tensor<readonly [], D> | number
type Fitting<S extends Shape, B extends Shape, D extends DType> = Tensor<B, D> & Check<Broadcast<S, B>>
type Joined<S extends Shape, B extends Shape, D extends DType> = Tensor<Settled<Broadcast<S, B>>, D>
type Given = { readonly node: Node } | number
type Sum<D extends DType> = D extends 'bool' | 'int8' | 'int16' | 'uint8' | 'uint16'
  ? 'int32'
  : D extends 'uint32'
    ? 'int64'
    : D
/** What one element is in JavaScript. */
type Scalar<D extends DType> = D extends 'int64' | 'uint64' ? bigint : D extends 'bool' ? boolean : number
interface Keep<K extends boolean> {
  readonly keepDims?: K
}

const wrap = <S extends Shape, D extends DType>(node: Node): Tensor<S, D> => new Tensor<S, D>(node)

/** Nested numbers (bigint for int64, boolean for bool), as deep as the tensor has axes. */
export type Nested = number | bigint | boolean | readonly Nested[]

/**
 * An immutable array of numbers that is computed when asked for: methods build a graph, and `data`, `item`, `toArray` or
 * `evaluate` run it. `S` is the shape in types, `D` the dtype.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]])
 * await x.matmul(x).sum(0).toArray() // [22, 32]
 */
export class Tensor<out S extends Shape = Shape, out D extends DType = DType> {
  /** The graph node behind the handle. */
  readonly node: Node
  declare readonly '~dtype': D

  constructor(node: Node) {
    this.node = node
  }

  get shape(): S {
    return this.node.shape as S
  }
  get dtype(): D {
    return this.node.dtype as D
  }
  /** Number of axes. */
  get ndim(): number {
    return this.node.shape.length
  }
  /** Number of elements. */
  get size(): number {
    return sizeOf(this.node.shape)
  }

  // --- values ---------------------------------------------------------------------------------------------------------
  /** Computes the values: a typed array of its own, in row-major order (16-bit floats as a Float32Array). */
  async data(): Promise<ValueArray<D>> {
    await evaluateNodes([this.node])
    const { dtype, array } = bufferOf(this.node)
    const values = valuesOf(dtype, array)
    return (values === array ? array.slice() : values) as ValueArray<D>
  }
  /** The value of a tensor of one element. */
  async item<E extends DType>(this: Tensor<Shape, E>): Promise<Scalar<E>> {
    if (this.size !== 1) {
      throw new ShapeError(`item: ${show(this.shape)} has ${this.size} elements, not one. Use toArray() or data().`, {
        shape: this.shape,
      })
    }
    const [value] = await this.data()
    return (this.dtype === 'bool' ? value !== 0 : value) as Scalar<E>
  }
  /** The values as nested arrays. */
  async toArray(): Promise<Nested> {
    return nest(await this.data(), this.node.shape, this.dtype)
  }
  /** The shape, the dtype and the first and last values, waiting for them. */
  async print(): Promise<string> {
    return formatTensor(await this.data(), this.node.shape, this.dtype)
  }
  toString(): string {
    return `Tensor ${this.dtype} ${show(this.node.shape)}`
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const { source } = this.node
    return source?.kind === 'buffer'
      ? formatTensor(valuesOf(this.dtype, source.buffer.array), this.node.shape, this.dtype)
      : `${this} (not computed)`
  }

  // --- arithmetic -----------------------------------------------------------------------------------------------------
  private lift(other: Given, where: string): Node {
    return typeof other === 'number' ? ar.constant(other, this.dtype, where) : other.node
  }
  /** Converts the dtype: to bool by `x ≠ 0`, to an integer towards zero. */
  to<E extends DType>(dtype: E): Tensor<S, E> {
    return wrap(ar.cast(this.node, dtype))
  }
  /** `−x`. */
  neg(): Tensor<S, D> {
    return wrap(ar.neg(this.node))
  }
  /** `a + b`; shapes broadcast, dtypes must be equal. */
  add(other: Like<S, D>): Tensor<S, D>
  add<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  add(other: Given): unknown {
    return wrap(ar.add(this.node, this.lift(other, 'add')))
  }
  /** `a − b`. */
  sub(other: Like<S, D>): Tensor<S, D>
  sub<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  sub(other: Given): unknown {
    return wrap(ar.sub(this.node, this.lift(other, 'sub')))
  }
  /** `a · b`, element by element. */
  mul(other: Like<S, D>): Tensor<S, D>
  mul<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  mul(other: Given): unknown {
    return wrap(ar.mul(this.node, this.lift(other, 'mul')))
  }
  /** `a / b`; floats only. */
  div(other: Like<S, D>): Tensor<S, D>
  div<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  div(other: Given): unknown {
    return wrap(ar.div(this.node, this.lift(other, 'div')))
  }
  /** `a^b`; floats only. */
  pow(other: Like<S, D>): Tensor<S, D>
  pow<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  pow(other: Given): unknown {
    return wrap(ar.pow(this.node, this.lift(other, 'pow')))
  }
  /** The larger of each pair; NaN if either is. Ties share the gradient. */
  maximum(other: Like<S, D>): Tensor<S, D>
  maximum<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  maximum(other: Given): unknown {
    return wrap(ar.maximum(this.node, this.lift(other, 'maximum')))
  }
  /** The smaller of each pair; NaN if either is. Ties share the gradient. */
  minimum(other: Like<S, D>): Tensor<S, D>
  minimum<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  minimum(other: Given): unknown {
    return wrap(ar.minimum(this.node, this.lift(other, 'minimum')))
  }
  /** ⌊a/b⌋, Python's `//`; of integers by 0 it is 0. Its gradient is 0. */
  floorDivide(other: Like<S, D>): Tensor<S, D>
  floorDivide<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  floorDivide(other: Given): unknown {
    return wrap(dv.floorDivide(this.node, this.lift(other, 'floorDivide')))
  }
  /** `a − b ⌊a/b⌋`, which has the sign of b (Python's `%`); of integers by 0 it is 0. */
  remainder(other: Like<S, D>): Tensor<S, D>
  remainder<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  remainder(other: Given): unknown {
    return wrap(dv.remainder(this.node, this.lift(other, 'remainder')))
  }
  /** `a − b · trunc(a/b)`, which has the sign of a (JavaScript's `%`); of integers by 0 it is 0. */
  fmod(other: Like<S, D>): Tensor<S, D>
  fmod<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  fmod(other: Given): unknown {
    return wrap(dv.fmod(this.node, this.lift(other, 'fmod')))
  }
  /** `ln(eᵃ + eᵇ)`, without overflow. */
  logAddExp(other: Like<S, D>): Tensor<S, D>
  logAddExp<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  logAddExp(other: Given): unknown {
    return wrap(cm.logAddExp(this.node, this.lift(other, 'logAddExp')))
  }
  /** `a ln b`; 0 where a is 0, whatever b is but NaN. */
  xlogy(other: Like<S, D>): Tensor<S, D>
  xlogy<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  xlogy(other: Given): unknown {
    return wrap(el.xlogy(this.node, this.lift(other, 'xlogy')))
  }
  /** Bits set in both of two integers. */
  bitwiseAnd(other: Like<S, D>): Tensor<S, D>
  bitwiseAnd<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  bitwiseAnd(other: Given): unknown {
    return wrap(bt.bitwiseAnd(this.node, this.lift(other, 'bitwiseAnd')))
  }
  /** Bits set in either of two integers. */
  bitwiseOr(other: Like<S, D>): Tensor<S, D>
  bitwiseOr<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  bitwiseOr(other: Given): unknown {
    return wrap(bt.bitwiseOr(this.node, this.lift(other, 'bitwiseOr')))
  }
  /** Bits set in one of two integers. */
  bitwiseXor(other: Like<S, D>): Tensor<S, D>
  bitwiseXor<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  bitwiseXor(other: Given): unknown {
    return wrap(bt.bitwiseXor(this.node, this.lift(other, 'bitwiseXor')))
  }
  /** `a · 2^b` of integers, bits beyond the last falling off. */
  shiftLeft(other: Like<S, D>): Tensor<S, D>
  shiftLeft<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  shiftLeft(other: Given): unknown {
    return wrap(bt.shiftLeft(this.node, this.lift(other, 'shiftLeft')))
  }
  /** `⌊a / 2^b⌋` of integers, which keeps the sign. */
  shiftRight(other: Like<S, D>): Tensor<S, D>
  shiftRight<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  shiftRight(other: Given): unknown {
    return wrap(bt.shiftRight(this.node, this.lift(other, 'shiftRight')))
  }
  /** The angle of the point `(other, this)`, in `[−π, π]`. */
  atan2(other: Like<S, D>): Tensor<S, D>
  atan2<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, D>
  atan2(other: Given): unknown {
    return wrap(mt.atan2(this.node, this.lift(other, 'atan2')))
  }
  /** `a = b` as bool. */
  equal(other: Like<S, D>): Tensor<S, 'bool'>
  equal<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, 'bool'>
  equal(other: Given): unknown {
    return wrap(ar.equal(this.node, this.lift(other, 'equal')))
  }
  /** `a ≠ b` as bool. */
  notEqual(other: Like<S, D>): Tensor<S, 'bool'>
  notEqual<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, 'bool'>
  notEqual(other: Given): unknown {
    return wrap(ar.notEqual(this.node, this.lift(other, 'notEqual')))
  }
  /** `a < b` as bool. */
  less(other: Like<S, D>): Tensor<S, 'bool'>
  less<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, 'bool'>
  less(other: Given): unknown {
    return wrap(ar.less(this.node, this.lift(other, 'less')))
  }
  /** `a ≤ b` as bool. */
  lessEqual(other: Like<S, D>): Tensor<S, 'bool'>
  lessEqual<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, 'bool'>
  lessEqual(other: Given): unknown {
    return wrap(ar.lessEqual(this.node, this.lift(other, 'lessEqual')))
  }
  /** `a > b` as bool. */
  greater(other: Like<S, D>): Tensor<S, 'bool'>
  greater<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, 'bool'>
  greater(other: Given): unknown {
    return wrap(ar.greater(this.node, this.lift(other, 'greater')))
  }
  /** `a ≥ b` as bool. */
  greaterEqual(other: Like<S, D>): Tensor<S, 'bool'>
  greaterEqual<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, 'bool'>
  greaterEqual(other: Given): unknown {
    return wrap(ar.greaterEqual(this.node, this.lift(other, 'greaterEqual')))
  }
  /** `a ∧ b` of bool tensors. */
  logicalAnd(other: Tensor<S, D>): Tensor<S, 'bool'>
  logicalAnd<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, 'bool'>
  logicalAnd(other: Tensor): unknown {
    return wrap(ar.logicalAnd(this.node, other.node))
  }
  /** `a ∨ b` of bool tensors. */
  logicalOr(other: Tensor<S, D>): Tensor<S, 'bool'>
  logicalOr<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, 'bool'>
  logicalOr(other: Tensor): unknown {
    return wrap(ar.logicalOr(this.node, other.node))
  }
  /** `a ⊕ b` of bool tensors. */
  logicalXor(other: Tensor<S, D>): Tensor<S, 'bool'>
  logicalXor<X extends Shape, B extends Shape>(this: Tensor<X, D>, other: Fitting<X, B, D>): Joined<X, B, 'bool'>
  logicalXor(other: Tensor): unknown {
    return wrap(ar.logicalXor(this.node, other.node))
  }
  /** `¬x` of a bool tensor. */
  logicalNot(): Tensor<S, 'bool'> {
    return wrap(ar.logicalNot(this.node))
  }

  // --- functions of each element ------------------------------------------------------------------------------------------
  /** |x|. */
  abs(): Tensor<S, D> {
    return wrap(mt.abs(this.node))
  }
  /** −1, 0 or 1. */
  sign(): Tensor<S, D> {
    return wrap(mt.sign(this.node))
  }
  /** ⌊x⌋. */
  floor(): Tensor<S, D> {
    return wrap(mt.floor(this.node))
  }
  /** ⌈x⌉. */
  ceil(): Tensor<S, D> {
    return wrap(mt.ceil(this.node))
  }
  /** The nearest integer, halves to even. */
  round(): Tensor<S, D> {
    return wrap(mt.round(this.node))
  }
  /** The whole part: x rounded towards 0. */
  trunc(): Tensor<S, D> {
    return wrap(rn.trunc(this.node))
  }
  /** Values outside the bounds replaced by the nearest; the gradient is 1 within the bounds and on them. */
  clamp(options: rn.ClampOptions): Tensor<S, D> {
    return wrap(rn.clamp(this.node, options))
  }
  /** Every bit of an integer turned: −x − 1. */
  bitwiseNot(): Tensor<S, D> {
    return wrap(bt.bitwiseNot(this.node))
  }
  /** x². */
  square(): Tensor<S, D> {
    return wrap(mt.square(this.node))
  }
  /** √x. */
  sqrt(): Tensor<S, D> {
    return wrap(mt.sqrt(this.node))
  }
  /** 1/√x. */
  rsqrt(): Tensor<S, D> {
    return wrap(mt.rsqrt(this.node))
  }
  /** 1/x. */
  reciprocal(): Tensor<S, D> {
    return wrap(mt.reciprocal(this.node))
  }
  /** eˣ. */
  exp(): Tensor<S, D> {
    return wrap(mt.exp(this.node))
  }
  /** eˣ − 1, exact near 0. */
  expm1(): Tensor<S, D> {
    return wrap(mt.expm1(this.node))
  }
  /** ln x. */
  log(): Tensor<S, D> {
    return wrap(ar.log(this.node))
  }
  /** ln(1 + x), exact near 0. */
  log1p(): Tensor<S, D> {
    return wrap(mt.log1p(this.node))
  }
  /** ln x / ln 2. */
  log2(): Tensor<S, D> {
    return wrap(el.log2(this.node))
  }
  /** ln x / ln 10. */
  log10(): Tensor<S, D> {
    return wrap(el.log10(this.node))
  }
  /** 2ˣ. */
  exp2(): Tensor<S, D> {
    return wrap(el.exp2(this.node))
  }
  /** ∛x. */
  cbrt(): Tensor<S, D> {
    return wrap(el.cbrt(this.node))
  }
  /** sin(πx)/(πx); 1 at 0. */
  sinc(): Tensor<S, D> {
    return wrap(el.sinc(this.node))
  }
  /** ln(x/(1 − x)), the inverse of the sigmoid; `epsilon` keeps x away from 0 and 1. */
  logit(options: el.LogitOptions = {}): Tensor<S, D> {
    return wrap(el.logit(this.node, options))
  }
  /** sin x, radians. */
  sin(): Tensor<S, D> {
    return wrap(mt.sin(this.node))
  }
  /** cos x, radians. */
  cos(): Tensor<S, D> {
    return wrap(mt.cos(this.node))
  }
  /** tan x, radians. */
  tan(): Tensor<S, D> {
    return wrap(mt.tan(this.node))
  }
  /** arcsin x. */
  asin(): Tensor<S, D> {
    return wrap(mt.asin(this.node))
  }
  /** arccos x. */
  acos(): Tensor<S, D> {
    return wrap(mt.acos(this.node))
  }
  /** arctan x. */
  atan(): Tensor<S, D> {
    return wrap(mt.atan(this.node))
  }
  /** (eˣ − e⁻ˣ)/2. */
  sinh(): Tensor<S, D> {
    return wrap(mt.sinh(this.node))
  }
  /** (eˣ + e⁻ˣ)/2. */
  cosh(): Tensor<S, D> {
    return wrap(mt.cosh(this.node))
  }
  /** (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ). */
  tanh(): Tensor<S, D> {
    return wrap(mt.tanh(this.node))
  }
  /** Inverse of sinh. */
  asinh(): Tensor<S, D> {
    return wrap(mt.asinh(this.node))
  }
  /** Inverse of cosh, x ≥ 1. */
  acosh(): Tensor<S, D> {
    return wrap(mt.acosh(this.node))
  }
  /** Inverse of tanh, |x| < 1. */
  atanh(): Tensor<S, D> {
    return wrap(mt.atanh(this.node))
  }
  /** 2/√π ∫₀ˣ e^(−t²) dt. */
  erf(): Tensor<S, D> {
    return wrap(mt.erf(this.node))
  }
  /** 1 − erf x, which keeps its digits where erf is nearly 1. */
  erfc(): Tensor<S, D> {
    return wrap(sp.erfc(this.node))
  }
  /** The inverse of erf; ±∞ at ±1, NaN beyond. */
  erfinv(): Tensor<S, D> {
    return wrap(sp.erfinv(this.node))
  }
  /** ln |Γ(x)|; ∞ at 0 and the negative integers. */
  lgamma(): Tensor<S, D> {
    return wrap(gm.lgamma(this.node))
  }
  /** ψ(x) = d/dx ln Γ(x). */
  digamma(): Tensor<S, D> {
    return wrap(gm.digamma(this.node))
  }
  /** The n-th derivative of ψ, n from 0 to 20. */
  polygamma(n: number): Tensor<S, D> {
    return wrap(gm.polygamma(n, this.node))
  }
  /** Modified Bessel function of order 0. */
  i0(): Tensor<S, D> {
    return wrap(sp.i0(this.node))
  }
  /** Modified Bessel function of order 1. */
  i1(): Tensor<S, D> {
    return wrap(sp.i1(this.node))
  }
  /** e^−|x| I₀(x): the Bessel function of order 0, scaled so that it does not overflow. */
  i0e(): Tensor<S, D> {
    return wrap(sp.i0e(this.node))
  }
  /** e^−|x| I₁(x): the Bessel function of order 1, scaled so that it does not overflow. */
  i1e(): Tensor<S, D> {
    return wrap(sp.i1e(this.node))
  }
  /** max(x, 0). */
  relu(): Tensor<S, D> {
    return wrap(act.relu(this.node))
  }
  /** 1/(1 + e⁻ˣ). */
  sigmoid(): Tensor<S, D> {
    return wrap(act.sigmoid(this.node))
  }
  /** x σ(x). */
  silu(): Tensor<S, D> {
    return wrap(act.silu(this.node))
  }
  /** x, to the left of 0 α (eˣ − 1). Default α 1. */
  elu(alpha = 1): Tensor<S, D> {
    return wrap(rc.elu(this.node, alpha))
  }
  /** Self-normalising elu, with constants of its own. */
  selu(): Tensor<S, D> {
    return wrap(rc.selu(this.node))
  }
  /** max(x, 0) + min(0, α (e^(x/α) − 1)). Default α 1. */
  celu(alpha = 1): Tensor<S, D> {
    return wrap(rc.celu(this.node, alpha))
  }
  /** x, to the left of 0 α x. Default α 0.01. */
  leakyRelu(alpha = 0.01): Tensor<S, D> {
    return wrap(rc.leakyRelu(this.node, alpha))
  }
  /** x, to the left of 0 weight · x; the weight broadcasts to x. */
  prelu(weight: Tensor<Shape, D>): Tensor<S, D> {
    return wrap(rc.prelu(this.node, weight.node))
  }
  /** x between 0 and 6, these outside. */
  relu6(): Tensor<S, D> {
    return wrap(rc.relu6(this.node))
  }
  /** α x + β between 0 and 1. Default x/6 + 1/2. */
  hardSigmoid(options: rc.HardSigmoidOptions = {}): Tensor<S, D> {
    return wrap(rc.hardSigmoid(this.node, options))
  }
  /** x times the hard sigmoid. */
  hardSwish(): Tensor<S, D> {
    return wrap(rc.hardSwish(this.node))
  }
  /** x between −1 and 1, these outside. */
  hardTanh(options: rc.HardTanhOptions = {}): Tensor<S, D> {
    return wrap(rc.hardTanh(this.node, options))
  }
  /** x tanh(ln(1 + eˣ)). */
  mish(): Tensor<S, D> {
    return wrap(rc.mish(this.node))
  }
  /** x σ(β x). */
  swish(beta = 1): Tensor<S, D> {
    return wrap(rc.swish(this.node, beta))
  }
  /** ln σ(x), without overflow. */
  logSigmoid(): Tensor<S, D> {
    return wrap(rc.logSigmoid(this.node))
  }
  /** x/(1 + |x|). */
  softsign(): Tensor<S, D> {
    return wrap(rc.softsign(this.node))
  }
  /** x where it is above α (1), else 0. */
  thresholdedRelu(alpha = 1): Tensor<S, D> {
    return wrap(rc.thresholdedRelu(this.node, alpha))
  }
  /** x moved towards 0 by bias (0) outside ±lambda (0.5), else 0 (ONNX's `Shrink`). */
  shrink(options: rc.ShrinkOptions & { readonly bias?: number } = {}): Tensor<S, D> {
    return wrap(rc.shrink(this.node, options))
  }
  /** x outside ±lambda (0.5), else 0. */
  hardShrink(options: rc.ShrinkOptions = {}): Tensor<S, D> {
    return wrap(rc.hardShrink(this.node, options))
  }
  /** x moved towards 0 by lambda (0.5), and 0 within ±lambda. */
  softShrink(options: rc.ShrinkOptions = {}): Tensor<S, D> {
    return wrap(rc.softShrink(this.node, options))
  }
  /** The first half along an axis, gated by the sigmoid of the second. */
  glu(axis = -1): Tensor<Shape, D> {
    return wrap(rc.glu(this.node, axis))
  }
  /** 1 at the first largest element along an axis, 0 elsewhere. */
  hardmax(axis = -1): Tensor<S, D> {
    return wrap(rc.hardmax(this.node, axis))
  }
  /** ln(1 + eˣ), without overflow. */
  softplus(): Tensor<S, D> {
    return wrap(act.softplus(this.node))
  }
  /** Gaussian error linear unit; `{ approximate: 'tanh' }` is GPT-2's. */
  gelu(options: act.GeluOptions = {}): Tensor<S, D> {
    return wrap(act.gelu(this.node, options))
  }
  /** Whether each element is NaN. */
  isNaN(): Tensor<S, 'bool'> {
    return wrap(mt.isNaN(this.node))
  }
  /** Whether each element is ∞ or −∞. */
  isInf(): Tensor<S, 'bool'> {
    return wrap(rn.isInf(this.node))
  }
  /** Whether each element is neither NaN nor infinite. */
  isFinite(): Tensor<S, 'bool'> {
    return wrap(rn.isFinite(this.node))
  }
  /** NaN (0) and the infinities (the largest and smallest finite number) replaced. */
  nanToNum(options: rn.NanToNumOptions = {}): Tensor<S, D> {
    return wrap(rn.nanToNum(this.node, options))
  }
  /** The same value, treated as a constant by differentiation. */
  stopGradient(): Tensor<S, D> {
    return wrap(rd.stopGradient(this.node))
  }

  // --- reductions: over an axis, a list of axes, or all -----------------------------------------------------------------
  /** Arithmetic mean. */
  mean<X extends Shape, const A extends Axes = undefined, const K extends boolean = false>(
    this: Tensor<X, D>,
    axes?: A,
    options?: Keep<K>,
  ): Tensor<Reduced<X, A, K>, D> {
    return wrap(rd.mean(this.node, axes, options))
  }
  /** Largest element; ties share the gradient. */
  max<X extends Shape, const A extends Axes = undefined, const K extends boolean = false>(
    this: Tensor<X, D>,
    axes?: A,
    options?: Keep<K>,
  ): Tensor<Reduced<X, A, K>, D> {
    return wrap(rd.max(this.node, axes, options))
  }
  /** Smallest element; ties share the gradient. */
  min<X extends Shape, const A extends Axes = undefined, const K extends boolean = false>(
    this: Tensor<X, D>,
    axes?: A,
    options?: Keep<K>,
  ): Tensor<Reduced<X, A, K>, D> {
    return wrap(rd.min(this.node, axes, options))
  }
  /** Product. */
  prod<X extends Shape, const A extends Axes = undefined, const K extends boolean = false>(
    this: Tensor<X, D>,
    axes?: A,
    options?: Keep<K>,
  ): Tensor<Reduced<X, A, K>, D> {
    return wrap(rd.prod(this.node, axes, options))
  }
  /** ln Σ eˣ, without overflow. */
  logSumExp<X extends Shape, const A extends Axes = undefined, const K extends boolean = false>(
    this: Tensor<X, D>,
    axes?: A,
    options?: Keep<K>,
  ): Tensor<Reduced<X, A, K>, D> {
    return wrap(rd.logSumExp(this.node, axes, options))
  }
  /** Σ (x − mean)² / (n − correction); correction 1 (Bessel's) by default. */
  variance<X extends Shape, const A extends Axes = undefined, const K extends boolean = false>(
    this: Tensor<X, D>,
    axes?: A,
    options?: Keep<K> & { readonly correction?: number },
  ): Tensor<Reduced<X, A, K>, D> {
    return wrap(rd.variance(this.node, axes, options))
  }
  /** Square root of the variance. */
  std<X extends Shape, const A extends Axes = undefined, const K extends boolean = false>(
    this: Tensor<X, D>,
    axes?: A,
    options?: Keep<K> & { readonly correction?: number },
  ): Tensor<Reduced<X, A, K>, D> {
    return wrap(rd.std(this.node, axes, options))
  }
  /** Length of the vectors along axes: (Σ |x|^ord)^(1/ord), Euclid's by default. Gradient 0 at the origin. */
  norm(options: NormOptions = {}): Tensor<Shape, D> {
    return wrap(norm(this.node, options))
  }
  /** The middle element, or the mean of the two in the middle, of all or along an axis. */
  median(options: os.MedianOptions = {}): Tensor<Shape, D> {
    return wrap(os.median(this.node, options))
  }
  /** The value below which the share q of the elements lies, of all or along an axis. A list of q gives a new first axis. */
  quantile(q: number | readonly number[], options: os.QuantileOptions = {}): Tensor<Shape, D> {
    return wrap(os.quantile(this.node, q, options))
  }
  /** The most frequent element along an axis; of equally frequent ones the smallest. */
  mode(axis = -1, options: bc.ReduceOptions = {}): Tensor<Shape, D> {
    return wrap(os.mode(this.node, axis, options))
  }
  /** Sum. Sums of bool and uint8 are int32. */
  sum<X extends Shape, E extends DType, const A extends Axes = undefined, const K extends boolean = false>(
    this: Tensor<X, E>,
    axes?: A,
    options?: Keep<K>,
  ): Tensor<Reduced<X, A, K>, Sum<E>> {
    return wrap(bc.sum(this.node, axes, options))
  }
  /** int32 index of the first largest element, along an axis or in the flattened tensor. */
  argmax<X extends Shape, const A extends number | undefined = undefined, const K extends boolean = false>(
    this: Tensor<X, D>,
    axis?: A,
    options?: Keep<K>,
  ): Tensor<Reduced<X, A, K>, 'int32'> {
    return wrap(rd.argmax(this.node, axis, options))
  }
  /** int32 index of the first smallest element, along an axis or in the flattened tensor. */
  argmin<X extends Shape, const A extends number | undefined = undefined, const K extends boolean = false>(
    this: Tensor<X, D>,
    axis?: A,
    options?: Keep<K>,
  ): Tensor<Reduced<X, A, K>, 'int32'> {
    return wrap(rd.argmin(this.node, axis, options))
  }
  /** Whether any element is true. */
  any<X extends Shape, const A extends Axes = undefined, const K extends boolean = false>(
    this: Tensor<X, D>,
    axes?: A,
    options?: Keep<K>,
  ): Tensor<Reduced<X, A, K>, 'bool'> {
    return wrap(rd.any(this.node, axes, options))
  }
  /** Whether all elements are true. */
  all<X extends Shape, const A extends Axes = undefined, const K extends boolean = false>(
    this: Tensor<X, D>,
    axes?: A,
    options?: Keep<K>,
  ): Tensor<Reduced<X, A, K>, 'bool'> {
    return wrap(rd.all(this.node, axes, options))
  }

  // --- linear algebra and movement ----------------------------------------------------------------------------------------
  /** Matrix product `[..., M, K] · [..., K, N]` → `[..., M, N]`; leading axes broadcast. */
  matmul<X extends Shape, B extends Shape>(
    this: Tensor<X, D>,
    other: Tensor<B, D> & Check<MatMul<X, B>>,
  ): Tensor<Settled<MatMul<X, B>>, D> {
    return wrap(la.matmul(this.node, other.node))
  }
  /** Σ a[i] b[i] of two vectors. */
  dot(other: Tensor<Shape, D>): Tensor<readonly [], D> {
    return wrap(pr.dot(this.node, other.node))
  }
  /** The elements `[i, i + offset]` of two axes (the last two by default), as a new last axis. */
  diagonal(options: pr.DiagonalOptions = {}): Tensor<Shape, D> {
    return wrap(pr.diagonal(this.node, options))
  }
  /** Matrices with the last axis on a diagonal and 0 elsewhere. */
  diag(offset = 0): Tensor<Shape, D> {
    return wrap(pr.diag(this.node, offset))
  }
  /** Sum of a diagonal of two axes. */
  trace(options: pr.DiagonalOptions = {}): Tensor<Shape, D> {
    return wrap(pr.trace(this.node, options))
  }
  /** The last two axes with 0 above diagonal k. */
  tril(k = 0): Tensor<S, D> {
    return wrap(pr.tril(this.node, k))
  }
  /** The last two axes with 0 below diagonal k. */
  triu(k = 0): Tensor<S, D> {
    return wrap(pr.triu(this.node, k))
  }
  /** Multiplied by itself n times; n = 0 gives the identity. */
  matrixPower(n: number): Tensor<S, D> {
    return wrap(pr.matrixPower(this.node, n))
  }
  /** The same elements under other sizes; one may be -1. */
  reshape<const T extends Shape>(shape: T): Tensor<Reshaped<T>, D> {
    return wrap(bc.reshape(this.node, shape))
  }
  /** Axes reordered; without a permutation the last two are swapped. */
  transpose<X extends Shape>(this: Tensor<X, D>): Tensor<SwapLast<X>, D>
  transpose<X extends Shape, const P extends Shape>(this: Tensor<X, D>, permutation: P): Tensor<Permute<X, P>, D>
  transpose(permutation?: readonly number[]): unknown {
    return wrap(bc.transpose(this.node, permutation))
  }
  /** Axes of size 1, and new leading axes, repeated to reach `shape`. */
  broadcastTo<const T extends Shape>(shape: T): Tensor<T, D> {
    return wrap(bc.broadcastTo(this.node, shape))
  }
  /** A new axis of size 1 at `axis`. */
  expandDims(axis: number): Tensor<Shape, D> {
    return wrap(mv.expandDims(this.node, axis))
  }
  /** Axes of size 1 removed: those named, or all. */
  squeeze(axes?: number | readonly number[]): Tensor<Shape, D> {
    return wrap(mv.squeeze(this.node, axes))
  }
  /** Part of the tensor, one range per leading axis, by Python's rules; a number picks a position and drops the axis. */
  slice(...ranges: readonly (mv.SliceRange | number | null)[]): Tensor<Shape, D> {
    return wrap(mv.slice(this.node, ranges))
  }
  /** Equal parts (a number) or parts of given sizes along an axis. */
  split(parts: number | readonly number[], axis = 0): Tensor<Shape, D>[] {
    return mv.split(this.node, parts, axis).map(n => wrap(n))
  }
  /** Each axis surrounded by `[before, after]` copies of `value` (0). */
  pad(pads: readonly (readonly [number, number])[], value = 0): Tensor<Shape, D> {
    return wrap(mv.pad(this.node, pads, value))
  }
  /** Order reversed along axes (all by default). */
  flip(axes?: number | readonly number[]): Tensor<S, D> {
    return wrap(mv.flip(this.node, axes))
  }
  /** The whole tensor repeated `repeats[i]` times along axis i. */
  repeat(repeats: readonly number[]): Tensor<Shape, D> {
    return wrap(mv.repeat(this.node, repeats))
  }

  // --- indexing, order, normalisation ---------------------------------------------------------------------------------------
  /** Slices along `axis` picked by an integer tensor of any shape. */
  gather(indices: Tensor<Shape, DType>, axis = 0): Tensor<Shape, D> {
    return wrap(ix.gather(this.node, indices.node, axis))
  }
  /** Adds slices where `gather` with the same indices would read; repeated indices add up. */
  scatterAdd(indices: Tensor<Shape, DType>, updates: Tensor<Shape, D>, axis = 0): Tensor<S, D> {
    return wrap(ix.scatterAdd(this.node, indices.node, updates.node, axis))
  }
  /** One element per index along `axis`. */
  takeAlongAxis<I extends Shape>(indices: Tensor<I, DType>, axis = -1): Tensor<I, D> {
    return wrap(ix.takeAlongAxis(this.node, indices.node, axis))
  }
  /** Adds each update at its index along `axis`; repeated indices add up. */
  scatterAddAlongAxis(indices: Tensor<Shape, DType>, updates: Tensor<Shape, D>, axis = -1): Tensor<S, D> {
    return wrap(ix.scatterAddAlongAxis(this.node, indices.node, updates.node, axis))
  }
  /** Puts each update at its index along `axis`, or combines it with the element there. With `none` the last of a place stays. */
  scatterAlongAxis(
    indices: Tensor<Shape, DType>,
    updates: Tensor<Shape, D>,
    { axis = -1, reduction = 'none' }: { readonly axis?: number; readonly reduction?: ScatterReduction } = {},
  ): Tensor<S, D> {
    return wrap(scatterAlongAxis(this.node, indices.node, updates.node, axis, reduction))
  }
  /** `value` where the mask, which broadcasts, is true. */
  maskedFill(mask: Tensor<Shape, 'bool'>, value: number): Tensor<S, D> {
    return wrap(nd.maskedFill(this.node, mask.node, value))
  }
  /** 1 at the index along a new last axis of `depth`, 0 elsewhere. */
  oneHot<X extends Shape, const N extends number>(this: Tensor<X, D>, depth: N): Tensor<readonly [...X, N], 'float32'> {
    return wrap(ix.oneHot(this.node, depth))
  }
  /** In order along `axis`. */
  sort(axis = -1, options: st.SortOptions = {}): Tensor<S, D> {
    return wrap(st.sort(this.node, axis, options))
  }
  /** int32 indices that sort along `axis`; equal elements keep their order. */
  argsort(axis = -1, options: st.SortOptions = {}): Tensor<S, 'int32'> {
    return wrap(st.argsort(this.node, axis, options))
  }
  /** The k largest elements along `axis`, largest first (or the k smallest, smallest first), with their indices. */
  topK(
    k: number,
    axis = -1,
    options: st.TopKOptions = {},
  ): { values: Tensor<Shape, D>; indices: Tensor<Shape, 'int32'> } {
    const { values, indices } = st.topK(this.node, k, axis, options)
    return { values: wrap(values), indices: wrap(indices) }
  }
  /** The k-th smallest element along `axis`, counted from 1, and where it stands. */
  kthValue(
    k: number,
    axis = -1,
    options: bc.ReduceOptions = {},
  ): { values: Tensor<Shape, D>; indices: Tensor<Shape, 'int32'> } {
    const { values, indices } = os.kthValue(this.node, k, axis, options)
    return { values: wrap(values), indices: wrap(indices) }
  }
  /** Running product along `axis`. */
  cumprod(axis = -1, options: cm.CumulativeOptions = {}): Tensor<S, D> {
    return wrap(cm.cumprod(this.node, axis, options))
  }
  /** Largest element so far along `axis`, and where it stands (the last of equals). */
  cummax(axis = -1, options: cm.CumulativeExtremumOptions = {}): { values: Tensor<S, D>; indices: Tensor<S, 'int32'> } {
    const { values, indices } = cm.cummax(this.node, axis, options)
    return { values: wrap(values), indices: wrap(indices) }
  }
  /** Smallest element so far along `axis`, and where it stands (the last of equals). */
  cummin(axis = -1, options: cm.CumulativeExtremumOptions = {}): { values: Tensor<S, D>; indices: Tensor<S, 'int32'> } {
    const { values, indices } = cm.cummin(this.node, axis, options)
    return { values: wrap(values), indices: wrap(indices) }
  }
  /** Running ln Σ eˣ along `axis`, without overflow. */
  logCumsumExp(axis = -1, options: cm.CumulativeOptions = {}): Tensor<S, D> {
    return wrap(cm.logCumsumExp(this.node, axis, options))
  }
  /** Running sum along `axis`. */
  cumsum(axis = -1, options: st.CumsumOptions = {}): Tensor<S, D> {
    return wrap(st.cumsum(this.node, axis, options))
  }
  /** Probabilities along `axis`. */
  softmax(axis = -1): Tensor<S, D> {
    return wrap(nm.softmax(this.node, axis))
  }
  /** Log-probabilities along `axis`, in nats. */
  logSoftmax(axis = -1): Tensor<S, D> {
    return wrap(nm.logSoftmax(this.node, axis))
  }
}
