import { type DType, floatDTypes, integerDTypes, isFloat, numericDTypes } from '../core/dtype.ts'
import { broadcastShapes, type Shape } from '../core/shape.ts'
import type { OnnxBuilder } from '../graph/lowering.ts'
import type { Node } from '../graph/node.ts'
import type { Op, Sample } from '../graph/op.ts'
import { constant, div, mul, neg } from './arithmetic.ts'
import { apply, requireDType, requireSameDType } from './apply.ts'
import { alignBatched } from './batch-axes.ts'
import { broadcastTo, sumTo } from './broadcast.ts'
import { broadcastKernel } from './define-elementwise.ts'
import { onnxScalars } from './onnx-scalars.ts'
import { trunc } from './rounding.ts'
import { numberScalars, type Scalars } from './scalars.ts'

// Division with a remainder, of floats and of integers.

/** Scalar instructions and the remainder of a division towards 0, which is exact where a − b · trunc(a/b) is not. */
interface Division<V> extends Scalars<V> {
  fmod(a: V, b: V): V
}
const numberDivision: Division<number> = { ...numberScalars, fmod: (a, b) => a % b }
const onnxDivision = (b: OnnxBuilder, dtype: DType): Division<string> => ({
  ...onnxScalars(b, dtype),
  fmod: (x, y) => b.op('Mod', [x, y], { fmod: 1 }),
})

type Divide = <V>(s: Division<V>, a: V, b: V) => V

/** Whether the remainder `r` of a division by `b` stands on the other side of 0. */
const opposed: Divide = (s, r, b) => {
  const zero = s.lit(0)
  return s.or(s.and(s.less(r, zero), s.less(zero, b)), s.and(s.less(zero, r), s.less(b, zero)))
}
const flooredRemainder: Divide = (s, a, b) => {
  const r = s.fmod(a, b)
  return s.select(opposed(s, r, b), s.add(r, b), r)
}
/** ⌊a/b⌋ from the exact remainder: the quotient of floats alone would round 1/0.1 up to 10. */
const flooredQuotient: Divide = (s, a, b) => {
  const r = s.fmod(a, b)
  const towardsZero = s.div(s.sub(a, r), b)
  const quotient = s.round(s.select(opposed(s, r, b), s.sub(towardsZero, s.lit(1)), towardsZero))
  return s.select(s.equal(b, s.lit(0)), s.div(a, b), quotient)
}
/** Of whole numbers: less the remainder towards 0, which cannot overflow, they divide without a rest. */
const wholeQuotient: Divide = (s, a, b) => {
  const r = s.fmod(a, b)
  const towardsZero = s.div(s.sub(a, r), b)
  return s.select(opposed(s, r, b), s.sub(towardsZero, s.lit(1)), towardsZero)
}

/** At a division of integers by 0 the processor stops, and at that of the smallest by −1: these are decided beforehand. */
const safely =
  (divide: Divide, byMinusOne: <V>(s: Division<V>, a: V) => V): Divide =>
  (s, a, b) => {
    const none = s.equal(b, s.lit(0))
    const turned = s.equal(b, s.lit(-1))
    const safe = s.select(s.or(none, turned), s.lit(1), b)
    return s.select(none, s.lit(0), s.select(turned, byMinusOne(s, a), divide(s, a, safe)))
  }

type DivisionVjp = (g: Node, a: Node, b: Node) => readonly [Node, Node]
interface DivisionDef {
  readonly name: string
  readonly formula: string
  readonly dtypes: readonly DType[]
  readonly divide: Divide
  readonly vjp?: DivisionVjp
  readonly samples: readonly Sample[]
}
const defineDivision = ({ name, formula, dtypes, divide, vjp, samples }: DivisionDef): Op => {
  const op: Op = {
    name,
    formula,
    infer: ([a, b]) => {
      requireDType(name, a!.dtype, dtypes)
      return { shape: broadcastShapes(name, a!.shape, b!.shape), dtype: a!.dtype }
    },
    ...(vjp && {
      vjp: (g, [a, b]) => {
        const [ga, gb] = vjp(g, a!, b!)
        return [sumTo(ga, a!.shape), sumTo(gb, b!.shape)]
      },
    }),
    kernel: (inputs, out) => broadcastKernel(inputs, out, (a, b) => divide(numberDivision, a!, b!)),
    lower: (b, [x, y], out) => divide(onnxDivision(b, out.dtype), x!.name, y!.name),
    batch: (inputs, batched) => apply(op, alignBatched(inputs, batched), {}),
    checks: { samples },
  }
  return op
}

