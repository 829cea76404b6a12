import { floatDTypes, numericDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { normalizeAxis, show, sizeOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { arange, constant, lessEqual, mul, sub, where } from './arithmetic.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { broadcastTo, reshape, sum, transpose } from './broadcast.ts'
import { matmul } from './linear-algebra.ts'
import { concat, expandDims, pad, sliceAxis } from './movement.ts'

const requireSquare = (where: string, x: Node): number => {
  const [rows, columns] = x.shape.slice(-2)
  if (x.shape.length >= 2 && rows === columns) return rows!
  throw new ShapeError(`${where}: ${show(x.shape)} is not square. The last two axes must have one size.`, {
    shape: x.shape,
  })
}
const requireVector = (where: string, name: string, x: Node): number => {
  if (x.shape.length === 1) return x.shape[0]!
  throw new ShapeError(`${where}: ${name} is ${show(x.shape)}. Expected a vector [n].`, { shape: x.shape })
}

// --- diagonals and triangles -------------------------------------------------------------------------------------------

export interface DiagonalOptions {
  /** Diagonals above the main one count up, those below count down. Default 0. */
  readonly offset?: number
  /** Rows. Default: the last axis but one. */
  readonly axis1?: number
  /** Columns. Default: the last axis. */
  readonly axis2?: number
}
const requireWhole = (where: string, name: string, value: number): void => {
  if (!Number.isInteger(value))
    throw new ArgumentError(`${where}: ${name} must be a whole number; got ${value}.`, { [name]: value })
}
/** The elements `[i, i + offset]` of two axes, as a new last axis in their place (NumPy's and PyTorch's `diagonal`). */
export const diagonal = (x: Node, options: DiagonalOptions = {}): Node => {
  const { offset = 0 } = options
  const row = normalizeAxis('diagonal', options.axis1 ?? -2, x.shape.length)
  const column = normalizeAxis('diagonal', options.axis2 ?? -1, x.shape.length)
  requireWhole('diagonal', 'offset', offset)
  if (row === column)
    throw new ArgumentError(`diagonal: axis1 and axis2 are both ${row}. Name two different axes.`, { axis: row })
  const others = x.shape.flatMap((_, i) => (i === row || i === column ? [] : [i]))
  const lead = others.map(i => x.shape[i]!)
  const [m, n] = [x.shape[row]!, x.shape[column]!]
  const length = Math.max(0, offset >= 0 ? Math.min(m, n - offset) : Math.min(m + offset, n))
  const flat = reshape(transpose(x, [...others, row, column]), [...lead, m * n])
  if (length === 0) return sliceAxis(flat, lead.length, 0, 0)
  // Row by row, elements of a diagonal stand n + 1 apart: they are the first column of rows of that length.
  const start = offset >= 0 ? offset : -offset * n
  const end = start + length * (n + 1)
  const room = m * n
  const part = sliceAxis(flat, lead.length, start, Math.min(end, room))
  const whole = pad(part, [...lead.map(() => [0, 0] as const), [0, Math.max(0, end - room)]])
  const rows = reshape(whole, [...lead, length, n + 1])
  return reshape(sliceAxis(rows, lead.length + 1, 0, 1), [...lead, length])
}

/** Matrices that have the last axis on a diagonal and 0 elsewhere: `[..., n]` → `[..., n + |offset|, n + |offset|]`. */
export const diag = (x: Node, offset = 0): Node => {
  requireDType('diag', x.dtype, numericDTypes)
  requireWhole('diag', 'offset', offset)
  if (x.shape.length === 0) throw new ShapeError('diag: x is a scalar. Expected [..., n]: reshape it to [1].')
  const lead = x.shape.slice(0, -1)
  const n = x.shape[lead.length]!
  const size = n + Math.abs(offset)
  const untouched = lead.map(() => [0, 0] as const)
  // Row by row, elements of a diagonal stand size + 1 apart.
  const spread = reshape(pad(expandDims(x, x.shape.length), [...untouched, [0, 0], [0, size]]), [
    ...lead,
    n * (size + 1),
  ])
  const start = offset >= 0 ? offset : -offset * size
  const missing = size * size - start - n * (size + 1)
  const end = n * (size + 1) + Math.min(0, missing)
  const flat = pad(sliceAxis(spread, lead.length, 0, end), [...untouched, [start, Math.max(0, missing)]])
  return reshape(flat, [...lead, size, size])
}

/** Sum of a diagonal of two axes. */
export const trace = (x: Node, options: DiagonalOptions = {}): Node => {
  requireDType('trace', x.dtype, numericDTypes)
  return sum(diagonal(x, options), -1)
}

/** Row i and column j of each element of the last two axes, as a column and a row. */
const gridOf = (where: string, x: Node): readonly [Node, Node] => {
  if (x.shape.length < 2)
    throw new ShapeError(`${where}: ${show(x.shape)} has fewer than two axes. Expected [..., m, n].`, {
      shape: x.shape,
    })
  const [m, n] = x.shape.slice(-2) as [number, number]
  return [expandDims(arange(m, 'int32'), 1), arange(n, 'int32')]
}
const zeroOf = (x: Node): Node => constant(0, x.dtype)
/** The last two axes with 0 above diagonal `k`. */
export const tril = (x: Node, k = 0): Node => {
  requireWhole('tril', 'k', k)
  const [i, j] = gridOf('tril', x)
  return where(lessEqual(sub(j, i), constant(k, 'int32')), x, zeroOf(x))
}
/** The last two axes with 0 below diagonal `k`. */
export const triu = (x: Node, k = 0): Node => {
  requireWhole('triu', 'k', k)
  const [i, j] = gridOf('triu', x)
  return where(lessEqual(constant(k, 'int32'), sub(j, i)), x, zeroOf(x))
}

// --- products ------------------------------------------------------------------------------------------------------------

const requireNumbers = (where: string, a: Node, b: Node): void => {
  requireDType(where, a.dtype, numericDTypes)
  requireSameDType(where, a, b)
}

/** a[i] b[j] of two tensors seen as vectors: → `[size of a, size of b]`. */
export const outer = (a: Node, b: Node): Node => {
  requireNumbers('outer', a, b)
  return mul(reshape(a, [sizeOf(a.shape), 1]), reshape(b, [sizeOf(b.shape)]))
}

/** Σ a[i] b[i] of two vectors. */
export const dot = (a: Node, b: Node): Node => {
  const [n, m] = [requireVector('dot', 'a', a), requireVector('dot', 'b', b)]
  return sumOfProducts('dot', a, b, n, m)
}
/** Σ a[i] b[i] of two tensors seen as vectors. */
export const vdot = (a: Node, b: Node): Node =>
  sumOfProducts('vdot', reshape(a, [-1]), reshape(b, [-1]), sizeOf(a.shape), sizeOf(b.shape))
const sumOfProducts = (name: string, a: Node, b: Node, n: number, m: number): Node => {
  requireNumbers(name, a, b)
  if (n !== m) {
    throw new ShapeError(`${name}: a has ${n} elements and b ${m}. Both must have the same number.`, {
      a: a.shape,
      b: b.shape,
    })
  }
  return sum(mul(a, b))
}

/** Axes that `tensordot` sums over: the last n of a with the first n of b, or named pairs. */
export type TensordotAxes = number | readonly [a: readonly number[], b: readonly number[]]
const pairedAxes = (a: Node, b: Node, axes: TensordotAxes): readonly [readonly number[], readonly number[]] => {
  if (typeof axes !== 'number') {
    const named = [
      axes[0].map(i => normalizeAxis('tensordot', i, a.shape.length)),
      axes[1].map(i => normalizeAxis('tensordot', i, b.shape.length)),
    ] as const
    for (const list of named) {
      const twice = list.find((axis, i) => list.indexOf(axis) !== i)
      if (twice !== undefined)
        throw new ArgumentError(`tensordot: axis ${twice} is named twice. Name each axis once.`, { axes })
    }
    return named
  }
  const most = Math.min(a.shape.length, b.shape.length)
  if (!Number.isInteger(axes) || axes < 0 || axes > most) {
    throw new ArgumentError(
      `tensordot: axes must be a whole number from 0 to ${most}, the axes of a ${show(a.shape)} and b ${show(b.shape)}; got ${axes}.`,
      { axes },
    )
  }
  const count = Array.from({ length: axes }, (_, i) => i)
  return [count.map(i => a.shape.length - axes + i), count]
}
/** Sum of products over pairs of axes: the other axes of a, then those of b. */
export const tensordot = (a: Node, b: Node, axes: TensordotAxes = 2): Node => {
  requireDType('tensordot', a.dtype, floatDTypes)
  requireSameDType('tensordot', a, b)
  const [inA, inB] = pairedAxes(a, b, axes)
  const pairs = inA.map((i, k) => [a.shape[i], b.shape[inB[k] ?? -1]] as const)
  if (inA.length !== inB.length || pairs.some(([m, n]) => m !== n)) {
    throw new ShapeError(
      `tensordot: axes ${show(inA)} of a ${show(a.shape)} and ${show(inB)} of b ${show(b.shape)} do not pair. Name as many axes of each, of equal sizes.`,
      { a: a.shape, b: b.shape, axes },
    )
  }
  const restOf = (x: Node, taken: readonly number[]): number[] =>
    x.shape.flatMap((_, i) => (taken.includes(i) ? [] : [i]))
  const [outerA, outerB] = [restOf(a, inA), restOf(b, inB)]
  const [m, n] = [outerA.map(i => a.shape[i]!), outerB.map(i => b.shape[i]!)]
  const inner = sizeOf(inA.map(i => a.shape[i]!))
  const left = reshape(transpose(a, [...outerA, ...inA]), [sizeOf(m), inner])
  const right = reshape(transpose(b, [...inB, ...outerB]), [inner, sizeOf(n)])
  return reshape(matmul(left, right), [...m, ...n])
}

/** Σ a[..., k] b[..., k] over the last axes: the other axes of a, then those of b. */
export const inner = (a: Node, b: Node): Node => {
  requireNumbers('inner', a, b)
  if (a.shape.length === 0 || b.shape.length === 0) return mul(a, b)
  return tensordot(a, b, [[-1], [-1]])
}

/** Kronecker product: every element of a times the whole of b. Sizes multiply axis by axis, aligned from the last. */
export const kron = (a: Node, b: Node): Node => {
  requireNumbers('kron', a, b)
  const ndim = Math.max(a.shape.length, b.shape.length)
  const sizes = (x: Node): number[] => [...new Array<number>(ndim - x.shape.length).fill(1), ...x.shape]
  const [m, n] = [sizes(a), sizes(b)]
  const blocks = reshape(
    a,
    m.flatMap(k => [k, 1]),
  )
  const inside = reshape(
    b,
    n.flatMap(k => [1, k]),
  )
  return reshape(
    mul(blocks, inside),
    m.map((k, i) => k * n[i]!),
  )
}

/** Vector product a × b of the 3-vectors along an axis; other axes broadcast. */
export const crossProduct = (a: Node, b: Node, axis = -1): Node => {
  requireNumbers('crossProduct', a, b)
  const sizes = [a, b].map(x => x.shape[normalizeAxis('crossProduct', axis, x.shape.length)])
  if (sizes.some(n => n !== 3)) {
    throw new ShapeError(
      `crossProduct: a is ${show(a.shape)} and b ${show(b.shape)}. Axis ${axis} must have size 3 in both.`,
      { a: a.shape, b: b.shape, axis },
    )
  }
  const turned = (x: Node, by: number): Node => {
    const at = normalizeAxis('crossProduct', axis, x.shape.length)
    return concat([sliceAxis(x, at, by, 3), sliceAxis(x, at, 0, by)], at)
  }
  return sub(mul(turned(a, 1), turned(b, 2)), mul(turned(a, 2), turned(b, 1)))
}

/** x multiplied by itself n times, by repeated squaring; n = 0 gives the identity. */
export const matrixPower = (x: Node, n: number): Node => {
  requireDType('matrixPower', x.dtype, floatDTypes)
  const size = requireSquare('matrixPower', x)
  if (!Number.isInteger(n) || n < 0)
    throw new ArgumentError(`matrixPower: n must be a whole number of at least 0; got ${n}.`, { n })
  if (n === 0) return broadcastTo(diag(broadcastTo(constant(1, x.dtype), [size])), x.shape)
  let result: Node | null = null
  let square = x
  for (let rest = n; ; square = matmul(square, square)) {
    if (rest % 2 === 1) result = result ? matmul(result, square) : square
    rest = Math.floor(rest / 2)
    if (rest === 0) return result!
  }
}
