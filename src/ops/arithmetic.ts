import { type DType, dtypes, isFloat, numericDTypes, signedDTypes } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { broadcastShapes } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { apply, computeDType, requireDType, requireSameDType } from './apply.ts'
import { alignBatched } from './batch-axes.ts'
import { broadcastTo, sumTo } from './broadcast.ts'
import { type BinaryOp, broadcastKernel, defineBinary, defineUnary, type UnaryOp } from './define-elementwise.ts'

const every: readonly DType[] = [...numericDTypes, 'bool']

const constantOp: Op<{ value: number; dtype: DType }> = {
  name: 'constant',
  anyDType: true,
  formula: 'value',
  infer: (_inputs, { dtype }) => ({ shape: [], dtype }),
  kernel: (_inputs, out, { value }) => {
    out.data[0] = value
  },
  lower: (b, _inputs, _out, { value, dtype }) => b.constant([value], dtype, []),
  checks: {
    samples: [
      { inputs: [], attrs: { value: 2.5, dtype: 'float32' } },
      { inputs: [], attrs: { value: 1, dtype: 'bool' } },
    ],
  },
}
/** What integers of a dtype can be: another number would silently become one of them. */
export const ranges: Partial<Record<DType, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int8: [-128, 127],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint8: [0, 255],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  bool: [0, 1],
}
/** Throws unless a tensor of `dtype` can hold the number. */
export const requireFits = (where: string, value: number, dtype: DType): void => {
  const range = ranges[dtype]
  if (!range || (Number.isInteger(value) && value >= range[0] && value <= range[1])) return
  throw new ArgumentError(
    `${where}: ${value} does not fit a tensor of ${dtype}, which holds whole numbers from ${range[0]} to ${range[1]}. Convert the tensor with x.to('float32').`,
    { value, dtype },
  )
}
/** A number as a scalar tensor; it is part of the program, not an input. */
export const constant = (value: number, dtype: DType, where = 'constant'): Node => {
  requireFits(where, value, dtype)
  return apply(constantOp, [], { value, dtype })
}
/** A tensor of one value, with the shape and dtype of `x`. */
export const fullLike = (x: Node, value: number): Node => broadcastTo(constant(value, x.dtype), x.shape)

const arangeOp: Op<{ start: number; step: number; size: number; dtype: DType }> = {
  name: 'arange',
  anyDType: true,
  formula: 'start + i · step',
  infer: (_inputs, { size, dtype }) => ({ shape: [size], dtype }),
  kernel: (_inputs, out, { start, step }) => {
    for (let i = 0; i < out.data.length; i++) out.data[i] = start + i * step
  },
  lower: (b, _inputs, out, { start, step, size, dtype }) => {
    const type = computeDType(dtype)
    const at = b.op(
      'Range',
      [0, size, 1].map(n => b.constant([n], type, [])),
    )
    const scaled = step === 1 ? at : b.op('Mul', [at, b.constant([step], type, [])])
    const moved = start === 0 ? scaled : b.op('Add', [scaled, b.constant([start], type, [])])
    return type === out.dtype ? moved : b.cast(moved, out.dtype)
  },
  checks: {
    samples: [
      { inputs: [], attrs: { start: 0, step: 1, size: 5, dtype: 'int32' } },
      { inputs: [], attrs: { start: 3, step: -0.5, size: 4, dtype: 'float32' } },
      { inputs: [], attrs: { start: 0, step: 1, size: 0, dtype: 'int32' } },
    ],
  },
}
/** Evenly spaced values: `start, start + step, …`, `size` of them. */
export const arange = (size: number, dtype: DType, start = 0, step = 1): Node =>
  apply(arangeOp, [], { start, step, size, dtype })

