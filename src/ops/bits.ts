import { type DType, integerDTypes } from '../core/dtype.ts'
import { broadcastShapes } from '../core/shape.ts'
import type { OnnxBuilder } from '../graph/lowering.ts'
import type { Node } from '../graph/node.ts'
import type { Op, Sample } from '../graph/op.ts'
import { apply, requireDType, requireSameDType } from './apply.ts'
import { alignBatched } from './batch-axes.ts'
import { broadcastKernel } from './define-elementwise.ts'

// Bits of integers in two's complement. Integers have no gradient.

/** JavaScript's operators on bits see 32 of them: numbers go through bigint. */
const on64 =
  (f: (a: bigint, b: bigint) => bigint) =>
  (a: number, b: number): number =>
    Number(BigInt.asIntN(64, f(BigInt(a), BigInt(b))))

interface BitsDef {
  readonly name: string
  readonly formula: string
  readonly of: (a: number, b: number) => number
  readonly lower: (b: OnnxBuilder, x: string, y: string, dtype: DType) => string
  readonly samples: readonly Sample[]
}
type BitsOp = ((a: Node, b: Node) => Node) & { readonly op: Op }
const defineBits = (def: BitsDef): BitsOp => {
  const op: Op = {
    name: def.name,
    formula: def.formula,
    infer: ([a, b]) => {
      requireDType(def.name, a!.dtype, integerDTypes)
      requireSameDType(def.name, a!, b!)
      return { shape: broadcastShapes(def.name, a!.shape, b!.shape), dtype: a!.dtype }
    },
    kernel: (inputs, out) => broadcastKernel(inputs, out, (a, b) => def.of(a!, b!)),
    batch: (inputs, batched) => apply(op, alignBatched(inputs, batched), {}),
    lower: (b, [x, y], out) => def.lower(b, x!.name, y!.name, out.dtype),
    checks: { samples: def.samples },
  }
  return Object.assign((a: Node, b: Node) => apply(op, [a, b], {}), { op })
}

const both = (dtype: DType, a: readonly [number, number], b: readonly [number, number]): Sample => ({
  inputs: [
    { shape: [4, 6], dtype, domain: a },
    { shape: [6], dtype, domain: b },
  ],
})
const logicSamples = [
  both('int32', [-(2 ** 31), 2 ** 31 - 1], [-(2 ** 31), 2 ** 31 - 1]),
  both('int64', [-(2 ** 52), 2 ** 52], [-(2 ** 52), 2 ** 52]),
  both('uint8', [0, 255], [0, 255]),
]
const logic = (name: string, formula: string, onnx: string, of: (a: bigint, b: bigint) => bigint): BitsOp =>
  defineBits({ name, formula, of: on64(of), lower: (b, x, y) => b.op(onnx, [x, y]), samples: logicSamples })

/** Bits set in both. */
export const bitwiseAnd = logic('bitwiseAnd', 'a ∧ b, bit by bit', 'BitwiseAnd', (a, b) => a & b)
/** Bits set in either. */
export const bitwiseOr = logic('bitwiseOr', 'a ∨ b, bit by bit', 'BitwiseOr', (a, b) => a | b)
/** Bits set in one of both. */
export const bitwiseXor = logic('bitwiseXor', 'a ⊕ b, bit by bit', 'BitwiseXor', (a, b) => a ^ b)

const bitwiseNotOp: Op = {
  name: 'bitwiseNot',
  formula: '¬x, bit by bit: −x − 1',
  infer: ([x]) => {
    requireDType('bitwiseNot', x!.dtype, integerDTypes)
    return { shape: x!.shape, dtype: x!.dtype }
  },
  kernel: ([x], out) => {
    for (let i = 0; i < out.data.length; i++) out.data[i] = -x!.data[i]! - 1
  },
  batch: ([x]) => apply(bitwiseNotOp, [x!], {}),
  lower: (b, [x]) => b.op('BitwiseNot', [x!.name]),
  checks: {
    samples: (['int32', 'int64', 'uint8'] as const).map(dtype => ({
      inputs: [{ shape: [2, 3], dtype, domain: [0, 200] as const }],
    })),
  },
}
/** Every bit turned: −x − 1 of signed integers, the largest integer − x of unsigned ones. */
export const bitwiseNot = (x: Node): Node => apply(bitwiseNotOp, [x], {})

