import { valuesOf } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import { Tensor } from '../tensor/tensor.ts'

/** Classes or the like, one an example: numbers, strings, or booleans (which are 0 and 1); a tensor must have been evaluated. */
export type Values = ArrayLike<number | string | boolean> | Tensor
/** A number an example; a tensor must have been evaluated. */
export type Numbers = ArrayLike<number> | Tensor
/** Numbers in rows, one an example; a tensor must have been evaluated. */
export type Rows = ArrayLike<ArrayLike<number>> | Tensor

/** Numbers in rows, one row after the other. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
}

/** A class as it is kept. */
export type Label = number | string

/**
 * The values of a tensor without waiting.
 *
 * @throws ArgumentError if they are not there yet
 */
export const valuesNow = (where: string, name: string, { node }: Tensor): ArrayLike<number | bigint> => {
  if (node.source?.kind === 'host') node.settle(node.source.make())
  const { source } = node
  const buffer = source?.kind === 'buffer' ? source.buffer : source?.kind === 'slot' ? source.slot.buffer : null
  if (!buffer || buffer.device) {
    throw new ArgumentError(
      `${where}: ${name}, a tensor ${show(node.shape)}, has not been computed yet. Say await evaluate(${name}) first.`,
      { name, shape: node.shape },
    )
  }
  return valuesOf(node.dtype, buffer.array)
}

const requireAxes = (where: string, name: string, x: Tensor, axes: number): void => {
  if (x.ndim === axes) return
  throw new ShapeError(`${where}: ${name} is ${show(x.shape)}. It must have ${axes === 1 ? 'one axis' : 'two axes'}.`, {
    name,
    shape: x.shape,
  })
}

/** Classes as they are kept; NaN is none. */
export const readLabels = (where: string, name: string, values: Values): readonly Label[] => {
  if (values instanceof Tensor) {
    requireAxes(where, name, values, 1)
    return Array.from(valuesNow(where, name, values), Number)
  }
  return Array.from(values, (value, i) => {
    if (typeof value === 'boolean') return Number(value)
    if (typeof value === 'string' || (typeof value === 'number' && !Number.isNaN(value))) return value
    throw new ArgumentError(
      `${where}: element ${i} of ${name} is ${value}. Classes are numbers, strings or booleans.`,
      {
        index: i,
        value,
      },
    )
  })
}

/** Finite numbers. */
export const readNumbers = (
  where: string,
  name: string,
  values: ArrayLike<number | boolean> | Tensor,
): Float64Array => {
  if (values instanceof Tensor) requireAxes(where, name, values, 1)
  const out = Float64Array.from(values instanceof Tensor ? valuesNow(where, name, values) : values, Number)
  requireFinite(where, name, out, i => String(i))
  return out
}

const requireFinite = (where: string, name: string, values: Float64Array, place: (i: number) => string): void => {
  const i = values.findIndex(x => !Number.isFinite(x))
  if (i < 0) return
  throw new ArgumentError(`${where}: element ${place(i)} of ${name} is ${values[i]}. All must be finite numbers.`, {
    name,
    index: i,
  })
}

/** Rows of finite numbers, all as long. */
export const readRows = (where: string, name: string, values: Rows): Matrix => {
  let matrix: Matrix
  if (values instanceof Tensor) {
    requireAxes(where, name, values, 2)
    const [rows, columns] = values.shape as [number, number]
    matrix = { rows, columns, data: Float64Array.from(valuesNow(where, name, values), Number) }
  } else {
    const rows = Array.from(values)
    const columns = rows[0]?.length ?? 0
    const other = rows.findIndex(row => row.length !== columns)
    if (other >= 0) {
      throw new ShapeError(
        `${where}: row ${other} of ${name} has ${rows[other]!.length} elements and row 0 has ${columns}. All rows need as many.`,
      )
    }
    const data = new Float64Array(rows.length * columns)
    for (const [i, row] of rows.entries()) for (let j = 0; j < columns; j++) data[i * columns + j] = row[j]!
    matrix = { rows: rows.length, columns, data }
  }
  const { columns, data } = matrix
  requireFinite(where, name, data, i => `[${Math.floor(i / columns)}, ${i % columns}]`)
  return matrix
}

/** Whether values are rows rather than single numbers. */
export const areRows = (values: Numbers | Rows): values is Rows =>
  values instanceof Tensor ? values.ndim === 2 : typeof values[0] === 'object'

/** Throws unless there are as many of each, and at least one. */
export const requireSameLength = (where: string, a: readonly [string, number], b: readonly [string, number]): void => {
  if (a[1] === b[1] && a[1] > 0) return
  throw new ShapeError(
    `${where}: ${a[0]} has ${a[1]} elements and ${b[0]} ${b[1]}. There must be as many, and at least one.`,
  )
}

/** The weights of examples: 1 each where none are given. */
export const readWeights = (where: string, given: Numbers | undefined, n: number): Float64Array => {
  if (given === undefined) return new Float64Array(n).fill(1)
  const weights = readNumbers(where, 'sampleWeight', given)
  requireSameLength(where, ['sampleWeight', weights.length], ['the examples', n])
  const negative = weights.findIndex(w => w < 0)
  if (negative >= 0)
    throw new ArgumentError(`${where}: sampleWeight ${negative} is ${weights[negative]}. No weight may be below 0.`)
  if (!weights.some(w => w > 0))
    throw new ArgumentError(`${where}: every sampleWeight is 0. At least one must be above 0.`)
  return weights
}

/** `Σ wᵢ xᵢ / Σ wᵢ`. */
export const weightedMean = (values: ArrayLike<number>, weights: ArrayLike<number>): number => {
  let [total, weight] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    total += values[i]! * weights[i]!
    weight += weights[i]!
  }
  return total / weight
}

/** Throws unless `value` is one of `choices`. */
export const requireChoice = (where: string, name: string, value: unknown, choices: readonly unknown[]): void => {
  if (choices.includes(value)) return
  const said = (x: unknown): string => JSON.stringify(x) ?? String(x)
  throw new ArgumentError(`${where}: ${name} must be one of ${choices.map(said).join(', ')}; got ${said(value)}.`, {
    value,
  })
}