const castOp: Op<{ dtype: DType }> = {
  name: 'cast',
  anyDType: true,
  formula: 'the same value in another dtype; to bool x ≠ 0, to an integer towards zero',
  infer: ([x], { dtype }) => ({ shape: x!.shape, dtype }),
  vjp: (g, [x], out) => [isFloat(x!.dtype) && isFloat(out.dtype) ? cast(g, x!.dtype) : null],
  kernel: ([x], out, { dtype }) => {
    for (let i = 0; i < out.data.length; i++) {
      const v = x!.data[i]!
      out.data[i] = dtype === 'bool' ? (v !== 0 ? 1 : 0) : isFloat(dtype) ? v : Math.trunc(v)
    }
  },
  batch: ([x], _batched, attrs) => apply(castOp, [x!], attrs),
  lower: (b, [x], out) => b.cast(x!.name, out.dtype),
  checks: {
    samples: dtypes.flatMap(dtype => [
      { inputs: [{ shape: [5], domain: [0, 9] as const }], attrs: { dtype } },
      { inputs: [{ shape: [2, 2], dtype: 'int32' as const, domain: [0, 3] as const }], attrs: { dtype } },
    ]),
  },
}
/** Converts the dtype. The gradient passes between floats and stops at integers. */
export const cast = (x: Node, dtype: DType): Node => (x.dtype === dtype ? x : apply(castOp, [x], { dtype }))

/** A condition as 0 or 1 in the dtype of `like`. */
const indicator = (condition: Node, like: Node): Node => cast(condition, like.dtype)

export const neg: UnaryOp = defineUnary({
  name: 'neg',
  formula: '−x',
  dtypes: signedDTypes,
  scalar: (s, x) => s.neg(x),
  vjp: g => neg(g),
  domain: [-3, 3],
})
export const add: BinaryOp = defineBinary({
  name: 'add',
  formula: 'a + b',
  dtypes: numericDTypes,
  scalar: (s, a, b) => s.add(a, b),
  vjp: g => [g, g],
  domain: [-3, 3],
})
export const sub: BinaryOp = defineBinary({
  name: 'sub',
  formula: 'a − b',
  dtypes: numericDTypes,
  scalar: (s, a, b) => s.sub(a, b),
  vjp: g => [g, neg(g)],
  domain: [-3, 3],
})
export const mul: BinaryOp = defineBinary({
  name: 'mul',
  formula: 'a · b',
  dtypes: numericDTypes,
  scalar: (s, a, b) => s.mul(a, b),
  vjp: (g, a, b) => [mul(g, b), mul(g, a)],
  domain: [-3, 3],
})
export const div: BinaryOp = defineBinary({
  name: 'div',
  formula: 'a / b',
  scalar: (s, a, b) => s.div(a, b),
  vjp: (g, _a, b, out) => {
    const ga = div(g, b)
    return [ga, neg(mul(ga, out))]
  },
  domain: [0.3, 3],
})
export const pow: BinaryOp = defineBinary({
  name: 'pow',
  formula: 'a^b',
  scalar: (s, a, b) => s.pow(a, b),
  // At b = 0 the first factor is 0, so the power of b − 1 is not formed there: 0 · 0⁻¹ would be NaN. Likewise log 0.
  vjp: (g, a, b, out) => {
    const flat = equal(b, constant(0, b.dtype))
    const da = mul(b, pow(a, where(flat, constant(1, b.dtype), sub(b, constant(1, b.dtype)))))
    const zero = equal(a, constant(0, a.dtype))
    const db = mul(out, where(zero, constant(0, a.dtype), log(where(zero, constant(1, a.dtype), a))))
    return [mul(g, da), mul(g, db)]
  },
  domain: [0.3, 2],
  domainB: [-2, 2],
})

/** Half of a cotangent to each side of a tie, as PyTorch and JAX do. */
const extremumShare = (g: Node, wins: Node, ties: Node): Node =>
  mul(g, add(indicator(wins, g), mul(indicator(ties, g), constant(0.5, g.dtype))))

export const maximum: BinaryOp = defineBinary({
  name: 'maximum',
  formula: 'max(a, b); NaN if either is',
  dtypes: numericDTypes,
  scalar: (s, a, b) => s.max(a, b),
  vjp: (g, a, b) => [extremumShare(g, greater(a, b), equal(a, b)), extremumShare(g, less(a, b), equal(a, b))],
  domain: [-3, 3],
})
export const minimum: BinaryOp = defineBinary({
  name: 'minimum',
  formula: 'min(a, b); NaN if either is',
  dtypes: numericDTypes,
  scalar: (s, a, b) => s.min(a, b),
  vjp: (g, a, b) => [extremumShare(g, less(a, b), equal(a, b)), extremumShare(g, greater(a, b), equal(a, b))],
  domain: [-3, 3],
})

const comparison = (name: string, formula: string, scalar: Parameters<typeof defineBinary>[0]['scalar']): BinaryOp =>
  defineBinary({ name, formula, dtypes: every, predicate: true, scalar, domain: [-3, 3] })