// Quotients stay between −2 and −1, clear of the whole numbers where the results jump.
const ofFloats = (a: Shape, b: Shape): Sample => ({
  inputs: [
    { shape: a, dtype: 'float', domain: [1.1, 1.9] },
    { shape: b, dtype: 'float', domain: [-1, -0.96] },
  ],
})
const floatSamples = [ofFloats([], []), ofFloats([2, 3], [3]), ofFloats([4, 1, 2], [3, 1]), ofFloats([0, 2], [2])]
const integerSamples: readonly Sample[] = (['int32', 'int64'] as const).map(dtype => ({
  inputs: [
    { shape: [60], dtype, domain: [-9, 9] },
    { shape: [60], dtype, domain: [-3, 3] },
  ],
}))

/** A division of floats and one of integers under one name. */
interface Divisions {
  readonly floats: Op
  readonly integers: Op
}
const defineDivisions = (
  name: string,
  formula: string,
  floats: { readonly divide: Divide; readonly vjp: DivisionVjp },
  integers: Divide,
): Divisions => ({
  floats: defineDivision({ name, formula, dtypes: floatDTypes, ...floats, samples: floatSamples }),
  integers: defineDivision({
    name: `${name}OfIntegers`,
    formula: `${formula}, of integers; 0 where b is`,
    dtypes: integerDTypes,
    divide: integers,
    samples: integerSamples,
  }),
})
const divided = (where: string, { floats, integers }: Divisions, a: Node, b: Node): Node => {
  requireDType(where, a.dtype, numericDTypes)
  requireSameDType(where, a, b)
  return apply(isFloat(a.dtype) ? floats : integers, [a, b], {})
}

const fmodOps = defineDivisions(
  'fmod',
  'a − b · trunc(a/b)',
  { divide: (s, a, b) => s.fmod(a, b), vjp: (g, a, b) => [g, neg(mul(g, trunc(div(a, b))))] },
  safely(
    (s, a, b) => s.fmod(a, b),
    s => s.lit(0),
  ),
)
/**
 * The remainder of a division towards 0, a − b · trunc(a/b): it has the sign of `a`, as in C and JavaScript. Exact. By 0 it is NaN, of
 * integers 0 (as NumPy). Gradients: 1 and −trunc(a/b).
 */
export const fmod = (a: Node, b: Node): Node => divided('fmod', fmodOps, a, b)

const remainderOps = defineDivisions(
  'remainder',
  'a − b ⌊a/b⌋',
  { divide: flooredRemainder, vjp: (g, a, b) => [g, neg(mul(g, floorDivide(a, b)))] },
  safely(flooredRemainder, s => s.lit(0)),
)
/**
 * The remainder of a division downwards, a − b ⌊a/b⌋: it has the sign of `b`, as Python's `%`. By 0 it is NaN, of integers 0 (as
 * NumPy). Gradients: 1 and −⌊a/b⌋.
 */
export const remainder = (a: Node, b: Node): Node => divided('remainder', remainderOps, a, b)

const zerosOf = (a: Node, b: Node): Node =>
  broadcastTo(constant(0, a.dtype), broadcastShapes('floorDivide', a.shape, b.shape))
const floorDivideOps = defineDivisions(
  'floorDivide',
  '⌊a/b⌋',
  { divide: flooredQuotient, vjp: (_g, a, b) => [zerosOf(a, b), zerosOf(a, b)] },
  safely(wholeQuotient, (s, a) => s.neg(a)),
)
/** ⌊a/b⌋, Python's `//`. By 0 it is a/b, of integers 0 (as NumPy). Flat almost everywhere: its gradient is 0. */
export const floorDivide = (a: Node, b: Node): Node => divided('floorDivide', floorDivideOps, a, b)

export const divisionOps: readonly Op[] = [fmodOps, remainderOps, floorDivideOps].flatMap(ops => [
  ops.floats,
  ops.integers,
])