// --- shifts: ONNX has them for unsigned integers only, so powers of two are looked up in a table ---------------------------------
const bitsOf = (dtype: DType): number => (dtype === 'int64' ? 64 : 32)
const powersOfTwo = (count: number): number[] => Array.from({ length: count }, (_, i) => 2 ** i)
/** Values of a table; a position outside it counts as its last. */
const lookUp = (b: OnnxBuilder, table: readonly number[], at: string, dtype: DType): string => {
  const literal = (v: number): string => b.constant([v], dtype, [])
  const last = literal(table.length - 1)
  const outside = b.op('Or', [b.op('Less', [at, literal(0)]), b.op('Greater', [at, last])])
  return b.op('Gather', [b.constant(table, dtype), b.op('Where', [outside, last, at])], { axis: 0 })
}
/** Shifts by a negative number, or by all bits and more, push every bit out. */
const pushesAll = (by: number): boolean => by < 0 || by >= 64

/** a · 2^b, bits beyond the last falling off; 0 where b is negative or at least the number of bits. */
export const shiftLeft = defineBits({
  name: 'shiftLeft',
  formula: 'a · 2^b modulo 2^bits; 0 where b is negative or at least the number of bits',
  of: (a, b) => (pushesAll(b) ? 0 : on64((x, y) => x << y)(a, b)),
  lower: (b, x, y, dtype) => {
    const bits = bitsOf(dtype)
    return b.op('Mul', [x, lookUp(b, [...powersOfTwo(bits - 1), -(2 ** (bits - 1)), 0], y, dtype)])
  },
  samples: [
    both('int32', [-999, 999], [-2, 35]),
    both('int64', [-999, 999], [-2, 40]),
    both('uint8', [0, 255], [0, 9]),
  ],
})

/** ⌊a / 2^b⌋, which keeps the sign; 0 or −1 where b is negative or at least the number of bits. */
export const shiftRight = defineBits({
  name: 'shiftRight',
  formula: '⌊a / 2^b⌋; 0 or −1 where b is negative or at least the number of bits',
  of: (a, b) => (pushesAll(b) ? (a < 0 ? -1 : 0) : Math.floor(a / 2 ** b)),
  lower: (b, x, y, dtype) => {
    const positions = bitsOf(dtype) - 1
    // Of −a − 1, which is not negative, the division towards 0 is one downwards.
    const negative = b.op('Less', [x, b.constant([0], dtype, [])])
    const size = b.op('Where', [negative, b.op('BitwiseNot', [x]), x])
    // The power beyond the last that the dtype holds gives 0: there the quotient is multiplied away.
    const divided = b.op('Div', [size, lookUp(b, [...powersOfTwo(positions), 1], y, dtype)])
    const kept = lookUp(b, [...new Array<number>(positions).fill(1), 0], y, dtype)
    const quotient = b.op('Mul', [divided, kept])
    return b.op('Where', [negative, b.op('BitwiseNot', [quotient]), quotient])
  },
  samples: [
    both('int32', [-(2 ** 31), 2 ** 31 - 1], [-2, 35]),
    both('int64', [-(2 ** 52), 2 ** 52], [-2, 66]),
    both('uint8', [0, 255], [0, 9]),
  ],
})

export const bitsOps: readonly Op[] = [
  ...[bitwiseAnd, bitwiseOr, bitwiseXor, shiftLeft, shiftRight].map(f => f.op),
  bitwiseNotOp,
]