export const equal = comparison('equal', 'a = b', (s, a, b) => s.equal(a, b))
export const notEqual = comparison('notEqual', 'a ≠ b', (s, a, b) => s.not(s.equal(a, b)))
export const less = comparison('less', 'a < b', (s, a, b) => s.less(a, b))
export const lessEqual = comparison('lessEqual', 'a ≤ b', (s, a, b) => s.or(s.less(a, b), s.equal(a, b)))
export const greater = comparison('greater', 'a > b', (s, a, b) => s.less(b, a))
export const greaterEqual = comparison('greaterEqual', 'a ≥ b', (s, a, b) => s.or(s.less(b, a), s.equal(a, b)))

const logic = (name: string, formula: string, scalar: Parameters<typeof defineBinary>[0]['scalar']): BinaryOp =>
  defineBinary({ name, formula, dtypes: ['bool'], scalar, domain: [0, 1] })
export const logicalAnd = logic('logicalAnd', 'a ∧ b', (s, a, b) => s.and(a, b))
export const logicalOr = logic('logicalOr', 'a ∨ b', (s, a, b) => s.or(a, b))
export const logicalXor = logic('logicalXor', 'a ⊕ b', (s, a, b) => s.and(s.or(a, b), s.not(s.and(a, b))))
export const logicalNot: UnaryOp = defineUnary({
  name: 'logicalNot',
  formula: '¬x',
  dtypes: ['bool'],
  scalar: (s, x) => s.not(x),
  domain: [0, 1],
})

export const log: UnaryOp = defineUnary({
  name: 'log',
  formula: 'ln x; −∞ at 0, NaN below',
  scalar: (s, x) => s.log(x),
  vjp: (g, x) => div(g, x),
  domain: [0.1, 5],
})

const whereOp: Op = {
  name: 'where',
  formula: 'condition ? a : b',
  infer: ([c, a, b]) => {
    requireDType('where', c!.dtype, ['bool'])
    requireSameDType('where', a!, b!)
    return { shape: broadcastShapes('where', c!.shape, broadcastShapes('where', a!.shape, b!.shape)), dtype: a!.dtype }
  },
  vjp: (g, [c, a, b]) => {
    const zero = constant(0, g.dtype)
    return [null, sumTo(where(c!, g, zero), a!.shape), sumTo(where(c!, zero, g), b!.shape)]
  },
  kernel: (inputs, out) => broadcastKernel(inputs, out, (c, a, b) => (c !== 0 ? a! : b!)),
  batch: (inputs, batched) => apply(whereOp, alignBatched(inputs, batched), {}),
  lower: (b, [c, x, y], out) => {
    const type = computeDType(out.dtype)
    const as = (name: string): string => (type === out.dtype ? name : b.cast(name, type))
    const chosen = b.op('Where', [c!.name, as(x!.name), as(y!.name)])
    return type === out.dtype ? chosen : b.cast(chosen, out.dtype)
  },
  checks: {
    samples: [
      { inputs: [{ shape: [2, 3], dtype: 'bool' }, { shape: [2, 3] }, { shape: [3] }] },
      { inputs: [{ shape: [], dtype: 'bool' }, { shape: [2] }, { shape: [] }] },
      {
        inputs: [
          { shape: [2], dtype: 'bool' },
          { shape: [2], dtype: 'uint8' },
          { shape: [2], dtype: 'uint8' },
        ],
      },
      {
        inputs: [
          { shape: [2], dtype: 'bool' },
          { shape: [2], dtype: 'bool' },
          { shape: [2], dtype: 'bool' },
        ],
      },
    ],
  },
}
/** Chooses element by element. The branch not chosen gets no gradient, but is computed: keep NaN out of it. */
export const where = (condition: Node, a: Node, b: Node): Node => apply(whereOp, [condition, a, b], {})

export const arithmeticOps: readonly Op[] = [
  constantOp as unknown as Op,
  arangeOp as unknown as Op,
  castOp as unknown as Op,
  whereOp,
  ...[neg, add, sub, mul, div, pow, maximum, minimum, equal, notEqual, less, lessEqual, greater, greaterEqual].map(
    f => f.op,
  ),
  ...[logicalAnd, logicalOr, logicalXor, logicalNot, log].map(f => f.op),
]
