import { convert, type DType, isFloat, valuesOf } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { type Shape, show, sizeOf } from '../core/shape.ts'
import { isTracing } from '../engine/run.ts'
import { type Dense, dense } from '../ops/matrix-kernels.ts'
import { fromArray, tensor } from '../tensor/creation.ts'
import { where } from '../tensor/functions.ts'
import { type Nested, Tensor } from '../tensor/tensor.ts'

/** What a statistic is computed of: a list, a typed array, or a tensor that has been evaluated. */
export type Numbers = ArrayLike<number> | Tensor
/** Rows of numbers: nested lists, or an evaluated tensor of two axes. */
export type Rows = readonly ArrayLike<number>[] | Tensor
/** A number, nested lists of numbers or a tensor. */
export type Values = number | Nested | Tensor

/** The values of a tensor that are there without waiting, in float64; null where they have yet to be computed. */
export const knownValues = ({ node }: Tensor): Float64Array | null => {
  if (node.source?.kind === 'host' && !isTracing()) node.settle(node.source.make())
  const source = node.source
  const buffer = source?.kind === 'buffer' ? source.buffer : source?.kind === 'slot' ? source.slot.buffer : null
  if (!buffer || buffer.device) return null
  return Float64Array.from(valuesOf(buffer.dtype, buffer.array) as ArrayLike<number>, Number)
}

/** A tensor's values in float64. */
export const valuesIn = (where: string, name: string, x: Tensor): Float64Array => {
  const known = knownValues(x)
  if (known) return known
  throw new ArgumentError(
    `${where}: ${name} is a tensor that is not computed yet. Wait for it first: await evaluate(${name}).`,
    { name },
  )
}

/** A list of at least `least` finite numbers, in float64. */
export const numbersOf = (where: string, name: string, x: Numbers, least = 1): Float64Array => {
  const values = x instanceof Tensor ? valuesIn(where, name, x) : Float64Array.from(x)
  if (values.length < least) {
    throw new ArgumentError(`${where}: ${name} has ${values.length} values. It needs at least ${least}.`, {
      length: values.length,
    })
  }
  const wrong = values.findIndex(v => !Number.isFinite(v))
  if (wrong >= 0) {
    throw new ArgumentError(
      `${where}: ${name}[${wrong}] is ${values[wrong]}. All values must be finite numbers; leave out what is missing.`,
      { index: wrong },
    )
  }
  return values
}

/** Two lists of one length. */
export const pairsOf = (where: string, x: Numbers, y: Numbers, least = 2): [Float64Array, Float64Array] => {
  const [a, b] = [numbersOf(where, 'x', x, least), numbersOf(where, 'y', y, least)]
  if (a.length === b.length) return [a, b]
  throw new ArgumentError(`${where}: x has ${a.length} values and y has ${b.length}. There must be as many.`, {
    x: a.length,
    y: b.length,
  })
}

/** Rows of one length as a matrix. */
export const matrixOf = (where: string, name: string, x: Rows): Dense => {
  if (x instanceof Tensor) {
    if (x.ndim !== 2) {
      throw new ShapeError(`${where}: ${name} is ${show(x.shape)}. It needs two axes: [rows, columns].`, {
        shape: x.shape,
      })
    }
    return dense(x.shape[0]!, x.shape[1]!, numbersOf(where, name, x, 0))
  }
  const columns = x[0]?.length ?? 0
  for (const [i, row] of x.entries()) {
    if (row.length === columns) continue
    throw new ShapeError(
      `${where}: row ${i} of ${name} has ${row.length} values and row 0 has ${columns}. All rows must have one length.`,
      { row: i },
    )
  }
  const flat = x.flatMap(row => Array.from(row))
  return dense(x.length, columns, numbersOf(where, name, flat, 0))
}

/** A float64 tensor of one axis. */
export const vector = (values: ArrayLike<number>): Tensor<readonly [number], 'float64'> =>
  fromArray(Float64Array.from(values), [values.length], 'float64')
/** A float64 tensor of two axes. */
export const matrix = ({ rows, columns, data }: Dense): Tensor<readonly [number, number], 'float64'> =>
  fromArray(data, [rows, columns], 'float64')
/** An int32 tensor of one axis. */
export const indices = (values: ArrayLike<number>): Tensor<readonly [number], 'int32'> =>
  fromArray(Int32Array.from(values), [values.length], 'int32')

/** `where` for tensors of which no more is known than that they go together. */
export const choose = (condition: Tensor, a: Tensor, b: Tensor): Tensor =>
  where(condition as Tensor<Shape, 'bool'>, a, b as never) as Tensor

/** Values as a tensor of a dtype. */
export const tensorOf = (x: Values, dtype: DType): Tensor => {
  if (!(x instanceof Tensor)) return tensor(x, dtype) as Tensor
  if (x.dtype === dtype) return x
  // Integers have no gradient: converted here, they stay readable without waiting.
  const known = isFloat(x.dtype) ? null : knownValues(x)
  return known ? hostTensor(known, x.shape, dtype) : x.to(dtype)
}

/** Calls `f` with the place in each array of every element of the shape that all broadcast to. */
export const eachBroadcast = (
  out: Shape,
  shapes: readonly Shape[],
  f: (at: number, places: readonly number[]) => void,
): void => {
  const steps = shapes.map(shape => {
    const strides = new Array<number>(out.length).fill(0)
    let step = 1
    for (let i = 1; i <= shape.length; i++) {
      const size = shape[shape.length - i]!
      if (size !== 1) strides[out.length - i] = step
      step *= size
    }
    return strides
  })
  const index = new Array<number>(out.length).fill(0)
  const places = new Array<number>(shapes.length).fill(0)
  const size = sizeOf(out)
  for (let at = 0; at < size; at++) {
    f(at, places)
    for (let axis = out.length - 1; axis >= 0; axis--) {
      index[axis]!++
      for (const [k, strides] of steps.entries()) places[k]! += strides[axis]!
      if (index[axis]! < out[axis]!) break
      for (const [k, strides] of steps.entries()) places[k]! -= strides[axis]! * out[axis]!
      index[axis] = 0
    }
  }
}

/** Host values as a tensor of a dtype. */
export const hostTensor = (values: Float64Array, shape: Shape, dtype: DType): Tensor =>
  fromArray(dtype === 'float64' ? values : convert(values, dtype), shape, dtype) as Tensor
