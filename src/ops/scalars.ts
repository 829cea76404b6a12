import { erf } from '../core/special.ts'

/**
 * The instructions of a scalar expression, generic in the value type. With numbers an expression is the reference kernel, with
 * ONNX values the lowering, with graph nodes a subgraph, with code a fused kernel. An engine is one value of this type: leaving
 * an instruction out does not compile. Conditions are values too (0 or 1 where there is no boolean).
 */
export interface Scalars<V> {
  lit(x: number): V
  add(a: V, b: V): V
  sub(a: V, b: V): V
  mul(a: V, b: V): V
  div(a: V, b: V): V
  neg(a: V): V
  abs(a: V): V
  sign(a: V): V
  floor(a: V): V
  ceil(a: V): V
  /** To the nearest integer, halves to even. */
  round(a: V): V
  min(a: V, b: V): V
  max(a: V, b: V): V
  sqrt(a: V): V
  exp(a: V): V
  /** e^a − 1, exact near 0. */
  expm1(a: V): V
  log(a: V): V
  /** log(1 + a), exact near 0. */
  log1p(a: V): V
  pow(a: V, b: V): V
  sin(a: V): V
  cos(a: V): V
  tan(a: V): V
  asin(a: V): V
  acos(a: V): V
  atan(a: V): V
  tanh(a: V): V
  erf(a: V): V
  less(a: V, b: V): V
  equal(a: V, b: V): V
  and(a: V, b: V): V
  or(a: V, b: V): V
  not(a: V): V
  select(condition: V, whenTrue: V, whenFalse: V): V
}

const roundHalfToEven = (x: number): number => {
  const down = Math.floor(x)
  const rest = x - down
  if (rest < 0.5) return down
  if (rest > 0.5) return down + 1
  return down % 2 === 0 ? down : down + 1
}

/** The reference: numbers in float64. */
export const numberScalars: Scalars<number> = {
  lit: x => x,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: a => -a,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfToEven,
  min: Math.min,
  max: Math.max,
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  // As C, ONNX and PyTorch have it: 1 to any power is 1, and so is −1 to an infinite one. JavaScript says NaN.
  pow: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  tanh: Math.tanh,
  erf,
  less: (a, b) => (a < b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
  and: (a, b) => (a !== 0 && b !== 0 ? 1 : 0),
  or: (a, b) => (a !== 0 || b !== 0 ? 1 : 0),
  not: a => (a !== 0 ? 0 : 1),
  select: (c, a, b) => (c !== 0 ? a : b),
}
