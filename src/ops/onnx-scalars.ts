import type { DType } from '../core/dtype.ts'
import type { OnnxBuilder } from '../graph/lowering.ts'
import type { Scalars } from './scalars.ts'

/** Scalar instructions as ONNX operators on values of `dtype`; conditions are bool. */
export const onnxScalars = (b: OnnxBuilder, dtype: DType): Scalars<string> => {
  const unary = (type: string) => (a: string) => b.op(type, [a])
  const binary = (type: string) => (x: string, y: string) => b.op(type, [x, y])
  const lit = (x: number): string => b.constant([x], dtype, [])
  const s: Scalars<string> = {
    lit,
    add: binary('Add'),
    sub: binary('Sub'),
    mul: binary('Mul'),
    div: binary('Div'),
    neg: unary('Neg'),
    abs: unary('Abs'),
    sign: unary('Sign'),
    floor: unary('Floor'),
    ceil: unary('Ceil'),
    round: unary('Round'),
    min: binary('Min'),
    max: binary('Max'),
    sqrt: unary('Sqrt'),
    exp: unary('Exp'),
    // ONNX has no expm1: 2t / (1 − t) with t = tanh(a/2) keeps all digits near 0, where e^a − 1 loses them.
    expm1: a => {
      const t = s.tanh(s.mul(a, lit(0.5)))
      const near = s.div(s.add(t, t), s.sub(lit(1), t))
      return s.select(s.less(s.abs(a), lit(1)), near, s.sub(s.exp(a), lit(1)))
    },
    log: unary('Log'),
    // ONNX has no log1p: with u = 1 + a rounded, log(u) · a / (u − 1) repairs the rounding (Higham 2002, section 1.14.1).
    log1p: a => {
      const u = s.add(a, lit(1))
      const exact = s.equal(u, lit(1))
      const scaled = s.mul(s.log(u), s.div(a, s.select(exact, lit(1), s.sub(u, lit(1)))))
      const infinite = s.equal(u, lit(Number.POSITIVE_INFINITY))
      return s.select(exact, a, s.select(infinite, u, scaled))
    },
    pow: binary('Pow'),
    sin: unary('Sin'),
    cos: unary('Cos'),
    tan: unary('Tan'),
    asin: unary('Asin'),
    acos: unary('Acos'),
    atan: unary('Atan'),
    tanh: unary('Tanh'),
    erf: unary('Erf'),
    less: binary('Less'),
    equal: binary('Equal'),
    and: binary('And'),
    or: binary('Or'),
    not: unary('Not'),
    select: (c, x, y) => b.op('Where', [c, x, y]),
  }
  return s
}
