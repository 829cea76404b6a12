import type { DType } from '../core/dtype.ts'
import type { Node } from '../graph/node.ts'
import * as ar from './arithmetic.ts'
import * as mt from './math.ts'
import type { Scalars } from './scalars.ts'

/** Scalar instructions as graph nodes of `dtype`; conditions are bool. What is built from them can be differentiated. */
export const nodeScalars = (dtype: DType): Scalars<Node> => ({
  lit: x => ar.constant(x, dtype),
  add: ar.add,
  sub: ar.sub,
  mul: ar.mul,
  div: ar.div,
  neg: ar.neg,
  abs: mt.abs,
  sign: mt.sign,
  floor: mt.floor,
  ceil: mt.ceil,
  round: mt.round,
  min: ar.minimum,
  max: ar.maximum,
  sqrt: mt.sqrt,
  exp: mt.exp,
  expm1: mt.expm1,
  log: ar.log,
  log1p: mt.log1p,
  pow: ar.pow,
  sin: mt.sin,
  cos: mt.cos,
  tan: mt.tan,
  asin: mt.asin,
  acos: mt.acos,
  atan: mt.atan,
  tanh: mt.tanh,
  erf: mt.erf,
  less: ar.less,
  equal: ar.equal,
  and: ar.logicalAnd,
  or: ar.logicalOr,
  not: ar.logicalNot,
  select: ar.where,
})
